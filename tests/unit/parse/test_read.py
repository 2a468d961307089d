"""Decoding: a body that is not what it promises is named and refused, never half read."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import UTC, datetime

import polars as pl
import pytest

from schemas.feed import Payload, PayloadError
from transforms.parse import read


def payload(content: bytes) -> Payload:
    return Payload("a_feed", content, datetime(2026, 1, 6, tzinfo=UTC), "0" * 64, "file:a")


def rule_of(call, *args, **options) -> str:
    with pytest.raises(PayloadError) as caught:
        call(*args, **options)
    return caught.value.rule


class TestText:
    def test_gzip_is_recognised_by_its_first_bytes(self):
        """A file name or header that lies about compression must not matter."""
        assert read.text(payload(gzip.compress(b"a,b\n1,2\n"))) == "a,b\n1,2\n"

    @pytest.mark.parametrize("cut", [3, 12, -4])
    def test_truncated_gzip_is_refused(self, cut):
        """An interrupted download must not be published as a short day."""
        whole = gzip.compress(b"a,b\n" + b"1,2\n" * 1000)
        assert rule_of(read.text, payload(whole[:cut])) == "bad_gzip"

    def test_damaged_gzip_is_refused(self):
        """A flipped byte is found by the checksum."""
        whole = bytearray(gzip.compress(b"a,b\n" + b"1,2\n" * 1000))
        whole[-6] ^= 0xFF
        assert rule_of(read.text, payload(bytes(whole))) == "bad_gzip"

    def test_a_gzip_bomb_is_refused_before_it_is_in_memory(self):
        """A gigabyte of zeros packs into a megabyte, and members may be put one behind another."""
        bomb = gzip.compress(b"0" * 600_000) * 2
        assert rule_of(read.gunzipped, bomb, limit=1_000_000) == "too_large"
        assert len(read.gunzipped(bomb, limit=1_200_000)) == 1_200_000

    @pytest.mark.parametrize("content", [b"", b" \n\n", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)])
    def test_empty_payload_is_refused(self, content):
        """Nothing received is not a day without rows."""
        assert rule_of(read.text, payload(content)) == "empty_payload"

    def test_web_page_in_place_of_data_is_refused(self):
        """A challenge page comes with status 200."""
        assert rule_of(read.text, payload(b"\n<!DOCTYPE html><html>Just a moment")) == "html_payload"

    def test_web_page_is_read_where_it_is_expected(self):
        """The same check must not refuse feeds that are pages."""
        assert read.text(payload(b"<html></html>"), allow_html=True) == "<html></html>"

    def test_other_encodings_are_refused(self):
        """A guess at the encoding would change names without a word."""
        assert rule_of(read.text, payload(b"caf\xe9")) == "not_utf8"

    def test_byte_order_mark_is_dropped(self):
        """It would become part of the first column's name."""
        assert read.text(payload(b"\xef\xbb\xbfDate\n")) == "Date\n"


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


class TestZip:
    def test_the_only_file_of_a_zip_is_the_body(self):
        """Dumps come as a zip of one CSV, and some of them in a folder."""
        assert read.text(payload(zipped(**{"BTCUSDT.csv": b"a,b\n1,2\n"}))) == "a,b\n1,2\n"
        assert read.text(payload(zipped(**{"data/": b"", "data/BTCUSDT.csv": b"a,b\n"}))) == "a,b\n"

    def test_the_name_of_the_member_does_not_matter(self):
        """A path that climbs out of a folder is harmless where nothing is written."""
        assert read.text(payload(zipped(**{"../../etc/passwd": b"a,b\n"}))) == "a,b\n"

    @pytest.mark.parametrize("files", [{}, {"a.csv": b"1", "b.csv": b"2"}])
    def test_a_zip_of_none_or_several_files_is_refused(self, files):
        """Which of two files was meant cannot be guessed."""
        assert rule_of(read.text, payload(zipped(**files))) == "zip_members"

    def test_a_zip_bomb_is_refused_before_it_is_unpacked(self):
        """A megabyte of zeros packs into a kilobyte; a thousand times that takes the machine's memory."""
        bomb = zipped(**{"a.csv": b"0" * 1_000_000})
        assert len(bomb) < 2_000
        assert rule_of(read.unzipped, bomb, limit=100_000) == "too_large"
        assert len(read.unzipped(bomb, limit=1_000_000)) == 1_000_000

    def test_a_size_that_the_archive_understates_is_refused(self):
        """The header is the sender's word: reading goes by what comes out."""
        honest = zipped(**{"a.csv": b"0" * 1_000_000})
        lying = honest.replace((1_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
        assert lying != honest
        assert rule_of(read.unzipped, lying, limit=100_000) == "bad_zip"

    @pytest.mark.parametrize("damage", [lambda whole: whole[:-30], lambda whole: whole[:40] + b"XX" + whole[42:]])
    def test_a_damaged_zip_is_refused(self, damage):
        """An interrupted download must not be published as a short day."""
        whole = zipped(**{"a.csv": b"".join(b"%d,%d\n" % (n, n * n) for n in range(500))})
        assert rule_of(read.text, payload(damage(whole))) == "bad_zip"


class TestJson:
    @pytest.mark.parametrize("body", [b'{"a": NaN}', b'{"a": -Infinity}', b'{"a": 1e999}'])
    def test_numbers_that_are_none_are_refused(self, body):
        """Python's reader takes NaN and Infinity, which JSON does not have."""
        assert rule_of(read.json_body, payload(body)) == "bad_json"

    def test_truncated_json_is_refused(self):
        """A body cut short must not be read as far as it goes."""
        assert rule_of(read.json_body, payload(b'[{"a": 1}, {"a"')) == "bad_json"

    def test_web_page_in_place_of_json_keeps_its_own_rule(self):
        """The operator must see that it was a page, not just that JSON was bad."""
        assert rule_of(read.json_body, payload(b"<html></html>")) == "html_payload"

    def test_nesting_beyond_reason_is_refused(self):
        """It overflows the reader's stack, which is no fault of a value."""
        assert rule_of(read.json_body, payload(b"[" * 100_000)) == "bad_json"


class TestLines:
    def test_a_bad_line_is_rejected_and_the_others_are_read(self):
        """One torn line in a recording must neither vanish nor take the rest with it."""
        messages, rejects = read.ndjson(
            payload(b'{"a": 1}\n\n{"a": \n[1]\n{"a": NaN}\n{"a": 2}\n' + b"[" * 10**5), "core_x"
        )
        assert messages == [{"a": 1}, {"a": 2}]
        assert [(r.table, r.rule, r.record["line"]) for r in rejects] == [
            ("core_x", "bad_json", 3),
            ("core_x", "bad_json", 4),
            ("core_x", "bad_json", 5),
            ("core_x", "bad_json", 7),
        ]
        assert rejects[0].record["text"] == '{"a": '


class TestCsv:
    def test_cells_are_text_and_empty_cells_null(self):
        """Guessed types would turn an id 007 into 7 and an empty cell into zero."""
        frame = read.csv_frame(payload(b"id, n\r\n007,\r\n\r\n8,1.5\r\n"))
        assert frame.to_dict(as_series=False) == {"id": ["007", "8"], "n": [None, "1.5"]}

    @pytest.mark.parametrize(
        "body", [b"a,b\n1,2\n3\n4,5\n", b"a,b\n1,2\n3", b"a,b\n1,2,3\n", b'a,b\n"1,5"\n', b"a,b\n1\r1,2\n"]
    )
    def test_rows_of_another_width_are_refused(self, body):
        """The reader fills short rows with nulls: a file cut in mid-row would pass."""
        assert rule_of(read.csv_frame, payload(body)) == "bad_csv"

    def test_short_rows_are_read_where_the_vendor_writes_them(self):
        """Some exports end old rows before their last column."""
        frame = read.csv_frame(payload(b"a,b\n1\n2,3\n"), allow_short_rows=True)
        assert frame.rows() == [("1", None), ("2", "3")]

    def test_a_column_given_twice_is_refused(self):
        """The reader would rename the second one, and half of the data would go unread."""
        assert rule_of(read.csv_frame, payload(b"a,b,a\n1,2,3\n")) == "duplicate_column"

    def test_a_dropped_column_is_named(self):
        """The message says which column is gone."""
        with pytest.raises(PayloadError, match=r"\['price'\] are missing"):
            read.csv_frame(payload(b"date,size\n1,2\n"), required=["date", "price"])


class TestNumber:
    def test_text_that_is_no_number_becomes_nan_and_null_stays_null(self):
        """If both became null, an unreadable value would look like one that was never reported."""
        frame = pl.DataFrame({"t": [" 1.5 ", None, "n/a", "-2e3"]}).select(n=read.number(pl.col("t")))
        assert frame["n"].is_nan().to_list() == [False, None, True, False]
        assert frame["n"].to_list()[0] == 1.5
        assert frame["n"].to_list()[3] == -2000.0


class TestRefuse:
    def test_a_row_is_rejected_under_its_first_rule_with_its_record(self):
        """Rows in = kept + rejected, and each reject says why."""
        frame = pl.DataFrame({"a": [1.0, -1.0, None, float("nan")], "_help": [1, 2, 3, 4]})
        kept, rejects = read.refuse(
            frame,
            "core_x",
            {
                "empty": (pl.col("a").is_null(), "no value"),
                "not_a_number": (pl.col("a").is_nan(), "no number"),
                "negative": (pl.col("a") < 0, "below zero"),
            },
        )
        assert kept.to_dicts() == [{"a": 1.0, "_help": 1}]
        assert [(r.rule, r.reason, r.record) for r in rejects] == [
            ("negative", "below zero", {"a": -1.0}),
            ("empty", "no value", {"a": None}),
            ("not_a_number", "no number", {"a": None}),
        ]
