"""Fuzzing as a part of a run: it begins where the plan ends, and what it finds is reported and kept."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from contract_tests.campaign import Campaign
from contract_tests.fuzzing.fuzz import FuzzSettings, MaySend, Send, fuzz
from contract_tests.fuzzing.regressions import keep
from contract_tests.fuzzing.search import broken_rules
from contract_tests.settings import Settings
from contract_tests.verdicts import Fuzzed
from gateway_contract.exchange import Exchange
from gateway_contract.rules.rule import Rule


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
        before = self.campaign.failing()
        self.known |= before

        async def found(send: Send, may: MaySend) -> list[Exchange]:
            return await fuzz(
                self.campaign.sender.contract,
                self.rules,
                send,
                self._settings(number),
                lambda case: may(case) and not self.late(),
            )

        exchanges = await self.campaign.beyond_plan(found)
        self._keep(exchanges, before)

    def _settings(self, number: int) -> FuzzSettings:
        seed = self.settings.seed
        home = self.settings.report / self.campaign.sender.contract.name
        return FuzzSettings(
            self.settings.fuzz, seed + number, replay=home if number == 0 else None, known=frozenset(self.known)
        )

    def _keep(self, exchanges: Sequence[Exchange], before: frozenset[str]) -> None:
        contract = self.campaign.sender.contract
        new = [(rule, one) for one in exchanges for rule in sorted(broken_rules(contract, self.rules, one) - before)]
        if new:
            keep(self.settings.report / contract.name, new, [self.settings.token])

    def late(self) -> bool:
        return self.ends is not None and time.monotonic() >= self.ends


async def fuzz_after_the_plan(campaign: Campaign, rules: Sequence[Rule], settings: Settings) -> Fuzzed:
    """One round of fuzzing, or as many as the time allows. Raises RegressionsError."""
    ends = time.monotonic() + settings.fuzz_seconds if settings.fuzz_seconds else None
    fuzzing = Fuzzing(campaign, rules, settings, ends)
    planned, known, rounds = campaign.requests, campaign.failing(), 0
    while True:
        before = campaign.requests
        await fuzzing.one_round(rounds)
        rounds += 1
        used_up = campaign.requests == before  # the budget is, or the gateway fell silent
        if ends is None or fuzzing.late() or used_up:
            return Fuzzed(campaign.requests - planned, rounds, len(campaign.failing() - known))
