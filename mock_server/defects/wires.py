"""Ways to the upstream that do something on the side."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Literal

from gateway_contract.values import ABSENT, Json, Nothing
from mock_server.upstream.app import UpstreamAnswer
from mock_server.upstream.wire import Outbound, UpstreamWire

Heard = ContextVar[Json | Literal[Nothing.ABSENT]]


@dataclass(frozen=True, slots=True)
class Readdressed:
    """Calls go to another address than the one that is right."""

    wire: UpstreamWire
    change: Callable[[str], str]

    async def send(self, outbound: Outbound) -> UpstreamAnswer:
        return await self.wire.send(replace(outbound, url=self.change(outbound.url)))

    async def image(self, link: str) -> bytes | None:
        return await self.wire.image(link)

    async def aclose(self) -> None:
        await self.wire.aclose()


@dataclass(frozen=True, slots=True)
class Overheard:
    """What the upstream answers in the course of a request is kept until its end."""

    wire: UpstreamWire
    heard: Heard

    async def send(self, outbound: Outbound) -> UpstreamAnswer:
        answer = await self.wire.send(outbound)
        self.heard.set(answer.body)
        return answer

    async def image(self, link: str) -> bytes | None:
        return await self.wire.image(link)

    async def aclose(self) -> None:
        await self.wire.aclose()


def nothing_heard() -> Heard:
    return ContextVar("what the upstream answered", default=ABSENT)
