"""Answers leave in one piece where their head says how long they are, and are lost in silence where nobody listens."""

import asyncio
from dataclasses import dataclass, field
from typing import cast

import pytest

from mock_server.serving.answers_in_one import AnswersInOne

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n"
STREAM = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


@dataclass
class Wire:
    """What a transport was asked to do."""

    sent: list[bytes] = field(default_factory=list)
    closing: bool = False

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True


def answers_on(wire: Wire) -> AnswersInOne:
    return AnswersInOne(cast("asyncio.Transport", wire))


def test_a_head_waits_for_its_body() -> None:
    wire = Wire()
    answers = answers_on(wire)
    answers.write(HEAD)
    assert wire.sent == []
    answers.write(b"bo")
    answers.write(b"dy")
    assert wire.sent == [HEAD + b"bo", b"dy"]


def test_a_stream_begins_at_once() -> None:
    wire = Wire()
    answers_on(wire).write(STREAM)
    assert wire.sent == [STREAM]


def test_an_answer_without_a_body_is_sent_when_it_ends() -> None:
    wire = Wire()
    answers = answers_on(wire)
    answers.write(HEAD)
    answers.end_answer()
    answers.write(HEAD)
    answers.write(b"body")
    assert wire.sent == [HEAD, HEAD + b"body"]


@pytest.mark.parametrize("pieces", [[HEAD], [HEAD, b"body"], [STREAM]])
def test_nothing_is_held_back_when_the_connection_is_closed(pieces: list[bytes]) -> None:
    wire = Wire()
    answers = answers_on(wire)
    for piece in pieces:
        answers.write(piece)
    answers.close()
    assert (b"".join(wire.sent), wire.closing) == (b"".join(pieces), True)


def test_what_is_written_when_the_peer_is_gone_is_lost_without_a_word() -> None:
    wire = Wire(closing=True)
    answers = answers_on(wire)
    answers.write(HEAD)
    answers.write(b"body")
    answers.close()
    assert wire.sent == []
