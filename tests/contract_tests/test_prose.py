"""Descriptions and examples are for people: what is sent does not depend on them."""

from pathlib import Path
from shutil import copytree

import pytest
import yaml

from contract_tests.fuzzing.schemathesis_cases import document
from contract_tests.fuzzing.search import drive
from contract_tests.fuzzing.sources import odd, ordinary
from contract_tests.planning.plan import plan
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import load_contract
from gateway_contract.document.bundled import FOLDER
from gateway_contract.traffic.exchange import Observation
from gateway_contract.values.json_value import Json
from tests.contract_tests.three_contracts import POWERBUYIN, POWERTOKENS

pytestmark = pytest.mark.slow

NAMED = frozenset({"properties", "schemas"})
DATA = frozenset({"examples", "default", "const", "enum"})


def without_prose(node: Json, *, named: bool = False) -> Json:
    """A schema as it would stand without text for readers. Members of `named` mappings have names of their own."""
    if isinstance(node, list):
        return [without_prose(item) for item in node]
    if not isinstance(node, dict):
        return node
    if named:
        return {key: without_prose(value) for key, value in node.items()}
    return {
        key: value if key in DATA else without_prose(value, named=key in NAMED)
        for key, value in node.items()
        if key not in {"description", "example"}
    }


@pytest.fixture(params=[POWERTOKENS, POWERBUYIN], ids=lambda contract: contract.name)
def contract(request: pytest.FixtureRequest) -> Contract:
    found: Contract = request.param
    return found


@pytest.fixture
def plain(contract: Contract, tmp_path: Path) -> Contract:
    folder = copytree(FOLDER, tmp_path / "openapi")
    for path in folder.glob("*.yaml"):
        tree = yaml.safe_load(path.read_text("utf-8"))
        tree["components"]["schemas"] = without_prose(tree["components"]["schemas"], named=True)
        path.write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), "utf-8")
    found = load_contract(folder / f"{contract.name}.yaml")
    assert not any({"description", "example"} & part.schema.keys() for part in found.request.parts if part.pointer)
    return found


@pytest.mark.parametrize("observed", [Observation.TWO_SIDED, Observation.NORTH_ONLY])
def test_the_plan_does_not_read_it(contract: Contract, plain: Contract, observed: Observation) -> None:
    planned, other = plan(contract, observed, seed=1), plan(plain, observed, seed=1)
    assert planned.cases == other.cases
    assert planned.failures == other.failures


def test_fuzzing_does_not_read_it(contract: Contract, plain: Contract) -> None:
    for contents in (ordinary, odd):
        drawn: list[bytes] = []
        other: list[bytes] = []
        drive(drawn.append, contents(contract), 1, 40)
        drive(other.append, contents(plain), 1, 40)
        assert drawn == other


def test_schemathesis_does_not_read_it(contract: Contract, plain: Contract) -> None:
    assert document(contract) == document(plain)
