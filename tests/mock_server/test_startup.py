"""What the mock does without until a request needs it, since imports are most of the time in which it starts."""

import runpy
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import mock_server

LATER = ("PIL", "jsonpath", "mock_server.images.drawing")


def test_the_mock_starts_without_what_the_first_answer_does_not_need() -> None:
    program = "import sys, mock_server.run; print([name for name in sys.argv[1:] if name in sys.modules])"
    command = [sys.executable, "-c", program, *LATER]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)  # noqa: S603 # our own program
    assert done.stdout == "[]\n"


def test_ctrl_c_while_it_starts_ends_it_with_a_status(monkeypatch: pytest.MonkeyPatch) -> None:
    command = SimpleNamespace(main=lambda: signal.raise_signal(signal.SIGINT))
    monkeypatch.setitem(sys.modules, "mock_server.cli", command)
    before = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(Path(mock_server.__file__).with_name("__main__.py")), run_name="__main__")
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended.value.code == 130
