"""A $ref is replaced by what it points to, wherever that is written; one that cannot be is told with its line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_contract.document import load_document
from gateway_contract.document.load_document import Document, load
from gateway_contract.document.node import DocumentError, Node, Place
from gateway_contract.document.source import read
from gateway_contract.values.json_value import Json


def loaded(folder: Path, **files: str) -> Document:
    """The document `contract.yaml` among files that are named by their keyword, without the ending."""
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load(folder / "contract.yaml")


def complaint(folder: Path, **files: str) -> str:
    with pytest.raises(DocumentError) as raised:
        loaded(folder, **files)
    return str(raised.value).replace(f"{folder}/", "")


@pytest.mark.parametrize(
    ("contract", "a"),
    [
        ("a: {$ref: '#/b/c'}\nb: {c: [1]}", [1]),
        ("a: {$ref: '#/b/c/1'}\nb: {c: [1, 2]}", 2),
        ("a: {$ref: '#/b~1c/~0'}\nb/c: {'~': 3}", 3),
        ("a: {$ref: '#/b%20c/%E7%8C%AB'}\nb c: {猫: 4}", 4),
        ("a: {$ref: 'other.yaml#/x'}", {"y": "z"}),
        ("a: {$ref: './other.yaml#/x/y'}", "z"),
        ("a: {$ref: other.yaml}", {"x": {"y": "z"}, "back": 5, "200": "ok"}),
        ("a: {$ref: 'other.yaml#'}", {"x": {"y": "z"}, "back": 5, "200": "ok"}),
        ("a: {$ref: 'other.yaml#/back'}", 5),
        ("a: {$ref: 'other.yaml#/200'}", "ok"),
        ("a: {$ref: '#/b'}\nb: {$ref: '#/c'}\nc: {$ref: 'other.yaml#/x'}", {"y": "z"}),
        ("a: [{$ref: '#/b'}, {$ref: '#/b'}]\nb: 1", [1, 1]),
        ("a: {x: 9, $ref: 'other.yaml#/x'}", {"y": "z", "x": 9}),
        ("a: {y: {$ref: '#/b'}, $ref: 'other.yaml#/x'}\nb: 1", {"y": 1}),
        ("a: {$ref: 1}", {"$ref": 1}),
    ],
)
def test_a_reference_is_replaced_by_what_it_points_to(contract: str, a: Json, tmp_path: Path) -> None:
    other = "x: {y: z}\nback: {$ref: 'contract.yaml#/five'}\n200: ok\n"
    assert loaded(tmp_path, contract=f"{contract}\nfive: 5\n", other=other).tree["a"] == a


def test_a_reference_is_relative_to_the_file_in_which_it_stands(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "one.yaml").write_text("x: {$ref: two.yaml}\n", encoding="utf-8")
    (tmp_path / "parts" / "two.yaml").write_text("y: {$ref: '../contract.yaml#/z'}\n", encoding="utf-8")
    document = loaded(tmp_path, contract="a: {$ref: 'parts/one.yaml'}\nz: 7\n")
    assert document.tree["a"] == {"x": {"y": 7}}
    assert document.places["/a/x"] == Place(tmp_path / "parts" / "two.yaml", 1)
    assert document.places["/a/x/y"] == Place(tmp_path / "contract.yaml", 2)


def test_a_place_is_in_the_file_pointed_to_and_that_of_a_key_beside_in_its_own(tmp_path: Path) -> None:
    contract = "a:\n  $ref: 'other.yaml#/x'\n  z: 1\n"
    document = loaded(tmp_path, contract=contract, other="\n\nx:\n  y: 2\n")
    assert document.places["/a"] == Place(tmp_path / "other.yaml", 3)
    assert document.places["/a/y"] == Place(tmp_path / "other.yaml", 4)
    assert document.places["/a/z"] == Place(tmp_path / "contract.yaml", 3)


@pytest.mark.parametrize("keyword", ["example", "examples", "default", "const", "enum"])
def test_a_reference_within_data_is_data(keyword: str, tmp_path: Path) -> None:
    tree = loaded(tmp_path, contract=f"a: {{{keyword}: {{b: [{{$ref: '#/nowhere'}}]}}}}").tree
    assert tree == {"a": {keyword: {"b": [{"$ref": "#/nowhere"}]}}}


def test_components_may_hold_examples_as_data(tmp_path: Path) -> None:
    tree = loaded(tmp_path, contract="components: {examples: {a: {value: {$ref: '#/nowhere'}}}}").tree
    assert tree == {"components": {"examples": {"a": {"value": {"$ref": "#/nowhere"}}}}}


@pytest.mark.parametrize(
    "at",
    [
        "responses: {default: %s}",
        "properties: {default: %s}",
        "properties: {enum: %s}",
        "properties: {properties: %s}",
        "properties: {x: {properties: {const: %s}}}",
        "$defs: {example: %s}",
        "components: {schemas: {default: %s}}",
        "components: {parameters: {example: %s}}",
    ],
)
def test_a_name_that_looks_like_a_data_keyword_is_a_name(at: str, tmp_path: Path) -> None:
    there = "\nthere: {type: integer}"
    pointing = loaded(tmp_path, contract=at % "{$ref: '#/there'}" + there)
    assert pointing.tree == loaded(tmp_path, contract=at % "{type: integer}" + there).tree


def test_a_property_may_be_named_like_a_reference(tmp_path: Path) -> None:
    contract = "properties: {$ref: {type: string, title: {$ref: '#/t'}}}\nt: T"
    assert loaded(tmp_path, contract=contract).tree["properties"] == {"$ref": {"type": "string", "title": "T"}}


def test_what_is_pointed_to_twice_is_two_things(tmp_path: Path) -> None:
    tree = loaded(tmp_path, contract="a: {$ref: '#/c'}\nb: {$ref: '#/c'}\nc: {d: []}").tree
    assert tree["a"] == tree["b"] == tree["c"]
    assert len({id(tree[key]) for key in "abc"}) == 3


def test_each_file_is_read_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[str] = []

    def counting(path: Path, asked_at: Place | None = None) -> Node:
        asked.append(path.name)
        return read(path, asked_at)

    monkeypatch.setattr(load_document, "read", counting)
    contract = "a: {$ref: 'other.yaml#/x'}\nb: {$ref: './other.yaml#/y'}\nc: {$ref: 'contract.yaml#/a'}"
    assert loaded(tmp_path, contract=contract, other="x: 1\ny: {$ref: 'contract.yaml#/a'}").tree == {
        "a": 1,
        "b": 1,
        "c": 1,
    }
    assert asked == ["contract.yaml", "other.yaml"]


@pytest.mark.parametrize(
    ("contract", "message"),
    [
        (
            "components:\n  schemas: {Image: 1}\na: {$ref: '#/components/schema/Imgae'}",
            (
                "contract.yaml:3: '#/components/schema/Imgae' points to nothing: contract.yaml has no "
                "/components/schema/Imgae; did you mean '#/components/schemas/Image'?"
            ),
        ),
        ("a:\n  $ref: '#/zzz'", "contract.yaml:2: '#/zzz' points to nothing: contract.yaml has no /zzz"),
        (
            "a: {$ref: '#/b/1'}\nb: [1]",
            "contract.yaml:1: '#/b/1' points to nothing: contract.yaml has no /b/1",
        ),
        (
            "a: {$ref: '#/b/c'}\nb: text",
            "contract.yaml:1: '#/b/c' points to nothing: contract.yaml has no /b/c",
        ),
        (
            "a: {$ref: 'other.yaml#/y'}",
            "contract.yaml:1: 'other.yaml#/y' points to nothing: other.yaml has no /y",
        ),
        (
            "a: {$ref: 'othre.yaml#/y'}",
            "contract.yaml:1: othre.yaml does not exist; did you mean 'other.yaml'?",
        ),
        (
            "a: {$ref: '#name'}",
            (
                "contract.yaml:1: '#name' has no JSON Pointer behind its '#'; anchors and ids are not followed; "
                "write the way from the root: '#/...'"
            ),
        ),
        (
            "a: {$ref: '#/a~2'}",
            (
                "contract.yaml:1: '#/a~2' has no JSON Pointer behind its '#'; anchors and ids are not followed; "
                "write the way from the root: '#/...'"
            ),
        ),
        (
            "a: {b: 1, $ref: '#/c'}\nc: []",
            (
                "contract.yaml:1: '#/c' points to no mapping, so nothing can be merged over it; "
                "remove the keys beside the $ref"
            ),
        ),
        ("$ref: 'other.yaml#/list'", "other.yaml:2: a whole document must be a mapping"),
    ],
)
def test_a_reference_that_cannot_be_followed_is_told_with_its_line(
    contract: str,
    message: str,
    tmp_path: Path,
) -> None:
    assert complaint(tmp_path, contract=contract, other="x: 1\nlist: []") == message


@pytest.mark.parametrize(
    "reference",
    [
        "https://example.com/a.yaml",
        "HTTP://example.com",
        "//example.com/a.yaml",
        "file:///a.yaml",
        "urn:x:y#/z",
        "a%00.yaml",
        "\\0",
    ],
)
def test_nothing_is_fetched(reference: str, tmp_path: Path) -> None:
    said = complaint(tmp_path, contract=f'x: 1\na: {{$ref: "{reference}"}}')
    assert said.startswith("contract.yaml:2: ")
    assert said.endswith(
        " is not a relative path; nothing is fetched: put the file beside this one and give its relative path",
    )


@pytest.mark.parametrize(
    ("contract", "message"),
    [
        ("a: {$ref: '#/a'}", "contract.yaml:1: '#/a' leads back to itself, by way of contract.yaml#/a"),
        (
            "a: {$ref: '#/b'}\nb: {$ref: '#/c'}\nc: {$ref: '#/b'}",
            "contract.yaml:3: '#/b' leads back to itself, by way of contract.yaml#/b, contract.yaml#/c",
        ),
        ("a:\n  b:\n    $ref: '#/a'", "contract.yaml:3: '#/a' leads back to itself, by way of contract.yaml#/a"),
        ("a: {$ref: ''}", "contract.yaml:1: '' leads back to itself, by way of contract.yaml#"),
        (
            "\n\na: {$ref: 'other.yaml#/x'}",
            "contract.yaml:3: 'other.yaml#/x' leads back to itself, by way of other.yaml#/x, contract.yaml#/a",
        ),
        (
            "$ref: contract.yaml",
            "contract.yaml:1: 'contract.yaml' leads back to itself, by way of contract.yaml#",
        ),
        (
            "properties: {$ref: '#/properties'}",
            "contract.yaml:1: '#/properties' leads back to itself, by way of contract.yaml#/properties",
        ),
    ],
)
def test_a_reference_that_leads_back_to_itself_is_told_with_its_line_and_its_way(
    contract: str,
    message: str,
    tmp_path: Path,
) -> None:
    said = complaint(tmp_path, contract=contract, other="\nx: {$ref: 'contract.yaml#/a'}")
    assert said == f"{message}; a contract is a finite tree: end the cycle"


def test_references_that_multiply_each_other_are_refused_before_they_fill_the_memory(tmp_path: Path) -> None:
    lines = [f"l{step}: [{{$ref: '#/l{step + 1}'}}, {{$ref: '#/l{step + 1}'}}]" for step in range(100)]
    said = complaint(tmp_path, contract="\n".join([*lines, "l100: end"]))
    assert said.endswith(": this has more than 200000 values in it once written out")


@given(targets=st.lists(st.integers(0, 9), min_size=10, max_size=10))
def test_any_web_of_references_is_either_replaced_or_refused(
    targets: list[int],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Entry i points to entry targets[i] or, where that is not after it, to the end."""
    folder = tmp_path_factory.getbasetemp()
    forward = [target if target > index else 10 for index, target in enumerate(targets)]
    lines = [f"k{index}: {{$ref: '#/k{target}'}}" for index, target in enumerate(forward)]
    assert set(loaded(folder, contract="\n".join([*lines, "k10: end"])).tree.values()) == {"end"}
    lines = [f"k{index}: {{$ref: '#/k{target}'}}" for index, target in enumerate(targets)]
    assert complaint(folder, contract="\n".join(lines)).split("; ")[1].startswith("a contract is a finite tree")
