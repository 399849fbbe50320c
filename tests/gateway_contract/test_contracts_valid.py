"""The documents under openapi/ are OpenAPI 3.1 also to a validator that knows nothing of us."""

from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.readers import read_from_filename

OPENAPI = Path(__file__).parents[2] / "openapi"
DOCUMENTS = sorted(OPENAPI.glob("*.yaml"))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_is_valid_openapi(path: Path) -> None:
    document, base = read_from_filename(str(path))
    assert list(OpenAPIV31SpecValidator(document, base_uri=base).iter_errors()) == []


def test_the_made_up_contract_is_valid_openapi(invented_path: Path) -> None:
    for path in (invented_path, invented_path.with_name("engine.yaml")):
        document, base = read_from_filename(str(path))
        assert list(OpenAPIV31SpecValidator(document, base_uri=base).iter_errors()) == []


def test_the_validator_would_tell(invented_path: Path) -> None:
    invented_path.write_text(invented_path.read_text("utf-8").replace("title: Paintbox, ", ""), "utf-8")
    document, base = read_from_filename(str(invented_path))
    assert list(OpenAPIV31SpecValidator(document, base_uri=base).iter_errors()) != []


def test_there_are_documents_to_look_at() -> None:
    assert {path.stem for path in DOCUMENTS} >= {"powertokens", "powerbuyin", "dashscope", "expected"}
