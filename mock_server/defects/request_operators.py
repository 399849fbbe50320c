"""Decorators of defect operators on the stages before a response: authenticate, validate, map, call.

Operators call the stage that they replace, so that defects combine.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from gateway_contract.contract.definition import Contract, MappedField
from gateway_contract.schema.constraint import Constraint
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import placed, read
from mock_server.defects.defect import PAIRS, Change, S, Sites, registered
from mock_server.defects.sites import schema_of
from mock_server.gateway.openai_errors import error_for
from mock_server.gateway.stages import Gateway, GatewayRequest
from mock_server.serving.error_response import ErrorResponse

Result: TypeAlias = list[str] | ErrorResponse
Schema: TypeAlias = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class MappedCall:
    """A client's body and the upstream call that is right for it."""

    contract: Contract
    body: Json
    call: Json


Authenticate: TypeAlias = Callable[[Gateway, GatewayRequest], ErrorResponse | None]
Validate: TypeAlias = Callable[[S, Gateway, Json], Json | ErrorResponse]
Rewrite: TypeAlias = Callable[[Constraint, Contract, Json], Json]
Coerce: TypeAlias = Callable[[Constraint, Json], Json]
Strict: TypeAlias = Callable[[Constraint, Json], bool]
Map: TypeAlias = Callable[[S, MappedCall], Json]
ChangeValue: TypeAlias = Callable[[Schema, Json], Json]
ChangeText: TypeAlias = Callable[[Schema, str], str]
Call: TypeAlias = Callable[[Gateway, Json, Json, GatewayRequest], Awaitable[Result]]
ChangeResult: TypeAlias = Callable[[Result], Result]


def authenticate_defect(sites: Sites[S]) -> Callable[[Authenticate], Authenticate]:
    """Another authentication; the gateway that it is given has the right one."""

    def change(function: Authenticate, gateway: Gateway) -> Gateway:
        right = gateway.authenticate
        return replace(gateway, authenticate=lambda own, request: function(replace(own, authenticate=right), request))

    return lambda function: registered(function, sites, lambda gateway, _: change(function, gateway))


def validate_defect(sites: Sites[S], name: str = "") -> Callable[[Validate[S]], Validate[S]]:
    """Another validation; the gateway that it is given has the right one."""
    return lambda function: registered(function, sites, validating(function), name)


def validating(function: Validate[S]) -> Change[S]:
    def change(gateway: Gateway, site: S) -> Gateway:
        right = gateway.validate
        return replace(gateway, validate=lambda own, body: function(site, replace(own, validate=right), body))

    return change


def rewrite_defect(sites: Sites[Constraint]) -> Callable[[Rewrite], Rewrite]:
    """A body that is changed before it is validated."""

    def validate(function: Rewrite, site: Constraint, right: Gateway, body: Json) -> Json | ErrorResponse:
        return right.validate(right, function(site, right.contract, body))

    return lambda function: registered(function, sites, validating(partial(validate, function)))


def coerce_defect(sites: Sites[Constraint]) -> Callable[[Coerce], Coerce]:
    """A value that is changed before it is validated."""

    def validate(function: Coerce, site: Constraint, right: Gateway, body: Json) -> Json | ErrorResponse:
        value = read(body, site.pointer)
        if value is not ABSENT and (coerced := function(site, value)) is not value:
            body = placed(body, site.pointer, coerced)
        return right.validate(right, body)

    return lambda function: registered(function, sites, validating(partial(validate, function)))


def strict_defect(sites: Sites[Constraint]) -> Callable[[Strict], Strict]:
    """A body that is rejected, beside those that should be."""

    def validate(function: Strict, site: Constraint, right: Gateway, body: Json) -> Json | ErrorResponse:
        if function(site, body):
            return error_for(right.contract, body, frozenset({site}))
        return right.validate(right, body)

    return lambda function: registered(function, sites, validating(partial(validate, function)))


def map_defect(sites: Sites[S], *, strength: int = PAIRS, is_rare: bool = False) -> Callable[[Map[S]], Map[S]]:
    """Another upstream call."""
    return lambda function: registered(function, sites, mapping(function), strength=strength, is_rare=is_rare)


def mapping(function: Map[S]) -> Change[S]:
    def change(gateway: Gateway, site: S) -> Gateway:
        def stage(own: Gateway, body: Json) -> Json:
            return function(site, MappedCall(own.contract, body, gateway.map(own, body)))

        return replace(gateway, map=stage)

    return change


def value_defect(sites: Sites[MappedField]) -> Callable[[ChangeValue], ChangeValue]:
    """Another value of a field in the upstream call, by the schema of the client's field and the right value."""

    def changed(function: ChangeValue, field: MappedField, mapped: MappedCall) -> Json:
        value = read(mapped.call, field.upstream)
        if value is ABSENT:
            return mapped.call
        return placed(mapped.call, field.upstream, function(schema_of(mapped.contract, field.pointer).schema, value))

    return lambda function: registered(function, sites, mapping(partial(changed, function)))


def text_defect(sites: Sites[MappedField]) -> Callable[[ChangeText], ChangeText]:
    """Another text of a field in the upstream call; values that are not texts stay."""

    def changed(function: ChangeText, field: MappedField, mapped: MappedCall) -> Json:
        text = read(mapped.call, field.upstream)
        if not isinstance(text, str):
            return mapped.call
        return placed(mapped.call, field.upstream, function(schema_of(mapped.contract, field.pointer).schema, text))

    return lambda function: registered(function, sites, mapping(partial(changed, function)))


def call_defect(sites: Sites[S]) -> Callable[[Call], Call]:
    """Another way to call the upstream; the gateway that it is given has the right one."""

    def change(function: Call, gateway: Gateway) -> Gateway:
        right = gateway.call
        return replace(
            gateway, call=lambda own, body, call, request: function(replace(own, call=right), body, call, request)
        )

    return lambda function: registered(function, sites, lambda gateway, _: change(function, gateway))


def result_defect(sites: Sites[S], name: str = "") -> Callable[[ChangeResult], ChangeResult]:
    """Another result of the upstream call."""

    def change(function: ChangeResult, gateway: Gateway) -> Gateway:
        async def stage(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
            return function(await gateway.call(own, body, call, request))

        return replace(gateway, call=stage)

    return lambda function: registered(function, sites, lambda gateway, _: change(function, gateway), name)
