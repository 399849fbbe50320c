"""Where an application is, as its client knows it."""

from starlette.types import Scope

from mock_server.asgi import header_in


def own_url(scope: Scope) -> str:
    """The URL of the application that got a request, by its Host header and mount; no slash at its end."""
    host = header_in(scope, b"host") or ":".join(map(str, scope.get("server") or ("127.0.0.1",)))
    return f"{scope['scheme']}://{host}{scope.get('root_path', '')}"
