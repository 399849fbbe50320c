"""Large bodies wait for one another, small ones do not, and waiting is no one's fault."""

import asyncio
from dataclasses import dataclass, field

import pytest

from contract_tests.client.case import json_case
from contract_tests.client.image_hosts import ImageHosts
from contract_tests.client.limits import Limits
from contract_tests.client.room import Room, Share
from contract_tests.client.send import Sender, send
from contract_tests.client.tokens import Tokens
from contract_tests.client.transport import open_transport
from gateway_contract.traffic.exchange import Answer, Exchange, NoAnswer
from tests.contract_tests.gateways import TOKEN
from tests.contract_tests.hostile import HEAD, MEBIBYTE, Behaviour, answering, packed, saying, serving
from tests.contract_tests.three_contracts import POWERTOKENS, base

SMALL = 2**16
JSON = b"Content-Type: application/json"


@dataclass(slots=True)
class WatchedRoom(Room):
    """Notes how much is taken at once."""

    seen: list[int] = field(default_factory=list)

    async def take(self, count: int) -> None:
        await Room.take(self, count)
        self.seen.append(self.taken)


def test_who_comes_later_waits_even_if_there_is_room_for_it() -> None:
    async def in_turn() -> list[str]:
        room, order = Room(10), []

        async def one(name: str, count: int) -> None:
            await room.take(count)
            order.append(name)
            await asyncio.sleep(0)
            room.give_back(count)

        await asyncio.gather(one("six", 6), one("nine", 9), one("four", 4), one("more than all", 11))
        assert room.taken == 0
        return order

    assert asyncio.run(in_turn()) == ["six", "nine", "four", "more than all"]


def test_who_gives_up_waiting_leaves_the_room_to_others() -> None:
    async def give_up() -> int:
        room = Room(10)
        await room.take(10)
        waiting = asyncio.create_task(room.take(5))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        room.give_back(10)
        await room.take(10)
        return room.taken

    assert asyncio.run(give_up()) == 10


def test_the_time_to_wait_for_room_does_not_count() -> None:
    async def waited() -> Share:
        room = Room(10)
        await room.take(10)
        asyncio.get_running_loop().call_later(0.1, room.give_back, 10)
        share = Share(room)
        async with asyncio.timeout(0.05) as bound:
            await share.take(10, bound)
        return share

    share = asyncio.run(waited())
    assert share.waited >= 0.1
    assert share.taken == share.room.taken == 10


def eight_exchanges(behaviour: Behaviour, room: Room) -> list[Exchange]:
    """What eight requests at once to such a gateway get."""

    async def all_at_once(url: str) -> list[Exchange]:
        async with open_transport() as transport:
            hosts = ImageHosts(allowed=(), is_public=True)
            limits = Limits(answer=20, per_image=0, answer_bytes=MEBIBYTE)
            sender = Sender(POWERTOKENS, transport, url, Tokens(TOKEN), hosts, limits, None, room=room)
            return await asyncio.gather(*(send(sender, json_case("plain", base(POWERTOKENS))) for _ in range(8)))

    with serving(behaviour) as served:
        return asyncio.run(all_at_once(served.base))


LONG = b'{"data": [{"b64_json": "' + b"A" * (MEBIBYTE - 30) + b'"}]}'
LARGE_BODIES = {
    "image": answering(LONG, JSON),
    "page": answering(b"x" * MEBIBYTE, status=b"500 Broken"),
    "gzip": answering(packed(LONG), JSON, b"Content-Encoding: gzip"),
    "no length": saying(HEAD + b"\r\n" + LONG),
    "too long": saying(HEAD + b"\r\n" + b" " * 2 * MEBIBYTE),
}


@pytest.mark.parametrize("kind", LARGE_BODIES)
def test_no_more_large_answers_are_held_at_once_than_fit_and_little_of_them_afterwards(kind: str) -> None:
    room = WatchedRoom(2 * MEBIBYTE, SMALL)
    for one in eight_exchanges(LARGE_BODIES[kind], room):
        if kind == "too long":
            assert isinstance(one.answer, NoAnswer)
            assert one.answer.problem == "response longer than 1 MiB"
        else:
            assert isinstance(one.answer, Answer)
            assert len(one.answer.content) < 2 * SMALL
    assert len(room.seen) == 8
    assert max(room.seen) <= 2 * MEBIBYTE
    assert room.taken == 0


def test_small_answers_wait_for_nobody() -> None:
    room = WatchedRoom(0)
    eight_exchanges(answering(b'{"data": []}', JSON), room)
    assert room.seen == []
