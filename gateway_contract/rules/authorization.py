"""Who may call: without the right token nothing happens."""

from gateway_contract.exchange import Answer, Credential, NoAnswer
from gateway_contract.rules.examined import Examined
from gateway_contract.rules.finding import PASS, Finding, failing
from gateway_contract.rules.ranges import TOO_MANY_REQUESTS


def judge_unauthorized(credential: Credential, examined: Examined) -> Finding | None:
    """A request with a certain lack of authorization is refused."""
    exchange = examined.exchange
    if exchange.request.credential is not credential or not examined.ordinary or examined.blames_no_field:
        return None
    expected = f"{credential.value} refused with 4xx"
    if isinstance(exchange.answer, NoAnswer):
        return failing(expected, exchange.answer.problem)
    if exchange.answer.status in TOO_MANY_REQUESTS:
        return None
    return PASS if exchange.answer.refusing else failing(expected, f"HTTP {exchange.answer.status}")


def judge_unauthorized_status(examined: Examined) -> Finding | None:
    """A refusal for lack of authorization says so: 401 or 403 (RFC 9110, 15.5.2 and 15.5.4)."""
    answer = examined.exchange.answer
    if examined.authorized or not isinstance(answer, Answer) or not answer.refusing:
        return None
    if answer.status in TOO_MANY_REQUESTS:
        return None
    return PASS if answer.status in {401, 403} else failing("401 or 403", f"HTTP {answer.status}")
