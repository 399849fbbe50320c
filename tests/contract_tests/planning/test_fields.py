"""What a plan varies, and the smallest request that it starts from."""

import json
from pathlib import Path

import pytest

from contract_tests.client.correlation import PLACEHOLDER, correlation_ids
from contract_tests.planning.fields import base_for, base_request, bases, fields_of
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import load_contract
from gateway_contract.contract.validity import validity_of
from gateway_contract.document.node import DocumentError
from gateway_contract.values.pointer import read, removed
from tests.contract_tests.three_contracts import PAINTBOX, POWERBUYIN, POWERTOKENS, each_contract, with_plus
from tests.gateway_contract.invented import write_invented

FLAT = {
    *("/model", "/prompt", "/n", "/size", "/response_format", "/seed", "/watermark", "/prompt_extend"),
    "/negative_prompt",
}


def pointers(contract: Contract) -> set[str]:
    return {field.pointer for field in fields_of(contract)}


def test_the_fields_are_the_parts_that_hold_no_others() -> None:
    assert pointers(POWERTOKENS) == FLAT
    prompt = "/input/messages/0/content/0/text"
    assert pointers(POWERBUYIN) >= (FLAT - {"/prompt"}) | {prompt}
    assert not {"/input", "/input/messages", "/input/messages/0"} & pointers(POWERBUYIN)


def test_a_list_of_values_is_one_field() -> None:
    assert "/look/colours" in pointers(PAINTBOX)
    assert not any(pointer.startswith("/look/colours/") for pointer in pointers(PAINTBOX))


@each_contract
def test_the_free_text_and_nothing_else_is_marked(contract: Contract) -> None:
    assert {field.pointer for field in fields_of(contract) if field.marked} == set(contract.marks)


@each_contract
def test_the_smallest_request_is_valid_and_nothing_can_be_left_out(contract: Contract) -> None:
    body = base_request(contract)
    assert validity_of(contract, body).valid
    for field in fields_of(contract):
        without = removed(body, field.pointer)
        assert without is body or not validity_of(contract, without).valid
    assert all(str(read(body, pointer)).startswith(PLACEHOLDER) for pointer in contract.marks)


@each_contract
def test_the_first_base_is_the_smallest_request_and_all_are_valid_and_differ(contract: Contract) -> None:
    found = list(bases(contract))
    assert found[0] == base_request(contract)
    assert all(validity_of(contract, body).valid for body in found)
    assert len({json.dumps(body) for body in found}) == len(found)


def test_there_is_a_base_for_every_model_that_a_deployment_lists() -> None:
    assert [read(body, "/model") for body in bases(with_plus())] == [
        *("qwen-image-2.0-pro", "wan2.7-image-pro", "qwen-image-plus")
    ]


def test_a_condition_has_the_first_base_that_meets_it_or_none() -> None:
    conditions = {
        found.condition.title: found.condition for found in POWERTOKENS.request.constraints.values() if found.condition
    }
    assert read(base_for(POWERTOKENS, conditions["other models"]), "/model") == "wan2.7-image-pro"
    assert base_for(POWERTOKENS, conditions["max and plus"]) is None
    assert base_for(POWERTOKENS, None) == base_request(POWERTOKENS)


def without_examples(folder: Path, *, words: str) -> Contract:
    path = write_invented(folder)
    lines = path.read_text("utf-8").replace("maxLength: 200", words).splitlines()
    at = next(number for number, line in enumerate(lines) if line.strip() == "examples:")
    path.write_text("\n".join([*lines[:at], *lines[at + 4 :]]), "utf-8")
    return load_contract(path)


def test_without_an_example_the_plan_starts_from_a_sample(tmp_path: Path) -> None:
    contract = without_examples(tmp_path, words="maxLength: 200")
    body = base_request(contract)
    assert validity_of(contract, body).valid
    assert correlation_ids(body)


def test_a_contract_without_a_valid_request_says_what_to_add(tmp_path: Path) -> None:
    contract = without_examples(tmp_path, words='pattern: "^[A-Z]{3}-[0-9]{4}$"')
    with pytest.raises(
        DocumentError, match=r"paintbox\.yaml:\d+: no valid request can be made from the schema; add one under examples"
    ):
        base_request(contract)
