"""The same JSON values spelled in another way: a gateway that reads them as text treats them otherwise."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import cast

import orjson

from contract_tests.client.case import Case, json_case
from contract_tests.client.correlation import TRACE
from contract_tests.planning.fields import RequestField, base_request, fields_of, requested_images
from contract_tests.planning.valid_values import valid_values
from gateway_contract.contract.definition import Contract
from gateway_contract.contract.mapping import upstream_default
from gateway_contract.contract.validity import validity_of
from gateway_contract.traffic.exchange import Relation
from gateway_contract.values.json_value import ABSENT, Json, same
from gateway_contract.values.pointer import below, leaf_name, parent, placed, read

LAST_OF_ONE_ESCAPE = "\uffff"
FIRST_TIME, BESIDE_OTHERS = "the same request, {}", "the same request beside others, {}-{}"
COPIES = 2  # of a request that is sent beside others
LITERAL = "a literal"
"""Stands for a value in a body until its literal takes its place."""


def notation_cases(contract: Contract, notation: str) -> Iterator[Case]:
    """Integers in a notation such as `{}.0`. That it is accepted is expected only; what it means must not change."""
    base = base_request(contract)
    for field in fields_of(contract):
        number = _plain_integer(contract, base, field) if field.pointer in contract.request.integers else None
        if number is not None:
            literal = notation.format(number)
            content = orjson.dumps(placed(base, field.pointer, LITERAL))
            content = content.replace(orjson.dumps(LITERAL), literal.encode())
            yield Case(f"{field.subject} as {literal}", content, images=1)


def _plain_integer(contract: Contract, base: Json, field: RequestField) -> int | None:
    """The first valid integer, of which 1 asks for the fewest images; None where all depend on other fields."""
    for value in (1, *valid_values(contract, field)):
        is_valid = validity_of(contract, placed(base, field.pointer, value)).valid
        if isinstance(value, int) and not isinstance(value, bool) and is_valid:
            return value
    return None


def spelling_cases(contract: Contract) -> Iterator[Case]:
    """A request with every field in other spellings, and with another value for each under its name in other case."""
    body = full_body(contract)
    for name, spell in SPELLINGS.items():
        yield Case(f"the same with {name}", spell(body).encode(), images=requested_images(contract, body))
    longest = with_longest_texts(contract, body)
    yield Case("the longest texts as escapes", escaped(longest).encode(), images=requested_images(contract, longest))
    left: Sequence[RequestField] = fields_of(contract)
    for number, start in enumerate((body, base_request(contract)), 1):
        twins, left = _with_names_in_other_case(contract, start, left)
        if twins is not start:
            name = f"names in other case beside, {number}"
            without = (Relation.EXACT_NAMES, BESIDE_OTHERS.format(number, 0))
            yield json_case(name, twins, images=requested_images(contract, start), compared=without)


def repeated_cases(contract: Contract) -> Iterator[Case]:
    """The same request twice, one after the other, then several times beside others: with every field, and plain."""
    for number, body in enumerate((full_body(contract), base_request(contract)), 1):
        images, first = requested_images(contract, body), FIRST_TIME.format(number)
        yield json_case(first, body, images=images, alone=True)
        again = (Relation.REPEATED, first)
        yield json_case(f"the same request again, {number}", body, images=images, alone=True, compared=again)
        for copy in range(COPIES):
            name = BESIDE_OTHERS.format(number, copy)
            yield json_case(name, body, images=images, compared=(Relation.ALONE, first))


def full_body(contract: Contract) -> Json:
    """A valid request with as many fields as it may have, each with a value that would be missed if it were lost."""
    body = base_request(contract)
    for field in fields_of(contract):
        if field.marked or read(body, field.pointer) is ABSENT:
            attempts = [placed(body, field.pointer, value) for value in valid_values(contract, field)]
            telling = [attempt for attempt in attempts if _is_telling(contract, field, attempt)]
            body = min(telling, key=partial(_costs, contract, field), default=body)
    return body


def with_longest_texts(contract: Contract, body: Json) -> Json:
    """A body with the longest text that each free text may be: as escapes it takes the most bytes."""
    for field in fields_of(contract):
        texts = [value for value in valid_values(contract, field) if isinstance(value, str)]
        if field.marked or field.traced:
            attempts = [placed(body, field.pointer, text) for text in sorted(texts, key=len, reverse=True)]
            body = next((attempt for attempt in attempts if validity_of(contract, attempt).valid), body)
    return body


def _is_telling(contract: Contract, field: RequestField, body: Json) -> bool:
    if not validity_of(contract, body).valid:
        return False
    mapping = contract.mapping_of(field.pointer)
    value = cast("Json", read(body, field.pointer))
    is_default = mapping is not None and same(mapping.expected(value), upstream_default(contract, mapping, body))
    return mapping is None or (mapping.judged_for(body) and not is_default)


def _costs(contract: Contract, field: RequestField, body: Json) -> tuple[int, bool, bool, int]:
    """The images of a request, whether a value is falsy, has no characters that take two escapes, and the length.

    A falsy value may be lost for that alone, which other requests show.
    """
    value = read(body, field.pointer)
    plain = not isinstance(value, str) or all(character <= LAST_OF_ONE_ESCAPE for character in value)
    return requested_images(contract, body), not value, plain, len(orjson.dumps(body))


def _with_names_in_other_case(
    contract: Contract, body: Json, fields: Sequence[RequestField]
) -> tuple[Json, Sequence[RequestField]]:
    """A body with another value beside each field that would be valid in its place, and the fields without one."""
    found, left = body, list[RequestField]()
    for field in fields:
        sent, name = read(body, field.pointer), leaf_name(field.pointer)
        twin = below(parent(field.pointer), name[:1].swapcase() + name[1:])
        attempts = [
            placed(found, twin, value)
            for value in (() if sent is ABSENT else valid_values(contract, field))
            if not same(value, sent) and validity_of(contract, placed(body, field.pointer, value)).valid
        ]
        fitting = [attempt for attempt in attempts if not validity_of(contract, attempt).broken]
        found = fitting[0] if fitting else found
        left += [] if fitting else [field]
    return found, left


def names_reversed(body: Json) -> str:
    return orjson.dumps(_reversed(body)).decode()


def _reversed(value: Json) -> Json:
    match value:
        case dict():
            return {name: _reversed(member) for name, member in reversed(value.items())}
        case list():
            return [_reversed(item) for item in value]
    return value


def spaced(body: Json) -> str:
    """Every kind of white space that JSON knows, in every place where it may stand."""
    lines = json.dumps(body, ensure_ascii=False, indent="\t", separators=(" ,", " : "))
    return " \n{}\r\n".format(lines.replace("\n", "\r\n"))  # within a text, line breaks are escaped


def escaped(value: Json) -> str:
    """Every character of every text and name as an escape, but for marks and traces."""
    match value:
        case dict():
            return "{" + ",".join(f"{escaped(name)}:{escaped(member)}" for name, member in value.items()) + "}"
        case list():
            return "[" + ",".join(map(escaped, value)) + "]"
        case str():
            id_ = TRACE.search(value)
            start, end = (0, 0) if id_ is None else id_.span()
            return f'"{_escapes(value[:start])}{value[start:end]}{_escapes(value[end:])}"'
    return json.dumps(value)


def _escapes(text: str) -> str:
    units = text.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def names_repeated(body: Json) -> str:
    members = body.items() if isinstance(body, dict) else ()
    pairs = [f"{json.dumps(name)}:{orjson.dumps(value).decode()}" for name, value in members]
    return "{" + ",".join([*pairs, *pairs]) + "}"


SPELLINGS: Mapping[str, Callable[[Json], str]] = {
    "names in reverse order": names_reversed,
    "white space": spaced,
    "escapes": escaped,
    "names repeated": names_repeated,
}
"""Other spellings of a body that mean the same."""
