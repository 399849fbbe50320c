"""An exchange with what the contract says of it, worked out once for all rules."""

from dataclasses import dataclass
from typing import Literal

from gateway_contract.contract import Contract
from gateway_contract.exchange import Credential, Exchange, UpstreamCall
from gateway_contract.pointer import read
from gateway_contract.standing import Standing, standing
from gateway_contract.values import ABSENT, UNOBSERVED, Json, Nothing


@dataclass(frozen=True, slots=True)
class Examined:
    """What judges look at. `call` is the upstream call that made the images, or the last one that was tried."""

    contract: Contract
    exchange: Exchange
    standing: Standing
    authorized: bool
    ordinary: bool  # the contract's own method, and no failure of the upstream on purpose
    call: UpstreamCall | Literal[Nothing.ABSENT, Nothing.UNOBSERVED]

    @property
    def body(self) -> Json | Literal[Nothing.ABSENT]:
        return self.exchange.request.body

    @property
    def accepted(self) -> bool:
        return self.ordinary and self.authorized and self.exchange.accepted

    @property
    def blames_no_field(self) -> bool:
        """Whether the request was tried again, and what became of it is the fault of nothing that it holds."""
        return self.exchange.essential == frozenset()

    def sent(self, pointer: str) -> Json | Literal[Nothing.ABSENT]:
        return read(self.body, pointer)

    def is_open(self, pointer: str) -> bool:
        """Whether the page is silent on the value that was sent for a field."""
        return pointer in self.standing.open_fields

    def effective(self, pointer: str) -> Json | Literal[Nothing.ABSENT]:
        """The value of a field, or the default that the contract states for it, or ABSENT."""
        sent = self.sent(pointer)
        if sent is ABSENT and self.body is not ABSENT:
            return self.contract.request.default(pointer, self.body)
        return sent


def examine(contract: Contract, exchange: Exchange) -> Examined:
    request = exchange.request
    return Examined(
        contract=contract,
        exchange=exchange,
        standing=standing(contract, request.body),
        authorized=request.credential in {Credential.RIGHT, Credential.UNKNOWN},
        ordinary=is_own_method(contract, exchange) and exchange.played is None and exchange.follows is None,
        call=_call(exchange),
    )


def is_own_method(contract: Contract, exchange: Exchange) -> bool:
    return exchange.request.method == contract.operation.method


def _call(exchange: Exchange) -> UpstreamCall | Literal[Nothing.ABSENT, Nothing.UNOBSERVED]:
    if exchange.upstream is UNOBSERVED:
        return UNOBSERVED
    generating = [call for call in exchange.upstream if call.generated]
    return next(iter(generating or exchange.upstream[-1:]), ABSENT)
