"""Processes that listen on a port of this machine."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

START_SECONDS = 120.0  # a busy machine is slow
STOP_SECONDS = 20.0


@contextmanager
def listening(
    command: Sequence[str], port: int, log: Path, *, folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Run a command in `folder`, with variables on top of ours, from when it takes connections to the block's end.

    What it prints goes to `log`. If it ends before it listens, the test fails with what it printed last.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 # the commands are ours
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # its own children end with it
        )
        try:
            _wait_until_it_listens(process, port, log)
            yield
        finally:
            _stop(process)


def _wait_until_it_listens(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    last = log.read_text("utf-8", "replace")[-2000:]
    pytest.fail(f"{process.args!r} does not listen on port {port}:\n{last}", pytrace=False)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Terminate the command and its children; kill them if that takes too long."""
    for ending in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, ending)
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            process.wait()
        return
