"""What every kind of scenario is: a name, what it takes, and what becomes of a gateway that behaves so."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TypeAlias

from starlette.types import ASGIApp, Scope

from gateway_contract.contract.definition import Contract
from mock_server.gateway.stages import Gateway
from mock_server.scenarios.syntax import ScenarioError, Step
from mock_server.upstream.dashscope.fault_responses import FAILURE_NAMED, UpstreamFailure

MOST_NAMED = 50  # names in a message
AppOf: TypeAlias = Callable[[Gateway], ASGIApp]
Change: TypeAlias = Callable[[Gateway], Gateway]
Build: TypeAlias = Callable[[Gateway, Change], ASGIApp]
"""Makes an application of a gateway; the change is what stands further out makes of it, and comes last."""
Effect: TypeAlias = Callable[[Build], Build]
"""What a scenario makes of the way in which what stands further in becomes an application."""


@dataclass(frozen=True, slots=True)
class NamedScenario:
    """A scenario of a user's own. `does` is one as it is written anywhere else."""

    name: str
    does: str
    says: str


DRAWN = "mock.drawn"
"""In a request's scope: what chance decided, for the answer to tell."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something in a scenario's brackets. `usual` is taken where it is left out; None where it must be given."""

    name: str
    usual: str | None
    says: str


@dataclass(frozen=True, slots=True)
class Given:
    """What stands in the brackets, by the parameters' names, for one contract."""

    contract: Contract
    values: Mapping[str, str]
    own: Mapping[str, NamedScenario] = field(default_factory=dict)  # a user's

    def __getitem__(self, name: str) -> str:
        return self.values[name]


@dataclass(frozen=True, slots=True)
class Described:
    """One kind of behaviour, of whatever it is that behaves so."""

    name: str
    says: str
    example: str
    parameters: tuple[Parameter, ...]

    def values(self, step: Step) -> dict[str, str]:
        """What stands in the brackets. Raises ScenarioError for what the kind does not take, or lacks."""
        known = {parameter.name: parameter.usual for parameter in self.parameters}
        if len(step.values) > len(known):
            raise ScenarioError(f"{self.name} takes {self._takes()}, not {len(step.values)} values")
        said = dict(zip(known, step.values, strict=False))
        for name, value in (step.named or {}).items():
            if name not in known:
                raise ScenarioError(f"{self.name} takes {self._takes()}, not {name!r}")
            said[name] = value
        values = {name: said.get(name, usual) for name, usual in known.items()}
        missing = [name for name, value in values.items() if value is None]
        if missing:
            raise ScenarioError(f"{self.name} needs {missing[0]!r}: {self.example}")
        return {name: value for name, value in values.items() if value is not None}

    def _takes(self) -> str:
        return ", ".join(parameter.name for parameter in self.parameters) or "nothing"


@dataclass(frozen=True, slots=True)
class Kind(Described):
    """One kind of behaviour of gateways. `effect` raises ScenarioError for values that it cannot take."""

    effect: Callable[[Given], Effect]

    def given(self, step: Step, contract: Contract, own: Mapping[str, NamedScenario]) -> Given:
        """Raises ScenarioError for what the kind does not take, or lacks."""
        return Given(contract, self.values(step), own)


def changing(change: Change) -> Effect:
    """The gateway is another one; what stands further out changes the changed one."""
    return lambda inner: lambda gateway, outer: inner(gateway, lambda own: outer(change(own)))


def unknown(name: str, known: Sequence[str], what: str) -> ScenarioError:
    """Names the likely ones first, and then all, unless nobody would read so many."""
    close = get_close_matches(name, known)
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    told = ", ".join(known) if len(known) <= MOST_NAMED else f"{len(known)} of them"
    return ScenarioError(f"no {what} is called {name!r}; {hint}there are {told}")


def tell_drawn(scope: Scope, drawn: str) -> None:
    scope.setdefault(DRAWN, []).append(drawn)


FAILURE = Parameter("name", None, "one of those that the upstream can play")


def failure_named(name: str) -> UpstreamFailure:
    """Raises ScenarioError."""
    found = FAILURE_NAMED.get(name)
    if found is None:
        raise unknown(name, sorted(FAILURE_NAMED), "failure of the upstream")
    return found
