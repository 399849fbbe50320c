"""A server to compare the mock with: Starlette with one handler that parses the body and returns the same bytes.

`python -m benchmarks.mock_bare FILE STATUS TYPE` serves a file's content at / until it is stopped.
"""

import sys
from pathlib import Path

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_server.serving.server import listen, url_of

LOOPBACK = "127.0.0.1"


def bare_app(content: bytes, status: int, media_type: str) -> Starlette:
    async def fixed(request: Request) -> Response:
        body = await request.body()
        if body:
            orjson.loads(body)
        return Response(content, status, media_type=media_type)

    return Starlette(routes=[Route("/", fixed, methods=["GET", "POST"])])


def main() -> None:
    file, status, media_type = sys.argv[1:]
    app = bare_app(Path(file).read_bytes(), int(status), media_type)
    config = uvicorn.Config(app, loop="uvloop", http="httptools", log_level="warning", access_log=False)
    with listen(LOOPBACK, 0) as listener:
        print(f"Listening on {url_of(LOOPBACK, listener)}", flush=True)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
