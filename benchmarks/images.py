"""What a picture costs: CPU time to draw it and to tell whose it is, and its size."""

import time
from collections.abc import Callable
from io import BytesIO
from statistics import median

from PIL import Image

from mock_server.identity import identity_of
from mock_server.images import Picture, draw

SIZES = ((256, 256), (512, 512), (1024, 768), (2048, 2048), (4096, 1024), (128, 2048), (4096, 4096), (16, 16384))
ROUNDS = 15


def numbered(number: int, width: int, height: int) -> Picture:
    """A picture unlike any other: another caption, another scene."""
    return Picture(
        identity=f"{number:016x}",
        width=width,
        height=height,
        caption=f"No. {number}, an orange cat on a windowsill, 望着雨中的城市",
        detail=f"seed {number} · 1 of 2",
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
        print(f"{width:5} x {height:<6} {spent:8.2f} {kilobytes:7.1f}")


def recognising() -> None:
    print("recognising 2048 x 2048, CPU ms")
    content = draw(numbered(1, 2048, 2048))
    print(f"by its text   {milliseconds(lambda _: identity_of(content)):8.3f}")
    for kind in ("PNG", "JPEG", "WEBP"):
        copy = encoded_anew(content, kind)
        print(f"{kind + ' copy':13} {milliseconds(lambda _, copy=copy: identity_of(copy)):8.3f}")  # type: ignore[misc] # its argument is bound at once


if __name__ == "__main__":
    drawing()
    recognising()
