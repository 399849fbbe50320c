"""Which parameter is an operation's idempotency key, and which cannot be one."""

from pathlib import Path

import pytest

from gateway_contract.contract.coverage import untested
from gateway_contract.contract.load_contract import load_contract
from gateway_contract.document.node import DocumentError

SILENT = Path(__file__).parents[3] / "fixtures" / "contracts" / "silent.yaml"
OTHER = "        - {name: X-Trace, in: header, schema: {type: string}} # not tested"
KEY = "        - {name: X-Once, in: header, schema: {type: string}, x-idempotency-key: true}"


def written(folder: Path, *parameters: str) -> Path:
    """A contract with these parameters beside those that are not tested."""
    text = SILENT.read_text(encoding="utf-8")
    assert OTHER in text
    (folder / "engine.yaml").write_text(SILENT.with_name("engine.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    path = folder / "silent.yaml"
    path.write_text(text.replace(OTHER, "\n".join([OTHER, *parameters]), 1), encoding="utf-8")
    return path


def test_a_marked_parameter_is_tested_and_others_are_not(tmp_path: Path) -> None:
    contract = load_contract(written(tmp_path, KEY))
    assert contract.idempotency_key is not None
    assert contract.idempotency_key.header == "X-Once"
    listed = {one.what for one in untested(contract)}
    assert "X-Trace" in listed
    assert "X-Once" not in listed


def test_a_contract_without_one_has_none() -> None:
    assert load_contract(SILENT).idempotency_key is None


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ((KEY, KEY.replace("X-Once", "X-Twice")), "a second x-idempotency-key: X-Twice"),
        ((KEY.replace("in: header", "in: query"),), "x-idempotency-key on a parameter in query"),
        ((KEY.replace("in: header", "in: header, required: true"),), "x-idempotency-key on a required parameter"),
        ((KEY.replace("type: string", "type: string, maxLength: 8"),), "x-idempotency-key whose schema refuses a UUID"),
        ((KEY.replace("x-idempotency-key: true", "x-idempotency-key: 1"),), "x-idempotency-key: true was expected"),
    ],
)
def test_a_parameter_that_cannot_be_one_is_an_error(parameters: tuple[str, ...], problem: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=problem) as raised:
        load_contract(written(tmp_path, *parameters))
    assert raised.value.place is not None
