"""Defects of the transport: what ordinary clients do differently from the simplest one is not accepted."""

from collections.abc import Callable
from typing import TypeAlias

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.defects.defect import Change, PlainSite, registered
from mock_server.defects.sites import expected
from mock_server.defects.wrapping import with_middleware
from mock_server.gateway.stages import Gateway
from mock_server.serving.asgi import find_header
from mock_server.serving.server import HEAD, reset_connection

IsUnusual: TypeAlias = Callable[[Scope], bool]
JSON_TYPE = "application/json"


def has_charset(scope: Scope) -> bool:
    return "charset" in (find_header(scope, b"content-type") or "")


def is_chunked(scope: Scope) -> bool:
    return find_header(scope, b"transfer-encoding") is not None


def expects_continue(scope: Scope) -> bool:
    return find_header(scope, b"expect") is not None


def offers_upgrade(scope: Scope) -> bool:
    return find_header(scope, b"http2-settings") is not None


def accepts_anything(scope: Scope) -> bool:
    return find_header(scope, b"accept") == "*/*"


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
    ("chunked-accepted", is_chunked, rejecting(411), "length-required", "A chunked body gets 411."),
    ("chunked-accepted", is_chunked, without_body, "chunked-body-lost", "A chunked body is read as an empty one."),
    ("expect-accepted", expects_continue, rejecting(417), "expectation-failed", "Expect: 100-continue gets 417."),
    ("expect-accepted", expects_continue, resetting, "reset-on-expect", "Expect: 100-continue resets the connection."),
    ("upgrade-ignored", offers_upgrade, without_body, "body-lost-on-upgrade", "An offer to upgrade costs the body."),
    ("upgrade-ignored", offers_upgrade, rejecting(501), "501-on-upgrade", "An offer to upgrade gets 501."),
    ("any-media-type-accepted", accepts_anything, rejecting(406), "406-for-any-media-type", "Accept: */* gets 406."),
    ("any-media-type-accepted", accepts_anything, rejecting(500), "crash-on-accept", "Accept: */* crashes the server."),
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
