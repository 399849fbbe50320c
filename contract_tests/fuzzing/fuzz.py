"""Random requests on top of the finite plan, judged by the same rules; each find is made as small as it can be had."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contract_tests.client.case import Case
from contract_tests.execution.campaign import Campaign
from contract_tests.execution.dispatch import Dispatch
from contract_tests.fuzzing.drawing import Drawing
from contract_tests.fuzzing.messages import Ask, Broken, Contents, Draw, Find, MakeSmaller
from contract_tests.fuzzing.regressions import keep, regressions
from contract_tests.planning.fields import requested_images
from contract_tests.results import Fuzzed
from contract_tests.settings import Settings
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import validity_of
from gateway_contract.rules.judge import Judgement, judge
from gateway_contract.rules.rule import Outcome, Rule
from gateway_contract.traffic.exchange import Exchange
from gateway_contract.values.json_value import ABSENT, read_json

MOST_SHRINKING = 600
"""Requests for making finds smaller, in one round. A plain find takes Hypothesis some hundred; paid gateways must not
be asked without end."""

PATIENCE = 60.0
"""Seconds of waiting for a gateway to make finds smaller, in one round: of a slow one the find stays larger."""

MOST_ASKED = 100
"""Requests that are sent together: so many exchanges are in memory."""

MaySend = Callable[[Case], bool]
Send = Callable[[Sequence[Case], MaySend], Awaitable[Sequence[Exchange | None]]]
"""Sends cases that may still be sent when it is their turn, a single one alone; None for each that was not sent."""


@dataclass(frozen=True, slots=True)
class FuzzSettings:
    """`drawn` is what was drawn for this round; `replay` a folder whose earlier finds come first."""

    drawn: Draw
    most_shrinking: int = MOST_SHRINKING
    patience: float = PATIENCE
    replay: Path | None = None


@dataclass(slots=True, eq=False)
class RandomRequests:
    """What was sent in one round, and which rules it broke. `known` are broken rules that need no further proof."""

    contract: Contract
    rules: Sequence[Rule]
    send: Send
    may_send: MaySend
    known: set[str]
    broken: dict[bytes, frozenset[str]] = field(default_factory=dict)
    failing: dict[bytes, Exchange] = field(default_factory=dict)

    async def send_all(self, name: str, contents: Sequence[bytes]) -> None:
        """Sends contents that were not sent yet, some at once, and remembers what each broke."""
        new = [content for content in dict.fromkeys(contents) if content not in self.broken]
        for start in range(0, len(new), MOST_ASKED):
            part = new[start : start + MOST_ASKED]
            cases = [fuzzed_case(self.contract, name, content) for content in part]
            for content, exchange in zip(part, await self.send(cases, self.may_send), strict=True):
                if exchange is not None:
                    self.broken[content] = broken_rules(self.contract, self.rules, exchange)
                    if self.broken[content]:
                        self.failing[content] = exchange

    def finds(self) -> Iterator[Exchange]:
        """For each rule that was broken for the first time an exchange that broke it, as it was sent."""
        for content, exchange in self.failing.items():
            if self.broken[content] - self.known:
                self.known |= self.broken[content]
                yield exchange


async def fuzz(
    requests: RandomRequests, drawing: Drawing, settings: FuzzSettings, is_over: Callable[[], bool] = lambda: False
) -> list[Exchange]:
    """The exchanges that broke a rule for the first time, each as small as it could be made.

    Raises RegressionsError and DrawingError.
    """
    if is_over():
        return []
    if settings.replay is not None:
        await requests.send_all("found before", [entry.content for entry in regressions(settings.replay)])
    found, sent = [*requests.finds()], list[Contents]()
    async for part in drawing.drawn():
        await requests.send_all(part.source, part.contents)
        sent.append(part)
        if is_over():
            return [*found, *requests.finds()]
    if any(broken - requests.known for broken in requests.broken.values()):
        found += [one async for one in _made_smaller(requests, drawing, settings, sent)]
    return found


async def _made_smaller(
    requests: RandomRequests, drawing: Drawing, settings: FuzzSettings, sent: Sequence[Contents]
) -> AsyncIterator[Exchange]:
    known, most, patience = frozenset(requests.known), settings.most_shrinking, settings.patience
    async for message in drawing.smaller(MakeSmaller(settings.drawn, sent, requests.broken, known, most, patience)):
        match message:
            case Ask(source, content):
                await requests.send_all(source, [content])
                drawing.tell(Broken(requests.broken.get(content)))
            case Find(content):
                yield requests.failing[content]


def broken_rules(contract: Contract, rules: Sequence[Rule], exchange: Exchange) -> frozenset[str]:
    """The ids of the rules that an exchange breaks."""
    return frozenset(
        one.rule.id
        for one in judge(contract, rules, exchange)
        if isinstance(one, Judgement) and one.finding.outcome is Outcome.FAIL
    )


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
    drawing: Drawing
    ends: float | None
    known: set[str] = field(default_factory=set)

    async def one_round(self, number: int) -> None:
        """A round of every property with a seed of its own."""
        before = self.campaign.findings.failing()
        self.known |= before
        seed, examples = self.settings.seed + number, self.settings.fuzz
        if self.ends is not None:
            self.drawing.tell(Draw(seed + 1, examples))  # while these contents are sent

        async def found(dispatch: Dispatch) -> list[Exchange]:
            contract = self.campaign.sender.contract
            requests = RandomRequests(
                contract,
                self.rules,
                dispatch.send_all_unplanned,
                lambda case: dispatch.may_send(case) and not self.late(),
                {*self.known},
            )
            home = self.settings.home(contract.name) if number == 0 else None
            with self.campaign.errors.catch("fuzzing"):
                return await fuzz(
                    requests, self.drawing, FuzzSettings(Draw(seed, examples), replay=home), self._is_over
                )
            requests.known = {*self.known}
            return [*requests.finds()]  # what was found before the error, as it was sent

        exchanges = await self.campaign.beyond_plan(found)
        self._keep(exchanges, before)

    def _is_over(self) -> bool:
        """Whether nothing more will be sent, whatever its images."""
        return bool(self.campaign.health.stopped) or self.campaign.time_bound.used_up or self.late()

    def _keep(self, exchanges: Sequence[Exchange], before: frozenset[str]) -> None:
        contract = self.campaign.sender.contract
        new = [(rule, one) for one in exchanges for rule in sorted(broken_rules(contract, self.rules, one) - before)]
        if new:
            keep(self.settings.home(contract.name), new, self.settings.secrets)

    def late(self) -> bool:
        return self.ends is not None and time.monotonic() >= self.ends


async def fuzz_after_the_plan(
    campaign: Campaign, rules: Sequence[Rule], settings: Settings, drawing: Drawing
) -> Fuzzed:
    """One round of fuzzing, or as many as the time allows. Raises RegressionsError and DrawingError."""
    ends = time.monotonic() + settings.fuzz_seconds if settings.fuzz_seconds else None
    fuzzing = Fuzzing(campaign, rules, settings, drawing, ends)
    planned, known, rounds = campaign.tally.requests, campaign.findings.failing(), 0
    while True:
        before = campaign.tally.requests
        await fuzzing.one_round(rounds)
        rounds += 1
        used_up = campaign.tally.requests == before  # the budget is, or the gateway fell silent
        if ends is None or fuzzing.late() or used_up:
            return Fuzzed(campaign.tally.requests - planned, rounds, len(campaign.findings.failing() - known))
