"""One signal ends a run with all that is known written; a second one leaves nothing half written."""

import signal
import subprocess
import sys

SIGNALLED = """
import signal
from contract_tests.command.signals import WRITING, InterruptedRunError, interruptible

clock = iter([0.0, WRITING - 0.1, WRITING])
with interruptible(lambda: next(clock)) as interruption:
    try:
        signal.raise_signal(signal.SIGINT)
    except InterruptedRunError:
        signal.raise_signal(signal.SIGTERM)
        print("written after", interruption.received.name, flush=True)
        signal.raise_signal(signal.SIGTERM)
        print("not reached", flush=True)
"""


def test_further_signals_are_ignored_while_the_reports_are_written_and_then_kill() -> None:
    done = subprocess.run(  # noqa: S603 # our own code
        [sys.executable, "-c", SIGNALLED], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.stdout, done.stderr) == ("written after SIGINT\n", "")
    assert done.returncode == -signal.SIGTERM
