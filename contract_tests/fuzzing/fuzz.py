"""Random requests on top of the finite plan, judged by the same rules; each find is made as small as it can be had."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from hypothesis.strategies import SearchStrategy

from contract_tests.client.case import Case
from contract_tests.client.daemon_thread import in_daemon_thread
from contract_tests.execution.campaign import Campaign
from contract_tests.execution.dispatch import Dispatch
from contract_tests.fuzzing import strategies
from contract_tests.fuzzing.regressions import keep, regressions
from contract_tests.fuzzing.search import Search, broken_rules
from contract_tests.planning.fields import requested_images
from contract_tests.results import Fuzzed
from contract_tests.settings import Settings
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import validity_of
from gateway_contract.rules.rule import Rule
from gateway_contract.traffic.exchange import Exchange
from gateway_contract.values.json_value import ABSENT, compact, read_json


@dataclass(frozen=True, slots=True)
class Property:
    """A source of what requests carry, without end."""

    name: str
    contents: Callable[[Contract], SearchStrategy[bytes]]


@dataclass(frozen=True, slots=True)
class Listing:
    """A finite source, of which every seed takes its own share."""

    name: str
    contents: Callable[[Contract], Sequence[bytes]]

    def share(self, contract: Contract, number: int, examples: int) -> Sequence[bytes]:
        every = self.contents(contract)
        return Random(number).sample(every, min(examples, len(every)))  # noqa: S311 # a request is no secret


def ordinary(contract: Contract) -> SearchStrategy[bytes]:
    return strategies.ordinary_bodies(contract).map(compact)


def odd(contract: Contract) -> SearchStrategy[bytes]:
    return strategies.odd_bodies(contract).map(compact)


def schemathesis_positive(contract: Contract) -> SearchStrategy[bytes]:
    from contract_tests.fuzzing import schemathesis_cases  # noqa: PLC0415 # takes a second to import

    return schemathesis_cases.positive(contract)


def schemathesis_negative(contract: Contract) -> SearchStrategy[bytes]:
    from contract_tests.fuzzing import schemathesis_cases  # noqa: PLC0415 # takes a second to import

    return schemathesis_cases.negative(contract)


def schemathesis_examples(contract: Contract) -> Sequence[bytes]:
    from contract_tests.fuzzing import schemathesis_cases  # noqa: PLC0415 # takes a second to import

    return schemathesis_cases.examples(contract)


def schemathesis_coverage(contract: Contract) -> Sequence[bytes]:
    from contract_tests.fuzzing import schemathesis_cases  # noqa: PLC0415 # takes a second to import

    return schemathesis_cases.coverage(contract)


PROPERTIES: tuple[Property | Listing, ...] = (
    Property("ordinary", ordinary),
    Property("odd", odd),
    Listing("Schemathesis, examples", schemathesis_examples),
    Listing("Schemathesis, coverage", schemathesis_coverage),
    Property("Schemathesis, positive", schemathesis_positive),
    Property("Schemathesis, negative", schemathesis_negative),
)

MOST_SHRINKING = 600
"""Requests for making finds smaller, in one round. A plain find takes Hypothesis some hundred; paid gateways must not
be asked without end."""

PATIENCE = 60.0
"""Seconds of waiting for a gateway to make finds smaller, in one round: of a slow one the find stays larger."""

MaySend = Callable[[Case], bool]
Send = Callable[[Sequence[Case], MaySend], Awaitable[Sequence[Exchange | None]]]
"""Sends cases that may still be sent when it is their turn, a single one alone; None for each that was not sent."""


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

    Hypothesis knows no coroutines: it runs in a thread, which hands requests to this loop and waits for them.
    """
    loop, stopped = asyncio.get_running_loop(), threading.Event()

    def may(case: Case) -> bool:
        return not stopped.is_set() and may_send(case)

    def ask(name: str, contents: Sequence[bytes]) -> Sequence[Exchange | None]:
        cases = [fuzzed_case(contract, name, content) for content in contents]
        try:
            return asyncio.run_coroutine_threadsafe(_sent(send, cases, may), loop).result()
        except CancelledError:
            return [None for _ in cases]

    search = Search(contract, rules, ask, set(settings.known), settings.most_shrinking, settings.patience)
    try:
        return await in_daemon_thread(lambda: list(_found(search, settings)))
    finally:
        stopped.set()  # a thread cannot be ended from outside: it finds that there is nothing left to do


async def _sent(send: Send, cases: Sequence[Case], may_send: MaySend) -> Sequence[Exchange | None]:
    return await send(cases, may_send)


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
    for exchange in search.ask("found before", [*dict.fromkeys(contents)]):
        broken = frozenset() if exchange is None else broken_rules(search.contract, search.rules, exchange)
        if exchange is not None and broken - search.known:
            search.known |= broken
            yield exchange


def fuzzed_case(contract: Contract, name: str, content: bytes) -> Case:
    """A request with this content; what may bill images counts against the budget."""
    body = read_json(content)
    billed = body is not ABSENT and not validity_of(contract, body).broken
    images = max(requested_images(contract, body), 1) if body is not ABSENT and billed else 0
    return Case(f"{name} (fuzzed)", content, images=images)


@dataclass(slots=True, eq=False)
class Fuzzing:
    """One run's fuzzing; `ends` by the clock of `time.monotonic`, None where one round is all."""

    campaign: Campaign
    rules: Sequence[Rule]
    settings: Settings
    ends: float | None
    known: set[str] = field(default_factory=set)

    async def one_round(self, number: int) -> None:
        """A round of every property with a seed of its own."""
        before = self.campaign.findings.failing()
        self.known |= before

        async def found(dispatch: Dispatch) -> list[Exchange]:
            return await fuzz(
                self.campaign.sender.contract,
                self.rules,
                dispatch.send_all_unplanned,
                self._settings(number),
                lambda case: dispatch.may_send(case) and not self.late(),
            )

        exchanges = await self.campaign.beyond_plan(found)
        self._keep(exchanges, before)

    def _settings(self, number: int) -> FuzzSettings:
        seed = self.settings.seed
        home = self.settings.home(self.campaign.sender.contract.name)
        return FuzzSettings(
            self.settings.fuzz, seed + number, replay=home if number == 0 else None, known=frozenset(self.known)
        )

    def _keep(self, exchanges: Sequence[Exchange], before: frozenset[str]) -> None:
        contract = self.campaign.sender.contract
        new = [(rule, one) for one in exchanges for rule in sorted(broken_rules(contract, self.rules, one) - before)]
        if new:
            keep(self.settings.home(contract.name), new, self.settings.secrets)

    def late(self) -> bool:
        return self.ends is not None and time.monotonic() >= self.ends


async def fuzz_after_the_plan(campaign: Campaign, rules: Sequence[Rule], settings: Settings) -> Fuzzed:
    """One round of fuzzing, or as many as the time allows. Raises RegressionsError."""
    ends = time.monotonic() + settings.fuzz_seconds if settings.fuzz_seconds else None
    fuzzing = Fuzzing(campaign, rules, settings, ends)
    planned, known, rounds = campaign.tally.requests, campaign.findings.failing(), 0
    while True:
        before = campaign.tally.requests
        await fuzzing.one_round(rounds)
        rounds += 1
        used_up = campaign.tally.requests == before  # the budget is, or the gateway fell silent
        if ends is None or fuzzing.late() or used_up:
            return Fuzzed(campaign.tally.requests - planned, rounds, len(campaign.findings.failing() - known))
