"""Servers in processes of their own, and what they cost."""

import json
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
PRISM = "@stoplight/prism-cli@5.16.0"
PRISM_FOLDER = ROOT / "build" / "prism"
HERE = "127.0.0.1"
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "GATEWAY_TOKEN"} | {"PYTHONPATH": str(ROOT)}
MOCK = (sys.executable, "-m", "mock_server", "--port", "0")
PATIENCE = 30.0  # seconds


class UnavailableError(Exception):
    """Something to compare with cannot be had here; says why."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs: where, and as which process."""

    url: str
    pid: int

    def cpu(self) -> int:
        """Nanoseconds of CPU, user and system, of all its threads so far.

        The clock of another process, by its number as clock_getcpuclockid(3) makes it: /proc counts in hundredths of
        a second, which is too coarse.
        """
        return time.clock_gettime_ns((~self.pid << 3) | 2)

    def memory(self) -> int:
        """Bytes that are resident."""
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
    """One that says in its first line where it listens."""
    with process(command) as started:
        found = re.search(r"http://\S+", started.stdout.readline() if started.stdout else "")
        if found is None:
            raise SystemExit(f"{' '.join(command)} did not start")
        yield Server(found.group(), started.pid)


@contextmanager
def mock() -> Iterator[Server]:
    """As `make mock` serves it: strict, with its journal, the upstream within."""
    with server(MOCK) as running:
        yield running


@contextmanager
def bare(file: Path, status: int, media_type: str) -> Iterator[Server]:
    with server([sys.executable, "-m", "benchmarks.mock_bare", str(file), str(status), media_type]) as running:
        yield running


@contextmanager
def prism(contract: str, *options: str) -> Iterator[Server]:
    """Stoplight Prism with the same contract; what it logs goes nowhere. Raises UnavailableError."""
    port = free_port()
    command = [installed_prism(), "mock", str(ROOT / "openapi" / f"{contract}.yaml"), "--host", HERE]
    with process([*command, "--port", str(port), *options], subprocess.DEVNULL) as started:
        wait_for(port)
        yield Server(f"http://{HERE}:{port}", started.pid)


def installed_prism() -> str:
    """The path of its command, installed beside the project where it is not yet. Raises UnavailableError."""
    command = PRISM_FOLDER / "node_modules" / ".bin" / "prism"
    if not command.exists():
        PRISM_FOLDER.mkdir(parents=True, exist_ok=True)
        (PRISM_FOLDER / "package.json").write_text(json.dumps({"private": True}))
        try:
            npm = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", PRISM]
            subprocess.run(npm, cwd=PRISM_FOLDER, check=True, stdout=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError) as error:
            raise UnavailableError(f"npm could not install {PRISM}: {error}") from error
    return str(command)


def free_port() -> int:
    with closing(socket.create_server((HERE, 0))) as listener:
        return int(listener.getsockname()[1])


def wait_for(port: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            socket.create_connection((HERE, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise UnavailableError(f"Prism did not listen within {PATIENCE:.0f} s")
