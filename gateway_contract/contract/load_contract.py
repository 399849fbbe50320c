"""Where contracts are found: by name in the project's own folder, or by path."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from gateway_contract.contract.checks import frame_errors, pointer_errors, untyped_conditions, value_errors
from gateway_contract.contract.coverage import unknown_fields
from gateway_contract.contract.definition import (
    Clause,
    Contract,
    Drawing,
    Example,
    Expectation,
    MappedField,
    Upstream,
)
from gateway_contract.contract.extensions import (
    check_vocabulary,
    malformed_keywords,
    misspelt_keywords,
    request_pointer,
)
from gateway_contract.contract.idempotency import idempotency_key
from gateway_contract.contract.mock_behaviour import mock_rejections, mock_stream, mock_values
from gateway_contract.contract.operation import (
    image_items,
    only_operation,
    operation_named,
    operation_pointers,
    read_operation,
    unix_times,
)
from gateway_contract.contract.response_sample import response_errors
from gateway_contract.document.bundled import FOLDER, find_document
from gateway_contract.document.load_document import Document, load
from gateway_contract.document.node import DocumentError, Errors, together
from gateway_contract.document.overlay import unused_overlays
from gateway_contract.schema.constraint import CompiledSchema, Condition, Level, Part
from gateway_contract.values.json_value import ABSENT, Json
from gateway_contract.values.pointer import below, read

BUNDLED = ("powertokens", "powerbuyin")


def contract_path(name: str) -> Path:
    """The file of a contract, by its name or as a path. Raises DocumentError where there is none."""
    path = Path(name)
    if path.suffix in {".yaml", ".yml", ".json"}:
        return path
    found = FOLDER / f"{name}.yaml"
    if not found.is_file():
        raise DocumentError(None, f"no contract {name!r}", f"there are {' and '.join(BUNDLED)}; or give a file's path")
    return found


def load_contract(path: Path, overlays: Sequence[Path] = ()) -> Contract:
    """The contract in a file, named after it, with warnings of what is probably not meant.

    Raises DocumentError for all that is wrong with the files.
    """
    document = load(path, overlays)
    errors = [*misspelt_keywords(document), *unknown_fields(document)]
    try:
        contract = _contract(path, document, overlays)
    except DocumentError as error:
        raise together([*errors, error]) from None
    errors += unused_overlays(overlays, _files(contract))
    errors += [*pointer_errors(contract), *value_errors(contract), *response_errors(contract)]
    if errors:
        raise together(errors)
    return replace(contract, warnings=tuple(untyped_conditions(contract)))


def _files(contract: Contract) -> frozenset[Path]:
    """Every file that a contract was read from."""
    documents = (contract.document, *(() if contract.upstream is None else (contract.upstream.document,)))
    return frozenset(place.file for document in documents for place in document.places.values())


def _contract(path: Path, document: Document, overlays: Sequence[Path]) -> Contract:
    malformed = [*malformed_keywords(document)]
    if malformed:
        raise together(malformed)
    pointer = only_operation(document)
    errors = Errors(frame_errors(document, pointer))
    with errors.collect():
        operation = read_operation(document, pointer)
    with errors.collect():
        upstream = _upstream(document, pointer, overlays)
    errors.raise_all()
    clauses = _clauses(document)
    mapped = tuple(_mapped_fields(operation.request, upstream))
    return Contract(
        name=path.stem,
        document=document,
        operation=operation,
        clauses=clauses,
        expectations=tuple(_expectations(document)),
        examples=tuple(_examples(document, pointer)),
        operation_clause=_text(read(document.tree, below(pointer, "x-clause"))),
        security_clause=_security_clause(document),
        mapped=mapped,
        marks=tuple(part.pointer for part in operation.request.parts if part.schema.get("x-mark")),
        images=image_items(operation.answer),
        times=tuple(unix_times(operation.answer)),
        mock_values=mock_values(operation.answer),
        upstream=upstream,
        idempotency_key=idempotency_key(document, pointer),
        mock_rejections=tuple(mock_rejections(document.tree)),
        mock_stream=mock_stream(document.tree),
    )


def _clauses(document: Document) -> dict[str, Clause]:
    said = document.tree.get("x-clauses")
    return {
        name: Clause(
            id=name,
            level=Level(str(clause["level"])),
            says=str(clause["says"]),
            excused=_text(clause.get("excused")),
            place=document.place(below("/x-clauses", name)),
        )
        for name, clause in (said.items() if isinstance(said, dict) else ())
        if isinstance(clause, dict)
    }


def _expectations(document: Document) -> Iterator[Expectation]:
    said = document.tree.get("x-expectations")
    for index in range(len(said) if isinstance(said, list) else 0):
        at = below("/x-expectations", index)
        rule, judge, clause, says = (
            str(read(document.tree, f"{at}/{key}")) for key in ("rule", "judge", "clause", "says")
        )
        yield Expectation(rule, judge, clause, says, document.place(at))


def _examples(document: Document, pointer: str) -> Iterator[Example]:
    holder = f"{pointer}/requestBody/content/application~1json/examples"
    examples = read(document.tree, holder)
    for name, example in examples.items() if isinstance(examples, dict) else ():
        if isinstance(example, dict) and "value" in example:
            place = document.place(below(holder, name))
            yield Example(name, example["value"], _text(example.get("x-clause")), place)


def _security_clause(document: Document) -> str | None:
    schemes = read(document.tree, "/components/securitySchemes")
    clauses = (
        [scheme.get("x-clause") for scheme in schemes.values() if isinstance(scheme, dict)]
        if isinstance(schemes, dict)
        else []
    )
    return next((str(clause) for clause in clauses if clause is not None), None)


def _upstream(document: Document, pointer: str, overlays: Sequence[Path]) -> Upstream | None:
    said = read(document.tree, below(pointer, "x-upstream"))
    if not isinstance(said, dict):
        return None
    place = document.place(f"{pointer}/x-upstream/document")
    beside = (place.file.parent, document.path.parent)  # the two differ where an overlay or a $ref brought it
    path = find_document(str(said["document"]), beside)
    if path is None:
        raise DocumentError(place, f"no upstream document {said['document']}", "it is looked for beside this file")
    constants = said.get("constants")
    found = load_upstream(path, str(said["operation"]), constants if isinstance(constants, dict) else {}, overlays)
    if found is None:
        place = document.place(f"{pointer}/x-upstream/operation")
        raise DocumentError(place, f"no operation {said['operation']} in {said['document']}", "name an operationId")
    return found


def load_upstream(
    path: Path, operation: str, constants: Mapping[str, Json], overlays: Sequence[Path] = ()
) -> Upstream | None:
    """The upstream whose document is in a file; None where it has no such operation."""
    document = load(path, overlays, is_contract=False)
    check_vocabulary(document)
    pointer = operation_named(document, operation)
    if pointer is None:
        return None
    drawing = read(document.tree, below(pointer, "x-images"))
    protocol = read(document.tree, below(pointer, "x-protocol"))
    if not isinstance(drawing, dict) or not isinstance(protocol, str):
        raise DocumentError(document.place(pointer), "an upstream operation needs x-images and x-protocol")
    servers = read(document.tree, "/servers/0/url")
    upstream = Upstream(
        name=path.stem,
        document=document,
        operation=read_operation(document, pointer),
        base=urlsplit(str(servers)).path.rstrip("/") if servers is not ABSENT else "",
        protocol=protocol,
        drawing=_drawing(drawing),
        constants=constants,
    )
    return replace(upstream, others=_others(upstream))


def _others(upstream: Upstream) -> dict[str, Upstream]:
    """What else in the upstream's document makes images, by operationId."""
    document, found = upstream.document, {}
    for pointer in operation_pointers(document):
        drawing = read(document.tree, below(pointer, "x-images"))
        if isinstance(drawing, dict) and pointer != upstream.operation.pointer:
            operation = read_operation(document, pointer)
            found[operation.id] = replace(upstream, operation=operation, drawing=_drawing(drawing))
    return found


def _drawing(said: Mapping[str, Json]) -> Drawing:
    named, shape = said.get("named-sizes"), said.get("shape")
    return Drawing(
        count=request_pointer(str(said["count"])),
        size=request_pointer(str(said["size"])),
        named_sizes={name: str(size) for name, size in named.items()} if isinstance(named, dict) else {},
        caption=request_pointer(str(said["caption"])),
        variation=request_pointer(str(said["variation"])) if "variation" in said else None,
        signature=request_pointer(str(said["signature"])) if "signature" in said else None,
        shape=tuple(request_pointer(str(expression)) for expression in shape) if isinstance(shape, list) else (),
    )


def _mapped_fields(request: CompiledSchema, upstream: Upstream | None) -> Iterator[MappedField]:
    errors = Errors()
    for part in request.parts:
        said = part.schema.get("x-upstream")
        if isinstance(said, dict):
            with errors.collect():
                _check_mapping(part, said)
                if upstream is None:
                    remedy = "say on the operation which upstream: x-upstream"
                    raise DocumentError(part.places["x-upstream"], "x-upstream on a field", remedy)
                if "pointer" in said:
                    yield _mapped_field(part, said, request, upstream)
    errors.raise_all()


def _check_mapping(part: Part, said: Mapping[str, Json]) -> None:
    if "pointer" in said and part.condition is not None:
        raise DocumentError(
            part.places["x-upstream"],
            "x-upstream with a pointer under a condition",
            "map the field where it always holds",
        )
    if "judged" in said and part.condition is None:
        raise DocumentError(
            part.places["x-upstream"],
            "x-upstream that is never judged",
            "leave it out, or say `judged` under a condition",
        )


def _mapped_field(part: Part, said: Mapping[str, Json], request: CompiledSchema, upstream: Upstream) -> MappedField:
    pointer = str(said["pointer"])
    if not any(known.pointer == pointer for known in upstream.operation.request.parts):
        raise DocumentError(
            part.places["x-upstream"], f"x-upstream points to {pointer}", f"{upstream.name} has no such field"
        )
    preserve, clauses = said.get("preserve"), _clauses_of(said.get("clause"))
    return MappedField(
        pointer=part.pointer,
        subject=part.subject,
        upstream=pointer,
        normalize=_text(said.get("normalize")),
        match=str(said.get("match", "exact")),
        preserve=tuple(preserve) if isinstance(preserve, list) else (),
        may_be_invented=said.get("invent") is not False,
        clause=clauses.get("*") or part.clause("x-upstream"),
        clauses=clauses,
        level=part.level("x-upstream"),
        place=part.places["x-upstream"],
        unjudged_when=tuple(_conditions_unjudged(part.pointer, request)),
    )


def _clauses_of(said: Json) -> dict[str, str]:
    """By the end of a rule's id, `*` for all others."""
    if isinstance(said, dict):
        return {rule: str(clause) for rule, clause in said.items()}
    return {"*": said} if isinstance(said, str) else {}


def _conditions_unjudged(pointer: str, request: CompiledSchema) -> Iterator[Condition]:
    for part in request.parts:
        said = part.schema.get("x-upstream")
        if part.pointer == pointer and part.condition is not None and isinstance(said, dict):
            yield part.condition


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
