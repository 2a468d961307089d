"""SpreadsheetML 2003: the XML that iShares serves under the name of an Excel workbook.

Belongs here: a sheet's cells as text, safely. Does not belong here: what the cells mean (`ishares.py`).
Expat reads the XML as a stream of events and builds no tree; a document type is refused before any entity could
be declared in it, so nothing can be expanded or fetched.
"""

from __future__ import annotations

import re
from xml.parsers import expat

from schemas.feed import Payload, PayloadError
from transforms.parse import read

# What the files contain though XML forbids it: control characters, and ampersands that begin no entity.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
_MAX_COLUMNS = 1_000


class _Refused(Exception):
    """The document holds something that no workbook needs."""


class _Sheet:
    """Collects the cells of one worksheet; names are compared without their prefix."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: list[list[str]] = []
        self.found = False
        self._inside = self._in_data = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        own = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        match tag.rpartition(":")[2]:
            case "Worksheet":
                self._inside = own.get("Name") == self.name
                self.found |= self._inside
            case "Row" if self._inside:
                self.rows.append([])
            case "Cell" if self._inside and self.rows:
                # An index skips the empty cells before it.
                skipped = int(own.get("Index", 0)) - 1 - len(self.rows[-1])
                if skipped > _MAX_COLUMNS or len(self.rows[-1]) > _MAX_COLUMNS:
                    raise _Refused(f"more than {_MAX_COLUMNS} columns")
                self.rows[-1].extend([""] * (max(skipped, 0) + 1))
            case "Data":
                self._in_data = self._inside and bool(self.rows) and bool(self.rows[-1])

    def end(self, tag: str) -> None:
        match tag.rpartition(":")[2]:
            case "Data":
                self._in_data = False
            case "Worksheet":
                self._inside = False

    def text(self, characters: str) -> None:
        if self._in_data:
            self.rows[-1][-1] += characters

    def doctype(self, *_: object) -> None:
        raise _Refused("a document type, which could declare entities")


def sheet_rows(payload: Payload, name: str) -> list[list[str]]:
    """The rows of one worksheet as text; rows may differ in length, empty cells are "".

    Raises `PayloadError`: html_payload (a web page), bad_xml (no XML, cut short), refused_xml (a document type),
    no_table (no such sheet), and those of `read.text`.
    """
    body = read.text(payload, allow_html=True).lstrip()
    if re.match(r"<(!doctype\s+)?html\b", body, re.IGNORECASE):
        raise PayloadError("html_payload", "a web page where a workbook was expected")
    sheet = _Sheet(name)
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = sheet.start
    parser.EndElementHandler = sheet.end
    parser.CharacterDataHandler = sheet.text
    parser.StartDoctypeDeclHandler = sheet.doctype
    try:
        parser.Parse(_BARE_AMPERSAND.sub("&amp;", _CONTROL.sub("", body)).encode(), True)
    except _Refused as refused:
        raise PayloadError("refused_xml", f"the workbook holds {refused}") from refused
    except (expat.ExpatError, ValueError) as error:
        raise PayloadError("bad_xml", f"not SpreadsheetML, or cut short: {error}") from error
    if not sheet.found:
        raise PayloadError("no_table", f"the workbook has no sheet {name!r}")
    return sheet.rows
