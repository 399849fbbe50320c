"""Whose values come up in an exchange: what only another request sent was carried over by the gateway."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from contract_tests.client.case import Case
from contract_tests.client.correlation import PLACEHOLDER, traces, with_correlation_id
from contract_tests.planning.fields import base_request
from gateway_contract.contract.definition import Contract, MappedField
from gateway_contract.traffic.exchange import Answer, CarriedValue, Credential, Exchange, UpstreamCall
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, Json, Nothing, compact, read_json, same, shortened
from gateway_contract.values.pointer import leaves, read, texts

LEAST_UNIQUE = 1_000_000
"""An integer from here on that one planned request holds stands for that request: nobody else comes upon it."""

LEAST_CARRIED = 2
"""Of one field so many values of other requests must come up in plain ones: a single one may be the gateway's own."""

Telltale: TypeAlias = str | int
"""A mark, a trace, or an integer that one planned request holds."""


@dataclass(frozen=True, slots=True)
class SentValue:
    """A value of a request, and the request's name and body."""

    pointer: str
    value: Json
    source: str
    content: bytes

    def carried(self, place: str) -> CarriedValue:
        return CarriedValue(self.pointer, shortened(self.value), place, self.source, self.content)


@dataclass(slots=True)
class CarryOver:
    """What was sent so far. `plain` is the first plain request; what later ones get otherwise, another one asked for.

    Booleans, listed values and small integers are alike in many requests: they tell only in plain requests.
    """

    contract: Contract
    planned: Iterable[Case]
    telltales: dict[Telltale, SentValue] = field(default_factory=dict)
    sent: dict[str, dict[bytes, SentValue]] = field(default_factory=dict)  # by pointer and JSON, each value once
    plain: Exchange | None = None
    own: dict[str, list[Json]] = field(default_factory=dict)  # by pointer in the call, each value of plain requests
    unique: frozenset[int] = field(init=False)
    base: Json = field(init=False)

    def __post_init__(self) -> None:
        held = Counter(value for case in self.planned for value in set(_integers(read_json(case.content))))
        written = set(_integers(self.contract.document.tree))
        bounds = {value + step for value in written for step in (-1, 0, 1)}  # which any error message may hold
        once = {value for value, times in held.items() if times == 1 and value >= LEAST_UNIQUE}
        self.unique = frozenset(once - bounds)
        self.base = base_request(self.contract)

    def note(self, exchange: Exchange) -> None:
        """Takes note of what a request sent."""
        body = exchange.request.body
        for pointer, value in [] if body is ABSENT else leaves(body):
            one = SentValue(pointer, value, exchange.name, exchange.request.content)
            if isinstance(value, str):
                for trace in traces(value):
                    is_field = self.contract.mapping_of(pointer) is not None  # and no unknown name beside it
                    self.telltales[trace] = one if is_field else self.telltales.get(trace, one)
            elif isinstance(value, int) and value in self.unique:
                self.telltales.setdefault(value, one)
            self.sent.setdefault(pointer, {}).setdefault(compact(value), one)

    def trace(self, exchange: Exchange) -> Exchange:
        """The exchange with the values of other requests that came up in it."""
        found = [*self._otherwise_than_before(exchange), *self._returned_otherwise(exchange), *self._told(exchange)]
        return replace(exchange, carried=tuple({one.pointer: one for one in found}.values()))

    def _told(self, exchange: Exchange) -> Iterator[CarriedValue]:
        """Values that tell by themselves which request they are of."""
        own = {trace[1:] for value in texts(exchange.request.body) for trace in traces(value)}
        for place, value in _seen(exchange):
            if isinstance(value, str):
                others = [trace for trace in sorted(traces(value)) if trace[1:] not in own]
            else:
                others = []
            if isinstance(value, int) and value in self.unique and str(value).encode() not in exchange.request.content:
                yield from (self.telltales[known].carried(place) for known in [value] if known in self.telltales)
            yield from (self.telltales[trace].carried(place) for trace in others if trace in self.telltales)

    def _otherwise_than_before(self, exchange: Exchange) -> Iterator[CarriedValue]:
        """What a plain request has otherwise than one before it, and as another request sent it.

        One value, there or not by turns, may be the gateway's own; and where two come that nobody sent, it makes them.
        """
        if not self._is_plain(exchange):
            return
        self.plain = self.plain or exchange
        for mapped in self.contract.mapped:
            now = _upstream_value(exchange, mapped.upstream)
            if now in (ABSENT, UNOBSERVED, None) or read(exchange.request.body, mapped.pointer) is not ABSENT:
                continue
            own = self.own.setdefault(mapped.upstream, [])
            if not any(same(value, now) for value in own):
                own.append(now)
            senders = [self._sender(mapped, value) for value in own]
            sender = self._sender(mapped, now)
            if sender is not None and senders.count(None) <= 1 and len(senders) - senders.count(None) >= LEAST_CARRIED:
                yield sender.carried(f"at {mapped.upstream} upstream")

    def _sender(self, mapped: MappedField, value: Json) -> SentValue | None:
        """The first request that sent a value which arrives upstream like that."""
        sent = self.sent.get(mapped.pointer, {})
        return next((one for one in sent.values() if same(mapped.expected(one.value), value)), None)

    def _returned_otherwise(self, exchange: Exchange) -> Iterator[CarriedValue]:
        """What a request that does not say how it wants its images has otherwise than the first plain one."""
        if self.plain is None or self.contract.images is None or not exchange.accepted:
            return
        for image_field in self.contract.images.image_fields:
            if image_field.key in _image_keys(exchange) - _image_keys(self.plain):
                requested = self.sent.get(image_field.asked_by, {})
                chosen = [one for one in requested.values() if same(one.value, image_field.value)]
                if read(exchange.request.body, image_field.asked_by) is ABSENT:
                    yield from (one.carried("in the response") for one in chosen[:1])

    def _is_plain(self, exchange: Exchange) -> bool:
        request = exchange.request
        if request.body is ABSENT or request.credential is not Credential.RIGHT or not exchange.accepted:
            return False
        return same(with_correlation_id(request.body, self.contract.marks, PLACEHOLDER), self.base)


def _integers(body: Json | Nothing) -> Iterator[int]:
    for _, value in [] if body is ABSENT else leaves(body):  # type: ignore[arg-type] # JSON or ABSENT
        if isinstance(value, int) and not isinstance(value, bool):
            yield value


def _seen(exchange: Exchange) -> Iterator[tuple[str, Json]]:
    """Every value of the upstream calls and of the response, with its place."""
    for call in () if exchange.upstream is UNOBSERVED else exchange.upstream:
        if call.body is not ABSENT:
            yield from ((f"at {pointer} upstream", value) for pointer, value in leaves(call.body))
    answer = exchange.answer
    if isinstance(answer, Answer):
        whole: Json = answer.content.decode("utf-8", "replace") if answer.body is ABSENT else answer.body
        yield from (("in the response", value) for _, value in leaves(whole))


def _upstream_value(exchange: Exchange, pointer: str) -> Json | Nothing:
    """What the generating call of an exchange holds; UNOBSERVED where none was seen."""
    calls: tuple[UpstreamCall, ...] = () if exchange.upstream is UNOBSERVED else exchange.upstream
    call = next((call for call in calls if call.generated and call.body is not ABSENT), None)
    return UNOBSERVED if call is None else read(call.body, pointer)


def _image_keys(exchange: Exchange) -> set[str]:
    images = () if exchange.images is UNOBSERVED else exchange.images
    return {image.key for item in images for image in item}
