from dataclasses import replace
from pathlib import Path

import pytest

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import load_contract
from gateway_contract.document.node import DocumentError
from gateway_contract.values.json_value import Json
from mock_server.gateway.openai_errors import (
    NO_TOKEN,
    NOT_JSON,
    WRONG_TOKEN,
    error_body,
    error_content,
    error_for,
    in_order,
)
from mock_server.serving.error_response import BAD_GATEWAY, ErrorResponse

BASE: dict[str, Json] = {"model": "qwen-image-2.0-pro", "prompt": "a lighthouse"}
ORDER: dict[str, Json] = {"engine": "quick", "wish": {"words": "a kite"}}


def refused(contract: Contract, body: Json) -> ErrorResponse:
    return error_for(contract, body, contract.request.broken(body))


@pytest.mark.parametrize(
    ("body", "code", "param", "message"),
    [
        ({**BASE, "n": 7}, "invalid_value", "n", "n must be at most 6; got 7."),
        ({**BASE, "n": "2"}, "invalid_value", "n", 'n must be an integer; got a string: "2".'),
        ({"model": "qwen-image-2.0-pro"}, "missing_required_parameter", "prompt", "prompt is required."),
        ([], "invalid_value", None, "body must be an object; got an array: []."),
    ],
)
def test_a_refusal_names_the_field_and_what_was_sent(
    powertokens: Contract, body: Json, code: str, param: str | None, message: str
) -> None:
    assert refused(powertokens, body) == ErrorResponse(400, "invalid_request_error", code, message, param)


def test_of_several_mistakes_the_first_in_the_contract_is_named(powertokens: Contract) -> None:
    assert refused(powertokens, {"seed": -1, "n": 7, "model": "x", "prompt": "y"}).param == "model"


def test_a_nested_field_is_named_by_its_path(powerbuyin: Contract) -> None:
    body: Json = {"model": "qwen-image-2.0-pro", "input": {"messages": [{"role": "user", "content": [{}]}]}}
    assert refused(powerbuyin, body).param == "input.messages.0.content.0.text"


@pytest.mark.parametrize(("n", "shown"), [(0.0, "0.0"), (-0.0, "-0.0"), (0, "0"), (False, "false")])
def test_each_refusal_shows_the_value_as_it_was_sent(powertokens: Contract, n: Json, shown: str) -> None:
    assert refused(powertokens, {**BASE, "n": n}).message.endswith(f"; got {shown}.")


def test_an_error_that_names_a_long_field_is_not_kept(invented: Contract) -> None:
    name = "k" * 100_000
    error = refused(invented, {**ORDER, name: 1})
    assert error.param == name
    assert name.encode() in error_content(invented, error)
    assert error_content(invented, error) is not error_content(invented, error)
    assert error_content(invented, NOT_JSON) is error_content(invented, NOT_JSON)


def test_a_field_that_the_contract_does_not_know_is_named(invented: Contract) -> None:
    refusal = refused(invented, {**ORDER, "sheets": 1, "size": "1*1"})
    assert (refusal.code, refusal.param) == ("unknown_parameter", "size")
    assert refusal.message == "unknown field: size; did you mean 'signed'?"


@pytest.mark.parametrize("refusal", [NO_TOKEN, WRONG_TOKEN, NOT_JSON, BAD_GATEWAY])
def test_an_error_has_the_shape_of_the_openai_api(powertokens: Contract, refusal: ErrorResponse) -> None:
    error: Json = {"message": refusal.message, "type": refusal.type, "code": refusal.code, "param": None}
    assert error_body(powertokens, refusal) == {"error": error}


def test_a_contract_that_says_nothing_of_errors_gets_that_shape_as_well(powertokens: Contract) -> None:
    silent = replace(powertokens, operation=replace(powertokens.operation, refusal=None))
    assert error_body(silent, NOT_JSON) == error_body(powertokens, NOT_JSON)


def test_a_contract_with_an_error_of_its_own_shape_gets_that(invented: Contract) -> None:
    assert error_body(invented, NOT_JSON) == {"reason": NOT_JSON.message}


def test_every_error_is_valid_by_its_contract(powertokens: Contract, powerbuyin: Contract, invented: Contract) -> None:
    for contract in (powertokens, powerbuyin, invented):
        assert contract.operation.refusal is not None
        for refusal in (NO_TOKEN, NOT_JSON, refused(contract, {}), refused(contract, None)):
            assert contract.operation.refusal.broken(error_body(contract, refusal)) == frozenset()


def test_what_is_broken_is_told_in_the_contracts_order(powertokens: Contract) -> None:
    every = list(powertokens.request.constraints.values())
    assert in_order(powertokens, frozenset(every)) == list(dict.fromkeys(every))


FIXTURES = Path(__file__).parents[3] / "fixtures" / "contracts"
SCHEMA = "schema: {type: object}"


def with_error_schema(folder: Path, schema: str) -> Path:
    """A contract whose rejections have this schema."""
    (folder / "engine.yaml").write_text((FIXTURES / "engine.yaml").read_text("utf-8"), "utf-8")
    head, mark, tail = (FIXTURES / "silent.yaml").read_text("utf-8").partition("        4XX:\n")
    path = folder / "silent.yaml"
    path.write_text(head + mark + tail.replace(SCHEMA, f"schema: {schema}", 1), "utf-8")
    return path


def test_an_error_is_made_from_the_contracts_schema_where_openai_has_no_such_field(tmp_path: Path) -> None:
    properties = "status: {type: integer, minimum: 400}, code: {enum: [bad]}, detail: {type: string, minLength: 1}"
    schema = f"{{type: object, required: [status, code, detail], properties: {{{properties}}}}}"
    contract = load_contract(with_error_schema(tmp_path, schema))
    assert error_body(contract, NOT_JSON) == {"status": 400, "code": "bad", "detail": NOT_JSON.message}


def test_an_error_that_cannot_be_made_is_a_mistake_of_the_contract(tmp_path: Path) -> None:
    schema = '{type: object, required: [trace], properties: {trace: {type: string, pattern: "^(?=a)b"}}}'
    path = with_error_schema(tmp_path, schema)
    with pytest.raises(DocumentError, match="no value can be made for this pattern; give it an example"):
        load_contract(path)
