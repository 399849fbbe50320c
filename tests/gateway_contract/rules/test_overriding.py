"""A field that no page names chooses neither the upstream nor its key."""

from dataclasses import replace

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.rules.rule import PASS, Finding, Outcome, evidence_of, failing, inconclusive
from gateway_contract.rules.security_rules import nothing_overridden
from gateway_contract.traffic.exchange import Credential, Exchange, NoAnswer
from gateway_contract.values.json_value import ABSENT, UNOBSERVED
from tests.gateway_contract.exchanges import DIALECTS, JSON, Body, first_call, post, sent_as, with_status

GATEWAY = DIALECTS["powertokens"]
PLAIN: Body = {"model": "qwen-image-2.0-pro", "prompt": "sk-in-the-prompt-is-art"}
CHOSEN = "sk-chosen-by-the-client"
WITH_KEY: Body = {**PLAIN, "api_key": CHOSEN}
WITH_ADDRESS: Body = {**PLAIN, "base_url": "http://127.0.0.1:9/elsewhere"}


@pytest.fixture
def says(powertokens: Contract) -> "Says":
    return Says(powertokens)


class Says:
    def __init__(self, contract: Contract) -> None:
        self.contract = contract

    def __call__(self, exchange: Exchange) -> Finding | None:
        return nothing_overridden(evidence_of(self.contract, exchange))


@pytest.mark.parametrize("body", [WITH_KEY, WITH_ADDRESS])
def test_it_may_be_ignored_or_refused(body: Body, says: Says) -> None:
    assert says(GATEWAY.conforming(body)) == PASS
    assert says(GATEWAY.refusing(body)) == PASS


def test_a_key_from_the_body_never_goes_upstream(says: Says) -> None:
    exchange = GATEWAY.conforming(WITH_KEY)
    call = replace(first_call(exchange), headers=(*JSON, ("authorization", f"Bearer {CHOSEN}")))
    assert says(replace(exchange, upstream=(call,))) == failing("the gateway's own key", "one that stands in the body")


def test_only_a_call_to_the_named_address_shows_that_another_upstream_was_called(says: Says) -> None:
    conforming = GATEWAY.conforming(WITH_ADDRESS)
    elsewhere = replace(first_call(conforming), path="/elsewhere/services/images")
    assert says(replace(conforming, upstream=(elsewhere,))) == failing(
        "the gateway's own upstream", "a call to the address that stands in the body"
    )
    unseen = inconclusive("no upstream call was seen, and the request was not rejected")
    lost = replace(conforming, upstream=())
    assert says(lost) == unseen
    assert says(with_status(lost, 502)) == unseen
    assert says(replace(lost, answer=NoAnswer("no whole answer within 1 s", 1.0))) == unseen


def test_what_does_not_bear_on_it_says_nothing(says: Says) -> None:
    exchange = GATEWAY.conforming(WITH_KEY)
    assert says(GATEWAY.conforming(PLAIN)) is None
    assert says(GATEWAY.conforming({**PLAIN, "api_key": "short", "note": "a key"})) is None
    assert says(sent_as(exchange, Credential.WRONG, "POST")) is None
    assert says(replace(exchange, request=post(ABSENT))) is None
    unseen = says(replace(exchange, upstream=UNOBSERVED))
    assert unseen is not None
    assert unseen.outcome is Outcome.INCONCLUSIVE
