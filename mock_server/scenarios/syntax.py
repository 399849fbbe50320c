"""Scenarios as they are written: `rate-limit(retry_after=5)`, `latency(2s) + chaos(of=latency(9s)|reset)`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

MOST_STEPS = 8
MOST_CHARACTERS = 500
MOST_SECONDS = 600.0
NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")  # defects are called by the names of fields, too
_NAMED_VALUE = re.compile(r"([a-z_]+) *= *(.*)")
_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?(ms|s|)")


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
    if len(text) > MOST_CHARACTERS:
        raise ScenarioError(f"a scenario has at most {MOST_CHARACTERS} characters; this one has {len(text)}")
    if not (text.isascii() and text.isprintable()):  # answers tell it in a header
        raise ScenarioError(f"{text!r} is no scenario: there are ASCII characters alone in one")
    parts = parts_of(text, "+")
    if len(parts) > MOST_STEPS:
        raise ScenarioError(f"a scenario has at most {MOST_STEPS} parts; this one has {len(parts)}")
    return tuple(_step(part) for part in parts)


def written(steps: tuple[Step, ...]) -> str:
    return " + ".join(map(str, steps))


def parts_of(text: str, separator: str) -> list[str]:
    """A text in parts, where separators within brackets separate nothing."""
    parts, depth = [""], 0
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == separator and depth <= 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _step(part: str) -> Step:
    name, inside = _in_brackets(part)
    values, named = list[str](), dict[str, str]()
    for argument in filter(None, parts_of(inside, ",")):
        found = _NAMED_VALUE.fullmatch(argument)
        if found is not None:
            named[found[1]] = found[2]
        elif named:
            raise ScenarioError(f"{name}: {argument!r} stands behind what has a name; put it first")
        else:
            values.append(argument)
    return Step(name, tuple(values), named)


def _in_brackets(part: str) -> tuple[str, str]:
    """A name, and what stands in brackets behind it."""
    name, bracket, rest = part.partition("(")
    inside, end, behind = rest.rpartition(")")
    closed = inside.count("(") == inside.count(")") and bool(bracket) == bool(end) and not behind
    if not closed or not NAME.fullmatch(name.strip()):
        raise ScenarioError(f"{part!r} is no scenario: a name, with what it takes in brackets behind it")
    return name.strip(), inside


def seconds_in(text: str) -> float:
    """`800ms`, `2s` or `2` as seconds. Raises ScenarioError, also for a time that nobody could mean."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ScenarioError(f"{text!r} is no duration: write 800ms or 2s")
    seconds = float(found[1]) / (1000 if found[2] == "ms" else 1)
    if seconds > MOST_SECONDS:
        raise ScenarioError(f"{seconds:g} s is longer than {MOST_SECONDS:g} s")
    return seconds
