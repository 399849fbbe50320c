"""`python -m mock_server`."""

import signal
import sys
from types import FrameType


def end_with_status(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


signal.signal(signal.SIGINT, end_with_status)  # while modules are imported; a server that runs stops by itself

from mock_server.cli import main  # noqa: E402 # see above

main()
