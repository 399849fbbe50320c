"""How a run came to its end, and what keeps a gateway from being tested."""

from enum import StrEnum

SHELL_OFFSET = 128
"""What a signal that ends a process adds to its number to make the exit status, as in shells."""


class Ended(StrEnum):
    """How a run came to its end."""

    RUNNING = "running"
    COMPLETE = "complete"
    STOPPED = "stopped"
    MAX_TIME = "max-time"
    BUDGET = "budget"
    INTERRUPTED = "interrupted"


class Cause(StrEnum):
    """What keeps a gateway from being tested."""

    USAGE = "usage"
    CONFIGURATION = "configuration"
    GATEWAY = "gateway"
    TOKEN = "token"  # noqa: S105 # not a token
    BUDGET = "budget"
    TIME = "time"
    REPORT = "report"
    SUITE = "suite"


def time_used_up(seconds: float) -> str:
    """For example `the time of 30 min is used up`."""
    written = f"{seconds / 60:g} min" if seconds >= 60 and seconds % 60 == 0 else f"{seconds:g} s"
    return f"the time of {written} is used up"
