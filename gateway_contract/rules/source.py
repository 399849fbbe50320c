"""Where rules come from: a contract, and how a rule is made from something that it says."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway_contract.contract import Contract
from gateway_contract.document import DocumentError, Place
from gateway_contract.rules.examined import Examined
from gateway_contract.rules.finding import Finding
from gateway_contract.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Source:
    contract: Contract

    def rule(
        self,
        kind: str,
        subject: str | None,
        name: str,
        clause: str | None,
        statement: str,
        place: Place,
        judge: Callable[[Examined], Finding | None],
        *,
        level: str | None = None,
        pointer: str | None = None,
        dormant: str | None = None,
        named: str | None = None,
    ) -> Rule:
        """A rule of this contract; `named` stands in its id where it has no subject."""
        return Rule(
            id=f"{self.contract.name}/{subject or named}/{name}",
            kind=kind,
            subject=subject,
            level=self._level(clause, level, place),
            clause=clause,
            statement=statement,
            place=place,
            judge=judge,
            pointer=pointer,
            dormant=dormant,
        )

    def _level(self, clause: str | None, level: str | None, place: Place) -> str:
        """How strongly a rule is promised: as it says itself, or else as its clause is.

        Documented where a contract lists no clauses at all.
        """
        if not self.contract.clauses or (level and not clause):
            return level or "documented"
        found = self.contract.clauses.get(clause or "")
        if found is None:
            raise DocumentError(
                place, f"clause {clause} is not listed" if clause else "no clause", "set x-clause to one of x-clauses"
            )
        if found.level == "not-judged":
            raise DocumentError(place, f"clause {clause} is not judged", "a rule needs a clause that is")
        return level or found.level
