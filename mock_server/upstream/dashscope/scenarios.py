"""Scenarios that only this vendor's stub has: its layouts, its tasks, and where its pages disagree."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from gateway_contract.traffic.exchange import FaultCause
from mock_server.faults.scenario_kind import Parameter, ScenarioKind, choose, parse_duration
from mock_server.upstream.dashscope.messages import INFERENCE_ERROR, LAYOUTS, MODERATED_OUTPUT
from mock_server.upstream.protocol import StubChange, UpstreamError, UpstreamScenario
from mock_server.upstream.stub import UpstreamStub

PENDING = Parameter("pending", "100ms", "how long a task waits")
RUNNING = Parameter("running", "100ms", "how long it runs then")
TASK_ERRORS = {
    error.code: UpstreamError(cause, error.code, error.message)
    for error, cause in ((MODERATED_OUTPUT, FaultCause.CONTENT), (INFERENCE_ERROR, FaultCause.VENDOR))
}
CODE = Parameter("code", MODERATED_OUTPUT.code, " or ".join(TASK_ERRORS))
LAYOUT = Parameter("as", None, " or ".join(LAYOUTS))
FAILED = Parameter("by", "1", "how many results failed")
IMAGES = Parameter("count", "4", "how many images; the vendor's pages say 1 or 4")
UNKNOWN_STATUS = Parameter("status", "404", "400 or 404; the vendor's pages disagree")
UNSERVED_STATUS = Parameter("status", "403", "400 or 403; the vendor's pages disagree")


def _set_layout(values: Mapping[str, str]) -> StubChange:
    layout = choose(values, LAYOUT, LAYOUTS)

    def change(stub: UpstreamStub) -> UpstreamStub:
        return replace(stub, layout_of=lambda _: layout)

    return change


def _set_task_times(values: Mapping[str, str]) -> StubChange:
    pending, running = (parse_duration(values[parameter.name]) for parameter in (PENDING, RUNNING))
    return set_options(pending_seconds=pending, running_seconds=running)


def _fail_tasks(values: Mapping[str, str]) -> StubChange:
    return set_options(task_error=TASK_ERRORS[choose(values, CODE, tuple(TASK_ERRORS))])


def _set_number(option: str, parameter: Parameter, choices: Sequence[str]) -> Callable[[Mapping[str, str]], StubChange]:
    return lambda values: set_options(**{option: int(choose(values, parameter, choices))})


def set_options(**options: Any) -> StubChange:  # noqa: ANN401 - as the options are typed
    return lambda stub: replace(stub, options=replace(stub.options, **options))


SCENARIOS: Final[Mapping[str, UpstreamScenario]] = {
    kind.name: kind
    for kind in (
        ScenarioKind(
            "task-times",
            "Tasks wait and run for this long.",
            "task-times(pending=2s, running=20s)",
            (PENDING, RUNNING),
            _set_task_times,
        ),
        ScenarioKind(
            "task-fails", "Tasks are accepted and then fail.", "task-fails(InternalError.Algo)", (CODE,), _fail_tasks
        ),
        ScenarioKind(
            "layout", "Several images come in this layout.", "layout(choice-per-image)", (LAYOUT,), _set_layout
        ),
        ScenarioKind(
            "failed-results",
            "Some results of a task failed, beside the good ones.",
            "failed-results(by=1)",
            (FAILED,),
            _set_number("failed_results", FAILED, "123456"),
        ),
        ScenarioKind(
            "images-unasked",
            "wan2.7 generates this many images for a call without a number of images.",
            "images-unasked(4)",
            (IMAGES,),
            _set_number("default_images", IMAGES, "1234"),
        ),
        ScenarioKind(
            "unknown-model",
            "An unknown model is rejected with this status.",
            "unknown-model(404)",
            (UNKNOWN_STATUS,),
            _set_number("unknown_model", UNKNOWN_STATUS, ("400", "404")),
        ),
        ScenarioKind(
            "unserved-model",
            "A model of another operation is rejected with this status.",
            "unserved-model(403)",
            (UNSERVED_STATUS,),
            _set_number("unserved", UNSERVED_STATUS, ("400", "403")),
        ),
    )
}
