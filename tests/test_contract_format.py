"""docs/contract-format.md and the code say the same."""

import re
from collections.abc import Iterator
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from gateway_contract.contract.extensions import KEYWORDS
from gateway_contract.rules.expectations import EXPECTATIONS
from gateway_contract.schema.compile import HANDLERS
from gateway_contract.schema.constraint import ANNOTATIONS, LEAVES
from gateway_contract.values.json_value import Json
from gateway_contract.values.normalization import MATCHES, NORMALIZATIONS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "contract-format.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))


def values_of(keyword: str, node: object) -> Iterator[Json]:
    """Every value that a keyword has in an example."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == keyword:
                yield value
            else:
                yield from values_of(keyword, value)


def examples(keyword: str) -> list[Json]:
    blocks = re.findall(r"```yaml\n(.*?)```", SECTIONS[keyword], re.DOTALL)
    return [value for block in blocks for value in values_of(keyword, yaml.safe_load(block))]


def test_the_page_explains_every_keyword_and_no_other() -> None:
    assert SECTIONS.keys() == KEYWORDS.keys()


@pytest.mark.parametrize("keyword", sorted(KEYWORDS))
def test_every_example_is_one_that_the_code_takes(keyword: str) -> None:
    found = examples(keyword)
    assert found
    validator = jsonschema_rs.validator_for(KEYWORDS[keyword])
    assert [error.message for value in found for error in validator.iter_errors(value)] == []


def test_every_key_of_a_keyword_is_named_in_its_section() -> None:
    for keyword, schema in KEYWORDS.items():
        for name in property_names(schema):
            assert re.search(rf"\b{re.escape(name)}\b", SECTIONS[keyword]), f"{keyword}: {name}"


def property_names(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        properties = schema.get("properties")
        yield from properties if isinstance(properties, dict) else ()
        for value in schema.values():
            yield from property_names(value)


def test_every_plain_keyword_that_is_taken_is_listed() -> None:
    table = PAGE[PAGE.index("## JSON Schema keywords") : PAGE.index("Any other keyword")]
    listed = set(re.findall(r"`([^` :]+)", table))
    plain = {keyword for keyword in HANDLERS if not keyword.startswith("x-")}
    assert LEAVES | ANNOTATIONS | plain <= listed


def test_every_name_that_a_mapping_may_use_is_told() -> None:
    for name in (*NORMALIZATIONS, *MATCHES):
        assert f"`{name}`" in SECTIONS["x-upstream"]


def test_every_link_within_the_page_leads_somewhere() -> None:
    titles = {title.lower().replace(" ", "-") for title in re.findall(r"^## (.*)$", PAGE, re.MULTILINE)}
    assert set(re.findall(r"\(#([^)]*)\)", PAGE)) == titles


def test_the_judges_are_where_the_page_says() -> None:
    assert "gateway_contract/rules/expectations.py" in SECTIONS["x-expectations"]
    assert "answer-content-type" in EXPECTATIONS
