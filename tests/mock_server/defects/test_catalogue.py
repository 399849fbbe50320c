"""Defects by their names: every one is a gateway that runs, and a name that is misspelt is helped."""

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import BUNDLED, contract_path, load_contract
from mock_server.defects.catalogue import UnknownDefectError, defects, defects_named, each_way_once
from mock_server.defects.defect import WAYS, Way

CONTRACTS = [load_contract(contract_path(name)) for name in BUNDLED]
each_contract = pytest.mark.parametrize("contract", CONTRACTS, ids=BUNDLED)


@each_contract
def test_each_contract_has_its_share_of_defects_each_with_a_name_of_its_own(contract: Contract) -> None:
    names = [str(defect) for defect in defects(contract)]
    assert len(names) == len(set(names)) >= 150


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_every_way_says_in_a_line_what_is_wrong(way: Way) -> None:
    assert way.says.endswith(".")


def test_parts_with_one_subject_are_told_apart() -> None:
    named = {str(defect) for defect in defects(CONTRACTS[0])}
    assert {"n-one-too-strict-minimum", "n-one-too-strict-maximum", "seed-lost-when-falsy"} <= named


def test_a_name_leads_to_the_defect_of_every_contract_that_has_it() -> None:
    assert defects_named("seed-lost-when-falsy", CONTRACTS).keys() == set(BUNDLED)
    assert defects_named("size-not-normalised", CONTRACTS).keys() == {"powerbuyin"}


def test_a_name_that_is_misspelt_is_answered_with_those_close_to_it() -> None:
    with pytest.raises(UnknownDefectError, match=r"'seed-lost-wen-falsy'; close to it: seed-lost-when-falsy, "):
        defects_named("seed-lost-wen-falsy", CONTRACTS)


def test_a_name_like_none_is_answered_without_a_guess() -> None:
    with pytest.raises(UnknownDefectError, match=r"^no defect is called '###'\. --list-defects lists them all\.$"):
        defects_named("###", CONTRACTS)


def test_each_way_is_tried_once_and_at_both_contracts() -> None:
    tried = list(each_way_once(CONTRACTS))
    assert {defect.way.name for _, defect in tried} == set(WAYS)
    assert len(tried) == len(WAYS)
    assert {contract.name for contract, _ in tried} == set(BUNDLED)


def test_a_limit_is_ignored_where_the_upstream_refuses_nothing_for_it_and_nowhere_else() -> None:
    ignored = [{str(one) for one in defects(contract) if one.way.name == "limit-ignored"} for contract in CONTRACTS]
    assert ignored == [
        {"prompt-limit-ignored", "response_format-limit-ignored", "negative_prompt-limit-ignored"},
        {"response_format-limit-ignored", "parameters-limit-ignored"},
    ]
