"""Where the contents of random requests come from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from hypothesis.strategies import SearchStrategy

from contract_tests.fuzzing import schemathesis_cases, strategies
from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import compact


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


PROPERTIES: tuple[Property | Listing, ...] = (
    Property("ordinary", ordinary),
    Property("odd", odd),
    Listing("Schemathesis, examples", schemathesis_cases.examples),
    Listing("Schemathesis, coverage", schemathesis_cases.coverage),
    Property("Schemathesis, positive", schemathesis_cases.positive),
    Property("Schemathesis, negative", schemathesis_cases.negative),
)
