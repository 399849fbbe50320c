"""An overlay changes the contract as OpenAPI Overlay 1.0 says, and each of its mistakes is told with its line."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway_contract.contract.load_contract import load_contract
from gateway_contract.document.load_document import Document, load
from gateway_contract.document.node import DocumentError, Node, Place, mapping, plain, sequence
from gateway_contract.document.overlay import merged
from gateway_contract.values.json_value import Json

CONTRACT = """\
info:
  title: T
models: [a, b]
schemas:
  Size: {type: string, enum: [s, m]}
  Both:
    - $ref: '#/schemas/Size'
    - type: integer
"""

HERE = Place(Path("here.yaml"), 1)


def overlaid(folder: Path, *actions: str, extends: str = "") -> Document:
    """The contract changed by one overlay for each text of actions."""
    (folder / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    overlays = []
    for number, text in enumerate(actions):
        overlays.append(folder / f"overlay{number}.yaml")
        head = f"overlay: 1.0.0\ninfo: {{title: O, version: 1.0.0}}\n{extends}actions:\n"
        overlays[-1].write_text(head + text, encoding="utf-8")
    return load(folder / "contract.yaml", overlays)


def complaint(folder: Path, overlay: str) -> str:
    (folder / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    (folder / "overlay.yaml").write_text(overlay, encoding="utf-8")
    with pytest.raises(DocumentError) as raised:
        load(folder / "contract.yaml", [folder / "overlay.yaml"])
    return str(raised.value).replace(f"{folder}/", "")


@pytest.mark.parametrize(
    ("action", "key", "value"),
    [
        ("{target: $, update: {added: 1}}", "added", 1),
        ("{target: $, update: {info: {title: U}}}", "info", {"title": "U"}),
        ("{target: $, update: {info: {version: 2}}}", "info", {"title": "T", "version": 2}),
        ("{target: $, update: {models: [c]}}", "models", ["a", "b", "c"]),
        ("{target: $.models, update: c}", "models", ["a", "b", "c"]),
        ("{target: $.models, update: {c: 1}}", "models", ["a", "b", {"c": 1}]),
        ("{target: $.models, update: [c, d]}", "models", ["a", "b", "c", "d"]),
        ("{target: $.models, update: null}", "models", ["a", "b", None]),
        ("{target: $.models, update: c, remove: false}", "models", ["a", "b", "c"]),
        ("{target: $.info.title, remove: true}", "info", {}),
        ("{target: $.info, update: {x: 1}, remove: true, description: away}", "info", None),
        ("{target: \"$.models[?@ == 'a']\", remove: true}", "models", ["b"]),
        ("{target: '$.models[*]', remove: true}", "models", []),
        ("{target: '$.models[0, 0]', remove: true}", "models", ["b"]),
        ("{target: '$..*', remove: true}", "models", None),
        ("{target: $.models, update: c, x-why: it is there}", "models", ["a", "b", "c"]),
    ],
)
def test_an_action_changes_what_its_target_selects(action: str, key: str, value: Json, tmp_path: Path) -> None:
    assert overlaid(tmp_path, f"  - {action}").tree.get(key) == value


def test_a_target_may_select_several_places(tmp_path: Path) -> None:
    tree = overlaid(tmp_path, "  - {target: '$..[?@.type]', update: {x-seen: true}}").tree
    assert tree["schemas"] == {
        "Size": {"type": "string", "enum": ["s", "m"], "x-seen": True},
        "Both": [
            {"type": "string", "enum": ["s", "m"], "x-seen": True},
            {"type": "integer", "x-seen": True},
        ],
    }


def test_a_place_selected_twice_is_changed_once(tmp_path: Path) -> None:
    assert overlaid(tmp_path, "  - {target: \"$['models', 'models']\", update: c}").tree["models"] == ["a", "b", "c"]


def test_a_target_sees_the_document_as_it_is_written(tmp_path: Path) -> None:
    tree = overlaid(tmp_path, "  - {target: '$.schemas.Both[?@[\"$ref\"]]', update: {title: small}}").tree
    assert tree["schemas"] == {
        "Size": {"type": "string", "enum": ["s", "m"]},
        "Both": [{"type": "string", "enum": ["s", "m"], "title": "small"}, {"type": "integer"}],
    }


def test_actions_and_overlays_apply_in_order(tmp_path: Path) -> None:
    first = "  - {target: $.models, remove: true}\n  - {target: $, update: {models: [c]}}"
    assert overlaid(tmp_path, first, "  - {target: $.models, update: d}").tree["models"] == ["c", "d"]


def test_a_reference_that_an_overlay_brings_is_relative_to_the_contract(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    (tmp_path / "extra.yaml").write_text("x: 1", encoding="utf-8")
    overlay = tmp_path / "parts" / "overlay.yaml"
    overlay.write_text(
        "overlay: 1.0.0\ninfo: {title: O, version: 1.0.0}\nextends: ../contract.yaml\n"
        "actions: [{target: $.info, update: {a: {$ref: extra.yaml}, b: {$ref: '#/models'}}}]",
        encoding="utf-8",
    )
    info = load(tmp_path / "contract.yaml", [overlay]).tree["info"]
    assert info == {"title": "T", "a": {"x": 1}, "b": ["a", "b"]}


def test_a_file_that_points_back_sees_the_contract_as_the_overlay_leaves_it(tmp_path: Path) -> None:
    (tmp_path / "extra.yaml").write_text("x: {$ref: 'contract.yaml#/models'}", encoding="utf-8")
    action = "  - {target: $, update: {models: [c], back: {$ref: 'extra.yaml#/x'}}}"
    assert overlaid(tmp_path, action).tree["back"] == ["a", "b", "c"]


def test_what_an_overlay_sets_is_placed_in_the_overlay_and_the_rest_where_it_was(tmp_path: Path) -> None:
    action = "  - target: $\n    update:\n      info:\n        version: 2\n      models:\n        - c\n"
    placed = overlaid(tmp_path, action, extends="extends: contract.yaml\n").places
    contract, overlay = tmp_path / "contract.yaml", tmp_path / "overlay0.yaml"
    assert placed["/info"] == Place(contract, 1)
    assert placed["/info/title"] == Place(contract, 2)
    assert placed["/info/version"] == Place(overlay, 8)
    assert placed["/models/1"] == Place(contract, 3)
    assert placed["/models/2"] == Place(overlay, 10)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (
            "target: $.model\nupdate: {}",
            "overlay.yaml:4: '$.model' selects nothing in the document; correct it, or take the action out",
        ),
        (
            "target: $.models[\nupdate: {}",
            "overlay.yaml:4: '$.models[' is not a JSONPath: unexpected end of query",
        ),
        (
            "target: models\nupdate: c",
            "overlay.yaml:4: target must be a JSONPath; begin it with $, the root of the document",
        ),
        (
            "target: 1\nupdate: c",
            "overlay.yaml:4: target must be a JSONPath; begin it with $, the root of the document",
        ),
        (
            "target: $.info.title\nupdate: U",
            (
                "overlay.yaml:5: the target is a single value, in contract.yaml:2, and cannot be updated; "
                "select the mapping that holds it, and update its key"
            ),
        ),
        (
            "target: $.info\nupdate: U",
            (
                "overlay.yaml:5: a single value cannot be merged into a mapping (contract.yaml:1); "
                "remove that first, with an action of its own"
            ),
        ),
        (
            "target: $\nupdate:\n  info: []",
            (
                "overlay.yaml:6: a list cannot be merged into a mapping (contract.yaml:1); "
                "remove that first, with an action of its own"
            ),
        ),
        (
            "target: $\nupdate: {models: {}}",
            (
                "overlay.yaml:5: a mapping cannot be merged into a list (contract.yaml:3); "
                "remove that first, with an action of its own"
            ),
        ),
        (
            "target: $.info\nupdate: {title: [U]}",
            (
                "overlay.yaml:5: a list cannot be merged into a single value (contract.yaml:2); "
                "remove that first, with an action of its own"
            ),
        ),
        ("target: $\nremove: true", "overlay.yaml:4: this would remove the whole document"),
        ("target: $\nremove: yes", "overlay.yaml:5: remove must be true or false"),
        ("target: $", "overlay.yaml:4: this action does nothing; give it an update, or remove: true"),
        (
            "target: $\nremove: false",
            "overlay.yaml:4: this action does nothing; give it an update, or remove: true",
        ),
        ("update: {}", "overlay.yaml:4: 'target' is missing here"),
        (
            "target: $\nupdates: {}",
            "overlay.yaml:5: an overlay has no 'updates' here; did you mean 'update'?",
        ),
    ],
)
def test_an_action_that_cannot_be_done_is_told_with_its_line(action: str, message: str, tmp_path: Path) -> None:
    head = "overlay: 1.0.0\ninfo: {title: O, version: 1.0.0}\nactions:\n  - "
    assert complaint(tmp_path, head + action.replace("\n", "\n    ")) == message


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        ("overlay: 1.0.0\ninfo: {}", "overlay.yaml:1: 'actions' is missing here"),
        (
            "overlay: 1.2.0\ninfo: {}\nactions: []",
            "overlay.yaml:1: overlay version 1.2.0 is not known; write overlay: 1.1.0",
        ),
        (
            "info: {}\noverlay: 1.0\nactions: []",
            "overlay.yaml:2: overlay version 1.0 is not known; write overlay: 1.1.0",
        ),
        ("overlay: 1.0.0\ninfo: {title: O}\nactions: []", "overlay.yaml:2: 'version' is missing here"),
        ("overlay: 1.0.0\ninfo: O\nactions: []", "overlay.yaml:2: a mapping with title, version belongs here"),
        (
            "overlay: 1.0.0\ninfo: {title: O, version: 1}\nactions: []",
            "overlay.yaml:3: actions must be a list of at least one action",
        ),
        (
            "overlay: 1.0.0\ninfo: {title: O, version: 1}\nactions: {target: $}",
            "overlay.yaml:3: actions must be a list of at least one action",
        ),
        (
            "overlay: 1.0.0\ninfo: {title: O, version: 1}\nactions: [$]",
            "overlay.yaml:3: a mapping with target belongs here",
        ),
        (
            "overlay: 1.0.0\ninfo: {title: O, version: 1}\naction: []",
            "overlay.yaml:3: an overlay has no 'action' here; did you mean 'actions'?",
        ),
        (
            "overlay: 1.0.0\ninfo: {title: O, version: 1}\nextends: https://example.com/c.yaml\nactions: []",
            (
                "overlay.yaml:3: 'https://example.com/c.yaml' is not a relative path; "
                "nothing is fetched: put the file beside this one and give its relative path"
            ),
        ),
        ("- overlay", "overlay.yaml:1: the file must hold a mapping of keys to values"),
    ],
)
def test_a_file_that_is_no_overlay_is_told_with_its_line(overlay: str, message: str, tmp_path: Path) -> None:
    assert complaint(tmp_path, overlay) == message


@example(target="$[1e3]")
@given(target=st.text(alphabet="$.[]*'?@=<!()&|:,0123- amodelsinfo\"\\/", max_size=15).map("$".__add__))
def test_any_target_is_either_applied_or_refused_in_the_overlay(
    target: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.getbasetemp()
    try:
        overlaid(folder, f"  - target: {json.dumps(target)}\n    remove: true")
    except DocumentError as error:
        assert error.place == Place(folder / "overlay0.yaml", 4)  # noqa: PT017 - both outcomes are right


scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
keys = st.sampled_from("abc")
trees: st.SearchStrategy[Json] = st.dictionaries(
    keys,
    st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner), max_leaves=8),
)
EMPTY = mapping({}, HERE)


def written(value: Json) -> Node:
    if isinstance(value, dict):
        return mapping({key: written(child) for key, child in value.items()}, HERE)
    return sequence(tuple(map(written, value)), HERE) if isinstance(value, list) else Node(value, HERE)


@given(tree=trees.map(written))
def test_merging_with_nothing_changes_nothing(tree: Node) -> None:
    assert merged(tree, EMPTY) == merged(EMPTY, tree) == tree


def test_merging_changes_neither_side() -> None:
    old, new = written({"a": [1], "b": {"c": 1}}), written({"a": [2], "b": {"c": 2}})
    assert plain(merged(old, new)) == {"a": [1, 2], "b": {"c": 2}}
    assert (old, new) == (written({"a": [1], "b": {"c": 1}}), written({"a": [2], "b": {"c": 2}}))


@given(first=trees.map(written), second=trees.map(written), third=trees.map(written))
def test_it_does_not_matter_which_updates_are_merged_first(first: Node, second: Node, third: Node) -> None:
    """Where all of them go together; where they do not, both ways are refused."""
    assert _outcome(first, second, third) == _outcome_from_right(first, second, third)


def _outcome(first: Node, second: Node, third: Node) -> Json:
    try:
        return plain(merged(merged(first, second), third))
    except DocumentError:
        return "refused"


def _outcome_from_right(first: Node, second: Node, third: Node) -> Json:
    try:
        return plain(merged(first, merged(second, third)))
    except DocumentError:
        return "refused"


LATER = "overlay: 1.1.0\ninfo: {title: O, version: 1.0.0}\nactions:\n"


def changed(folder: Path, *actions: str) -> Document:
    (folder / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    lines = "".join(f"  - {action}\n" for action in actions)
    (folder / "overlay.yaml").write_text(LATER + lines, encoding="utf-8")
    return load(folder / "contract.yaml", [folder / "overlay.yaml"])


def test_version_11_copies_a_value_and_replaces_single_ones(tmp_path: Path) -> None:
    found = changed(
        tmp_path,
        "{target: $, update: {spare: {}}}",
        "{target: $.spare, copy: $.info}",
        "{target: $.spare.title, update: U}",
    ).tree
    assert found["spare"] == {"title": "U"}
    assert found["info"] == {"title": "T"}


@pytest.mark.parametrize(
    ("action", "problem"),
    [
        ("{target: $.info, copy: $.models, update: {}}", "an action has update or copy, not both"),
        ("{target: $.models, copy: '$.models[*]'}", "'$.models[*]' selects 2 values; select the one to copy"),
        ("{target: $.info, copy: $.none}", "'$.none' selects nothing in the document"),
    ],
)
def test_a_copy_that_cannot_be_done_is_told_with_its_line(action: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as raised:
        changed(tmp_path, action)
    assert str(raised.value).startswith(f"{tmp_path / 'overlay.yaml'}:4: {problem}")


FIXTURES = Path(__file__).parents[3] / "fixtures" / "contracts"


def test_an_overlay_changes_the_document_that_it_extends(tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.yaml"
    action = "{target: '$..copies.maximum', update: 10}"
    extends = f"extends: {os.path.relpath(FIXTURES / 'engine.yaml', tmp_path)}\n"
    overlay.write_text(f"overlay: 1.1.0\ninfo: {{title: O, version: 1}}\n{extends}actions: [{action}]\n", "utf-8")
    contract = load_contract(FIXTURES / "silent.yaml", [overlay])
    assert contract.upstream is not None
    theirs = contract.upstream.operation.request.constraints.values()
    assert [one.value for one in theirs if one.keyword == "maximum"] == [10]
    own = [one.value for one in contract.request.constraints.values() if one.keyword == "maximum"]
    assert own == [10]


def test_an_overlay_changes_a_shared_document(tmp_path: Path) -> None:
    (tmp_path / "shared.yaml").write_text("limits: {most: 3}\n", encoding="utf-8")
    (tmp_path / "contract.yaml").write_text("a: {$ref: 'shared.yaml#/limits'}\n", encoding="utf-8")
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(
        "overlay: 1.1.0\ninfo: {title: O, version: 1}\nextends: shared.yaml\n"
        "actions: [{target: $.limits.most, update: 4}]\n",
        encoding="utf-8",
    )
    assert load(tmp_path / "contract.yaml", [overlay]).tree == {"a": {"most": 4}}


def test_an_overlay_of_another_document_is_an_error(tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.yaml"
    head = "overlay: 1.0.0\ninfo: {title: O, version: 1}\n"
    overlay.write_text(f"{head}extends: other.yaml\nactions: [{{target: $, update: {{}}}}]\n", "utf-8")
    with pytest.raises(DocumentError, match=r"overlay\.yaml:3: no document of this contract is other\.yaml"):
        load_contract(FIXTURES / "silent.yaml", [overlay])
