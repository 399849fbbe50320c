"""Operations of an OpenAPI document, with their schemas compiled."""

from collections.abc import Iterator

from gateway_contract.contract import Operation
from gateway_contract.document import Document, DocumentError
from gateway_contract.pointer import below, read
from gateway_contract.schema_compiler import compile_schema
from gateway_contract.values import ABSENT

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
    """The operation at a pointer. Raises DocumentError where it takes or gives no JSON."""
    _, path, method = _parts(pointer)
    body = _schema_at(document, pointer, "/requestBody")
    answer = _success(document, pointer)
    refusal = _refusal(document, pointer)
    return Operation(
        id=str(read(document.tree, below(pointer, "operationId"))),
        method=method.upper(),
        path=path,
        pointer=pointer,
        request=compile_schema(document, body, "body"),
        answer=compile_schema(document, answer, "answer"),
        refusal=None if refusal is None else compile_schema(document, refusal, "error"),
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
    responses = read(document.tree, below(pointer, "responses"))
    found = sorted(status for status in responses if status.startswith("2")) if isinstance(responses, dict) else []
    if not found:
        raise DocumentError(document.place(pointer), "no successful response", "describe the 2xx response")
    return _schema_at(document, pointer, "/responses" + below("", found[0]))


def _refusal(document: Document, pointer: str) -> str | None:
    for status in ("4XX", "400", "default"):
        holder = "/responses" + below("", status)
        if read(document.tree, pointer + holder) is not ABSENT:
            return _schema_at(document, pointer, holder)
    return None


def _is_secured(document: Document, pointer: str) -> bool:
    own = read(document.tree, below(pointer, "security"))
    wanted = document.tree.get("security") if own is ABSENT else own
    return isinstance(wanted, list) and bool(wanted) and all(wanted)  # an empty requirement lets anybody in
