"""What the suite sends with seed 1, as SHA-256 of every body; `python -m tests.planned_requests` records it."""

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import orjson

from contract_tests.client.case import Case
from contract_tests.client.correlation import PATTERN, PLACEHOLDER
from contract_tests.fuzzing.fuzz import PROPERTIES, FuzzSettings, Listing, MaySend, Property, fuzz
from contract_tests.planning.plan import plan
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import BUNDLED, contract_path, load_contract
from gateway_contract.traffic.exchange import Exchange, NoAnswer, Observation, Request
from gateway_contract.values.json_value import read_json
from tests.local_constants import no_local_constants

BASELINE = Path(__file__).with_name("plan_baseline.json")
SEED = 1
EXAMPLES = 20  # of each source of random requests

Recorded: TypeAlias = dict[str, list[list[str]]]
"""Names and SHA-256 under `cases`, `failures` and the name of each source of random requests."""


def planned_requests(contract: Contract) -> Recorded:
    planned = plan(contract, Observation.TWO_SIDED, SEED)
    recorded = {
        "cases": [[case.name, digest(case.content)] for case in planned.cases],
        "failures": [[case.name, digest(unmarked(case.content))] for case in planned.failures],
    }
    for source in PROPERTIES:
        sent = asyncio.run(random_requests(contract, source))
        recorded[f"fuzzing, {source.name}"] = [[case.name, digest(case.content)] for case in sent]
    return recorded


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def unmarked(content: bytes) -> bytes:
    """A body without its mark, which for a failure is made from the failure's name."""
    return PATTERN.sub(PLACEHOLDER, content.decode()).encode()


async def random_requests(contract: Contract, source: Property | Listing) -> list[Case]:
    """The requests of one source to a gateway that never answers, where no rule is to be broken."""
    sent: list[Case] = []

    async def send(cases: Sequence[Case], _: MaySend) -> list[Exchange]:
        sent.extend(cases)
        return [unanswered(case) for case in cases]

    await fuzz(contract, (), send, FuzzSettings(EXAMPLES, SEED, properties=[source]))
    return sent


def unanswered(case: Case) -> Exchange:
    request = Request("POST", "/", (), case.content, read_json(case.content))
    return Exchange(request, NoAnswer("no answer", 1.0), name=case.name)


if __name__ == "__main__":
    with no_local_constants():
        found = {name: planned_requests(load_contract(contract_path(name))) for name in BUNDLED}
    BASELINE.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
