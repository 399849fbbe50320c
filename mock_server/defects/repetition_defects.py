"""Defects of repetition: the same request does not make the same upstream call when it comes again, or in company."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from gateway_contract.contract.definition import Contract, MappedField
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import placed, read, removed
from mock_server.defects.defect import PlainSite, gateway_defect
from mock_server.defects.request_operators import Result
from mock_server.defects.sites import expected, image_count, is_free_text, of_type, optional
from mock_server.gateway.stages import Gateway, GatewayRequest

ChangeCall = Callable[[Json], Json]
COMPANY_SECONDS = 0.05  # for which a request waits for others


def when_repeated(gateway: Gateway, change: ChangeCall) -> Gateway:
    """The gateway that changes an upstream call that is, but for its texts, the same as the one before.

    Neither request has others beside it: of those at once, none comes before another.
    """
    under_way, last = 0, None

    async def call(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
        nonlocal under_way, last
        under_way += 1
        this = _without_texts(own.contract, call) if under_way == 1 else None
        is_repeated, last = this is not None and this == last, this
        try:
            return await gateway.call(own, body, change(call) if is_repeated else call, request)
        finally:
            under_way -= 1

    return replace(gateway, call=call)


def _without_texts(contract: Contract, call: Json) -> Json:
    for field in contract.mapped:
        call = removed(call, field.upstream) if is_free_text(contract, field) else call
    return call


def in_company(gateway: Gateway, change: ChangeCall) -> Gateway:
    """The gateway that changes its upstream calls while several requests are under way."""
    under_way: list[asyncio.Event] = []

    async def call(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
        company = asyncio.Event()
        under_way.append(company)
        for one in under_way if len(under_way) > 1 else ():
            one.set()
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(company.wait(), COMPANY_SECONDS)
            return await gateway.call(own, body, change(call) if company.is_set() else call, request)
        finally:
            under_way.remove(company)

    return replace(gateway, call=call)


def losing(contract: Contract) -> ChangeCall:
    """A change that loses the last of the optional fields."""
    *_, last = optional(contract)
    return lambda call: removed(call, last.upstream)


def changing(contract: Contract) -> ChangeCall:
    """A change of the last bit of an integer that is not the number of images: what is valid stays so."""
    field = _integer(contract)

    def changed(call: Json) -> Json:
        value = read(call, field.upstream)
        return placed(call, field.upstream, value ^ 1) if isinstance(value, int) else call

    return changed


def inventing(contract: Contract) -> ChangeCall:
    """A change that sends two as the number of images where a call says none: it is judged, left out or not."""
    field = next(iter(image_count(contract)))

    def changed(call: Json) -> Json:
        return placed(call, field.upstream, 2) if read(call, field.upstream) is ABSENT else call

    return changed


def _integer(contract: Contract) -> MappedField:
    counted = {field.pointer for field in image_count(contract)}
    return next(field for field in of_type("integer")(contract) if field.pointer not in counted)


@gateway_defect(expected("same-call-each-time"))
def value_lost_when_repeated(gateway: Gateway, _site: PlainSite) -> Gateway:
    """An optional field is not sent upstream for a request that comes again."""
    return when_repeated(gateway, losing(gateway.contract))


@gateway_defect(expected("same-call-each-time"))
def value_changed_when_repeated(gateway: Gateway, _site: PlainSite) -> Gateway:
    """An integer is another one for a request that comes again."""
    return when_repeated(gateway, changing(gateway.contract))


@gateway_defect(expected("same-call-each-time"))
def value_invented_when_repeated(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A field that the client leaves out is sent upstream for a request that comes again."""
    return when_repeated(gateway, inventing(gateway.contract))


@gateway_defect(expected("same-call-in-parallel"))
def value_lost_in_company(gateway: Gateway, _site: PlainSite) -> Gateway:
    """An optional field is not sent upstream while several requests are under way."""
    return in_company(gateway, losing(gateway.contract))


@gateway_defect(expected("same-call-in-parallel"))
def value_changed_in_company(gateway: Gateway, _site: PlainSite) -> Gateway:
    """An integer is another one while several requests are under way."""
    return in_company(gateway, changing(gateway.contract))
