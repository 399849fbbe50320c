"""`python -m mock_server --defect`: a gateway that is broken on purpose, for whoever wants to see a suite find it."""

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from gateway_contract.contract.load_contract import BUNDLED, contract_path, load_contract
from mock_server.app import mock_app
from mock_server.cli import main
from mock_server.defects.catalogue import defects
from mock_server.run import defect_list, defect_notices
from mock_server.runtime.mock import MockSettings, create_mock

CONTRACTS = [load_contract(contract_path(name)) for name in BUNDLED]
NOT_ALLOWED = "method-405-as-200"


def served(defect: str) -> TestClient:
    return TestClient(mock_app(create_mock(CONTRACTS, MockSettings("http://testserver", defect=defect))))


@pytest.mark.parametrize("name", BUNDLED)
def test_every_contract_that_has_the_defect_is_served_with_it(name: str) -> None:
    assert served(NOT_ALLOWED).get(f"/{name}/v1/images/generations").status_code == 200


def test_the_other_contracts_are_served_as_they_are() -> None:
    client = served("seed-clamped-minimum")
    assert client.get("/powerbuyin/v1/images/generations").status_code == 405


def test_the_greeting_says_what_is_wrong() -> None:
    assert defect_notices("size-not-normalized", CONTRACTS) == [
        "Active defect in powerbuyin: size-not-normalized. The value is sent as it is, not in the upstream's form."
    ]


def test_all_defects_are_listed_with_what_is_wrong() -> None:
    found = CliRunner().invoke(main, ["--list-defects"])
    assert found.exit_code == 0
    assert found.output.splitlines() == defect_list(())
    assert len(defect_list(())) == sum(1 + len(defects(contract)) for contract in CONTRACTS)
    assert any("seed-dropped-when-falsy " in line and "are not sent upstream" in line for line in defect_list(()))


def test_an_unknown_defect_is_told_before_anything_is_served() -> None:
    found = CliRunner().invoke(main, ["--port", "0", "--defect", "size-not-normalised"])
    assert found.exit_code == 1
    assert "Unknown defect 'size-not-normalised'; similar: size-not-normalized" in found.output
