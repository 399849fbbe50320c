"""What a contract says of a successful answer beyond JSON Schema: where images are, what ties them to the request."""

from collections.abc import Iterator

from gateway_contract.contract.definition import ImageField, ImageItems, ImageSize, Operation, UnixTime
from gateway_contract.contract.extensions import request_pointer
from gateway_contract.document.load_document import Document
from gateway_contract.document.node import DocumentError, Errors
from gateway_contract.schema.compile import compile_schema
from gateway_contract.schema.constraint import CompiledSchema, Part, fast_failures
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import below, read


def image_items(answer: CompiledSchema) -> ImageItems | None:
    """The list that holds one item per image; None where the contract names none. Raises DocumentError for two."""
    lists = [part for part in answer.parts if "x-length" in part.schema]
    if not lists:
        return None
    if len(lists) > 1:
        raise DocumentError(lists[1].places["x-length"], "a second x-length", "one list of an answer holds the images")
    found = lists[0]
    item = f"{found.pointer}/0"
    return ImageItems(
        pointer=found.pointer,
        subject=found.subject,
        count=request_pointer(str(found.schema["x-length"])),
        count_clause=found.clause("x-length"),
        image_fields=tuple(_carrier(part) for part in answer.parts if "x-present-when" in part.schema),
        size=next(
            (_image_size(part) for part in answer.parts if part.pointer == item and "x-image" in part.schema), None
        ),
        place=found.places["x-length"],
    )


def _carrier(part: Part) -> ImageField:
    ((expression, value),) = _members(part.schema["x-present-when"])
    return ImageField(
        key=part.pointer.rpartition("/")[2],
        subject=part.subject,
        inline=part.schema.get("contentEncoding") == "base64",
        asked_by=request_pointer(expression),
        value=value,
        clause=part.clause("x-present-when"),
        level=part.level("x-present-when"),
        place=part.places["x-present-when"],
    )


def _image_size(part: Part) -> ImageSize:
    said = dict(_members(part.schema["x-image"]))
    when = _members(said.get("when", {}))
    return ImageSize(
        pointer=request_pointer(str(said["size"])),
        clause=part.clause("x-image"),
        otherwise=str(said["otherwise"]) if "otherwise" in said else None,
        when=next(
            ((request_pointer(expression), fast_failures(dict(_members(schema)))) for expression, schema in when), None
        ),
        place=part.places["x-image"],
    )


def unix_times(answer: CompiledSchema) -> Iterator[UnixTime]:
    for part in answer.parts:
        if "x-unix-time" in part.schema:
            tolerance = dict(_members(part.schema["x-unix-time"]))["tolerance"]
            yield UnixTime(
                pointer=part.pointer,
                subject=part.subject,
                tolerance=float(str(tolerance)),
                clause=part.clause("x-unix-time"),
                level=part.level("x-unix-time"),
                place=part.places["x-unix-time"],
            )


def _members(value: Json) -> list[tuple[str, Json]]:
    return list(value.items()) if isinstance(value, dict) else []


METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
JSON_MEDIA_TYPE = "application/json"


def operation_pointers(document: Document) -> Iterator[str]:
    paths = document.tree.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        for method in item if isinstance(item, dict) else ():
            if method in METHODS:
                yield below(below("/paths", path), method)


def only_operation(document: Document) -> str:
    """The pointer to a contract's one operation. Raises DocumentError where there are none or several."""
    found = list(operation_pointers(document))
    if len(found) != 1:
        raise DocumentError(
            document.place("/paths"), f"{len(found)} operations", "a contract describes exactly one operation"
        )
    return found[0]


def operation_named(document: Document, name: str) -> str | None:
    """The pointer to the operation with an operationId."""
    return next(
        (at for at in operation_pointers(document) if read(document.tree, below(at, "operationId")) == name), None
    )


def read_operation(document: Document, pointer: str) -> Operation:
    """The operation at a pointer. Raises DocumentError for all of its schemas that are missing or wrong."""
    _, path, method = _parts(pointer)
    errors = Errors()
    with errors.collect():
        request = compile_schema(document, _schema_at(document, pointer, "/requestBody"), "body")
    with errors.collect():
        answer = compile_schema(document, _success(document, pointer), "answer")
    with errors.collect():
        refused = _refusal(document, pointer)
        refusal = None if refused is None else compile_schema(document, refused, "error")
    errors.raise_all()
    return Operation(
        id=str(read(document.tree, below(pointer, "operationId"))),
        method=method.upper(),
        path=path,
        pointer=pointer,
        request=request,
        answer=answer,
        refusal=refusal,
        secured=document.place(pointer) if _is_secured(document, pointer) else None,
    )


def _parts(pointer: str) -> tuple[str, str, str]:
    _, paths, path, method = pointer.split("/")
    return paths, path.replace("~1", "/").replace("~0", "~"), method


def _schema_at(document: Document, pointer: str, holder: str) -> str:
    schema = pointer + holder + "/content" + below("", JSON_MEDIA_TYPE) + "/schema"
    if not isinstance(read(document.tree, schema), dict):
        raise DocumentError(document.place(schema), f"no {JSON_MEDIA_TYPE} schema", "add content with a schema")
    return schema


def _success(document: Document, pointer: str) -> str:
    status = success_status(document, pointer)
    if status is None:
        raise DocumentError(document.place(pointer), "no successful response", "describe the 2xx response")
    return _schema_at(document, pointer, "/responses" + below("", status))


def success_status(document: Document, pointer: str) -> str | None:
    """The status whose schema successful responses are tested by."""
    responses = read(document.tree, below(pointer, "responses"))
    found = sorted(status for status in responses if status.startswith("2")) if isinstance(responses, dict) else []
    return found[0] if found else None


def error_status(document: Document, pointer: str) -> str | None:
    """The status whose schema rejections are tested by."""
    statuses = ("4XX", "400", "default")
    known = (status for status in statuses if read(document.tree, f"{pointer}/responses/{status}") is not ABSENT)
    return next(known, None)


def _refusal(document: Document, pointer: str) -> str | None:
    status = error_status(document, pointer)
    return None if status is None else _schema_at(document, pointer, f"/responses/{status}")


def _is_secured(document: Document, pointer: str) -> bool:
    """Whether an operation asks for the credentials that requests have: a bearer token."""
    own = read(document.tree, below(pointer, "security"))
    wanted = document.tree.get("security") if own is ABSENT else own
    if not isinstance(wanted, list) or not wanted or not all(wanted):
        return False  # an empty requirement lets anybody in
    names = [name for entry in wanted if isinstance(entry, dict) for name in entry]
    return any(is_bearer(read(document.tree, below("/components/securitySchemes", name))) for name in names)


def is_bearer(scheme: object) -> bool:
    return isinstance(scheme, dict) and scheme.get("type") == "http" and str(scheme.get("scheme")).lower() == "bearer"
