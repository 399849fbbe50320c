"""A whole run: calls told apart, wrongs narrowed down, and an end to it whatever the gateway does."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import count

import orjson
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contract_tests.client.access import Access
from contract_tests.client.limits import Limits
from contract_tests.execution.health import MOST_BROKEN, MOST_SILENT, Health
from contract_tests.planning.fields import requested_images
from contract_tests.results import Conformance, Verdict
from contract_tests.run import prepare, run
from contract_tests.settings import Settings
from contract_tests.target import BUNDLED_TOKEN, bundled_gateway, observe
from gateway_contract.contract.validity import validity_of
from gateway_contract.rules.rule import Evidence, Finding
from gateway_contract.traffic.exchange import Credential, Exchange
from gateway_contract.values.json_value import ABSENT, Json, read_json
from gateway_contract.values.pointer import placed, read
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.stages import Gateway, GatewayRequest, authenticate, map_body
from mock_server.images.drawing import draw
from mock_server.images.picture import Picture
from mock_server.serving.error_response import ErrorResponse
from mock_server.serving.server import serving
from tests.contract_tests.gateways import (
    as_json,
    failing,
    generated,
    replying,
    run_against,
    run_with,
    silent,
    verdict_on,
)
from tests.contract_tests.three_contracts import POWERTOKENS, base, exchange, unanswered

pytestmark = pytest.mark.slow

PROMPT = "/input/messages/0/content/0/text"


def with_prompt_replaced(gateway: Gateway) -> Gateway:
    """A gateway that paints what it likes: no mark ever arrives."""
    return replace(gateway, map=lambda own, body: placed(map_body(own, body), PROMPT, "a cat"))


def without_a_seed_of_zero(gateway: Gateway) -> Gateway:
    inner = gateway.map

    def mapped(own: Gateway, body: Json) -> Json:
        call = inner(own, body)
        parameters = read(call, "/parameters")
        if isinstance(parameters, dict) and parameters.get("seed") == 0:
            del parameters["seed"]
        return call

    return replace(gateway, map=mapped)


def test_a_gateway_that_keeps_to_its_contract_conforms_seen_from_both_sides() -> None:
    found = run_with(lambda gateway: gateway)
    assert (found.conformance, found.observed) == (Conformance.CONFORMS, "two-sided")
    assert failing(found) == set()
    assert found.cost.upstream_calls > 50


def test_where_no_mark_arrives_calls_are_told_apart_one_at_a_time() -> None:
    found = run_with(lambda gateway: without_a_seed_of_zero(with_prompt_replaced(gateway)))
    assert {"prompt/mapped", "seed/preserves-0"} <= failing(found)
    assert {name.partition("/")[0] for name in failing(found)} == {"prompt", "seed"}


def test_a_lock_out_after_a_wrong_token_spoils_nothing() -> None:
    locked: list[bool] = []

    def locks(own: Gateway, request: GatewayRequest) -> ErrorResponse | None:
        error = authenticate(own, request)
        locked.append(error is not None)
        return ErrorResponse(401, "authentication_error", "locked", "locked out") if any(locked) else error

    found = run_with(lambda gateway: replace(gateway, authenticate=locks))
    assert found.conformance is Conformance.CONFORMS
    assert not any(locked[:-4])


def test_the_failure_that_is_shown_first_has_nothing_else_in_it() -> None:
    found = run_with(without_a_seed_of_zero)
    first = verdict_on(found, "seed/preserves-0").failures[0]
    body = first.exchange.request.body
    assert isinstance(body, dict)
    assert set(body) == {"model", "prompt", "seed"}
    assert first.exchange.name == "/seed 0 alone"


def test_a_refused_value_is_blamed_on_its_own_rule_alone() -> None:
    def changed(gateway: Gateway) -> Gateway:
        def validated(own: Gateway, body: Json) -> Json | ErrorResponse:
            if read(body, "/n") == 6:
                return ErrorResponse(400, "invalid_request_error", "no", "not so many")
            return gateway.validate(own, body)

        return replace(gateway, validate=validated)

    assert failing(run_with(changed)) == {"n/maximum"}


def test_a_rule_that_raises_is_our_error_and_the_others_are_judged() -> None:
    def raises(_: Evidence) -> Finding | None:
        raise ZeroDivisionError("in a rule")

    ready = prepare(Settings("powertokens", limits=Limits(answer=20, per_image=0)))
    broken, *others = ready.rules
    found = run(replace(ready, rules=(replace(broken, judge=raises), *others)), silent)
    assert found.conformance is Conformance.NOT_TESTED
    (told,) = found.our_errors
    assert told.startswith(f"rule {broken.id} could not judge ")
    assert told.endswith("ZeroDivisionError: in a rule")
    assert sum(one.verdict is Verdict.PASS for one in found.verdicts) > 80


# From here on gateways answer by rote: their upstream is not seen.

GOOD = {"url": "http://127.0.0.1/1.png"}
ERROR: dict[str, Json] = {"error": {"message": "no", "type": "rate_limit_error", "code": None, "param": None}}


BUSY_FOR = 3
"""How often a request is sent with these waits."""


@pytest.fixture
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contract_tests.client.limits.WAITS", (0.01, 0.02))
    monkeypatch.setattr("contract_tests.client.pace.LONGEST_INTERVAL", 0.001)


@pytest.mark.usefixtures("_short_waits")
def test_a_gateway_that_throttles_what_comes_after_the_look_is_not_tested() -> None:
    asked = count()
    example = orjson.dumps(POWERTOKENS.examples[0].body)
    picture = draw(Picture("0123456789abcdef", 1024, 1024, "dusk", "detail", "palette", marked=False))

    def reply(request: Request, content: bytes) -> Response:
        if request.method == "GET" and request.url.path == "/1.png":
            return Response(picture, media_type="image/png")
        if next(asked) == 0 or content == example:
            return generated({"url": f"{request.base_url}1.png"})
        return as_json(ERROR, 429)

    with replying(reply) as gateway:
        found = run_against(gateway.url)
    assert failing(found, "documented") == set()
    assert found.conformance is Conformance.NOT_TESTED
    assert re.fullmatch(r"the gateway responded 429 to [0-9]+ requests\. Raise the rate limits of .*", found.not_tested)


@pytest.mark.usefixtures("_short_waits")
def test_a_gateway_that_is_busy_for_a_while_on_every_seventh_request_is_judged_whole() -> None:
    """Each of them gets a 429 however long is waited, and is sent again in the end."""
    ready = prepare(Settings("powertokens"))
    seen = Counter[bytes]()

    def is_busy(content: bytes) -> bool:
        seen[content] += 1
        return len(seen) % 7 == 0 and [*seen].index(content) == len(seen) - 1 and seen[content] <= BUSY_FOR

    with observe(ready.contract, ready.settings) as observer:
        assert observer is not None
        app = gateway_app(bundled_gateway(ready.contract, observer))
        with serving(throttled(app, is_busy)) as url:
            access = Access(image_hosts=("127.0.0.1",))
            found = run_against(url, token=BUNDLED_TOKEN, jobs=1, access=access)
    assert sum(times > BUSY_FOR for times in seen.values()) > 15
    assert (found.conformance, found.not_tested, failing(found)) == (Conformance.CONFORMS, "", set())
    assert not [one for one in found.verdicts if one.verdict is Verdict.NOT_RUN and "429" in one.reason]


def throttled(app: ASGIApp, is_busy: Callable[[bytes], bool]) -> ASGIApp:
    """A gateway behind a proxy that answers 429 to some bodies."""

    async def proxied(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await app(scope, receive, send)
            return
        content = await Request(scope, receive).body()
        if is_busy(content):
            await as_json(ERROR, 429)(scope, receive, send)
            return
        unread = iter([content])

        async def again() -> Message:
            return {"type": "http.request", "body": next(unread, b""), "more_body": False}

        await app(scope, again, send)

    return proxied


@pytest.mark.usefixtures("_short_waits")
def test_a_gateway_that_throttles_and_violates_violates() -> None:
    asked = count()

    def reply(_request: Request, _content: bytes) -> Response:
        return as_json({"created": "now"}) if next(asked) % 2 == 0 else as_json(ERROR, 429)

    with replying(reply) as gateway:
        assert run_against(gateway.url).conformance is Conformance.VIOLATES


@pytest.mark.parametrize("budget", [1, 5, 30])
def test_valid_requests_ask_for_no_more_images_than_the_budget_has_narrowing_included(budget: int) -> None:
    """The gateway refuses some valid requests, so that many more are sent to find out why."""

    def reply(_request: Request, content: bytes) -> Response:
        return as_json(ERROR, 400) if b'"n":' in content else generated({**GOOD})

    with replying(reply) as gateway:
        run_against(gateway.url, budget=budget)
    asked = [body for content in gateway.asked if (body := read_json(content)) is not ABSENT]
    valid = [body for body in asked if validity_of(POWERTOKENS, body).valid]
    without_token = len(Credential) - 2
    assert sum(requested_images(POWERTOKENS, body) for body in valid) <= budget + without_token


def test_a_budget_that_leaves_out_documented_rules_is_no_test_and_says_so() -> None:
    with replying(lambda _request, content: generated({**GOOD}) if content[:2] == b'{"' else as_json(ERROR, 400)) as it:
        found = run_against(it.url, budget=1)
    verdicts = {one.rule.id: one for one in found.verdicts}
    assert verdicts["powertokens/request/accepted"].verdict is Verdict.PASS
    assert found.conformance is Conformance.NOT_TESTED
    assert re.fullmatch(r"\d+ of \d+ rules; the budget of 1 image is used up", found.not_tested)
    left_out = verdicts["powertokens/example/accepts-documented"]
    assert left_out.verdict is Verdict.NOT_RUN
    assert re.fullmatch(r"no request led to a verdict; --budget 1 left out \d+ requests", left_out.reason)
    assert not [one for one in found.verdicts if one.verdict is Verdict.NOT_RUN and one.exchanges]
    upstreams = verdicts["powertokens/seed/preserves-0"]
    assert (upstreams.verdict, upstreams.reason) == (Verdict.INCONCLUSIVE, "the upstream is not observed")


def health(sign: Exchange) -> tuple[Health, list[int]]:
    asked: list[int] = []

    async def ask() -> Exchange:
        asked.append(1)
        return sign

    return Health(ask, lambda one: validity_of(POWERTOKENS, one.request.body).valid), asked


def seeing(watch: Health, *exchanges: Exchange) -> None:
    async def see() -> None:
        for one in exchanges:
            await watch.record(one)

    asyncio.run(see())


SILENT = unanswered({})
REFUSED = exchange({}, 400)


def test_a_few_requests_without_an_answer_end_nothing() -> None:
    watch, asked = health(SILENT)
    seeing(watch, *[SILENT] * (MOST_SILENT - 1), REFUSED, *[SILENT] * (MOST_SILENT - 1))
    assert (watch.stopped, asked, watch.reason_not_run) == ("", [], "")


def test_a_gateway_that_gives_a_sign_of_life_is_tested_on() -> None:
    watch, asked = health(REFUSED)
    seeing(watch, *[SILENT] * 3 * MOST_SILENT)
    assert (watch.stopped, len(asked)) == ("", 3)


def test_a_gateway_that_gives_none_is_given_up_once() -> None:
    watch, asked = health(SILENT)
    seeing(watch, *[SILENT] * 3 * MOST_SILENT)
    assert "no complete response within 1 s" in watch.stopped
    assert watch.reason_not_run == watch.stopped
    assert len(asked) == 1


BROKEN = exchange(base(POWERTOKENS), 500)
GOOD_EXCHANGE = exchange(base(POWERTOKENS))
INVALID = exchange({**base(POWERTOKENS), "n": "x"}, 500)


def test_a_gateway_that_breaks_on_many_valid_requests_in_a_row_and_on_a_plain_one_is_given_up() -> None:
    watch, asked = health(BROKEN)
    seeing(watch, *[BROKEN] * (MOST_BROKEN - 1), INVALID)
    assert (watch.stopped, asked) == ("", [])
    seeing(watch, *[BROKEN] * MOST_BROKEN)
    assert watch.broke_down
    assert watch.stopped.startswith("the gateway responded HTTP 500 to a plain request after 10 valid ones in a row")
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("sign", "between"), [(GOOD_EXCHANGE, BROKEN), (BROKEN, GOOD_EXCHANGE), (BROKEN, exchange(base(POWERTOKENS), 400))]
)
def test_a_gateway_that_works_in_between_is_tested_on(sign: Exchange, between: Exchange) -> None:
    watch, _ = health(sign)
    seeing(watch, *[BROKEN] * (MOST_BROKEN - 1), between, *[BROKEN] * (MOST_BROKEN - 1))
    assert (watch.stopped, watch.broke_down) == ("", False)


def test_a_gateway_that_breaks_on_its_first_request_is_tested_and_told() -> None:
    asked = count()

    def asleep(gateway: Gateway) -> Gateway:
        inner = gateway.authenticate

        def woken(own: Gateway, request: GatewayRequest) -> ErrorResponse | None:
            return ErrorResponse(503, "server_error", "asleep", "Wait.") if next(asked) == 0 else inner(own, request)

        return replace(gateway, authenticate=woken)

    found = run_with(asleep)
    assert (found.not_tested, failing(found)) == ("", {"request/accepted"})
    (failure,) = verdict_on(found, "request/accepted").failures
    assert failure.exchange.name == "a look before the run"
    assert failure.finding.observed == "HTTP 503"


def test_a_gateway_that_goes_on_breaking_is_looked_at_twice_at_most() -> None:
    with replying(lambda *_: as_json({"error": "down"}, 503)) as gateway:
        found = run_against(gateway.url, upstream="127.0.0.1:0")
    assert "the gateway responded 503 but nothing reached the upstream" in found.not_tested
    assert found.cost.requests == len(gateway.asked) == 2
