"""Every pointer of a contract is looked at (where one leads nowhere: see test_contract_errors)."""

from pathlib import Path

import pytest

from gateway_contract.contract.checks import check_pointers
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import load_contract


def test_pointers_that_lead_somewhere_are_well(invented: Contract, powertokens: Contract, powerbuyin: Contract) -> None:
    for contract in (invented, powertokens, powerbuyin):
        check_pointers(contract)


@pytest.mark.parametrize("line", ["x-image:", "x-mock:", "x-length:"])
def test_what_a_contract_does_not_say_is_not_looked_for(line: str, invented_path: Path) -> None:
    text = invented_path.read_text("utf-8")
    for old, new in (
        ("x-image: {size: $request.body#/canvas}", ""),
        ('x-clause: {"*": PX-11, x-image: PX-06}', "x-clause: PX-11"),
        ("x-mock: $request.body#/wish/words", ""),
        ("x-length: $request.body#/sheets", ""),
        ('x-clause: {"*": PX-11, x-length: PX-05}', "x-clause: PX-11"),
    ):
        if line in old or line.rstrip(":") in old:
            text = text.replace(old, new)
    invented_path.write_text(text, "utf-8")
    assert line not in text
    contract = load_contract(invented_path)
    assert (contract.images is None) == (line == "x-length:")
    assert (not contract.mock_values) == (line == "x-mock:")
    assert contract.images is None or (contract.images.size is None) == (line == "x-image:")
