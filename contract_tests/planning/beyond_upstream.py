"""Values that a contract allows and the upstream's document refuses: no gateway can show whether it accepts them."""

from collections.abc import Iterator
from itertools import islice

from contract_tests.planning.fields import bases
from gateway_contract.contract.definition import Contract, MappedField, Upstream
from gateway_contract.contract.mapping import upstream_body
from gateway_contract.contract.validity import BeyondUpstream, upstream_refuses
from gateway_contract.schema.constraint import Constraint
from gateway_contract.schema.keyword_type import Candidate
from gateway_contract.schema.keywords import KEYWORDS
from gateway_contract.values.json_value import ABSENT, Json, shortened
from gateway_contract.values.pointer import placed

MOST_VALUES = 3  # nearest invalid values tried of each of the upstream's constraints
LISTS = frozenset({"enum", "const"})


def beyond_upstream(contract: Contract) -> tuple[BeyondUpstream, ...]:
    """In the order of the contract's fields, then of the upstream's constraints."""
    upstream = contract.upstream
    return () if upstream is None else tuple(_beyond(contract, upstream))


def _beyond(contract: Contract, upstream: Upstream) -> Iterator[BeyondUpstream]:
    for field in contract.mapped:
        own = [one for one in contract.request.constraints.values() if one.pointer == field.pointer]
        for limit in upstream.operation.request.constraints.values():
            if limit.pointer != field.upstream:
                continue
            ours = next((one for one in own if one.keyword == limit.keyword), None)
            tried = _listed(own) if limit.keyword in LISTS else _nearest(limit)
            refused = [
                value for value in tried if value is not ABSENT and _is_beyond(contract, upstream, field, limit, value)
            ]
            if refused:
                yield BeyondUpstream(
                    field.place if ours is None else ours.place,
                    f"{field.subject} {_values(limit, refused, ours)}{_condition(limit)}",
                    upstream.name,
                    f"{limit.place.file.name}:{limit.place.line} ({limit.keyword} {shortened(limit.value)})",
                )


def _listed(own: list[Constraint]) -> list[Candidate]:
    """The values that the contract lists."""
    lists = [one.value for one in own if one.keyword == "enum"]
    return [value for values in lists if isinstance(values, list) for value in values]


def _nearest(limit: Constraint) -> list[Candidate]:
    return list(islice(KEYWORDS[limit.keyword].invalid(limit.value), MOST_VALUES))


def _is_beyond(contract: Contract, upstream: Upstream, field: MappedField, limit: Constraint, value: Json) -> bool:
    """Whether some request with a value is valid, and the upstream's document refuses it for nothing but the limit."""
    bodies = (placed(base, field.pointer, value) for base in bases(contract))
    valid = (body for body in bodies if not contract.request.broken(body))
    return any(upstream_refuses(upstream, upstream_body(contract, body)) == {limit} for body in valid)


def _values(limit: Constraint, refused: list[Json], ours: Constraint | None) -> str:
    """`7 to 10`, `from 7 on`, `with 801 characters`, or examples."""
    nearest = refused[0]
    match limit.keyword:
        case "enum" | "const":
            return ", ".join(map(shortened, refused))
        case "maximum":
            return f"from {nearest} on" if ours is None else _span(nearest, ours.value)
        case "minimum":
            return f"up to {nearest}" if ours is None else _span(ours.value, nearest)
        case "maxLength" | "minLength" | "maxItems" | "minItems":
            return f"with {KEYWORDS[limit.keyword].describe(nearest)}"
    return f"such as {KEYWORDS[limit.keyword].describe(nearest)}"


def _span(first: Json, last: Json) -> str:
    return shortened(first) if first == last else f"{shortened(first)} to {shortened(last)}"


def _condition(limit: Constraint) -> str:
    return "" if limit.condition is None else f" for {limit.condition.title}"
