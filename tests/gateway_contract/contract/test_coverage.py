"""Each field of OpenAPI is read, prose, or listed as not tested; a field that OpenAPI does not have is an error."""

from pathlib import Path

import pytest

from gateway_contract.contract.coverage import OBJECTS, Holds, untested
from gateway_contract.contract.load_contract import contract_path, load_contract
from gateway_contract.document.node import DocumentError

SILENT = Path(__file__).parents[3] / "fixtures" / "contracts" / "silent.yaml"
MARK = "# not tested"


@pytest.mark.parametrize("name", ["powertokens", "powerbuyin"])
def test_the_bundled_contracts_state_nothing_that_is_not_tested(name: str) -> None:
    assert untested(load_contract(contract_path(name))) == ()


def test_every_object_that_a_field_holds_has_a_table() -> None:
    held = {row.kind for table in OBJECTS.values() for row in table.values() if isinstance(row, Holds)}
    assert held | {"OpenAPI"} == OBJECTS.keys()


def test_what_is_listed_names_its_line_and_its_reason() -> None:
    listed = {str(one) for one in untested(load_contract(SILENT))}
    line = (
        SILENT.read_text(encoding="utf-8")
        .split("\n")
        .index("        - {name: X-Trace, in: header, schema: {type: string}} # not tested")
    )
    assert f"{SILENT}:{line + 1}  X-Trace: header parameters are not sent" in listed


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("info: {title: Silent,", "info: {titel: Silent,", "an Info Object has no field titel; did you mean 'title'?"),
        ("          description: Links.", "          descripton: Links.", "a Response Object has no field descripton"),
        ("webhooks:", "zzz:", "an OpenAPI Object has no field zzz; remove it"),
    ],
)
def test_a_field_that_openapi_does_not_have_is_an_error(old: str, new: str, problem: str, tmp_path: Path) -> None:
    text = SILENT.read_text(encoding="utf-8")
    (tmp_path / "engine.yaml").write_text(SILENT.with_name("engine.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    path = tmp_path / "silent.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DocumentError, match=problem.replace("?", r"\?")) as raised:
        load_contract(path)
    assert raised.value.place is not None
    assert raised.value.place.line == text[: text.index(old)].count("\n") + 1


def test_a_gateway_without_bearer_tokens_has_no_rules_about_them(tmp_path: Path) -> None:
    text = SILENT.read_text(encoding="utf-8").replace("  - bearer: []\n", "")
    (tmp_path / "engine.yaml").write_text(SILENT.with_name("engine.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "silent.yaml").write_text(text, encoding="utf-8")
    assert load_contract(tmp_path / "silent.yaml").operation.secured is None
