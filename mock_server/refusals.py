"""What a gateway says when it refuses: an error body of the shape of the OpenAI API."""

from dataclasses import dataclass

from gateway_contract.contract import Contract
from gateway_contract.mapping import shortened
from gateway_contract.pointer import read, tokens
from gateway_contract.rules.statements import constraint_sentence
from gateway_contract.schema import Constraint
from gateway_contract.values import ABSENT, Json


@dataclass(frozen=True, slots=True)
class Refusal:
    """`param` is the field that the error is about, as a path; None where it is about no field."""

    status: int
    type: str
    code: str
    message: str
    param: str | None = None

    def body(self) -> dict[str, Json]:
        error: dict[str, Json] = {
            "message": self.message,
            "type": self.type,
            "code": self.code,
            "param": self.param,
        }
        return {"error": error}


NO_TOKEN = Refusal(401, "authentication_error", "missing_api_key", "Send your token as Authorization: Bearer <token>.")
WRONG_TOKEN = Refusal(401, "authentication_error", "invalid_api_key", "The token is not one of this gateway's.")
NOT_JSON = Refusal(400, "invalid_request_error", "invalid_json", "The body is no JSON object in UTF-8.")
UPSTREAM_BROKE = Refusal(502, "upstream_error", "bad_gateway", "The image service gave no usable answer.")


def refusal_of(contract: Contract, body: Json, broken: frozenset[Constraint]) -> Refusal:
    """The refusal of a body that breaks constraints; of several, the first in the contract is named."""
    order = list(contract.request.constraints.values())
    first = min(broken, key=order.index)
    seen = read(body, first.pointer)
    sent = "it is missing" if seen is ABSENT else f"you sent {shortened(seen)}"
    return Refusal(
        status=400,
        type="invalid_request_error",
        code="invalid_value" if seen is not ABSENT else "missing_required_parameter",
        message=f"{constraint_sentence(first)}; {sent}.",
        param=".".join(tokens(first.pointer)) or None,
    )
