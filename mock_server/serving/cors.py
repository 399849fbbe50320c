"""Pages of any origin may call: what a browser asks for beforehand, and what lets a page read an answer.

Answers say the same whether or not a page asked, so a cache may give any of them to anybody, and none needs to vary.
"""

from starlette.middleware.cors import ALL_METHODS, CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIX = b"access-control-"
READABLE = ((PREFIX + b"allow-origin", b"*"), (PREFIX + b"expose-headers", b"*"))
"""For anybody, with all headers. No cookie decides anything here, so no page gets what its visitor alone may see."""


def with_cors(app: ASGIApp) -> ASGIApp:
    """The application for pages of any origin; one that answers its own exceptions, as a Starlette does."""
    answers = readable(app)
    preflights = CORSMiddleware(
        answers, allow_origins=["*"], allow_methods=ALL_METHODS, allow_headers=["*"], allow_private_network=True
    )

    async def cors(scope: Scope, receive: Receive, send: Send) -> None:
        asked_beforehand = scope["type"] == "http" and scope["method"] == "OPTIONS"
        await (preflights if asked_beforehand else answers)(scope, receive, send)

    return cors


def readable(app: ASGIApp) -> ASGIApp:
    """The application, each of its answers with what lets a page read it, in place of what it says of that itself.

    Not Starlette's, which reads the headers of each request and costs five times as much.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_readable(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [header for header in message.get("headers", ()) if not header[0].startswith(PREFIX)]
                message["headers"] = [*own, *READABLE]
            await send(message)

        await app(scope, receive, send_readable)

    return answer
