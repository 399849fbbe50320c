"""Standard output whose reader may leave, as `head -1` does."""

import io
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Output(io.FileIO):
    """Writes to a file descriptor. Once nobody reads it, SIGHUP ends the command, and what is written is dropped."""

    has_reader = True

    def write(self, data: "ReadableBuffer", /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            if self.has_reader:
                self.has_reader = False
                signal.raise_signal(signal.SIGHUP)
            return memoryview(data).nbytes


def watch_output() -> Output | None:
    """Replaces sys.stdout by one that notices when its reader leaves; None where there is no standard output."""
    before = sys.stdout
    if before is None:
        return None
    output = Output(before.fileno(), "w", closefd=False)
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(output), before.encoding, before.errors, line_buffering=before.isatty()
    )
    return output
