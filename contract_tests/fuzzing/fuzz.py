"""Random requests on top of the finite plan, judged by the same rules; each find is made as small as it can be had."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path

from contract_tests.case import Case
from contract_tests.fuzzing.properties import PROPERTIES, Listing, Property
from contract_tests.fuzzing.regressions import regressions
from contract_tests.fuzzing.search import Search, broken_rules
from contract_tests.images_asked import asked_images
from gateway_contract.contract import Contract
from gateway_contract.exchange import Exchange
from gateway_contract.read_json import read_json
from gateway_contract.rules.rule import Rule
from gateway_contract.standing import standing
from gateway_contract.values import ABSENT

MOST_SHRINKING = 600
"""Requests for making finds smaller, in one round. A plain find takes Hypothesis some hundred; paid gateways must not
be asked without end."""

PATIENCE = 60.0
"""Seconds of waiting for a gateway to make finds smaller, in one round: of a slow one the find stays larger."""

Send = Callable[[Case], Awaitable[Exchange | None]]
MaySend = Callable[[Case], bool]


@dataclass(frozen=True, slots=True)
class FuzzSettings:
    """`examples` is how many of each property; `replay` a folder whose earlier finds come first."""

    examples: int
    seed: int = 1
    most_shrinking: int = MOST_SHRINKING
    patience: float = PATIENCE
    replay: Path | None = None
    properties: Sequence[Property | Listing] = PROPERTIES
    known: frozenset[str] = frozenset()  # rules that the finite plan found broken


async def fuzz(
    contract: Contract, rules: Sequence[Rule], send: Send, settings: FuzzSettings, may_send: MaySend = lambda _: True
) -> list[Exchange]:
    """The exchanges that broke a rule for the first time, each as small as it could be made. Raises RegressionsError.

    Hypothesis knows no coroutines: it runs in a thread, which hands each request to this loop and waits for it.
    """
    loop, stopped = asyncio.get_running_loop(), threading.Event()

    def ask(name: str, content: bytes) -> Exchange | None:
        case = fuzzed_case(contract, name, content)
        if stopped.is_set() or not may_send(case):
            return None
        try:
            return asyncio.run_coroutine_threadsafe(_sent(send, case), loop).result()
        except CancelledError:
            return None

    search = Search(contract, rules, ask, set(settings.known), settings.most_shrinking, settings.patience)
    try:
        return await asyncio.to_thread(lambda: list(_found(search, settings)))
    finally:
        stopped.set()  # a thread cannot be ended from outside: it finds that there is nothing left to do


async def _sent(send: Send, case: Case) -> Exchange | None:
    return await send(case)


def _found(search: Search, settings: FuzzSettings) -> Iterator[Exchange]:
    if settings.replay is not None:
        yield from replayed(search, [entry.content for entry in regressions(settings.replay)])
    for source in settings.properties:
        match source:
            case Listing():
                listed = source.share(search.contract, settings.seed, settings.examples)
                yield from search.finds_among(source.name, listed)
            case Property():
                drawn = source.contents(search.contract)
                yield from search.finds(source.name, drawn, settings.seed, settings.examples)


def replayed(search: Search, contents: Iterable[bytes]) -> Iterator[Exchange]:
    """Earlier finds that break a rule still."""
    for content in dict.fromkeys(contents):
        exchange = search.ask("found before", content)
        broken = frozenset() if exchange is None else broken_rules(search.contract, search.rules, exchange)
        if exchange is not None and broken - search.known:
            search.known |= broken
            yield exchange


def fuzzed_case(contract: Contract, name: str, content: bytes) -> Case:
    """A request with this content; what may bill images counts against the budget."""
    body = read_json(content)
    billed = body is not ABSENT and not standing(contract, body).broken
    images = max(asked_images(contract, body), 1) if body is not ABSENT and billed else 0
    return Case(f"{name} (fuzzed)", content, images=images)
