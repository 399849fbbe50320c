"""Cheap load: prepared requests over a few persistent connections."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

LENGTH = b"content-length:"
PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Load:
    """Open connections to one server; each takes one request at a time."""

    host: str
    sockets: Sequence[socket.socket]

    def post(self, path: str, content: bytes) -> bytes:
        """The bytes of a request."""
        said = f"content-type: application/json\r\ncontent-length: {len(content)}\r\n"
        return self._request("POST", path, said) + content

    def get(self, path: str) -> bytes:
        return self._request("GET", path, "")

    def _request(self, method: str, path: str, headers: str) -> bytes:
        """A POST with a token that every gateway accepts unless it has --token."""
        first = f"{method} {path} HTTP/1.1\r\nhost: {self.host}\r\nauthorization: Bearer sk-any\r\n"
        return f"{first}accept: application/json, image/png\r\n{headers}\r\n".encode()

    def ask(self, request: bytes) -> Answer:
        self.sockets[0].sendall(request)
        return answer_on(self.sockets[0])

    def run(self, requests: Sequence[bytes], status: int | None = None) -> None:
        """Send all requests, one per connection at a time; each response must have the given status."""
        step = len(self.sockets)
        for start in range(0, len(requests), step):
            together = requests[start : start + step]
            for connection, request in zip(self.sockets, together, strict=False):
                connection.sendall(request)
            for connection, _ in zip(self.sockets, together, strict=False):
                answer = answer_on(connection)
                if status not in (None, answer.status):
                    raise SystemExit(f"{self.host} should answer {status}: {answer.status} {answer.content[:500]!r}")


@contextmanager
def load_on(url: str, connections: int) -> Iterator[Load]:
    address = urlsplit(url)
    where = (address.hostname or "", address.port or 80)
    sockets = [socket.create_connection(where, timeout=30) for _ in range(connections)]
    try:
        yield Load(address.netloc, sockets)
    finally:
        for connection in sockets:
            connection.close()


def answer_on(connection: socket.socket) -> Answer:
    """The next response, which has a Content-Length or no content."""
    content, head = b"", b""
    while not head:
        content += received(connection)
        found, mark, rest = content.partition(b"\r\n\r\n")
        head, content = (found, rest) if mark else (b"", content)
    pieces, missing = [content], length_of(head) - len(content)
    while missing > 0:
        pieces.append(received(connection))
        missing -= len(pieces[-1])
    return Answer(int(head[9:12]), b"".join(pieces))


def received(connection: socket.socket) -> bytes:
    piece = connection.recv(PIECE)
    if not piece:
        raise SystemExit("the server hung up")
    return piece


def length_of(head: bytes) -> int:
    lower = head.lower()
    if b"transfer-encoding:" in lower:
        raise SystemExit("the server did not say how long its answer is")
    return int(lower.partition(LENGTH)[2].partition(b"\r\n")[0] or 0)
