"""A rule that no listed model can meet is untestable, and wakes when a deployment lists one."""

from pathlib import Path

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import untestable
from gateway_contract.document.load_document import load
from gateway_contract.schema.compile import compile_schema
from tests.gateway_contract.exchanges import rules_of, short_id

SCHEMA = """\
schema:
  properties:
    engine: {enum: [quick, fine]}
    free: {type: string}
    inner: {title: inside, if: {required: [a]}, then: {maxProperties: 1}}
  title: here
  if: {properties: {CONDITION}}
  then: {maxProperties: 1}
"""


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("engine: {const: fine}", None),
        ("engine: {const: slow}", "no engine listed here is here"),
        ("engine: {const: slow}, free: {const: a}", "no engine listed here is here"),
        ("free: {const: a}", None),
    ],
)
def test_a_condition_that_no_listed_value_meets_is_dormant(condition: str, why: str | None, tmp_path: Path) -> None:
    path = tmp_path / "schema.yaml"
    path.write_text(SCHEMA.replace("CONDITION", condition), "utf-8")
    schema = compile_schema(load(path), "/schema", "body")
    inside, here = [found.condition for found in schema.constraints.values() if found.keyword == "maxProperties"]
    assert untestable(here, schema) == why
    assert untestable(inside, schema) is None
    assert untestable(None, schema) is None


def test_the_sizes_of_models_that_are_not_sold_here_sleep(powertokens: Contract) -> None:
    asleep = {short_id(rule): rule.untestable for rule in rules_of(powertokens) if rule.untestable}
    assert asleep == {"size/enum-for-max-and-plus": "no model listed here is max and plus"}


def test_a_condition_on_no_property_is_awake(tmp_path: Path) -> None:
    path = tmp_path / "schema.yaml"
    path.write_text("schema: {title: here, if: {minProperties: 1}, then: {maxProperties: 1}}", "utf-8")
    schema = compile_schema(load(path), "/schema", "body")
    (found,) = schema.constraints.values()
    assert untestable(found.condition, schema) is None
