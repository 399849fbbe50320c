"""The two contracts of the project and a made-up one that shares no field with them, and plain exchanges by them."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import pytest

from contract_tests.planning.fields import base_request
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import contract_path, load_contract
from gateway_contract.traffic.exchange import Answer, Credential, Exchange, NoAnswer, Request
from gateway_contract.values.json_value import Json, read_json
from tests.gateway_contract.invented import write_invented

PLUS = contract_path("powertokens").parent / "overlays" / "powertokens-plus.yaml"


@cache
def contract_named(name: str) -> Contract:
    if name != "paintbox":
        return load_contract(contract_path(name))
    with TemporaryDirectory() as folder:
        return load_contract(write_invented(Path(folder)))


@cache
def with_plus() -> Contract:
    """The deployment that the overlay describes."""
    return load_contract(contract_path("powertokens"), [PLUS])


POWERTOKENS = contract_named("powertokens")
POWERBUYIN = contract_named("powerbuyin")
PAINTBOX = contract_named("paintbox")
CONTRACTS = (POWERTOKENS, POWERBUYIN, PAINTBOX)

each_contract = pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)


def base(contract: Contract) -> dict[str, Json]:
    """The smallest valid request, as a dictionary that may be spoilt."""
    body = base_request(contract)
    assert isinstance(body, dict)
    return {**body}


def request(content: bytes, credential: Credential = Credential.RIGHT) -> Request:
    return Request("POST", "/v1/images/generations", (), content, read_json(content), credential)


def exchange(body: Json, status: int = 200, said: Json = None) -> Exchange:
    """What came of a body: an answer with this status."""
    content = orjson.dumps(said)
    return Exchange(request(orjson.dumps(body)), Answer(status, (), content, said, 0.1, 0.0), name="row 1")


def unanswered(body: Json) -> Exchange:
    return Exchange(request(orjson.dumps(body)), NoAnswer("no complete response within 1 s", 1.0), name="row 1")
