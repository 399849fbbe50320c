"""What can be switched while the mock runs, and the sessions of parallel clients, each with its own switches."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from mock_server.gateway.modes import Mode
from mock_server.scenarios.scenario_file import ScenarioFile
from mock_server.scenarios.switches import DEFAULT, Switch, Switchboard

MAX_SESSIONS = 256
IDLE_SECONDS = 3600.0


@dataclass(slots=True, eq=False, weakref_slot=True)
class Controls:
    """What can be switched, for the requests of one session or for those without one.

    `mode` applies to requests that name none. Gateways remember by it how far random choices and lists have come.
    """

    mode: Mode
    switchboard: Switchboard = field(default_factory=Switchboard)
    scenarios: ScenarioFile = field(default_factory=ScenarioFile)
    default_scenario: str | None = None


def apply_scenario_file(controls: Controls, scenarios: ScenarioFile) -> None:
    """Takes over a file's scenarios, and the switches that it sets, beside that of the default scenario."""
    controls.scenarios = scenarios
    default = controls.default_scenario
    switches = () if default is None else (Switch(default, None, DEFAULT, None),)
    controls.switchboard.replace_file_switches((*scenarios.active, *switches))


@dataclass(slots=True, eq=False)
class Sessions:
    """The controls of each session by its id, from any thread. `begin` makes those of a session that is new.

    Bounded: the session that was used least recently goes first, and each that nobody used for `idle_seconds`.
    """

    begin: Callable[[], Controls]
    max_sessions: int = MAX_SESSIONS
    idle_seconds: float = IDLE_SECONDS
    clock: Callable[[], float] = time.monotonic
    known: OrderedDict[str, tuple[float, Controls]] = field(default_factory=OrderedDict)  # with the time of its use
    lock: Lock = field(default_factory=Lock)

    def controls(self, id_: str) -> Controls:
        """The controls of a session, which begins with its first use."""
        now = self.clock()
        with self.lock:
            controls = self.known.pop(id_)[1] if id_ in self.known else self.begin()
            self.known[id_] = now, controls
            while len(self.known) > self.max_sessions or self._oldest() < now - self.idle_seconds:
                self.known.popitem(last=False)
        return controls

    def _oldest(self) -> float:
        used, _ = next(iter(self.known.values()))
        return used

    def all(self) -> tuple[Controls, ...]:
        with self.lock:
            return tuple(controls for _, controls in self.known.values())

    def ids(self) -> tuple[str, ...]:
        """The ids, the most recently used last."""
        with self.lock:
            return tuple(self.known)

    def forget(self, id_: str) -> None:
        """End a session; one of the same id begins anew."""
        with self.lock:
            self.known.pop(id_, None)

    def clear(self) -> None:
        with self.lock:
            self.known.clear()
