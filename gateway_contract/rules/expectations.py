"""Promises that contracts name in words: each judge here answers to the name that `x-expectations` uses."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway_contract.contract.definition import Upstream
from gateway_contract.contract.validity import unknown_upstream, upstream_refuses
from gateway_contract.rules.carry_over_rules import other_values_not_carried_over
from gateway_contract.rules.connection_rules import kept_connection_works
from gateway_contract.rules.cost_rules import COST
from gateway_contract.rules.mapping_rules import is_refused_upstream
from gateway_contract.rules.relation_rules import RELATIONS
from gateway_contract.rules.resilience_rules import RESILIENCE
from gateway_contract.rules.rule import PASS, Evidence, Finding, RuleKind, failing, inconclusive, is_own_method
from gateway_contract.rules.secret_places import places_of, token_of
from gateway_contract.rules.security_rules import judge_unauthorized_status, nothing_overridden
from gateway_contract.rules.transport_rules import ACCEPTS_FORMS, LEAKS
from gateway_contract.rules.unusual_rules import UNUSUAL
from gateway_contract.traffic.exchange import (
    Answer,
    NoAnswer,
    RequestForm,
    UpstreamCall,
    header,
    images_shown,
    made_for,
    usable,
)
from gateway_contract.traffic.redaction import SHORTEST_SECRET
from gateway_contract.traffic.statuses import is_no_evidence
from gateway_contract.values.json_value import ABSENT, UNOBSERVED, shortened
from gateway_contract.values.pointer import read

BAD_REQUEST = frozenset({400, 404, 413, 415, 422})


def answer_given(evidence: Evidence) -> Finding | None:
    if evidence.exchange.is_connections_fault:
        return None
    if evidence.exchange.played is not None or evidence.exchange.request.form is not RequestForm.PLAIN:
        return None  # how a gateway stands failures of its upstream, or unusual requests, is another rule's
    answer = evidence.exchange.answer
    if isinstance(answer, NoAnswer) and answer.timed_out and not answer.repeated:
        return inconclusive(answer.problem)  # it may be slow
    return failing("an answer", answer.problem) if isinstance(answer, NoAnswer) else PASS


def answer_content_type(evidence: Evidence) -> Finding | None:
    answer = evidence.exchange.answer
    if not isinstance(answer, Answer) or answer.body is ABSENT or not evidence.ordinary:
        return None
    media_type = (header(answer.headers, "content-type") or "none").partition(";")[0].strip().lower()
    is_json = media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )
    return PASS if is_json else failing("Content-Type: application/json", media_type)


def refusal_status(evidence: Evidence) -> Finding | None:
    answer = evidence.exchange.answer
    bad = bool(evidence.validity.broken) or not evidence.validity.is_json
    if not (bad and evidence.authorized and evidence.ordinary and isinstance(answer, Answer) and answer.refusing):
        return None
    if evidence.blames_no_field and is_no_evidence(evidence.exchange):
        return inconclusive(f"HTTP {answer.status}, of which the request was not shown to be the cause")
    return PASS if answer.status in BAD_REQUEST else failing("400, 404, 413, 415 or 422", f"HTTP {answer.status}")


def other_method_refused(evidence: Evidence) -> Finding | None:
    answer = evidence.exchange.answer
    if is_own_method(evidence.contract, evidence.exchange) or not isinstance(answer, Answer):
        return None
    return PASS if answer.refusing else failing("4xx", f"HTTP {answer.status}")


def upstream_call_valid(evidence: Evidence) -> Finding | None:
    upstream = evidence.contract.upstream
    if not (_valid_and_accepted(evidence) or is_refused_upstream(evidence)) or upstream is None:
        return None
    if evidence.call is UNOBSERVED:
        return inconclusive("the upstream is not observed")
    return None if evidence.call is ABSENT else _judge_call(upstream, evidence.call, evidence)


def _judge_call(upstream: Upstream, call: UpstreamCall, evidence: Evidence) -> Finding | None:
    if call.body is ABSENT:
        media_type = header(call.headers, "content-type") or "no Content-Type"
        return failing("a JSON body upstream", f"a body that is not JSON ({media_type})")
    if not evidence.accepted:
        return None  # what the upstream rejects, a rule about the field or the request tells of
    called = upstream.behind(call.method, call.path)
    broken = sorted(upstream_refuses(called, call.body), key=lambda constraint: constraint.pointer)
    if not broken:
        return PASS
    worst = broken[0]
    seen = read(call.body, worst.pointer)
    return failing(
        f"{worst.keyword} {shortened(worst.value)} at {worst.pointer or 'the body'}",
        "missing" if seen is ABSENT else shortened(seen),
    )


def upstream_call_known(evidence: Evidence) -> Finding | None:
    upstream = evidence.contract.upstream
    if not _valid_and_accepted(evidence) or upstream is None:
        return None
    if evidence.call is UNOBSERVED:
        return inconclusive("the upstream is not observed")
    call = evidence.call
    if call is ABSENT or call.body is ABSENT:
        return None
    unknown = unknown_upstream(upstream.behind(call.method, call.path), call.body)
    return failing("only what the upstream knows", ", ".join(sorted(unknown)[:5])) if unknown else PASS


def one_generation(evidence: Evidence) -> Finding | None:
    if not _valid_and_accepted(evidence):
        return None
    if evidence.exchange.upstream is UNOBSERVED:
        return inconclusive("the upstream is not observed")
    count = sum(call.generated for call in evidence.exchange.upstream)
    return PASS if count == 1 else failing("one generation call", str(count))


def no_generation_when_refused(evidence: Evidence) -> Finding | None:
    if not evidence.exchange.refused:
        return None
    if evidence.exchange.upstream is UNOBSERVED:
        return inconclusive("the upstream is not observed")
    count = sum(call.generated for call in evidence.exchange.upstream)
    return PASS if count == 0 else failing("no generation for a refused request", f"{count} generation calls")


def client_token_stays(evidence: Evidence) -> Finding | None:
    if evidence.exchange.upstream is UNOBSERVED:
        return inconclusive("the upstream is not observed")
    token = token_of(header(evidence.exchange.request.headers, "authorization"))
    if not token or not evidence.exchange.upstream:
        return None
    leak = next((where for call in evidence.exchange.upstream for where in places_of(token, call)), None)
    return PASS if leak is None else failing("the client's token nowhere upstream", f"in the call's {leak}")


def no_upstream_secrets(evidence: Evidence) -> Finding | None:
    answer, exchange = evidence.exchange.answer, evidence.exchange
    if not isinstance(answer, Answer) or exchange.upstream is UNOBSERVED or not exchange.upstream:
        return None
    told = answer.content + "\n".join(f"{name}: {value}" for name, value in answer.headers).encode()
    keys = {token_of(header(call.headers, "authorization")) for call in exchange.upstream}
    if any(len(key) >= SHORTEST_SECRET and key.encode() in told for key in keys):
        return failing("nothing of the upstream's key", "the key, in the answer")
    address = exchange.upstream_address
    if not answer.successful and address and address.encode() in told:
        return failing("nothing of the upstream's address", f"{address}, in the answer")
    return PASS


def own_images(evidence: Evidence) -> Finding | None:
    if evidence.exchange.upstream is UNOBSERVED or evidence.exchange.images is UNOBSERVED or not evidence.accepted:
        return None
    if evidence.exchange.request.body is ABSENT:  # without a text that could carry a mark, no call is known as its own
        return None
    made = made_for(evidence.exchange)
    seen = [image.identity for image in images_shown(evidence.exchange)]
    foreign = [identity for identity in seen if identity is not None and identity not in made]
    if foreign:
        return failing("images made for this request", f"{len(foreign)} made for another")
    if not seen:
        return None
    return PASS if None not in seen else inconclusive("the images cannot be told apart")


def distinct_images(evidence: Evidence) -> Finding | None:
    if evidence.exchange.images is UNOBSERVED or not evidence.accepted:
        return None
    one_per_item = [usable(item)[:1] for item in evidence.exchange.images]
    counted = Counter(image.identity or image.digest for item in one_per_item for image in item)
    if sum(counted.values()) < 2:
        return None
    repeated = max(counted.values())
    return PASS if repeated == 1 else failing("every image once", f"one image {repeated} times")


def image_media_type(evidence: Evidence) -> Finding | None:
    wrong = [
        image
        for image in images_shown(evidence.exchange)
        if image.media_type.lower() != f"image/{image.format.lower()}"
    ]
    if not images_shown(evidence.exchange):
        return None
    if not wrong:
        return PASS
    return failing(f"image/{wrong[0].format.lower()}", wrong[0].media_type or "no Content-Type")


def _valid_and_accepted(evidence: Evidence) -> bool:
    return evidence.validity.valid and evidence.accepted


@dataclass(frozen=True, slots=True)
class NamedJudge:
    """A judge that `x-expectations` may name, with the kind of its rules."""

    kind: RuleKind
    judge: Callable[[Evidence], Finding | None]
    skips_retry_later: bool = False


EXPECTATIONS: Mapping[str, NamedJudge] = {
    "answer-given": NamedJudge(RuleKind.RESPONSE, answer_given),
    "answer-content-type": NamedJudge(RuleKind.RESPONSE, answer_content_type),
    "refusal-status": NamedJudge(RuleKind.ERROR, refusal_status, skips_retry_later=True),
    "unauthorized-status": NamedJudge(RuleKind.AUTHORIZATION, judge_unauthorized_status, skips_retry_later=True),
    "other-method-refused": NamedJudge(RuleKind.ERROR, other_method_refused),
    "upstream-call-valid": NamedJudge(RuleKind.MAPPING, upstream_call_valid),
    "upstream-call-known": NamedJudge(RuleKind.MAPPING, upstream_call_known),
    "one-generation": NamedJudge(RuleKind.ISOLATION, one_generation),
    "no-generation-when-refused": NamedJudge(RuleKind.ISOLATION, no_generation_when_refused),
    "client-token-stays": NamedJudge(RuleKind.ISOLATION, client_token_stays),
    "nothing-overridden": NamedJudge(RuleKind.ISOLATION, nothing_overridden),
    "no-upstream-secrets": NamedJudge(RuleKind.ISOLATION, no_upstream_secrets),
    "own-images": NamedJudge(RuleKind.ISOLATION, own_images),
    "nothing-else-carried-over": NamedJudge(RuleKind.ISOLATION, other_values_not_carried_over),
    "kept-connection-works": NamedJudge(RuleKind.ISOLATION, kept_connection_works, skips_retry_later=True),
    "distinct-images": NamedJudge(RuleKind.RESPONSE, distinct_images),
    "image-media-type": NamedJudge(RuleKind.RESPONSE, image_media_type),
    **{name: NamedJudge(RuleKind.ISOLATION, judge) for name, judge in {**LEAKS, **RELATIONS}.items()},
    **{name: NamedJudge(RuleKind.RANGE, judge, skips_retry_later=True) for name, judge in ACCEPTS_FORMS.items()},
    **{name: NamedJudge(RuleKind.RESILIENCE, judge) for name, judge in {**RESILIENCE, **UNUSUAL, **COST}.items()},
}
