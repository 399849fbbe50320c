"""What a scenario of gateways applies: a change of the way in which a gateway becomes an application."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeAlias

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway_contract.contract.definition import Contract
from mock_server.faults.fault import Fault
from mock_server.faults.scenario_kind import Parameter, ScenarioKind, unknown
from mock_server.gateway.stages import Gateway
from mock_server.upstream.protocol import UpstreamProtocol

AppOf: TypeAlias = Callable[[Gateway], ASGIApp]
GatewayChange: TypeAlias = Callable[[Gateway], Gateway]
Build: TypeAlias = Callable[[Gateway, GatewayChange], ASGIApp]
"""Makes an application of a gateway; the change is that of the outer scenarios, and comes last."""
Effect: TypeAlias = Callable[[Build], Build]
"""Changes how the inner scenarios become an application."""


@dataclass(frozen=True, slots=True)
class NamedScenario:
    """A user's own scenario. `apply` is the text of a scenario."""

    name: str
    apply: str
    description: str


RANDOM = "mock.random"
"""The key in a request's scope for the random choices that the response reports."""
UNUSED = "mock.unused"
"""The key in a request's scope for the scenarios that have had no effect yet, with what each needs."""
CURRENT_SCOPE: ContextVar[Scope | None] = ContextVar("the scope of the request under a scenario", default=None)
"""For stages of a gateway, which know the request but not its scope."""


@dataclass(frozen=True, slots=True)
class ScenarioArguments:
    """The values in a scenario's brackets by the parameters' names, for one contract."""

    contract: Contract
    values: Mapping[str, str]
    own: Mapping[str, NamedScenario] = field(default_factory=dict)  # a user's

    def __getitem__(self, name: str) -> str:
        return self.values[name]


GatewayScenario: TypeAlias = ScenarioKind[Callable[[ScenarioArguments], Effect]]


def change_gateway(change: GatewayChange) -> Effect:
    """Changes the gateway; outer scenarios change the changed one."""
    return lambda inner: lambda gateway, outer: inner(gateway, lambda own: outer(change(own)))


def report_random(scope: Scope, choice: str) -> None:
    scope.setdefault(RANDOM, []).append(choice)


def is_under_scenario() -> bool:
    """Whether the current request has a scenario."""
    return CURRENT_SCOPE.get() is not None


def has_effect(name: str) -> None:
    """Note that a scenario has changed the response to the current request."""
    scope = CURRENT_SCOPE.get()
    if scope is not None:
        scope.get(UNUSED, {}).pop(name, None)


def needing(effect: Effect, name: str, needs: str) -> Effect:
    """The effect of a scenario that does nothing unless a response has what it needs: the client is told so."""

    def apply(inner: Build) -> Build:
        build_inner = effect(inner)

        def build(gateway: Gateway, outer: GatewayChange) -> ASGIApp:
            app = build_inner(gateway, outer)

            async def watched(scope: Scope, receive: Receive, send: Send) -> None:
                scope.setdefault(UNUSED, {})[name] = needs
                await app(scope, receive, send)

            return watched

        return build

    return apply


FAULT = Parameter("name", None, "a fault of the upstream")


def find_fault(written: str, protocol: UpstreamProtocol) -> Fault:
    """The fault that an upstream can play, as scenarios write it. Raises ScenarioError."""
    known = {str(fault): fault for fault in protocol.faults}
    found = known.get(written)
    if found is None:
        raise unknown(written, list(known), "fault of the upstream")
    return found
