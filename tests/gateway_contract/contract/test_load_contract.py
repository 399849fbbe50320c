"""A contract holds all that its document says."""

from pathlib import Path
from shutil import copy

import pytest
import yaml

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import BUNDLED, contract_path, load_contract, load_upstream
from gateway_contract.document.node import DocumentError
from gateway_contract.rules.derive import derive_rules
from tests.gateway_contract.conftest import OPENAPI
from tests.gateway_contract.invented import write_invented

EXAMPLE = OPENAPI.parent / "examples" / "contract.yaml"
SMALL = """\
openapi: 3.1.0
paths:
  /a:
    post:
      requestBody: {content: {application/json: {schema: {type: object, properties: {n: {type: integer}}}}}}
      responses: {"200": {content: {application/json: {schema: {type: object, properties: {
        pages: {type: array, x-length: $request.body#/n, items: {type: object, properties: {
          link: {type: string, x-present-when: {"$request.body#/n": 1}}}}}}}}}}}
"""


def test_a_contract_is_named_after_its_file_and_knows_its_clauses(invented: Contract) -> None:
    assert invented.name == "paintbox"
    assert invented.clauses["PX-15"].excused == "nobody can measure a feeling"
    assert invented.clauses["PX-09"].level == "expected"
    assert (invented.operation_clause, invented.security_clause) == ("PX-01", "PX-02")
    assert [example.name for example in invented.examples] == ["first-order"]
    assert len(invented.expectations) == 8


def test_fields_are_mapped_as_the_document_says(invented: Contract) -> None:
    strength = invented.mapping_of("/strength")
    assert strength is not None
    assert (strength.upstream, strength.preserve, strength.match) == ("/settings/force", (0,), "exact")
    assert strength.judged_for({"engine": "quick"})
    assert not strength.judged_for({"engine": "fine"})
    canvas = invented.mapping_of("/canvas")
    assert canvas is not None
    assert canvas.arrived("640x480", "640*480")
    assert not canvas.arrived("640x480", "640x480")
    assert invented.mapping_of("/delivery") is None
    assert invented.marks == ("/wish/words",)


def test_the_answer_is_tied_to_the_request(invented: Contract) -> None:
    images = invented.images
    assert images is not None
    assert images.size is not None
    assert (images.pointer, images.count, images.size.pointer) == ("/album/pages", "/sheets", "/canvas")
    assert [(image_field.key, image_field.inline, image_field.value) for image_field in images.image_fields] == [
        ("picture", True, "inline"),
        ("address", False, "link"),
    ]
    assert [(time.pointer, time.tolerance) for time in invented.times] == [("/drawn_at", 60)]
    title = invented.mock_values["/album/pages/0/title"]
    assert (title.source, title.when, title.extended) == ("/wish/words", None, False)


def test_the_upstream_is_read_from_its_own_document(invented: Contract) -> None:
    upstream = invented.upstream
    assert upstream is not None
    assert (upstream.name, upstream.base, upstream.protocol) == ("engine", "/engine/v2", "dashscope")
    assert upstream.drawing.variation == "/settings/dice"
    assert upstream.drawing.shape == ("/job/tool", "/settings/avoid")
    assert upstream.constants == {"/job/kind": "picture"}


def test_a_contract_may_say_next_to_nothing(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    contract = load_contract(path)
    assert (contract.upstream, contract.security_clause) == (None, None)
    assert (contract.clauses, contract.examples, contract.expectations) == ({}, (), ())


def test_an_upstream_may_leave_out_what_it_does_not_draw(tmp_path: Path) -> None:
    upstream = write_invented(tmp_path).with_name("engine.yaml")
    lines = upstream.read_text("utf-8").splitlines(keepends=True)
    kept = [
        line
        for line in lines
        if not any(name in line for name in ("variation:", "signature:", "shape:", "servers:", "- url"))
    ]
    upstream.write_text("".join(kept), "utf-8")
    found = load_upstream(upstream, "paint", {})
    assert found is not None
    assert (found.drawing.variation, found.drawing.signature, found.drawing.shape) == (None, None, ())
    assert found.base == ""


def test_an_example_without_a_value_is_none_of_ours(invented_path: Path) -> None:
    text = invented_path.read_text("utf-8").replace("x-clause: PX-12\n                value:", "description:")
    invented_path.write_text(text, "utf-8")
    assert load_contract(invented_path).examples == ()


def test_an_overlay_adds_a_model_and_wakes_its_rule(tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(
        "overlay: 1.0.0\ninfo: {title: more, version: 1.0.0}\nactions:\n"
        "  - target: $.components.schemas.Request.properties.model\n    update: {enum: [qwen-image-max]}\n",
        encoding="utf-8",
    )
    contract = load_contract(OPENAPI / "powertokens.yaml", [overlay])
    broken = contract.request.broken({"model": "qwen-image-max", "prompt": "a kite", "size": "1024*1024"})
    assert {(found.keyword, found.pointer) for found in broken} == {("enum", "/size")}
    plain, again = (load_contract(OPENAPI / "powertokens.yaml") for _ in range(2))
    assert contract.digest != plain.digest == again.digest


def test_contracts_are_found_by_name_or_by_path() -> None:
    assert [contract_path(name) for name in BUNDLED] == [OPENAPI / f"{name}.yaml" for name in BUNDLED]
    assert contract_path("mine/own.yaml") == Path("mine/own.yaml")
    with pytest.raises(DocumentError, match="no contract 'own'; there are powertokens and powerbuyin"):
        contract_path("own")


def test_a_contract_elsewhere_refers_to_documents_of_the_package_unless_there_are_such_beside_it(
    tmp_path: Path,
) -> None:
    own = Path(copy(EXAMPLE, tmp_path))
    contract = load_contract(own)
    assert contract.upstream is not None
    assert contract.upstream.document.path == OPENAPI / "dashscope.yaml"
    assert "contract/seed/preserves-0" in {rule.id for rule in derive_rules(contract)}
    beside = [copy(OPENAPI / name, tmp_path) for name in ("dashscope.yaml", "expected.yaml")]
    again = load_contract(own)
    assert again.upstream is not None
    assert again.upstream.document.path == Path(beside[0])
    assert again.clauses["EX-01"].place.file == Path(beside[1])


def test_an_overlay_in_a_folder_of_its_own_moves_the_operation_to_another_path(invented_path: Path) -> None:
    operation = yaml.safe_load(invented_path.read_text("utf-8"))["paths"]["/draw"]
    moves = [{"target": "$.paths['/draw']", "remove": True}, {"target": "$.paths", "update": {"/paint": operation}}]
    overlay = invented_path.parent / "overlays" / "moved.yaml"
    overlay.parent.mkdir()
    told = {"overlay": "1.0.0", "info": {"title": "Moved", "version": "1.0.0"}, "actions": moves}
    overlay.write_text(yaml.safe_dump(told, sort_keys=False), "utf-8")
    contract = load_contract(invented_path, [overlay])
    assert contract.operation.path == "/paint"
    assert contract.upstream is not None
    moved, stayed = (derive_rules(each) for each in (contract, load_contract(invented_path)))
    assert [rule.id for rule in moved] == [rule.id for rule in stayed]
