"""Where an application is, and what is asked of it there, as its client knows it."""

from starlette.types import Scope

from mock_server.serving.asgi import header_in


def own_url(scope: Scope) -> str:
    """The URL of the application that got a request, by its Host header and mount; no slash at its end."""
    host = header_in(scope, b"host") or ":".join(map(str, scope.get("server") or ("127.0.0.1",)))
    return f"{scope['scheme']}://{host}{scope.get('root_path', '')}"


def target_of(scope: Scope) -> str:
    """Path and query as the client wrote them, without where the application is mounted."""
    path: str = scope["raw_path"].decode("latin-1").removeprefix(scope.get("root_path", ""))
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path
