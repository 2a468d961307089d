"""Messages: escaped, bounded, and without anything of a feed's where it could steer."""

from __future__ import annotations

import email
from datetime import UTC, datetime, timedelta
from email.policy import default

from orchestration.alerts.causes import cause
from orchestration.alerts.ledger import Notice, decide
from orchestration.alerts.messages import lines, mail, slack, subject

NOW = datetime(2026, 2, 6, 14, tzinfo=UTC)
POISON = "HTTP 500 <!channel> <https://evil.test|sign in> & *now* :smile:\r\nBcc: victim@example.org\r\n\r\n.\r\nQUIT"
PEOPLE = ("oncall@example.org", "desk@example.org")


def notices(count: int = 1, text: str = POISON) -> list[Notice]:
    found = [cause("late", f"feed{number}", text) for number in range(count)]
    return decide({}, found, {"late"}, NOW)


def test_a_feeds_text_is_no_markup_in_a_chat():
    """A venue's error that can mention everybody, or show a link of its own, is a way in."""
    body = slack(notices(), "sluice")
    assert "<!channel>" not in body["text"]
    assert "&lt;!channel&gt; &lt;https://evil.test|sign in&gt; &amp;" in body["text"]
    texts = [block["text"] for block in body["blocks"] if "text" in block]
    texts += [element for block in body["blocks"] for element in block.get("elements", [])]
    assert {(text["type"], text["emoji"]) for text in texts} == {("plain_text", False)}
    assert "<!channel>" in body["blocks"][1]["text"]["text"]


def test_a_feeds_text_is_in_no_header_and_makes_no_new_one():
    """A line break in a header begins the next header."""
    raw = mail(notices(), "sluice", "sluice@example.org", PEOPLE).as_bytes()
    read = email.message_from_bytes(raw, policy=default)
    assert read["Subject"] == "[sluice] 1 alarm: late feed"
    assert read["Bcc"] is None
    assert set(read.keys()) == {
        "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted",
        "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
    }  # fmt: skip
    assert "Bcc: victim@example.org . QUIT" in read.get_content()


def test_a_flood_is_bounded_and_says_how_much_it_left_out():
    """A chat refuses a message that is too long, and then nobody hears anything."""
    many = notices(500, "x" * 1000)
    body = slack(many, "sluice")
    assert lines(many)[-1] == "ALARM … and 480 more: `sluice alerts list`"
    assert len(body["blocks"]) <= 50
    assert all(len(block["text"]["text"]) <= 3000 for block in body["blocks"] if "text" in block)
    assert len(body["text"]) <= 4000
    assert "500 alarms" in body["text"]


def test_alarms_and_ends_are_counted_and_told_apart():
    """One that reads only the head must know whether to get up."""
    alarm = notices(2, "t")
    over = decide({notice.key: notice for notice in alarm}, [], {"late"}, NOW)
    assert subject([*alarm, *over], "desk") == "[desk] 2 alarms, 2 over: late feed"
    assert subject(over, "desk") == "[desk] 2 over: late feed"
    assert [line.partition(" ")[0] for line in lines([*alarm, *over])] == ["ALARM", "ALARM", "OVER", "OVER"]


def test_the_same_notices_have_the_same_message_id():
    """A mailbox recognises what comes twice because an answer got lost."""
    first, again = (mail(notices(), "sluice", "sluice@example.org", PEOPLE)["Message-ID"] for _ in range(2))
    later = [Notice(n.at + timedelta(hours=1), n.key, n.kind, n.event, n.severity, n.text) for n in notices()]
    assert first == again != mail(later, "sluice", "sluice@example.org", PEOPLE)["Message-ID"]
