"""Answers that do not arrive, or not as they should."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.gateway.stages import Gateway
from mock_server.scenarios.kind import Build, Change, Effect, Given, Kind, Parameter
from mock_server.scenarios.written import seconds_in
from mock_server.serving.dropping import drop, dropped

Sending: TypeAlias = Callable[[Message, bytes, Scope, Receive, Send], Awaitable[None]]
"""Sends an answer, given what starts it and what it holds."""
DRIPS = 20
"""Parts in which a dripping answer comes."""
TIME = Parameter("time", "10s", "how long the whole answer takes")


def kinds() -> Iterator[Kind]:
    yield Kind("reset", "The connection is reset before the answer.", "reset", (), _reset)
    yield Kind(
        "reset-within", "The connection is reset in the middle of the answer.", "reset-within", (), _reset_within
    )
    yield Kind("cut-json", "The answer ends in the middle, as if it were whole.", "cut-json", (), _cut)
    yield Kind("drip", "The answer comes bit by bit.", "drip(10s)", (TIME,), _drip)


def _reset(_given: Given) -> Effect:
    return lambda _inner: lambda _gateway, _outer: dropped


def _reset_within(_given: Given) -> Effect:
    async def half(start: Message, content: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        await send(start)
        await send({"type": "http.response.body", "body": content[: len(content) // 2], "more_body": True})
        await drop(scope, receive)

    return answering_otherwise(half)


def _cut(_given: Given) -> Effect:
    async def cut(start: Message, content: bytes, _scope: Scope, _receive: Receive, send: Send) -> None:
        short = content[: len(content) * 2 // 3]
        kept = [header for header in start["headers"] if header[0] != b"content-length"]
        await send({**start, "headers": [*kept, (b"content-length", str(len(short)).encode())]})
        await send({"type": "http.response.body", "body": short})

    return answering_otherwise(cut)


def _drip(given: Given) -> Effect:
    seconds = seconds_in(given[TIME.name])

    async def drip(start: Message, content: bytes, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send(start)
        part = max(1, -(-len(content) // DRIPS))
        for begin in range(0, len(content), part):
            await asyncio.sleep(seconds * part / max(1, len(content)))
            await send({"type": "http.response.body", "body": content[begin : begin + part], "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    return answering_otherwise(drip)


def answering_otherwise(otherwise: Sending) -> Effect:
    """The whole answer is made, and sent in another way."""

    def effect(inner: Build) -> Build:
        def build(gateway: Gateway, outer: Change) -> ASGIApp:
            app = inner(gateway, outer)

            async def sent_otherwise(scope: Scope, receive: Receive, send: Send) -> None:
                starts, chunks = list[Message](), list[bytes]()

                async def collect(message: Message) -> None:
                    if message["type"] == "http.response.start":
                        starts.append(message)
                    else:
                        chunks.append(message.get("body", b""))

                await app(scope, receive, collect)
                for start in starts:
                    await otherwise(start, b"".join(chunks), scope, receive, send)

            return sent_otherwise

        return build

    return effect
