"""Whether pages of other origins may call a gateway: information for its owner, and no promise of any contract."""

from contract_tests.client import transport
from contract_tests.client.room import Share
from contract_tests.client.send import Sender
from gateway_contract.traffic.exchange import Answer, Credential, NoAnswer, Request, header
from gateway_contract.values.json_value import ABSENT

ORIGIN = "https://app.example.com"
CANNOT = "browsers cannot call this gateway: {reason}"


async def preflight(sender: Sender) -> str:
    """What a browser asks before it sends a request (Fetch, 4.8), and why it would not send it; empty if it would."""
    operation = sender.contract.operation
    names = f"{sender.access.token_header().lower()},content-type"
    headers = (
        ("Origin", ORIGIN),
        ("Access-Control-Request-Method", operation.method),
        ("Access-Control-Request-Headers", names),
    )
    request = Request("OPTIONS", operation.path, headers, b"", ABSENT, Credential.MISSING)
    answer = await transport.exchange(
        sender.transport, request, sender.gateway, sender.limits, sender.limits.answer_seconds(0), Share()
    )
    reason = preflight_problem(answer, names.split(","))
    return CANNOT.format(reason=reason) if reason else ""


def preflight_problem(answer: Answer | NoAnswer, names: list[str]) -> str:
    """Why a browser would not send a request with headers of these names; empty if it would."""
    if isinstance(answer, NoAnswer):
        return f"OPTIONS gets no response ({answer.problem})"
    if not answer.successful:
        return f"OPTIONS gives {answer.status}"
    if header(answer.headers, "access-control-allow-origin") not in {"*", ORIGIN}:
        return "the response to OPTIONS has no Access-Control-Allow-Origin for other pages"
    allowed = _listed(header(answer.headers, "access-control-allow-headers"))
    # An asterisk stands for all names but Authorization.
    missing = [name for name in names if name not in allowed and ("*" not in allowed or name == "authorization")]
    return f"Access-Control-Allow-Headers lacks {', '.join(missing)}" if missing else ""


def _listed(value: str | None) -> set[str]:
    return {name.strip().lower() for name in (value or "").split(",")}
