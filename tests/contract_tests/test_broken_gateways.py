"""A gateway that is broken in one way is found out, and blamed for that and for little else."""

from collections import Counter

import pytest

from contract_tests.verdicts import Conformance
from gateway_contract.catalogue import BUNDLED
from tests.contract_tests import broken_answers, broken_conduct, broken_images, broken_mappings, broken_ranges
from tests.contract_tests.broken_gateways import WAYS, Defect, defects, each_way_once
from tests.contract_tests.gateways_under_test import blamed, hidden, right_run, run_against
from tests.contract_tests.three_contracts import CONTRACTS, contract_named

REGISTERED_BY = (broken_ranges, broken_mappings, broken_answers, broken_images, broken_conduct)
NAMES = [contract.name for contract in CONTRACTS]
PLANTED = [(contract.name, defect) for contract, defect in each_way_once(CONTRACTS)]


@pytest.mark.parametrize(("contract", "defect"), PLANTED, ids=[f"{name}-{defect}" for name, defect in PLANTED])
def test_a_broken_gateway_is_found_out_and_the_right_part_is_blamed(contract: str, defect: Defect) -> None:
    found = run_against(contract, defect.app)
    level = defect.level(contract_named(contract))
    assert (found.not_tested, found.our_errors) == ("", ())
    assert defect.subject in blamed(found, None if level == "expected" else level)
    assert found.conformance is Conformance.VIOLATES or level == "expected"
    if not defect.way.spoils_all:
        assert len(blamed(found)) <= 3
        assert hidden(found, right_run(contract)) <= blamed(found)


@pytest.mark.parametrize("contract", NAMES)
def test_the_right_gateway_is_blamed_for_nothing(contract: str) -> None:
    assert blamed(right_run(contract)) == set()


@pytest.mark.parametrize("contract", BUNDLED)
def test_each_contract_has_its_share_of_broken_gateways(contract: str) -> None:
    assert Counter(name for name, _ in PLANTED)[contract] >= 25
    assert len({str(defect) for defect in defects(contract_named(contract))}) >= 100


def test_every_way_of_being_broken_is_tried() -> None:
    assert {defect.way.name for _, defect in PLANTED} == set(WAYS)
