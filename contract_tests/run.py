"""From settings to a run: everything is put together here, and taken down in order."""

import asyncio
import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import urlsplit

from contract_tests.chance import USUAL_LEVEL
from contract_tests.client.limits import UnsendableError
from contract_tests.client.reach import BEARER
from contract_tests.client.readiness import wait_until_ready
from contract_tests.ending import Cause, Ended
from contract_tests.execution.campaign import Campaign
from contract_tests.execution.connection_check import kept_connection_cases
from contract_tests.execution.findings import Findings
from contract_tests.execution.internal_errors import describe_error, describe_errors, traceback_places
from contract_tests.execution.ledger import Ledger
from contract_tests.execution.observer import NoUpstreamError, UpstreamObserver
from contract_tests.execution.preflight import preflight
from contract_tests.execution.rare_faults import exclude_rare_faults
from contract_tests.execution.time_bound import TimeBound
from contract_tests.execution.unsent import planned_requests
from contract_tests.fuzzing.drawing import Drawing, drawing_for
from contract_tests.fuzzing.fuzz import fuzz_after_the_plan
from contract_tests.fuzzing.regressions import RegressionsError, regressions
from contract_tests.gateway_sender import open_sender
from contract_tests.images_needed import ImagesNeeded
from contract_tests.planning.beyond_upstream import beyond_upstream
from contract_tests.planning.fields import base_request, requested_images
from contract_tests.planning.plan import FORMS, LOOK, Plan, for_rules, plan, within_budget
from contract_tests.planning.unjudged import with_reasons
from contract_tests.planning.untested import untested_statements
from contract_tests.planning.valid_cases import baseline, valid_case
from contract_tests.planning.worth import images_needed, images_to_plan
from contract_tests.report.progress import Progress
from contract_tests.results import Cost, RuleVerdict, Run, Selection, require_judgements
from contract_tests.rule_sums import sum_up
from contract_tests.settings import Settings, without_fuzzing, without_gateway
from contract_tests.target import GatewayTarget, budget_of, observation_of, observe, open_target
from contract_tests.waived_failures import waive
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import contract_path, load_contract
from gateway_contract.contract.validity import BeyondUpstream
from gateway_contract.rules.derive import derive_rules
from gateway_contract.rules.rule import Rule, RuleKind
from gateway_contract.traffic.exchange import Credential, Observation, RequestForm
from mock_server.serving.server import PortInUseError

LISTENING = "Is another run or the gateway itself listening there? --upstream must be a free port of this machine."
WITHOUT_UPSTREAM = "Omit --upstream, or name the upstream in the contract: x-upstream on the operation."

TELL_INTERVAL = 15.0  # seconds; judging everything so far costs a fifth of what a quick gateway takes in all
UNFINISHED = "the run has not ended"
Publish: TypeAlias = Callable[[Run], None]
UnderTest: TypeAlias = Callable[[Contract, Settings, UpstreamObserver | None], AbstractContextManager[GatewayTarget]]


@dataclass(frozen=True, slots=True, eq=False)
class PreparedRun:
    """What a user asked for, with the contract and its rules read.

    `selected` are ids of rules to learn about: those that the keyword expression selects, which is "" for all.
    """

    settings: Settings
    contract: Contract
    rules: tuple[Rule, ...]
    selected: frozenset[str]
    beyond_upstream: tuple[BeyondUpstream, ...] = ()
    keyword: str = ""

    @property
    def label(self) -> str:
        """What tells it from the other runs of a session: the gateway's name, if it has one, and the contract's."""
        return f"{self.settings.name}/{self.contract.name}" if self.settings.name else self.contract.name

    @property
    def selection(self) -> Selection:
        return Selection(self.keyword, len(self.selected), len(self.rules))


def prepare(settings: Settings) -> PreparedRun:
    """Raises DocumentError for a contract that cannot be read, or from which no request can be made."""
    contract = load_contract(contract_path(settings.contract), settings.overlays)
    base_request(contract)
    rules = derive_rules(contract)
    return PreparedRun(settings, contract, rules, frozenset(rule.id for rule in rules), beyond_upstream(contract))


def run(
    ready: PreparedRun, progress: Progress, under_test: UnderTest = open_target, publish: Publish | None = None
) -> Run:
    """One contract against one gateway. What keeps it from being tested is stated in the run.

    `publish` takes what is known so far: at the phases of a run that lasts, and when it is interrupted.
    """
    settings, contract = ready.settings, ready.contract
    began, started_at = time.monotonic(), datetime.now(UTC)

    def tell(campaign: Campaign) -> None:
        if publish is not None:
            publish(so_far(ready, campaign, started_at, time.monotonic() - began))

    try:
        with (
            drawing_for(settings) as drawing,
            observe(contract, settings) as observer,
            under_test(contract, settings, observer) as found,
        ):
            campaign = _run_campaign(ready, found, observer, drawing, progress, tell)
    except PortInUseError as error:
        return untested_run(ready, f"{error}. {LISTENING}", cause=Cause.USAGE)
    except NoUpstreamError as error:
        return untested_run(ready, f"{error}. {WITHOUT_UPSTREAM}", cause=Cause.CONFIGURATION)
    except UnsendableError as error:
        return untested_run(ready, f"{error}. Change the URL or the headers.", cause=Cause.USAGE)
    except RegressionsError as error:
        return untested_run(ready, str(error), cause=Cause.REPORT)
    judged = _judged(ready, campaign, campaign.findings, started_at, time.monotonic() - began)
    return require_judgements(judged, ready.selected)


def _run_campaign(
    ready: PreparedRun,
    found: GatewayTarget,
    observer: UpstreamObserver | None,
    drawing: Drawing | None,
    progress: Progress,
    tell: Callable[[Campaign], None],
) -> Campaign:
    """The campaign that ended. `tell` also learns what one has found that is interrupted."""
    begun: list[Campaign] = []
    due = -math.inf  # at the first phase, so that the rules are in the report

    def enter_phase(campaign: Campaign) -> None:
        nonlocal due
        begun[:] = [campaign]
        if time.monotonic() >= due:
            tell(campaign)
            due = time.monotonic() + TELL_INTERVAL

    try:
        return asyncio.run(_campaign(ready, found, observer, drawing, progress, enter_phase))
    except KeyboardInterrupt:
        for campaign in begun:
            tell(campaign)
        raise


def report_to_log(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    """Logs what went wrong in a task that nobody waits for, except for a signal, which is told anyway."""
    if not isinstance(context.get("exception"), KeyboardInterrupt):
        loop.default_exception_handler(context)


def so_far(ready: PreparedRun, campaign: Campaign, started_at: datetime, seconds: float) -> Run:
    """What a campaign that goes on has found; failures that were not tried again are inconclusive."""
    found = _judged(ready, campaign, campaign.findings_so_far(), started_at, seconds)
    return replace(found, ended=Ended.RUNNING, not_tested=UNFINISHED, strength=0)


def _ended(campaign: Campaign) -> Ended:
    if campaign.out_of_time or campaign.cause is Cause.TIME:
        return Ended.MAX_TIME
    if campaign.problem or campaign.health.stopped:
        return Ended.STOPPED
    return Ended.BUDGET if campaign.left_out else Ended.COMPLETE


def _verdicts(ready: PreparedRun, campaign: Campaign, findings: Findings) -> tuple[RuleVerdict, ...]:
    whole = whole_plan(ready)
    cases = [*whole.cases, *kept_connection_cases(ready.contract)]
    requests = planned_requests(campaign, cases, whole.failures, observation_of(ready.settings))
    found = sum_up(ready.rules, findings.judgements, campaign.plan.unbreakable, findings.unconfirmed())
    return with_reasons(ready.contract, found, requests)


def _judged(ready: PreparedRun, campaign: Campaign, findings: Findings, started_at: datetime, seconds: float) -> Run:
    """What a campaign says of its gateway."""
    settings, contract = ready.settings, ready.contract
    return Run(
        name=settings.name,
        options=settings.options,
        contract=contract.name,
        contract_digest=contract.digest,
        gateway=campaign.sender.address,
        observed=observation_of(settings),
        seed=settings.seed,
        started_at=started_at,
        seconds=seconds,
        cost=campaign.cost(),
        verdicts=waive(_verdicts(ready, campaign, findings), settings.waivers, settings.name, started_at.date()),
        waivers=settings.waivers,
        baseline=baseline(contract),
        selection=ready.selection,
        strict=settings.strict,
        not_tested=campaign.problem,
        token_lost=campaign.token_watch.lost,
        our_errors=describe_errors(campaign.errors.errors),
        reason_not_run=campaign.health.reason_not_run,
        budget_used_up=campaign.ledger.budget if campaign.left_out else None,
        time_used_up=campaign.time_bound.seconds if campaign.out_of_time else None,
        fuzzed=campaign.fuzzed,
        repeated=campaign.repeated,
        confidence=USUAL_LEVEL if settings.confidence is None else settings.confidence.level,
        slow=tuple(campaign.slow_answers.slow),
        information=(*without_gateway(settings), *without_fuzzing(settings), *campaign.information),
        untested=untested_statements(contract, campaign.plan),
        beyond_upstream=ready.beyond_upstream,
        images_needed=images_needed_for(ready),
        demand=settings.require_judged,
        ended=_ended(campaign),
        problem=campaign.cause,
        strength=campaign.plan.strength if _ended(campaign) is Ended.COMPLETE else 0,
    )


async def _campaign(
    ready: PreparedRun,
    found: GatewayTarget,
    observer: UpstreamObserver | None,
    drawing: Drawing | None,
    progress: Progress,
    enter_phase: Callable[[Campaign], None],
) -> Campaign:
    asyncio.get_running_loop().set_exception_handler(report_to_log)
    settings, access = ready.settings, ready.settings.access
    async with open_sender(ready.contract, settings, found, observer) as sender:
        campaign = Campaign(
            sender=sender,
            rules=ready.rules,
            selected=ready.selected,
            plan=plan_for(ready),
            observer=observer,
            seed=settings.seed,
            jobs=settings.jobs,
            progress=progress,
            enter_phase=enter_phase,
            ledger=Ledger(budget_of(settings)),
            time_bound=TimeBound(settings.max_seconds),
            exclusive=settings.gateway is None,
        )
        if settings.fuzz > 0:
            regressions(settings.home(ready.contract.name))  # what cannot be read is told before anything is sent
        if settings.wait is not None:
            headers = (*access.headers, *access.authorization(Credential.RIGHT, sender.tokens.current))
            campaign.problem = await wait_until_ready(
                settings.wait, sender.transport, found.url, headers, settings.limits
            )
        if not campaign.problem:
            await _conduct(ready, campaign, drawing)
        return campaign


async def _conduct(ready: PreparedRun, campaign: Campaign, drawing: Drawing | None) -> None:
    """All phases of a campaign."""
    await campaign.run()
    if not (campaign.problem or campaign.health.stopped or campaign.time_bound.used_up):
        campaign.information = tuple(filter(None, [await preflight(campaign.sender)]))
    rules = [rule for rule in ready.rules if rule.id in ready.selected]
    confidence = ready.settings.confidence
    if confidence is not None and not (campaign.problem or campaign.health.stopped):
        with campaign.errors.catch("repeating requests"):
            campaign.repeated = await exclude_rare_faults(campaign, rules, confidence)
    if drawing is not None and not campaign.problem:
        with campaign.errors.catch("fuzzing"):
            campaign.fuzzed = await fuzz_after_the_plan(campaign, rules, ready.settings, drawing)
    await campaign.test_authorization()


@lru_cache(maxsize=8)
def plan_for(ready: PreparedRun) -> Plan:
    """What a run will send: about the selected rules, within the budget. Whoever runs it again need not plan again."""
    budget, planned = budget_of(ready.settings), whole_plan(ready)
    if budget is None:
        return planned
    look = requested_images(ready.contract, base_request(ready.contract))
    return within_budget(planned, max(images_to_plan(budget, ready.settings.jobs) - look, 0))


@lru_cache(maxsize=8)
def images_needed_for(ready: PreparedRun) -> ImagesNeeded | None:
    """What the images of a run are for, whatever its budget; None where nobody pays for them."""
    contract = ready.contract
    if observation_of(ready.settings) is Observation.TWO_SIDED:
        return None
    look = valid_case(contract, LOOK, base_request(contract))
    rules = [rule for rule in ready.rules if rule.id in ready.selected]
    cases = [look, *whole_plan(ready).cases, *kept_connection_cases(contract)]
    return images_needed(contract, rules, cases, ready.settings.jobs)


@lru_cache(maxsize=8)
def whole_plan(ready: PreparedRun) -> Plan:
    """What a run would send without a budget."""
    settings = ready.settings
    is_tls = urlsplit(settings.gateway or "").scheme == "https"
    forms = [form for form in FORMS if not (is_tls and form is RequestForm.UPGRADE)]  # h2c: without TLS (RFC 7540, 3.2)
    every = plan(ready.contract, observation_of(settings), settings.seed, settings.strength, forms)
    planned = for_rules(every, ready.selected)
    if not any(rule.kind is RuleKind.RESILIENCE for rule in ready.rules if rule.id in ready.selected):
        planned = replace(planned, failures=())
    if settings.access.scheme != BEARER:  # another scheme than the contract's: which one is wrong is not stated
        kept = tuple(case for case in planned.cases if case.credential is not Credential.OTHER_SCHEME)
        planned = replace(planned, cases=kept)
    return planned


def untested_run(
    ready: PreparedRun, problem: str, *errors: str, ended: Ended = Ended.STOPPED, cause: Cause = Cause.GATEWAY
) -> Run:
    """The result of a run that could not begin, or has not ended, for a problem or errors of ours."""
    settings, contract = ready.settings, ready.contract
    return Run(
        name=settings.name,
        options=settings.options,
        contract=contract.name,
        contract_digest=contract.digest,
        gateway=settings.gateway or "the bundled mock",
        observed=observation_of(settings),
        seed=settings.seed,
        started_at=datetime.now(UTC),
        seconds=0.0,
        cost=Cost(),
        verdicts=(),
        baseline=baseline(contract),
        selection=ready.selection,
        not_tested=problem,
        our_errors=errors,
        ended=ended,
        problem=cause,
    )


def failed_run(ready: PreparedRun, error: Exception) -> Run:
    """The result of a run that ended in an error of ours, with the place where it was raised."""
    return untested_run(ready, "", f"{describe_error(error)} ({traceback_places(error)})")
