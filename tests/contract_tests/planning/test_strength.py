"""A defect that needs three fields together shows in every plan of strength 3, and in one of strength 2 by chance."""

import pytest

from contract_tests.planning.plan import plan
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.mapping import upstream_body
from gateway_contract.traffic.exchange import Observation
from gateway_contract.values.json_value import ABSENT, Json, read_json
from mock_server.defects.combination_defects import beside_size_and_text, dropped_beside_two_other_fields
from mock_server.defects.request_operators import MappedCall
from tests.contract_tests.three_contracts import POWERBUYIN, POWERTOKENS


def shows(contract: Contract, body: Json) -> bool:
    """Whether a gateway with the defect makes another upstream call for a body."""
    (field,) = beside_size_and_text(contract)
    right = upstream_body(contract, body)
    return dropped_beside_two_other_fields(field, MappedCall(contract, body, right)) != right


def rows(contract: Contract, strength: int) -> list[Json]:
    planned = plan(contract, Observation.TWO_SIDED, 1, strength)
    assert planned.strength == strength
    bodies = (read_json(case.content) for case in planned.cases if case.name.startswith("row "))
    return [body for body in bodies if body is not ABSENT]


@pytest.mark.parametrize("contract", [POWERTOKENS, POWERBUYIN], ids=["powertokens", "powerbuyin"])
def test_a_plan_of_every_triple_shows_what_needs_three_fields(contract: Contract) -> None:
    assert any(shows(contract, body) for body in rows(contract, 3))


def test_a_plan_of_every_pair_may_not_show_it() -> None:
    assert not any(shows(POWERBUYIN, body) for body in rows(POWERBUYIN, 2))


def test_where_images_cost_money_every_value_has_to_do() -> None:
    planned = plan(POWERTOKENS, Observation.NORTH_ONLY, 1, 3)
    assert planned.strength == 1
    assert planned.cases == plan(POWERTOKENS, Observation.NORTH_ONLY, 1).cases
