"""What the contract says of an exchange is worked out once, for all rules."""

from dataclasses import replace

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.rules.rule import evidence_of
from gateway_contract.traffic.exchange import Credential
from gateway_contract.values.json_value import ABSENT, UNOBSERVED
from tests.gateway_contract.exchanges import called, post, sent_as
from tests.gateway_contract.invented import PAINTBOX

EXCHANGE = PAINTBOX.conforming({"engine": "quick", "wish": {"words": "a kite"}, "unwanted": ""})


def test_a_value_is_what_was_sent_or_the_default(invented: Contract) -> None:
    found = evidence_of(invented, EXCHANGE)
    assert (found.effective("/engine"), found.effective("/sheets"), found.effective("/chaos")) == ("quick", 1, ABSENT)
    assert found.sent("/sheets") is ABSENT
    assert found.is_open("/unwanted")
    assert not found.is_open("/engine")


def test_a_request_that_is_no_json_has_no_values(invented: Contract) -> None:
    found = evidence_of(invented, replace(EXCHANGE, request=post(ABSENT)))
    assert found.body is found.effective("/sheets") is found.sent("/engine") is ABSENT


@pytest.mark.parametrize(
    ("credential", "method", "accepted"),
    [
        (Credential.RIGHT, "POST", True),
        (Credential.UNKNOWN, "POST", True),
        (Credential.WRONG, "POST", False),
        (Credential.RIGHT, "PUT", False),
    ],
)
def test_only_an_authorized_request_to_the_operation_counts_as_accepted(
    credential: Credential,
    method: str,
    accepted: bool,  # noqa: FBT001 # the table
    invented: Contract,
) -> None:
    assert evidence_of(invented, sent_as(EXCHANGE, credential, method)).accepted is accepted


def test_the_call_that_made_the_images_is_looked_at_or_else_the_last(invented: Contract) -> None:
    failed, made, other = called({"a": 1}, 0), called({"a": 2}, 1), called({"a": 3}, 0)
    assert evidence_of(invented, replace(EXCHANGE, upstream=(failed, made, other))).call is made
    assert evidence_of(invented, replace(EXCHANGE, upstream=(failed, other))).call is other
    assert evidence_of(invented, replace(EXCHANGE, upstream=())).call is ABSENT
    assert evidence_of(invented, replace(EXCHANGE, upstream=UNOBSERVED)).call is UNOBSERVED
