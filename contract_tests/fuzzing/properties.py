"""Where random requests come from. What is right about any of them is said by the rules, not here."""

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis.strategies import SearchStrategy

from contract_tests.fuzzing import strategies
from contract_tests.report.confidential import compact
from gateway_contract.contract import Contract


@dataclass(frozen=True, slots=True)
class Property:
    """A source of what requests carry."""

    name: str
    contents: Callable[[Contract], SearchStrategy[bytes]]


def ordinary(contract: Contract) -> SearchStrategy[bytes]:
    return strategies.ordinary_bodies(contract).map(compact)


def odd(contract: Contract) -> SearchStrategy[bytes]:
    return strategies.odd_bodies(contract).map(compact)


def schemathesis_positive(contract: Contract) -> SearchStrategy[bytes]:
    from contract_tests.fuzzing import schemathesis_cases  # noqa: PLC0415 # takes a second to import

    return schemathesis_cases.positive(contract)


def schemathesis_negative(contract: Contract) -> SearchStrategy[bytes]:
    from contract_tests.fuzzing import schemathesis_cases  # noqa: PLC0415 # takes a second to import

    return schemathesis_cases.negative(contract)


PROPERTIES = (
    Property("ordinary", ordinary),
    Property("odd", odd),
    Property("Schemathesis, positive", schemathesis_positive),
    Property("Schemathesis, negative", schemathesis_negative),
)
