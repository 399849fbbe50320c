"""Where every image costs money, few requests show all that responses can show, and the most telling ones go first."""

from functools import cache

import pytest

from contract_tests.client.case import Case
from contract_tests.client.correlation import correlation_ids
from contract_tests.planning.fields import base_request
from contract_tests.planning.plan import FORMS, LOOK, Plan, plan, with_own_id, within_budget
from contract_tests.planning.valid_cases import valid_case
from contract_tests.planning.valid_rows import choices
from contract_tests.planning.worth import images_needed, images_to_plan, least_budget
from gateway_contract.contract.definition import Contract
from gateway_contract.rules.derive import derive_rules
from gateway_contract.traffic.exchange import Observation, RequestForm
from gateway_contract.values.json_value import ABSENT, Json, read_json, same
from gateway_contract.values.pointer import read
from tests.contract_tests.three_contracts import POWERBUYIN, POWERTOKENS, each_contract

JOBS = 8
both_contracts = pytest.mark.parametrize("contract", [POWERTOKENS, POWERBUYIN], ids=lambda contract: contract.name)


@cache
def planned(contract: Contract) -> Plan:
    return plan(contract, Observation.NORTH_ONLY, 1)


def look(contract: Contract) -> Case:
    return with_own_id(contract, valid_case(contract, LOOK, base_request(contract)), 1, LOOK)


def bodies(contract: Contract) -> list[Json]:
    found = (read_json(case.content) for case in (look(contract), *planned(contract).cases) if case.images)
    return [body for body in found if body is not ABSENT]


@both_contracts
def test_few_images_judge_all_documented_rules(contract: Contract) -> None:
    needed = images_needed(contract, derive_rules(contract), [look(contract), *planned(contract).cases], JOBS)
    assert needed.documented <= 10
    assert needed.documented + needed.more <= 23
    assert needed.documented_rules >= 47
    assert f"{contract.name}/transport/header-names" in needed.expected


@both_contracts
def test_a_smaller_budget_judges_fewer_documented_rules(contract: Contract) -> None:
    rules = derive_rules(contract)
    whole = images_needed(contract, rules, [look(contract), *planned(contract).cases], JOBS)
    enough, less = (within_budget(planned(contract), whole.documented - 1 - missing) for missing in (0, 1))
    judged = [
        images_needed(contract, rules, [look(contract), *part.cases], JOBS).documented_rules for part in (enough, less)
    ]
    assert judged[0] == whole.documented_rules > judged[1]


@each_contract
def test_every_value_of_every_field_is_sent(contract: Contract) -> None:
    sent = bodies(contract)
    for option in choices(contract):
        if not (option.field.marked or option.field.traced):
            for value in option.values:
                seen = [read(body, option.field.pointer) for body in sent]
                assert any(one is value or (ABSENT not in (one, value) and same(one, value)) for one in seen)


@each_contract
def test_every_form_is_sent_once(contract: Contract) -> None:
    assert sorted(case.form.value for case in planned(contract).cases if case.form.is_special) == sorted(
        form.value for form in FORMS
    )


def test_a_form_that_is_not_sent_takes_no_values_with_it() -> None:
    forms = [form for form in FORMS if form is not RequestForm.UPGRADE]
    found = plan(POWERTOKENS, Observation.NORTH_ONLY, 1, forms=forms)
    assert not any(case.form is RequestForm.UPGRADE for case in found.cases)
    assert {size(case) for case in found.cases} == {size(case) for case in planned(POWERTOKENS).cases}


def size(case: Case) -> str:
    return str(read(read_json(case.content), "/size")) if case.images else ""


@both_contracts
def test_the_text_of_the_look_comes_again_with_other_parameters(contract: Contract) -> None:
    again = [read_json(case.content) for case in planned(contract).cases if case.same_text]
    assert len(again) == 2
    assert {frozenset(correlation_ids(body)) for body in again} == {
        frozenset(correlation_ids(read_json(look(contract).content)))
    }


@pytest.mark.parametrize(("images", "budget"), [(0, 0), (9, 17), (30, 38), (40, 49), (80, 99)])
def test_the_least_budget_leaves_room_for_invalid_requests(images: int, budget: int) -> None:
    assert least_budget(images, JOBS) == budget
    assert images_to_plan(budget, JOBS) >= images
    assert images == 0 or images_to_plan(budget - 1, JOBS) < images
