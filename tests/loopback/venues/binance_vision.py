"""Binance's public dumps as documented: files, their checksums, and the listing of the bucket.

Belongs here: data.binance.vision and its listing at S3. Does not belong here: REST (`binance.py`). Source: README of
github.com/binance/binance-public-data, and S3's documentation of ListObjects.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from xml.sax.saxutils import escape

from loopback.contract import Answer, Ask, Budget, World

FILES, LISTING = "data.binance.vision", "s3-ap-northeast-1.amazonaws.com"
_BUCKET = "/data.binance.vision"
_FEEDS = ("binance_funding_rates", "binance_metrics", "binance_klines_dump")
_ROOT = "sample://binance/"
_CHECKSUM = ".CHECKSUM"
_XML = "application/xml"
_PAGE = 1_000


def _error(code: str, message: str) -> Answer:
    said = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Answer(f'<?xml version="1.0" encoding="UTF-8"?>\n{said}', 404, _XML)


def _keys(world: World) -> dict[str, bytes]:
    return {item.locator.removeprefix(_ROOT): item.content for feed in _FEEDS for item in world.payloads(feed)}


@dataclass(frozen=True)
class _Vision:
    hosts: tuple[str, ...] = (FILES, LISTING)
    budgets: tuple[Budget, ...] = ()
    page: int = _PAGE

    def answer(self, ask: Ask, world: World) -> Answer:
        """A file, the checksum beside it, or a page of the listing."""
        if ask.host == LISTING:
            return self._listing(ask, sorted(_keys(world))) if ask.path in (_BUCKET, f"{_BUCKET}/") else _NO_BUCKET
        path = ask.path.removeprefix("/")
        content = _keys(world).get(path.removesuffix(_CHECKSUM))
        if content is None:
            return _error("NoSuchKey", "The specified key does not exist.")
        if path.endswith(_CHECKSUM):
            name = path.removesuffix(_CHECKSUM).rpartition("/")[2]
            return Answer(f"{hashlib.sha256(content).hexdigest()}  {name}\n", content_type="binary/octet-stream")
        return Answer(content, content_type="application/zip")

    def _listing(self, ask: Ask, keys: list[str]) -> Answer:
        """Keys that begin with the prefix; what lies past the delimiter is rolled up into a folder."""
        prefix, delimiter = ask.params.get("prefix", ""), ask.params.get("delimiter", "")
        marker = ask.params.get("marker", "")
        names: list[str] = []
        for key in keys:
            if key.startswith(prefix):
                head, found, _ = key[len(prefix) :].partition(delimiter or "\0")
                name = prefix + head + found
                if name > marker and name not in names:
                    names.append(name)
        page = names[: self.page]
        is_cut = len(names) > len(page)
        following = f"<NextMarker>{escape(page[-1])}</NextMarker>" if is_cut and delimiter else ""
        items = "".join(
            f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>" if name.endswith("/")
            else f"<Contents><Key>{escape(name)}</Key></Contents>"
            for name in page
        )  # fmt: skip
        return Answer(
            '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>data.binance.vision</Name><Prefix>{escape(prefix)}</Prefix><Marker>{escape(marker)}</Marker>"
            f"{following}<MaxKeys>{self.page}</MaxKeys><Delimiter>{escape(delimiter)}</Delimiter>"
            f"<IsTruncated>{str(is_cut).lower()}</IsTruncated>{items}</ListBucketResult>",
            content_type=_XML,
        )


_NO_BUCKET = _error("NoSuchBucket", "The specified bucket does not exist")
VENUE = _Vision()
