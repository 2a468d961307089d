"""No secret shows in what is printed, logged, raised or kept."""

from __future__ import annotations

import logging
import pickle
from urllib.parse import quote

import pytest

from orchestration.redaction import Redacting, Secrets, hide, is_clean, redact, redact_bytes, scrub
from orchestration.resources.settings import from_environment
from orchestration.store.feed_log import FeedLog
from orchestration.store.layout import Layout

VALUE = 'canary/+ "value"=0123'
NAME = "FRED_API_KEY"


@pytest.fixture(autouse=True)
def settings():
    """The secret is in the environment, and hidden since the settings were read."""
    return from_environment({NAME: VALUE})


@pytest.mark.parametrize(
    "form",
    [VALUE, quote(VALUE), quote(VALUE, safe=""), VALUE.replace(" ", "+").replace("/", "%2F"),
     'canary/+ \\"value\\"=0123', "canary/+ &quot;value&quot;=0123"],
)  # fmt: skip
def test_a_secret_is_replaced_in_every_form_that_a_url_a_body_or_a_page_gives_it(form):
    """A key that a venue echoes percent-encoded is as good as the key."""
    assert "canary" not in redact(f"https://x/?api_key={form}&b=1") or "%2F%2B" not in form
    assert f"<{NAME}>" in redact(f"before {form} after")
    assert redact("nothing to hide") == "nothing to hide"


def test_settings_do_not_show_secrets(settings):
    """Settings are printed in error messages and pickled by tools."""
    assert settings.secrets[NAME] == VALUE
    assert "canary" not in repr(settings) + str(settings.secrets) + f"{settings.secrets!r}"
    assert NAME in repr(settings.secrets)
    assert b"canary" not in pickle.dumps(settings.secrets)


def test_an_empty_or_blank_variable_is_no_secret():
    """Replacing every empty text would garble everything; a blank key asks for nothing."""
    assert not from_environment({NAME: "  ", "TARDIS_API_KEY": ""}).secrets
    hide({"SHORT": "abc"})
    assert redact("abc") == "abc"


def test_an_exception_and_all_that_led_to_it_is_scrubbed():
    """Dagster keeps the whole chain of a step's error in its event log."""

    class Printed(Exception):
        def __init__(self, url: str) -> None:
            self.url = url

        def __str__(self) -> str:
            return f"failed: {self.args[0] if self.args else self.url}"

    first, second, last = Printed(f"https://x/?k={VALUE}"), ValueError(f"bad {VALUE}", 7), RuntimeError(VALUE)
    second.__cause__, last.__context__ = first, second
    assert scrub(last) is last
    for error in (last, second, first):
        assert "canary" not in str(error)
        assert "canary" not in repr(error.args)


def test_every_logger_of_the_process_is_redacted(caplog):
    """Libraries log URLs and errors with loggers of their own."""
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("some.library").info("GET %s", f"https://x/?k={VALUE}")
        try:
            raise ValueError(VALUE)
        except ValueError:
            logging.getLogger("another").exception("failed with %r", {"k": VALUE})
    assert f"<{NAME}>" in caplog.text
    assert "canary" not in caplog.text


def test_a_handler_of_other_code_can_be_given_the_filter():
    """A record that was made elsewhere passes through handlers only."""
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "key %s", (VALUE,), None)
    assert Redacting().filter(record)
    assert "canary" not in record.getMessage()


def test_a_failure_is_recorded_without_the_secret(tmp_path):
    """The feed log is kept for ever."""
    from datetime import UTC, datetime

    from orchestration.store.feed_log import Failure

    layout, now = Layout(tmp_path), datetime(2026, 2, 6, tzinfo=UTC)
    FeedLog(layout).record_attempts(["f"], [Failure("f", now, f"401 for {VALUE}")], now)
    assert FeedLog(layout).failures()[0].message == f"401 for <{NAME}>"
    assert b"canary" not in layout.feed_log.read_bytes()


def test_a_body_that_holds_a_secret_is_known():
    """Such a body is not landed: raw bytes are kept as they are, or not at all."""
    assert not is_clean(f'{{"key": "{quote(VALUE)}"}}'.encode())
    assert is_clean(b"\x00\xff anything")


def test_an_error_that_is_cut_to_length_shows_no_beginning_of_a_secret():
    """Cut first and redacted then, half a key stays."""
    body = f'{{"error": "no such key {VALUE}"}}'.encode()
    assert b"canary" not in redact_bytes(body)[:30]
    assert redact_bytes(b"nothing") == b"nothing"


def test_secrets_are_a_mapping():
    """The transport takes values by their names."""
    assert dict(Secrets({"A": "b"})) == {"A": "b"}
    assert len(Secrets()) == 0
