"""Defects of reading: JSON that means the same is treated in another way because of its spelling."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from gateway_contract.contract.definition import Contract, MappedField
from gateway_contract.rules.spelling_rules import may_be_confused
from gateway_contract.schema.constraint import Constraint, Level
from gateway_contract.values.ambiguous_names import repeats_names, values_in_other_case
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import leaf_name, placed, read, removed
from mock_server.defects.constraint_sites import types
from mock_server.defects.defect import PlainSite, S, Sites, registered
from mock_server.defects.request_operators import MappedCall, Schema, map_defect, value_defect
from mock_server.defects.sites import example, is_optional, of_type, optional, requests, texts
from mock_server.gateway.stages import Gateway, GatewayRequest
from mock_server.serving.error_response import ErrorResponse

ESCAPE = b"\\u"
NOT_READ = ErrorResponse(400, "invalid_request_error", "invalid_json", "This JSON cannot be read.")


@dataclass(frozen=True, slots=True)
class SpelledBody:
    """A body as a client wrote it, and what it means."""

    contract: Contract
    content: bytes
    value: Json


Read: TypeAlias = Callable[[S, SpelledBody], Json | ErrorResponse]


def integers(contract: Contract) -> Iterator[Constraint]:
    """Integers, at the level of how else they may be written."""
    return (replace(found, level=Level.EXPECTED) for found in types("integer")(contract))


def mapped_integers(contract: Contract) -> Iterator[MappedField]:
    return (replace(field, level=Level.EXPECTED) for field in of_type("integer")(contract))


def confusable(contract: Contract) -> Iterator[MappedField]:
    """Fields beside which their name in other case may stand, at the level of that."""
    return (replace(field, level=Level.EXPECTED) for field in contract.mapped if may_be_confused(contract, field))


def confusable_and_optional(contract: Contract) -> Iterator[MappedField]:
    return (field for field in confusable(contract) if is_optional(contract, field))


def confusable_and_required(contract: Contract) -> Iterator[MappedField]:
    return (field for field in confusable(contract) if not is_optional(contract, field))


def repeated(contract: Contract) -> Iterator[PlainSite]:
    yield PlainSite("body", contract.operation_clause, Level.EXPECTED)


def read_defect(sites: Sites[S]) -> Callable[[Read[S]], Read[S]]:
    """Another way to read a body that is JSON."""

    def change(function: Read[S], gateway: Gateway, site: S) -> Gateway:
        def stage(own: Gateway, request: GatewayRequest) -> Json | ErrorResponse:
            body = gateway.read(own, request)
            if isinstance(body, ErrorResponse):
                return body
            return function(site, SpelledBody(own.contract, request.content, body))

        return replace(gateway, read=stage)

    return lambda function: registered(function, sites, partial(change, function))


@read_defect(integers)
def fraction_rejected(site: Constraint, body: SpelledBody) -> Json | ErrorResponse:
    """An integer that is not written as an integer literal is rejected."""
    return NOT_READ if isinstance(read(body.value, site.pointer), float) else body.value


@read_defect(integers)
def exponent_rejected(site: Constraint, body: SpelledBody) -> Json | ErrorResponse:
    """An integer with an exponent is rejected."""
    name = re.escape(json.dumps(leaf_name(site.pointer)))
    return NOT_READ if re.search(rf"{name}:-?[0-9.]+[eE]", body.content.decode()) else body.value


@value_defect(mapped_integers)
def sent_as_fraction(_schema: Schema, value: Json) -> Json:
    """An integer is sent as a number with a fraction: 42.0 for 42."""
    return float(value) if isinstance(value, int) else value


@map_defect(mapped_integers)
def notation_kept(field: MappedField, mapped: MappedCall) -> Json:
    """An integer that the client writes as 42.0 is sent like that."""
    value = read(mapped.body, field.pointer)
    return placed(mapped.call, field.upstream, value) if isinstance(value, float) else mapped.call


@map_defect(confusable)
def other_case_wins(field: MappedField, mapped: MappedCall) -> Json:
    """The value under the field's name in other case is sent, and not the field's own."""
    others = values_in_other_case(mapped.body, field.pointer)
    return placed(mapped.call, field.upstream, field.expected(others[-1])) if others else mapped.call


@read_defect(confusable_and_required)
def name_read_in_any_case(field: MappedField, body: SpelledBody) -> Json | ErrorResponse:
    """A value under the field's name in other case is read as the field's: the last one counts."""
    others = values_in_other_case(body.value, field.pointer)
    return placed(body.value, field.pointer, others[-1]) if others else body.value


@map_defect(confusable_and_optional)
def dropped_beside_other_case(field: MappedField, mapped: MappedCall) -> Json:
    """The field is not sent upstream when its name in other case stands beside it."""
    others = values_in_other_case(mapped.body, field.pointer)
    return removed(mapped.call, field.upstream) if others else mapped.call


@read_defect(repeated)
def repeated_names_rejected(_site: PlainSite, body: SpelledBody) -> Json | ErrorResponse:
    """A body that holds a name twice is rejected."""
    return NOT_READ if repeats_names(body.content) else body.value


@read_defect(repeated)
def repeated_names_as_list(_site: PlainSite, body: SpelledBody) -> Json | ErrorResponse:
    """A name that stands twice gets the list of its values."""
    members = body.value.items() if isinstance(body.value, dict) else ()
    return {name: [value, value] for name, value in members} if repeats_names(body.content) else body.value


@read_defect(requests)
def line_breaks_rejected(_site: PlainSite, body: SpelledBody) -> Json | ErrorResponse:
    """A body of several lines is rejected."""
    return NOT_READ if b"\n" in body.content else body.value


@read_defect(requests)
def other_order_rejected(_site: PlainSite, body: SpelledBody) -> Json | ErrorResponse:
    """A body whose first name is not the first of the contract's own example is rejected."""
    names, shown = (list(value) if isinstance(value, dict) else [] for value in (body.value, example(body.contract)))
    return NOT_READ if set(shown[:1]) & set(names[1:]) else body.value


@read_defect(texts)
def escapes_kept(field: MappedField, body: SpelledBody) -> Json | ErrorResponse:
    """The last character of a text with escapes is sent as its escape."""
    text = read(body.value, field.pointer)
    if not isinstance(text, str) or ESCAPE not in body.content:
        return body.value
    return placed(body.value, field.pointer, f"{text[:-1]}\\u{ord(text[-1]):04x}")


@read_defect(optional)
def escaped_names_ignored(field: MappedField, body: SpelledBody) -> Json | ErrorResponse:
    """A field whose name is written with escapes is ignored."""
    name = leaf_name(field.pointer).encode()
    return body.value if name in body.content else removed(body.value, field.pointer)
