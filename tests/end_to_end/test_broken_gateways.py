"""A gateway that is broken in one way is found out, and what that hides is no more than what is blamed.

A sample of the ways, other contracts and parts from way to way; `make selftest` tries all of them by the two contracts
of the project.
"""

import pytest

from contract_tests.results import Conformance
from contract_tests.selftest.trials import blamed
from mock_server.defects.catalogue import each_operator_once
from mock_server.defects.defect import PAIRS, Defect
from tests.contract_tests.gateways_under_test import hidden, right_run, run_against
from tests.contract_tests.three_contracts import CONTRACTS, contract_named

NAMES = [contract.name for contract in CONTRACTS]
EVERY = 16  # of so many ways one is tried
PLAYED = {"upstream-answer", "upstream-cost", "upstream-failure"}  # take what is played, which the sample does without
EACH_ONCE = [
    (contract.name, defect)
    for contract, defect in each_operator_once(CONTRACTS)
    if defect.subject not in PLAYED and defect.operator.strength == PAIRS and not defect.operator.is_rare
]
BY_CHANCE = {"random-failures"}  # an invalid request that gets 500 by chance shows nothing
SAMPLE = EACH_ONCE[::EVERY]


@pytest.mark.parametrize(("contract", "defect"), SAMPLE, ids=[f"{name}-{defect}" for name, defect in SAMPLE])
def test_a_broken_gateway_is_found_out_and_the_right_part_is_blamed(contract: str, defect: Defect) -> None:
    found = run_against(contract, defect.app)
    level = defect.level(contract_named(contract))
    assert (found.not_tested, found.our_errors) == ("", ())
    assert defect.subject in blamed(found, None if level == "expected" else level)
    assert found.conformance is Conformance.VIOLATES or level == "expected"
    if not defect.operator.spoils_all:
        assert len(blamed(found)) <= 3
    if not defect.operator.spoils_all and defect.operator.name not in BY_CHANCE:
        assert hidden(found, right_run(contract)) <= blamed(found)


@pytest.mark.parametrize("contract", NAMES)
def test_the_right_gateway_is_blamed_for_nothing(contract: str) -> None:
    assert blamed(right_run(contract)) == set()


def test_the_sample_has_every_contract() -> None:
    assert {name for name, _ in SAMPLE} == set(NAMES)
