"""What a defect is: an operator that makes a right gateway wrong, applied at a site, a part of its contract."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from starlette.types import ASGIApp

from gateway_contract.contract.definition import Contract
from gateway_contract.schema.constraint import Level
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.stages import Gateway


class Site(Protocol):
    """What a defect is about, and how strongly the contract promises it."""

    @property
    def subject(self) -> str: ...
    @property
    def clause(self) -> str | None: ...
    @property
    def level(self) -> Level | None: ...


@dataclass(frozen=True, slots=True)
class PlainSite:
    """A site for which the contract has no object of its own."""

    subject: str
    clause: str | None
    level: Level | None = None
    pointer: str = ""


PAIRS = 2
"""The strength of an ordinary plan: it has every valid pair of values."""

S = TypeVar("S", bound=Site)
Sites: TypeAlias = Callable[[Contract], Iterable[S]]
Change: TypeAlias = Callable[[Gateway, S], Gateway]


@dataclass(frozen=True, slots=True)
class DefectOperator(Generic[S]):
    """One kind of defect, at every site that it fits.

    `spoils_all` marks an operator that spoils so many responses that no single field can be blamed; `in_images` one
    that shows in fetched images. `strength` is that of the plan that surely finds it: how many fields it needs.
    `is_rare` marks one that shows in so few calls that requests have to be repeated to find it.
    """

    name: str
    summary: str  # one line: what is wrong with such a gateway
    module: str
    sites: Sites[S]
    change: Change[S]
    spoils_all: bool = False
    in_images: bool = False
    strength: int = PAIRS
    is_rare: bool = False

    def apply(self, gateway: Gateway, site: S) -> Gateway:
        """The gateway with this defect. What it remembers from request to request begins empty."""
        return self.change(gateway, site)


OPERATORS: dict[str, DefectOperator[Any]] = {}
F = TypeVar("F", bound=Callable[..., object])


def registered(
    function: F,
    sites: Sites[S],
    change: Change[S],
    name: str = "",
    *,
    spoils_all: bool = False,
    in_images: bool = False,
    strength: int = PAIRS,
    is_rare: bool = False,
) -> F:
    """Register an operator under its function's name, or another that cannot be one of a function."""
    name = name or function.__name__.replace("_", "-")
    summary = (function.__doc__ or "").strip().partition("\n")[0]
    OPERATORS[name] = DefectOperator(
        name, summary, function.__module__, sites, change, spoils_all, in_images, strength, is_rare
    )
    return function


def gateway_defect(
    sites: Sites[S], name: str = "", *, spoils_all: bool = False, in_images: bool = False
) -> Callable[[Change[S]], Change[S]]:
    """An operator on the whole gateway."""
    return lambda function: registered(function, sites, function, name, spoils_all=spoils_all, in_images=in_images)


@dataclass(frozen=True, slots=True)
class Defect:
    """An operator at one site."""

    operator: DefectOperator[Any]
    site: Site = field(repr=False)
    detail: str = ""  # which of several sites with one subject

    @property
    def subject(self) -> str:
        return self.site.subject

    def __str__(self) -> str:
        return "-".join(filter(None, (self.subject, self.operator.name, self.detail)))

    def level(self, contract: Contract) -> Level:
        if self.site.level is not None or self.site.clause is None:
            return self.site.level or Level.DOCUMENTED
        return contract.clauses[self.site.clause].level

    def apply(self, gateway: Gateway) -> Gateway:
        return self.operator.apply(gateway, self.site)

    def app(self, gateway: Gateway) -> ASGIApp:
        """The gateway with this defect, as an application."""
        return gateway_app(self.apply(gateway))
