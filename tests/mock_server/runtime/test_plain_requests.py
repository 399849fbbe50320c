"""A plain request is answered and recorded as any other, whichever way it takes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.types import Message, Scope

from gateway_contract.contract.definition import Contract
from mock_server.app import mock_app
from mock_server.gateway.modes import Mode
from mock_server.journal.entries import JournalEntry
from mock_server.runtime import plain_requests
from mock_server.runtime.mock import Mock, MockSettings, create_mock

OWN = "http://127.0.0.1:1"
LATE = 0.02  # seconds
TOKEN = (b"authorization", b"Bearer sk-any-token")
FIELDS: Mapping[str, st.SearchStrategy[Any]] = {
    "model": st.sampled_from(["qwen-image-2.0-pro", "wan2.7-image-pro", "qwen-image-max", "x", 1]),
    "prompt": st.text(max_size=90) | st.sampled_from(["", "[[mock:rate-limit]]", "mock: slow", "a key sk-abcdefgh"]),
    "n": st.integers(0, 7) | st.sampled_from([2.0, True, None]),
    "size": st.sampled_from(["1024*1024", "512*512", "1K", "1024x1024", "9*9", None, ["1"]]),
    "response_format": st.sampled_from(["url", "url", "b64_json", "gif"]),
    "seed": st.integers(-1, 2**31),
    "watermark": st.booleans() | st.none(),
    "prompt_extend": st.booleans(),
    "negative_prompt": st.text(max_size=3),
    "stream": st.booleans(),
    "unknown": st.just(1),
}
BODIES = st.fixed_dictionaries({}, optional=FIELDS).map(orjson.dumps) | st.binary(max_size=9)
HEADERS = st.lists(
    st.sampled_from(
        [
            TOKEN,
            TOKEN,
            (b"authorization", b"Bearer "),
            (b"authorization", b""),
            (b"authorization", b"Bearer mock-session.a.sk-any"),
            (b"cookie", b"mock_session=b"),
            (b"x-mock-session", b"c"),
            (b"x-mock-mode", b"off"),
            (b"x-mock-scenario", b"server-error"),
            (b"x-api-key", b"a-key-of-nobody"),
            (b"idempotency-key", b"k"),
        ]
    ),
    max_size=3,
    unique=True,
)
VALID = orjson.dumps({"model": "qwen-image-2.0-pro", "prompt": "a lighthouse", "size": "512*512"})


def mock_of(contract: Contract, **settings: Any) -> Mock:  # noqa: ANN401 # the mock's settings
    return create_mock(
        [contract],
        MockSettings(own=OWN, link_signing_key=b"key", seed=1, clock=lambda: 1e9, draw_picture=repr_bytes, **settings),
    )


def repr_bytes(picture: object) -> bytes:
    return repr(picture).encode()


Answer: TypeAlias = tuple[list[Message], list[JournalEntry]]


async def at_once(body: bytes) -> AsyncIterator[Message]:
    yield {"type": "http.request", "body": body, "more_body": False}


async def in_late_parts(body: bytes) -> AsyncIterator[Message]:
    await asyncio.sleep(LATE)
    yield {"type": "http.request", "body": body[:9], "more_body": True}
    yield {"type": "http.request", "body": body[9:], "more_body": False}


def ask(mock: Mock, body: bytes, headers: Sequence[tuple[bytes, bytes]]) -> Answer:
    """The response to one request, and what the journal has of it."""
    sent, entries = asyncio.run(respond(mock, at_once(body), headers, len(body)))
    return [without_id(message) for message in sent], [comparable(entry) for entry in entries]


async def respond(
    mock: Mock, messages: AsyncIterator[Message], headers: Sequence[tuple[bytes, bytes]], length: int
) -> Answer:
    (served,) = mock.served.values()
    operation = served.gateway.contract.operation
    path, sent = served.path, list[Message]()
    scope: Scope = {
        "type": "http", "method": operation.method, "path": path, "raw_path": path.encode(), "query_string": b"a=b",
        "root_path": "", "extensions": {}, "scheme": "http", "server": ("127.0.0.1", 1),
        "headers": [(b"host", b"127.0.0.1:1"), *headers, (b"content-length", b"%d" % length)],
    }  # fmt: skip

    async def receive() -> Message:
        return await anext(messages)

    async def send(message: Message) -> None:
        sent.append(message)

    await mock_app(mock)(scope, receive, send)
    assert mock.journal.under_way() == ()
    entries = list(mock.journal.entries())
    mock.journal.clear()
    return sent, entries


def without_id(message: Message) -> Message:
    """A message without the request's id, which is random, and with its headers in one order."""
    shown = sorted(header for header in message.get("headers", ()) if header[0] != b"x-request-id")
    return {**message, "headers": shown}


def comparable(entry: JournalEntry) -> JournalEntry:
    """An entry without what differs between equal requests."""
    headers = tuple(sorted(header for header in entry.response_headers if header[0] != "x-request-id"))
    calls = tuple(replace(call, at=0.0) for call in entry.upstream_calls)
    return replace(entry, id=0, timestamp=0.0, duration_seconds=0.0, response_headers=headers, upstream_calls=calls)


AskBoth: TypeAlias = Callable[[bytes, Sequence[tuple[bytes, bytes]]], tuple[Answer, Answer]]
"""Asks a mock, and one in which no request is plain. A function, since Hypothesis would show all of the mocks."""


def both_ways(contract: Contract, **settings: Any) -> AskBoth:  # noqa: ANN401 # the mock's settings
    plain = mock_of(contract, **settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_requests, "compile_stages", lambda _: None)
        general = mock_of(contract, **settings)

    def ask_both(body: bytes, headers: Sequence[tuple[bytes, bytes]]) -> tuple[Answer, Answer]:
        return ask(plain, body, headers), ask(general, body, headers)

    return ask_both


@pytest.fixture(scope="module")
def ask_both(powertokens: Contract) -> AskBoth:
    return both_ways(powertokens)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES, headers=HEADERS)
@example(body=VALID, headers=[TOKEN])
@example(body=VALID, headers=[(b"authorization", b""), TOKEN])
@example(body=VALID.replace(b"512*512", b"9*9"), headers=[TOKEN])
@example(body=VALID[:-1] + b',"n":6}', headers=[TOKEN])
def test_both_ways_respond_and_record_the_same(
    ask_both: AskBoth, body: bytes, headers: list[tuple[bytes, bytes]]
) -> None:
    plain, general = ask_both(body, headers)
    assert plain == general


@pytest.mark.parametrize("settings", [{"token": "sk-right"}, {"mode": Mode.OFF}, {"default_scenario": "server-error"}])
def test_what_a_mock_is_started_with_holds_for_plain_requests(powertokens: Contract, settings: dict[str, Any]) -> None:
    ask_both = both_ways(powertokens, **settings)
    for token in (b"Bearer sk-right", b"Bearer sk-wrong"):
        plain, general = ask_both(VALID, [(b"authorization", token)])
        assert plain == general


def test_a_switch_holds_for_plain_requests(powertokens: Contract) -> None:
    mock = mock_of(powertokens)
    mock.set_scenario("server-error", times=1)
    assert [ask(mock, VALID, [TOKEN])[0][0]["status"] for _ in range(2)] == [500, 200]


def test_the_time_before_a_late_body_counts(powertokens: Contract) -> None:
    _, (entry,) = asyncio.run(respond(mock_of(powertokens), in_late_parts(VALID), [TOKEN], len(VALID)))
    assert entry.status == 200
    assert entry.duration_seconds >= LATE
