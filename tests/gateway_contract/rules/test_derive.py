"""One fact of the document is one rule; facts that contradict each other are errors (see test_contract_errors)."""

from collections import Counter
from dataclasses import replace

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.document.node import DocumentError
from gateway_contract.rules.derive import derive_rules
from tests.gateway_contract.exchanges import rules_of, short_id


def test_every_promise_of_the_real_contracts_is_a_rule(powertokens: Contract, powerbuyin: Contract) -> None:
    names = {contract.name: {short_id(rule) for rule in rules_of(contract)} for contract in (powertokens, powerbuyin)}
    both = {
        *("seed/preserves-0", "watermark/preserves-false", "prompt_extend/preserves-false", "prompt/mapped"),
        *("n/minimum", "n/maximum", "size/format", "data/length", "url/present", "b64_json/present", "created/now"),
        *("authorization/required", "example/accepts-documented", "upstream/one-call", "error/status"),
    }
    assert both <= names["powertokens"] & names["powerbuyin"]
    assert "size/normalized" in names["powerbuyin"] - names["powertokens"]
    assert "parameters/forbidden" in names["powerbuyin"] - names["powertokens"]
    assert {"prompt/max-length", "seed/not-invented", "n/maximum-for-other-models"} <= names["powertokens"]


def test_no_two_rules_have_one_id_and_each_knows_where_it_is_written(powertokens: Contract) -> None:
    rules = rules_of(powertokens)
    assert set(Counter(rule.id for rule in rules).values()) == {1}
    for rule in rules:
        assert rule.place.file.name in {"powertokens.yaml", "expected.yaml"}
        assert rule.place.line <= len(rule.place.file.read_text("utf-8").splitlines())


def test_a_rule_about_a_field_knows_the_field(invented: Contract) -> None:
    pointers = {short_id(rule): rule.pointer for rule in rules_of(invented)}
    assert pointers["words/max-length"] == pointers["words/mapped"] == "/wish/words"
    assert pointers["authorization/token"] is None


def test_an_operation_that_anybody_may_call_has_no_rules_about_tokens(invented: Contract) -> None:
    clauses = {name: clause for name, clause in invented.clauses.items() if name != "PX-02"}
    public = replace(invented, operation=replace(invented.operation, secured=None), clauses=clauses)
    assert not [rule for rule in derive_rules(public) if rule.kind == "authorization"]
    with pytest.raises(DocumentError, match="no rule covers clause PX-02"):
        derive_rules(replace(public, clauses=invented.clauses))


def test_clauses_taken_over_from_another_file_need_no_rule(powertokens: Contract) -> None:
    without = derive_rules(replace(powertokens, expectations=()))
    assert "EX-08" not in {rule.clause for rule in without}
