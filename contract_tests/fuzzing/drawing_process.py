"""The process that draws what random requests carry, and searches among what they broke: Hypothesis runs here.

It ends with the run that started it: when the pipe to that closes, even if the run was killed.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread

from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from contract_tests.execution.internal_errors import describe_error, traceback_places
from contract_tests.fuzzing.messages import (
    Ask,
    Broken,
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
from contract_tests.fuzzing.search import Search, drawn
from contract_tests.fuzzing.sources import PROPERTIES, Listing, Property
from contract_tests.garbage import collect_seldom
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import contract_path, load_contract

Hear = Callable[[], Command]
Tell = Callable[[Message], None]
Sources = Sequence[Property | Listing]


def main(connection: Connection) -> None:
    """Does what the run at the other end commands, until that closes it."""
    commands = SimpleQueue[Command]()
    Thread(target=_receive, args=(connection, commands), daemon=True).start()
    collect_seldom()
    ignore_source_code()
    with suppress(ConnectionError):  # the run has ended
        try:
            serve(contract_in(commands.get()), commands.get, connection.send)
        except ConnectionError:
            raise
        except Exception as error:  # noqa: BLE001 # the run reports it
            connection.send(Failure(f"{describe_error(error)} ({traceback_places(error)})"))


def _receive(connection: Connection, commands: "SimpleQueue[Command]") -> None:
    while True:
        try:
            commands.put(connection.recv())
        except (EOFError, ConnectionError):
            os._exit(1)


def ignore_source_code() -> None:
    """Keeps Hypothesis from drawing constants of our source code: a seed draws the same, wherever that is installed."""
    providers._get_local_constants = Constants  # noqa: SLF001 # there is no setting for it, and its version is pinned


def contract_in(files: Command) -> Contract:
    assert isinstance(files, ContractFiles)  # noqa: S101 # for mypy: a run tells it first
    return load_contract(contract_path(files.contract), files.overlays)


def serve(contract: Contract, hear: Hear, tell: Tell, sources: Sources = PROPERTIES) -> None:
    """Does one command after the other."""
    while True:
        match hear():
            case Draw(seed, examples):
                for source in sources:
                    tell(Contents(source.name, drawn(contract, source, seed, examples)))
                tell(Drawn())
            case MakeSmaller() as task:
                for content in smaller(contract, task, hear, tell, sources):
                    tell(Find(content))
                tell(Searched())


def smaller(contract: Contract, task: MakeSmaller, hear: Hear, tell: Tell, sources: Sources) -> Iterator[bytes]:
    """For each rule that was broken for the first time the smallest content found that breaks it."""

    def ask(name: str, content: bytes) -> frozenset[str] | None:
        tell(Ask(name, content))
        answer = hear()
        assert isinstance(answer, Broken)  # noqa: S101 # for mypy: a run tells nothing else meanwhile
        return answer.rules

    search = Search(contract, ask, {*task.known}, task.most_asked, task.patience, {**task.broken})
    for source, part in zip(sources, task.contents, strict=True):
        if isinstance(source, Listing):
            yield from search.finds_among(source.name, part.contents)
        else:
            yield from search.finds(source, task.drawn.seed, task.drawn.examples, part.contents)
