"""Where random requests come from. What is right about any of them is said by the rules, not here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from hypothesis.strategies import SearchStrategy

from contract_tests.fuzzing import strategies
from contract_tests.report.confidential import compact
from gateway_contract.contract import Contract


@dataclass(frozen=True, slots=True)
class Property:
    """A source of what requests carry, without end."""

    name: str
    contents: Callable[[Contract], SearchStrategy[bytes]]


@dataclass(frozen=True, slots=True)
class Listing:
    """A finite source, of which every seed takes its own share."""

    name: str
    contents: Callable[[Contract], Sequence[bytes]]

    def share(self, contract: Contract, number: int, examples: int) -> Sequence[bytes]:
        every = self.contents(contract)
        return Random(number).sample(every, min(examples, len(every)))  # noqa: S311 # a request is no secret


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


def schemathesis_examples(contract: Contract) -> Sequence[bytes]:
    from contract_tests.fuzzing import schemathesis_cases  # noqa: PLC0415 # takes a second to import

    return schemathesis_cases.examples(contract)


def schemathesis_coverage(contract: Contract) -> Sequence[bytes]:
    from contract_tests.fuzzing import schemathesis_cases  # noqa: PLC0415 # takes a second to import

    return schemathesis_cases.coverage(contract)


PROPERTIES: tuple[Property | Listing, ...] = (
    Property("ordinary", ordinary),
    Property("odd", odd),
    Listing("Schemathesis, examples", schemathesis_examples),
    Listing("Schemathesis, coverage", schemathesis_coverage),
    Property("Schemathesis, positive", schemathesis_positive),
    Property("Schemathesis, negative", schemathesis_negative),
)
