"""Defects of connections: what came over a connection before changes what a request on it gets."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.defects.defect import PlainSite, gateway_defect
from mock_server.defects.sites import authorization, expected
from mock_server.defects.transport_defects import rejecting
from mock_server.defects.wrapping import with_middleware
from mock_server.gateway.stages import Gateway
from mock_server.serving.server import EXTENSION, wait_for_disconnect

REJECTED = "defect.rejected"
RESPONSE = "defect.response"
FIRST = "defect.first"
ANSWERED = "defect.answered"
"""What a defect remembers of a connection, among its extensions."""


@gateway_defect(expected("kept-connection-works"))
def rest_of_rejected_request_read_as_next(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A rejected request is not read to its end, so that the next one on its connection gets 400."""

    def wrapped(app: ASGIApp) -> ASGIApp:
        async def respond(scope: Scope, receive: Receive, send: Send) -> None:
            connection = scope.get("extensions", {})

            async def noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    connection[REJECTED] = message["status"] >= 400
                await send(message)

            await (rejecting(400)(app) if connection.pop(REJECTED, False) else app)(scope, receive, noting)

        return respond

    return with_middleware(gateway, wrapped)


@gateway_defect(expected("kept-connection-works"))
def response_of_last_request_on_connection(gateway: Gateway, _site: PlainSite) -> Gateway:
    """Responses on a connection are one late: each request but the first gets the response to the one before."""

    def wrapped(app: ASGIApp) -> ASGIApp:
        async def respond(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["method"] == "GET":
                await app(scope, receive, send)
                return
            own: list[Message] = []

            async def keep(message: Message) -> None:
                own.append(message)

            await app(scope, receive, keep)
            for message in scope["extensions"].get(RESPONSE, own):
                await send(message)
            scope["extensions"][RESPONSE] = own

        return respond

    return with_middleware(gateway, wrapped)


@gateway_defect(expected("kept-connection-works"))
def later_requests_on_connection_unanswered(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A connection is closed after its first response, also if another request on it was served by then."""

    def wrapped(app: ASGIApp) -> ASGIApp:
        async def respond(scope: Scope, receive: Receive, send: Send) -> None:
            connection = scope.get("extensions", {})

            async def close(message: Message) -> None:
                if message["type"] == "http.response.start":
                    connection[EXTENSION].close()

            is_first = scope["type"] != "http" or connection.setdefault(ANSWERED, scope) is scope
            await app(scope, receive, send if is_first else close)
            if not is_first:
                await wait_for_disconnect(receive)

        return respond

    return with_middleware(gateway, wrapped)


@gateway_defect(authorization)
def token_checked_once_per_connection(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A connection on which a right token came serves all that comes over it, with that token."""

    def wrapped(app: ASGIApp) -> ASGIApp:
        async def respond(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                headers = dict(scope["headers"])
                token = scope["extensions"].setdefault(FIRST, headers.get(b"authorization"))
                known = headers if token is None else headers | {b"authorization": token}
                scope = {**scope, "headers": list(known.items())}
            await app(scope, receive, send)

        return respond

    return with_middleware(gateway, wrapped)
