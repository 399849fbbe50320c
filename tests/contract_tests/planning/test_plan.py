"""What is sent: finite, in order, the same for the same seed; and every request proves exactly one thing."""

from functools import cache

import orjson
import pytest

from contract_tests.client.case import Case
from contract_tests.client.correlation import PLACEHOLDER, correlation_ids, trace_of, traces
from contract_tests.planning.fields import requested_images
from contract_tests.planning.plan import (
    Plan,
    constraints,
    for_rules,
    plan,
    rule_id,
    spread,
    with_own_id,
    within_budget,
)
from contract_tests.planning.valid_cases import CROWD
from contract_tests.planning.valid_values import ODD
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import untestable, validity_of
from gateway_contract.rules.derive import derive_rules
from gateway_contract.traffic.exchange import Credential, Observation, RequestForm
from gateway_contract.values.json_value import ABSENT, Json, read_json
from gateway_contract.values.pointer import leaves, read
from gateway_contract.values.size import Size, parse_size
from tests.contract_tests.three_contracts import POWERBUYIN, POWERTOKENS, base, contract_named, each_contract, with_plus


@cache
def planned(contract: Contract, observed: Observation = Observation.TWO_SIDED) -> Plan:
    return plan(contract, observed, seed=1)


def body_of(case: Case) -> Json:
    body = read_json(case.content)
    assert body is not ABSENT
    return body


def rows(contract: Contract, observed: Observation = Observation.TWO_SIDED) -> list[Json]:
    return [body_of(case) for case in planned(contract, observed).cases if case.name.startswith("row ")]


def breaking(contract: Contract, rule: str) -> list[Json]:
    """What breaks a rule, as its field's value."""
    name = f"{contract.name}/{rule}"
    pointer = next(found.pointer for found in constraints(contract) if rule_id(contract, found) == name)
    return [read(body_of(case), pointer) for case in planned(contract).cases if case.about == name]  # type: ignore[misc] # JSON, of cases like these


@each_contract
@pytest.mark.parametrize("observed", [Observation.TWO_SIDED, Observation.NORTH_ONLY])
def test_the_same_seed_sends_the_same_bytes_and_another_one_other_marks(
    contract: Contract, observed: Observation
) -> None:
    first, again, other = planned(contract, observed), plan(contract, observed, 1), plan(contract, observed, 2)
    assert first.cases == again.cases
    assert [case.name for case in first.cases] == [case.name for case in other.cases]
    assert not marks_of(first) & marks_of(other)


def marks_of(found: Plan) -> set[str]:
    return {mark for case in found.cases for mark in correlation_ids(read_json(case.content))}


@each_contract
def test_no_two_cases_have_one_name_for_a_failure_is_tried_again_by_it(contract: Contract) -> None:
    names = [case.name for case in plan(contract, Observation.TWO_SIDED, 1).cases]
    assert len(set(names)) == len(names)


@each_contract
def test_every_negative_case_breaks_exactly_the_rule_that_it_is_about(contract: Contract) -> None:
    about = [case for case in planned(contract).cases if case.about]
    assert len(about) > 50
    for case in about:
        (broken,) = validity_of(contract, read_json(case.content)).broken
        assert rule_id(contract, broken) == case.about


@each_contract
def test_every_range_rule_is_broken_or_listed_as_unbreakable(contract: Contract) -> None:
    found = planned(contract)
    broken = {case.about for case in found.cases}
    for name in (rule_id(contract, constraint) for constraint in constraints(contract)):
        assert (name in broken) is (name not in found.unbreakable)


@each_contract
def test_only_what_no_request_of_the_deployment_bears_on_is_unbreakable(contract: Contract) -> None:
    untested = [found for found in constraints(contract) if untestable(found.condition, contract.request)]
    assert planned(contract).unbreakable == {rule_id(contract, constraint) for constraint in untested}


def test_a_deployment_with_the_model_breaks_the_rule_that_was_untestable() -> None:
    assert planned(with_plus()).unbreakable == frozenset()


@each_contract
def test_about_names_rules_that_there_are(contract: Contract) -> None:
    known = {rule.id for rule in derive_rules(contract)}
    assert {case.about for case in planned(contract).cases if case.about} <= known


@each_contract
@pytest.mark.parametrize("observed", [Observation.TWO_SIDED, Observation.NORTH_ONLY])
def test_every_row_is_valid_as_it_is_sent(contract: Contract, observed: Observation) -> None:
    assert rows(contract, observed)
    assert all(validity_of(contract, row).valid for row in rows(contract, observed))


@pytest.mark.parametrize("contract", [POWERTOKENS, POWERBUYIN], ids=lambda contract: contract.name)
def test_n_is_sent_at_below_and_above_its_bounds(contract: Contract) -> None:
    assert {1, 6} <= {read(row, "/n") for row in rows(contract) if read(row, "/n") is not ABSENT}
    assert breaking(contract, "n/minimum")[0] == 0
    assert breaking(contract, "n/maximum")[0] == 7


def test_seed_is_sent_at_below_and_above_its_bounds() -> None:
    assert {0, 2147483647} <= {read(row, "/seed") for row in rows(POWERTOKENS)}
    assert breaking(POWERTOKENS, "seed/minimum")[0] == -1
    assert breaking(POWERTOKENS, "seed/maximum")[0] == 2147483648


@pytest.mark.parametrize(("field", "limit"), [("prompt", 800), ("negative_prompt", 500)])
def test_lengths_are_sent_at_the_limit_and_one_beyond_in_english_and_in_chinese(field: str, limit: int) -> None:
    at = [str(read(row, f"/{field}")) for row in rows(POWERTOKENS)]
    beyond = [str(text) for text in breaking(POWERTOKENS, f"{field}/max-length")][:2]
    assert {text[20:].isascii() for text in at if len(text) == limit} == {True, False}
    assert [(len(text), text[20:].isascii()) for text in beyond] == [(limit + 1, True), (limit + 1, False)]


def test_pixels_are_sent_at_and_just_outside_their_bounds_square_wide_and_tall() -> None:
    at = [size for row in rows(POWERTOKENS) if (size := parse_size(read(row, "/size")))]
    for bound, side, name in ((512 * 512, 512, "minimum"), (2048 * 2048, 2048, "maximum")):
        outside = [parse_size(text) for text in breaking(POWERTOKENS, f"size/{name}-pixels-for-qwen-image-2.0")]
        step = -1 if name == "minimum" else 1
        assert {Size(side, side + step), Size(side + step, side)} <= set(outside)
        assert {size.aspect > 1 for size in at if size.pixels == bound and size.aspect != 1} == {True, False}
        assert Size(side, side) in at


@pytest.mark.parametrize("contract", [POWERTOKENS, POWERBUYIN], ids=lambda contract: contract.name)
@pytest.mark.parametrize("field", ["n", "seed"])
def test_integers_are_sent_as_text_as_a_fraction_and_as_a_list(contract: Contract, field: str) -> None:
    assert {"str", "float", "list"} <= {type(value).__name__ for value in breaking(contract, f"{field}/type")}


@pytest.mark.parametrize("contract", [POWERTOKENS, POWERBUYIN], ids=lambda contract: contract.name)
@pytest.mark.parametrize("field", ["watermark", "prompt_extend"])
def test_switches_are_sent_as_text_and_as_numbers(contract: Contract, field: str) -> None:
    sent = breaking(contract, f"{field}/type")
    assert "false" in sent
    assert any(type(value) is int and value == 0 for value in sent)


def test_huge_numbers_and_whole_fractions_are_sent() -> None:
    assert 1e30 in breaking(POWERTOKENS, "n/maximum")
    fractions = [case for case in planned(POWERTOKENS).cases if case.name == "n as 1.0"]
    assert [case.content.endswith(b'"n":1.0}') for case in fractions] == [True]


def test_sizes_are_sent_that_are_none() -> None:
    assert {"big", "1024", "1024*", "*1024", "a*b", "-1024*1024"} <= set(breaking(POWERTOKENS, "size/format"))


def test_a_listed_value_is_sent_behind_the_name_of_the_upstream() -> None:
    assert "dashscope/qwen-image-2.0-pro" in breaking(POWERTOKENS, "model/enum")


@pytest.mark.parametrize("field", ["size", "seed", "response_format", "watermark", "negative_prompt"])
def test_falsy_values_of_other_types_are_sent(field: str) -> None:
    rule = "enum" if field == "response_format" else "type"
    sent = {str(value) for value in breaking(POWERTOKENS, f"{field}/{rule}") if not value}
    assert len(sent) >= 3


def test_content_that_is_no_json_is_sent() -> None:
    contents = [case.content for case in planned(POWERTOKENS).cases if read_json(case.content) is ABSENT]
    assert b"" in contents
    assert any(content.startswith(b'{"model"') for content in contents)
    assert any(b"\xff" in content for content in contents)


def test_a_valid_request_is_sent_that_is_no_json_object_by_its_wrapping_alone() -> None:
    contents = [case.content for case in planned(POWERTOKENS).cases]
    assert any(content.startswith(b'[{"model"') for content in contents)
    assert any(content.startswith(b'"{') for content in contents)
    assert any(content.endswith(b"} {}") for content in contents)
    assert any(content.endswith(b'",}') for content in contents)


def test_a_valid_request_is_sent_as_a_form() -> None:
    (flat,) = (case for case in planned(POWERTOKENS).cases if "form-urlencoded" in case.media_type)
    (nested,) = (case for case in planned(POWERBUYIN).cases if "form-urlencoded" in case.media_type)
    assert flat.content.startswith(b"model=qwen-image-2.0-pro&prompt=k")
    assert b"&input%5Bmessages%5D%5B0%5D%5Bcontent%5D%5B0%5D%5Btext%5D=k" in nested.content


def test_each_constraint_is_broken_beside_each_model() -> None:
    models = {
        rule: {
            str(read(read_json(case.content), "/model")) for case in planned(POWERTOKENS).cases if case.about == rule
        }
        for rule in ("powertokens/seed/minimum", "powertokens/prompt/max-length", "powertokens/response_format/enum")
    }
    assert list(models.values()) == [{"qwen-image-2.0-pro", "wan2.7-image-pro"}] * 3


def test_what_breaks_a_limit_of_one_model_is_sent_to_another_that_has_none() -> None:
    beyond = [body_of(case) for case in planned(POWERTOKENS).cases if case.name.startswith("beyond ")]
    sent = [(read(body, "/model"), read(body, "/size")) for body in beyond]
    assert sent == [("wan2.7-image-pro", "2048*2049"), ("qwen-image-2.0-pro", "1664*929")]
    assert not [case for case in planned(POWERBUYIN).cases if case.name.startswith("beyond ")]


def test_the_text_of_a_chunked_body_has_characters_of_several_bytes() -> None:
    (chunked,) = (case for case in planned(POWERBUYIN).cases if case.form is RequestForm.CHUNKED)
    assert not chunked.content.isascii()


def test_every_way_to_lack_the_token_is_tried() -> None:
    tried = {case.credential for case in planned(POWERTOKENS).cases}
    assert tried == {*Credential} - {Credential.UNKNOWN}


@each_contract
@pytest.mark.parametrize("observed", [Observation.TWO_SIDED, Observation.NORTH_ONLY])
def test_every_marked_text_has_its_mark_at_its_head_and_no_mark_serves_two(
    contract: Contract, observed: Observation
) -> None:
    seen: list[str] = []
    for case in planned(contract, observed).cases:
        texts = [read(read_json(case.content), pointer) for pointer in contract.marks]
        for text in (text for text in texts if isinstance(text, str) and len(text) > 20 and not is_example(case)):
            (mark,) = correlation_ids(text)
            assert text.startswith(mark)
            if not case.same_text:
                seen.append(mark)
        assert PLACEHOLDER not in correlation_ids(read_json(case.content))
    assert len(set(seen)) == len(seen)


def is_example(case: Case) -> bool:
    return case.name.startswith("the page's example")


@each_contract
def test_the_pages_own_example_goes_first_as_it_stands_and_alone(contract: Contract) -> None:
    first = planned(contract).cases[0]
    assert first.alone
    assert body_of(first) == contract.examples[0].body


def test_the_same_text_is_sent_again_with_other_parameters() -> None:
    again = [body_of(case) for case in planned(POWERTOKENS).cases if case.same_text]
    assert len({str(read(body, "/prompt")) for body in again}) == 1
    assert len({orjson.dumps(body) for body in again}) == len(again) - 1 == 3
    assert again[0] == again[-1]


def test_many_requests_that_differ_in_their_text_alone_are_sent_at_once() -> None:
    crowd = [case for case in planned(POWERTOKENS).cases if case.name.startswith("one of many")]
    assert len(crowd) == CROWD
    assert not any(case.alone for case in crowd)
    assert not any("one of many" in case.name for case in planned(POWERTOKENS, Observation.NORTH_ONLY).cases)


def test_several_images_are_asked_for_in_the_upstreams_other_layout() -> None:
    (case,) = [case for case in planned(POWERTOKENS).cases if case.other_layout]
    assert case.images == 3


@pytest.mark.parametrize(("n", "images"), [(4, 4), (None, 1), (True, 1), ("4", 1)])
def test_the_images_that_a_request_may_bill_are_counted(n: Json, images: int) -> None:
    body = base(POWERTOKENS) if n is None else {**base(POWERTOKENS), "n": n}
    assert requested_images(POWERTOKENS, body) == images


@pytest.mark.parametrize("images", [0, 1, 10, 40, 100_000])
def test_a_plan_keeps_to_its_budget_and_says_what_it_leaves_out(images: int) -> None:
    whole = planned(POWERTOKENS)
    kept = within_budget(whole, images)
    sent = (*kept.cases, *kept.failures)
    assert sum(case.images for case in sent) <= images
    assert kept.left_out == len(whole.cases) + len(whole.failures) - len(sent)
    assert [case for case in kept.cases if not case.images] == [case for case in whole.cases if not case.images]


def test_what_costs_nothing_is_asked_when_one_side_is_seen_only() -> None:
    free = planned(POWERTOKENS, Observation.TWO_SIDED)
    paid = planned(POWERTOKENS, Observation.NORTH_ONLY)
    assert sum(case.images for case in paid.cases) < 50 < sum(case.images for case in free.cases)


def test_requests_that_break_rules_which_nobody_asked_about_are_left_out() -> None:
    name = "powertokens/seed/minimum"
    chosen = for_rules(planned(POWERTOKENS), frozenset({name}))
    assert {case.about for case in chosen.cases} == {name, None}
    assert len(chosen.cases) < len(planned(POWERTOKENS).cases)


def test_content_that_is_no_json_gets_no_mark() -> None:
    case = Case("cut", b'{"prompt": "a')
    assert with_own_id(contract_named("powertokens"), case, 1, 0) == case


@pytest.mark.parametrize("contract", [POWERTOKENS, POWERBUYIN], ids=lambda contract: contract.name)
def test_no_two_requests_share_a_large_odd_integer(contract: Contract) -> None:
    large = [
        value for row in rows(contract) for _, value in leaves(row) if type(value) is int and 1_000_000 < value <= ODD
    ]
    assert len(large) == len(set(large)) > 1
    assert all(value % 2 for value in large)


@pytest.mark.parametrize("contract", [POWERTOKENS, POWERBUYIN], ids=lambda contract: contract.name)
def test_other_free_texts_carry_the_trace_of_their_request(contract: Contract) -> None:
    traced = [
        (correlation_ids(row), traces(text))
        for row in rows(contract)
        if isinstance(text := read(row, "/negative_prompt"), str)
    ]
    assert traced
    assert all(found == set(map(trace_of, marks)) for marks, found in traced)


def test_plain_cases_stand_between_the_rows_and_what_is_left_after_them() -> None:
    first, second, third = (Case(name, b"") for name in ("row 1", "row 2", "row 3"))
    plain, other = Case("plain", b""), Case("other", b"")
    assert list(spread([first, second, third], [plain])) == [first, second, third, plain]
    assert list(spread([first, second], [plain, other])) == [first, plain, second, other]
    assert list(spread([first], [plain, other])) == [first, plain, other]
    assert list(spread([first], [])) == [first]
