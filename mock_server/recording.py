"""Around an application: every request and its answer go into the journal, without the secrets in them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.exchange import UpstreamCall
from mock_server.bounded import TooLargeError, replaying, whole_body
from mock_server.happened import Happened, entry_of, harmless, packed, unpacked
from mock_server.journal import Journal
from mock_server.told_images import without_images
from mock_server.upstream_calls import UPSTREAM_SEEN


@dataclass(slots=True)
class Notes:
    """What is told of a request while it is answered. `content` is its body, read to the end."""

    content: bytes = b""
    scenario: str | None = None
    mode: str = ""


@dataclass(slots=True)
class Seen:
    """What went out to the client so far."""

    status: int | None = None
    headers: Sequence[tuple[bytes, bytes]] = ()
    chunks: list[bytes] = field(default_factory=list)
    whole: bool = False


def recorded(app: ASGIApp, journal: Journal, gateway: str, too_large: ASGIApp) -> ASGIApp:
    """The application with a journal. It finds `Notes` under `mock` in its scope.

    `too_large` answers where a request's body is longer than is read.
    """

    async def record(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        at, began = time.time(), time.perf_counter()
        seen, calls = Seen(), list[UpstreamCall]()
        notes = scope["mock"] = Notes()
        token = UPSTREAM_SEEN.set(calls)
        try:
            notes.content = await whole_body(scope, receive)
            await app(scope, replaying(notes.content, receive), watching(seen, send))
        except TooLargeError:
            await too_large(scope, receive, watching(seen, send))
        finally:
            UPSTREAM_SEEN.reset(token)
            keep(journal, happened(gateway, scope, notes, seen, calls, at, time.perf_counter() - began))

    return record


def watching(seen: Seen, send: Send) -> Send:
    async def watched(message: Message) -> None:
        if message["type"] == "http.response.start":
            seen.status, seen.headers = message["status"], message["headers"]
        elif message["type"] == "http.response.body":
            seen.chunks.append(message.get("body", b""))
            seen.whole = not message.get("more_body", False)
        await send(message)

    return watched


def happened(
    gateway: str, scope: Scope, notes: Notes, seen: Seen, calls: list[UpstreamCall], at: float, seconds: float
) -> Happened:
    return Happened(
        gateway,
        at,
        scope["method"],
        scope["path"].encode("utf-8", "surrogatepass"),
        scope["query_string"],
        scope["headers"],
        notes.content,
        seen.status,
        seen.headers,
        b"".join(seen.chunks),
        seen.whole,
        seconds,
        calls,
        notes.scenario,
        notes.mode,
    )


def keep(journal: Journal, raw: Happened) -> None:
    """Into the journal with it. Nothing of the scope is kept along: that would hold its connection, too."""
    raw = harmless(raw)  # first, for a secret that is cut in two is not found
    raw.answer = without_images(raw.answer)
    kept = packed(raw)
    journal.add(lambda number: entry_of(unpacked(kept), number), len(kept))
