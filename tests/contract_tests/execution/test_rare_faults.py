"""Faults that show in one call of twenty: how many runs notice them, and what a run says of one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from random import Random
from typing import cast

import pytest

from contract_tests.chance import REPEATED_KINDS, Confidence
from contract_tests.client.case import Case
from contract_tests.client.correlation import correlation_id, correlation_ids
from contract_tests.execution.rare_faults import MOST_REQUESTS, RuleRepetition
from contract_tests.planning.plan import plan
from contract_tests.planning.repetition import is_repeatable
from contract_tests.results import Conformance, Verdict
from contract_tests.run import prepare
from contract_tests.selftest.trials import run_against
from contract_tests.settings import Settings
from gateway_contract.contract.mapping import upstream_body
from gateway_contract.rules.derive import derive_rules
from gateway_contract.rules.judge import Judgement, judge
from gateway_contract.rules.rule import Outcome, Rule
from gateway_contract.traffic.exchange import Answer, Credential, Exchange, Observation, Request, UpstreamCall
from gateway_contract.values.json_value import ABSENT, Json, read_json
from gateway_contract.values.pointer import read, removed
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.stages import Gateway
from tests.contract_tests.gateways import failing as failing_rules
from tests.contract_tests.gateways import verdict_on
from tests.contract_tests.three_contracts import POWERBUYIN, POWERTOKENS

ONE_IN_TWENTY = Confidence(0.99, 0.05)
RUNS, LEAST_NOTICED = 100, 96

BY_NAME = {contract.name: contract for contract in (POWERTOKENS, POWERBUYIN)}

both_contracts = pytest.mark.parametrize("name", BY_NAME)


@cache
def rules_of(name: str) -> tuple[Rule, ...]:
    return tuple(rule for rule in derive_rules(BY_NAME[name]) if rule.kind in REPEATED_KINDS)


@cache
def rules_about(name: str, lost: str | None) -> tuple[Rule, ...]:
    """Those that can fail if what stands at a pointer upstream is lost; all of them if nothing is."""
    fields = {field_.pointer: field_.upstream for field_ in BY_NAME[name].mapped}
    return tuple(rule for rule in rules_of(name) if None in (lost, rule.pointer) or fields[rule.pointer or ""] == lost)


@cache
def planned(name: str) -> dict[str, Case]:
    cases = plan(BY_NAME[name], Observation.TWO_SIDED, 1).cases
    return {case.name: case for case in cases if is_repeatable(BY_NAME[name], case)}


def chance_of(seed: object) -> Random:
    return Random(str(seed))  # noqa: S311 # no secret


Judged = tuple[Exchange, tuple[Judgement, ...]]


@cache
def upstream_call(name: str, case: str) -> Json:
    """The right one for a case."""
    return upstream_body(BY_NAME[name], cast("Json", read_json(planned(name)[case].content)))


@cache
def judged(name: str, case: str, lost: str | None = None) -> Judged:
    """What comes of a case by a right gateway, from whose upstream call a proxy removes what stands at a pointer."""
    contract, content = BY_NAME[name], planned(name)[case].content
    body = read_json(content)
    assert contract.upstream is not None
    call = upstream_call(name, case)
    path = contract.upstream.base + contract.upstream.operation.path
    made = UpstreamCall("POST", path, (), call if lost is None else removed(call, lost), 0.0, 200, ("a cat",))
    request = Request("POST", contract.operation.path, (), content, body, Credential.RIGHT)
    exchange = Exchange(request, Answer(200, (), b"{}", {}, 0.1, 0.0), (made,), name=case)
    found = judge(contract, rules_about(name, lost), exchange)
    return exchange, tuple(one for one in found if isinstance(one, Judgement))


def failing(judgements: Sequence[Judgement]) -> set[str]:
    return {one.rule.id for one in judgements if one.finding.outcome is Outcome.FAIL}


@cache
def losses(name: str) -> dict[str, frozenset[str]]:
    """By rule and pointer upstream the cases in which the rule fails if what stands there is lost."""
    found: dict[str, set[str]] = {}
    for field_ in BY_NAME[name].mapped:
        for case in planned(name):
            if read(upstream_call(name, case), field_.upstream) is not ABSENT:
                for rule in failing(judged(name, case, field_.upstream)[1]):
                    found.setdefault(f"{rule} {field_.upstream}", set()).add(case)
    return {loss: frozenset(cases) for loss, cases in found.items()}


@dataclass
class LossyRun:
    """A run without sockets, until a loss is noticed: a proxy loses a field in some calls that break a rule by that."""

    name: str
    loss: str
    chance: Random
    seen: list[Judgement] = field(default_factory=list)
    sent: list[Case] = field(default_factory=list)
    expected: list[int] = field(default_factory=list)  # requests, as told before each batch

    async def send(self, cases: Sequence[Case], of_phase: int = 0) -> Sequence[Exchange]:
        if failing(self.seen):
            return ()
        self.sent += cases
        self.expected.append(of_phase)
        found = [self.exchange_of(case.name.partition(", repeated ")[0]) for case in cases]
        self.seen += [one for _, judgements in found for one in judgements]
        return [exchange for exchange, _ in found]

    def exchange_of(self, case: str) -> Judged:
        is_lost = case in losses(self.name).get(self.loss, ()) and self.chance.random() < ONE_IN_TWENTY.rare
        return judged(self.name, case, self.loss.partition(" ")[2] if is_lost else None)


async def run_of(lossy: LossyRun) -> RuleRepetition:
    """The planned requests, and what is repeated after them."""
    cases = tuple(planned(lossy.name).values())
    await lossy.send(cases)
    lossy.sent.clear()
    tries, rules = ONE_IN_TWENTY.clean_tries, rules_of(lossy.name)
    repetition = RuleRepetition(BY_NAME[lossy.name], rules, cases, 1, tries, lambda: lossy.seen, lossy.send)
    if not failing(lossy.seen):
        await repetition.run()
    return repetition


def test_a_field_lost_in_one_call_of_twenty_is_noticed_in_nearly_all_runs() -> None:
    possible = [(name, loss) for name in BY_NAME for loss in sorted(losses(name))]
    assert len({loss.partition(" ")[2] for _, loss in possible}) >= 7
    runs = [LossyRun(*possible[seed % len(possible)], chance_of(seed)) for seed in range(RUNS)]
    for one in runs:
        asyncio.run(run_of(one))
    by_the_plan = sum(not one.sent for one in runs)
    noticed = sum(bool(failing(one.seen)) for one in runs)
    assert by_the_plan < LEAST_NOTICED <= noticed


@both_contracts
def test_each_rule_gets_as_many_exchanges_as_exclude_the_fault(name: str) -> None:
    right = LossyRun(name, "nothing", chance_of(1))
    repetition = asyncio.run(run_of(right))
    assert failing(right.seen) == set()
    assert repetition.needed() == {}
    assert len(right.sent) == repetition.sent <= MOST_REQUESTS
    assert set(right.expected[1:]) == {repetition.sent}
    assert len({case.content for case in right.sent}) == len(right.sent)
    assert all(is_repeatable(BY_NAME[name], case) for case in right.sent)


def test_a_rule_that_fails_needs_no_more() -> None:
    name, loss = "powertokens", "powertokens/prompt_extend/preserves-false /parameters/prompt_extend"
    rule, _, pointer = loss.partition(" ")
    case, lossy = min(losses(name)[loss]), LossyRun(name, loss, chance_of(1))
    lossy.seen += judged(name, case)[1]
    repetition = RuleRepetition(POWERTOKENS, rules_of(name), (), 1, 90, lambda: lossy.seen, lossy.send)
    assert repetition.needed()[rule] == 89
    lossy.seen += judged(name, case, pointer)[1]
    assert rule not in repetition.needed()


LOST = "/parameters/prompt_extend"


UNLUCKY = {correlation_id("powertokens", 1, "repeated", number) for number in range(0, MOST_REQUESTS, 10)}


def losing_now_and_then(gateway: Gateway) -> Gateway:
    """A gateway that loses a false in some of the repeated requests: some 5 % of its calls, and none of the plan's."""

    def mapped(own: Gateway, body: Json) -> Json:
        call = gateway.map(own, body)
        return removed(call, LOST) if read(call, LOST) is False and UNLUCKY & correlation_ids(call) else call

    return replace(gateway, map=mapped)


@pytest.mark.slow
def test_a_loss_that_shows_once_in_the_repeated_requests_is_a_failure_and_says_how_often_it_showed() -> None:
    ready = prepare(Settings("powertokens", confidence=ONE_IN_TWENTY))
    selected = frozenset(rule.id for rule in ready.rules if rule.kind in REPEATED_KINDS)
    found = run_against(replace(ready, selected=selected), lambda gateway: gateway_app(losing_now_and_then(gateway)))
    verdict = verdict_on(found, "prompt_extend/preserves-false")
    assert verdict.verdict is Verdict.FAIL
    assert ", repeated " in verdict.failures[0].exchange.name
    assert verdict.failures[0].finding.note == f"in {len(verdict.failures)} of {verdict.judged} exchanges"
    assert {name.partition("/")[0] for name in failing_rules(found)} == {"prompt_extend"}
    assert found.repeated is not None
    assert 0 < found.repeated.requests < MOST_REQUESTS
    assert found.repeated.short == ()
    assert found.conformance is Conformance.VIOLATES
