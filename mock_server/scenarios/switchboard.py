"""Which scenario holds for a request: by its header, by a marker in its text, by the admin API, or by the console."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

HEADER: Final = "x-mock-scenario"
NONE: Final = frozenset({"none", "off", ""})
"""Written in place of a scenario: nothing is to happen, whatever else would."""
ADMIN, CONSOLE = "admin", "console"
SOURCES: Final = (ADMIN, CONSOLE)
"""Who can set switches; the first goes first."""
_MARKER: Final = re.compile(rb"\[\[mock:([^\]]{1,300})\]\]")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The scenario of one request, as it was written, and who chose it."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Switch:
    """What is set for one gateway, or for all where `gateway` is None. `left` requests; None is until changed."""

    text: str
    gateway: str | None
    source: str
    left: int | None


@dataclass(slots=True, eq=False)
class Switchboard:
    """The switches, from any thread."""

    switches: dict[tuple[str, str | None], Switch] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def choose(self, gateway: str, headers: Mapping[str, str], content: bytes) -> Chosen | None:
        """What holds for a request, which is counted where a switch is for so many."""
        said = headers.get(HEADER)
        if said is None and b"[[mock:" in content:
            found = _MARKER.search(content)
            said = None if found is None else found[1].decode("utf-8", "replace")
            source = "marker"
        else:
            source = "header"
        if said is not None:
            return None if said.strip().lower() in NONE else Chosen(said.strip(), source)
        return self._switched(gateway) if self.switches else None

    def _switched(self, gateway: str) -> Chosen | None:
        """The most particular switch of the first source that has one."""
        with self.lock:
            for key in ((source, name) for source in SOURCES for name in (gateway, None)):
                switch = self.switches.get(key)
                if switch is not None:
                    self._count(key, switch)
                    return Chosen(switch.text, switch.source)
        return None

    def _count(self, key: tuple[str, str | None], switch: Switch) -> None:
        if switch.left is None:
            return
        if switch.left > 1:
            self.switches[key] = Switch(switch.text, switch.gateway, switch.source, switch.left - 1)
        else:
            del self.switches[key]

    def set(self, text: str, gateway: str | None = None, times: int | None = None, source: str = ADMIN) -> None:
        """From now on, for so many requests or until changed. Without a scenario, the switch is taken away."""
        with self.lock:
            if text.strip().lower() in NONE:
                self.switches.pop((source, gateway), None)
            else:
                self.switches[source, gateway] = Switch(text.strip(), gateway, source, times)

    def current(self) -> tuple[Switch, ...]:
        with self.lock:
            return tuple(self.switches.values())

    def clear(self) -> None:
        with self.lock:
            self.switches.clear()
