"""A named way in which a gateway can be broken, and what becomes of a gateway that is.

A way is a function with the signature of the stage that it replaces, behind the part of the contract that it spoils.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol, TypeAlias

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway_contract.contract.definition import Contract
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.stages import Gateway
from mock_server.upstream.client import UpstreamClient


class Part(Protocol):
    """What a defect is about, and how strongly the contract promises it."""

    @property
    def subject(self) -> str: ...
    @property
    def clause(self) -> str | None: ...
    @property
    def level(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Spot:
    """A part of a contract that the contract has no object for."""

    subject: str
    clause: str | None
    level: str | None = None
    pointer: str = ""


Each: TypeAlias = Callable[[Contract], Iterable[Any]]
Function: TypeAlias = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Way:
    """One way of being broken. `spoils_all` are ways that spoil so many answers that no single field can be blamed."""

    name: str
    stage: str
    each: Each
    function: Function
    memory: Callable[[], object] | None = None  # what one gateway remembers from request to request
    spoils_all: bool = False

    @property
    def says(self) -> str:
        """What is wrong with such a gateway, in a line."""
        return (self.function.__doc__ or "").strip().partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Defect:
    """A way of being broken at one part of a contract."""

    way: Way
    part: Part = field(repr=False)
    detail: str = ""  # which of several parts with one subject

    @property
    def subject(self) -> str:
        return self.part.subject

    def __str__(self) -> str:
        return "-".join(filter(None, (self.part.subject, self.way.name, self.detail)))

    def level(self, contract: Contract) -> str:
        if self.part.level is not None or self.part.clause is None:
            return self.part.level or "documented"
        return contract.clauses[self.part.clause].level

    def app(self, gateway: Gateway) -> ASGIApp:
        """The gateway with this defect, as an application."""
        function = self.remembering()
        if self.is_around:
            return around(gateway_app(gateway), function)
        return gateway_app(self.changed(gateway, function))

    @property
    def is_around(self) -> bool:
        """Whether it lies around the application, and not within the gateway."""
        return self.way.stage == "app"

    @property
    def is_about_images(self) -> bool:
        """Whether it can show in images that are fetched, and not only in the answer that leads to them."""
        return self.is_around or self.way.stage == "image"

    def remembering(self) -> Function:
        """What is done at its part, with a memory of its own where one is needed."""
        function = partial(self.way.function, self.part)
        return function if self.way.memory is None else partial(function, self.way.memory())

    def changed(self, gateway: Gateway, function: Function) -> Gateway:
        match self.way.stage:
            case "gateway":
                found: Gateway = function(gateway)
                return found
            case "image":
                return replace(gateway, upstream=with_images(gateway.upstream, function))
        stages: dict[str, Any] = {self.way.stage: function}
        return replace(gateway, **stages)


def around(inner: ASGIApp, function: Function) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await function(inner, scope, receive, send)

    return app


WAYS: dict[str, Way] = {}


def broken(
    stage: str, each: Each, memory: Callable[[], object] | None = None, *, spoils_all: bool = False
) -> Callable[[Function], Function]:
    """Registers a way of being broken under its function's name.

    Stages beside the gateway's own: `gateway` changes it as a whole, `image` fetches an image, `app` is ASGI around it.
    """

    def register(function: Function) -> Function:
        name = function.__name__.replace("_", "-")
        WAYS[name] = Way(name, stage, each, function, memory, spoils_all)
        return function

    return register


@dataclass(frozen=True, slots=True)
class _WithImages(UpstreamClient):
    fetch: Function = lambda *_: None

    async def image(self, link: str) -> bytes | None:
        found: bytes | None = await self.fetch(await UpstreamClient.image(self, link))
        return found


def with_images(client: UpstreamClient, fetch: Function) -> UpstreamClient:
    """A client that gives other images than those behind the upstream's links."""
    return _WithImages(client.upstream, client.url, client.wire, client.signer, client.key, fetch)


Variant = Callable[[Gateway], ASGIApp]
VARIANTS: dict[str, Variant] = {}
ONLY: dict[str, str] = {}  # variants that one contract alone allows


def benign(variant: Variant) -> Variant:
    VARIANTS[variant.__name__.replace("_", "-")] = variant
    return variant


def benign_for(contract: str) -> Callable[[Variant], Variant]:
    def register(variant: Variant) -> Variant:
        ONLY[variant.__name__.replace("_", "-")] = contract
        return benign(variant)

    return register
