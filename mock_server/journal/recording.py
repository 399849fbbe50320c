"""Around an application: every request and its answer go into the journal, without the secrets in them."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.journal.entries import Journal
from mock_server.journal.happened import Happened, entry_of, harmless, packed, unpacked
from mock_server.journal.told_images import without_images
from mock_server.serving.bounded import TooLargeError, replaying, whole_body
from mock_server.upstream.calls import UPSTREAM_SEEN

NOTES = "mock"
"""Where in its scope the application finds what happens: its request, whole, and room for mode and scenario."""


def recorded(app: ASGIApp, journal: Journal, gateway: str, too_large: ASGIApp) -> ASGIApp:
    """The application with a journal; `too_large` answers where a request's body is longer than is read."""

    async def record(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        path = scope["path"].encode("utf-8", "surrogatepass")
        notes = Happened(gateway, time.time(), scope["method"], path, scope["query_string"], scope["headers"])
        scope[NOTES], chunks, began = notes, list[bytes](), time.perf_counter()
        token = UPSTREAM_SEEN.set(notes.calls)
        try:
            notes.content = await whole_body(scope, receive)
            await app(scope, replaying(notes.content, receive), watching(notes, chunks, send))
        except TooLargeError:
            await too_large(scope, receive, watching(notes, chunks, send))
        finally:
            UPSTREAM_SEEN.reset(token)
            notes.answer, notes.seconds = b"".join(chunks), time.perf_counter() - began
            keep(journal, notes)

    return record


def watching(notes: Happened, chunks: list[bytes], send: Send) -> Send:
    async def watched(message: Message) -> None:
        if message["type"] == "http.response.start":
            notes.status, notes.answer_headers = message["status"], message["headers"]
        elif message["type"] == "http.response.body":
            chunks.append(message.get("body", b""))
            notes.whole = not message.get("more_body", False)
        await send(message)

    return watched


def keep(journal: Journal, happened: Happened) -> None:
    """Into the journal with it. Nothing of the scope is kept along: that would hold its connection, too."""
    harmless_one = harmless(happened)  # first, for a secret that is cut in two is not found
    harmless_one.answer = without_images(harmless_one.answer)
    kept = packed(harmless_one)
    journal.add(lambda number: entry_of(unpacked(kept), number), len(kept))
