"""What an upstream's vendor decides: how its calls, responses, errors and tasks are laid out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from gateway_contract.contract.definition import Upstream
from gateway_contract.schema.constraint import Constraint
from gateway_contract.traffic.exchange import FaultCause, Headers, UpstreamCall
from gateway_contract.values.json_value import ABSENT, Json, Nothing
from mock_server.faults.fault import SILENT_SECONDS, Fault
from mock_server.faults.scenario_kind import ScenarioKind

if TYPE_CHECKING:
    from mock_server.upstream.stub import UpstreamStub

StubChange: TypeAlias = Callable[["UpstreamStub"], "UpstreamStub"]
UpstreamScenario: TypeAlias = ScenarioKind[Callable[[Mapping[str, str]], StubChange]]
"""A way in which an upstream can behave, by the values in the scenario's brackets."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A response of an upstream; the body is ABSENT where it is not JSON."""

    status: int
    body: Json | Literal[Nothing.ABSENT]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Links:
    """The links to the images in a successful reply, and the id of the task that it is about, if any."""

    urls: tuple[str, ...]
    task: str | None = None


@dataclass(frozen=True, slots=True)
class UpstreamError:
    """An error of an upstream in the vendor's words, and who caused it."""

    cause: FaultCause
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class GeneratedImages:
    """The images that a call generated: the links to them, their size in pixels, and the layout of the response."""

    call: Json
    links: Sequence[str]
    width: int
    height: int
    layout: str


@dataclass(frozen=True, slots=True)
class StubOptions:
    """Options of a stub; where the vendor's sources disagree, which of them it follows.

    `key` is the only key that it accepts; None accepts any. Times are in seconds.
    """

    key: str | None = field(default=None, repr=False)
    pending_seconds: float = 0.1
    running_seconds: float = 0.1
    generation_seconds: float = 0.0
    unserved: Literal[400, 403] = 400  # status for a model that another operation serves
    unknown_model: Literal[400, 404] = 400
    default_images: int = 1  # of a call without a number of images, for models on which sources disagree
    task_error: UpstreamError | None = None  # of every task, however valid its call
    seed: int | None = None  # makes the pictures of calls without a variation repeatable
    failed_results: int = 0  # beside the good ones of a task
    slow_seconds: float = 12.0  # that a slow response or image takes: longer than common time limits of 5 and 10 s
    silent_seconds: float = SILENT_SECONDS  # after which a silent upstream resets the connection


class CallProblem(Enum):
    """Why a call is rejected before its body is validated."""

    NO_KEY = "no key"
    WRONG_KEY = "wrong key"
    NOT_JSON = "not JSON"
    TOO_LARGE = "too large"
    NOT_FOUND = "not found"


@dataclass(frozen=True, slots=True)
class Outbound:
    """A call as a gateway makes it. `url` is absolute; `key` is the gateway's own; `headers` are additional ones."""

    method: str
    url: str
    body: Json | Literal[Nothing.ABSENT]
    key: str = field(repr=False)
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class UpstreamAnswer:
    """A call as it was recorded, and the body of its response: ABSENT where there is none."""

    call: UpstreamCall
    body: Json | Literal[Nothing.ABSENT] = ABSENT
    retry_after: str | None = None
    headers: Headers = ()  # of the response, where it came over HTTP


class UpstreamTransport(Protocol):
    """How a gateway reaches its upstream."""

    async def send(self, outbound: Outbound) -> UpstreamAnswer: ...

    async def image(self, link: str) -> bytes | None:
        """The image behind one of the upstream's links; None where there is none."""

    async def aclose(self) -> None: ...


class UpstreamProtocol(Protocol):
    """One vendor's protocol, which documents name as `x-protocol`."""

    @property
    def scenarios(self) -> Mapping[str, UpstreamScenario]:
        """The scenarios that only this vendor has, by their names."""

    @property
    def faults(self) -> Sequence[Fault]:
        """The faults that the stub can play, in the order in which a run plays them."""

    def layouts(self, call: Json) -> Sequence[str]:
        """The layouts in which several images can come, the usual one of the called model first."""

    def with_defaults(self, called: Upstream, call: Json, options: StubOptions) -> Json:
        """The call with the values that the options give where it leaves them out."""

    def success(self, images: GeneratedImages) -> Reply: ...

    def error(self, fault: Fault) -> Reply | None:
        """The vendor's error for a fault; None where the vendor has none, as for a reset connection."""

    def reject(self, broken: Sequence[Constraint], options: StubOptions) -> Reply:
        """The error for a call that breaks constraints of the document."""

    def reject_headers(self, headers: Mapping[str, str]) -> Reply | None:
        """The error for headers that the synchronous operation does not accept; None where there is none."""

    def reject_call(self, problem: CallProblem) -> Reply: ...

    def mock_error(self, status: int, message: str) -> Reply:
        """An error of the mock itself, in the vendor's layout."""

    def read(self, reply: Reply) -> Links | UpstreamError: ...

    def routes(self, stub: "UpstreamStub") -> Sequence[BaseRoute]:
        """The routes beside the synchronous operation."""

    def with_headers(self, app: ASGIApp, canary: str) -> ASGIApp:
        """The application with the headers that the vendor adds to every response.

        Those that are for the gateway alone, a cookie and its account, hold the canary; without one there are none.
        """

    def by_tasks(self, upstream: Upstream, url: str, transport: UpstreamTransport) -> UpstreamTransport | None:
        """The transport that submits and polls tasks in place of synchronous calls, where the vendor has tasks."""
