"""Plausible values that a contract does not list come from its upstream's own document."""

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import contract_path, load_contract
from gateway_contract.contract.validity import known_upstream_only
from gateway_contract.values.json_value import Json


def unlisted(contract: Contract, subject: str, keyword: str = "enum") -> list[Json]:
    return [
        value
        for constraint in contract.request.constraints.values()
        if (constraint.subject, constraint.keyword) == (subject, keyword)
        for value in known_upstream_only(contract, constraint)
    ]


def test_models_of_the_upstream_that_a_gateway_does_not_sell(powerbuyin: Contract) -> None:
    found = unlisted(powerbuyin, "model")
    assert {"qwen-image-max", "wan2.7-image"} <= set(found)
    assert "qwen-image-2.0-pro" not in found


def test_a_page_that_speaks_of_families_beyond_its_list_leaves_open_where_it_ends(powertokens: Contract) -> None:
    assert unlisted(powertokens, "model") == []
    plus = contract_path("powertokens").parent / "overlays" / "powertokens-plus.yaml"
    assert unlisted(load_contract(contract_path("powertokens"), [plus]), "model") == []


def test_only_a_list_of_a_field_that_goes_upstream_is_held_against_it(powerbuyin: Contract, invented: Contract) -> None:
    assert unlisted(powerbuyin, "response_format") == []
    assert unlisted(powerbuyin, "model", "type") == []
    every = {(one.subject, one.keyword) for one in invented.request.constraints.values()}
    assert [value for subject, keyword in sorted(every) for value in unlisted(invented, subject, keyword)] == []
