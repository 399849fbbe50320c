"""Scenarios as text, `latency(2s) + chaos(of=reset|no-images)`, and kinds of scenarios with their parameters."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Generic, TypeVar

MAX_STEPS = 8
MAX_CHARACTERS = 500
MAX_SECONDS = 600.0
NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")  # defects are called by the names of fields, too
_NAMED_VALUE = re.compile(r"([a-z_]+) *= *(.*)")
_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?(ms|s|)")


class ScenarioError(Exception):
    """A scenario that is unknown or written wrong; the message names the part, and what is known."""


@dataclass(frozen=True, slots=True)
class Step:
    """One behaviour by its name, with the values in its brackets: in order, and by name."""

    name: str
    values: tuple[str, ...] = ()
    named: Mapping[str, str] | None = None

    def __str__(self) -> str:
        inside = [*self.values, *(f"{name}={value}" for name, value in (self.named or {}).items())]
        return f"{self.name}({', '.join(inside)})" if inside else self.name


def parse_scenario(text: str) -> tuple[Step, ...]:
    """The steps of a scenario, outermost first. Raises ScenarioError."""
    if len(text) > MAX_CHARACTERS:
        raise ScenarioError(f"a scenario must have at most {MAX_CHARACTERS} characters; got {len(text)}")
    if not (text.isascii() and text.isprintable()):  # responses name it in a header
        raise ScenarioError(f"a scenario must be printable ASCII; got {text!r}")
    parts = split_outside_brackets(text, "+")
    if len(parts) > MAX_STEPS:
        raise ScenarioError(f"a scenario must have at most {MAX_STEPS} parts; got {len(parts)}")
    return tuple(_parse_step(part) for part in parts)


def split_outside_brackets(text: str, separator: str) -> list[str]:
    parts, depth = [""], 0
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == separator and depth <= 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _parse_step(part: str) -> Step:
    name, inside = _split_brackets(part)
    values, named = list[str](), dict[str, str]()
    for argument in filter(None, split_outside_brackets(inside, ",")):
        found = _NAMED_VALUE.fullmatch(argument)
        if found is not None:
            named[found[1]] = found[2]
        elif named:
            raise ScenarioError(f"{name}: put {argument!r} before the named values")
        else:
            values.append(argument)
    return Step(name, tuple(values), named)


def _split_brackets(part: str) -> tuple[str, str]:
    """The name, and the text in the brackets after it."""
    name, bracket, rest = part.partition("(")
    inside, end, behind = rest.rpartition(")")
    closed = inside.count("(") == inside.count(")") and bool(bracket) == bool(end) and not behind
    name = name.strip().lower()
    if not closed or not NAME.fullmatch(name):
        raise ScenarioError(f"a scenario must be like rate-limit or rate-limit(retry_after=5); got {part!r}")
    return name, inside


def parse_duration(text: str) -> float:
    """The seconds of `800ms`, `2s` or `2`. Raises ScenarioError, also for a duration over 600 s."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ScenarioError(f"duration must be like 800ms or 2s; got {text!r}")
    seconds = float(found[1]) / (1000 if found[2] == "ms" else 1)
    if seconds > MAX_SECONDS:
        raise ScenarioError(f"duration must be at most {MAX_SECONDS:g} s; got {seconds:g} s")
    return seconds


MAX_LISTED = 50  # names in a message
SYNONYMS = {
    "400": "bad-request",
    "401": "unauthorized",
    "402": "no-credit",
    "403": "forbidden",
    "404": "model-not-found",
    "408": "gateway-timeout",
    "429": "rate-limit",
    "500": "server-error",
    "502": "bad-gateway",
    "503": "unavailable",
    "504": "gateway-timeout",
    "content-filter": "moderation",
    "delay": "latency",
    "disconnect": "reset",
    "empty": "no-images",
    "error": "server-error",
    "hang": "latency",
    "network-error": "reset",
    "nsfw": "moderation",
    "offline": "reset",
    "quota": "no-credit",
    "ratelimit": "rate-limit",
    "sleep": "latency",
    "slow": "latency",
    "throttle": "rate-limit",
    "timeout": "gateway-timeout",
    "too-many-requests": "rate-limit",
}
"""Names that people try, and the scenario that they probably mean."""
Apply_co = TypeVar("Apply_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value in a scenario's brackets. `default` is None where the value is required."""

    name: str
    default: str | None
    description: str


@dataclass(frozen=True, slots=True)
class ScenarioKind(Generic[Apply_co]):
    """A kind of scenario. `apply` takes the values of the parameters, and raises ScenarioError for invalid ones.

    Two that replace the same thing cannot be combined: one would win.
    """

    name: str
    description: str
    example: str
    parameters: tuple[Parameter, ...]
    apply: Apply_co
    replaces: str = ""

    def values(self, step: Step) -> dict[str, str]:
        """The values of the parameters by their names. Raises ScenarioError for an unknown or missing one."""
        defaults = {parameter.name: parameter.default for parameter in self.parameters}
        if len(step.values) > len(defaults):
            raise ScenarioError(f"{self.name} takes {self._names()}; got {len(step.values)} values")
        given = dict(zip(defaults, step.values, strict=False))
        for name, value in (step.named or {}).items():
            if name not in defaults:
                raise ScenarioError(f"{self.name} takes {self._names()}; got {name!r}")
            given[name] = value
        values = {name: given.get(name, default) for name, default in defaults.items()}
        missing = [name for name, value in values.items() if value is None]
        if missing:
            raise ScenarioError(f"{self.name} needs {missing[0]!r}: {self.example}")
        return {name: value for name, value in values.items() if value is not None}

    def _names(self) -> str:
        return ", ".join(parameter.name for parameter in self.parameters) or "no values"


def unknown(name: str, known: Sequence[str], what: str) -> ScenarioError:
    """The error for an unknown name: close ones first, then all unless they are too many to read."""
    synonym = SYNONYMS.get(name, name)
    close = [synonym] if synonym in known else get_close_matches(name, known)
    hint = f"Did you mean {' or '.join(close)}? " if close else ""
    listed = ", ".join(known) if len(known) <= MAX_LISTED else str(len(known))
    return ScenarioError(f"Unknown {what} {name!r}. {hint}Known: {listed}")


def check_conflicts(replaced: Sequence[tuple[Step, str]]) -> None:
    """Raises ScenarioError for two steps that replace the same thing; each step comes with what it replaces."""
    seen = dict[str, Step]()
    for step, what in replaced:
        if what and what in seen:
            raise ScenarioError(f"{seen[what]} and {step} conflict: each replaces {what}. Use one of them")
        seen[what] = step


def choose(values: Mapping[str, str], parameter: Parameter, choices: Sequence[str]) -> str:
    """The value of a parameter. Raises ScenarioError for one that is not a choice."""
    value = values[parameter.name]
    if value not in tuple(choices):
        raise ScenarioError(f"{parameter.name} must be {' or '.join(choices)}; got {value!r}")
    return value
