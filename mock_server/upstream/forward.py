"""Forwards calls to a real upstream and returns its responses, so that real traffic can be judged."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from hashlib import sha256
from types import MappingProxyType
from typing import cast

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gateway_contract.traffic.exchange import UpstreamCall
from gateway_contract.values.json_value import ABSENT, Json, read_json
from mock_server.serving.asgi import request_target, text_headers, with_body_limit
from mock_server.serving.error_response import MOCK_ERROR
from mock_server.upstream.calls import Credentials, ProblemsOf, UpstreamCalls, record_route
from mock_server.upstream.client import UNREACHABLE
from mock_server.upstream.protocol import Links, Reply, UpstreamProtocol

BEGINNING = 4096  # bytes; an identity stands before the first pixel
IDENTITY_SECONDS = 10.0


async def linked_identities(http: httpx.AsyncClient, links: Sequence[str]) -> tuple[str, ...]:
    """An identity for each image: the one that it carries or, as a real upstream's carry none, one for its link."""
    return tuple(await asyncio.gather(*(_identity(http, link) for link in links)))


async def _identity(http: httpx.AsyncClient, link: str) -> str:
    from mock_server.images.identity import identity_of

    return identity_of(await _beginning(http, link)) or sha256(link.encode()).hexdigest()[:16]


async def _beginning(http: httpx.AsyncClient, link: str) -> bytes:
    """The first bytes of an image by its link; none if it cannot be fetched."""
    try:
        async with (
            asyncio.timeout(IDENTITY_SECONDS),
            http.stream("GET", link) as answer,
            aclosing(cast("AsyncGenerator[bytes]", answer.aiter_bytes(BEGINNING))) as pieces,
        ):
            return await anext(pieces, b"")
    except (*UNREACHABLE, TimeoutError):
        return b""


MAX_TASKS = 2000
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")
SECONDS = 55.0  # less than the 60 s for which clients and proxies usually wait
MAX_BYTES = 64 * 2**20  # of a call or a response; a call may contain an image to be edited
HOP_BY_HOP = frozenset(
    (
        b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection "
        b"te trailer transfer-encoding upgrade"
    ).split()
)
CALL_HEADERS_SET_HERE = frozenset({b"host", b"content-length"})  # of a call: set anew for the real upstream
SERVER_HEADERS = frozenset({b"date", b"server"})  # of a response: set by the server of this application


class UnreachableError(Exception):
    """The real upstream gave no response; the message says why."""


@dataclass(frozen=True, slots=True)
class Forwarding:
    """Where calls go, and what is kept of them. `tasks` are submitted calls whose tasks have not ended."""

    calls: UpstreamCalls
    protocol: UpstreamProtocol
    url: httpx.URL
    http: httpx.AsyncClient
    seconds: float
    tasks: OrderedDict[str, UpstreamCall] = field(default_factory=OrderedDict)


@dataclass(frozen=True, slots=True)
class RealResponse:
    """The response of the real upstream; its content may be compressed."""

    status: int
    headers: list[tuple[bytes, bytes]]
    content: bytes

    def json(self) -> Json:
        """The body as JSON; null if it is not JSON."""
        try:
            body = read_json(httpx.Response(self.status, headers=self.headers, content=self.content).content)
        except httpx.DecodingError:
            return None
        return None if body is ABSENT else body


def forwarding_app(
    calls: UpstreamCalls,
    protocol: UpstreamProtocol,
    problems_of: ProblemsOf,
    url: str,
    http: httpx.AsyncClient,
    seconds: float = SECONDS,
) -> ASGIApp:
    """An application that forwards each call to `url` followed by the call's path.

    The caller closes `http`, in the loop in which the application is served. Raises httpx.InvalidURL.
    """
    forwarding = Forwarding(calls, protocol, httpx.URL(url.rstrip("/")), http, seconds)

    async def forward(request: Request) -> Response:
        return await _forward(forwarding, request)

    too_large = unreachable_error(protocol, 413, f"the call is over {MAX_BYTES} bytes", {"connection": "close"})
    return Starlette(
        routes=[record_route(calls, problems_of), Route("/{path:path}", forward, methods=METHODS)],
        middleware=[Middleware(with_body_limit, too_large, MAX_BYTES)],
    )


async def _forward(forwarding: Forwarding, request: Request) -> Response:
    content, target = await request.body(), request_target(request.scope)
    headers = text_headers(request.headers.raw)
    call = UpstreamCall(request.method, target, headers, read_json(content), time.time(), 0)
    credentials = forwarding.calls.client_credentials()  # now, since a client may not wait for the answer
    try:
        answer = await _answer(forwarding, upstream_request(forwarding.url, request, target, content))
    except UnreachableError as error:
        status = 504 if isinstance(error.__cause__, TimeoutError | httpx.TimeoutException) else 502
        forwarding.calls.add(replace(call, status=status), credentials)
        return unreachable_error(forwarding.protocol, status, str(error))
    await _record(forwarding, replace(call, status=answer.status), answer.json(), credentials)
    return client_response(answer)


def upstream_request(url: httpx.URL, request: Request, target: str, content: bytes) -> httpx.Request:
    """The call to the real upstream, without headers that an HTTP client would add."""
    whole = url.copy_with(raw_path=url.raw_path.rstrip(b"/") + target.encode("latin-1"))
    headers = end_to_end(request.headers.raw, CALL_HEADERS_SET_HERE)
    return httpx.Request(request.method, whole, headers=headers, content=content or None)


def end_to_end(headers: Iterable[tuple[bytes, bytes]], without: frozenset[bytes]) -> list[tuple[bytes, bytes]]:
    """The headers that are not for a single connection (RFC 9110, 7.6.1), without some others."""
    lower = [(name.lower(), value) for name, value in headers]
    named = {part.strip().lower() for name, value in lower if name == b"connection" for part in value.split(b",")}
    return [(name, value) for name, value in lower if name not in HOP_BY_HOP | named | without]


async def _answer(forwarding: Forwarding, call: httpx.Request) -> RealResponse:
    """Raises UnreachedError."""
    try:
        async with asyncio.timeout(forwarding.seconds):
            answer = await forwarding.http.send(call, stream=True)
            try:
                return RealResponse(answer.status_code, answer.headers.raw, await _whole(answer))
            finally:
                await answer.aclose()
    except (TimeoutError, httpx.TimeoutException) as error:
        raise UnreachableError("it did not answer in time") from error
    except httpx.ConnectError as error:
        raise UnreachableError("no connection") from error
    except httpx.UnsupportedProtocol as error:
        raise UnreachableError("its address is no http:// or https:// URL") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UnreachableError("the connection broke, or it talks no HTTP") from error


async def _whole(answer: httpx.Response) -> bytes:
    content = bytearray()
    async for piece in answer.aiter_raw():
        content += piece
        if len(content) > MAX_BYTES:
            raise UnreachableError(f"its answer is over {MAX_BYTES} bytes")
    return bytes(content)


def unreachable_error(
    protocol: UpstreamProtocol, status: int, reason: str, headers: Mapping[str, str] = MappingProxyType({})
) -> Response:
    """An error of the mock itself, in the vendor's layout."""
    message = f"This is the mock: the upstream to which it forwards calls was not reached: {reason}."
    error = protocol.mock_error(status, message)
    return JSONResponse(error.body, status, {**error.headers, **MOCK_ERROR, **headers})


def client_response(answer: RealResponse) -> Response:
    response = Response(answer.content, answer.status)
    headers = end_to_end(answer.headers, SERVER_HEADERS)
    has_length = any(name == b"content-length" for name, _ in headers)
    length = [] if has_length or not answer.content else [(b"content-length", str(len(answer.content)).encode())]
    response.raw_headers = [*headers, *length]
    return response


async def _record(forwarding: Forwarding, call: UpstreamCall, answer: Json, credentials: Credentials) -> None:
    """Records a call with the images in its response; those of a task are known once it has ended."""
    found = forwarding.protocol.read(Reply(call.status, answer))
    urls, task_id = (found.urls, found.task) if isinstance(found, Links) else ((), None)
    made = await linked_identities(forwarding.http, urls)
    if task_id is None:
        forwarding.calls.add(replace(call, images=made), credentials)
        return
    forwarding.calls.add(call, credentials)
    if call.method == "POST":
        _remember(forwarding.tasks, task_id, call)
    elif made and task_id in forwarding.tasks:
        forwarding.calls.set_images(forwarding.tasks.pop(task_id), made)


def _remember(tasks: OrderedDict[str, UpstreamCall], task_id: str, call: UpstreamCall) -> None:
    tasks[task_id] = call
    if len(tasks) > MAX_TASKS:
        tasks.popitem(last=False)
