"""Whether whoever is meant can behave so: one gateway, all of them, or the upstream behind them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from threading import Lock
from typing import Final

import orjson

from gateway_contract.contract.definition import Contract
from mock_server.faults.scenario_kind import ScenarioError, parse_scenario
from mock_server.scenarios.definition import NamedScenario
from mock_server.scenarios.registry import check_known
from mock_server.scenarios.upstream_scenarios import stub_change
from mock_server.upstream.protocols import protocol_of

HEADER: Final = "x-mock-scenario"
NONE: Final = frozenset({"none", "off", ""})
"""Written in place of a scenario: nothing is to happen, whatever else would."""
MARKER: Final = "marker"
ADMIN, CONSOLE, FILE = "admin", "console", "file"
SOURCES: Final = (ADMIN, CONSOLE, FILE)
"""Who can set switches; the first goes first. A file's hold until anybody says otherwise."""
_MARKER: Final = re.compile(rb"\[\[mock:([^\]]{1,500})\]\]")


@dataclass(frozen=True, slots=True)
class SelectedScenario:
    """The scenario of one request, as it was written, and who chose it."""

    text: str
    source: str
    run: int = field(default=0, compare=False)
    """What has a memory, as chance has, begins anew with each run: when a switch is set, or all are cleared."""


@dataclass(frozen=True, slots=True)
class Switch:
    """What is set for one gateway, or for all where `gateway` is None. `left` requests; None is until changed."""

    text: str
    gateway: str | None
    source: str
    left: int | None
    run: int = field(default=0, compare=False)


@dataclass(slots=True, eq=False)
class Switchboard:
    """The switches, from any thread."""

    switches: dict[tuple[str, str | None], Switch] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)
    run: int = 0
    runs: Iterator[int] = field(default_factory=lambda: count(1))

    def select(self, gateway: str, said: str | None, content: bytes) -> SelectedScenario | None:
        """What holds for a request. `said` is what its header says. Whoever behaves so then says that it is `used`."""
        return self.select_for((gateway, None), said, content)

    def select_for(self, names: Sequence[str | None], said: str | None, content: bytes) -> SelectedScenario | None:
        """The same, by the switches that are set for one of some names; the first name goes first."""
        if said is None and b"[[mock:" in content:
            found = _MARKER.search(content)
            said = None if found is None else unescape(found[1])
            source = MARKER
        else:
            source = "header"
        if said is not None:
            return None if said.strip().lower() in NONE else SelectedScenario(said.strip(), source, self.run)
        return self._switched(names) if self.switches else None

    def _switched(self, names: Sequence[str | None]) -> SelectedScenario | None:
        """The switch of the first source that has one."""
        with self.lock:
            for key in ((source, name) for source in SOURCES for name in names):
                switch = self.switches.get(key)
                if switch is not None:
                    return SelectedScenario(switch.text, switch.source, switch.run)
        return None

    def count_use(self, selected: SelectedScenario) -> None:
        """Counts a request that behaves as it was chosen to: a switch for so many requests is for one less then."""
        with self.lock:
            for key, switch in self.switches.items():
                if switch.run == selected.run and switch.left is not None:
                    self._decrement(key, switch, switch.left - 1)
                    return

    def _decrement(self, key: tuple[str, str | None], switch: Switch, left: int) -> None:
        if left:
            self.switches[key] = replace(switch, left=left)
        else:
            del self.switches[key]

    def set(self, text: str, gateway: str | None = None, times: int | None = None, source: str = ADMIN) -> None:
        """From now on, for so many requests or until changed.

        Without a scenario the switch is taken away, and with it the one that a file has set.

        Raises ScenarioError for what nobody could read; `fits` says whether there is such a scenario.
        """
        if times is not None and times < 1:
            raise ScenarioError(f"times must be at least 1; got {times}")
        if text.strip().lower() in NONE:
            with self.lock:
                for gone in (source, FILE):
                    self.switches.pop((gone, gateway), None)
            return
        parse_scenario(text.strip())
        with self.lock:
            self.switches[source, gateway] = Switch(text.strip(), gateway, source, times, next(self.runs))

    def current(self) -> tuple[Switch, ...]:
        with self.lock:
            return tuple(self.switches.values())

    def clear(self) -> None:
        with self.lock:
            self.switches.clear()
            self.run = next(self.runs)

    def replace_file_switches(self, switches: Iterable[Switch]) -> None:
        """Takes a file's switches over in place of those that it set before. The others stay, and begin anew."""
        with self.lock:
            kept = [*(switch for switch in self.switches.values() if switch.source != FILE), *switches]
            meant = [switch for switch in kept if switch.text.lower() not in NONE]
            self.switches = {(one.source, one.gateway): replace(one, run=next(self.runs)) for one in meant}
            self.run = next(self.runs)


def unescape(written: bytes) -> str:
    """A piece of a JSON text; some clients escape more than they have to, a plus sign or a slash."""
    try:
        return str(orjson.loads(b'"%b"' % written))
    except orjson.JSONDecodeError:
        return written.decode("utf-8", "replace")


def check_scenario(
    text: str, name: str | None, contracts: Sequence[Contract], named: Mapping[str, NamedScenario]
) -> None:
    """Raises ScenarioError for what those of that name cannot do, or for a name that nobody has."""
    upstream = next((one.upstream for one in contracts if one.upstream and one.upstream.name == name), None)
    meant = [] if upstream is not None else target_gateways(name, contracts)
    if text.strip().lower() in NONE:
        return
    if upstream is not None:
        stub_change(text, protocol_of(upstream))
    else:
        check_known(text, meant, named)


def target_gateways(name: str | None, contracts: Sequence[Contract]) -> list[Contract]:
    """Raises ScenarioError where there is none."""
    meant = [contract for contract in contracts if name in {None, contract.name}]
    if contracts and not meant:
        known = [*(contract.name for contract in contracts), *upstream_names(contracts)]
        raise ScenarioError(f"Unknown gateway {name!r}. Known: {', '.join(known)}")
    return meant


def upstream_names(contracts: Sequence[Contract]) -> list[str]:
    return sorted({contract.upstream.name for contract in contracts if contract.upstream is not None})


def is_gateway_scenario(text: str, contracts: Sequence[Contract], named: Mapping[str, NamedScenario]) -> bool:
    """Whether any gateway can behave so."""
    try:
        check_known(text, contracts, named)
    except ScenarioError:
        return False
    return True
