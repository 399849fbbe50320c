"""How an upstream stub behaves for its own callers: its faults, its times, and what its vendor's protocol adds."""

from collections.abc import Mapping
from dataclasses import replace

from mock_server.faults.fault import Fault
from mock_server.faults.scenario_kind import (
    Parameter,
    ScenarioKind,
    Step,
    check_conflicts,
    parse_duration,
    parse_scenario,
    unknown,
)
from mock_server.scenarios.definition import FAULT, find_fault
from mock_server.upstream.protocol import StubChange, UpstreamProtocol, UpstreamScenario
from mock_server.upstream.stub import UpstreamStub

UPSTREAM = "upstream"
TIME = Parameter("time", None, "how long")


def upstream_scenarios(protocol: UpstreamProtocol) -> Mapping[str, UpstreamScenario]:
    """All scenarios of upstreams with a protocol, by their names."""

    def play(values: Mapping[str, str]) -> StubChange:
        return _play(find_fault(values[FAULT.name], protocol))

    kinds = (
        ScenarioKind(UPSTREAM, "It responds with one of the faults below.", "upstream(rate-limit)", (FAULT,), play),
        ScenarioKind(
            "generation-time", "A synchronous response takes this long.", "generation-time(8s)", (TIME,), _set_time
        ),
    )
    return {kind.name: kind for kind in kinds} | dict(protocol.scenarios)


def stub_change(text: str, protocol: UpstreamProtocol) -> StubChange:
    """What a scenario changes of a stub. Raises ScenarioError."""
    steps = parse_scenario(text)
    check_conflicts([(step, "the response of the upstream" if is_played(step, protocol) else "") for step in steps])
    changes = [_change(step, protocol) for step in steps]

    def change(stub: UpstreamStub) -> UpstreamStub:
        for each in changes:
            stub = each(stub)
        return stub

    return change


def _change(step: Step, protocol: UpstreamProtocol) -> StubChange:
    known = upstream_scenarios(protocol)
    kind = known.get(step.name)
    if kind is not None:
        return kind.apply(kind.values(step))
    if is_fault(step, protocol):  # a fault may stand alone
        return _play(find_fault(str(step), protocol))
    raise unknown(step.name, [*known, *map(str, protocol.faults)], "scenario of the upstream")


def is_played(step: Step, protocol: UpstreamProtocol) -> bool:
    """Whether a step is a fault of the upstream, by its bare name or in `upstream(...)`."""
    return is_fault(step, protocol) or step.name == UPSTREAM


def is_fault(step: Step, protocol: UpstreamProtocol) -> bool:
    return any(step.name == fault.name for fault in protocol.faults)


def _play(fault: Fault) -> StubChange:
    return lambda stub: replace(stub, fault_of=lambda _: fault)


def _set_time(values: Mapping[str, str]) -> StubChange:
    seconds = parse_duration(values[TIME.name])
    return lambda stub: replace(stub, options=replace(stub.options, generation_seconds=seconds))
