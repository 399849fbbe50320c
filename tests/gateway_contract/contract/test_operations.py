"""An operation is read from its document with its schemas, and what it lacks is told."""

from pathlib import Path

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.operation import only_operation, operation_named, operation_pointers, read_operation
from gateway_contract.document.load_document import Document, load
from gateway_contract.document.node import DocumentError

WHOLE = """\
security: [{bearer: []}]
paths:
  /a~b/{id}:
    description: not an operation
    post:
      operationId: make
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses:
        "201": {content: {application/json: {schema: {type: object}}}}
        default: {content: {application/json: {schema: {type: object}}}}
components: {securitySchemes: {bearer: {type: http, scheme: bearer}, key: {type: apiKey, in: header, name: X-Key}}}
"""


def document(text: str, folder: Path) -> Document:
    path = folder / "contract.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def test_an_operation_is_found_by_its_place_and_by_its_name(tmp_path: Path) -> None:
    found = document(WHOLE, tmp_path)
    assert list(operation_pointers(found)) == ["/paths/~1a~0b~1{id}/post"]
    assert only_operation(found) == operation_named(found, "make")
    assert operation_named(found, "unmake") is None
    operation = read_operation(found, only_operation(found))
    assert (operation.id, operation.method, operation.path) == ("make", "POST", "/a~b/{id}")
    assert operation.refusal is not None


@pytest.mark.parametrize("text", ["openapi: 3.1.0", "paths: 5", "paths: {/a: 5}", "paths: {/a: {summary: b}}"])
def test_a_document_without_an_operation_is_told(text: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="0 operations; a contract describes exactly one operation"):
        only_operation(document(text, tmp_path))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"201"', '"302"', "contract.yaml:5: no successful response; describe the 2xx response"),
        ("responses:", "x-other:", "contract.yaml:5: no successful response; describe the 2xx response"),
        (
            "requestBody: {content: {application/json",
            "requestBody: {content: {text/plain",
            "contract.yaml:7: no applic",
        ),
        ('"201": {content: {application/json', '"201": {content: {text/html', "contract.yaml:9: no application/json"),
        ("default: {content", "default: {contents", "contract.yaml:10: no application/json schema; add content"),
    ],
)
def test_what_an_operation_lacks_is_told_with_its_line(old: str, new: str, problem: str, tmp_path: Path) -> None:
    found = document(WHOLE.replace(old, new), tmp_path)
    with pytest.raises(DocumentError) as raised:
        read_operation(found, only_operation(found))
    assert problem in str(raised.value)


@pytest.mark.parametrize(
    ("security", "secured"),
    [
        ("security: [{bearer: []}]", True),
        ("security: [{bearer: []}, {}]", False),
        ("security: [{key: []}]", False),
        ("security: [{key: []}, {bearer: []}]", True),
        ("security: []", False),
        ("info: {}", False),
    ],
)
def test_an_operation_is_secured_where_nobody_may_call_without(
    security: str,
    secured: bool,  # noqa: FBT001 # the table
    tmp_path: Path,
) -> None:
    found = document(WHOLE.replace("security: [{bearer: []}]", security), tmp_path)
    assert (read_operation(found, only_operation(found)).secured is not None) is secured


def test_an_operations_own_security_goes_before_the_documents(tmp_path: Path) -> None:
    found = document(WHOLE.replace("operationId: make", "security: []"), tmp_path)
    assert read_operation(found, only_operation(found)).secured is None


def test_refusals_need_no_description(tmp_path: Path) -> None:
    found = document(WHOLE.replace("default:", '"500":'), tmp_path)
    assert read_operation(found, only_operation(found)).refusal is None


def test_both_contracts_describe_the_same_operation(powertokens: Contract, powerbuyin: Contract) -> None:
    assert powertokens.operation.path == powerbuyin.operation.path == "/v1/images/generations"
    assert powertokens.operation.secured is not None
