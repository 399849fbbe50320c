"""A gateway that gives all requests the same response, as large as it may be; for `benchmarks.memory`.

`python -m benchmarks.large_responses NAME` prints where it listens.
"""

import base64
import http.server
import io
import json
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

LARGEST = 64 * 2**20  # bytes of a response that the suite reads
LARGEST_IMAGE = 32 * 2**20
ITEMS = 6
JSON = "application/json"


@dataclass(frozen=True)
class Response:
    media_type: str
    content: bytes
    coding: str = ""


def album(**fields: str) -> bytes:
    """A response with so many of the same item."""
    return json.dumps({"created": int(time.time()), "data": [fields] * ITEMS, "metadata": {}}).encode()


def padded(content: bytes, size: int) -> bytes:
    """An image that is so large: behind its end nothing is looked at."""
    return content + bytes(size - len(content))


def drawn(kind: str, width: int, height: int, **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGBA" if kind == "WEBP" else "RGB", (width, height), "teal").save(file, kind, **options)
    return file.getvalue()


def long_base64() -> bytes:
    """As long as images in a response can be together."""
    size = (LARGEST - 4096) // ITEMS // 4 * 3
    return album(b64_json=base64.b64encode(padded(drawn("JPEG", 1024, 1024), size)).decode())


def large_images() -> bytes:
    """Images in the response that take as much memory as any to decode."""
    return album(b64_json=base64.b64encode(drawn("WEBP", 4000, 3000, lossless=True)).decode())


def long_text() -> bytes:
    return b"<p>It broke. " * (LARGEST // 13)


def wide_text() -> bytes:
    """JSON whose text takes four bytes a character in memory."""
    text = "\N{GRINNING FACE}" + "x" * (LARGEST - 200)
    return json.dumps({"data": [{"revised_prompt": text}]}, ensure_ascii=False).encode()


def many_values() -> bytes:
    return json.dumps({"data": [{"a": number} for number in range(45_000)]}).encode()


def gzip(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    return packer.compress(content) + packer.flush()


LINKS = "links"
RESPONSES: dict[str, Callable[[], Response]] = {
    "base64": lambda: Response(JSON, long_base64()),
    "large-images": lambda: Response(JSON, large_images()),
    "text": lambda: Response("text/html", long_text()),
    "wide-text": lambda: Response(JSON, wide_text()),
    "gzip": lambda: Response(JSON, gzip(long_base64()), "gzip"),
    "many-values": lambda: Response(JSON, many_values()),
    LINKS: lambda: Response("image/jpeg", padded(drawn("JPEG", 1024, 1024), LARGEST_IMAGE)),
}


def handler(response: Response, *, linked: bool) -> type[http.server.BaseHTTPRequestHandler]:
    """Gives each request the response, or links to it where it is what lies behind links."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.respond(response)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            link = f"http://{self.headers['Host']}/1.jpg"
            self.respond(Response(JSON, album(url=link)) if linked else response)

        def respond(self, said: Response) -> None:
            self.send_response(200)
            self.send_header("Content-Type", said.media_type)
            self.send_header("Content-Length", str(len(said.content)))
            if said.coding:
                self.send_header("Content-Encoding", said.coding)
            self.end_headers()
            try:
                self.wfile.write(said.content)
            except OSError:
                self.close_connection = True  # the suite has seen enough

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    return Handler


def main() -> None:
    name = sys.argv[1]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(RESPONSES[name](), linked=name == LINKS))
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
