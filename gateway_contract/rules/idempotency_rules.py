"""What an idempotency key does: a request that comes again with it is paid once, and nothing else is affected."""

from gateway_contract.rules.mapping_rules import UNSEEN
from gateway_contract.rules.rule import PASS, Evidence, Finding, failing, inconclusive
from gateway_contract.traffic.exchange import Answer, Comparison, Exchange, Relation, images_shown, made_for
from gateway_contract.values.json_value import UNOBSERVED

FIRST = "the response to the first request"


def judge_key(evidence: Evidence) -> Finding | None:
    """Judges a request by its relation to the first one with the key, or to one without a key."""
    exchange, compared = evidence.exchange, evidence.exchange.compared
    if compared is None or not compared.relation.is_about_keys:
        return None
    if UNOBSERVED in (exchange.upstream, compared.exchange.upstream):
        return _judge_by_responses(exchange, compared)
    if compared.relation is not Relation.WITHOUT_KEY and not made_for(compared.exchange):
        return inconclusive("the first request with the key made no images")
    if compared.relation is Relation.SAME_KEY_AT_ONCE:
        return _judge_at_once(exchange)
    if compared.relation is Relation.SAME_KEY:
        return _judge_same_key(exchange, compared.exchange)
    is_rejected = compared.relation is Relation.OTHER_REQUEST and exchange.refused
    return PASS if is_rejected else _judge_own_images(exchange, compared.relation)


def _judge_by_responses(exchange: Exchange, compared: Comparison) -> Finding:
    """What the responses alone show: they can be wrong, but not that a request was paid once."""
    relation, first = compared.relation, _digests(compared.exchange)
    if relation in {Relation.SAME_KEY, Relation.WITHOUT_KEY} and not exchange.accepted:
        return failing(f"accepted, as {relation.value}", _outcome(exchange))
    seen = _digests(exchange)
    if relation is Relation.SAME_KEY and seen and first and seen != first:
        return failing(f"{FIRST}, for {relation.value}", "other images")
    if relation is Relation.OTHER_REQUEST and seen & first:
        return failing(f"images of its own, for {relation.value}", FIRST)
    return inconclusive(UNSEEN)


def _digests(exchange: Exchange) -> set[str]:
    return {image.digest for image in images_shown(exchange)}


def _judge_same_key(exchange: Exchange, first: Exchange) -> Finding:
    expected = f"{FIRST}, for {Relation.SAME_KEY.value}"
    if not exchange.accepted:
        return failing(expected, _outcome(exchange))
    if made_for(exchange):
        return failing(expected, "images that were generated again")
    return PASS if _shown(exchange) <= made_for(first) else failing(expected, "images of another request")


def _judge_at_once(exchange: Exchange) -> Finding:
    """Both requests came to the calls of an exchange. A gateway may serve one, and tell the other to come again."""
    calls = () if exchange.upstream is UNOBSERVED else exchange.upstream
    generated = sum(call.generated for call in calls)
    expected = f"one generation for {Relation.SAME_KEY_AT_ONCE.value}"
    return PASS if generated == 1 else failing(expected, str(generated))


def _judge_own_images(exchange: Exchange, relation: Relation) -> Finding:
    if not exchange.accepted:
        return failing(f"accepted as {relation.value}", _outcome(exchange))
    if not made_for(exchange) or not _shown(exchange) <= made_for(exchange):
        return failing(f"images of its own, for {_told(relation)}", FIRST)
    return PASS


def _told(relation: Relation) -> str:
    return "a request with a key" if relation is Relation.WITHOUT_KEY else relation.value


def _outcome(exchange: Exchange) -> str:
    return f"HTTP {exchange.answer.status}" if isinstance(exchange.answer, Answer) else exchange.answer.problem


def _shown(exchange: Exchange) -> set[str]:
    """The images of a response, as far as they can be told apart."""
    return {image.identity for image in images_shown(exchange) if image.identity is not None}
