"""Whether there is still a gateway to test: one that fell silent, or that has had enough, ends or spoils a run."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway_contract.exchange import Answer, Exchange, NoAnswer

MOST_SILENT = 10
"""Requests in a row without an answer before a plain one is asked for a sign of life."""

STOPPED = (
    f"the gateway gave no answer to {MOST_SILENT} requests in a row, nor to a plain one after them ({{problem}}): "
    "the run was stopped. Look whether it still runs."
)
THROTTLED = (
    "the gateway answered 429 to {count} requests. Raise the limits of this token, or send fewer at once with JOBS=1."
)


@dataclass(slots=True)
class Health:
    """`ask` sends a plain request, alone in its kind; a gateway that answers it is there, however it fails."""

    ask: Callable[[], Awaitable[Exchange]]
    silent: int = 0
    throttled: int = 0
    stopped: str = ""  # why nothing more is sent

    async def saw(self, exchange: Exchange) -> None:
        """Takes note of an exchange; after too many in a row without an answer, finds out what that means."""
        if isinstance(exchange.answer, Answer):
            self.silent = 0
            self.throttled += exchange.answer.status == 429 and exchange.played is None
            return
        self.silent += 1
        if self.silent >= MOST_SILENT and not self.stopped:
            self.silent = 0
            sign = (await self.ask()).answer
            if isinstance(sign, NoAnswer):
                self.stopped = STOPPED.format(problem=sign.problem)

    @property
    def doubt(self) -> str:
        """Why rules may not have been run, which is no fault of the plan."""
        return self.stopped or (THROTTLED.format(count=self.throttled) if self.throttled else "")
