"""Hypothesis draws what requests carry, and makes small what broke a rule, within bounds that it does not know.

It knows no requests at once either: it draws all contents, those are sent, and where one broke a rule it draws the
same contents again from the same seed, to make that one small.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import log1p

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings, target
from hypothesis.errors import Flaky
from hypothesis.strategies import SearchStrategy

from contract_tests.blame.minimize import Budget, differs, minimize, reset_fields
from contract_tests.client.correlation import PLACEHOLDER, with_correlation_id
from contract_tests.fuzzing.sources import Listing, Property
from contract_tests.planning.fields import base_request, fields_of
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import validity_of
from gateway_contract.schema.keywords import KEYWORDS
from gateway_contract.values.json_value import ABSENT, Json, compact, read_json
from gateway_contract.values.pointer import read


def aims(contract: Contract, content: bytes) -> dict[str, float]:
    """For each bound that bears on a body, by a name of it, how near the body is: 0 at the bound, less away from it."""
    body = read_json(content)
    return {} if body is ABSENT else dict(_aims(contract, body))


def _aims(contract: Contract, body: Json) -> Iterator[tuple[str, float]]:
    for constraint in contract.request.constraints.values():
        condition = constraint.condition
        value = read(body, constraint.pointer)
        distance = None if value is ABSENT else KEYWORDS[constraint.keyword].distance(constraint.value, value)
        if distance is not None and (condition is None or condition.holds(body)):
            title = "" if condition is None else condition.title
            yield f"{constraint.pointer} {constraint.keyword} {title}", -log1p(distance)


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

    def note(self, content: bytes, broken: frozenset[str]) -> None:
        body = read_json(content)
        if body is not ABSENT and self.rule in broken and validity_of(self.contract, body).valid:
            self.reasons.append(frozenset(varied(self.contract, body)))

    def without_known_reasons(self, content: bytes) -> bytes | None:
        """A valid body with the fields of known reasons as in the plain request; None where nothing else is left."""
        body = read_json(content)
        if body is ABSENT or not self.reasons or len(self.reasons) >= MOST_REASONS:
            return None
        body = reset_fields(base_request(self.contract), body, frozenset[str]().union(*self.reasons))
        interesting = any(varied(self.contract, body)) and validity_of(self.contract, body).valid
        return compact(body) if interesting else None


def varied(contract: Contract, body: Json) -> Iterator[str]:
    """The fields in which a body differs from the plain request, its mark apart."""
    base, body = base_request(contract), with_correlation_id(body, contract.marks, PLACEHOLDER)
    return (part.pointer for part in fields_of(contract) if differs(base, body, part))


AskBroken = Callable[[str, bytes], frozenset[str] | None]
"""The ids of the rules that a request of some name and content breaks; None where nothing more may be sent."""


class FoundError(Exception):
    """A request breaks the rule that is being looked for."""


@dataclass(slots=True)
class Search:
    """One search. `known` are rules that need no further proof.

    `shrinking` is how many requests may still be spent on making finds small, and `patience` how many seconds.

    What a content broke is remembered in `broken`: Hypothesis tries the same one again and again, and a gateway that
    answers it differently must not confuse it.
    """

    contract: Contract
    ask: AskBroken
    known: set[str]
    shrinking: int
    patience: float
    broken: dict[bytes, frozenset[str]] = field(default_factory=dict)
    refusals: Refusals = field(init=False)
    wanted: str = ""
    smallest: bytes | None = None

    def __post_init__(self) -> None:
        self.refusals = Refusals(self.contract)

    def finds_among(self, name: str, contents: Sequence[bytes]) -> Iterator[bytes]:
        """For each rule that is broken for the first time a small request that breaks it.

        What contents take away that were listed is taken away one by one.
        """
        for content in contents:
            found = self._smallest_of(name, content)
            if found is not None:
                yield self._noted(found)

    def _smallest_of(self, name: str, content: bytes) -> bytes | None:
        self.wanted, self.smallest = "", None
        body = read_json(content)
        if self._is_wanted(name, content) and body is not ABSENT:

            async def still_wanted(attempt: Json) -> bool:
                return self._is_wanted(name, compact(attempt))

            budget = Budget(base_request(self.contract), fields_of(self.contract), lambda _: True)
            asyncio.run(minimize(with_correlation_id(body, self.contract.marks, PLACEHOLDER), still_wanted, budget))
        return self.smallest

    def finds(self, source: Property, number: int, examples: int, contents: Sequence[bytes]) -> Iterator[bytes]:
        """The same for contents that were drawn: they are drawn again."""
        while any(map(self._is_telling, contents)) and (found := self._found(source, number, examples)) is not None:
            yield self._noted(found)

    def _found(self, source: Property, number: int, examples: int) -> bytes | None:
        self.wanted, self.smallest = "", None
        drive(lambda content: self._example(source.name, content), source.contents(self.contract), number, examples)
        return self.smallest

    def _is_telling(self, content: bytes) -> bool:
        """Whether what a content broke is reason to search: a rule that is not known, or perhaps a further reason."""
        broken = self.broken.get(content, frozenset())
        is_refused = self.refusals.rule in broken & self.known
        return bool(broken - self.known) or (is_refused and self.refusals.without_known_reasons(content) is not None)

    def _noted(self, found: bytes) -> bytes:
        self.known |= self.broken[found]
        self.refusals.note(found, self.broken[found])
        return found

    def _example(self, name: str, content: bytes) -> None:
        aim(self.contract, content)
        if self._is_wanted(name, content):
            raise FoundError(self.wanted)

    def _is_wanted(self, name: str, content: bytes) -> bool:
        """Whether a content breaks the rule that is looked for, or the first one that is not known."""
        broken = self.broken_by(name, content)
        new = broken - self.known
        if self.refusals.rule in broken & self.known:
            content, broken = self._for_another_reason(name, content)
            new |= broken & {self.refusals.rule}
        if not self.wanted:
            self.wanted = min(new, default="")
        if self.wanted not in broken:
            return False
        self.smallest = content
        return True

    def _for_another_reason(self, name: str, content: bytes) -> tuple[bytes, frozenset[str]]:
        """A valid request that is refused, without the fields for which others were: and what that breaks."""
        rest = self.refusals.without_known_reasons(content)
        return (content, frozenset()) if rest is None else (rest, self.broken_by(name, rest))

    def broken_by(self, name: str, content: bytes) -> frozenset[str]:
        if content not in self.broken:
            if self.wanted and (self.shrinking <= 0 or self.patience <= 0):
                return frozenset()  # as if it were right, so that Hypothesis comes to its end
            began, makes_smaller = time.monotonic(), bool(self.wanted)
            broken = self.ask(name, content)
            self.shrinking -= makes_smaller
            self.patience -= makes_smaller * (time.monotonic() - began)
            if broken is None:
                return frozenset()
            self.broken[content] = broken
        return self.broken[content]


def drawn(contract: Contract, source: Property | Listing, number: int, examples: int) -> Sequence[bytes]:
    """The contents that a source has for a seed."""
    if isinstance(source, Listing):
        return source.share(contract, number, examples)
    found: list[bytes] = []

    def note(content: bytes) -> None:
        aim(contract, content)
        found.append(content)

    drive(note, source.contents(contract), number, examples)
    return found


def aim(contract: Contract, content: bytes) -> None:
    """Tells Hypothesis how near to the bounds a content is."""
    for label, score in aims(contract, content).items():
        target(score, label=label)


def drive(example: Callable[[bytes], None], contents: SearchStrategy[bytes], number: int, examples: int) -> None:
    """Runs Hypothesis over an example; it ends as soon as one raises FoundError and cannot be made smaller."""

    def judged(content: bytes) -> None:
        example(content)

    run = given(contents)(judged)
    run = settings(
        max_examples=examples,
        phases=(Phase.generate, Phase.target, Phase.shrink),
        derandomize=False,
        database=None,  # what was found is kept by `regressions`, where users see it
        deadline=None,  # a gateway may be as slow as it likes
        suppress_health_check=list(HealthCheck),  # they warn of slow tests, and the gateway is what is slow
        verbosity=Verbosity.quiet,
        print_blob=False,
        report_multiple_bugs=False,  # one rule at a time: each is looked for apart
    )(run)
    try:
        seed(number)(run)()
    except (FoundError, Flaky):
        return  # the search knows what was found; a find that went unrepeated is no find
