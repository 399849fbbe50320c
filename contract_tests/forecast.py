"""What a run will cost, before anything is sent: requests, images and seconds of each phase."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from contract_tests.client.case import Case
from contract_tests.client.send import send
from contract_tests.execution.connection_check import connection_cases
from contract_tests.execution.failure_waves import groups_of, lasts, waves_of
from contract_tests.execution.health import plain_case
from contract_tests.execution.ledger import Ledger, billable_images
from contract_tests.execution.observer import NoUpstreamError, UpstreamObserver
from contract_tests.execution.rare_faults import MOST_REQUESTS
from contract_tests.gateway_sender import open_sender
from contract_tests.images_needed import ImagesNeeded
from contract_tests.planning.fields import base_request, listed_values, requested_images
from contract_tests.planning.plan import Plan, is_row
from contract_tests.report.progress import Phase
from contract_tests.run import LISTENING, WITHOUT_UPSTREAM, PreparedRun, images_needed_for, plan_for
from contract_tests.settings import Settings, SettingsError
from contract_tests.target import GatewayTarget, budget_of, observation_of, observe, open_target
from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import Answer, Observation
from gateway_contract.traffic.response_message import quoted_response
from gateway_contract.values.json_value import ABSENT, read_json
from mock_server.faults.fault import Fault
from mock_server.faults.unusual import UNUSUAL
from mock_server.serving.server import PortInUseError
from mock_server.upstream.protocols import protocol_of

SILENCE = "an upstream that gives no response: as long as the gateway waits for it"
AGAIN = "what fails is sent again and made smaller"
REPEATED = "up to {} requests that --confidence repeats, with their images"
FUZZING = "{} random requests of each kind"


@dataclass(frozen=True, slots=True)
class PhaseForecast:
    """One phase of a run against a gateway that conforms. `images` may be billed."""

    phase: Phase
    requests: int
    images: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """One run. `by_model` has the images by the listed values of the required fields; `not_included` comes on top."""

    name: str
    contract: str
    observed: Observation
    phases: tuple[PhaseForecast, ...]
    by_model: Mapping[str, int]
    seconds_per_image: float
    left_out: int  # requests for which the budget has no images
    images_needed: ImagesNeeded | None  # whatever the budget; None where nobody pays for images
    budget: int | None
    not_included: tuple[str, ...]

    @property
    def requests(self) -> int:
        return sum(phase.requests for phase in self.phases)

    @property
    def images(self) -> int:
        return sum(phase.images for phase in self.phases)

    @property
    def seconds(self) -> float:
        return sum(phase.seconds for phase in self.phases)


def forecast(ready: PreparedRun, seconds_per_image: float) -> Forecast:
    """What a run is going to send, if every image takes so long and the gateway conforms."""
    contract, settings, planned = ready.contract, ready.settings, plan_for(ready)
    phases, by_model, faults = [], Counter[str](), faults_of(contract)
    every_phase, ledger = phases_of(contract, planned, settings.jobs), Ledger(budget_of(settings))
    for phase, groups in within_ledger(contract, every_phase, ledger):
        cases = [case for group in groups for case in group]
        for case in cases:
            by_model[model_of(contract, case)] += images_of(contract, case)
        images = sum(images_of(contract, case) for case in cases)
        awaited = [[awaited_images(contract, faults, case, settings.jobs) for case in group] for group in groups]
        busy = sum(duration(group, settings.jobs) for group in awaited) * seconds_per_image
        phases.append(PhaseForecast(phase, len(cases), images, max(busy, len(cases) * settings.interval)))
    return Forecast(
        name=settings.name,
        contract=contract.name,
        observed=observation_of(settings),
        phases=tuple(phases),
        by_model={model: images for model, images in by_model.items() if images},
        seconds_per_image=seconds_per_image,
        left_out=planned.left_out,
        images_needed=images_needed_for(ready),
        budget=budget_of(settings),
        not_included=tuple(not_included(settings, planned)),
    )


def phases_of(contract: Contract, planned: Plan, jobs: int) -> Iterator[tuple[Phase, list[list[Case]]]]:
    """The phases in their order, each as groups of requests of which one group is sent after the other."""
    plain = Case("a plain request", b"", images=requested_images(contract, base_request(contract)))
    authorized = [case for case in planned.cases if case.is_authorized]
    rows = [case for case in authorized if is_row(contract, case)]
    refusals = [case for case in authorized if case not in rows]
    yield Phase.LOOK, [[plain]]
    yield Phase.ROWS, in_turn(rows)
    yield Phase.REFUSALS, [*in_turn(refusals), *([case] for case in connection_cases(contract))]
    yield Phase.FAILURES, failures_in_turn(contract, planned.failures, plain, jobs)
    yield Phase.AUTHORIZATION, in_turn([case for case in planned.cases if not case.is_authorized])


def within_ledger(
    contract: Contract, phases: Iterable[tuple[Phase, list[list[Case]]]], ledger: Ledger
) -> Iterator[tuple[Phase, list[list[Case]]]]:
    """The phases without the requests for which the budget has no room when it is their turn.

    A request is sent only if what it might be billed for fits, be it valid or not, and without what is left to the
    requests that come last.
    """
    kept = [*phases]
    last = [billable(contract, case) for phase, groups in kept for case in chain(*groups) if phase is kept[-1][0]]
    for phase, groups in kept:
        ledger.held_back = 0 if phase in {kept[0][0], kept[-1][0]} else max(last, default=0)
        yield phase, [[case for case in group if is_paid(contract, case, ledger)] for group in groups]


def is_paid(contract: Contract, case: Case, ledger: Ledger) -> bool:
    """Whether there is room for a request; then it is billed as by a gateway that conforms."""
    has_room = ledger.has_room(billable(contract, case))
    ledger.billed += images_of(contract, case) if has_room else 0
    return has_room


def billable(contract: Contract, case: Case) -> int:
    return billable_images(contract, read_json(case.content))


def in_turn(cases: Sequence[Case]) -> list[list[Case]]:
    """Those that can be sent at once, then each of those that are sent alone."""
    return [[case for case in cases if not case.alone], *([case] for case in cases if case.alone)]


def failures_in_turn(contract: Contract, planned: Sequence[Case], plain: Case, jobs: int) -> list[list[Case]]:
    """The failures that are played together, a plain request after each; first those that are sent beside the rest."""
    faults = faults_of(contract)
    beside = [case for case in planned if is_beside(faults, case, jobs)]
    silent = {case.failure for case in beside if faults[str(case.failure)].cause.is_failure}
    found = [[*beside, *[plain] * len(silent)]]
    for wave in waves_of(groups_of(case for case in planned if case not in beside), jobs, faults.__getitem__):
        found += [[case for _, cases in wave for case in cases], [plain] * len(wave)]
    return found


def faults_of(contract: Contract) -> Mapping[str, Fault]:
    """What the upstream can play, by name."""
    known = () if contract.upstream is None else protocol_of(contract.upstream).faults
    return {str(fault): fault for fault in (*UNUSUAL, *known)}


def is_beside(faults: Mapping[str, Fault], case: Case, jobs: int) -> bool:
    """Whether a case is sent beside all others, if correlation ids arrive."""
    return jobs > 1 and case.failure is not None and lasts(faults[case.failure])


def awaited_images(contract: Contract, faults: Mapping[str, Fault], case: Case, jobs: int) -> int:
    """The images for which the requests after a case have to wait: none where the upstream makes none."""
    is_made = case.failure is None or faults[case.failure].generates
    return images_of(contract, case) if is_made and not is_beside(faults, case, jobs) else 0


def images_of(contract: Contract, case: Case) -> int:
    """The images that a conforming gateway may bill for a case."""
    body = read_json(case.content)
    return case.images if case.failure is None or body is ABSENT else requested_images(contract, body)


def model_of(contract: Contract, case: Case) -> str:
    body = read_json(case.content)
    return ", ".join(map(str, listed_values(contract, base_request(contract) if body is ABSENT else body)))


def duration(images: Sequence[int], jobs: int) -> float:
    """For how many images on end `jobs` requests at once keep a gateway busy."""
    return max(sum(images) / jobs, max(images, default=0))


def not_included(settings: Settings, planned: Plan) -> Iterator[str]:
    if planned.failures:
        yield SILENCE
    if settings.fuzz:
        yield FUZZING.format(settings.fuzz)
    if settings.confidence is not None:
        yield REPEATED.format(MOST_REQUESTS)
    yield AGAIN


def look_for_seconds(ready: PreparedRun) -> float:
    """The seconds that an image takes: those of one plain request. Raises SettingsError where it is not accepted."""
    try:
        with (
            observe(ready.contract, ready.settings) as observer,
            open_target(ready.contract, ready.settings, observer) as found,
        ):
            return asyncio.run(_look(ready, found, observer))
    except PortInUseError as error:
        raise SettingsError(f"{error}. {LISTENING}") from error
    except NoUpstreamError as error:
        raise SettingsError(f"{error}. {WITHOUT_UPSTREAM}") from error


async def _look(ready: PreparedRun, found: GatewayTarget, observer: UpstreamObserver | None) -> float:
    async with open_sender(ready.contract, ready.settings, found, observer) as sender:
        case = plain_case(sender, ready.settings.seed)
        exchange = await send(sender, case)
    answer = exchange.answer
    if not isinstance(answer, Answer):
        raise SettingsError(f"--look: {answer.problem}")
    if not exchange.accepted:
        raise SettingsError(f"--look: the gateway rejects a plain request ({quoted_response(answer, sender.secrets)})")
    return answer.seconds / max(case.images, 1)
