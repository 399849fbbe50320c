"""What a contract says of mocks alone: values in a response, rejected requests, and responses as events."""

from collections.abc import Iterator, Mapping

from gateway_contract.contract.definition import MockRejection, MockStream, MockValue
from gateway_contract.contract.extensions import request_pointer
from gateway_contract.schema.constraint import CompiledSchema, Part
from gateway_contract.values.json_value import ABSENT, Json


def mock_values(answer: CompiledSchema) -> dict[str, MockValue]:
    """The values that a mock puts in a response, by their pointers."""
    return {part.pointer: _mock_value(part) for part in answer.parts if "x-mock" in part.schema}


def _mock_value(part: Part) -> MockValue:
    stated = part.schema["x-mock"]
    members = _members(stated) or {"from": stated}
    return MockValue(
        source=request_pointer(str(members["from"])) if "from" in members else None,
        literal=members.get("value", ABSENT),
        when=_when(members["when"]) if "when" in members else None,
        extended="as" in members,
        place=part.places["x-mock"],
    )


def mock_rejections(tree: Mapping[str, Json]) -> Iterator[MockRejection]:
    rejections = tree.get("x-mock-rejects")
    for rejection in rejections if isinstance(rejections, list) else ():
        if isinstance(rejection, dict):
            yield MockRejection(str(rejection["pointer"]), rejection["value"], str(rejection["says"]))


def mock_stream(tree: Mapping[str, Json]) -> MockStream | None:
    """How a mock responds with events; None where the contract does not say."""
    stated = _members(tree.get("x-mock-stream"))
    if not stated:
        return None
    return MockStream(
        when=_when(stated["when"]),
        partial_images=request_pointer(str(stated["partial-images"])),
        partial=_members(stated["partial"]),
        completed=_members(stated["completed"]),
        image=str(stated["image"]),
        index=str(stated["index"]),
        time=str(stated["time"]),
        pixels=str(stated["pixels"]),
    )


def _when(stated: Json) -> tuple[str, Json]:
    """The pointer and the value of the one field that a `when` names."""
    ((expression, value),) = _members(stated).items()
    return request_pointer(expression), value


def _members(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}
