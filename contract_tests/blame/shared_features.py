"""What rejected valid requests share and accepted ones lack: `refused whenever n is left out: 27 of 27`."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from contract_tests.planning.fields import RequestField, fields_of
from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import Answer, Exchange
from gateway_contract.traffic.response_message import response_message
from gateway_contract.values.json_value import ABSENT, compact, shortened
from gateway_contract.values.pointer import read

FEWEST = 2  # requests on either side: one alone shares everything with itself
MOST_NAMED = 3

Feature: TypeAlias = tuple[str, str]
"""A field and what is special about it, in words."""


@dataclass(frozen=True, slots=True)
class SharedFeatures:
    """`tried` are valid requests of one run that were accepted or rejected, each as it was planned."""

    contract: Contract
    tried: Sequence[Exchange]
    _features: dict[int, list[Feature]] = field(default_factory=dict)

    def note(self, rejected: Exchange) -> str:
        """What all rejections like this one share; empty where that is nothing, or too little is known."""
        for alike in (_status, _response):
            group = [one for one in self.tried if not one.accepted and alike(one) == alike(rejected)]
            if told := self._shared_by(group):
                return told
        return ""

    def _shared_by(self, rejected: Sequence[Exchange]) -> str:
        accepted = [one for one in self.tried if one.accepted]
        if min(len(rejected), len(accepted)) < FEWEST:
            return ""
        lacking = {feature for one in accepted for feature in self._of(one)}
        shared = [
            feature
            for feature in self._of(rejected[0])
            if feature not in lacking and all(feature in self._of(one) for one in rejected)
        ]
        named = list({name: f"{name} is {what}" for name, what in reversed(shared)}.values())[::-1]
        if not named or len(named) > MOST_NAMED:
            return ""
        having = [one for one in self.tried if shared[0] in self._of(one)]
        others = len(self.tried) - len(having)
        return (
            f"refused whenever {' and '.join(named)}: {len(having)} of {len(having)}; "
            f"accepted otherwise: {len(accepted)} of {others}"
        )

    def _of(self, exchange: Exchange) -> list[Feature]:
        if id(exchange) not in self._features:
            self._features[id(exchange)] = list(_features(fields_of(self.contract), exchange))
        return self._features[id(exchange)]


def _features(fields: Iterable[RequestField], exchange: Exchange) -> Iterable[Feature]:
    """What is special about each field, the most special first. Free text with a mark is special in every request."""
    for one in fields:
        value = read(exchange.request.body, one.pointer)
        if value is ABSENT:
            yield one.subject, "left out"
        elif not one.marked:
            yield one.subject, shortened(value) if len(compact(value)) < 60 else "given"
            yield one.subject, "given"


def _status(exchange: Exchange) -> Hashable:
    return exchange.answer.status if isinstance(exchange.answer, Answer) else exchange.answer.problem


def _response(exchange: Exchange) -> Hashable:
    return (_status(exchange), response_message(exchange.answer) if isinstance(exchange.answer, Answer) else "")
