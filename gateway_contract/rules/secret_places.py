"""Where a secret stands in an upstream call."""

from gateway_contract.traffic.exchange import UpstreamCall
from gateway_contract.traffic.redaction import SHORTEST_SECRET
from gateway_contract.values.json_value import ABSENT
from gateway_contract.values.pointer import leaves

SCHEME_LENGTH = len("Bearer ")


def places_of(secret: str, call: UpstreamCall) -> list[str]:
    """In words, for example `header x-user` or `body at /user`."""
    found = [f"header {name}" for name, value in call.headers if _tells(value, secret)]
    found += ["path or query"] if _tells(call.path, secret) else []
    said = () if call.body is ABSENT else leaves(call.body)
    return found + [f"body at {at}" for at, value in said if isinstance(value, str) and _tells(value, secret)]


def _tells(text: str, secret: str) -> bool:
    """Whether a text holds a secret; one that is a short word has to be the whole of it."""
    return secret in text if len(secret) >= SHORTEST_SECRET else secret in {text, token_of(text)}


def token_of(authorization: str | None) -> str:
    """The token in the value of an Authorization header; empty where there is none."""
    return authorization[SCHEME_LENGTH:].strip() if authorization and len(authorization) > SCHEME_LENGTH else ""
