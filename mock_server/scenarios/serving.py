"""A gateway under the scenario that was chosen for a request; its answer says which that was."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.gateway import Gateway
from mock_server.scenarios.catalogue import effect_of
from mock_server.scenarios.kind import DRAWN, AppOf
from mock_server.scenarios.named import NamedScenario
from mock_server.scenarios.switchboard import HEADER

REMEMBERED = 64
"""Scenarios per gateway: what one remembers from request to request is forgotten with it."""
DRAWN_HEADER = b"x-mock-drawn"


@dataclass(slots=True, eq=False)
class UnderScenarios:
    """One gateway under any scenario; an application is kept for each."""

    gateway: Gateway
    app_of: AppOf
    apps: dict[str, ASGIApp] = field(default_factory=dict)

    def app(self, text: str, named: Mapping[str, NamedScenario]) -> ASGIApp:
        """Raises ScenarioError."""
        found = self.apps.get(text)
        if found is None:
            if len(self.apps) >= REMEMBERED:
                self.apps.clear()
            found = self.apps[text] = echoing(self._made(text, named), text)
        return found

    def _made(self, text: str, named: Mapping[str, NamedScenario]) -> ASGIApp:
        return effect_of(text, self.gateway.contract, named)(self.app_of)(self.gateway)


def echoing(app: ASGIApp, text: str) -> ASGIApp:
    """The application, whose answers tell the scenario and what chance decided."""
    told = (HEADER.encode(), printable(text).encode("ascii", "backslashreplace"))

    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_told(message: Message) -> None:
            if message["type"] == "http.response.start":
                drawn = [(DRAWN_HEADER, one.encode()) for one in scope.get(DRAWN, ())]
                message["headers"] = [*message.get("headers", ()), told, *drawn]
            await send(message)

        await app(scope, receive, send_told)

    return echo


def printable(text: str) -> str:
    """As a header can carry it: whatever else stands in a prompt's marker would end the header."""
    return "".join(character if character.isprintable() else " " for character in text)
