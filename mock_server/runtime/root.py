"""What answers where no gateway is: the default gateway, or the URLs of all gateways for a client with a wrong one."""

from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.gateway.gateway_app import response
from mock_server.gateway.models import base_path
from mock_server.gateway.stages import GatewayResponse
from mock_server.journal.recorder import with_journal
from mock_server.runtime.mock import Mock
from mock_server.runtime.names import OWN_PAGES
from mock_server.serving.asgi import own_url, with_request_id
from mock_server.serving.error_response import MOCK_ERROR, ErrorResponse

READING = {"GET", "HEAD"}


def default_gateway(mock: Mock) -> str | None:
    """The gateway at the root: the one that the settings name, or the only one."""
    if mock.settings.default is not None:
        return mock.settings.default if mock.settings.default in mock.served else None
    return next(iter(mock.served)) if len(mock.served) == 1 else None


def is_api_request(mock: Mock, scope: Scope) -> bool:
    """Whether a request is meant for some gateway: it sends something, or its path begins like an operation's."""
    if scope["type"] != "http" or first_segment(scope["path"]) in OWN_PAGES:
        return False
    beginnings = {first_segment(contract.operation.path) for contract in mock.contracts}
    return scope["method"] not in READING or first_segment(scope["path"]) in beginnings


def first_segment(path: str) -> str:
    return path[1:].partition("/")[0]


def at_gateway(scope: Scope, name: str) -> Scope:
    """The request with the gateway's name in its path, as if the client had written it."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return {**scope, "path": f"/{name}{scope['path']}", "raw_path": f"/{name}".encode() + raw}


def wrong_base(mock: Mock) -> ASGIApp:
    """Answers requests for no gateway with the base URLs of all; they are in the journal under no gateway."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await not_found(mock, scope)(scope, receive, send)

    async def too_large(scope: Scope, receive: Receive, send: Send) -> None:
        await not_found(mock, scope, {"connection": "close"})(scope, receive, send)

    return with_journal(with_request_id(answer), mock.journal, "", with_request_id(too_large), mock.settings.secrets)


def not_found(mock: Mock, scope: Scope, headers: dict[str, str] | None = None) -> ASGIApp:
    own = own_url(scope)
    bases = [f"{own}/{contract.name}{base_path(contract)}" for contract in mock.contracts]
    message = f"Not found: {scope['method']} {scope['path']}. Set your base URL to {' or '.join(bases)}."
    error = ErrorResponse(404, "invalid_request_error", "unknown_url", message)
    return response(GatewayResponse(error.status, {"error": error.fields}, MOCK_ERROR), headers)
