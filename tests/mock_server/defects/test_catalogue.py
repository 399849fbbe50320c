"""Defects by their names: every one is a gateway that runs, and a name that is misspelt is helped."""

from pathlib import Path
from typing import Any

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import BUNDLED, contract_path, load_contract
from mock_server.defects.catalogue import UnknownDefectError, defects, defects_named, each_operator_once
from mock_server.defects.defect import OPERATORS, DefectOperator

CONTRACTS = [load_contract(contract_path(name)) for name in BUNDLED]
KEYWORDS = load_contract(Path(__file__).parents[3] / "fixtures" / "contracts" / "keywords.yaml")
KEYED = load_contract(
    contract_path("powertokens"), [Path(__file__).parents[3] / "fixtures" / "overlays" / "idempotency-key.yaml"]
)
each_contract = pytest.mark.parametrize("contract", CONTRACTS, ids=BUNDLED)


@each_contract
def test_each_contract_has_its_share_of_defects_each_with_a_name_of_its_own(contract: Contract) -> None:
    names = [str(defect) for defect in defects(contract)]
    assert len(names) == len(set(names)) >= 150


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)
def test_every_operator_says_in_a_line_what_is_wrong(operator: DefectOperator[Any]) -> None:
    assert operator.summary.endswith(".")


def test_parts_with_one_subject_are_told_apart() -> None:
    named = {str(defect) for defect in defects(CONTRACTS[0])}
    assert {"n-boundary-rejected-minimum", "n-boundary-rejected-maximum", "seed-dropped-when-falsy"} <= named


def test_a_name_leads_to_the_defect_of_every_contract_that_has_it() -> None:
    assert defects_named("seed-dropped-when-falsy", CONTRACTS).keys() == set(BUNDLED)
    assert defects_named("size-not-normalized", CONTRACTS).keys() == {"powerbuyin"}


def test_a_name_that_is_misspelt_is_answered_with_those_close_to_it() -> None:
    with pytest.raises(UnknownDefectError, match=r"'seed-droped-when-falsy'; similar: seed-dropped-when-falsy, "):
        defects_named("seed-droped-when-falsy", CONTRACTS)


def test_a_name_like_none_is_answered_without_a_guess() -> None:
    with pytest.raises(UnknownDefectError, match=r"^Unknown defect '###'\. --list-defects lists all\.$"):
        defects_named("###", CONTRACTS)


def test_each_operator_is_tried_once_and_at_each_contract() -> None:
    tried = list(each_operator_once([*CONTRACTS, KEYWORDS, KEYED]))
    assert {defect.operator.name for _, defect in tried} == set(OPERATORS)
    assert len(tried) == len(OPERATORS)
    assert all(str(defect) in {*map(str, defects(contract))} for contract, defect in tried)
    assert {contract.name for contract, _ in tried} == {*BUNDLED, "keywords"}


def test_a_limit_is_ignored_where_the_upstream_refuses_nothing_for_it_and_nowhere_else() -> None:
    assert [
        {str(one) for one in defects(contract) if one.operator.name == "constraint-ignored"} for contract in CONTRACTS
    ] == [
        {"prompt-constraint-ignored", "response_format-constraint-ignored", "negative_prompt-constraint-ignored"},
        {"response_format-constraint-ignored", "parameters-constraint-ignored"},
    ]


def test_each_keyword_that_needs_a_request_of_its_own_can_be_ignored() -> None:
    ignored = {one.operator.name for one in defects(KEYWORDS) if one.operator.name.startswith("ignores-")}
    assert {
        "ignores-any-of",
        "ignores-one-of",
        "ignores-not",
        "ignores-contains",
        "ignores-unique-items",
        "ignores-min-properties",
        "ignores-max-properties",
        "ignores-property-names",
        "ignores-dependent-required",
    } <= ignored
