"""What of an OpenAPI 3.1 document is read, what is prose, and what is stated and not tested, field by field."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.idempotency import WORD
from gateway_contract.contract.operation import JSON_MEDIA_TYPE, METHODS, error_status, is_bearer, success_status
from gateway_contract.document.load_document import Document
from gateway_contract.document.node import DocumentError, Place, did_you_mean
from gateway_contract.schema.constraint import ASSERTED_FORMATS, CompiledSchema
from gateway_contract.values.json_value import ABSENT, Json, Nothing
from gateway_contract.values.pointer import below, read, tokens


@dataclass(frozen=True, slots=True)
class Untested:
    """Something that a contract states and no rule tests."""

    place: Place
    what: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}  {self.what}: {self.reason}"


class Row(Enum):
    """How a field that is not an object of OpenAPI is treated."""

    READ = auto()
    PROSE = auto()  # for people: nothing in it can be tested


@dataclass(frozen=True, slots=True)
class Holds:
    """A field with an object of OpenAPI, one in each item of a list, or one under each name."""

    kind: str
    shape: Literal["object", "list", "map"] = "object"


@dataclass(frozen=True, slots=True)
class NotTested:
    """A field whose statements no rule tests. `each` lists its members one by one, by their names."""

    reason: str
    each: bool = False


READ, PROSE = Row.READ, Row.PROSE
FieldRow = Row | Holds | NotTested
_TEXTS: Mapping[str, FieldRow] = {"summary": PROSE, "description": PROSE}
_EXAMPLES: Mapping[str, FieldRow] = {"example": READ, "examples": Holds("Example", "map")}
_OPERATIONS: Mapping[str, FieldRow] = {method: Holds("Operation") for method in METHODS}
_PARAMETERS = Holds("Parameter", "list")

OBJECTS: Mapping[str, Mapping[str, FieldRow]] = {
    "OpenAPI": {
        "openapi": READ,
        "info": Holds("Info"),
        "jsonSchemaDialect": NotTested("schemas are read as JSON Schema 2020-12"),
        "servers": Holds("Server", "list"),
        "paths": Holds("Path Item", "map"),
        "webhooks": NotTested("webhooks are not received", each=True),
        "components": Holds("Components"),
        "security": READ,
        "tags": Holds("Tag", "list"),
        "externalDocs": PROSE,
    },
    "Info": {
        **_TEXTS,
        "title": PROSE,
        "version": PROSE,
        "termsOfService": PROSE,
        "contact": PROSE,
        "license": PROSE,
    },
    "Server": {
        "url": READ,
        "description": PROSE,
        "variables": NotTested("variables of a server's URL are not filled in"),
    },
    "Tag": {"name": PROSE, "description": PROSE, "externalDocs": PROSE},
    "Components": {  # what is used of them stands where it is used, by reference
        "schemas": READ,
        "responses": READ,
        "parameters": READ,
        "examples": READ,
        "requestBodies": READ,
        "headers": READ,
        "securitySchemes": Holds("Security Scheme", "map"),
        "links": READ,
        "callbacks": READ,
        "pathItems": READ,
    },
    "Security Scheme": {
        "type": READ,
        "scheme": READ,
        "description": PROSE,
        "bearerFormat": PROSE,
        "name": READ,
        "in": READ,
        "flows": READ,
        "openIdConnectUrl": READ,
    },
    "Path Item": {
        **_TEXTS,
        **_OPERATIONS,
        "servers": NotTested("requests go to --gateway"),
        "parameters": _PARAMETERS,
    },
    "Operation": {
        **_TEXTS,
        "tags": PROSE,
        "externalDocs": PROSE,
        "operationId": READ,
        "parameters": _PARAMETERS,
        "requestBody": Holds("Request Body"),
        "responses": Holds("Response", "map"),
        "callbacks": NotTested("callbacks are not received", each=True),
        "deprecated": PROSE,
        "security": READ,
        "servers": NotTested("requests go to --gateway"),
    },
    "Parameter": {
        "name": READ,
        "in": READ,
        "description": PROSE,
        "required": READ,
        "deprecated": PROSE,
        "allowEmptyValue": READ,
        "style": READ,
        "explode": READ,
        "allowReserved": READ,
        "schema": READ,
        "content": READ,
        "example": PROSE,
        "examples": PROSE,
    },
    "Request Body": {"description": PROSE, "content": Holds("Media Type", "map"), "required": READ},
    "Media Type": {
        **_EXAMPLES,
        "schema": READ,
        "encoding": NotTested("an encoding has no effect on JSON"),
    },
    "Response": {
        "description": PROSE,
        "headers": NotTested("response headers are not checked", each=True),
        "content": Holds("Media Type", "map"),
        "links": NotTested("links are not followed", each=True),
    },
    "Example": {**_TEXTS, "value": READ, "externalValue": NotTested("nothing is fetched; give a value")},
}
"""Every field of every object that a walk from the root of a contract can meet, in the terms of OpenAPI 3.1.1, 4.8."""


@dataclass(frozen=True, slots=True)
class Walked:
    """One object of a document: what it is, where it stands, and its fields."""

    kind: str
    pointer: str
    fields: Mapping[str, Json]


def walk(document: Document) -> Iterator[Walked]:
    """Every object of OpenAPI in a document that is neither a schema nor below something that is not tested."""
    yield from _walk("OpenAPI", "", document.tree)


def _walk(kind: str, pointer: str, value: Json) -> Iterator[Walked]:
    if not isinstance(value, dict):
        return
    yield Walked(kind, pointer, value)
    for name, row in OBJECTS[kind].items():
        if isinstance(row, Holds) and name in value:
            for at, member in _members(row, below(pointer, name), value[name]):
                yield from _walk(row.kind, at, member)


def _members(row: Holds, pointer: str, value: Json) -> Iterator[tuple[str, Json]]:
    if row.shape == "object":
        yield pointer, value
    elif isinstance(value, dict):
        yield from ((below(pointer, name), member) for name, member in value.items() if not name.startswith("x-"))
    elif isinstance(value, list):
        yield from ((below(pointer, index), member) for index, member in enumerate(value))


def unknown_fields(document: Document) -> Iterator[DocumentError]:
    """Fields that their object of OpenAPI does not have: nothing reads them."""
    for found in walk(document):
        for name in found.fields:
            if name not in OBJECTS[found.kind] and not name.startswith("x-"):
                place = document.place(below(found.pointer, name))
                problem = f"{_article(found.kind)} {found.kind} Object has no field {name}"
                yield DocumentError(place, problem, did_you_mean(name, OBJECTS[found.kind]) or "remove it")


def _article(kind: str) -> str:
    return "an" if kind[0] in "AEIO" else "a"


def untested(contract: Contract) -> tuple[Untested, ...]:
    """All that a contract states and no rule tests, in the order of its files."""
    document = contract.document
    found = {
        *_untested_fields(contract),
        *_untested_security(contract),
        *_untested_keywords(contract.operation.request),
        *_untested_keywords(contract.operation.answer),
        *(() if contract.operation.refusal is None else _untested_keywords(contract.operation.refusal)),
    }
    own_first = sorted(found, key=lambda one: (one.place.file != document.path, str(one.place.file), one.place.line))
    return tuple(own_first)


def _untested_fields(contract: Contract) -> Iterator[Untested]:
    document, skipped = contract.document, tuple[str, ...]()
    for found in walk(document):
        if found.pointer.startswith(skipped) and skipped:
            continue
        reason = _whole_reason(contract, found)
        if reason:
            skipped = (*skipped, found.pointer + "/")
            name = found.fields.get("name") if found.kind == "Parameter" else tokens(found.pointer)[-1]
            yield Untested(document.place(found.pointer), str(name), reason)
            continue
        for field, row in OBJECTS[found.kind].items():
            if field in found.fields and isinstance(row, NotTested):
                at, value = below(found.pointer, field), found.fields[field]
                names = [*value] if row.each and isinstance(value, dict) else []
                for name in names:
                    yield Untested(document.place(below(at, name)), name, row.reason)
                if not names:
                    yield Untested(document.place(at), field, row.reason)


def _whole_reason(contract: Contract, found: Walked) -> str:
    """Why nothing that an object states is tested; empty where its fields decide."""
    match found.kind:
        case "Parameter":
            if contract.idempotency_key is not None and found.fields.get(WORD) is True:
                return ""
            return f"{found.fields.get('in', 'such')} parameters are not sent"
        case "Media Type":
            name = tokens(found.pointer)[-1]
            in_request = "requestBody" in tokens(found.pointer)
            other = "requests are sent as JSON" if in_request else "responses are read as JSON"
            return "" if name == JSON_MEDIA_TYPE else other
        case "Response":
            return _response_reason(contract, tokens(found.pointer)[-1], found.fields)
    return ""


def _response_reason(contract: Contract, status: str, response: Mapping[str, Json]) -> str:
    document, pointer = contract.document, contract.operation.pointer
    success, error = success_status(document, pointer), error_status(document, pointer)
    if status in {success, error} or not response.keys() - {"description"}:
        return "answers that come later are not waited for" if status == success == "202" else ""
    if status.startswith("2"):
        return f"successful responses are tested as {success}"
    return f"errors are tested as {error}" if error else "error responses are not tested"


def _untested_security(contract: Contract) -> Iterator[Untested]:
    """Schemes and alternatives of which no request makes use: one bearer token is sent."""
    document, own = contract.document, below(contract.operation.pointer, "security")
    at = "/security" if read(document.tree, own) is ABSENT else own
    listed = read(document.tree, at)
    for index, entry in enumerate(listed if isinstance(listed, list) else []):
        members = entry if isinstance(entry, dict) else {}
        for name in members:
            reason = _scheme_reason(
                read(document.tree, below("/components/securitySchemes", name)), index, len(members)
            )
            if reason:
                yield Untested(document.place(below(below(at, index), name)), name, reason)


def _scheme_reason(scheme: Json | Literal[Nothing.ABSENT, Nothing.UNOBSERVED], index: int, members: int) -> str:
    if not is_bearer(scheme):
        kind = scheme.get("type") if isinstance(scheme, dict) else None
        return f"{kind} credentials are not sent, only an HTTP bearer token"
    if index or members > 1:
        return "a bearer token alone is sent; other entries of security are not tried"
    return ""


UNCHECKED = ("readOnly", "writeOnly", "contentMediaType")


def _untested_keywords(schema: CompiledSchema) -> Iterator[Untested]:
    """Keywords of schemas that the validators take for annotations."""
    for part in schema.parts:
        name = part.schema.get("format")
        if name is not None and name not in ASSERTED_FORMATS:
            yield Untested(part.places["format"], f"{part.subject}/format", f"format {name} is not checked")
        for keyword in UNCHECKED:
            if keyword in part.schema:
                yield Untested(part.places[keyword], f"{part.subject}/{keyword}", f"{keyword} is not checked")
        if "contentEncoding" in part.schema and "x-present-when" not in part.schema:
            what = f"{part.subject}/contentEncoding"
            yield Untested(part.places["contentEncoding"], what, "the encoding is not checked")
