"""Values that break exactly one constraint; whether they do is proven by the contract after serialisation."""

from collections.abc import Iterator
from itertools import chain

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import known_upstream_only
from gateway_contract.schema.constraint import Constraint
from gateway_contract.schema.keyword_type import Candidate
from gateway_contract.schema.keywords import KEYWORDS


def invalid_values(contract: Contract, constraint: Constraint) -> Iterator[Candidate]:
    """Candidates for the part that a constraint is about, those that the upstream knows first, then the nearest."""
    return chain(known_upstream_only(contract, constraint), KEYWORDS[constraint.keyword].invalid(constraint.value))
