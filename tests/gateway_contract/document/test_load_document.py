"""A loaded document is one plain tree, and every pointer into it is placed in the file that says it."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonpointer import resolve_pointer

from gateway_contract.document.load_document import Document, load
from gateway_contract.document.node import DocumentError, Place
from gateway_contract.values.json_value import Json

CONTRACT = """\
openapi: 3.1.0
paths:
  /v1/images:
    post:
      responses:
        200: {$ref: 'shared.yaml#/responses/ok'}
        default:
          $ref: 'shared.yaml#/responses/error'
"""
SHARED = """\
responses:
  ok:
    description: made
  error:
    description: refused
"""
OVERLAY = """\
overlay: 1.0.0
info: {title: a deployment, version: 1.0.0}
actions:
  - target: $.paths['/v1/images'].post
    update:
      summary: ours
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"contract": CONTRACT, "shared": SHARED, "overlay": OVERLAY}.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_overlays_are_applied_and_references_replaced(folder: Path) -> None:
    document = load(folder / "contract.yaml", [folder / "overlay.yaml"])
    assert document.path == folder / "contract.yaml"
    assert document.tree["paths"] == {
        "/v1/images": {
            "post": {
                "responses": {"200": {"description": "made"}, "default": {"description": "refused"}},
                "summary": "ours",
            },
        },
    }


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        ("", "contract.yaml:1"),
        ("/openapi", "contract.yaml:1"),
        ("/paths/~1v1~1images/post", "contract.yaml:4"),
        ("/paths/~1v1~1images/post/summary", "overlay.yaml:6"),
        ("/paths/~1v1~1images/post/responses/200/description", "shared.yaml:3"),
        ("/paths/~1v1~1images/post/responses/default", "shared.yaml:4"),
        ("/paths/~1v1~1images/post/responses/404/content", "contract.yaml:5"),
        ("/nothing/here", "contract.yaml:1"),
        ("no pointer at all", "contract.yaml:1"),
    ],
)
def test_a_pointer_is_placed_or_else_its_nearest_ancestor(pointer: str, place: str, folder: Path) -> None:
    document = load(folder / "contract.yaml", [folder / "overlay.yaml"])
    assert str(document.place(pointer)).replace(f"{folder}/", "") == place


def test_files_are_named_as_the_user_named_the_contract(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    named = Path(folder.name)
    document = load(named / "contract.yaml", [named / "overlay.yaml"])
    assert {place.file for place in document.places.values()} == {
        *(named / name for name in ("contract.yaml", "shared.yaml", "overlay.yaml")),
    }


def test_a_missing_contract_or_overlay_is_told_by_name(folder: Path) -> None:
    with pytest.raises(DocumentError) as raised:
        load(folder / "contracts.yaml")
    assert str(raised.value) == f"{folder}/contracts.yaml does not exist; did you mean 'contract.yaml'?"
    with pytest.raises(DocumentError) as raised:
        load(folder / "contract.yaml", [folder / "zzz"])
    assert str(raised.value) == f"{folder}/zzz does not exist"


@pytest.mark.parametrize("depth", [600, 20_000])
def test_a_document_nested_without_end_is_refused(depth: int, folder: Path) -> None:
    (folder / "deep.yaml").write_text("a: " + depth * "[" + depth * "]", encoding="utf-8")
    with pytest.raises(DocumentError, match=r"deep\.yaml:1: "):
        load(folder / "deep.yaml")


def pointers(value: Json) -> int:
    below = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
    return 1 + sum(map(pointers, below))


names = st.text(alphabet="ab~/é", max_size=3)
trees = st.dictionaries(
    names,
    st.recursive(
        st.integers() | names | st.just({"$ref": "shared.json#/here"}),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
        max_leaves=15,
    ),
    max_size=5,
)


@given(tree=trees, shared=st.integers() | st.lists(names) | st.dictionaries(names, names))
def test_every_value_of_a_tree_is_placed_in_a_line_that_is_there(
    tree: dict[str, Json],
    shared: Json,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "contract.json").write_text(json.dumps(tree, indent=2), encoding="utf-8")
    (folder / "shared.json").write_text(json.dumps({"here": shared}, indent=2), encoding="utf-8")
    document = load(folder / "contract.json")
    assert len(document.places) == pointers(document.tree)
    for pointer, place in document.places.items():
        resolve_pointer(document.tree, pointer)
        assert 1 <= place.line <= lines(place)


def lines(place: Place) -> int:
    return len(place.file.read_text(encoding="utf-8").splitlines())


def test_two_loads_share_nothing(folder: Path) -> None:
    first, second = (load(folder / "contract.yaml") for _ in range(2))
    first.tree.clear()
    assert second == Document(second.path, load(folder / "contract.yaml").tree, first.places)
