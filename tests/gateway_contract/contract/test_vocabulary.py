"""Every x- keyword of a contract is known and well formed, or the error says where it stands."""

from pathlib import Path

import pytest

from gateway_contract.contract.extensions import KEYWORDS, check_vocabulary, extension_keywords
from gateway_contract.document.load_document import load
from gateway_contract.document.node import DocumentError
from gateway_contract.values.json_value import Json


def problem_of(text: str, folder: Path) -> str:
    path = folder / "contract.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError) as raised:
        check_vocabulary(load(path))
    return str(raised.value).removeprefix(f"{folder}/")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a:\n  x-clauze: PX", "contract.yaml:2: unknown keyword x-clauze; did you mean x-clause?"),
        ("a: [{x-mark: yes}]", "contract.yaml:1: x-mark: true was expected; docs/contract-format.md has an example"),
        ("x-clauses:\n  A:\n    level: sure\n    says: it", "contract.yaml:3: x-clauses/A/level: "),
        ("a:\n  x-upstream:\n    pointer: /b\n    normalise: image-size", "contract.yaml:2: x-upstream: "),
        ("a: {x-upstream: {judged: false, pointer: /a}}", "contract.yaml:1: x-upstream: "),
        ("a: {x-upstream: {preserve: [0]}}", "contract.yaml:1: x-upstream: "),
        ("a: {x-upstream: {document: up.yaml}}", "contract.yaml:1: x-upstream: "),
        ("a: {x-length: /n}", "contract.yaml:1: x-length: "),
        ("a: {x-pixels: {min: 1}}", "contract.yaml:1: x-pixels: "),
        ("a: {x-if-violated: [ignore]}", "contract.yaml:1: x-if-violated/0: "),
        ("a: {x-image: {size: $request.body#/a, when: {$request.body#/b: text}}}", "contract.yaml:1: x-image/when/"),
    ],
)
def test_a_keyword_that_is_unknown_or_malformed_is_told_with_its_line(text: str, problem: str, tmp_path: Path) -> None:
    assert problem_of(text, tmp_path).startswith(problem)


@pytest.mark.parametrize(
    "node",
    [
        {"properties": {"x-mine": {}}},
        {"$defs": {"x-mine": {}}},
        {"enum": [{"x-mine": 1}]},
        {"default": {"x-mine": 1}},
        {"const": {"x-mine": 1}},
        {"examples": [{"x-mine": 1}]},
        {"examples": {"one": {"value": {"x-mine": 1}}}},
        {"examples": {"one": 5}},
    ],
)
def test_names_and_values_of_the_contract_are_not_ours(node: Json) -> None:
    assert list(extension_keywords(node)) == []


@pytest.mark.parametrize(
    ("node", "found"),
    [
        ({"x-a": {"x-b": 1}}, [("/x-a", "x-a", {"x-b": 1})]),
        ({"properties": {"x-mine": {"x-a": 1}}}, [("/properties/x-mine/x-a", "x-a", 1)]),
        ({"properties": [{"x-a": 1}]}, [("/properties/0/x-a", "x-a", 1)]),
        ({"allOf": [{}, {"x-a": 1}]}, [("/allOf/1/x-a", "x-a", 1)]),
        ({"examples": {"one": {"x-a": 1, "value": {"x-b": 1}}}}, [("/examples/one/x-a", "x-a", 1)]),
    ],
)
def test_our_keywords_are_found_wherever_they_may_stand(node: Json, found: list[tuple[str, str, Json]]) -> None:
    assert list(extension_keywords(node)) == found


def test_every_bundled_document_keeps_to_the_vocabulary_and_together_they_use_all_of_it() -> None:
    root = Path(__file__).parents[3]
    documents = [load(path) for path in (root / "openapi").glob("*.yaml")]
    for document in documents:
        check_vocabulary(document)
    overlay = load(root / "fixtures" / "overlays" / "idempotency-key.yaml")  # no bundled gateway has such a key
    used = {keyword for document in [*documents, overlay] for _, keyword, _ in extension_keywords(document.tree)}
    assert KEYWORDS.keys() - used <= {"x-level"}  # the made-up contract of these tests uses it
