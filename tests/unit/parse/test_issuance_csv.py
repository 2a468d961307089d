"""Files of single events at an issuer."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from schemas.feed import Payload, PayloadError
from transforms.parse.issuance_csv import parse_issuance

KNOWN_AT = datetime(2026, 2, 7, tzinfo=UTC)


def parse(text: str, **params: str):
    params = {"stablecoin_id": "1"} | params
    return parse_issuance(Payload("stablecoin_issuance_csv", text.encode(), KNOWN_AT, "0" * 64, "x", params))


def test_events_are_typed_and_identical_ones_are_numbered():
    """Two equal issues in one block are two."""
    text = (
        "event_at,kind,chain,amount\n"
        + "2026-02-05T01:00:00+02:00,issue,eth,1000.5\n" * 2
        + "2026-02-05T09:00:00Z,burn,Base,3\n"
    )
    parsed = parse(text)
    rows = parsed.frames["core_stablecoins__issuance"]
    assert rows.select("fact_date", "stablecoin_id", "chain", "issuance_kind", "amount_peg", "occurrence").rows() == [
        (date(2026, 2, 4), "1", "Ethereum", "issue", 1000.5, 1),
        (date(2026, 2, 4), "1", "Ethereum", "issue", 1000.5, 2),
        (date(2026, 2, 5), "1", "Base", "burn", 3.0, 1),
    ]
    assert parsed.rejects == []


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("2026-02-05 01:00,issue,eth,1", "bad_time"),
        ("2026-02-05T01:00:00,issue,eth,1", "bad_time"),
        ("2026-02-09T01:00:00Z,issue,eth,1", "future_date"),
        ("2026-02-05T01:00:00Z,rebase,eth,1", "unknown_kind"),
        ("2026-02-05T01:00:00Z,,eth,1", "unknown_kind"),
        ("2026-02-05T01:00:00Z,issue,,1", "missing_chain"),
        ("2026-02-05T01:00:00Z,issue,eth,one", "not_a_number"),
        ("2026-02-05T01:00:00Z,issue,eth,", "not_a_number"),
        ("2026-02-05T01:00:00Z,issue,eth,-1", "not_positive"),
    ],
)
def test_a_row_that_cannot_be_an_event_is_kept_back(row, rule):
    """Counted as nothing it would vanish from the supply."""
    parsed = parse(f"event_at,kind,chain,amount\n{row}\n")
    assert [reject.rule for reject in parsed.rejects] == [rule]
    assert parsed.frames["core_stablecoins__issuance"].is_empty()


@pytest.mark.parametrize(
    ("text", "params", "rule"),
    [
        ("event_at,kind,chain,amount\n", {}, "no_rows"),
        ("event_at,kind,amount\nx,y,z\n", {}, "missing_column"),
        ("event_at,kind,chain,amount\n", {"stablecoin_id": ""}, "missing_param"),
    ],
)
def test_a_file_that_is_none_is_refused(text, params, rule):
    """Whose events they are must be said."""
    with pytest.raises(PayloadError) as caught:
        parse(text, **params)
    assert caught.value.rule == rule
