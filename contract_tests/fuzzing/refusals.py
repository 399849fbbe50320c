"""Valid requests that are refused: all of them break one rule, so they are told apart by the fields that it takes."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from contract_tests.fields import base_request, fields_of
from contract_tests.marks import PLACEHOLDER, marked
from contract_tests.narrowing import differs
from contract_tests.report.confidential import compact
from contract_tests.rows import with_value
from gateway_contract.contract import Contract
from gateway_contract.exchange import Exchange
from gateway_contract.pointer import read
from gateway_contract.read_json import read_json
from gateway_contract.standing import standing
from gateway_contract.values import ABSENT, Json

MOST_REASONS = 5  # in one round


@dataclass(slots=True)
class Refusals:
    """The fields in which the smallest refused requests that are known differ from the plain one."""

    contract: Contract
    reasons: list[frozenset[str]] = field(default_factory=list)

    @property
    def rule(self) -> str:
        """The id of the rule that every valid request is accepted."""
        return f"{self.contract.name}/request/accepted"

    def note(self, found: Exchange) -> None:
        body = found.request.body
        if body is not ABSENT and not found.accepted and standing(self.contract, body).valid:
            self.reasons.append(frozenset(varied(self.contract, body)))

    def without_known_reasons(self, content: bytes) -> bytes | None:
        """A valid body with the fields of known reasons as in the plain request; None where nothing else is left."""
        body = read_json(content)
        if body is ABSENT or not self.reasons or len(self.reasons) >= MOST_REASONS:
            return None
        for pointer in frozenset().union(*self.reasons):
            body = plain(self.contract, body, pointer)
        interesting = any(varied(self.contract, body)) and standing(self.contract, body).valid
        return compact(body) if interesting else None


def varied(contract: Contract, body: Json) -> Iterator[str]:
    """The fields in which a body differs from the plain request, its mark apart."""
    base, body = base_request(contract), marked(body, contract.marks, PLACEHOLDER)
    return (part.pointer for part in fields_of(contract) if differs(base, body, part))


def plain(contract: Contract, body: Json, pointer: str) -> Json:
    return with_value(body, pointer, read(base_request(contract), pointer))


def plainer_bodies(contract: Contract, body: Json) -> Iterator[Json]:
    """A body with one field after the other as in the plain request."""
    return (plain(contract, body, pointer) for pointer in varied(contract, body))
