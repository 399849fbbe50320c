"""The inputs of the form to try a request, one for each leaf of the contract's request."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway_contract.contract.definition import Contract
from gateway_contract.schema.constraint import ANY_NAME, Part
from gateway_contract.values.json_value import ABSENT, Json, shortened
from gateway_contract.values.pointer import read, tokens

ASKED_FOR = ("boolean", "integer", "number", "string")
LONG_TEXT = 200  # characters: what may be longer gets more room


@dataclass(frozen=True, slots=True)
class FormField:
    """One input of the form. `kind` is its JSON Schema type; `choices` lists the only allowed values, if any."""

    pointer: str
    label: str
    kind: str
    hint: str
    choices: tuple[str, ...]
    required: bool
    value: str  # from the contract's example
    long: bool


def form_fields(contract: Contract) -> list[FormField]:
    """A form field for every leaf of the request, in the order of the contract."""
    example: Json = contract.examples[0].body if contract.examples else {}
    parts = [part for part in contract.request.parts if part.condition is None and is_asked_for(part)]
    return [_field(part, example) for part in parts]


def is_asked_for(part: Part) -> bool:
    return part.schema.get("type") in ASKED_FOR and ANY_NAME not in tokens(part.pointer)


def _field(part: Part, example: Json) -> FormField:
    value = read(example, part.pointer)
    choices = part.schema.get("enum")
    kind = str(part.schema["type"])
    return FormField(
        pointer=part.pointer,
        label=part.subject,
        kind=kind,
        hint=", ".join(_hints(part)),
        choices=tuple(map(str, choices)) if isinstance(choices, list) else (),
        required=part.required,
        value="" if value is ABSENT else value if isinstance(value, str) else shortened(value),
        long=has_room_for_much(part),
    )


def has_room_for_much(part: Part) -> bool:
    longest = part.schema.get("maxLength")
    return bool(part.schema.get("x-mark")) or (isinstance(longest, int) and longest > LONG_TEXT)


def _hints(part: Part) -> Iterator[str]:
    least, most = part.schema.get("minimum"), part.schema.get("maximum")
    if least is not None and most is not None:
        yield f"{least} to {most}"
    elif least is not None:
        yield f"at least {least}"
    elif most is not None:
        yield f"at most {most}"
    if "maxLength" in part.schema:
        yield f"at most {part.schema['maxLength']} characters"
    if "default" in part.schema:
        yield f"default {shortened(part.schema['default'])}"
