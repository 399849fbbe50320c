"""The suite against every known way of being wrong, and of being right in another way: does it tell them apart?"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from pathlib import Path
from typing import TypeAlias

from rich.console import Console
from starlette.types import ASGIApp

from contract_tests.chance import REPEATED_KINDS, Confidence
from contract_tests.client.limits import Limits
from contract_tests.execution.observer import UpstreamObserver
from contract_tests.results import Run, Verdict
from contract_tests.run import PreparedRun, UnderTest, plan_for, prepare, run
from contract_tests.selftest.kill_matrix import MatrixRow, print_row, print_sums, print_unbroken, write_rows
from contract_tests.selftest.worker_pool import worker_pool
from contract_tests.settings import Settings
from contract_tests.target import BUNDLED_TOKEN, GatewayTarget, bundled_gateway
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import BUNDLED
from gateway_contract.rules.rule import Rule, RuleKind
from gateway_contract.schema.constraint import Level
from mock_server.defects.catalogue import defects, defects_named
from mock_server.defects.conforming import CONFORMING, RARE, variants
from mock_server.defects.conforming_upstream import MEETS_FAILURES
from mock_server.defects.defect import Defect
from mock_server.defects.wrapping import with_transport
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.stages import Gateway
from mock_server.serving.server import serving
from mock_server.upstream.client import transport_to
from mock_server.upstream.stub import upstream_app

AppOf = Callable[[Gateway], ASGIApp]
GatewayOf = Callable[[Contract, UpstreamObserver], Gateway]


def run_against(ready: PreparedRun, app_of: AppOf = gateway_app) -> Run:
    """A run against what is made of the bundled gateway.

    It calls its upstream over a network only where that plays failures: most of them are those of connections.
    """
    gateway_of = bundled_gateway if plan_for(ready).failures else calling_in_process
    return run(ready, lambda *_: None, replace_gateway(app_of, gateway_of))


def calling_in_process(contract: Contract, observer: UpstreamObserver) -> Gateway:
    """The bundled gateway whose upstream answers in its own process."""
    return with_transport(bundled_gateway(contract, observer), transport_to(upstream_app(observer.stub)))


def replace_gateway(app_of: AppOf, gateway_of: GatewayOf = bundled_gateway) -> UnderTest:
    @contextmanager
    def under_test(
        contract: Contract, _settings: Settings, observer: UpstreamObserver | None
    ) -> Iterator[GatewayTarget]:
        if observer is None:
            raise ValueError("the bundled gateway needs the suite as its upstream")
        with serving(app_of(gateway_of(contract, observer))) as url:
            yield GatewayTarget(url, BUNDLED_TOKEN)

    return under_test


def failing(found: Run, level: Level | None = None) -> set[str]:
    """The rules that failed, as their ids say it behind the contract's name."""
    return {
        short_name(one.rule)
        for one in found.verdicts
        if one.verdict is Verdict.FAIL and level in {None, one.rule.level}
    }


def blamed(found: Run, level: Level | None = None) -> set[str]:
    """The subjects of the rules that failed; `request` or `example` where a rule is about the whole."""
    return {name.partition("/")[0] for name in failing(found, level)}


def short_name(rule: Rule) -> str:
    """A rule's id behind the contract's name."""
    return rule.id.partition("/")[2]


def about_failures(rule: Rule) -> bool:
    """Whether only failures that the upstream plays can tell of a rule."""
    return rule.kind is RuleKind.RESILIENCE


PATIENCE = Limits(answer=10, per_image=0)
"""No answer of the bundled gateway takes longer, but for those that never come."""

MOST_BLAMED = 3  # subjects: who is blamed beside the one that is broken must be near it


class TrialKind(Enum):
    RIGHT = "the bundled gateway"
    BENIGN = "benign"
    DEFECT = "defect"


@dataclass(frozen=True, slots=True)
class WithOverlays:
    """A contract, by its name or file, as overlays change it."""

    contract: str
    overlays: tuple[Path, ...]


Source: TypeAlias = str | WithOverlays
"""A contract by its name or file, or one with overlays."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A gateway to run the suite against."""

    contract: str
    kind: TrialKind
    name: str
    overlays: tuple[Path, ...] = ()

    @property
    def source(self) -> Source:
        return WithOverlays(self.contract, self.overlays) if self.overlays else self.contract


def selftest(
    names: Sequence[str],
    jobs: int | None,
    defect: str | None,
    file: Path | None = None,
    overlays: tuple[Path, ...] = (),
) -> int:
    """Runs and prints the whole matrix, and writes it to the file; 0 where all holds, 1 otherwise.

    Raises DocumentError for a contract that cannot be read, UnknownDefectError for a defect that none has.
    """
    began, console = time.monotonic(), Console(highlight=False)
    contracts = names or BUNDLED
    sources = [WithOverlays(name, overlays) for name in contracts] if overlays else contracts
    wanted = trials(sources, defect)
    rows = []
    with worker_pool(jobs or usual_jobs()) as pool:
        for row in pool.map(row_of, wanted):
            print_row(row, console, max(len(trial.name) for trial in wanted))
            rows.append(row)
    if file is not None:
        write_rows(rows, file)
    unbroken = [] if defect else list(never_broken(sources, rows))
    print_unbroken(unbroken, console)
    print_sums(rows, time.monotonic() - began, console)
    return 1 if unbroken or any(row.problems for row in rows) else 0


def usual_jobs() -> int:
    """A process more than there are processors: some runs wait for an upstream that says nothing."""
    return (os.cpu_count() or 1) + 1


def trials(sources: Sequence[Source], defect: str | None) -> list[Trial]:
    if defect is not None:
        by_contract = {prepared_for(source).contract.name: source for source in sources}
        found = defects_named(defect, [prepared_for(source).contract for source in sources])
        return [trial(by_contract[contract], TrialKind.DEFECT, defect) for contract in found]
    return [found for source in sources for found in trials_of(source)]


def trials_of(source: Source) -> Iterator[Trial]:
    contract = prepared_for(source).contract
    yield trial(source, TrialKind.RIGHT, TrialKind.RIGHT.value)
    yield from (trial(source, TrialKind.BENIGN, variant) for variant in variants(contract.name))
    yield from (trial(source, TrialKind.DEFECT, str(defect)) for defect in defects(contract))


def trial(source: Source, kind: TrialKind, name: str) -> Trial:
    if isinstance(source, str):
        return Trial(source, kind, name)
    return Trial(source.contract, kind, name, source.overlays)


@cache
def prepared_for(name: Source) -> PreparedRun:
    if isinstance(name, str):
        return prepare(Settings(contract=name, limits=PATIENCE))
    return prepare(Settings(contract=name.contract, overlays=name.overlays, limits=PATIENCE))


@cache
def without_failures(name: Source) -> PreparedRun:
    """Without what only played failures tell: these take longest, and bear on few defects."""
    ready = prepared_for(name)
    kept = frozenset(rule.id for rule in ready.rules if not about_failures(rule))
    return replace(ready, selected=kept)


@cache
def repeating(name: Source) -> PreparedRun:
    """Rules that an upstream call decides, and requests repeated until what shows in one of twenty calls would show."""
    ready = prepared_for(name)
    kept = frozenset(rule.id for rule in ready.rules if rule.kind in REPEATED_KINDS)
    return replace(ready, settings=replace(ready.settings, confidence=Confidence(0.99, 0.05)), selected=kept)


@cache
def defects_of(name: Source) -> dict[str, Defect]:
    return {str(defect): defect for defect in defects(prepared_for(name).contract)}


@cache
def positions(name: Source) -> dict[str, int]:
    """The planned requests by their names: which of them comes after how many. The look before the run is the first."""
    planned = plan_for(prepared_for(name))
    return {case.name: number for number, case in enumerate((*planned.cases, *planned.failures), 2)}


def row_of(trial: Trial) -> MatrixRow:
    """What comes of one trial; done in a process of its own, which keeps what it has read."""
    began = time.process_time()
    match trial.kind:
        case TrialKind.DEFECT:
            defect = defects_of(trial.source)[trial.name]
            found = run_against(prepared_about(trial.source, defect), defect.app)
            level: str = defect.level(prepared_for(trial.source).contract)
            problems = missed_problems(trial.source, defect, found)
        case _:
            found = right_run(trial)
            level, problems = "", wrongly_blamed(found)
    return MatrixRow(
        contract=prepared_for(trial.source).contract.name,
        kind=trial.kind.value,
        name=trial.name,
        level=level,
        broken=tuple(short_name(one.rule) for one in found.verdicts if one.verdict is Verdict.FAIL),
        blamed=tuple(sorted(blamed(found))),
        after=first_failing(trial.source, found),
        requests=found.cost.requests,
        seconds=time.process_time() - began,
        problems=(*untested_problems(found), *problems),
    )


def right_run(trial: Trial) -> Run:
    """A run against a gateway that is right: the bundled one has to stand failures of its upstream as well."""
    if trial.kind is TrialKind.RIGHT:
        return run_against(prepared_for(trial.source))
    if trial.name in RARE:
        ready = repeating(trial.source)
    else:
        ready = prepared_for(trial.source) if trial.name in MEETS_FAILURES else without_failures(trial.source)
    return run_against(ready, CONFORMING[trial.name])


def prepared_about(name: Source, defect: Defect) -> PreparedRun:
    """What a defect is tried with: played failures only where it is about them, triples only where it needs them."""
    about = {short_name(rule).partition("/")[0] for rule in prepared_for(name).rules if about_failures(rule)}
    ready = prepared_for(name) if defect.subject in about else without_failures(name)
    if defect.operator.is_rare:
        return repeating(name)
    strength = defect.operator.strength
    if strength == ready.settings.strength:
        return ready
    return replace(ready, settings=replace(ready.settings, strength=strength))


def first_failing(name: Source, found: Run) -> int | None:
    """How many requests had been sent when the first failed; all, where only a repeated one did."""
    sent = positions(name)
    failures = [failure for one in found.verdicts for failure in one.failures]
    return min((sent.get(failure.exchange.name, found.cost.requests) for failure in failures), default=None)


def untested_problems(found: Run) -> Iterator[str]:
    yield from filter(None, (found.not_tested, *found.our_errors))


def missed_problems(name: Source, defect: Defect, found: Run) -> Iterator[str]:
    """What the suite should have reported about a defect and did not."""
    level = defect.level(prepared_for(name).contract)
    if defect.subject not in blamed(found):
        yield f"survived: {defect.subject} is not blamed"
    elif level is Level.DOCUMENTED and defect.subject not in blamed(found, level):
        yield f"{defect.subject} is blamed for no documented rule"
    if not defect.operator.spoils_all and len(blamed(found)) > MOST_BLAMED:
        yield f"more than {MOST_BLAMED} subjects are blamed"


def wrongly_blamed(found: Run) -> Iterator[str]:
    """What the suite says of a gateway that keeps its promises."""
    for rule in sorted(failing(found, Level.DOCUMENTED)):
        yield f"wrongly blamed: {rule}"


def never_broken(names: Sequence[Source], rows: Sequence[MatrixRow]) -> Iterator[str]:
    """The rules that no defect breaks, so that nothing shows that they can find one. Dormant ones judge nothing."""
    for name in names:
        ready = prepared_for(name)
        found = [row for row in rows if row.contract == ready.contract.name and row.kind == TrialKind.DEFECT.value]
        broken = {rule for row in found for rule in row.broken}
        yield from (rule.id for rule in ready.rules if rule.untestable is None and short_name(rule) not in broken)
