"""Relations between two requests of a run: the same request makes the same upstream call, whenever it is sent."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Literal

from gateway_contract.contract.definition import MappedField
from gateway_contract.rules.mapping_rules import UNSEEN, adds_up, is_nothing
from gateway_contract.rules.rule import PASS, Evidence, Finding, evidence_of, failing, inconclusive
from gateway_contract.traffic.exchange import Image, Relation, images_shown, made_for
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, Json, Nothing, same, shortened
from gateway_contract.values.pointer import read


def judge_same_call(relation: Relation, evidence: Evidence) -> Finding | None:
    """The upstream call of a request, and that of the request to which it is related.

    Fields that the upstream's defaults fill count as sent. Free texts differ by their correlation ids, and whether
    they arrive is the business of other rules, as is what a gateway sends beside the fields of the contract.
    """
    compared = evidence.exchange.compared
    if compared is None or compared.relation is not relation:
        return None
    other = evidence_of(evidence.contract, compared.exchange)
    if not (_is_plain(evidence) and _is_plain(other)):
        return None
    if UNOBSERVED in (evidence.call, other.call):
        return inconclusive(UNSEEN)
    if ABSENT in (_call_body(evidence), _call_body(other)):
        return None  # what is wrong with such a call, another rule says
    for field in evidence.contract.mapped:
        if _is_compared(field, evidence):
            seen, before = _effect(field, evidence), _effect(field, other)
            if not (_is_same(seen, before) or (_arrived(field, evidence, seen) and _arrived(field, other, before))):
                return failing(f"{_described(before)} at {field.upstream}, as for {relation.value}", _described(seen))
    return PASS


def _is_plain(evidence: Evidence) -> bool:
    return evidence.validity.valid and evidence.accepted


def _call_body(evidence: Evidence) -> Json | Literal[Nothing.ABSENT]:
    return ABSENT if evidence.call in (ABSENT, UNOBSERVED) else evidence.call.body


def _is_compared(field: MappedField, evidence: Evidence) -> bool:
    """Whether the contract says what the upstream call holds for a field, as it was sent or left out."""
    if field.pointer in evidence.contract.marks or evidence.body is ABSENT or not field.judged_for(evidence.body):
        return False
    if evidence.sent(field.pointer) is not ABSENT:
        return not evidence.is_open(field.pointer)
    return not field.may_be_invented or evidence.effective(field.pointer) is not ABSENT


def _effect(field: MappedField, evidence: Evidence) -> Json | Literal[Nothing.ABSENT]:
    """What a field amounts to upstream: the value that was sent, in any form in which it arrived, or another one."""
    call, upstream = evidence.call, evidence.contract.upstream
    if upstream is None or call in (ABSENT, UNOBSERVED) or call.body is ABSENT:
        return ABSENT
    sent, seen = evidence.effective(field.pointer), read(call.body, field.upstream)
    if seen is ABSENT or is_nothing(field, seen, evidence):
        seen = upstream.behind(call.method, call.path).operation.request.default(field.upstream, call.body)
    if sent is not ABSENT and (adds_up(field, sent, evidence) or (seen is not ABSENT and field.arrived(sent, seen))):
        return field.expected(sent)
    return seen


def _arrived(field: MappedField, evidence: Evidence, seen: Json | Literal[Nothing.ABSENT]) -> bool:
    """Whether a value is what its own request sent: texts differ from request to request, so that each is known."""
    sent = evidence.sent(field.pointer)
    return sent is not ABSENT and seen is not ABSENT and same(field.expected(sent), seen)


def _is_same(one: Json | Literal[Nothing.ABSENT], other: Json | Literal[Nothing.ABSENT]) -> bool:
    return one is other if ABSENT in (one, other) else same(one, other)


def _described(seen: Json | Literal[Nothing.ABSENT]) -> str:
    return "nothing" if seen is ABSENT else shortened(seen)


def judge_same_pixels(evidence: Evidence) -> Finding | None:
    """The pixels of images that were made for equal calls, and are returned in different forms.

    Where the upstream made other images for one of the calls, the calls differ, which other rules tell.
    """
    exchange, compared = evidence.exchange, evidence.exchange.compared
    if compared is None or compared.relation is not Relation.OTHER_FORM:
        return None
    other = compared.exchange
    if not (_is_plain(evidence) and _is_plain(evidence_of(evidence.contract, other))):
        return None
    if UNOBSERVED in (exchange.upstream, other.upstream):
        return inconclusive(UNSEEN)
    seen, before = images_shown(exchange), images_shown(other)
    is_decidable = seen and len(seen) == len(before) and made_for(exchange) == made_for(other)
    return _judge_pixels(seen, before) if is_decidable else None


def _judge_pixels(seen: Sequence[Image], before: Sequence[Image]) -> Finding:
    every = (*seen, *before)
    if any(image.pixels is None for image in every):
        return inconclusive("the pixels were not read")
    if Counter(image.pixels for image in seen) == Counter(image.pixels for image in before):
        return PASS
    if not all(image.is_lossless for image in every):
        return inconclusive("a format that does not keep pixels as they are")
    return failing(f"the pixels of {_forms(before)}, as for {Relation.OTHER_FORM.value}", f"others in {_forms(seen)}")


def _forms(images: Iterable[Image]) -> str:
    """For example `url (512x512)`."""
    return ", ".join(sorted({f"{image.key} ({image.width}x{image.height})" for image in images}))


RELATIONS: Mapping[str, Callable[[Evidence], Finding | None]] = {
    "same-call-each-time": partial(judge_same_call, Relation.REPEATED),
    "same-call-in-parallel": partial(judge_same_call, Relation.ALONE),
    "same-pixels-in-each-form": judge_same_pixels,
}
