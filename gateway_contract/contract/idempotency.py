"""The header with which clients send a request again so that it is paid once, where a contract documents one."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway_contract.document.load_document import Document
from gateway_contract.document.node import DocumentError, Place
from gateway_contract.schema.constraint import fast_failures
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import below, parent, read

WORD = "x-idempotency-key"
SAMPLE = "4f2b1e77-0c3d-4a51-8e6f-9d20b7a4c815"  # of the form in which the suite sends keys


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """The parameter, by the name of its header."""

    header: str
    clause: str | None
    place: Place


def idempotency_key(document: Document, operation: str) -> IdempotencyKey | None:
    """The parameter of an operation that is marked as its key. Raises DocumentError for one that cannot be sent."""
    found = [(at, one) for at, one in _parameters(document, operation) if WORD in one]
    for at, parameter in found[1:]:
        raise DocumentError(document.place(below(at, WORD)), f"a second {WORD}: {parameter.get('name')}", "remove one")
    for at, parameter in found:
        place, schema = document.place(below(at, WORD)), parameter.get("schema")
        if parameter.get("in") != "header":
            raise DocumentError(place, f"{WORD} on a parameter in {parameter.get('in')}", "a key is sent in a header")
        if parameter.get("required") is True:
            raise DocumentError(place, f"{WORD} on a required parameter", "only requests that come again have a key")
        if isinstance(schema, dict) and fast_failures(schema)(SAMPLE):
            raise DocumentError(place, f"{WORD} whose schema refuses a UUID such as {SAMPLE}", "allow UUIDs")
        clause = parameter.get("x-clause")
        return IdempotencyKey(str(parameter.get("name")), clause if isinstance(clause, str) else None, place)
    return None


def _parameters(document: Document, operation: str) -> Iterator[tuple[str, dict[str, Json]]]:
    """Each parameter of an operation and its path, with its JSON Pointer."""
    for holder in (below(operation, "parameters"), below(parent(operation), "parameters")):
        listed = read(document.tree, holder)
        for index, one in enumerate(listed if isinstance(listed, list) else []):
            if isinstance(one, dict):
                yield below(holder, index), one
