"""Clients that mean no good, and the mock that they meet: the real process, as `make mock` starts it."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import orjson

from gateway_contract.values.json_value import Json

ROOT = Path(__file__).parents[2]
PATH = "/powertokens/v1/images/generations"
VALID: dict[str, Json] = {"model": "qwen-image-2.0-pro", "prompt": "a lighthouse at dusk"}
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
PATIENCE = 20.0  # seconds: a bound against hanging


@dataclass(frozen=True, slots=True)
class Victim:
    """The mock as a process; whatever it complains of goes into a file."""

    url: str
    pid: int
    complaints: Path

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return str(parts.hostname), int(parts.port or 0)

    def memory(self) -> int:
        """Bytes that were resident at most, at any time."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address, timeout=PATIENCE)

    def told(self, sent: bytes) -> bytes:
        """All that comes back to some bytes, until the server hangs up. What was sent should ask it to."""
        with self.connect() as connection:
            connection.sendall(sent)
            return whatever_comes(connection)

    def flooded(self, pieces: Iterable[bytes], patience: float = PATIENCE) -> None:
        """Sends all of them and reads nothing. Raises ConnectionError, and TimeoutError where they are not taken."""
        with self.connect() as connection:
            connection.settimeout(patience)
            for piece in pieces:
                connection.sendall(piece)

    def post(self, body: bytes, headers: dict[str, str] | None = None, path: str = PATH) -> httpx.Response:
        with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
            known = {"authorization": "Bearer sk-any", "content-type": "application/json", "connection": "close"}
            return client.post(self.url + path, content=body, headers={**known, **(headers or {})})

    def is_unharmed(self) -> bool:
        """It still answers, and has had nothing to complain of that is its own fault."""
        answered = self.post(orjson.dumps(VALID)).status_code
        complaints = self.complaints.read_text()
        os.truncate(self.complaints, 0)  # each is told once
        assert (answered, "Traceback" in complaints, "ERROR" in complaints) == (200, False, False), complaints
        return True


@contextmanager
def mock_process(folder: Path) -> Iterator[Victim]:
    complaints = folder / "stderr"
    environment = {name: value for name, value in os.environ.items() if name != "GATEWAY_TOKEN"}
    command = [sys.executable, "-X", "dev", "-m", "mock_server", "--port", "0"]
    with (
        complaints.open("a") as stderr,
        subprocess.Popen(  # noqa: S603 - the mock itself
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=stderr, text=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found is not None, complaints.read_text()
            yield Victim(found[0], process.pid, complaints)
        finally:
            process.terminate()


def whatever_comes(connection: socket.socket) -> bytes:
    """Everything until the other side hangs up, in whichever way."""
    pieces = []
    try:
        while piece := connection.recv(1 << 16):
            pieces.append(piece)
    except ConnectionError:
        pass
    return b"".join(pieces)


def statuses(answers: bytes) -> list[int]:
    return [int(status) for status in STATUS.findall(answers)]


def request(body: bytes = b"", *headers: str, method: str = "POST", target: str = PATH) -> bytes:
    """A whole request, after whose answer the server is to hang up. `headers` come besides the usual ones."""
    usual = ["host: localhost", "authorization: Bearer sk-any", "connection: close", f"content-length: {len(body)}"]
    return "\r\n".join([f"{method} {target} HTTP/1.1", *usual, *headers, "", ""]).encode("latin-1") + body


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """A request with a body in chunks, written as they are given."""
    usual = ["host: localhost", "authorization: Bearer sk-any", "connection: close", "transfer-encoding: chunked"]
    return "\r\n".join([f"POST {PATH} HTTP/1.1", *usual, "", ""]).encode() + b"".join(chunks) + end


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(content), content)
