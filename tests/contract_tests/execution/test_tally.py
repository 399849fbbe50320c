"""How far a run is: the seconds left, and the rules that fail."""

import math
from collections.abc import Iterator
from dataclasses import replace

from starlette.types import ASGIApp

from contract_tests.execution.tally import Tally
from contract_tests.execution.time_bound import TimeBound
from contract_tests.report.progress import Phase, ProgressStep, describe_step
from contract_tests.run import prepare, run
from contract_tests.selftest.trials import calling_in_process, failing, replace_gateway
from contract_tests.settings import Settings
from gateway_contract.traffic.exchange import NoAnswer
from gateway_contract.values.pointer import removed
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.stages import Gateway, map_body
from tests.contract_tests.three_contracts import POWERTOKENS, base, exchange


def steps(planned: int, waits: dict[str, float], names: Iterator[str], bound: float = math.inf) -> list[ProgressStep]:
    """The steps of a run that sends a request every two seconds."""
    told, now = list[ProgressStep](), [0.0]
    tally = Tally(POWERTOKENS, planned, TimeBound(bound), told.append, waits, lambda: now[0])
    for name in names:
        now[0] += 2.0
        tally.count(replace(exchange(base(POWERTOKENS)), name=name))
    return told


def seconds_left(*told: ProgressStep) -> list[float]:
    return [one.seconds_left for one in told]


def test_the_rest_of_the_plan_takes_as_long_as_what_was_sent() -> None:
    assert seconds_left(*steps(3, {}, iter("ab"))) == [4.0, 2.0]
    assert seconds_left(*steps(2, {}, iter("ab"))) == [2.0, math.inf]


def test_a_silent_upstream_is_waited_for_until_its_response_is_there() -> None:
    told = steps(4, {"silent": 75.0, "slow": 12.0}, iter(["a", "slow", "silent", "b"]))
    assert seconds_left(*told) == [6.0 + 75.0, 4.0 + 75.0, 2.0, math.inf]
    assert seconds_left(*steps(1, {"silent": 75.0}, iter("a"))) == [75.0]


def test_no_more_is_left_than_the_time_bound() -> None:
    (told,) = steps(4, {"silent": 75.0}, iter("a"), bound=60.0)
    assert told.seconds_left <= 60.0


def test_nobody_knows_how_long_what_is_beyond_the_plan_takes() -> None:
    *_, last = steps(2, {}, iter("ab"), bound=1800.0)
    assert last.seconds_left == math.inf


def test_a_phase_that_sends_more_than_was_planned_has_no_number_of_requests() -> None:
    told = list[ProgressStep]()
    tally = Tally(POWERTOKENS, 9, TimeBound(math.inf), told.append)
    tally.enter(Phase.FAILURES, 0, 2)
    for _ in range(3):
        tally.count(exchange(base(POWERTOKENS)))
    assert [(one.done, one.planned) for one in told] == [(1, 2), (2, 2), (3, 0)]
    assert describe_step(told[-1], 0.0).startswith("failures 3, ")


def test_a_request_that_was_not_sent_asks_for_no_image() -> None:
    tally = Tally(POWERTOKENS, 2, TimeBound(math.inf), lambda _: None)
    unsent = NoAnswer("connection refused", 0.0, unsent=True)
    for answer in (unsent, NoAnswer("connection closed before the response", 0.0)):
        tally.count(replace(exchange(base(POWERTOKENS)), answer=answer))
    assert tally.images_asked == 1


def test_failing_rules_that_are_not_selected_are_not_counted() -> None:
    def lossy(gateway: Gateway) -> ASGIApp:
        return gateway_app(replace(gateway, map=lambda one, body: removed(map_body(one, body), "/parameters/seed")))

    selected = frozenset({"powerbuyin/seed/mapped"})
    ready, told = replace(prepare(Settings("powerbuyin")), selected=selected), list[ProgressStep]()
    found = run(ready, told.append, replace_gateway(lossy, calling_in_process))
    assert "seed/preserves-0" in failing(found)
    assert max(one.failing for one in told) == 1
