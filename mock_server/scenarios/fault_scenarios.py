"""Answers that do not arrive, or not as they should."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import NOT_JUDGED
from gateway_contract.schema.constraint import ANY_NAME
from gateway_contract.schema.keywords import constraint_sentence
from gateway_contract.values.pointer import tokens
from mock_server.gateway.gateway_app import response
from mock_server.gateway.stages import Gateway
from mock_server.scenarios.definition import Build, Change, Effect, Given, Kind, Parameter, unknown
from mock_server.scenarios.syntax import ScenarioError, seconds_in
from mock_server.serving.connection import drop, dropped
from mock_server.serving.error_response import ErrorResponse

Sending: TypeAlias = Callable[[Message, bytes, Scope, Receive, Send], Awaitable[None]]
"""Sends an answer, given what starts it and what it holds."""
DRIPS = 20
"""Parts in which a dripping answer comes."""
TIME = Parameter("time", "10s", "how long the whole answer takes")


def connection_kinds() -> Iterator[Kind]:
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


RETRY_AFTER = Parameter("retry_after", "1", "seconds that the client is told to wait, or none")


def kinds() -> Iterator[Kind]:
    yield Kind("bad-request", "A field is refused: 400.", "bad-request(field=size)", (FIELD,), _bad_request)
    for name, says, refusal in PLAIN:
        yield Kind(name, f"{says}: {refusal.status}.", name, (), _always(refusal))
    for name, says, refusal in TO_BE_TRIED_AGAIN:
        sentence = f"{says}: {refusal.status} with Retry-After."
        yield Kind(name, sentence, f"{name}(retry_after=5)", (RETRY_AFTER,), _again_after(refusal))


FIELD = Parameter("field", "", "which field is named, as a path with dots; the contract's first where left out")
MODERATED = ErrorResponse(
    400, "invalid_request_error", "moderation_blocked", "The image service makes no pictures of this."
)
NO_CREDIT = ErrorResponse(402, "billing_error", "insufficient_quota", "The balance of this account is used up.")
PLAIN = (
    ("moderation", "The content is refused", MODERATED),
    (
        "unauthorized",
        "The token is refused",
        ErrorResponse(401, "authentication_error", "invalid_api_key", "The token is not one of this gateway's."),
    ),
    ("no-credit", "The account is empty", NO_CREDIT),
    (
        "forbidden",
        "The token may not do this",
        ErrorResponse(403, "permission_error", "permission_denied", "This token may not use this model."),
    ),
    (
        "model-not-found",
        "The model is gone",
        ErrorResponse(
            404, "invalid_request_error", "model_not_found", "There is no such model, or not for this token."
        ),
    ),
    (
        "server-error",
        "The gateway breaks",
        ErrorResponse(500, "server_error", "internal_error", "Something went wrong."),
    ),
    (
        "bad-gateway",
        "The upstream breaks",
        ErrorResponse(502, "upstream_error", "bad_gateway", "The image service gave no usable answer."),
    ),
    (
        "gateway-timeout",
        "The upstream is too slow",
        ErrorResponse(504, "upstream_error", "gateway_timeout", "The image service did not answer in time."),
    ),
)
TO_BE_TRIED_AGAIN = (
    (
        "rate-limit",
        "Too many requests",
        ErrorResponse(429, "rate_limit_error", "rate_limit_exceeded", "Too many requests; try again later."),
    ),
    (
        "unavailable",
        "Down for a while",
        ErrorResponse(503, "server_error", "service_unavailable", "The service is overloaded; try again later."),
    ),
)


def _always(refusal: ErrorResponse) -> Callable[[Given], Effect]:
    return lambda _given: refusing(refusal)


def _again_after(refusal: ErrorResponse) -> Callable[[Given], Effect]:
    def effect(given: Given) -> Effect:
        seconds = given[RETRY_AFTER.name].removesuffix("s")
        if seconds == "none":
            return refusing(refusal)
        if not seconds.isdecimal():
            raise ScenarioError(f"{RETRY_AFTER.name} is whole seconds, not {given[RETRY_AFTER.name]!r}")
        return refusing(replace(refusal, retry_after=seconds))

    return effect


def _bad_request(given: Given) -> Effect:
    known = fields(given.contract)
    name = as_path(given[FIELD.name]) or next(iter(known))
    if name not in known:
        raise unknown(name, list(known), f"field of {given.contract.name}")
    message = f"{promise(given.contract, known[name])}."
    return refusing(
        ErrorResponse(400, "invalid_request_error", "invalid_value", message, ".".join(tokens(known[name])))
    )


def as_path(written: str) -> str:
    """`/a/b` and `$.a.b` as `a.b`."""
    return written.removeprefix("$").replace("/", ".").removeprefix(".")


def fields(contract: Contract) -> Mapping[str, str]:
    """The JSON Pointers of a request's fields, by their paths with dots and by what the contract calls them."""
    parts = [part for part in contract.request.parts if part.pointer and ANY_NAME not in part.pointer]
    paths = {".".join(tokens(part.pointer)): part.pointer for part in parts}
    return paths | {part.subject: part.pointer for part in reversed(parts) if part.subject not in paths}


def promise(contract: Contract, pointer: str) -> str:
    """What the contract says of a field that a client may have got wrong; the last thing is the narrowest."""
    known = [one for one in contract.request.constraints.values() if one.pointer == pointer]
    said = [one for one in known if one.keyword != NOT_JUDGED and one.condition is None]
    return constraint_sentence(said[-1]) if said else f"The value of {'.'.join(tokens(pointer))} is not allowed"


def refusing(refusal: ErrorResponse) -> Effect:
    """Whatever is asked of the operation, before anything is looked at: nothing is generated."""

    def effect(inner: Build) -> Build:
        def build(gateway: Gateway, outer: Change) -> ASGIApp:
            own, operation, elsewhere = outer(gateway), gateway.contract.operation, inner(gateway, outer)

            async def refused(scope: Scope, receive: Receive, send: Send) -> None:
                right = scope["path"].removeprefix(scope.get("root_path", "")) == operation.path
                app = response(own.reject(own, refusal)) if right else elsewhere
                await app(scope, receive, send)

            return refused

        return build

    return effect
