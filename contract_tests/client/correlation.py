"""Short marks in free text by which an upstream call is matched to its request."""

import hashlib
import re
from collections.abc import Iterable

from gateway_contract.values.json_value import Json, read_json
from gateway_contract.values.pointer import leaves, placed, read, texts

LENGTH = 10
PATTERN = re.compile(r"k[0-9a-f]{9}")
# Letters and digits pass through any encoding, escaping or trimming of text; their case may not, and says nothing.


def correlation_id(*parts: object) -> str:
    """The same mark for the same parts, in any process."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()
    return "k" + digest[: LENGTH - 1]


TRACE = re.compile(r"[kt][0-9a-f]{9}")
"""A mark, or a trace: what stands in the other free texts of a request that carries the mark with the same digits."""


def trace_of(mark: str) -> str:
    """The trace for the request with a mark. Calls are matched to requests by marks only, and not by traces."""
    return "t" + mark[1:]


PLACEHOLDER = correlation_id("placeholder")
"""What stands in a planned text until the request is sent."""

TRACE_PLACEHOLDER = trace_of(PLACEHOLDER)


def with_correlation_id(body: Json, pointers: Iterable[str], mark: str) -> Json:
    """A body in whose free texts a mark stands, and its trace, instead of those that were there."""
    for pointer in pointers:
        text = read(body, pointer)
        old = PATTERN.search(text) if isinstance(text, str) else None
        if isinstance(text, str) and old is not None:
            body = placed(_with_trace(body, trace_of(old[0]), trace_of(mark)), pointer, text.replace(old[0], mark, 1))
    return body


def _with_trace(body: Json, old: str, new: str) -> Json:
    for pointer, text in list(leaves(body)):
        if isinstance(text, str) and old in text:
            body = placed(body, pointer, text.replace(old, new))
    return body


def content_with_id(content: bytes, pointers: Iterable[str], mark: str) -> bytes:
    """The same for a body as bytes, of which nothing else is spelled anew.

    In what is not JSON, or has its text elsewhere, the mark takes the place of the placeholder.
    """
    body = read_json(content)
    found = (PATTERN.search(text) for pointer in pointers if isinstance(text := read(body, pointer), str))
    for old in [old[0] for old in found if old is not None] or [PLACEHOLDER]:
        content = content.replace(old.encode(), mark.encode())
        content = content.replace(trace_of(old).encode(), trace_of(mark).encode())
    return content


def without_ids(body: Json) -> Json:
    """A JSON value with the same placeholder for every mark and trace."""
    for pointer, text in list(leaves(body)):
        if isinstance(text, str):
            body = placed(body, pointer, TRACE.sub(PLACEHOLDER, text))
    return body


def correlation_ids(body: object) -> set[str]:
    """Every mark that stands anywhere in the texts of a JSON value."""
    return {mark for text in texts(body) for mark in PATTERN.findall(text.lower())}


def traces(text: str) -> set[str]:
    """The digits of every mark and trace in a text, each with its first letter."""
    return set(TRACE.findall(text.lower()))


def text_with_id(text: str) -> str:
    return f"{PLACEHOLDER} {text}"


def text_with_id_within(text: str) -> str:
    """A text of the same length with a mark at its head; one that has no room for both stays as it is."""
    head = text_with_id("")
    return head + text[len(head) :] if len(text) > 2 * len(head) else text
