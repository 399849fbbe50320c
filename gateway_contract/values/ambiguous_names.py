"""Names that parsers read in different ways: repeated ones (RFC 8259, section 4), and some that differ in case only."""

import json

from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import parent, read, tokens


def repeats_names(content: bytes) -> bool:
    """Whether an object in a body holds a name more than once; false for a body that is not JSON."""
    repeated = False

    def note(pairs: list[tuple[str, object]]) -> None:
        nonlocal repeated
        repeated = repeated or len(dict(pairs)) < len(pairs)

    try:
        json.loads(content, object_pairs_hook=note)
    except (ValueError, RecursionError):
        return False
    return repeated


def values_in_other_case(body: object, pointer: str) -> list[Json]:
    """What stands beside a part under its name in other case: some parsers take that for the part."""
    holder, name = read(body, parent(pointer)), tokens(pointer)[-1]
    beside = holder.items() if isinstance(holder, dict) else ()
    return [value for other, value in beside if other != name and other.casefold() == name.casefold()]
