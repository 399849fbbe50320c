"""Every pointer of a contract is looked at (where one leads nowhere: see test_contract_errors)."""

from pathlib import Path

import pytest

from gateway_contract.contract.checks import pointer_errors
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import load_contract


def test_pointers_that_lead_somewhere_are_well(invented: Contract, powertokens: Contract, powerbuyin: Contract) -> None:
    for contract in (invented, powertokens, powerbuyin):
        assert list(pointer_errors(contract)) == []


@pytest.mark.parametrize("line", ["x-image:", "x-mock:"])
def test_what_a_contract_does_not_say_is_not_looked_for(line: str, invented_path: Path) -> None:
    text = invented_path.read_text("utf-8")
    for old, new in (
        ("x-image: {size: $request.body#/canvas}", ""),
        ('x-clause: {"*": PX-11, x-image: PX-06}', "x-clause: PX-11"),
        ("x-mock: $request.body#/wish/words", ""),
    ):
        if line in old or line.rstrip(":") in old:
            text = text.replace(old, new)
    invented_path.write_text(text, "utf-8")
    assert line not in text
    contract = load_contract(invented_path)
    assert (not contract.mock_values) == (line == "x-mock:")
    assert contract.images is not None
    assert (contract.images.size is None) == (line == "x-image:")


CONDITION = "if: {required: [engine], properties: {engine: {const: fine}}}"


def warnings_with(condition: str, path: Path) -> list[str]:
    text = path.read_text("utf-8")
    assert CONDITION in text
    path.write_text(text.replace(CONDITION, condition), "utf-8")
    return [str(warning) for warning in load_contract(path).warnings]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ('properties: {engine: {pattern: "^f"}}', "this `if` also holds where /engine is null; add `type: string`"),
        ("properties: {engine: {minLength: 9}}", "this `if` also holds where /engine is null; add `type: string`"),
        ("properties: {sheets: {type: number, minimum: 2}}", "/sheets is a number; add `type: integer`"),
        ("properties: {sheets: {minimum: 2}}", "/sheets is null; add `type: integer`"),
        ("properties: {engine: {not: {const: fine}}}", "/engine is null; add `type: string`"),
        ("allOf: [{properties: {engine: {maxLength: 9}}}]", "/engine is null; add `type: string`"),
        ("properties: {wish: {type: object, properties: {words: {maxLength: 5}}}}", "/wish/words is null; add"),
        (
            "properties: {look: {type: object, properties: {colours: {type: array, items: {maxLength: 5}}}}}",
            "/look/colours/0 is null; add `type: string`",
        ),
    ],
)
def test_a_condition_that_holds_for_a_value_of_another_type_is_warned_of(
    condition: str, message: str, invented_path: Path
) -> None:
    line = next(at for at, text in enumerate(invented_path.read_text("utf-8").splitlines(), 1) if CONDITION in text)
    (warning,) = warnings_with(f"if: {{{condition}}}", invented_path)
    assert warning.startswith(f"warning: {invented_path}:{line}: ")
    assert message in warning


@pytest.mark.parametrize(
    "condition",
    [
        "properties: {engine: {const: fine}}",
        "properties: {engine: {enum: [fine]}}",
        'properties: {engine: {type: string, pattern: "^f"}}',
        "properties: {strength: {type: number, minimum: 1}}",
        "properties: {strength: {type: integer, minimum: 1}}",
        "required: [engine]",
        "required: [engine], properties: {engine: {description: Any of them.}}",
        "required: [engine], properties: {engine: true}",
    ],
)
def test_a_condition_that_holds_for_the_fields_own_type_only_is_not(condition: str, invented_path: Path) -> None:
    assert warnings_with(f"if: {{{condition}}}", invented_path) == []


def test_the_conditions_of_the_upstream_are_looked_at_too(invented_path: Path) -> None:
    upstream = invented_path.with_name("engine.yaml")
    text = upstream.read_text("utf-8")
    loose = "title: fine, if: {properties: {tool: {pattern: ^f}}}, then: {}"
    changed = text.replace(
        "                  required: [tool,",
        f"                  allOf: [{{{loose}}}]\n                  required: [tool,",
    )
    assert changed != text
    upstream.write_text(changed, "utf-8")
    (warning,) = load_contract(invented_path).warnings
    assert "engine.yaml:" in str(warning)
    assert "/job/tool is null" in str(warning)


def test_the_bundled_contracts_give_no_warning(powertokens: Contract, powerbuyin: Contract) -> None:
    assert powertokens.warnings == powerbuyin.warnings == ()
