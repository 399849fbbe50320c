"""Commands of ours for a person to paste into the shell that runs this one."""

import shlex
import shutil
import sys
from pathlib import Path

NAME = "check-gateway"


def command(*words: str) -> str:
    """The command with some words, which are quoted already."""
    return " ".join((_program(), *words))


def _program() -> str:
    """By its name if the shell finds it there, else by the path that it was started by, such as that of `make`."""
    started = Path(sys.argv[0])
    if started.name != NAME or not started.is_file():
        return NAME  # `python -m contract_tests`, or a test
    found = shutil.which(NAME)
    return NAME if found is not None and started.samefile(found) else shlex.quote(sys.argv[0])
