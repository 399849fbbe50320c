"""Servers in separate processes, and their CPU time and memory."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOOPBACK = "127.0.0.1"
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "GATEWAY_TOKEN"} | {"PYTHONPATH": str(ROOT)}
MOCK = (sys.executable, "-m", "mock_server", "--port", "0")
START_TIMEOUT = 30.0  # seconds


class UnavailableError(Exception):
    """A server to compare with is not available; the message says why."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its URL and its process."""

    url: str
    pid: int

    def cpu(self) -> int:
        """Nanoseconds of CPU, user and system, of all its threads so far.

        The clock of another process, by its number as clock_getcpuclockid(3) makes it: /proc counts in hundredths of
        a second, which is too coarse.
        """
        return time.clock_gettime_ns((~self.pid << 3) | 2)

    def memory(self) -> int:
        """Resident memory in bytes."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def process(command: Sequence[str], output: int = subprocess.PIPE) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=output, text=True) as started:
        try:
            yield started
        finally:
            started.terminate()


@contextmanager
def server(command: Sequence[str]) -> Iterator[Server]:
    """A server that prints its URL in its first line."""
    with process(command) as started:
        found = re.search(r"http://\S+", started.stdout.readline() if started.stdout else "")
        if found is None:
            raise SystemExit(f"{' '.join(command)} did not start")
        yield Server(found.group(), started.pid)


@contextmanager
def mock() -> Iterator[Server]:
    """The mock as `make mock` serves it: strict, with its journal and the bundled upstream."""
    with server(MOCK) as running:
        yield running


@contextmanager
def bare(file: Path, status: int, media_type: str) -> Iterator[Server]:
    with server([sys.executable, "-m", "benchmarks.mock_bare", str(file), str(status), media_type]) as running:
        yield running


@contextmanager
def limit(contract: str) -> Iterator[Server]:
    with server([sys.executable, "-m", "benchmarks.mock_limit", contract]) as running:
        yield running


def free_port() -> int:
    with closing(socket.create_server((LOOPBACK, 0))) as listener:
        return int(listener.getsockname()[1])


def wait_for(name: str, port: int) -> None:
    """Raises UnavailableError."""
    until = time.monotonic() + START_TIMEOUT
    while time.monotonic() < until:
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise UnavailableError(f"{name} did not listen within {START_TIMEOUT:.0f} s")
