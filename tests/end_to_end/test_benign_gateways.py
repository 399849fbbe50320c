"""A gateway that keeps its promises in its own way is blamed for nothing that a page says."""

import pytest

from contract_tests.results import Conformance, Run, Verdict
from contract_tests.selftest.trials import failing
from gateway_contract.contract.load_contract import BUNDLED
from mock_server.defects.conforming import CONFORMING, variants
from tests.contract_tests.gateways_under_test import right_run, run_against

FITTING = {name: [contract for contract in BUNDLED if name in variants(contract)] for name in CONFORMING}
ONCE = [(fitting[index % len(fitting)], name) for index, (name, fitting) in enumerate(FITTING.items())]
SAMPLE = ONCE[::6]  # `make selftest` tries all of them everywhere

# What the pages do not promise, but users rely on: reported, and failing only a strict run.
REPORTED = {
    "own-error-format": {"error/required"},
    "converts-obvious-values": {f"{field}/converted" for field in ("n", "size", "seed", "watermark", "prompt_extend")},
    "one-call-per-image": {"upstream/one-call"},
}


@pytest.mark.parametrize(("contract", "name"), SAMPLE, ids=[f"{contract}-{name}" for contract, name in SAMPLE])
def test_a_gateway_that_keeps_its_promises_its_own_way_conforms(contract: str, name: str) -> None:
    found = run_against(contract, CONFORMING[name])
    assert (found.not_tested, found.our_errors) == ("", ())
    assert failing(found) == REPORTED.get(name, set())
    assert found.conformance is Conformance.CONFORMS
    assert documented(found) == documented(right_run(contract))


def documented(found: Run) -> dict[str, Verdict]:
    return {one.rule.id: one.verdict for one in found.verdicts if one.rule.level == "documented"}
