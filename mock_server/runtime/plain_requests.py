"""Requests as nearly all are, for which nothing is switched or named: one function responds and records them."""

import marshal
import time
from collections.abc import Awaitable, Iterable, Sequence
from typing import Any, Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.gateway.compiled_stages import compile_stages
from mock_server.gateway.gateway_app import JSON_TYPE
from mock_server.gateway.modes import Mode
from mock_server.gateway.stages import Gateway
from mock_server.journal.entries import Journal
from mock_server.journal.record import RAW_SECRET_HEADERS, JournalRecord, PackedRecord
from mock_server.journal.recorder import BEGAN, LONG_RESPONSE, store, to_under_way
from mock_server.runtime.sessions import Controls
from mock_server.serving.asgi import READABLE, new_request_id, replay_message
from mock_server.serving.server import is_closing
from mock_server.serving.session import may_name_session
from mock_server.upstream.calls import CLIENT_CREDENTIALS, PLAIN

OWN_HEADERS = b"x-mock-"
LENGTH_DIGITS = 6
SHORT = 10**LENGTH_DIGITS  # bytes: a longer body is left to the application, which has a limit
STRICT = Mode.STRICT.value


class PlainApp(Protocol):
    """An application for plain requests, which leaves others to another one."""

    def __call__(self, scope: Scope, receive: Receive, send: Send, otherwise: ASGIApp, /) -> Awaitable[None]: ...


def plain_app(gateway: Gateway, journal: Journal, controls: Controls, secrets: Sequence[str]) -> PlainApp | None:
    """Answers and records the plain requests to a gateway's operation as the whole application does, CORS included.

    A request is plain if it has its whole body at once, and names no mode, scenario or session, while nothing is
    switched for all. What the compiled stages leave to others is not plain either. None if no request can be plain.
    """
    operate = compile_stages(gateway)
    if operate is None:
        return None
    name, method = gateway.contract.name, gateway.contract.operation.method
    root, raw_path = f"/{name}", f"/{name}{gateway.contract.operation.path}".encode()

    async def respond(scope: Scope, receive: Receive, send: Send, otherwise: ASGIApp) -> None:
        headers = scope["headers"]
        is_operation = scope["method"] == method and controls.mode is Mode.STRICT
        credentials = plain_credentials(headers) if is_operation else None
        if credentials is None:
            await otherwise(scope, receive, send)
            return
        timestamp, began, query = time.time(), time.perf_counter(), scope["query_string"]
        request = name, timestamp, method, raw_path, query, headers
        number = journal.start(lambda: to_under_way(JournalRecord(*request), scope, began, secrets), credentials)
        client, made = CLIENT_CREDENTIALS.set(credentials), None
        try:
            message = await receive()
            content: bytes = message.get("body", b"")
            is_whole = message["type"] == "http.request" and not message.get("more_body", False)
            if is_whole and is_plain(content) and not controls.switchboard.switches and not is_closing(scope):
                made = operate(headers, content, scope["scheme"], root)
        finally:
            CLIENT_CREDENTIALS.reset(client)
            journal.end(number)
        if made is None:
            scope[BEGAN] = timestamp, began
            await otherwise(scope, replay_message(message, receive), send)
            return
        status, response, call = made
        sent, calls = [(b"content-length", b"%d" % len(response)), JSON_TYPE, new_request_id()], [call] if call else []
        took = time.perf_counter() - began
        values = [*request, content, status, sent, response, True, took, calls, None, STRICT, None, False]
        keep(journal, values, len(response), secrets)
        await send({"type": "http.response.start", "status": status, "headers": [*sent, *READABLE]})
        await send({"type": "http.response.body", "body": response})

    return respond


def keep(journal: Journal, values: list[Any], length: int, secrets: Sequence[str]) -> None:
    """Add a request to the journal, by the values of a JournalRecord and the length of the response."""
    if length >= LONG_RESPONSE:
        store(journal, JournalRecord(*values), secrets)
    else:
        packed = marshal.dumps(values, PLAIN)
        journal.add(PackedRecord((packed, False), secrets).entry, len(packed))


def is_plain(content: bytes) -> bool:
    """Whether a body is short, and holds nothing that could be a marker."""
    return len(content) < SHORT and b"[[" not in content and b"mock" not in content.lower()


def plain_credentials(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]] | None:
    """The headers with secrets; None if the headers may name a session, scenario or mode, or announce a long body."""
    credentials = []
    for header in headers:
        name, value = header
        if name[:7] == OWN_HEADERS or (name == b"content-length" and len(value) > LENGTH_DIGITS):
            return None
        if name in RAW_SECRET_HEADERS:
            if may_name_session(value):
                return None
            credentials.append(header)
    return credentials
