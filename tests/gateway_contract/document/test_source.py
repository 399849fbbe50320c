"""A file's values are what YAML 1.2 and JSON say, each with its line; so does what cannot be used."""

import json
import pickle
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from gateway_contract.document import source
from gateway_contract.document.node import DocumentError, Place, places, plain
from gateway_contract.document.source import read
from gateway_contract.values.json_value import Json, same

# What YAML can hold unescaped.
texts = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufffe\uffff"),
    max_size=10,
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
trees = st.dictionaries(
    texts,
    st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)),
    max_size=4,
)


def said(text: str, folder: Path) -> Json:
    return plain(read(written(text, folder)))


def written(text: str, folder: Path) -> Path:
    path = folder / "contract.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def complaint(text: str, folder: Path) -> str:
    """The error, without the folder."""
    with pytest.raises(DocumentError) as raised:
        read(written(text, folder))
    return str(raised.value).replace(f"{folder}/", "")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("Off", "Off"),
        ("true", True),
        ("FALSE", False),
        ("tRue", "tRue"),
        ("null", None),
        ("~", None),
        ("", None),
        ('""', ""),
        ("12", 12),
        ("+12", 12),
        ("-0", 0),
        ("007", 7),
        ("0o17", 15),
        ("0xFF", 255),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("0b1", "0b1"),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("-1.5E-1", -0.15),
        ("1.2.3", "1.2.3"),
        ("2024-01-01", "2024-01-01"),
        ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
        ('"12"', "12"),
        ("'true'", "true"),
        ("!!str 12", "12"),
        ("=", "="),
        ("1024*1024", "1024*1024"),
        ("一只猫", "一只猫"),
        ("|-\n  two\n  lines", "two\nlines"),
        ('"\\u2028\\a"', "\u2028\a"),
    ],
)
def test_a_scalar_is_what_the_core_schema_of_yaml_1_2_says(text: str, value: Json, tmp_path: Path) -> None:
    got = said(f"a: {text}\n", tmp_path)
    assert got == {"a": value}
    assert isinstance(got, dict)
    assert type(got["a"]) is type(value)


def test_unquoted_statuses_and_yes_and_no_are_keys_as_they_are_written(tmp_path: Path) -> None:
    assert said("200: a\n007: b\nyes: c\nn: d\n2024-01-01: e", tmp_path) == {
        "200": "a",
        "007": "b",
        "yes": "c",
        "n": "d",
        "2024-01-01": "e",
    }


def test_a_mark_at_the_beginning_of_the_file_is_no_part_of_it(tmp_path: Path) -> None:
    assert said("\ufeffa: 1", tmp_path) == {"a": 1}


@given(tree=trees)
def test_a_json_file_says_what_it_says(tree: dict[str, Json], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp()
    assert same(said(json.dumps(tree, ensure_ascii=False), folder), tree)
    assert same(said(json.dumps(tree, ensure_ascii=False, indent="\t"), folder), tree)


@given(tree=trees)
def test_every_value_is_placed_within_its_file(
    tree: dict[str, Json],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    text = json.dumps(tree, ensure_ascii=False, indent=1)
    path = written(text, tmp_path_factory.getbasetemp())
    assert {place.file for place in places(read(path)).values()} == {path}
    assert {place.line for place in places(read(path)).values()} <= set(range(1, len(text.splitlines()) + 1))


def test_a_key_places_its_value_and_a_list_item_its_own_first_line(tmp_path: Path) -> None:
    path = written("# title\na:\n  b~/c:\n    - 1\n    - x:\n        2\n", tmp_path)
    assert {pointer: place.line for pointer, place in places(read(path)).items()} == {
        "": 2,
        "/a": 2,
        "/a/b~0~1c": 3,
        "/a/b~0~1c/0": 4,
        "/a/b~0~1c/1": 5,
        "/a/b~0~1c/1/x": 5,
    }


def test_an_alias_repeats_its_anchor_and_shares_nothing_with_it(tmp_path: Path) -> None:
    path = written("a: &x\n  b: [1]\nc: *x\nd: [*x, *x]\n", tmp_path)
    tree = plain(read(path))
    assert tree == {"a": {"b": [1]}, "c": {"b": [1]}, "d": [{"b": [1]}, {"b": [1]}]}
    assert isinstance(tree, dict)
    assert tree["a"] is not tree["c"]
    assert places(read(path))["/c"] == Place(path, 3)
    assert places(read(path))["/c/b"] == Place(path, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "contract.yaml:1: the file must hold a mapping of keys to values"),
        ("\n- a\n", "contract.yaml:2: the file must hold a mapping of keys to values"),
        ("just text", "contract.yaml:1: the file must hold a mapping of keys to values"),
        ("a: 1\nb: 2\na: 3", "contract.yaml:3: the key 'a' is here already, in line 1"),
        ('200: 1\n"200": 2', "contract.yaml:2: the key '200' is here already, in line 1"),
        ("a:\n  true: 1", 'contract.yaml:2: the key true is not text; quote it: "true"'),
        ("1.5: 1", 'contract.yaml:1: the key 1.5 is not text; quote it: "1.5"'),
        ("[a]: 1", "contract.yaml:1: a key must be text, not a mapping or a list"),
        (
            "a: &x {b: 1}\nc:\n  <<: *x",
            "contract.yaml:3: merge keys (<<) are not JSON; write the keys out, or use a $ref",
        ),
        ("a: .inf", "contract.yaml:1: !!float '.inf' has no JSON value; quote it if it is text"),
        ("a: .nan", "contract.yaml:1: !!float '.nan' has no JSON value; quote it if it is text"),
        ("a: 1e999", "contract.yaml:1: !!float '1e999' has no JSON value; quote it if it is text"),
        ("a: !!int x", "contract.yaml:1: !!int 'x' has no JSON value; quote it if it is text"),
        ("a: !mine x", "contract.yaml:1: !mine 'x' has no JSON value; quote it if it is text"),
        ("a: 1" + 5000 * "0", f"contract.yaml:1: !!int '1{39 * '0'}' has no JSON value; quote it if it is text"),
        ("a:\n  !!set {x}", "contract.yaml:2: the tag !!set means nothing in JSON; leave it out"),
        ("a: !!map [x]", "contract.yaml:1: the tag !!map means nothing in JSON; leave it out"),
        ("a: !mine [x]", "contract.yaml:1: the tag !mine means nothing in JSON; leave it out"),
        (
            "a: 1\nb: &x\n  - *x",
            "contract.yaml:2: this value contains itself through an alias; write it out as a finite tree",
        ),
        ("a: 1\nb: *x", "contract.yaml:2: this is not valid YAML: found undefined alias"),
        (
            "a: 1\nb: 2\n c: 3\n",
            "contract.yaml:3: this is not valid YAML: mapping values are not allowed in this context",
        ),
        (
            "a: 1\nb: 'open\nc: 2\n",
            (
                "contract.yaml:3: this is not valid YAML: while scanning a quoted scalar (line 2), found unexpected "
                "end of stream"
            ),
        ),
        (
            "--- {a: 1}\n--- {b: 2}",
            (
                "contract.yaml:2: this is not valid YAML: expected a single document in the stream (line 1), but found "
                "another document"
            ),
        ),
        *(
            (
                f"a: 1\nb: x{character}y",
                (
                    f"contract.yaml:2: the character U+{ord(character):04X} cannot stand in YAML as it is; "
                    f"write it as an escape, in double quotes"
                ),
            )
            for character in "\0\a\x7f\x85\u2028\u2029\uffff"
        ),
    ],
)
def test_what_cannot_be_used_is_told_with_its_line(text: str, message: str, tmp_path: Path) -> None:
    assert complaint(text, tmp_path) == message


@given(text=st.text(alphabet="ab1.-+:?,[]{}&*!|>'\"%@`#~=<\\ \n\t\rux0é\x85", max_size=30))
@example(text="{[]: 1}")
@example(text="? |\n  a\n: b")
def test_any_text_is_either_read_or_refused_with_a_line_of_its_own(
    text: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = written(text, tmp_path_factory.getbasetemp())
    try:
        placed = set(places(read(path)).values())
    except DocumentError as error:
        placed = {error.place} if error.place else set()
    assert placed
    assert {place.file for place in placed} == {path}
    assert {place.line for place in placed} <= set(range(1, max(1, len(re.split("\r\n?|\n", text))) + 1))


def test_a_quoted_merge_key_is_a_key(tmp_path: Path) -> None:
    assert said('"<<": 1', tmp_path) == {"<<": 1}


def test_text_that_is_not_utf_8_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_bytes("a: 1\nb: é\n".encode("latin-1"))
    with pytest.raises(DocumentError) as raised:
        read(path)
    assert str(raised.value) == f"{path}:2: this is not UTF-8 text; save the file as UTF-8"


def test_a_missing_file_is_told_with_the_name_that_was_probably_meant(tmp_path: Path) -> None:
    written("a: 1", tmp_path)
    path = tmp_path / "contarct.yaml"
    with pytest.raises(DocumentError) as raised:
        read(path)
    assert str(raised.value) == f"{path} does not exist; did you mean 'contract.yaml'?"


def test_a_missing_folder_is_no_more_than_a_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "contract.yaml"
    with pytest.raises(DocumentError) as raised:
        read(path, asked_at=Place(Path("other.yaml"), 7))
    assert str(raised.value) == f"other.yaml:7: {path} does not exist"


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as raised:
        read(tmp_path)
    assert str(raised.value) == f"{tmp_path} is not a file; name a YAML or JSON file"


def test_what_the_system_does_not_let_be_read_is_told_in_its_words(tmp_path: Path) -> None:
    path = tmp_path / (300 * "x")
    with pytest.raises(DocumentError, match=r"x cannot be read: File name too long$"):
        read(path)


@pytest.mark.parametrize("shape", ["[*{0}, *{0}]", "{{a: *{0}, b: *{0}}}"])
def test_aliases_that_multiply_each_other_are_refused_before_they_fill_the_memory(
    shape: str,
    tmp_path: Path,
) -> None:
    lines = ["l0: &l0 [1]", *(f"l{step + 1}: &l{step + 1} {shape.format(f'l{step}')}" for step in range(100))]
    assert "this has more than 200000 values in it once written out" in complaint("\n".join(lines), tmp_path)


def test_without_libyaml_a_file_says_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(source, "_LOADER", yaml.SafeLoader)
    assert said("a: [yes, 2024-01-01, 1]\n200: {x: ~}", tmp_path) == {
        "a": ["yes", "2024-01-01", 1],
        "200": {"x": None},
    }
    assert complaint("a: 1\na: 2", tmp_path) == "contract.yaml:2: the key 'a' is here already, in line 1"


def test_an_error_survives_pickling() -> None:
    error = DocumentError(Place(Path("a.yaml"), 1), "broken", "mend it")
    assert str(pickle.loads(pickle.dumps(error))) == "a.yaml:1: broken; mend it"  # noqa: S301 - our own bytes


DEEP = {
    "lists": "a: 1\nb: " + "[" * 200_000 + "]" * 200_000,
    "mappings": "a: 1\nb: " + "{a: " * 100_000 + "}" * 100_000,
    "dashes": "a: 1\nb:\n  " + "- " * 100_000,
    "a runaway bracket": "a: 1\nb: " + "[" * 100_000,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_nesting_that_would_end_the_process_is_an_error_with_its_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "deep.yaml"
    file.write_text(text, "utf-8")
    # libyaml has a bound of its own in newer versions.
    message = r"deep\.yaml:[23]: .*(nested more than 500 levels deep|exceeded maximum nesting depth)"
    with pytest.raises(DocumentError, match=message):
        source.read(file)


def test_brackets_in_a_text_are_no_nesting(tmp_path: Path) -> None:
    assert said(f"a: '{'[' * 5000}'\n", tmp_path) == {"a": "[" * 5000}
