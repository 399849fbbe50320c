"""From settings to a run: everything is put together here, and taken down in order."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

from contract_tests import wire
from contract_tests.addresses import addresses
from contract_tests.campaign import Campaign, Progress
from contract_tests.observation import Observation, observing
from contract_tests.plan import NORTH_ONLY, TWO_SIDED, Plan, for_rules, plan, within_budget
from contract_tests.sending import Sender
from contract_tests.settings import Settings
from contract_tests.target import Target, target
from contract_tests.verdicts import Cost, Run, our_error, sum_up
from gateway_contract.catalogue import contract_path
from gateway_contract.contract import Contract
from gateway_contract.loading import load_contract
from gateway_contract.rules.derivation import derive_rules
from gateway_contract.rules.rule import Rule
from mock_server.serving import PortInUseError

NORTH_ONLY_BUDGET = 100  # images: without our own upstream somebody pays for them

UnderTest: TypeAlias = Callable[[Contract, Settings, Observation | None], AbstractContextManager[Target]]


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """What a user asked for, with the contract and its rules read. `selected` are ids of rules to learn about."""

    settings: Settings
    contract: Contract
    rules: tuple[Rule, ...]
    selected: frozenset[str]


def loaded(settings: Settings) -> Loaded:
    """Raises DocumentError for a contract that cannot be read."""
    contract = load_contract(contract_path(settings.contract), settings.overlays)
    rules = derive_rules(contract)
    return Loaded(settings, contract, rules, frozenset(rule.id for rule in rules))


def run(ready: Loaded, progress: Progress, under_test: UnderTest = target) -> Run:
    """One contract against one gateway. What keeps it from being tested is said in the run."""
    settings, contract = ready.settings, ready.contract
    began = time.monotonic()
    try:
        with observed(contract, settings) as observation, under_test(contract, settings, observation) as found:
            url = found.url
            campaign = asyncio.run(_campaign(ready, found, observation, progress))
    except PortInUseError as error:
        return _untested(contract, settings, f"{error}. Is another run or the gateway itself listening there?")
    return Run(
        contract=contract.name,
        gateway=url,
        observed=observed_from(settings),
        seed=settings.seed,
        seconds=time.monotonic() - began,
        cost=campaign.cost(),
        verdicts=sum_up(ready.rules, campaign.judgements),
        strict=settings.strict,
        not_tested=campaign.problem,
        our_errors=tuple(map(our_error, campaign.our_errors)),
    )


def observed_from(settings: Settings) -> str:
    return TWO_SIDED if settings.gateway is None or settings.upstream is not None else NORTH_ONLY


@contextmanager
def observed(contract: Contract, settings: Settings) -> Iterator[Observation | None]:
    """The suite as the upstream, where the gateway's calls can be made to reach it."""
    if observed_from(settings) == NORTH_ONLY:
        yield None
        return
    host, _, port = (settings.upstream or "127.0.0.1:0").rpartition(":")
    with observing(contract, host.strip("[]") or "127.0.0.1", int(port)) as observation:
        yield observation


async def _campaign(
    ready: Loaded, found: Target, observation: Observation | None, progress: Progress
) -> Campaign:
    settings = ready.settings
    async with wire.connections() as transport:
        sender = Sender(
            contract=ready.contract,
            transport=transport,
            gateway=found.url,
            token=found.token,
            own=await own_addresses(found.url, observation),
            limits=settings.limits,
            upstream_address=None if observation is None else observation.address,
        )
        planned = planned_for(ready)
        campaign = Campaign(sender, ready.rules, planned, observation, settings.seed, settings.jobs, progress)
        await campaign.run()
        return campaign


def planned_for(ready: Loaded) -> Plan:
    """What a run will send: about the selected rules, within the budget."""
    observed = observed_from(ready.settings)
    budget = ready.settings.budget
    if budget is None and observed == NORTH_ONLY:
        budget = NORTH_ONLY_BUDGET
    return within_budget(for_rules(plan(ready.contract, observed, ready.settings.seed), ready.selected), budget)


async def own_addresses(gateway: str, observation: Observation | None) -> frozenset[str]:
    """The addresses of the gateway and of our upstream, to which image links may lead though they are not public."""
    hosts = {urlsplit(gateway).hostname}
    if observation is not None:
        hosts.add(urlsplit(observation.url).hostname)
    found: set[str] = set()
    for host in filter(None, hosts):
        try:
            found |= await addresses(host)
        except OSError:
            continue  # a gateway whose name leads nowhere is told by the look before the run
    return frozenset(found)


def _untested(contract: Contract, settings: Settings, problem: str) -> Run:
    return Run(
        contract=contract.name,
        gateway=settings.gateway or "the bundled mock",
        observed=observed_from(settings),
        seed=settings.seed,
        seconds=0.0,
        cost=Cost(),
        verdicts=(),
        not_tested=problem,
    )
