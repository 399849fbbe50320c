"""What a gateway says in a response, as one short text without secrets: its error message and code, or its page."""

import html
import re
from collections import deque
from collections.abc import Iterator
from itertools import islice

from gateway_contract.traffic.exchange import Answer, Exchange, UpstreamCall
from gateway_contract.traffic.redaction import Secrets, redact
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, Json, compact

LONGEST_MESSAGE = 200  # characters
_READ = 8 * 1024  # bytes of a page; half of its characters are kept, so that no secret is cut before it is redacted
_MOST_OBJECTS = 100  # of a body that are searched for a message
_MESSAGES = ("message", "detail", "msg", "title", "error_description", "reason", "error")
"""Members that hold an error message: OpenAI's and DashScope's, RFC 9457's, pydantic's, RFC 6749's."""
_UNSEEN = re.compile(r"(?is)<(script|style|head|title)\b.*?</\1\s*>|<!--.*?-->|<[!/a-z][^<>]*>")
_TITLE = re.compile(r"(?is)<title[^>]*>(.*?)</title")


def response_message(answer: Answer, secrets: Secrets = ()) -> str:
    """At most 200 characters in the gateway's own words; empty where it says nothing.

    Of JSON the error message and code, or else all of it; of a page its title and text without markup. The text may
    hold control characters.
    """
    text = _page(answer.content, secrets) if answer.body is ABSENT else redact(_error(answer.body), secrets)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…"


def error_message(body: Json) -> str:
    """The error message and code in some JSON, on one line; at most 200 characters, with any secrets."""
    text = " ".join(_error(body).split())
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…"


def _error(body: Json) -> str:
    objects = list(islice(_objects(body), _MOST_OBJECTS))
    message = next((text for part in objects for text in _texts(part)), None)
    if message is None:
        return "" if body in (None, "", {}, []) else compact(body)[:_READ].decode("utf-8", "replace")
    code = next((part["code"] for part in objects if isinstance(part.get("code"), str | int)), None)
    return message if code in (None, "") or str(code) in message else f"{message} ({code})"


def _texts(part: dict[str, Json]) -> Iterator[str]:
    return (text for name in _MESSAGES if isinstance(text := part.get(name), str) and text.strip())


def _objects(value: Json) -> Iterator[dict[str, Json]]:
    """The objects of some JSON, outer ones first."""
    left = deque([value])
    while left:
        part = left.popleft()
        if isinstance(part, dict):
            yield part
        if isinstance(part, dict | list):
            left += part.values() if isinstance(part, dict) else part


def _page(content: bytes, secrets: Secrets) -> str:
    text = redact(content[:_READ].decode("utf-8", "replace"), secrets)
    text = text[: _READ // 2] if len(content) > _READ else text
    title = _TITLE.search(text)
    body = " ".join(html.unescape(_UNSEEN.sub(" ", text)).split())
    heading = " ".join(html.unescape(title[1]).split()) if title else ""
    for repeated in (heading, heading.partition(" ")[2]):  # with and without the status
        body = body.removeprefix(repeated).lstrip()
    return ": ".join(filter(None, (heading, body)))


def upstream_rejection(exchange: Exchange) -> UpstreamCall | None:
    """The call of a rejected request that the upstream rejected last, in words of its own."""
    calls = () if exchange.upstream is UNOBSERVED or exchange.accepted else exchange.upstream
    return next((call for call in reversed(calls) if call.message and call.played is None), None)


def quoted_rejection(exchange: Exchange, secrets: Secrets = ()) -> str:
    """What the gateway says of a rejected request, and what the upstream had said to it where that was a rejection.

    For example `HTTP 502 "Bad gateway"; the upstream responded HTTP 400 "size must be at most 2048*2048"`.
    """
    answer, call = exchange.answer, upstream_rejection(exchange)
    said = quoted_response(answer, secrets) if isinstance(answer, Answer) else answer.problem
    return f"{said}; the upstream responded {quoted_call(call, secrets)}" if call is not None else said


def quoted_call(call: UpstreamCall, secrets: Secrets = ()) -> str:
    return f'HTTP {call.status} "{redact(call.message, secrets)}"'


def quoted_response(answer: Answer, secrets: Secrets = ()) -> str:
    """For example `HTTP 422 "seed must be positive"`."""
    message = response_message(answer, secrets)
    return f'HTTP {answer.status} "{message}"' if message else f"HTTP {answer.status}"
