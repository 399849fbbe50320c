"""Rules that no request of a deployment can bear on, because no listed value meets their condition."""

from itertools import product

from gateway_contract.pointer import below
from gateway_contract.schema import CompiledSchema, Condition
from gateway_contract.values import Json


def dormant(condition: Condition | None, request: CompiledSchema) -> str | None:
    """Why a condition at the top of the body never holds; None where it may."""
    if condition is None or condition.pointer:
        return None
    choices = _choices(condition, request)
    if not choices or any(
        condition.holds(dict(zip(choices, values, strict=True))) for values in product(*choices.values())
    ):
        return None
    return f"no {' or '.join(choices)} listed here is {condition.title}"


def _choices(condition: Condition, request: CompiledSchema) -> dict[str, list[Json]]:
    names = condition.schema.get("properties")
    found: dict[str, list[Json]] = {}
    for name in names if isinstance(names, dict) else ():
        listed = next(
            (
                part.schema["enum"]
                for part in request.parts
                if part.pointer == below("", name) and part.condition is None and "enum" in part.schema
            ),
            None,
        )
        if isinstance(listed, list):
            found[name] = listed
    return found
