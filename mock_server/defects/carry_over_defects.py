"""Defects of state: what one request says comes up in the upstream call, or the response, of another."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import cast

from gateway_contract.contract.definition import Contract, MappedField
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import placed, read
from mock_server.defects.defect import PlainSite, gateway_defect
from mock_server.defects.sites import expected, images_of, is_optional, mapped, optional, texts
from mock_server.gateway.stages import Gateway, GatewayRequest, GatewayResponse
from mock_server.serving.error_response import ErrorResponse


def first_optional(contract: Contract) -> Iterator[MappedField]:
    return islice(optional(contract), 1)


marked = mapped(lambda contract, field: field.pointer in contract.marks)


def optional_texts(contract: Contract) -> Iterator[MappedField]:
    return (field for field in texts(contract) if is_optional(contract, field))


@gateway_defect(optional)
def kept_for_next_request(gateway: Gateway, field: MappedField) -> Gateway:
    """A value stays in the gateway's settings, and is sent upstream for the next client that omits the field."""
    kept: list[Json] = []

    def mapped_call(own: Gateway, body: Json) -> Json:
        value, call = read(body, field.pointer), gateway.map(own, body)
        if value is ABSENT:
            return placed(call, field.upstream, kept[-1]) if kept else call
        kept[:] = [field.expected(value)]
        return call

    return replace(gateway, map=mapped_call)


@gateway_defect(first_optional, spoils_all=True)
def fields_left_in_pooled_calls(gateway: Gateway, _field: MappedField) -> Gateway:
    """Calls are made of two objects by turns, which keep what an earlier client sent in a field that is omitted."""
    pool: list[dict[str, Json]] = [{}, {}]

    def mapped_call(own: Gateway, body: Json) -> Json:
        call, kept = gateway.map(own, body), pool[0]
        pool.reverse()
        for field in optional(own.contract):
            value = read(body, field.pointer)
            if value is not ABSENT:
                kept[field.upstream] = field.expected(value)
            elif field.upstream in kept:
                call = placed(call, field.upstream, kept[field.upstream])
        return call

    return replace(gateway, map=mapped_call)


@gateway_defect(optional_texts)
def kept_from_rejected_request(gateway: Gateway, field: MappedField) -> Gateway:
    """A text of a request that was rejected just before is sent upstream for the next client that omits the field."""
    kept: list[str] = []

    def validated(own: Gateway, body: Json) -> Json | ErrorResponse:
        result = gateway.validate(own, body)
        text = read(body, field.pointer)
        if isinstance(result, ErrorResponse):
            kept[:] = [text] if isinstance(text, str) else []
        return result

    def mapped_call(own: Gateway, body: Json) -> Json:
        call = gateway.map(own, body)
        return placed(call, field.upstream, kept.pop()) if kept and read(body, field.pointer) is ABSENT else call

    return replace(gateway, validate=validated, map=mapped_call)


@gateway_defect(texts)
def text_of_last_request_appended(gateway: Gateway, field: MappedField) -> Gateway:
    """The text of the request before is appended, as if both were one conversation."""
    last: list[str] = []

    def mapped_call(own: Gateway, body: Json) -> Json:
        text, call = read(body, field.pointer), gateway.map(own, body)
        if not isinstance(text, str):
            return call
        whole = " ".join([text, *last])
        last[:] = [text]
        return placed(call, field.upstream, whole)

    return replace(gateway, map=mapped_call)


@gateway_defect(marked)
def text_of_last_request_in_response(gateway: Gateway, field: MappedField) -> Gateway:
    """The response has the text of the request before."""
    last: list[Json] = []

    async def answer(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        right = await gateway.answer(own, body, links, request)
        told = cast("dict[str, Json]", right.body) | dict.fromkeys(["last_request"][: len(last)], last[-1:])
        last[:] = [text for text in [read(body, field.pointer)] if text is not ABSENT]
        return replace(right, body=cast("Json", told))

    return replace(gateway, answer=answer)


def chosen_by(contract: Contract) -> str:
    """Pointer to what says how images are returned."""
    return images_of(contract).image_fields[0].asked_by


@gateway_defect(expected("nothing-else-carried-over"))
def images_returned_as_to_last_client(gateway: Gateway, _site: PlainSite) -> Gateway:
    """A client that does not say how it wants its images gets them as the client before it."""
    kept: list[Json] = []

    async def answer(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        pointer = chosen_by(own.contract)
        value = read(body, pointer)
        if value is ABSENT:
            body = placed(body, pointer, kept[-1]) if kept else body
        else:
            kept[:] = [value]
        return await gateway.answer(own, body, links, request)

    return replace(gateway, answer=answer)


@gateway_defect(expected("nothing-else-carried-over"))
def images_returned_as_to_some_client(gateway: Gateway, _site: PlainSite) -> Gateway:
    """Once a client wanted its images within the response, all get them so that do not say how they want theirs."""
    inline = [image_field.value for image_field in images_of(gateway.contract).image_fields if image_field.inline]
    wanted: list[Json] = []

    async def answer(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        pointer = chosen_by(own.contract)
        value = read(body, pointer)
        wanted.extend(inline if value in inline else [])
        body = placed(body, pointer, wanted[0]) if value is ABSENT and wanted else body
        return await gateway.answer(own, body, links, request)

    return replace(gateway, answer=answer)
