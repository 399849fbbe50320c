"""The plan sends values on both sides of every keyword: allowed ones, next to a bound if there is one, and invalid."""

from pathlib import Path

import pytest

from contract_tests.planning.plan import Plan, constraints, plan, rule_id
from gateway_contract.contract.load_contract import load_contract
from gateway_contract.contract.validity import validity_of
from gateway_contract.rules.constraint_rules import exercises
from gateway_contract.traffic.exchange import Observation
from gateway_contract.values.json_value import ABSENT, Json, read_json
from gateway_contract.values.pointer import read

CONTRACT = load_contract(Path(__file__).parents[3] / "fixtures" / "contracts" / "bounds.yaml")
PLAN = plan(CONTRACT, Observation.TWO_SIDED, 1)


def sent(planned: Plan, pointer: str, *, valid: bool) -> list[Json]:
    bodies = [read_json(case.content) for case in planned.cases if case.method is None]
    found = [
        read(body, pointer) for body in bodies if body is not ABSENT and validity_of(CONTRACT, body).valid is valid
    ]
    return [value for value in found if value is not ABSENT]


def test_every_keyword_is_broken_alone_and_kept() -> None:
    assert PLAN.unbreakable == frozenset()
    broken = {case.about for case in PLAN.cases}
    bodies = [read_json(case.content) for case in PLAN.cases if case.method is None]
    valid = [body for body in bodies if validity_of(CONTRACT, body).valid]
    for constraint in constraints(CONTRACT):
        assert rule_id(CONTRACT, constraint) in broken
        assert any(exercises(constraint, body) for body in valid) or constraint.pointer == ""


@pytest.mark.parametrize(
    ("pointer", "allowed", "invalid"),
    [
        ("/level", [5, 12], [4, 13, 0]),
        ("/chill", [-9, -2], [-10, -1, 0]),
        ("/depth", [3, 8], [2, 9, 0]),
        ("/pace", [10 + 2**-10, 20 - 2**-10], [10, 20, 0]),
        ("/grid", [8], [9]),
        ("/label", [], ["aa", ""]),
        ("/layers", [], [["word"], []]),
        ("/style", ["ink"], ["INK", "", 0, False]),
        ("/code", ["teal"], ["", "?"]),
        ("/draft", [True, False], ["", 0, "false"]),
        ("/area", ["1024*1024"], ["", "1024*1025"]),
    ],
)
def test_values_next_to_a_bound_and_falsy_ones_are_sent(pointer: str, allowed: list[Json], invalid: list[Json]) -> None:
    for values, valid in ((allowed, True), (invalid, False)):
        found = sent(PLAN, pointer, valid=valid)
        missing = [value for value in values if not any(type(one) is type(value) and one == value for one in found)]
        assert missing == []


def test_lengths_are_sent_at_both_bounds_and_beyond_them() -> None:
    for pointer, lengths, beyond in (("/label", {3, 8}, {0, 2, 9}), ("/layers", {2, 4}, {0, 1, 5})):
        kept, broken = (
            {len(value) for value in sent(PLAN, pointer, valid=valid) if isinstance(value, str | list)}
            for valid in (True, False)
        )
        assert lengths <= kept
        assert beyond <= broken
