"""Scenarios as they are written: `rate-limit(retry_after=5)`, `latency(uniform, 1s, 3s) + server-error`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

MOST_STEPS = 8
NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_STEP = re.compile(rf"\s*({NAME.pattern})\s*(?:\(([^()]*)\))?\s*")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|)")


class ScenarioError(Exception):
    """A scenario that there is not, or that is written wrong; says which part, and what is known."""


@dataclass(frozen=True, slots=True)
class Step:
    """One behaviour by its name, with what stands in its brackets: in order, and by name."""

    name: str
    values: tuple[str, ...] = ()
    named: Mapping[str, str] | None = None

    def __str__(self) -> str:
        inside = [*self.values, *(f"{name}={value}" for name, value in (self.named or {}).items())]
        return f"{self.name}({', '.join(inside)})" if inside else self.name


def steps_of(text: str) -> tuple[Step, ...]:
    """What a scenario does, outermost first. Raises ScenarioError."""
    parts = text.split("+")
    if len(parts) > MOST_STEPS:
        raise ScenarioError(f"a scenario has at most {MOST_STEPS} parts; this one has {len(parts)}")
    return tuple(_step(part) for part in parts)


def written(steps: tuple[Step, ...]) -> str:
    return " + ".join(map(str, steps))


def _step(part: str) -> Step:
    found = _STEP.fullmatch(part)
    if found is None:
        raise ScenarioError(f"{part.strip()!r} is no scenario: a name, with what it takes in brackets behind it")
    name, inside = found.groups()
    values, named = [], {}
    for argument in filter(None, map(str.strip, (inside or "").split(","))):
        key, is_named, value = argument.partition("=")
        if is_named:
            named[key.strip()] = value.strip()
        elif named:
            raise ScenarioError(f"{name}: {argument!r} stands behind what has a name; put it first")
        else:
            values.append(argument)
    return Step(name, tuple(values), named)


def seconds_in(text: str) -> float:
    """`800ms`, `2s` or `2` as seconds. Raises ScenarioError."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ScenarioError(f"{text!r} is no duration: write 800ms or 2s")
    return float(found[1]) / (1000 if found[2] == "ms" else 1)
