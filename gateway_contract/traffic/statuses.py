"""Statuses about the request, and statuses about the transport, which are not evidence about any field."""

from gateway_contract.traffic.exchange import Answer, Credential, Exchange, NoAnswer, header

TRANSPORT = frozenset({408, 413, 414, 421, 425, 426, 431})
"""Statuses about the transport of a request (RFC 9110 15.5, RFC 8470 5.2, RFC 6585 5): proxies send most of them."""

ABOUT_LENGTH = frozenset({413, 414, 431})
UNAUTHORIZED = frozenset({401, 403})
GATEWAY_TIMEOUT = 504


def is_throttled(answer: Answer | NoAnswer) -> bool:
    """Whether a gateway asks to try again later: 429, or 503 that says when (RFC 9110, 10.2.3 and 15.6.4)."""
    if isinstance(answer, NoAnswer):
        return False
    return answer.status == 429 or (answer.status == 503 and header(answer.headers, "retry-after") is not None)


def is_timed_out(answer: Answer | NoAnswer) -> bool:
    return isinstance(answer, NoAnswer) and answer.timed_out


def is_gateway_timeout(answer: Answer | NoAnswer) -> bool:
    """Whether somebody on the way gave up waiting (RFC 9110, 15.6.5): often a proxy, after a time of its own."""
    return isinstance(answer, Answer) and answer.status == GATEWAY_TIMEOUT


def is_broken(answer: Answer | NoAnswer) -> bool:
    """Whether the response is missing without a time-out, or says that the gateway broke."""
    if isinstance(answer, NoAnswer):
        return not answer.timed_out
    return answer.status >= 500 and not is_throttled(answer)


def is_about_transport(answer: Answer | NoAnswer) -> bool:
    return isinstance(answer, Answer) and answer.status in TRANSPORT


def is_no_evidence(exchange: Exchange) -> bool:
    """Whether a rejection is about the way to the gateway, or about a token that is right."""
    answer = exchange.answer
    if not isinstance(answer, Answer):
        return False
    right = exchange.request.credential is Credential.RIGHT
    return answer.status in TRANSPORT or (right and answer.status in UNAUTHORIZED)
