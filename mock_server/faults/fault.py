"""Faults by their names: one vocabulary for what gateways and upstreams do wrong on purpose."""

from dataclasses import dataclass
from typing import Final

from gateway_contract.traffic.exchange import FaultCause, PlayedFault

NO_IMAGES: Final = "no-images"
FEWER_IMAGES: Final = "fewer-images"
LINK_404: Final = "link-404"
NO_RESPONSE: Final = "no-response"
RETRY_AFTER: Final = "retry_after"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault by its name. `cause` is who causes it; `parameters` are pairs of a name and a value."""

    name: str
    cause: FaultCause
    parameters: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """As scenarios write it: `rate-limit(retry_after=2)`."""
        inside = ", ".join(f"{name}={value}" for name, value in self.parameters)
        return f"{self.name}({inside})" if inside else self.name

    def parameter(self, name: str) -> str | None:
        return dict(self.parameters).get(name)

    @property
    def generates(self) -> bool:
        """Whether images are generated all the same."""
        return self.name in {FEWER_IMAGES, LINK_404}

    def image_count(self, requested: int) -> int:
        """How many of the requested images the response has."""
        if self.name == NO_IMAGES:
            return 0
        return requested - 1 if self.name == FEWER_IMAGES else requested

    @property
    def played(self) -> PlayedFault:
        """The fault as rules see it."""
        retry_after = self.parameter(RETRY_AFTER)
        return PlayedFault(str(self), self.cause, None if retry_after is None else int(retry_after))


FAULTS: Final = (
    Fault("bad-request", FaultCause.REQUEST),
    Fault("moderation", FaultCause.CONTENT),
    Fault("moderation-output", FaultCause.CONTENT),
    Fault("unauthorized", FaultCause.CREDENTIALS),
    Fault("forbidden", FaultCause.CREDENTIALS),
    Fault("no-credit", FaultCause.CREDENTIALS),
    Fault("rate-limit", FaultCause.THROTTLING),
    Fault("rate-limit", FaultCause.THROTTLING, ((RETRY_AFTER, "2"),)),
    Fault("server-error", FaultCause.VENDOR),
    Fault("unavailable", FaultCause.VENDOR),
    Fault("error-with-200", FaultCause.VENDOR),
    Fault(NO_IMAGES, FaultCause.VENDOR),
    Fault("html-error", FaultCause.VENDOR),
    Fault("html-success", FaultCause.VENDOR),
    Fault("truncated-json", FaultCause.VENDOR),
    Fault("reset", FaultCause.VENDOR),
    Fault("reset-mid-response", FaultCause.VENDOR),
    Fault(NO_RESPONSE, FaultCause.VENDOR),
    Fault(LINK_404, FaultCause.VENDOR),
    Fault(FEWER_IMAGES, FaultCause.FEWER_IMAGES),
)
"""The faults that every upstream can play, in the order in which a run plays them."""
