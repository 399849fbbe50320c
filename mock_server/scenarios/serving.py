"""A gateway under the scenario that was chosen for a request; its answer says which that was."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.gateway.stages import Gateway
from mock_server.scenarios.catalogue import effect_of, under
from mock_server.scenarios.kind import DRAWN, AppOf, NamedScenario
from mock_server.scenarios.switchboard import HEADER, Chosen

REMEMBERED = 64
"""Scenarios per gateway: what one remembers from request to request is forgotten with it."""
DRAWN_HEADER = b"x-mock-drawn"


@dataclass(slots=True, eq=False)
class UnderScenarios:
    """One gateway under any scenario; an application is kept for each."""

    gateway: Gateway
    app_of: AppOf
    apps: dict[tuple[str, int], ASGIApp] = field(default_factory=dict)

    def app(self, chosen: Chosen, named: Mapping[str, NamedScenario]) -> ASGIApp:
        """Raises ScenarioError."""
        key = (chosen.text, chosen.run)
        found = self.apps.pop(key, None)
        if found is None:
            if len(self.apps) >= REMEMBERED:
                del self.apps[next(iter(self.apps))]
            found = echoing(self._made(chosen.text, named), chosen.text)
        self.apps[key] = found  # behind all the others, as the last to be forgotten
        return found

    def _made(self, text: str, named: Mapping[str, NamedScenario]) -> ASGIApp:
        return under(effect_of(text, self.gateway.contract, named), self.app_of)(self.gateway)


def echoing(app: ASGIApp, text: str) -> ASGIApp:
    """The application, whose answers tell the scenario and what chance decided."""
    told = (HEADER.encode(), text.encode())

    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_told(message: Message) -> None:
            if message["type"] == "http.response.start":
                drawn = [(DRAWN_HEADER, one.encode()) for one in scope.get(DRAWN, ())]
                message["headers"] = [*message.get("headers", ()), told, *drawn]
            await send(message)

        await app(scope, receive, send_told)

    return echo
