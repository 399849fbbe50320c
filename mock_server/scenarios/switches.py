"""Which scenario a request selects: by its header, a marker in its prompt, or a switch for gateways or upstreams."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from threading import Lock
from typing import Final

import orjson

from gateway_contract.contract.definition import Contract
from mock_server.faults.scenario_kind import ScenarioError, parse_scenario, split_outside_brackets
from mock_server.scenarios.definition import NamedScenario
from mock_server.scenarios.registry import check_known
from mock_server.scenarios.upstream_scenarios import stub_change
from mock_server.upstream.protocols import protocol_of

HEADER: Final = "x-mock-scenario"
NONE: Final = frozenset({"none", "off", "ok", ""})
"""Written in place of a scenario: the request is handled without any."""
MARKER: Final = "marker"
ADMIN, CONSOLE, FILE, DEFAULT = "admin", "console", "file", "default"
SOURCES: Final = (ADMIN, CONSOLE, FILE, DEFAULT)
"""Who can set switches, in order of precedence. Those of a file and of the default last until another source changes
them."""
REPEAT: Final = "repeat"
"""Ends a list that begins again; otherwise its last scenario stays."""
_MARKER: Final = re.compile(rb"\[\[\s*mock\s*:([^\]]{1,500})\]\]", re.IGNORECASE)
_STEP: Final = rb"[a-z0-9][a-z0-9._-]{0,99}(?:\([^()\[\]{}]{0,100}\))?"
_OPEN: Final = "(?:[\\[({<]|［|【|（|｛|「){1,3}".encode()  # noqa: RUF001 - as Chinese keyboards write them
_CLOSED: Final = "(?:[\\])}>]|］|】|）|｝|」){0,3}".encode()  # noqa: RUF001 - the same
_NEARLY_MARKER: Final = re.compile(
    rb"(?:%(open)b\s*mocks?\s*(?:[:=]|%(colon)b)|\[\[\s*mocks?\s)\s*(%(step)b(?:\s*\+\s*%(step)b){0,7})?\s*%(closed)b"
    % {b"open": _OPEN, b"colon": "：".encode(), b"step": _STEP, b"closed": _CLOSED},  # noqa: RUF001 - a full-width colon
    re.IGNORECASE,
)
"""In other brackets, or in too many, too few or none at the end; with another word, or another sign than a colon."""


@dataclass(frozen=True, slots=True)
class SelectedScenario:
    """The scenario of one request, as it was written, and where it was selected."""

    text: str
    source: str
    run: int = field(default=0, compare=False)
    """Scenarios with a memory, such as random ones, restart with each run: when switches are set or cleared."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A scenario for one gateway, or for all if `gateway` is None: for `left` requests, or until changed if None.

    The text may be a list, of which `used` requests have had their scenarios.
    """

    text: str
    gateway: str | None
    source: str
    left: int | None
    run: int = field(default=0, compare=False)
    used: int = field(default=0, compare=False)


@dataclass(slots=True, eq=False)
class Switchboard:
    """The switches, from any thread."""

    switches: dict[tuple[str, str | None], Switch] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)
    run: int = 0
    runs: Iterator[int] = field(default_factory=lambda: count(1))
    uses: dict[str, int] = field(default_factory=dict)  # of lists that requests select by name

    def select(self, gateway: str, header: str | None, content: bytes) -> SelectedScenario | None:
        """The scenario of a request, if any, by its header and content. The caller reports a use by `count_use`."""
        return self.select_for((gateway, None), header, content)

    def select_for(self, names: Sequence[str | None], header: str | None, content: bytes) -> SelectedScenario | None:
        """The same, by the switches that are set for one of some names, in order of precedence."""
        written, source = header, "header"
        if header is None and b"[[" in content:
            written, source = marked_scenario(content), MARKER
        if written is not None:
            return None if written.strip().lower() in NONE else SelectedScenario(written.strip(), source, self.run)
        return self._switched(names) if self.switches else None

    def _switched(self, names: Sequence[str | None]) -> SelectedScenario | None:
        """The switch of the first source that has one."""
        with self.lock:
            for key in ((source, name) for source in SOURCES for name in names):
                switch = self.switches.get(key)
                if switch is not None:
                    return SelectedScenario(step_of(switch.text, switch.used), switch.source, switch.run)
        return None

    def next_of(self, name: str, text: str) -> str:
        """The scenario of the next request that selects a list by its name."""
        with self.lock:
            used = self.uses.get(name, 0)
            self.uses[name] = used + 1
            return step_of(text, used)

    def count_use(self, selected: SelectedScenario) -> None:
        """Count a request under a scenario: a switch for a number of requests has one less left."""
        with self.lock:
            for key, switch in self.switches.items():
                if switch.run != selected.run:
                    continue
                if switch.left == 1:
                    del self.switches[key]
                else:
                    left = None if switch.left is None else switch.left - 1
                    self.switches[key] = replace(switch, left=left, used=switch.used + 1)
                return

    def set(self, text: str, gateway: str | None = None, times: int | None = None, source: str = ADMIN) -> None:
        """Set a scenario for a number of requests or until changed; `none` removes it, and those of file and default.

        Raises ScenarioError for a malformed scenario; `check_scenario` raises it for an unknown one.
        """
        if times is not None and times < 1:
            raise ScenarioError(f"times must be at least 1; got {times}")
        if text.strip().lower() in NONE:
            with self.lock:
                for removed in (source, FILE, DEFAULT):
                    self.switches.pop((removed, gateway), None)
            return
        check_steps(text)
        with self.lock:
            self.switches[source, gateway] = Switch(text.strip(), gateway, source, times, next(self.runs))

    def current(self) -> tuple[Switch, ...]:
        with self.lock:
            return tuple(self.switches.values())

    def clear(self) -> None:
        with self.lock:
            self.switches.clear()
            self.uses.clear()
            self.run = next(self.runs)

    def replace_file_switches(self, switches: Iterable[Switch]) -> None:
        """Replace the switches of a file and of the default. Those of other sources stay, and restart."""
        with self.lock:
            kept = [*(switch for switch in self.switches.values() if switch.source not in {FILE, DEFAULT}), *switches]
            active = [switch for switch in kept if switch.text.lower() not in NONE]
            self.switches = {(one.source, one.gateway): replace(one, run=next(self.runs)) for one in active}
            self.run = next(self.runs)


def marked_scenario(content: bytes) -> str | None:
    """The scenario of the markers in a body. Raises ScenarioError for two different ones."""
    return only_one([unescape(marker) for marker in _MARKER.findall(content)], "[[mock:...]] markers")


def header_scenario(values: Sequence[str]) -> str | None:
    """The scenario of a request's headers. Raises ScenarioError for two different ones."""
    return only_one(values, "X-Mock-Scenario headers")


def only_one(written: Sequence[str], what: str) -> str | None:
    different = list(dict.fromkeys(text.strip() for text in written))
    if len(different) > 1:
        first, second = different[0], different[1]
        raise ScenarioError(f"two {what}: {first!r} and {second!r}. To combine them, write {first} + {second}")
    return different[0] if different else None


def marker_warning(content: bytes) -> str | None:
    """What is wrong with a text that looks like a marker and is none."""
    candidates = _NEARLY_MARKER.finditer(_MARKER.sub(b"", content)) if b"mock" in content.lower() else ()
    found = next((one for one in candidates if one[1] or b":" in one[0]), None)
    if found is None:
        return None
    return f"{unescape(found[0])!a} is not a marker; write [[mock:{unescape(found[1] or b'rate-limit')}]]"


def marker_behind_header(header: str | None, content: bytes) -> str | None:
    """What is wrong with a marker that asks for something else than the header, which goes first."""
    markers = _MARKER.findall(content) if header is not None and b"[[" in content else ()
    other = next((text for text in map(unescape, markers) if text.strip() != header), None)
    if other is None:
        return None
    return f"the scenario of the header, {header!a}, is applied, not that of the marker, {other.strip()!a}"


def steps(text: str) -> list[str]:
    """The scenarios of a list, separated by commas; a single scenario is a list of one."""
    return split_outside_brackets(text, ",")


def step_of(text: str, used: int) -> str:
    """The scenario of a list for a request, of which `used` came before it."""
    listed = steps(text)
    if listed[-1] == REPEAT and len(listed) > 1:
        return listed[used % (len(listed) - 1)]
    return listed[min(used, len(listed) - 1)]


def check_steps(text: str) -> None:
    """Raises ScenarioError for a malformed scenario in a list."""
    for step in _named_steps(text):
        parse_scenario(step)


def _named_steps(text: str) -> list[str]:
    """The scenarios of a list, without the words for none and for repetition. Raises ScenarioError."""
    listed = steps(text.strip())
    if len(listed) > 1 and "" in listed:
        raise ScenarioError(f"a list must have no empty step; write ok for a request without a scenario; got {text!r}")
    if REPEAT in listed[:-1] or listed == [REPEAT]:
        raise ScenarioError(f"{REPEAT} must end a list, such as rate-limit, ok, {REPEAT}; got {text!r}")
    listed = listed[:-1] if listed[-1] == REPEAT and len(listed) > 1 else listed
    return [step for step in listed if step.lower() not in NONE]


def unescape(written: bytes) -> str:
    """A part of a JSON string; some clients escape more than they must, such as a plus sign or a slash."""
    try:
        return str(orjson.loads(b'"%b"' % written))
    except orjson.JSONDecodeError:
        return written.decode("utf-8", "replace")


def check_scenario(
    text: str, name: str | None, contracts: Sequence[Contract], named: Mapping[str, NamedScenario]
) -> None:
    """Raises ScenarioError for an unknown name, or a scenario that the gateways or the upstream of it do not have."""
    upstream = next((one.upstream for one in contracts if one.upstream and one.upstream.name == name), None)
    gateways = [] if upstream is not None else target_gateways(name, contracts)
    for step in _named_steps(text):
        if upstream is not None:
            stub_change(step, protocol_of(upstream))
        elif step in named:
            check_scenario(named[step].apply, name, contracts, {})
        else:
            check_known(step, gateways, named)


def target_gateways(name: str | None, contracts: Sequence[Contract]) -> list[Contract]:
    """Raises ScenarioError if there is none."""
    found = [contract for contract in contracts if name in {None, contract.name}]
    if contracts and not found:
        known = [*(contract.name for contract in contracts), *upstream_names(contracts)]
        raise ScenarioError(f"Unknown gateway {name!r}. Known: {', '.join(known)}")
    return found


def upstream_names(contracts: Sequence[Contract]) -> list[str]:
    return sorted({contract.upstream.name for contract in contracts if contract.upstream is not None})


def is_gateway_scenario(text: str, contracts: Sequence[Contract], named: Mapping[str, NamedScenario]) -> bool:
    """Whether any gateway has the scenario."""
    try:
        check_known(text, contracts, named)
    except ScenarioError:
        return False
    return True
