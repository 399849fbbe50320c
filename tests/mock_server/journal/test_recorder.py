"""What goes into the journal: all of a request and its answer, without secrets and without images."""

import asyncio
import base64
import gc
import weakref
from collections.abc import Sequence

import orjson
import pytest
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.traffic.exchange import UpstreamCall, header
from mock_server.journal.entries import Journal, JournalEntry
from mock_server.journal.recorder import with_journal
from mock_server.serving.asgi import MAX_BODY
from mock_server.upstream.calls import REQUEST_CALLS

TOKEN = "a-token-of-nobody"
RawHeaders = Sequence[tuple[bytes, bytes]]
NO_HEADERS: RawHeaders = ()


def asked(
    app: ASGIApp,
    content: bytes = b"",
    headers: RawHeaders = NO_HEADERS,
    path: str = "/x",
    query: bytes = b"",
    secrets: Sequence[str] = (),
) -> JournalEntry:
    """The entry of one request to an application."""
    journal = Journal(max_entries=10)
    chunks = [content[index : index + 100_000] for index in range(0, len(content), 100_000)] or [b""]

    async def receive() -> Message:
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    async def send(message: Message) -> None:
        """Nobody listens."""

    scope: Scope = {
        "type": "http", "method": "POST", "path": path, "query_string": query, "headers": list(headers),
    }  # fmt: skip

    async def ask() -> None:
        await with_journal(app, journal, "gate", Response(status_code=413), secrets)(scope, receive, send)

    asyncio.run(ask())
    (entry,) = journal.entries()
    return entry


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    message = await receive()
    await Response(message["body"])(scope, receive, send)


def bearer(token: str) -> RawHeaders:
    return [(b"authorization", f"Bearer {token}".encode())]


def test_a_request_and_its_answer_are_kept() -> None:
    entry = asked(echo, b'{"a": 1}', [(b"x-mine", b"1")], query=b"b=2")
    assert (entry.gateway, entry.method, entry.path) == ("gate", "POST", "/x?b=2")
    assert (entry.body, entry.response) == ({"a": 1}, {"a": 1})
    assert (entry.status, entry.complete, entry.headers) == (200, True, (("x-mine", "1"),))


def test_an_answer_that_never_came_is_kept_as_none() -> None:
    async def silent(_scope: Scope, _receive: Receive, _send: Send) -> None:
        """No answer."""

    entry = asked(silent)
    assert (entry.status, entry.complete, entry.response_content) == (None, False, b"")


def test_a_client_that_has_its_response_finds_it_in_the_journal() -> None:
    journal, seen = Journal(max_entries=10), list[int]()

    async def two_parts(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await send({"type": "http.response.body", "body": b"b"})

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(_message: Message) -> None:
        seen.append(len(journal.entries()))

    scope: Scope = {"type": "http", "method": "GET", "path": "/x", "query_string": b"", "headers": []}

    async def ask() -> None:
        await with_journal(two_parts, journal, "gate", Response())(scope, receive, send)

    asyncio.run(ask())
    (entry,) = journal.entries()
    assert seen == [0, 0, 1]
    assert (entry.complete, entry.response_content) == (True, b"ab")


def test_an_answer_that_was_cut_off_is_not_whole() -> None:
    async def cut(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})

    entry = asked(cut)
    assert (entry.status, entry.complete, entry.response_content) == (200, False, b"{")


def test_an_application_that_breaks_leaves_an_entry_all_the_same() -> None:
    async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError("broken")

    journal = Journal(max_entries=1)

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(_message: Message) -> None:
        """Nobody listens."""

    scope: Scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}

    async def ask() -> None:
        await with_journal(broken, journal, "gate", broken)(scope, receive, send)

    with pytest.raises(RuntimeError):
        asyncio.run(ask())
    assert len(journal.entries()) == 1


@pytest.mark.parametrize("headers", [NO_HEADERS, [(b"content-length", str(MAX_BODY + 1).encode())]])
def test_a_request_that_is_too_long_is_refused_and_not_kept_whole(headers: RawHeaders) -> None:
    entry = asked(echo, b"x" * (MAX_BODY + 1), headers)
    assert (entry.status, entry.content) == (413, b"")


def test_the_clients_token_is_kept_nowhere() -> None:
    content = orjson.dumps({"words": f"it is {TOKEN}"})
    entry = asked(echo, content, [*bearer(TOKEN), (b"x-also", TOKEN.encode())], f"/{TOKEN}", TOKEN.encode())
    assert TOKEN not in str(entry)
    assert header(entry.headers, "authorization") == "Bearer [redacted]"
    assert entry.body == {"words": "it is [redacted]"}
    assert entry.path == "/[redacted]?[redacted]"


@pytest.mark.parametrize(("begins", "end"), [('{"words": "' + "." * 188, '"}'), ('{"words": "' + "." * 1001, "")])
def test_no_half_of_a_token_is_kept_where_a_long_answer_is_cut(begins: str, end: str) -> None:
    entry = asked(echo, f"{begins}{TOKEN}{'.' * 5000}{end}".encode(), bearer(TOKEN))
    assert b"..[redacted]"[:8] in entry.response_content
    assert TOKEN[:4] not in entry.response_content.decode()


@pytest.mark.parametrize("name", [b"cookie", b"x-api-key", b"api-key", b"proxy-authorization"])
def test_headers_that_hold_secrets_are_kept_without_them(name: bytes) -> None:
    entry = asked(echo, headers=[(name, b"abcdefgh")])
    assert header(entry.headers, name.decode()) == "[redacted]"


def test_what_looks_like_a_key_is_not_kept_even_where_nobody_knows_it() -> None:
    assert asked(echo, b'{"a": "sk-0123456789"}').body == {"a": "[redacted]"}


def test_a_short_token_does_not_black_out_ordinary_words() -> None:
    assert asked(echo, b'{"a": "an x here"}', bearer("x")).body == {"a": "an x here"}


def test_upstream_calls_are_kept_without_secrets() -> None:
    async def calling(scope: Scope, receive: Receive, send: Send) -> None:
        calls = REQUEST_CALLS.get()
        assert calls is not None
        headers = (("authorization", "Bearer of-the-gateway"),)
        calls.append(UpstreamCall("POST", "/up", headers, {"words": f"it is {TOKEN}"}, 0.0, 200))
        await echo(scope, receive, send)

    (call,) = asked(calling, orjson.dumps({"words": TOKEN}), bearer(TOKEN)).upstream_calls
    assert call.headers == (("authorization", "Bearer [redacted]"),)
    assert call.body == {"words": "it is [redacted]"}


def test_images_are_kept_by_their_digests_alone() -> None:
    text = base64.b64encode(bytes(6000)).decode()
    entry = asked(Response(orjson.dumps([text])))
    assert str(entry.response).endswith("of 6000 bytes']")
    assert text not in str(entry)


def test_an_answer_in_pieces_is_kept_as_one() -> None:
    async def dripping(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for piece in (b"{", b"}"):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body"})

    entry = asked(dripping)
    assert (entry.response, entry.complete) == ({}, True)


class Connection:
    """Stands for what a server keeps of one."""


def test_the_journal_keeps_no_connection_alive() -> None:
    journal, connection = Journal(max_entries=10), Connection()
    alive = weakref.ref(connection)
    scope: Scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    scope["extensions"] = {"of a server": connection}

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(_message: Message) -> None:
        """Nobody listens."""

    async def ask(scope: Scope) -> None:
        await with_journal(Response(), journal, "gate", Response())(scope, receive, send)

    asyncio.run(ask(scope))
    del scope, connection
    gc.collect()
    assert len(journal.stored) == 1
    assert alive() is None


SPELLINGS = [
    TOKEN,
    base64.b64encode(TOKEN.encode()).decode().rstrip("="),
    base64.urlsafe_b64encode(f"user:{TOKEN}".encode()).decode(),
    TOKEN.encode().hex(),
    TOKEN.encode().hex().upper(),
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_known_secret_is_redacted_though_no_header_names_it(spelling: str) -> None:
    own_core = spelling[8:-4]  # of the Base64 of more, only the characters that are the secret's own are redacted
    entry = asked(
        echo, orjson.dumps({"note": f"see {spelling}"}), [(b"x-forwarded", spelling.encode())], secrets=[TOKEN]
    )
    assert own_core not in str(entry)
    assert "[redacted]" in str(entry.body)
