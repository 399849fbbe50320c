"""From a case to an exchange: patience where the gateway asks for it, and a look at every image that comes."""

import asyncio
import base64
import time
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response

from contract_tests.client.access import Access, wrong_token
from contract_tests.client.case import Case, json_case
from contract_tests.client.image_hosts import ImageHosts
from contract_tests.client.kept_answer import KEPT_OF_IMAGE
from contract_tests.client.limits import Limits
from contract_tests.client.send import MOST_ITEMS, PATIENCE, Sender, retry_after, send
from contract_tests.client.tokens import Tokens
from contract_tests.client.transport import open_transport
from gateway_contract.traffic.exchange import Answer, BrokenImage, Credential, Exchange, Headers, Image, NoAnswer
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, Json, read_json
from gateway_contract.values.pointer import read
from mock_server.images.drawing import draw
from mock_server.images.picture import Picture
from tests.contract_tests.gateways import TOKEN, Reply, Scripted, as_json, generated, replying
from tests.contract_tests.three_contracts import POWERTOKENS, base

pytestmark = pytest.mark.slow

PNG = draw(Picture("0123456789abcdef", 96, 64, "dusk", "detail", "palette", marked=False))
WAITS = (0.05, 0.1, 0.2, 0.4, 0.8)
INLINE = base64.b64encode(PNG).decode()
PLAIN = json_case("plain", base(POWERTOKENS))


def sent(url: str, case: Case = PLAIN) -> Exchange:
    async def once() -> Exchange:
        async with open_transport() as transport:
            return await send(sender(url, transport), case)

    return asyncio.run(once())


def sender(url: str, transport: httpx.AsyncBaseTransport) -> Sender:
    limits = Limits(answer=10, per_image=0, waits=WAITS)
    hosts = ImageHosts(allowed=("127.0.0.1",), is_public=True)
    return Sender(POWERTOKENS, transport, url, Tokens(TOKEN), hosts, limits, "127.0.0.1:9900")


def items(exchange: Exchange) -> tuple[tuple[Image | BrokenImage, ...], ...]:
    assert exchange.images is not UNOBSERVED
    return exchange.images


def throttling(times: int, headers: dict[str, str], status: int = 429) -> tuple[Reply, list[float]]:
    """Says 429 so many times; and when it was asked."""
    asked: list[float] = []

    def reply(_request: Request, _content: bytes) -> Response:
        asked.append(time.monotonic())
        return as_json({"error": "slow"}, status, headers) if len(asked) <= times else generated()

    return reply, asked


def status_after(times: int, headers: dict[str, str]) -> tuple[int, list[float]]:
    reply, asked = throttling(times, headers)
    with replying(reply) as gateway:
        answer = sent(gateway.url).answer
    assert isinstance(answer, Answer)
    return answer.status, asked


def test_a_429_that_says_how_long_is_waited_for_and_asked_again() -> None:
    status, asked = status_after(1, {"Retry-After": "1"})
    assert status == 200
    assert asked[1] - asked[0] >= 1


def test_a_429_that_says_until_when_is_waited_for_and_asked_again() -> None:
    status, asked = status_after(1, {"Retry-After": formatdate(time.time() + 2, usegmt=True)})
    assert (status, len(asked)) == (200, 2)


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "soon"}, {"Retry-After": "-1"}])
def test_a_429_that_says_nothing_of_use_is_repeated_after_a_wait_of_our_own(headers: dict[str, str]) -> None:
    status, asked = status_after(2, headers)
    assert (status, len(asked)) == (200, 3)
    assert asked[2] - asked[1] >= WAITS[1]


def test_a_wait_longer_than_our_patience_is_not_begun() -> None:
    status, asked = status_after(1, {"Retry-After": "86400"})
    assert (status, len(asked)) == (429, 1)


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "0"}])
def test_patience_ends(headers: dict[str, str]) -> None:
    status, asked = status_after(100, headers)
    assert (status, len(asked)) == (429, len(WAITS) + 1)


def test_a_503_that_says_when_is_waited_for() -> None:
    reply, asked = throttling(1, {"Retry-After": "0"}, 503)
    with replying(reply) as gateway:
        answer = sent(gateway.url).answer
    assert isinstance(answer, Answer)
    assert (answer.status, len(asked)) == (200, 2)


def test_after_a_429_requests_keep_a_distance() -> None:
    """A gateway that takes 20 requests a second and says nothing of when to come again."""
    accepted: list[float] = []

    def reply(_request: Request, _content: bytes) -> Response:
        now = time.monotonic()
        if accepted and now - accepted[-1] < 0.05:
            return as_json({"error": "slow"}, 429)
        accepted.append(now)
        return generated()

    async def many(url: str) -> list[Exchange]:
        async with open_transport() as transport:
            return list(await asyncio.gather(*(send(made, PLAIN) for made in [sender(url, transport)] * 10)))

    with replying(reply) as gateway:
        found = asyncio.run(many(gateway.url))
    assert [one.answer.status for one in found if isinstance(one.answer, Answer)] == [200] * 10
    assert len(gateway.asked) < 30  # without a distance most of ten would be rejected again and again


@pytest.mark.parametrize("status", [201, 302, 400, 401, 404, 500])
def test_any_other_status_is_shown_even_with_retry_after(status: int) -> None:
    with replying(lambda *_: as_json({}, status, {"Retry-After": "1"})) as gateway:
        answer = sent(gateway.url).answer
    assert isinstance(answer, Answer)
    assert (answer.status, len(gateway.asked)) == (status, 1)


def asking_for_patience(value: str) -> Answer:
    return Answer(429, (("retry-AFTER", value),), b"", ABSENT, 0.1, 0.0)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0), (" 7 ", 7), ("Thu, 01 Jan 1970 00:01:40 GMT", 60), ("Wed, 31 Dec 1969 00:00:00 GMT", 0), ("1e3", None)],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str, seconds: float | None) -> None:
    assert retry_after(asking_for_patience(value), now=40.0) == seconds


@pytest.mark.parametrize("day", ["9" * 20, "01"])
@pytest.mark.parametrize("year", ["9" * 20, "2026"])
def test_a_date_that_no_machine_can_hold_is_no_date(day: str, year: str) -> None:
    said = f"Thu, {day} Jan {year} 00:00:00 +{'9' * 20}"
    assert retry_after(asking_for_patience(said), now=40.0) is None


@given(st.text(max_size=40) | st.from_regex(r"\A\w{3}, [0-9]{1,5} \w{3} [0-9]{1,6} [0-9:]{0,12} [+-]?[0-9]{0,9}\Z"))
def test_whatever_stands_in_retry_after_nothing_breaks(value: str) -> None:
    seconds = retry_after(asking_for_patience(value), now=40.0)
    assert seconds is None or seconds >= 0


def test_no_answer_asks_for_no_patience() -> None:
    assert retry_after(NoAnswer("connection refused", 0.1), 0.0) is None
    assert PATIENCE < 600


@pytest.mark.parametrize(
    ("credential", "headers"),
    [
        (Credential.RIGHT, (("Authorization", f"Bearer {TOKEN}"),)),
        (Credential.MISSING, ()),
        (Credential.EMPTY, (("Authorization", "Bearer"),)),
    ],
)
def test_a_credential_is_sent_as_it_is_named(credential: Credential, headers: Headers) -> None:
    assert Access().authorization(credential, TOKEN) == headers


def test_a_wrong_token_is_another_one_and_another_scheme_is_the_only_thing_wrong() -> None:
    ((_, wrong),) = Access().authorization(Credential.WRONG, TOKEN)
    ((_, scheme),) = Access().authorization(Credential.OTHER_SCHEME, TOKEN)
    assert wrong.startswith("Bearer ")
    assert TOKEN not in wrong
    assert not scheme.lower().startswith("bearer")


@pytest.mark.parametrize("scheme", ["bearer", "X-Api-Key"])
def test_a_wrong_token_begins_like_the_right_one_and_tells_little_of_it(scheme: str) -> None:
    ((_, wrong),) = Access(scheme=scheme).authorization(Credential.WRONG, "sk-0a1b2c3d4e5f6g")
    assert wrong.removeprefix("Bearer ") == "sk-0a0x0x0x0x0x0x"
    assert wrong_token("sk-0a1b2c3d4e5f6g" * 4).startswith("sk-0a1x0x0")


@pytest.mark.parametrize("token", ["", "-", "x", "00", "sk-xxxxxx"])
def test_a_wrong_token_is_never_the_right_one(token: str) -> None:
    assert wrong_token(token) not in {"", token}


def test_an_item_may_carry_its_image_twice_and_both_are_looked_at() -> None:
    def reply(request: Request, _content: bytes) -> Response:
        if request.method == "GET":
            return Response(PNG, media_type="image/png")
        return generated({"url": f"{request.base_url}1.png", "b64_json": INLINE})

    with replying(reply) as gateway:
        ((first, second),) = items(sent(gateway.url))
    assert isinstance(first, Image)
    assert isinstance(second, Image)
    assert {first.key, second.key} == {"url", "b64_json"}
    assert first.identity == second.identity == "0123456789abcdef"


def test_of_an_image_within_the_answer_the_beginning_is_kept_once_it_was_looked_at() -> None:
    long = base64.b64encode(PNG + bytes(2 * KEPT_OF_IMAGE)).decode()
    other: dict[str, Json] = {"revised_prompt": "x" * 2 * KEPT_OF_IMAGE}
    with replying(lambda *_: generated({"b64_json": long, **other}, {"b64_json": ""}, 7)) as gateway:
        exchange = sent(gateway.url)
    assert isinstance(items(exchange)[0][0], Image)
    assert isinstance(exchange.answer, Answer)
    kept = read(exchange.answer.body, "/data")
    assert kept == [{"b64_json": long[:KEPT_OF_IMAGE], **other}, {"b64_json": ""}, 7]
    assert read_json(exchange.answer.content) == exchange.answer.body


def test_more_items_than_anybody_sells_are_not_looked_at() -> None:
    many: list[Json] = [{"b64_json": INLINE}] * 100
    with replying(lambda *_: generated(*many)) as gateway:
        assert len(items(sent(gateway.url))) == MOST_ITEMS


def test_items_that_are_no_objects_carry_nothing_and_keep_their_place() -> None:
    odd = [None, 7, "text", [], [{"b64_json": INLINE}], {"b64_json": ""}, {"url": 7}, {"b64_json": INLINE}]
    with replying(lambda *_: generated(*odd)) as gateway:  # type: ignore[arg-type] # any JSON
        assert [len(item) for item in items(sent(gateway.url))] == [0, 0, 0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ({"b64_json": f"data:image/png;base64,{INLINE}"}, "a data URI, not bare Base64"),
        ({"b64_json": base64.b64encode(PNG[:30]).decode()}, "a PNG image whose header cannot be read"),
        ({"url": "/1.png"}, "the link is relative"),
        ({"url": "file:///etc/passwd"}, "the link points to file:"),
        ({"url": "http://127.0.0.2/1.png"}, "the link points to a private address (127.0.0.2)"),
    ],
)
def test_what_is_no_image_is_told_in_its_place(item: dict[str, str], problem: str) -> None:
    with replying(lambda *_: generated({**item})) as gateway:
        ((broken,),) = items(sent(gateway.url))
    assert isinstance(broken, BrokenImage)
    assert broken.problem == problem


@pytest.mark.parametrize("data", [{}, "text", None, 7])
def test_a_list_of_images_that_is_none_has_no_images(data: object) -> None:
    with replying(lambda *_: as_json({"data": data})) as gateway:  # type: ignore[dict-item] # any JSON
        assert items(sent(gateway.url)) == ()


def test_a_refusal_has_no_images_whatever_it_holds() -> None:
    with replying(lambda *_: as_json({"data": [{"b64_json": INLINE}]}, 400)) as gateway:
        assert items(sent(gateway.url)) == ()


def test_a_gateway_at_a_unix_socket_goes_by_the_path_of_the_socket() -> None:
    reached = replace(sender("http://localhost", open_transport()), access=Access(socket=Path("/run/gw.sock")))
    assert reached.address == "unix:/run/gw.sock"
    assert replace(reached, access=Access()).address == "http://localhost"


def test_a_case_is_sent_as_it_stands() -> None:
    def echoed(case: Case) -> tuple[Exchange, Scripted]:
        with replying(lambda *_: generated()) as gateway:
            return sent(gateway.url, case), gateway

    exchange, gateway = echoed(Case("cut", b'{"a', method="PUT"))
    assert gateway.asked == [b'{"a']
    assert (exchange.request.method, exchange.request.body, exchange.name) == ("PUT", ABSENT, "cut")
    assert exchange.upstream_address == "127.0.0.1:9900"
    exchange, _ = echoed(replace(PLAIN, credential=Credential.MISSING))
    assert "Authorization" not in dict(exchange.request.headers)


class Silent(httpx.AsyncBaseTransport):
    """Gives no response; notes that a client gave a request up."""

    given_up = False

    async def handle_async_request(self, _request: httpx.Request) -> httpx.Response:
        try:
            await asyncio.Event().wait()
        finally:
            self.given_up = True
        raise httpx.ReadError("no response")


@pytest.mark.anyio
async def test_a_client_hangs_up_once_the_upstream_call_is_under_way() -> None:
    transport, looked = Silent(), list[object]()

    def is_called(request: object) -> bool:
        looked.append(request)
        return len(looked) == 3

    calling = replace(sender("http://127.0.0.1:1", transport), is_called=is_called)
    case = json_case("a", base(POWERTOKENS), hangs_up=True, upstream_seconds=0.1)
    answer = (await send(calling, case)).answer
    assert isinstance(answer, NoAnswer)
    assert answer.hung_up
    assert transport.given_up
    assert len(looked) == 3
