"""What users rely on: one judge per promise, each shown what keeps it, what breaks it and what does not bear on it."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.document.node import Place
from gateway_contract.rules.expectations import EXPECTATIONS
from gateway_contract.rules.judge import Judgement
from gateway_contract.rules.judge import judge as judge_all
from gateway_contract.rules.rule import PASS, Finding, Outcome, Rule, failing
from gateway_contract.schema.constraint import Level
from gateway_contract.traffic.exchange import Answer, BrokenImage, Credential, Exchange, NoAnswer
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, Json
from gateway_contract.values.pointer import placed, removed
from tests.gateway_contract.exchanges import (
    DIALECTS,
    ERROR,
    KEY,
    TOKEN,
    Body,
    answered,
    call_body,
    called,
    drawn,
    first_call,
    post,
    sent_as,
    with_call,
    with_images,
    with_status,
)

GATEWAY = DIALECTS["powertokens"]
BODY: Body = {"model": "qwen-image-2.0-pro", "prompt": "a kite", "n": 2}
EXCHANGE = GATEWAY.conforming(BODY)
REFUSED = GATEWAY.refusing(BODY | {"n": 9})
CLOSED = replace(EXCHANGE, answer=NoAnswer("closed", 1.0))
UNSEEN = replace(EXCHANGE, upstream=UNOBSERVED)


@pytest.fixture
def says(powertokens: Contract) -> "Says":
    return Says(powertokens)


class Says:
    def __init__(self, contract: Contract) -> None:
        self.contract = contract

    def __call__(self, judge: str, exchange: Exchange) -> Finding | None:
        named = EXPECTATIONS[judge]
        place = Place(Path("made-up.yaml"), 1)
        rule = Rule(
            judge,
            named.kind,
            None,
            Level.EXPECTED,
            None,
            "",
            place,
            named.judge,
            skips_retry_later=named.skips_retry_later,
        )
        found = [one.finding for one in judge_all(self.contract, [rule], exchange) if isinstance(one, Judgement)]
        return found[0] if found else None


def unobserved(found: Finding | None) -> bool:
    return found is not None and found.outcome is Outcome.INCONCLUSIVE


def test_every_request_gets_an_answer(says: Says) -> None:
    assert says("answer-given", EXCHANGE) == says("answer-given", REFUSED) == PASS
    assert says("answer-given", CLOSED) == failing("an answer", "closed")


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON; charset=utf-8", "application/a+json"])
def test_an_answer_says_that_it_is_json(media_type: str, says: Says) -> None:
    exchange = replace(EXCHANGE, answer=answered({}, headers=(("Content-Type", media_type),)))
    assert says("answer-content-type", exchange) == PASS


def test_an_answer_that_calls_itself_something_else_fails(says: Says) -> None:
    wanted = "Content-Type: application/json"
    html = replace(EXCHANGE, answer=answered({}, headers=(("Content-Type", "text/html+json"),)))
    assert says("answer-content-type", html) == failing(wanted, "text/html+json")
    assert says("answer-content-type", replace(EXCHANGE, answer=answered({}, headers=()))) == failing(wanted, "none")
    for other in (CLOSED, replace(EXCHANGE, answer=answered(ABSENT)), sent_as(html, method="GET")):
        assert says("answer-content-type", other) is None


@pytest.mark.parametrize(
    ("status", "expected"),
    [*((status, PASS) for status in (400, 404, 413, 415, 422)), (429, None), (500, None), (200, None),
     (409, failing("400, 404, 413, 415 or 422", "HTTP 409")), (401, failing("400, 404, 413, 415 or 422", "HTTP 401"))],
)  # fmt: skip
def test_a_bad_request_is_refused_as_one(status: int, expected: Finding | None, says: Says) -> None:
    assert says("refusal-status", with_status(REFUSED, status)) == expected
    assert says("refusal-status", Exchange(post(ABSENT), answered(ERROR, status))) == expected
    assert says("refusal-status", sent_as(with_status(REFUSED, status), Credential.WRONG)) is None
    assert says("refusal-status", with_status(EXCHANGE, status)) is None


def test_another_method_is_refused(says: Says) -> None:
    assert says("other-method-refused", sent_as(with_status(EXCHANGE, 405), method="GET")) == PASS
    assert says("other-method-refused", sent_as(EXCHANGE, method="GET")) == failing("4xx", "HTTP 200")
    assert says("other-method-refused", EXCHANGE) is None
    assert says("other-method-refused", sent_as(CLOSED, method="GET")) is None


def test_a_call_is_valid_by_the_upstreams_document(says: Says) -> None:
    judge = "upstream-call-valid"
    assert says(judge, EXCHANGE) == PASS
    text = with_call(EXCHANGE, placed(call_body(EXCHANGE), "/parameters/n", "2"))
    assert says(judge, text) == failing('type ["integer","null"] at /parameters/n', '"2"')
    without = with_call(EXCHANGE, removed(call_body(EXCHANGE), "/input/messages/0/role"))
    assert says(judge, without) == failing('required "role" at /input/messages/0/role', "missing")
    assert says(judge, with_call(EXCHANGE, ABSENT)) == failing(
        "a JSON body upstream", "a body that is not JSON (application/json)"
    )
    assert says(judge, with_call(EXCHANGE, [])) == failing('type "object" at the body', "[]")
    mended = with_call(EXCHANGE, placed(call_body(EXCHANGE), "/parameters/negative_prompt", 501 * "b"))
    assert says(judge, mended) == PASS


def test_a_call_holds_nothing_that_the_upstream_does_not_know(says: Says) -> None:
    judge = "upstream-call-known"
    assert says(judge, EXCHANGE) == PASS
    more = with_call(EXCHANGE, placed(placed(call_body(EXCHANGE), "/parameters/response_format", "url"), "/a", {}))
    assert says(judge, more) == failing("only what the upstream knows", "/a, /parameters/response_format")
    assert says(judge, with_call(EXCHANGE, ABSENT)) is None


@pytest.mark.parametrize("judge", ["upstream-call-valid", "upstream-call-known"])
def test_a_call_that_nobody_saw_is_not_judged(judge: str, says: Says, powertokens: Contract) -> None:
    assert unobserved(says(judge, UNSEEN))
    assert says(judge, replace(EXCHANGE, upstream=())) is None
    assert says(judge, REFUSED) is None
    assert Says(replace(powertokens, upstream=None))(judge, EXCHANGE) is None


def test_an_accepted_request_makes_one_call_that_generates(says: Says) -> None:
    call, failed = first_call(EXCHANGE), called({}, 0)
    assert says("one-generation", replace(EXCHANGE, upstream=(failed, call))) == PASS
    assert says("one-generation", replace(EXCHANGE, upstream=(call, call))) == failing("one generation call", "2")
    assert says("one-generation", replace(EXCHANGE, upstream=())) == failing("one generation call", "0")
    assert unobserved(says("one-generation", UNSEEN))
    assert says("one-generation", REFUSED) is None


def test_a_refused_request_generates_nothing(says: Says) -> None:
    judge = "no-generation-when-refused"
    assert says(judge, REFUSED) == PASS
    assert says(judge, replace(REFUSED, upstream=(called({}, 0),))) == PASS
    made = replace(REFUSED, upstream=(called({}, 1),))
    assert says(judge, made) == failing("no generation for a refused request", "1 generation calls")
    assert unobserved(says(judge, replace(REFUSED, upstream=UNOBSERVED)))
    assert says(judge, EXCHANGE) is None


@pytest.mark.parametrize(
    ("leak", "where"),
    [
        ({"headers": (("x-user", f"token {TOKEN}"),)}, "header x-user"),
        ({"path": f"/up?key={TOKEN}"}, "path or query"),
        ({"body": {"a": ["b", f"c {TOKEN}", 5]}}, "body at /a/1"),
    ],
)
def test_the_clients_token_stays_with_the_gateway(leak: dict[str, object], where: str, says: Says) -> None:
    call = replace(first_call(EXCHANGE), **leak)  # type: ignore[arg-type] # a field of a call
    spoilt = replace(EXCHANGE, upstream=(first_call(EXCHANGE), call))
    assert says("client-token-stays", EXCHANGE) == PASS
    assert says("client-token-stays", spoilt) == failing(
        "the client's token nowhere upstream", f"in the call's {where}"
    )


def test_where_there_is_no_token_or_no_call_none_can_leak(says: Says) -> None:
    judge = "client-token-stays"
    assert unobserved(says(judge, UNSEEN))
    assert says(judge, replace(EXCHANGE, upstream=())) is None
    for headers in ((), (("authorization", "Bearer "),), (("authorization", "no"),)):
        assert says(judge, replace(EXCHANGE, request=replace(EXCHANGE.request, headers=headers))) is None
    assert says(judge, with_call(EXCHANGE, ABSENT)) == PASS


def test_a_token_that_is_a_short_word_is_found_only_where_it_stands_alone(says: Says) -> None:
    judge = "client-token-stays"
    short = replace(EXCHANGE, request=replace(EXCHANGE.request, headers=(("authorization", "Bearer kite"),)))
    assert says(judge, short) == PASS
    leaks = [{"body": {"user": "kite"}}, {"headers": (("Authorization", "Bearer kite"),)}]
    for leak in leaks:
        call = replace(first_call(short), **leak)  # type: ignore[arg-type] # a field of a call
        found = says(judge, replace(short, upstream=(call,)))
        assert found is not None
        assert found.outcome is Outcome.FAIL


def test_an_upstream_key_that_is_a_short_word_may_stand_in_an_answer(says: Says) -> None:
    call = replace(first_call(EXCHANGE), headers=(("authorization", "Bearer created"),))
    assert says("no-upstream-secrets", replace(EXCHANGE, upstream=(call,))) == PASS


def telling(exchange: Exchange, text: str, status: int) -> Exchange:
    body: Json = {"error": {"message": text}}
    return replace(exchange, answer=answered(body, status), upstream_address="10.0.0.9:9900")


def test_an_answer_tells_nothing_of_the_upstreams_secrets(says: Says) -> None:
    judge = "no-upstream-secrets"
    assert says(judge, EXCHANGE) == says(judge, telling(EXCHANGE, "sorry", 500)) == PASS
    key = failing("nothing of the upstream's key", "the key, in the answer")
    assert says(judge, telling(EXCHANGE, f"called with {KEY}", 500)) == key
    assert isinstance(EXCHANGE.answer, Answer)
    in_header = replace(EXCHANGE, answer=replace(EXCHANGE.answer, headers=(("x-key", KEY),)))
    assert says(judge, in_header) == key
    address = failing("nothing of the upstream's address", "10.0.0.9:9900, in the answer")
    assert says(judge, telling(EXCHANGE, "could not reach 10.0.0.9:9900", 502)) == address
    assert says(judge, telling(EXCHANGE, "http://10.0.0.9:9900/a.png", 200)) == PASS
    for other in (CLOSED, UNSEEN, replace(EXCHANGE, upstream=())):
        assert says(judge, other) is None


def test_a_client_receives_its_own_images(says: Says) -> None:
    judge = "own-images"
    assert says(judge, EXCHANGE) == PASS
    foreign = with_images(EXCHANGE, drawn("url", "1*1"), drawn("url", "1*1", 9))
    assert says(judge, foreign) == failing("images made for this request", "1 made for another")
    nameless = with_images(EXCHANGE, replace(drawn("url", "1*1"), identity=None))
    assert unobserved(says(judge, nameless))
    assert says(judge, with_images(EXCHANGE, BrokenImage("url", "", "404"))) is None
    no_json = replace(foreign, request=replace(foreign.request, body=ABSENT))
    for other in (no_json, UNSEEN, replace(EXCHANGE, images=UNOBSERVED), REFUSED):
        assert says(judge, other) is None


def test_no_image_comes_twice(says: Says) -> None:
    judge = "distinct-images"
    assert says(judge, EXCHANGE) == PASS
    twice = with_images(EXCHANGE, drawn("url", "1*1"), drawn("url", "1*1"))
    assert says(judge, twice) == failing("every image once", "one image 2 times")
    same_bytes = [replace(drawn("url", "1*1", number), identity=None, digest="same") for number in (1, 2)]
    assert says(judge, with_images(EXCHANGE, *same_bytes)) == failing("every image once", "one image 2 times")
    both_ways = replace(EXCHANGE, images=((drawn("url", "1*1"), drawn("b64_json", "1*1")), (drawn("url", "1*1", 1),)))
    assert says(judge, both_ways) == PASS
    for other in (with_images(EXCHANGE, drawn("url", "1*1")), replace(EXCHANGE, images=UNOBSERVED), REFUSED):
        assert says(judge, other) is None


def test_an_image_is_sent_as_what_it_is(says: Says) -> None:
    judge, image = "image-media-type", drawn("url", "1*1")
    assert says(judge, EXCHANGE) == PASS
    assert says(judge, with_images(EXCHANGE, replace(image, media_type="IMAGE/PNG"))) == PASS
    jpeg = replace(image, format="JPEG", media_type="image/png")
    assert says(judge, with_images(EXCHANGE, image, jpeg)) == failing("image/jpeg", "image/png")
    untold = with_images(EXCHANGE, replace(image, media_type=""))
    assert says(judge, untold) == failing("image/png", "no Content-Type")
    assert says(judge, replace(EXCHANGE, images=UNOBSERVED)) is None


def test_every_judge_is_used_by_the_shared_expectations(powertokens: Contract) -> None:
    assert {expectation.judge for expectation in powertokens.expectations} == EXPECTATIONS.keys()
