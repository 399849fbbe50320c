"""A run's end of the process that draws for it."""

import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import Pipe
from subprocess import DEVNULL, Popen

from contract_tests.client.daemon_thread import in_daemon_thread
from contract_tests.fuzzing.messages import (
    Ask,
    Command,
    Contents,
    ContractFiles,
    Draw,
    Drawn,
    Failure,
    Find,
    MakeSmaller,
    Message,
    Searched,
)
from contract_tests.settings import Settings
from gateway_contract.entry_points import HOME

START = """
import sys
from multiprocessing.connection import Connection
connection = Connection(int(sys.argv[1]))
sys.path[:] = connection.recv()
from contract_tests.fuzzing.drawing_process import main
main(connection)
"""


class DrawingError(Exception):
    """The process that draws failed, or was ended by somebody else."""


@dataclass(slots=True, eq=False)
class Drawing:
    """Commands to what draws, and its messages, which are waited for. `hear` raises DrawingError.

    `ahead` is what was drawn of a later round while contents of an earlier one were made smaller.
    """

    tell: Callable[[Command], None]
    hear: Callable[[], Message]
    ahead: deque[Message] = field(default_factory=deque)

    async def drawn(self) -> AsyncIterator[Contents]:
        """What comes of the first command to draw whose contents nobody has yet."""
        while not isinstance(message := self.ahead.popleft() if self.ahead else await self._heard(), Drawn):
            assert isinstance(message, Contents)  # noqa: S101 # for mypy: searches come after what was drawn
            yield message

    async def smaller(self, task: MakeSmaller) -> AsyncIterator[Ask | Find]:
        """What comes of a search. Tell what each content broke that is asked for."""
        self.tell(task)
        while not isinstance(message := await self._heard(), Searched):
            if isinstance(message, Ask | Find):
                yield message
            else:
                self.ahead.append(message)

    async def _heard(self) -> Message:
        message = await in_daemon_thread(self.hear)
        if isinstance(message, Failure):
            raise DrawingError(message.error)
        return message


@contextmanager
def drawing_for(settings: Settings) -> Iterator[Drawing | None]:
    """A process that draws the first round for a run at once; None for a run without random requests.

    It imports what this process would, and not what is in the working directory. It gets no Ctrl-C: it ends with this.
    """
    if not settings.fuzz:
        yield None
        return
    here, there = Pipe()
    command = [sys.executable, "-P", "-c", START, str(there.fileno())]
    with Popen(command, stdin=DEVNULL, stdout=DEVNULL, pass_fds=[there.fileno()], start_new_session=True) as process:  # noqa: S603 # our own interpreter
        there.close()

        def tell(command: Command | list[str]) -> None:
            with suppress(ConnectionError):  # whoever waits for an answer learns of it
                here.send(command)

        def hear() -> Message:
            try:
                message: Message = here.recv()
            except (EOFError, ConnectionError) as error:
                raise DrawingError(
                    f"the process that draws random requests ended with status {process.wait()}"
                ) from error
            return message

        try:
            tell([str(HOME), *sys.path])
            tell(ContractFiles(settings.contract, settings.overlays))
            tell(Draw(settings.seed, settings.fuzz))
            yield Drawing(tell, hear)
        finally:
            process.kill()
