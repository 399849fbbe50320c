"""What ordinary clients do differently, and what stays between two sides: rules about headers and framing."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from gateway_contract.rules.rule import PASS, Evidence, Finding, FindingKind, failing, inconclusive, is_own_method
from gateway_contract.rules.secret_places import places_of
from gateway_contract.traffic.exchange import Headers, NoAnswer, RequestForm, header
from gateway_contract.traffic.redaction import SHORTEST_SECRET
from gateway_contract.values.json_value import UNOBSERVED

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
        return inconclusive(answer.problem) if is_slow else failing("accepted", answer.problem, FindingKind.REJECTED)
    if answer.status == SWITCHING_PROTOCOLS:
        return inconclusive("the gateway changes to HTTP/2, which this suite does not speak")
    if evidence.blames_no_field:
        return inconclusive(f"HTTP {answer.status}, of which {form.value} was not shown to be the cause")
    return failing("accepted", f"HTTP {answer.status}", FindingKind.REJECTED)


FORMS: Mapping[str, frozenset[RequestForm]] = {
    "charset-accepted": frozenset({RequestForm.CHARSET, RequestForm.CHARSET_IN_CAPITALS}),
    "chunked-accepted": frozenset({RequestForm.CHUNKED}),
    "expect-accepted": frozenset({RequestForm.EXPECT}),
    "upgrade-ignored": frozenset({RequestForm.UPGRADE}),
    "any-media-type-accepted": frozenset({RequestForm.ANY_MEDIA_TYPE, RequestForm.SEVERAL_MEDIA_TYPES}),
    "connection-close-accepted": frozenset({RequestForm.CLOSE}),
    "header-names-in-any-case": frozenset({RequestForm.LOWER_CASE, RequestForm.UPPER_CASE}),
}


def nothing_compressed_unasked(evidence: Evidence) -> Finding | None:
    """Whoever accepts no content coding gets none (RFC 9110, 12.5.3)."""
    exchange = evidence.exchange
    if (header(exchange.request.headers, "accept-encoding") or "").strip().lower() != "identity":
        return None
    if isinstance(exchange.answer, NoAnswer):
        return inconclusive(exchange.answer.problem)
    coding = header(exchange.answer.headers, "content-encoding") or "identity"
    return PASS if coding.lower() == "identity" else failing("no Content-Encoding", f"Content-Encoding: {coding}")


def client_secrets_stay(evidence: Evidence) -> Finding | None:
    """A cookie or proxy credential is for the server that it is sent to (RFC 6265, 8.2; RFC 9110, 11.7.2)."""
    secrets = [*_secrets_of_client(evidence.exchange.request.headers)]
    if not secrets:
        return None
    if evidence.exchange.upstream is UNOBSERVED:
        return inconclusive("the upstream is not observed")
    if not evidence.exchange.upstream:
        return None
    for name, secret in secrets:
        leak = next((at for call in evidence.exchange.upstream for at in places_of(secret, call)), None)
        if leak is not None:
            return failing(f"the client's {name} nowhere upstream", f"in the call's {leak}")
    return PASS


def _secrets_of_client(headers: Headers) -> Iterator[tuple[str, str]]:
    """Values of cookies and proxy credentials, each with its header; not such as may be a word of any text."""
    for name, value in headers:
        match name.lower():
            case "cookie":
                found = [part.partition("=")[2].strip() for part in value.split(";")]
            case "proxy-authorization":
                found = [value.partition(" ")[2].strip()]
            case _:
                found = []
        yield from ((name, secret) for secret in found if len(secret) >= SHORTEST_SECRET)


def nothing_of_the_vendor_passed_on(evidence: Evidence) -> Finding | None:
    """What the vendor tells the gateway about its session or account is not the client's."""
    answer, calls = evidence.exchange.answer, evidence.exchange.upstream
    canaries = set() if calls is UNOBSERVED else {call.canary for call in calls if call.canary}
    if not canaries or isinstance(answer, NoAnswer):
        return None
    leaks = [name for name, value in answer.headers if any(canary in value for canary in canaries)]
    leaks += ["body"] if any(canary.encode() in answer.content for canary in canaries) else []
    expected = "nothing of the upstream's cookies and account"
    return failing(expected, f"in the answer's {leaks[0]}") if leaks else PASS


LEAKS: Mapping[str, Callable[[Evidence], Finding | None]] = {
    "nothing-compressed-unasked": nothing_compressed_unasked,
    "client-secrets-stay": client_secrets_stay,
    "nothing-of-the-vendor-passed-on": nothing_of_the_vendor_passed_on,
}

ACCEPTS_FORMS: Mapping[str, Callable[[Evidence], Finding | None]] = {
    name: partial(judge_form, forms) for name, forms in FORMS.items()
}
