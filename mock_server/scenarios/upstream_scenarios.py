"""How an upstream stub behaves for its own callers: what it plays, how long it takes, how its answers are laid out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from mock_server.scenarios.definition import FAILURE, Described, Parameter, failure_named, unknown
from mock_server.scenarios.syntax import ScenarioError, Step, seconds_in, steps_of
from mock_server.upstream.dashscope.fault_responses import FAILURE_NAMED
from mock_server.upstream.dashscope.messages import LAYOUTS
from mock_server.upstream.dashscope.tasks import BROKEN_IN_THE_END, REFUSED_IN_THE_END
from mock_server.upstream.stub import UpstreamStub

Change: TypeAlias = Callable[[UpstreamStub], UpstreamStub]


@dataclass(frozen=True, slots=True)
class UpstreamKind(Described):
    """One kind of behaviour of upstreams. `change` raises ScenarioError for values that it cannot take."""

    change: Callable[[Mapping[str, str]], Change]


def change_of(text: str) -> Change:
    """What a scenario makes of a stub. Raises ScenarioError."""
    changes = [_change(step) for step in steps_of(text)]

    def all_of_them(stub: UpstreamStub) -> UpstreamStub:
        for change in changes:
            stub = change(stub)
        return stub

    return all_of_them


def _change(step: Step) -> Change:
    kind = UPSTREAM_KINDS.get(step.name)
    if kind is not None:
        return kind.change(kind.values(step))
    if step.name in FAILURE_NAMED:  # a failure may be called by its bare name
        return _change(Step("upstream", (step.name, *step.values), step.named))
    raise unknown(step.name, [*UPSTREAM_KINDS, *FAILURE_NAMED], "scenario of the upstream")


def _plays(given: Mapping[str, str]) -> Change:
    failure = failure_named(given[FAILURE.name])
    return lambda stub: replace(stub, failure_of=lambda _: failure)


def _laid_out(given: Mapping[str, str]) -> Change:
    layout = one_of(LAYOUTS, given, LAYOUT)
    return lambda stub: replace(stub, layout_of=lambda _: layout)


def _generation_time(given: Mapping[str, str]) -> Change:
    return _set(generation_seconds=seconds_in(given[TIME.name]))


def _task_times(given: Mapping[str, str]) -> Change:
    return _set(pending_seconds=seconds_in(given[PENDING.name]), running_seconds=seconds_in(given[RUNNING.name]))


def _task_fails(given: Mapping[str, str]) -> Change:
    return _set(task_failure=TASK_FAILURES[one_of(tuple(TASK_FAILURES), given, CODE)])


def _failed_results(given: Mapping[str, str]) -> Change:
    return _set(failed_results=int(one_of("123456", given, FAILED)))


def _images_unasked(given: Mapping[str, str]) -> Change:
    return _set(wan_images=int(one_of("1234", given, IMAGES)))


def _unknown_model(given: Mapping[str, str]) -> Change:
    return _set(unknown_model=int(one_of(("400", "404"), given, NO_MODEL)))


def _unserved_model(given: Mapping[str, str]) -> Change:
    return _set(unserved=int(one_of(("400", "403"), given, NOT_HERE)))


def _set(**settings: Any) -> Change:  # noqa: ANN401 - as the settings have it
    return lambda stub: replace(stub, settings=replace(stub.settings, **settings))


def one_of(known: Sequence[str], given: Mapping[str, str], parameter: Parameter) -> str:
    """Raises ScenarioError for a value that is none of the known ones."""
    said = given[parameter.name]
    if said not in tuple(known):
        raise ScenarioError(f"{parameter.name} is {' or '.join(known)}, not {said!r}")
    return said


TIME = Parameter("time", None, "how long")
PENDING = Parameter("pending", "100ms", "how long a task waits")
RUNNING = Parameter("running", "100ms", "how long it runs then")
TASK_FAILURES = {failure.code: failure for failure in (REFUSED_IN_THE_END, BROKEN_IN_THE_END)}
CODE = Parameter("code", REFUSED_IN_THE_END.code, " or ".join(TASK_FAILURES))
LAYOUT = Parameter("as", None, " or ".join(LAYOUTS))
FAILED = Parameter("by", "1", "how many failed")
IMAGES = Parameter("count", "4", "how many; the vendor's pages say 1 or 4")
NO_MODEL = Parameter("status", "404", "400 or 404, as the vendor's pages disagree")
NOT_HERE = Parameter("status", "403", "400 or 403, as the vendor's pages disagree")

UPSTREAM_KINDS: Final[Mapping[str, UpstreamKind]] = {
    kind.name: kind
    for kind in (
        UpstreamKind("upstream", "It fails in one of the ways below.", "upstream(throttled)", (FAILURE,), _plays),
        UpstreamKind(
            "generation-time", "An answer at once takes so long.", "generation-time(8s)", (TIME,), _generation_time
        ),
        UpstreamKind(
            "task-times",
            "Tasks wait and run for so long.",
            "task-times(pending=2s, running=20s)",
            (PENDING, RUNNING),
            _task_times,
        ),
        UpstreamKind(
            "task-fails",
            "Tasks are taken, and fail in the end.",
            "task-fails(InternalError.Algo)",
            (CODE,),
            _task_fails,
        ),
        UpstreamKind("layout", "Several images come in this layout.", "layout(choice-per-image)", (LAYOUT,), _laid_out),
        UpstreamKind(
            "failed-results",
            "Beside the good results of a task there are some that failed.",
            "failed-results(by=1)",
            (FAILED,),
            _failed_results,
        ),
        UpstreamKind(
            "images-unasked",
            "wan2.7 makes so many images where a call does not say how many.",
            "images-unasked(4)",
            (IMAGES,),
            _images_unasked,
        ),
        UpstreamKind(
            "unknown-model", "A model that is none is refused so.", "unknown-model(404)", (NO_MODEL,), _unknown_model
        ),
        UpstreamKind(
            "unserved-model",
            "A model that another operation serves is refused so.",
            "unserved-model(403)",
            (NOT_HERE,),
            _unserved_model,
        ),
    )
}
