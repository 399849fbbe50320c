"""Where an application is, as its client knows it."""

from starlette.requests import Request


def own_url(request: Request) -> str:
    """The URL of the application that got a request, by its Host header and mount; no slash at its end."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"
