"""Errors of the suite itself: each ends only the step in which it happened, and is reported apart from failures."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from traceback import extract_tb

from contract_tests.client.limits import UnsendableError
from gateway_contract.rules.judge import JudgeError

PLACES = 3  # of a traceback, the innermost ones


@dataclass(frozen=True, slots=True)
class CaseError:
    """Something raised while a case was sent, tried again or judged: our error, never the gateway's."""

    case: str
    error: Exception


@dataclass(slots=True)
class InternalErrors:
    """All that went wrong within one run."""

    errors: list[JudgeError | CaseError] = field(default_factory=list)

    def catch(self, case: str) -> "ErrorCatcher":
        """Takes note of what is raised in the block, and goes on behind it."""
        return ErrorCatcher(self, case)


@dataclass(frozen=True, slots=True)
class ErrorCatcher:
    """A block that may raise. UnsendableError passes: that is the user's."""

    errors: InternalErrors
    case: str

    def __enter__(self) -> None:
        """Nothing has to be made ready."""

    def __exit__(self, _: object, error: BaseException | None, *__: object) -> bool:
        if not isinstance(error, Exception) or isinstance(error, UnsendableError):
            return False
        self.errors.errors.append(CaseError(self.case, error))
        return True


def describe_errors(errors: Iterable[JudgeError | CaseError]) -> tuple[str, ...]:
    """Each broken rule once, with the first exchange that it broke on; of cases each way of breaking once."""
    first: dict[str, str] = {}
    for error in errors:
        match error:
            case JudgeError():
                told = f"rule {error.rule.id} could not judge {error.exchange.name}: {describe_error(error.error)}"
                first.setdefault(error.rule.id, told)
            case CaseError():
                told = f"{describe_error(error.error)} ({traceback_places(error.error)})"
                first.setdefault(told, f"case {error.case}: {told}")
    return tuple(first.values())


def describe_error(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def traceback_places(error: Exception) -> str:
    """Where an error was raised, from the outside to the inside."""
    places = [f"{Path(place.filename).name}:{place.lineno}" for place in extract_tb(error.__traceback__)]
    return " ".join(places[-PLACES:])
