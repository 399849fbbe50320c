"""What the mock does without until a request needs it, since imports are most of the time in which it starts."""

import subprocess
import sys

LATER = ("PIL", "jsonpath", "mock_server.images.drawing")


def test_the_mock_starts_without_what_the_first_answer_does_not_need() -> None:
    program = "import sys, mock_server.run; print([name for name in sys.argv[1:] if name in sys.modules])"
    command = [sys.executable, "-c", program, *LATER]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)  # noqa: S603 # our own program
    assert done.stdout == "[]\n"
