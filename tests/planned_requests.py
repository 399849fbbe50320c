"""What the suite sends with seed 1, as SHA-256 of every body; `python -m tests.planned_requests` records it."""

import hashlib
from pathlib import Path
from typing import TypeAlias

import orjson

from contract_tests.client.correlation import PATTERN, PLACEHOLDER
from contract_tests.fuzzing.fuzz import fuzzed_case
from contract_tests.fuzzing.search import drawn
from contract_tests.fuzzing.sources import PROPERTIES
from contract_tests.planning.plan import plan
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.load_contract import BUNDLED, contract_path, load_contract
from gateway_contract.traffic.exchange import Observation
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
        contents = dict.fromkeys(drawn(contract, source, SEED, EXAMPLES))
        sent = [fuzzed_case(contract, source.name, content) for content in contents]
        recorded[f"fuzzing, {source.name}"] = [[case.name, digest(case.content)] for case in sent]
    return recorded


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def unmarked(content: bytes) -> bytes:
    """A body without its mark, which for a failure is made from the failure's name."""
    return PATTERN.sub(PLACEHOLDER, content.decode()).encode()


if __name__ == "__main__":
    with no_local_constants():
        found = {name: planned_requests(load_contract(contract_path(name))) for name in BUNDLED}
    BASELINE.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
