"""Who may call: without the right token nothing happens."""

import re
from urllib.parse import urlsplit

from gateway_contract.rules.rule import PASS, Evidence, Finding, failing, inconclusive
from gateway_contract.traffic.exchange import Answer, Credential, NoAnswer, UpstreamCall
from gateway_contract.traffic.statuses import is_about_transport, is_broken, is_timed_out
from gateway_contract.values.json_value import ABSENT, UNOBSERVED
from gateway_contract.values.pointer import as_schema_pointer, leaves


def judge_unauthorized(credential: Credential, evidence: Evidence) -> Finding | None:
    """A request with a certain lack of authorization is refused."""
    exchange = evidence.exchange
    if exchange.request.credential is not credential or not evidence.ordinary:
        return None
    expected, answer = f"{credential.value} refused with 4xx", exchange.answer
    seen = answer.problem if isinstance(answer, NoAnswer) else f"HTTP {answer.status}"
    if is_timed_out(answer) or is_about_transport(answer) or (is_broken(answer) and evidence.blames_no_field):
        return inconclusive(f"{seen}, of which {credential.value} was not shown to be the cause")
    return PASS if exchange.refused else failing(expected, seen)


def judge_unauthorized_status(evidence: Evidence) -> Finding | None:
    """A refusal for lack of authorization says so: 401 or 403 (RFC 9110, 15.5.2 and 15.5.4)."""
    answer = evidence.exchange.answer
    if evidence.authorized or not isinstance(answer, Answer) or not answer.refusing or is_about_transport(answer):
        return None
    return PASS if answer.status in {401, 403} else failing("401 or 403", f"HTTP {answer.status}")


KEY_OR_ADDRESS = re.compile(r"sk-.{8}|https?://.")
"""What a text begins with that a careless gateway would take for a key of its own, or for an upstream."""


def nothing_overridden(evidence: Evidence) -> Finding | None:
    named = _keys_and_addresses(evidence)
    if not named or not (evidence.authorized and evidence.ordinary):
        return None
    if evidence.exchange.upstream is UNOBSERVED:
        return inconclusive("the upstream is not observed")
    calls = evidence.exchange.upstream
    if any(_uses(call, value) for call in calls for value in named):
        return failing("the gateway's own key", "one that stands in the body")
    if any(_is_at(call, value) for call in calls for value in named):
        return failing("the gateway's own upstream", "a call to the address that stands in the body")
    if calls or evidence.exchange.refused:
        return PASS
    return inconclusive("no upstream call was seen, and the request was not rejected")


def _keys_and_addresses(evidence: Evidence) -> list[str]:
    """Those that the body holds where no page names a field."""
    if evidence.body is ABSENT:
        return []
    found = [
        (at, value) for at, value in leaves(evidence.body) if isinstance(value, str) and KEY_OR_ADDRESS.match(value)
    ]
    known = {part.pointer for part in evidence.contract.request.parts} if found else ()
    return [text for at, text in found if as_schema_pointer(at) not in known]


def _is_at(call: UpstreamCall, address: str) -> bool:
    """Whether a call went to an address of the suite that only the body names. An error alone does not show that."""
    path = urlsplit(address).path
    return len(path) > 1 and call.path.startswith(path)


def _uses(call: UpstreamCall, value: str) -> bool:
    return any(value in said for _, said in call.headers)
