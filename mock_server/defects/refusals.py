"""Gateways whose refusals are not what a client can read."""

from dataclasses import replace

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.contract import Contract
from gateway_contract.pointer import placed, removed
from gateway_contract.schema import Constraint
from gateway_contract.values import ABSENT, Json
from mock_server.defects.conduct import leaves_to_upstream
from mock_server.defects.parts import bodies, expected
from mock_server.defects.way import Each, Spot, broken
from mock_server.defects.wires import Overheard, nothing_heard
from mock_server.gateway.refusals import Refusal
from mock_server.gateway.stages import Gateway, Outgoing, refuse
from mock_server.serving.dropping import drop

LIST: Json = []
"""What no part of an error is."""


def told(*keywords: str) -> Each:
    """What the contract says of an error body, by the keywords that say it."""

    def found(contract: Contract) -> list[Constraint]:
        refusal = contract.operation.refusal
        constraints = () if refusal is None else refusal.constraints.values()
        return [constraint for constraint in constraints if constraint.keyword in keywords]

    return found


def outermost(contract: Contract) -> list[Constraint]:
    """That an error body holds an error."""
    return [constraint for constraint in told("required")(contract) if constraint.pointer.count("/") == 1]


@broken("refuse", bodies, spoils_all=True)
def refused_under_200(_at: Spot, gateway: Gateway, refusal: Refusal) -> Outgoing:
    """A refusal says that all went well."""
    return Outgoing(200, refuse(gateway, refusal).body)


@broken("refuse", bodies, spoils_all=True)
def refused_as_own_fault(_at: Spot, gateway: Gateway, refusal: Refusal) -> Outgoing:
    """A refusal says that the gateway broke."""
    return Outgoing(500, refuse(gateway, refusal).body)


@broken("refuse", expected("refusal-status"))
def refused_as_a_teapot(_at: Spot, gateway: Gateway, refusal: Refusal) -> Outgoing:
    """Every refusal of a request has a status of its own."""
    right = refuse(gateway, refusal)
    return Outgoing(418 if right.status == 400 else right.status, right.body)


@broken("refuse", told("required"))
def left_out_of_errors(at: Constraint, gateway: Gateway, refusal: Refusal) -> Outgoing:
    """A part of the error body is missing."""
    right = refuse(gateway, refusal)
    return replace(right, body=removed(right.body, at.pointer))


@broken("gateway", outermost)
def raw_errors_of_the_upstream(_at: Constraint, gateway: Gateway) -> Gateway:
    """What the upstream refuses is told in the upstream's own words, whatever their shape."""
    heard = nothing_heard()

    def told(own: Gateway, refusal: Refusal) -> Outgoing:
        right, raw = refuse(own, refusal), heard.get()
        return right if raw is ABSENT else replace(right, body=raw)

    upstream = replace(gateway.upstream, wire=Overheard(gateway.upstream.wire, heard))
    return replace(gateway, validate=leaves_to_upstream, refuse=told, upstream=upstream)


@broken("refuse", told("type"))
def list_in_errors(at: Constraint, gateway: Gateway, refusal: Refusal) -> Outgoing:
    """A part of the error body is a list."""
    right = refuse(gateway, refusal)
    return replace(right, body=placed(right.body, at.pointer, LIST) if at.pointer else LIST)


@broken("refuse", told("minLength"))
def empty_in_errors(at: Constraint, gateway: Gateway, refusal: Refusal) -> Outgoing:
    """A text of the error body says nothing."""
    right = refuse(gateway, refusal)
    return replace(right, body=placed(right.body, at.pointer, ""))


@broken("refuse", expected("other-method-refused"))
def any_method_taken(_at: Spot, gateway: Gateway, refusal: Refusal) -> Outgoing:
    """Another method is answered as if all went well."""
    right = refuse(gateway, refusal)
    return replace(right, status=200 if right.status == 405 else right.status)


@broken("app", expected("answer-given"))
async def hangs_up_on_other_methods(_at: Spot, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Where another method should be refused the connection is broken."""

    async def broken_off(message: Message) -> None:
        if message.get("status") == 405:
            await drop(scope, receive)
        await send(message)

    await app(scope, receive, broken_off)
