"""Cookies, credentials and codings stay where they belong."""

from dataclasses import replace

import pytest

from gateway_contract.rules.rule import Outcome
from gateway_contract.rules.transport_rules import LEAKS
from gateway_contract.traffic.exchange import Exchange, Headers, NoAnswer
from gateway_contract.values.json_value import UNOBSERVED
from tests.gateway_contract.exchanges import DIALECTS, JSON, Body
from tests.gateway_contract.rules.test_transport_rules import outcomes

GATEWAY = DIALECTS["powertokens"]
BODY: Body = {"model": "qwen-image-2.0-pro", "prompt": "a kite"}
CODING, SECRETS, VENDOR = "answer/content-coding", "upstream/client-secrets-stay", "answer/vendor-headers"
COOKIE = ("Cookie", "lang=de; session=0123456789")
PROXY = ("Proxy-Authorization", "Basic 0123456789")
CANARY = "canary-of-the-upstream"


def exchange(*sent: tuple[str, str], answered: Headers = JSON, called: Headers = (), canary: str = "") -> Exchange:
    found = GATEWAY.conforming(BODY)
    assert not isinstance(found.answer, NoAnswer)
    assert found.upstream is not UNOBSERVED
    call = replace(found.upstream[0], headers=called, canary=canary)
    request = replace(found.request, headers=(*found.request.headers, *sent))
    return replace(found, request=request, answer=replace(found.answer, headers=answered), upstream=(call,))


def test_each_leak_is_a_rule() -> None:
    assert set(LEAKS) == {"nothing-compressed-unasked", "client-secrets-stay", "nothing-of-the-vendor-passed-on"}


@pytest.mark.parametrize(
    ("accepts", "coding", "outcome"),
    [
        ("identity", (), Outcome.PASS),
        ("identity", (("Content-Encoding", "identity"),), Outcome.PASS),
        ("Identity", (("Content-Encoding", "gzip"),), Outcome.FAIL),
        ("gzip, identity", (("Content-Encoding", "gzip"),), None),
    ],
)
def test_only_whoever_accepts_it_gets_a_coding(accepts: str, coding: Headers, outcome: Outcome | None) -> None:
    assert outcomes(exchange(("Accept-Encoding", accepts), answered=JSON + coding)).get(CODING) is outcome


@pytest.mark.parametrize(
    ("sent", "called", "outcome"),
    [
        (COOKIE, (), Outcome.PASS),
        (COOKIE, (("cookie", "acw_tc=of-the-upstream; lang=de"),), Outcome.PASS),
        (COOKIE, (COOKIE,), Outcome.FAIL),
        (COOKIE, (("x-session", "0123456789"),), Outcome.FAIL),
        (PROXY, (PROXY,), Outcome.FAIL),
        (PROXY, (), Outcome.PASS),
        (("Cookie", "lang=de"), (("cookie", "lang=de"),), None),
        (("Accept", "*/*"), (("accept", "*/*"),), None),
    ],
)
def test_cookies_and_proxy_credentials_of_the_client_stay(
    sent: tuple[str, str], called: Headers, outcome: Outcome | None
) -> None:
    assert outcomes(exchange(sent, called=called)).get(SECRETS) is outcome


def test_what_goes_upstream_must_be_seen() -> None:
    assert outcomes(replace(exchange(COOKIE), upstream=UNOBSERVED))[SECRETS] is Outcome.INCONCLUSIVE
    assert SECRETS not in outcomes(replace(exchange(COOKIE), upstream=()))


@pytest.mark.parametrize(
    ("answered", "outcome"),
    [
        (JSON, Outcome.PASS),
        ((*JSON, ("set-cookie", "lb=node-1")), Outcome.PASS),
        ((*JSON, ("Set-Cookie", f"acw_tc={CANARY}; path=/")), Outcome.FAIL),
        ((*JSON, ("x-account", CANARY)), Outcome.FAIL),
    ],
)
def test_what_the_upstream_tells_the_gateway_alone_stays(answered: Headers, outcome: Outcome) -> None:
    assert outcomes(exchange(answered=answered, canary=CANARY))[VENDOR] is outcome


def test_what_the_upstream_tells_the_gateway_is_found_in_the_body_too() -> None:
    found = exchange(canary=CANARY)
    assert not isinstance(found.answer, NoAnswer)
    leaking = replace(found, answer=replace(found.answer, content=b'{"account": "%b"}' % CANARY.encode()))
    assert outcomes(leaking)[VENDOR] is Outcome.FAIL


def test_an_upstream_without_a_canary_shows_nothing() -> None:
    assert VENDOR not in outcomes(exchange())
