"""Where every image costs money, few requests show all that responses can show, and the most telling ones go first."""

from collections.abc import Sequence
from functools import cache

import pytest

from contract_tests.client.case import Case
from contract_tests.client.correlation import correlation_ids
from contract_tests.planning.fields import asks_for, base_request, bases, listed_values
from contract_tests.planning.plan import FORMS, LOOK, Plan, plan, with_own_id, within_budget
from contract_tests.planning.valid_cases import valid_case
from contract_tests.planning.valid_rows import choices
from contract_tests.planning.worth import ShownPart, images_needed, images_to_plan, least_budget, shown_by
from gateway_contract.contract.definition import Contract, ImageField
from gateway_contract.rules.derive import derive_rules
from gateway_contract.schema.constraint import Level
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
    assert needed.documented <= 12
    assert needed.documented + needed.more <= 23
    assert needed.documented_rules >= 47
    assert f"{contract.name}/transport/chunked" in needed.expected


def shows_size(contract: Contract, body: Json, base: Json, form: ImageField) -> bool:
    """Whether a request to the model of a base asks for a size, and for images in a form."""
    assert contract.images is not None
    assert contract.images.size is not None
    to_model = listed_values(contract, body) == listed_values(contract, base)
    return to_model and asks_for(contract, form, body) and read(body, contract.images.size.pointer) is not ABSENT


@each_contract
def test_each_model_is_asked_for_images_in_each_form_and_a_size(contract: Contract) -> None:
    assert contract.images is not None
    assert len(contract.images.image_fields) > 1
    for base in bases(contract):
        for form in contract.images.image_fields:
            assert any(shows_size(contract, body, base, form) for body in bodies(contract)), (base, form.key)


@both_contracts
def test_documented_rules_are_judged_for_each_model_and_form_before_the_rest(contract: Contract) -> None:
    """A gateway that halves the images of one model and one form breaks a documented rule with the least budget."""
    rules = derive_rules(contract)
    needed = images_needed(contract, rules, [look(contract), *planned(contract).cases], JOBS)
    every = [look(contract), *planned(contract).cases]
    first = [look(contract), *within_budget(planned(contract), needed.documented - 1).cases]
    pixels = next(rule for rule in rules if rule.id.endswith("/pixels"))

    def shown(cases: Sequence[Case]) -> set[tuple[str, str]]:
        """The models and forms for which a rule is judged."""
        telling = (case for case in cases if any(one[0] is pixels for one in shown_by(contract, rules, case)))
        found = [body for body in map(read_json, (case.content for case in telling)) if body is not ABSENT]
        forms = () if contract.images is None else contract.images.image_fields
        return {(str(listed_values(contract, body)), form.key) for body in found for form in forms
                if asks_for(contract, form, body)}  # fmt: skip # one condition

    assert len(shown(every)) > 1
    assert shown(first) == shown(every)


@both_contracts
def test_a_smaller_budget_shows_less_of_documented_rules(contract: Contract) -> None:
    rules = [rule for rule in derive_rules(contract) if rule.level is Level.DOCUMENTED]
    whole = images_needed(contract, rules, [look(contract), *planned(contract).cases], JOBS)
    enough, less = (within_budget(planned(contract), whole.documented - 1 - missing) for missing in (0, 1))

    def shown(part: Plan) -> set[ShownPart]:
        return {one for case in (look(contract), *part.cases) for one in shown_by(contract, rules, case)}

    assert shown(less) < shown(enough) == shown(planned(contract))


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
