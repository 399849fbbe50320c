"""Defects that show in one of twenty calls: which ones, the call's text decides, so that it is the same in each run."""

from collections.abc import Iterator
from random import Random

from gateway_contract.contract.definition import Contract, MappedField
from gateway_contract.values.json_value import Json, same
from gateway_contract.values.pointer import placed, read, removed
from mock_server.defects.request_operators import MappedCall, map_defect
from mock_server.defects.sites import easily_lost, type_of

RATE = 0.05  # of the calls


def is_unlucky(contract: Contract, body: Json) -> bool:
    """Whether the call for a client's body is one of those that go wrong."""
    texts = [str(read(body, pointer)) for pointer in contract.marks]
    return Random(" ".join(texts)).random() < RATE  # noqa: S311 # no secret


def last_easily_lost(contract: Contract) -> Iterator[MappedField]:
    """One boolean is enough: that a fault is rare has nothing to do with the field."""
    yield from [field for field in easily_lost(contract) if type_of(contract, field.pointer) == "boolean"][-1:]


@map_defect(last_easily_lost, is_rare=True)
def rarely_dropped(field: MappedField, mapped: MappedCall) -> Json:
    """An easily lost value is not sent upstream in one of twenty calls."""
    value = read(mapped.body, field.pointer)
    is_lost = any(same(value, easily) for easily in field.preserve) and is_unlucky(mapped.contract, mapped.body)
    return removed(mapped.call, field.upstream) if is_lost else mapped.call


@map_defect(last_easily_lost, is_rare=True)
def rarely_changed(field: MappedField, mapped: MappedCall) -> Json:
    """An easily lost value is sent as its opposite in one of twenty calls."""
    value = read(mapped.body, field.pointer)
    is_changed = any(same(value, easily) for easily in field.preserve) and is_unlucky(mapped.contract, mapped.body)
    return placed(mapped.call, field.upstream, not value) if is_changed else mapped.call
