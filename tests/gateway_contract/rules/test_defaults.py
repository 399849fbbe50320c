"""A field that is left out counts as its default, wherever that shows."""

from dataclasses import replace
from pathlib import Path

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import load_contract
from gateway_contract.rules.mapping_rules import worst
from gateway_contract.rules.rule import PASS, FindingKind, Outcome, failing, inconclusive
from gateway_contract.values.json_value import UNOBSERVED
from gateway_contract.values.pointer import placed
from tests.gateway_contract.exchanges import Body, call_body, finding, with_call, with_status
from tests.gateway_contract.invented import PAINTBOX

LEAST: Body = {"engine": "quick", "wish": {"words": "a kite"}}
EXCHANGE = PAINTBOX.conforming(LEAST)


def test_a_failure_counts_before_what_passes_and_that_before_what_nobody_saw() -> None:
    failed, unseen = failing("a", "b"), inconclusive("c")
    assert worst([PASS, unseen, failed]) is failed
    assert worst([unseen, PASS]) is PASS
    assert worst([unseen]) is unseen
    assert worst([]) is None


def test_the_default_shows_upstream_and_in_the_answer(invented: Contract) -> None:
    assert finding(invented, "sheets/default", EXCHANGE) == PASS
    two_made = PAINTBOX.conforming(LEAST, images=2)
    found = finding(invented, "sheets/default", two_made)
    assert found == failing("1 in pages", "2")
    two_asked = with_call(EXCHANGE, placed(call_body(EXCHANGE), "/settings/copies", 2))
    assert finding(invented, "sheets/default", two_asked) == failing(
        "nothing at /settings/copies, or 1", "injected: 2", FindingKind.INJECTED
    )


def test_a_default_that_shows_nowhere_is_not_passed(invented: Contract) -> None:
    unseen = replace(EXCHANGE, upstream=UNOBSERVED)
    found = finding(invented, "signed/default", unseen)
    assert found is not None
    assert found.outcome is Outcome.INCONCLUSIVE
    assert finding(invented, "sheets/default", unseen) == PASS
    no_call = finding(invented, "signed/default", replace(EXCHANGE, upstream=()))
    assert no_call is not None
    assert no_call.outcome is Outcome.INCONCLUSIVE


def test_a_default_is_judged_only_where_the_field_was_left_out_and_the_request_accepted(invented: Contract) -> None:
    assert finding(invented, "sheets/default", PAINTBOX.conforming(LEAST | {"sheets": 1})) is None
    assert finding(invented, "sheets/default", with_status(EXCHANGE, 400)) is None


def test_without_images_in_the_answer_a_default_shows_upstream_alone(invented: Contract) -> None:
    without = replace(invented, images=None)
    assert finding(without, "sheets/default", PAINTBOX.conforming(LEAST, images=2)) == PASS


def test_a_default_for_some_requests_takes_the_place_of_the_one_for_all(invented_path: Path) -> None:
    text = invented_path.read_text("utf-8").replace("sheets: {maximum: 2,", "sheets: {maximum: 2, default: 2,")
    invented_path.write_text(text, "utf-8")
    contract = load_contract(invented_path)
    fine = PAINTBOX.conforming(LEAST | {"engine": "fine"}, images=2)
    assert finding(contract, "sheets/default", fine) is None
    assert finding(contract, "sheets/default-for-the-fine-engine", fine) == PASS
    assert finding(contract, "sheets/default-for-the-fine-engine", EXCHANGE) is None
