"""Alarms on real sockets: once per cause over ten runs, tried again when undelivered, never in the way of a run."""

from __future__ import annotations

import email
import logging
import socket
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.policy import default
from pathlib import Path

import pytest
import trustme
from loopback.alert_receivers import HOOK_PATH, Hook, Post

from orchestration.alerts.causes import RunEnd
from orchestration.alerts.ledger import MOST_UNKNOWN, AlertLedger
from orchestration.alerts.tell import check, run_ended
from orchestration.resources.settings import Settings, from_environment
from orchestration.store.feed_log import Failure, FeedLog
from orchestration.store.layout import Layout

PASSWORD = "p4ss-of-the-test<&>"
FEED = "farside_etf_flows"
OK = "ok"
Made = Callable[..., Settings]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """Settings of a data directory with these keys of `[alerts]` and these variables."""

    def make(text: str = "", **variables: str) -> Settings:
        file = tmp_path / "sluice.toml"
        file.write_text(f"[alerts]\ntimeout_seconds = 1.0\n{text}", "utf-8")
        return from_environment({"SLUICE_HOME": str(tmp_path / "home"), "SLUICE_CONFIG": str(file), **variables})

    return make


def mailed(post: Post, more: str = 'mail_security = "none"') -> str:
    """The keys for mail to this server."""
    return (
        f'mail_to = ["oncall@example.org"]\nmail_from = "sluice@example.org"\nmail_host = "127.0.0.1"\n'
        f"mail_port = {post.port}\n{more}\n"
    )


def failed(text: str = "it broke") -> RunEnd:
    return RunEnd(datetime.now(UTC), "failed", "DbtError", text)


def well() -> RunEnd:
    return RunEnd(datetime.now(UTC), "ok")


def test_ten_runs_with_three_causes_make_one_alarm_each_and_one_recovery_each(made):
    """An alarm that repeats is switched off by whoever gets it."""
    with Hook() as hook, Post() as post:
        settings = made(mailed(post), SLUICE_ALERT_WEBHOOK=hook.url)
        log, now = FeedLog(Layout(settings.home)), datetime.now(UTC)
        log.watch([FEED, "tftc_etf_flows"], [FEED, "tftc_etf_flows"], now - timedelta(days=2))
        log.record_attempts({FEED}, [Failure(FEED, now, "HTTP 503")], now)
        for _ in range(10):
            run_ended(settings, failed())
        assert sorted(line.split(":")[0] for line in hook.lines) == [
            "ALARM a run failed (error)", "ALARM late feed (warning)", "ALARM late feed (warning)",
        ]  # fmt: skip
        assert any("HTTP 503" in line for line in hook.lines)
        log.watch([FEED, "tftc_etf_flows"], [], datetime.now(UTC))
        for _ in range(10):
            run_ended(settings, well())
        assert [line.split(":")[0] for line in hook.lines[3:]] == ["OVER a run failed"] + ["OVER late feed"] * 2
        assert len(hook.bodies) == len(post.mails) == 2
        message = email.message_from_bytes(post.mails[0], policy=default)
        assert message["To"] == "oncall@example.org"
        assert message["Subject"] == "[sluice] 3 alarms: a run failed, late feed"


@pytest.mark.parametrize(
    "broken",
    [{"status": 500}, {"status": 429}, {"status": 302}, {"delay": 30.0}, {"trickle": True}],
    ids=["500", "too many", "redirect", "hangs", "a byte now and then"],
)
def test_a_webhook_that_fails_holds_no_run_up_and_is_tried_again_at_the_next(made, broken):
    """The end of a run must not depend on a chat's server, and its outage must not swallow the alarm."""
    with Hook(**broken) as hook:
        settings = made(SLUICE_ALERT_WEBHOOK=hook.url)
        begun = time.monotonic()
        (told,) = run_ended(settings, failed())
        assert time.monotonic() - begun < 4
        assert told.fault
        hook.status, hook.delay, hook.trickle = 200, 0.0, False
        (again,) = run_ended(settings, well())
        assert not again.fault
        assert [line.split(":")[0] for line in hook.lines[-2:]] == ["ALARM a run failed (error)", "OVER a run failed"]
        assert not run_ended(settings, well())


def test_a_webhook_that_takes_alarms_and_never_answers_is_not_told_for_ever(made):
    """It may have shown each of them: three times the same is enough."""
    with Hook(delay=30.0) as hook:
        settings = made(SLUICE_ALERT_WEBHOOK=hook.url)
        for _ in range(MOST_UNKNOWN + 3):
            run_ended(settings, failed())
        assert len(hook.bodies) == MOST_UNKNOWN


def test_nobody_listening_and_no_such_host_are_faults_without_the_address(made, caplog):
    """The address is the key to the chat."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}{HOOK_PATH}"
    for url in (closed, f"http://no-such-host.invalid{HOOK_PATH}", "no url, but secret all the same"):
        (told,) = run_ended(made(SLUICE_ALERT_WEBHOOK=url), failed())
        assert told.fault
        assert url not in told.fault
        assert HOOK_PATH not in told.fault + caplog.text


def test_a_webhook_is_told_over_a_checked_connection_only(made, tmp_path, caplog):
    """Whoever answers in its place would get the alarms, and with them the key to the chat."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with Hook(certificate=context) as hook:
        (distrusted,) = run_ended(made(SLUICE_ALERT_WEBHOOK=hook.url), failed())
        assert "certificate is not trusted" in distrusted.fault
        assert HOOK_PATH not in distrusted.fault + caplog.text
        assert not hook.bodies
        (told,) = run_ended(made(SLUICE_ALERT_WEBHOOK=hook.url, SLUICE_CA_BUNDLE=str(tmp_path / "ca.pem")), failed())
        assert not told.fault
        assert len(hook.lines) == 1


def test_one_way_out_that_fails_does_not_make_the_other_tell_twice(made):
    """The chat works, the mail server is down for a day: the chat is not filled with repeats."""
    with Hook() as hook, Post(answers={"DATA": "451 try later"}) as post:
        settings = made(mailed(post), SLUICE_ALERT_WEBHOOK=hook.url)
        for _ in range(5):
            run_ended(settings, failed())
        post.answers.clear()
        run_ended(settings, failed())
        assert (len(hook.bodies), len(post.mails)) == (1, 1)


@pytest.mark.parametrize("answers", [{"MAIL": "550 no"}, {"RCPT": "550 who"}, {"EHLO": "500 no", "HELO": "500 no"}])
def test_a_mail_server_that_refuses_is_named_by_its_code(made, answers):
    """A server's words may repeat what it was told; its code says enough."""
    with Post(answers=answers) as post:
        (told,) = run_ended(made(mailed(post)), failed())
        assert told.fault.startswith("SMTP")
        assert not post.mails


def test_a_mail_server_that_hangs_holds_no_run_up(made):
    """A dead mail server is no reason for a late release."""
    with Post(delay=30.0) as post:
        begun = time.monotonic()
        (told,) = run_ended(made(mailed(post)), failed())
        assert time.monotonic() - begun < 4
        assert told.fault


def test_a_server_that_hangs_up_early_after_taking_it_was_told(made):
    """Otherwise its mails come again at every run."""
    with Post(answers={"QUIT": "500 whatever"}) as post:
        assert not run_ended(made(mailed(post)), failed())[0].fault
        assert not run_ended(made(mailed(post)), failed())


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_is_sent_over_a_checked_connection_with_a_log_in(made, tmp_path, security):
    """A password in the clear, or to whoever claims to be the server, is a password given away."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with Post(certificate=context, implicit=security == "tls") as post:
        keys = mailed(post, f'mail_security = "{security}"\nmail_user = "sluice"')
        variables = {"SLUICE_SMTP_PASSWORD": PASSWORD}
        distrusted = run_ended(made(keys, **variables), failed())
        assert distrusted[0].fault == "SSLCertVerificationError"
        assert not [line for line in post.said if line.startswith("AUTH")]
        told = run_ended(made(keys, SLUICE_CA_BUNDLE=str(tmp_path / "ca.pem"), **variables), failed())
        assert not told[0].fault
        assert post.secured == [True]
        assert [line for line in post.said if line.startswith("AUTH PLAIN ")]


def test_starttls_is_not_done_without(made):
    """Who strips the offer from the greeting would read every alarm."""
    with Post() as post:
        (told,) = run_ended(made(mailed(post, 'mail_security = "starttls"')), failed())
        assert told.fault == "SMTPNotSupportedError"
        assert not post.mails


def test_a_log_in_without_its_password_is_said_by_name(made):
    """`authentication failed` sends one to the mail server's logs."""
    with Post() as post:
        keys = mailed(post, 'mail_user = "sluice"')
        (told,) = run_ended(made(keys), failed())
        assert told.fault == "SLUICE_SMTP_PASSWORD is not set"


def test_secrets_are_in_no_message_log_or_ledger(made, caplog):
    """An error that quotes a request would post the key of the chat into the chat."""
    caplog.set_level(logging.DEBUG)
    with Hook() as hook, Post() as post:
        settings = made(mailed(post), SLUICE_ALERT_WEBHOOK=hook.url, SLUICE_SMTP_PASSWORD=PASSWORD)
        run_ended(settings, failed(f"POST {hook.url} with {PASSWORD} and {HOOK_PATH}: {'x' * 400}"))
        assert "SLUICE_ALERT_WEBHOOK" in hook.lines[0]
        kept = Layout(settings.home).alerts.read_bytes().decode("utf-8", "replace")
        shown = [str([body["blocks"] for body in hook.bodies]), str(post.mails), caplog.text, kept]
        for text in shown:
            assert HOOK_PATH not in text
            assert PASSWORD not in text
            assert "h00kS3cr3t" not in text


def test_what_is_switched_off_or_below_the_least_severity_is_not_told(made):
    """A desk that wants refusals only must not read of late feeds."""
    with Hook() as hook:
        settings = made('min_severity = "error"\noff = ["failure"]', SLUICE_ALERT_WEBHOOK=hook.url)
        FeedLog(Layout(settings.home)).watch([FEED], [FEED], datetime.now(UTC) - timedelta(days=2))
        assert not run_ended(settings, failed())
        (told,) = run_ended(made(SLUICE_ALERT_WEBHOOK=hook.url), failed())
        assert len(told.notices) == 2


def test_without_a_channel_nothing_is_kept(made):
    """A channel that is set up a year later must not begin with a year of alarms."""
    settings = made()
    assert not run_ended(settings, failed())
    assert not check(settings)
    assert not Layout(settings.home).alerts.exists()


def test_a_ledger_that_cannot_be_written_fails_no_run(made, caplog):
    """Telling is not worth a release."""
    with Hook() as hook:
        settings = made(SLUICE_ALERT_WEBHOOK=hook.url)
        alerts = Layout(settings.home).alerts
        alerts.parent.mkdir(parents=True)
        alerts.write_bytes(b"no database" * 1000)
        assert run_ended(settings, failed()) == ()
        assert "alarms could not be told" in caplog.text


def test_the_command_line_shows_sends_and_tests(cli, made, tmp_path, monkeypatch):
    """Before the first night on call one wants to have seen a message arrive."""
    with Hook() as hook:
        settings = made(SLUICE_ALERT_WEBHOOK=hook.url)
        FeedLog(Layout(settings.home)).watch([FEED], [FEED], datetime.now(UTC) - timedelta(days=2))
        said = cli("alerts", "check", "--dry-run", home=settings.home)
        assert (said.code, "no channel: none is configured" in said.out) == (0, True)
        assert "No channel is configured" in cli("alerts", "check", home=settings.home).out
        assert "No channel is configured" in cli("alerts", "test", home=settings.home).out
        monkeypatch.setenv("SLUICE_ALERT_WEBHOOK", hook.url)
        dry = cli("alerts", "check", "--dry-run", home=settings.home)
        assert f"ALARM late feed (warning): {FEED}" in dry.out
        assert "1 notice would be sent through webhook" in dry.out
        assert not hook.bodies
        assert "would be sent through webhook" in cli("alerts", "test", "--dry-run", home=settings.home).out
        assert "webhook: 1 notice delivered" in cli("alerts", "test", home=settings.home).out
        assert hook.lines == ["TEST test: This is a test: the way is open, nothing is wrong."]
        assert "No alarm was ever told." in cli("alerts", "list", home=settings.home).out
        assert "webhook: 1 notice delivered" in cli("alerts", "check", home=settings.home).out
        assert "Nothing new." in cli("alerts", "check", home=settings.home).out
        listed = cli("alerts", "list", home=settings.home).out
        assert "webhook delivered" in listed
        assert FEED in listed
        hook.status = 500
        assert cli("alerts", "test", home=settings.home).code == 1


def test_deliveries_are_kept_with_what_came_of_them(made):
    """Whoever says that he was not told can be shown."""
    with Hook(status=500) as hook:
        settings = made(SLUICE_ALERT_WEBHOOK=hook.url)
        run_ended(settings, failed())
        ((notice, ways),) = AlertLedger(Layout(settings.home).alerts).newest(5)
        assert (notice.kind, ways) == ("failure", "webhook failed")
