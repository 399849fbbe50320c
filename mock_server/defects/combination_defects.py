"""Defects that need certain values of three fields together."""

from collections.abc import Iterator

from gateway_contract.contract.definition import Contract, MappedField
from gateway_contract.values.json_value import Json, same
from gateway_contract.values.pointer import read, removed
from mock_server.defects.request_operators import MappedCall, map_defect
from mock_server.defects.sites import easily_lost, is_free_text, is_optional, schema_of, sizes

THREE_FIELDS = 3


def beside_size_and_text(contract: Contract) -> Iterator[MappedField]:
    """The first field with an easily lost value, where the contract shows a size and has an optional text."""
    if shown_sizes(contract) and optional_texts(contract):
        yield from [field for field in easily_lost(contract) if not field.may_omit_default][:1]


def shown_sizes(contract: Contract) -> list[tuple[str, Json]]:
    """The fields that hold a size, each with the first one that the page shows."""
    shown = ((field.pointer, schema_of(contract, field.pointer).schema.get("examples")) for field in sizes(contract))
    return [(pointer, examples[0]) for pointer, examples in shown if isinstance(examples, list) and examples]


def optional_texts(contract: Contract) -> list[str]:
    return [
        field.pointer for field in contract.mapped if is_free_text(contract, field) and is_optional(contract, field)
    ]


@map_defect(beside_size_and_text, strength=THREE_FIELDS)
def dropped_beside_two_other_fields(field: MappedField, mapped: MappedCall) -> Json:
    """An easily lost value is not sent upstream beside a certain size and a text that ends in white space."""
    size, shown = shown_sizes(mapped.contract)[0]
    value, text = read(mapped.body, field.pointer), read(mapped.body, optional_texts(mapped.contract)[0])
    is_lost = any(same(value, easily) for easily in field.preserve) and same(read(mapped.body, size), shown)
    together = is_lost and isinstance(text, str) and text != text.rstrip()
    return removed(mapped.call, field.upstream) if together else mapped.call
