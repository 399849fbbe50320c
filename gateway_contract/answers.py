"""What a contract says of a successful answer beyond JSON Schema: where images are, what ties them to the request."""

from collections.abc import Iterator

from gateway_contract.contract import Carrier, ImageItems, ImageSize, MockValue, UnixTime
from gateway_contract.document import DocumentError
from gateway_contract.expression import request_pointer
from gateway_contract.schema import CompiledSchema, Part
from gateway_contract.validator import fast_failures
from gateway_contract.values import Json


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
        carriers=tuple(_carrier(part) for part in answer.parts if "x-present-when" in part.schema),
        size=next(
            (_image_size(part) for part in answer.parts if part.pointer == item and "x-image" in part.schema), None
        ),
        place=found.places["x-length"],
    )


def _carrier(part: Part) -> Carrier:
    ((expression, value),) = _members(part.schema["x-present-when"])
    return Carrier(
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


def mock_values(answer: CompiledSchema) -> dict[str, MockValue]:
    """Which parts of an answer a mock takes from the request, by their pointers."""
    return {part.pointer: _mock_value(part) for part in answer.parts if "x-mock" in part.schema}


def _mock_value(part: Part) -> MockValue:
    said = part.schema["x-mock"]
    members = dict(_members(said)) or {"from": said}
    when = next(iter(_members(members.get("when"))), None)
    return MockValue(
        source=request_pointer(str(members["from"])),
        when=None if when is None else (request_pointer(when[0]), when[1]),
        extended="as" in members,
        place=part.places["x-mock"],
    )


def _members(value: Json) -> list[tuple[str, Json]]:
    return list(value.items()) if isinstance(value, dict) else []
