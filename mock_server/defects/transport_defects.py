"""Defects of the transport: ordinary clients are rejected, and headers pass that are for one side only."""

import gzip
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.values.json_value import Json
from mock_server.defects.defect import Change, PlainSite, gateway_defect, registered
from mock_server.defects.request_operators import Call, Result, call_defect
from mock_server.defects.sites import expected
from mock_server.defects.wrapping import ChangedTransport, no_answer_yet, with_middleware, with_transport
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse
from mock_server.serving.asgi import find_header
from mock_server.serving.server import HEAD, reset_connection

IsUnusual: TypeAlias = Callable[[Scope], bool]
JSON_TYPE = "application/json"


def has_charset(scope: Scope) -> bool:
    return "charset" in (find_header(scope, b"content-type") or "")


def has_charset_in_capitals(scope: Scope) -> bool:
    return "UTF-8" in (find_header(scope, b"content-type") or "")


def is_chunked(scope: Scope) -> bool:
    return find_header(scope, b"transfer-encoding") is not None


def expects_continue(scope: Scope) -> bool:
    return find_header(scope, b"expect") is not None


def offers_upgrade(scope: Scope) -> bool:
    return find_header(scope, b"http2-settings") is not None


def accepts_anything(scope: Scope) -> bool:
    return find_header(scope, b"accept") == "*/*"


def accepts_several(scope: Scope) -> bool:
    return "," in (find_header(scope, b"accept") or "")


def closes_connection(scope: Scope) -> bool:
    return find_header(scope, b"connection") == "close"


def writes_otherwise(name: bytes) -> IsUnusual:
    """Whether a client writes the name of a header in another case than usual."""
    return lambda scope: name not in scope["extensions"].get(HEAD, name)


def form_defect(
    judge: str, is_unusual: IsUnusual, app_of: Callable[[ASGIApp], ASGIApp], name: str, summary: str
) -> None:
    """Registers that another application responds to unusual requests, made of the right one."""

    def change(gateway: Gateway, _site: PlainSite) -> Gateway:
        def wrapped(app: ASGIApp) -> ASGIApp:
            other = app_of(app)

            async def respond(scope: Scope, receive: Receive, send: Send) -> None:
                unusual = scope["type"] == "http" and scope["method"] == "POST" and is_unusual(scope)
                await (other if unusual else app)(scope, receive, send)

            return respond

        return with_middleware(gateway, wrapped)

    registered_change: Change[PlainSite] = change
    change.__doc__ = summary
    registered(registered_change, expected(judge), registered_change, name)


def rejecting(status: int) -> Callable[[ASGIApp], ASGIApp]:
    """Applications that reject every request with a status."""
    error = {"message": "Bad request.", "type": "invalid_request_error", "code": None, "param": None}
    return lambda _: JSONResponse({"error": error}, status)


def without_body(app: ASGIApp) -> ASGIApp:
    """The application, which does not get the body of a request."""

    async def emptied(scope: Scope, receive: Receive, send: Send) -> None:
        async def receive_nothing() -> Message:
            message = await receive()
            return {**message, "body": b""} if message["type"] == "http.request" else message

        await app(scope, receive_nothing, send)

    return emptied


def resetting(_app: ASGIApp) -> ASGIApp:
    async def reset(scope: Scope, receive: Receive, _send: Send) -> None:
        await reset_connection(scope, receive)

    return reset


for judge, is_unusual, app_of, name, summary in (
    ("charset-accepted", has_charset, rejecting(415), "content-type-compared-whole", "A charset gets 415."),
    ("charset-accepted", has_charset, without_body, "body-with-charset-lost", "A body is not read with a charset."),
    (
        "charset-accepted",
        has_charset_in_capitals,
        rejecting(415),
        "charset-in-capitals-rejected",
        "A charset gets 415 if it is written in capitals, without a space before it.",
    ),
    ("chunked-accepted", is_chunked, rejecting(411), "length-required", "A chunked body gets 411."),
    ("chunked-accepted", is_chunked, without_body, "chunked-body-lost", "A chunked body is read as an empty one."),
    ("expect-accepted", expects_continue, rejecting(417), "expectation-failed", "Expect: 100-continue gets 417."),
    ("expect-accepted", expects_continue, resetting, "reset-on-expect", "Expect: 100-continue resets the connection."),
    ("upgrade-ignored", offers_upgrade, without_body, "body-lost-on-upgrade", "An offer to upgrade costs the body."),
    ("upgrade-ignored", offers_upgrade, rejecting(501), "501-on-upgrade", "An offer to upgrade gets 501."),
    ("any-media-type-accepted", accepts_anything, rejecting(406), "406-for-any-media-type", "Accept: */* gets 406."),
    ("any-media-type-accepted", accepts_anything, rejecting(500), "crash-on-accept", "Accept: */* crashes the server."),
    ("any-media-type-accepted", accepts_several, rejecting(406), "accept-compared-whole", "A list in Accept gets 406."),
    ("connection-close-accepted", closes_connection, resetting, "reset-on-close", "Connection: close gets a reset."),
    (
        "connection-close-accepted",
        closes_connection,
        without_body,
        "body-lost-on-close",
        "Connection: close loses a body.",
    ),
    (
        "header-names-in-any-case",
        writes_otherwise(b"\r\nAuthorization:"),
        rejecting(401),
        "case-sensitive-authorization",
        "The token is found under Authorization only, not under authorization.",
    ),
    (
        "header-names-in-any-case",
        writes_otherwise(b"\r\nContent-Type:"),
        rejecting(415),
        "case-sensitive-content-type",
        "The media type is found under Content-Type only, not under content-type.",
    ),
):
    form_defect(judge, is_unusual, app_of, name, summary)


def coded(encoding: str, compress: Callable[[bytes], bytes]) -> Callable[[ASGIApp], ASGIApp]:
    """Applications that compress each response, whatever the client accepts."""

    def compressing(app: ASGIApp) -> ASGIApp:
        async def compressed(scope: Scope, receive: Receive, send: Send) -> None:
            held: list[Message] = []

            async def send_coded(message: Message) -> None:
                if message["type"] == "http.response.start":
                    held.append(message)
                    return
                content = compress(message.get("body", b""))
                headers = MutableHeaders(raw=list(held[0]["headers"]))
                headers["content-encoding"], headers["content-length"] = encoding, str(len(content))
                await send({**held[0], "headers": headers.raw})
                await send({**message, "body": content})

            await app(scope, receive, send_coded if scope["type"] == "http" else send)

        return compressed

    return compressing


@gateway_defect(expected("nothing-compressed-unasked"))
def gzip_for_everyone(gateway: Gateway, _site: PlainSite) -> Gateway:
    """Responses are compressed by gzip for clients that do not accept it."""
    return with_middleware(gateway, coded("gzip", gzip.compress))


@gateway_defect(expected("nothing-compressed-unasked"))
def deflate_for_everyone(gateway: Gateway, _site: PlainSite) -> Gateway:
    """Responses are compressed by deflate for clients that do not accept it."""
    return with_middleware(gateway, coded("deflate", zlib.compress))


def passing_up(name: str) -> Call:
    """Calls with a header of the client's."""

    async def call(gateway: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
        value = request.headers.get(name)
        transport = ChangedTransport(gateway.upstream.transport, more_headers=((name, value),) if value else ())
        return await gateway.call(with_transport(gateway, transport), body, call, request)

    return call


@call_defect(expected("client-secrets-stay"))
async def cookie_sent_upstream(gateway: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
    """The client's cookies are sent upstream."""
    return await passing_up("cookie")(gateway, body, call, request)


@call_defect(expected("client-secrets-stay"))
async def proxy_credentials_sent_upstream(gateway: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
    """The client's proxy credentials are sent upstream."""
    return await passing_up("proxy-authorization")(gateway, body, call, request)


def passing_down(gateway: Gateway, is_passed: Callable[[str], bool]) -> Gateway:
    """The gateway whose answers have headers of the upstream's."""
    last_answer = no_answer_yet()

    async def answer(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        right, last = await gateway.answer(own, body, links, request), last_answer.get()
        passed = {name: value for name, value in (() if last is None else last.headers) if is_passed(name)}
        return replace(right, headers={**passed, **right.headers})

    transport = ChangedTransport(gateway.upstream.transport, last_answer=last_answer)
    return replace(with_transport(gateway, transport), answer=answer)


@gateway_defect(expected("nothing-of-the-vendor-passed-on"))
def vendor_cookies_passed_on(gateway: Gateway, _site: PlainSite) -> Gateway:
    """The upstream's cookies are set at the client."""
    return passing_down(gateway, lambda name: name == "set-cookie")


@gateway_defect(expected("nothing-of-the-vendor-passed-on"))
def vendor_headers_passed_on(gateway: Gateway, _site: PlainSite) -> Gateway:
    """The upstream's own headers are passed on, its account among them."""
    return passing_down(gateway, lambda name: name.startswith("x-"))
