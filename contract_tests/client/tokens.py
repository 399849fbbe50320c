"""The token that is valid now, and how a new one is had while a run goes on."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from time import monotonic

from contract_tests.client.daemon_thread import in_daemon_thread
from gateway_contract.traffic.redaction import redact

BEFORE_EXPIRY = 30.0  # seconds; half of the time for which a token is valid, if that is less
_KNOWN: set[str] = set()


class TokenError(Exception):
    """No token could be had; says why and quotes no token."""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token; `seconds` is how long it is valid, where that is known."""

    value: str = field(repr=False)
    seconds: float | None = None


@dataclass(slots=True, eq=False)
class Tokens:
    """The `current` token. `issue` gives a new one, or raises TokenError; None where there is only this one.

    `issued` are all that there were. `problem` says why the last attempt to get another one failed.
    """

    current: str = field(repr=False)
    issue: Callable[[], IssuedToken] | None = field(default=None, repr=False)
    issued: list[str] = field(default_factory=list, repr=False)
    problem: str = ""
    _renew_at: float = float("inf")  # of the monotonic clock
    _renewal: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self.issued.append(self.current)
        _KNOWN.add(self.current)

    async def renew_before_expiry(self) -> None:
        """Get another token if the current one is about to expire."""
        if monotonic() >= self._renew_at:
            await self.renew(self.current)

    async def renew(self, rejected: str) -> bool:
        """Whether there is another token than the one that was rejected; gets one unless somebody just did."""
        if self.issue is None:
            return False
        return await in_daemon_thread(partial(self._renew, rejected, self.issue))

    def _renew(self, rejected: str, issue: Callable[[], IssuedToken]) -> bool:
        with self._renewal:
            if self.current != rejected:
                return True
            try:
                self.take(issue())
            except TokenError as error:
                self.problem, self._renew_at = str(error), monotonic() + BEFORE_EXPIRY
            return self.current != rejected

    def take(self, token: IssuedToken) -> None:
        """Use a token from now on."""
        self.problem, self.current = "", token.value
        if token.value not in self.issued:
            self.issued.append(token.value)
        _KNOWN.add(token.value)
        seconds = token.seconds
        self._renew_at = float("inf") if seconds is None else monotonic() + max(seconds - BEFORE_EXPIRY, seconds / 2)


def issue_tokens(issue: Callable[[], IssuedToken]) -> Tokens:
    """The first token of a source that gives more later. Raises TokenError."""
    first = issue()
    tokens = Tokens(first.value, issue)
    tokens.take(first)
    return tokens


def without_tokens(text: str) -> str:
    """A text without any token that this process has had: for the errors of which nobody knows what they quote."""
    return redact(text, sorted(_KNOWN))
