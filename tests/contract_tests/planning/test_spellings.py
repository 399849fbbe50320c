"""Requests in other spellings mean what they meant, and keep their spelling when they get their correlation id."""

import json
from dataclasses import replace

import pytest

from contract_tests.client.correlation import (
    TRACE_PLACEHOLDER,
    content_with_id,
    correlation_id,
    correlation_ids,
    trace_of,
)
from contract_tests.planning.plan import with_own_id
from contract_tests.planning.spellings import SPELLINGS, escaped, notation_cases, repeated_cases, spelling_cases
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import validity_of
from gateway_contract.traffic.exchange import Relation
from gateway_contract.values.ambiguous_names import repeats_names, values_in_other_case
from gateway_contract.values.json_value import Json, read_json
from gateway_contract.values.pointer import read
from tests.contract_tests.three_contracts import POWERBUYIN, POWERTOKENS, each_contract

BODY: Json = {"a": 'k000000001 "灯塔" 🌊/\\\n', "b": [1, {"c": True, "d": None}], "e": 1.5}


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_spelling_means_the_same_and_is_another(name: str) -> None:
    spelled = SPELLINGS[name](BODY).encode()
    assert read_json(spelled) == BODY
    assert spelled != json.dumps(BODY, ensure_ascii=False, separators=(",", ":")).encode()


@each_contract
def test_the_longest_texts_are_sent_as_escapes(contract: Contract) -> None:
    (longest,) = (case for case in spelling_cases(contract) if case.name == "the longest texts as escapes")
    assert validity_of(contract, read_json(longest.content)).valid
    assert len(longest.content) > (4096 if contract.name in {"powertokens", "powerbuyin"} else 1024)


def test_escapes_leave_the_correlation_id_as_it_is() -> None:
    assert escaped("k000000001 🌊") == '"k000000001\\u0020\\ud83c\\udf0a"'
    assert escaped("n") == '"\\u006e"'


@each_contract
def test_every_spelling_is_of_a_valid_request_with_all_fields_of_the_upstream(contract: Contract) -> None:
    cases = [case for case in spelling_cases(contract) if case.name.startswith("the same with")]
    assert len(cases) == len(SPELLINGS)
    assert sum(repeats_names(case.content) for case in cases) == 1
    bodies = [read_json(case.content) for case in cases]
    assert all(validity_of(contract, body).valid for body in bodies)
    assert all(body == bodies[0] for body in bodies)
    judged = [field for field in contract.mapped if not field.unjudged_when]
    assert len(judged) > 3
    assert all(read(bodies[0], field.pointer) is not None for field in judged)


@each_contract
def test_a_request_is_repeated_and_sent_beside_others_as_it_was_sent_first(contract: Contract) -> None:
    cases = {case.name: case for case in [*repeated_cases(contract), *spelling_cases(contract)]}
    compared = [(case, *case.compared) for case in cases.values() if case.compared is not None]
    assert {relation for _, relation, _ in compared} == {one for one in Relation if not one.is_about_keys} - {
        Relation.OTHER_FORM
    }
    for case, relation, name in compared:
        body, other = read_json(case.content), read_json(cases[name].content)
        assert (body == other) is (relation is not Relation.EXACT_NAMES)
        assert all(read(body, field.pointer) == read(other, field.pointer) for field in contract.mapped)


@pytest.mark.parametrize("contract", [POWERTOKENS, POWERBUYIN], ids=lambda contract: contract.name)
def test_each_field_stands_beside_its_name_in_other_case(contract: Contract) -> None:
    bodies = [read_json(case.content) for case in spelling_cases(contract) if "other case" in case.name]
    assert all(not validity_of(contract, body).broken for body in bodies)
    for field in contract.mapped:
        others = [value for body in bodies for value in values_in_other_case(body, field.pointer)]
        assert len(others) == (0 if (contract, field.subject) == (POWERBUYIN, "model") else 1)


def test_integers_are_written_with_a_fraction_and_with_an_exponent() -> None:
    contents = [case.content for notation in ("{}.0", "{}e0") for case in notation_cases(POWERTOKENS, notation)]
    assert [content.rpartition(b":")[2] for content in contents] == [b"1.0}", b"1.0}", b"1e0}", b"1e0}"]


def test_a_case_keeps_its_spelling_when_it_gets_its_id() -> None:
    for case in (*spelling_cases(POWERBUYIN), *notation_cases(POWERBUYIN, "{}e0")):
        marked = with_own_id(POWERBUYIN, case, 1, case.name)
        (mark,) = correlation_ids(read_json(marked.content))
        (placeholder,) = correlation_ids(read_json(case.content))
        for old, new in ((placeholder, mark), (trace_of(placeholder), trace_of(mark))):
            case = replace(case, content=case.content.replace(old.encode(), new.encode()))  # noqa: PLW2901 # its spelling
        assert marked.content == case.content
        assert TRACE_PLACEHOLDER not in str(read_json(marked.content))


def test_content_that_is_not_json_or_has_no_id_stays_as_it_is() -> None:
    mark = correlation_id("one")
    for content in (b"{", b'{"a": "no id"}', b'{"a": 7}'):
        assert content_with_id(content, ["/a"], mark) == content
