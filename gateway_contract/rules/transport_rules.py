"""What ordinary clients do differently, and what a gateway must not do to any: rules about headers and framing."""

from collections.abc import Callable, Mapping
from functools import partial

from gateway_contract.rules.rule import PASS, Evidence, Finding, failing, inconclusive, is_own_method
from gateway_contract.traffic.exchange import NoAnswer, RequestForm

SWITCHING_PROTOCOLS = 101


def judge_form(forms: frozenset[RequestForm], evidence: Evidence) -> Finding | None:
    """A request in one of some forms is accepted, as the plain request is."""
    exchange = evidence.exchange
    is_valid = evidence.validity.valid and evidence.authorized and is_own_method(evidence.contract, exchange)
    if exchange.request.form not in forms or not is_valid or exchange.played is not None:
        return None
    return PASS if exchange.accepted else _judge_rejected(evidence)


def _judge_rejected(evidence: Evidence) -> Finding:
    answer, form = evidence.exchange.answer, evidence.exchange.request.form
    if isinstance(answer, NoAnswer):
        is_slow = answer.timed_out and not answer.repeated
        return inconclusive(answer.problem) if is_slow else failing("accepted", answer.problem)
    if answer.status == SWITCHING_PROTOCOLS:
        return inconclusive("the gateway changes to HTTP/2, which this suite does not speak")
    if evidence.blames_no_field:
        return inconclusive(f"HTTP {answer.status}, of which {form.value} was not shown to be the cause")
    return failing("accepted", f"HTTP {answer.status}")


FORMS: Mapping[str, frozenset[RequestForm]] = {
    "charset-accepted": frozenset({RequestForm.CHARSET}),
    "chunked-accepted": frozenset({RequestForm.CHUNKED}),
    "expect-accepted": frozenset({RequestForm.EXPECT}),
    "upgrade-ignored": frozenset({RequestForm.UPGRADE}),
    "any-media-type-accepted": frozenset({RequestForm.ANY_MEDIA_TYPE}),
    "header-names-in-any-case": frozenset({RequestForm.LOWER_CASE, RequestForm.UPPER_CASE}),
}

ACCEPTS_FORMS: Mapping[str, Callable[[Evidence], Finding | None]] = {
    name: partial(judge_form, forms) for name, forms in FORMS.items()
}
