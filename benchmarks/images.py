"""What a picture costs: CPU time to draw it, to serve it and to tell whose it is, and its size."""

import asyncio
import time
from collections.abc import Callable
from io import BytesIO
from statistics import median

from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message

from mock_server.images.drawing import draw
from mock_server.images.identity import identity_of
from mock_server.images.links import PICTURE_PATH, PictureLinks, picture_response
from mock_server.images.picture import Picture
from mock_server.serving.signing import Signer

SIZES = ((256, 256), (512, 512), (1024, 768), (2048, 2048), (4096, 1024), (128, 2048), (4096, 4096), (16, 16384))
ROUNDS = 15
LARGE = (2048, 2048)
MOST_MILLISECONDS, MOST_KILOBYTES = 15, 100  # for a large picture that was never drawn before
REQUESTS = 2000  # of a round, for a picture that is kept


def numbered(number: int, width: int, height: int) -> Picture:
    """A picture unlike any other: another caption, another scene."""
    return Picture(
        identity=f"{number:016x}",
        width=width,
        height=height,
        caption=f"No. {number}, a lighthouse at dusk, 望着雨中的城市",
        detail=f"{width}x{height} · seed {number} · #1",
        palette_key=str(number),
        marked=number % 2 == 0,
    )


def milliseconds(work: Callable[[int], object]) -> float:
    """The median CPU time of one round, after one to warm up."""
    work(ROUNDS)
    spent = []
    for number in range(ROUNDS):
        start = time.process_time_ns()
        work(number)
        spent.append((time.process_time_ns() - start) / 1e6)
    return median(spent)


def encoded_anew(content: bytes, kind: str) -> bytes:
    out = BytesIO()
    Image.open(BytesIO(content)).convert("RGB").save(out, kind)
    return out.getvalue()


def drawing() -> None:
    print("drawing          CPU ms      KB")
    for width, height in SIZES:
        spent = milliseconds(lambda number, size=(width, height): draw(numbered(number, *size)))  # type: ignore[misc] # its argument is bound at once
        kilobytes = median(len(draw(numbered(number, width, height))) for number in range(ROUNDS)) / 1000
        print(f"{width:5} x {height:<6} {spent:8.2f} {kilobytes:7.1f}{judged(spent, kilobytes, (width, height))}")


def judged(spent: float, kilobytes: float, size: tuple[int, int]) -> str:
    if size != LARGE:
        return ""
    kept = spent < MOST_MILLISECONDS and kilobytes < MOST_KILOBYTES
    return f"   {'within' if kept else 'BEYOND'} {MOST_MILLISECONDS} ms and {MOST_KILOBYTES} KB"


def serving() -> None:
    print("serving 2048 x 2048 once it is drawn, CPU µs in the application")
    signer = Signer(b"a key")
    link = PictureLinks(signer, "", time.time() + 3600).link_to(numbered(1, *LARGE))
    content = draw(numbered(1, *LARGE))

    async def kept(request: Request) -> Response:
        return picture_response(signer, request.path_params["signed"], request.url.query)

    async def bare(_request: Request) -> Response:
        return Response(content, media_type="image/png")

    bare_microseconds = microseconds(Starlette(routes=[Route(PICTURE_PATH, bare)]), link)
    kept_microseconds = microseconds(Starlette(routes=[Route(PICTURE_PATH, kept)]), link)
    print(f"bare response {bare_microseconds:8.1f}")
    print(f"kept picture  {kept_microseconds:8.1f}   {kept_microseconds / bare_microseconds:.2f} times")


def microseconds(app: Starlette, link: str) -> float:
    """Per GET, without a server before the application: a server costs the same in either case."""
    path, _, query = link.partition("?")
    headers = [(b"host", b"localhost")]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": headers}

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(_message: Message) -> None:
        return None

    async def requests() -> None:
        for _ in range(REQUESTS):
            await app(dict(scope), receive, send)

    return milliseconds(lambda _: asyncio.run(requests())) * 1000 / REQUESTS


def recognising() -> None:
    print("recognising 2048 x 2048, CPU ms")
    content = draw(numbered(1, 2048, 2048))
    print(f"by its text   {milliseconds(lambda _: identity_of(content)):8.3f}")
    for kind in ("PNG", "JPEG", "WEBP"):
        copy = encoded_anew(content, kind)
        print(f"{kind + ' copy':13} {milliseconds(lambda _, copy=copy: identity_of(copy)):8.3f}")  # type: ignore[misc] # its argument is bound at once


if __name__ == "__main__":
    drawing()
    serving()
    recognising()
