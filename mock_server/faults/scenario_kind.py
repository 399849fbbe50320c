"""A kind of scenario: its name, its parameters, and what it applies to a gateway or an upstream."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Generic, TypeVar

from mock_server.faults.syntax import ScenarioError, Step

MAX_LISTED = 50  # names in a message
Apply_co = TypeVar("Apply_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value in a scenario's brackets. `default` is None where the value is required."""

    name: str
    default: str | None
    description: str


@dataclass(frozen=True, slots=True)
class ScenarioKind(Generic[Apply_co]):
    """A kind of scenario. `apply` takes the values of the parameters, and raises ScenarioError for invalid ones."""

    name: str
    description: str
    example: str
    parameters: tuple[Parameter, ...]
    apply: Apply_co

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
    close = get_close_matches(name, known)
    hint = f"Did you mean {' or '.join(close)}? " if close else ""
    listed = ", ".join(known) if len(known) <= MAX_LISTED else str(len(known))
    return ScenarioError(f"Unknown {what} {name!r}. {hint}Known: {listed}")


def choose(values: Mapping[str, str], parameter: Parameter, choices: Sequence[str]) -> str:
    """The value of a parameter. Raises ScenarioError for one that is not a choice."""
    value = values[parameter.name]
    if value not in tuple(choices):
        raise ScenarioError(f"{parameter.name} must be {' or '.join(choices)}; got {value!r}")
    return value
