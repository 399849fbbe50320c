"""An image as a file that browsers can cache, resume and save (RFC 9110, 8.8.3 and 14; RFC 6266)."""

import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from http import HTTPStatus

from starlette.responses import Response

CACHE_CONTROL = "max-age=3600, immutable"  # a link always leads to the same bytes
DISPOSITION = 'inline; filename="image.png"'
PNG_TYPE = "image/png"
LARGE = 1_000_000  # bytes
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def image_file(content: bytes, headers: Mapping[str, str]) -> Response:
    """The whole image, the requested part of it (206), or that it has not changed (304).

    `headers` are the request's, by lower-case name. Several ranges in one request get the whole image.
    """
    etag = etag_of(content)
    shown = {
        "etag": etag,
        "cache-control": CACHE_CONTROL,
        "accept-ranges": "bytes",
        "content-disposition": DISPOSITION,
    }
    if "if-none-match" in headers and is_unchanged(etag, headers["if-none-match"]):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=shown)
    found = RANGE.fullmatch(headers["range"]) if "range" in headers else None
    if found is None or found[0] == "bytes=-" or headers.get("if-range", etag) != etag:
        return Response(content, headers=shown, media_type=PNG_TYPE)
    begin, end = byte_range(found[1], found[2], len(content))
    if begin >= end:
        unsatisfied = {**shown, "content-range": f"bytes */{len(content)}"}
        return Response(status_code=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=unsatisfied)
    part = {**shown, "content-range": f"bytes {begin}-{end - 1}/{len(content)}"}
    return Response(content[begin:end], HTTPStatus.PARTIAL_CONTENT, part, PNG_TYPE)


def etag_of(content: bytes) -> str:
    """The tag of an image. Those of large ones are not kept: images of a real upstream have many megabytes."""
    return _kept_etag(content) if len(content) < LARGE else _etag(content)


@lru_cache(maxsize=64)  # the same images are asked for again and again, and keep the hash by which they are found here
def _kept_etag(content: bytes) -> str:
    return _etag(content)


def _etag(content: bytes) -> str:
    return f'"{blake2b(content, digest_size=12).hexdigest()}"'


def is_unchanged(etag: str, if_none_match: str) -> bool:
    """Whether the client has these bytes: `*`, or a list of tags that are compared weakly (RFC 9110, 13.1.2)."""
    tags = [tag.strip() for tag in if_none_match.split(",")]
    return "*" in tags or etag in [tag.removeprefix("W/") for tag in tags]


def byte_range(first: str, last: str, length: int) -> tuple[int, int]:
    """Where a range begins, and where it ends, exclusively; without a first byte, it is the last so many."""
    if not first:
        return max(0, length - int(last)), length
    return int(first), min(length, int(last) + 1) if last else length
