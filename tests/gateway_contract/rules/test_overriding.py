"""A field that no page names chooses neither the upstream nor its key."""

from dataclasses import replace

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.rules.rule import PASS, Finding, Outcome, evidence_of, failing
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


def test_no_other_upstream_is_called(says: Says) -> None:
    own = "the gateway's own upstream"
    lost = replace(GATEWAY.conforming(WITH_ADDRESS), upstream=())
    assert says(lost) == failing(own, "success without a call to it")
    assert says(with_status(lost, 502)) == failing(own, "HTTP 502")
    assert says(replace(lost, answer=NoAnswer("no whole answer within 1 s", 1.0))) == failing(
        own, "no whole answer within 1 s"
    )


def test_what_does_not_bear_on_it_says_nothing(says: Says) -> None:
    exchange = GATEWAY.conforming(WITH_KEY)
    assert says(GATEWAY.conforming(PLAIN)) is None
    assert says(GATEWAY.conforming({**PLAIN, "api_key": "short", "note": "a key"})) is None
    assert says(sent_as(exchange, Credential.WRONG, "POST")) is None
    assert says(replace(with_status(exchange, 500), essential=frozenset())) is None
    assert says(replace(exchange, request=post(ABSENT))) is None
    unseen = says(replace(exchange, upstream=UNOBSERVED))
    assert unseen is not None
    assert unseen.outcome is Outcome.INCONCLUSIVE
