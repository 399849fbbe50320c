"""What a request costs."""

from gateway_contract.contract import Contract
from gateway_contract.pointer import read
from gateway_contract.values import ABSENT, Json


def asked_images(contract: Contract, body: Json) -> int:
    """How many images an accepted request bills."""
    if contract.images is None:
        return 0
    said = read(body, contract.images.count)
    count = contract.request.default(contract.images.count, body) if said is ABSENT else said
    return count if isinstance(count, int) and not isinstance(count, bool) else 1
