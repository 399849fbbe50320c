"""Drawing for random requests in a thread of the tests: without the second that a process takes to start."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from threading import Thread

from contract_tests.fuzzing.drawing import Drawing
from contract_tests.fuzzing.drawing_process import serve
from contract_tests.fuzzing.messages import Command, Draw, Message
from contract_tests.fuzzing.sources import PROPERTIES, Listing, Property
from contract_tests.settings import Settings
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import contract_path, load_contract


class EndedError(Exception):
    """Nothing more is to be drawn."""


@contextmanager
def drawing_in_thread(contract: Contract, sources: Sequence[Property | Listing] = PROPERTIES) -> Iterator[Drawing]:
    commands, messages = SimpleQueue[Command | None](), SimpleQueue[Message]()

    def hear() -> Command:
        command = commands.get()
        if command is None:
            raise EndedError
        return command

    def work() -> None:
        with suppress(EndedError):
            serve(contract, hear, messages.put, sources)

    Thread(target=work, daemon=True).start()
    try:
        yield Drawing(commands.put, messages.get)
    finally:
        commands.put(None)


@contextmanager
def drawing_for(settings: Settings) -> Iterator[Drawing | None]:
    """In place of the function of this name."""
    if not settings.fuzz:
        yield None
        return
    with drawing_in_thread(load_contract(contract_path(settings.contract), settings.overlays)) as drawing:
        drawing.tell(Draw(settings.seed, settings.fuzz))
        yield drawing
