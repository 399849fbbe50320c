"""One item per rule, from which a keyword expression selects. The first one of a contract starts its run."""

from contract_tests.plugin import RunOf, Subject


def test_gateway_keeps(subject: Subject, run_of: RunOf) -> None:
    label, _ = subject
    run_of(label)
