"""The benchmark's requests, made from the contract without naming a field."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import orjson

from benchmarks.mock_load import Load
from gateway_contract.contract.definition import Contract
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import below, placed, read

DIFFERENT = 2000


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests of each type with the mock's response to the first; `path` is the operation's."""

    path: str
    valid: Sequence[bytes]
    invalid: Sequence[bytes]
    inline: bytes
    link: str
    valid_response: bytes
    invalid_response: bytes
    image: bytes


def requests_of(contract: Contract, load: Load) -> Requests:
    """Make requests from the contract's example: valid, invalid, with an inline image, and for a linked image."""
    path = f"/{contract.name}{contract.operation.path}"
    valid, invalid = different(contract, valid_body(contract)), different(contract, invalid_body(contract))
    answer = load.ask(load.post(path, valid[0]))
    link = link_in(contract, orjson.loads(answer.content))
    return Requests(
        path=path,
        valid=valid,
        invalid=invalid,
        inline=content(inline_body(contract)),
        link=link,
        valid_response=answer.content,
        invalid_response=load.ask(load.post(path, invalid[0])).content,
        image=load.ask(load.get(link)).content,
    )


def different(contract: Contract, body: Json) -> list[bytes]:
    """Distinct bodies, so that no response comes from a cache."""
    return [content(varied(contract, body, number)) for number in range(DIFFERENT)]


def content(body: Json) -> bytes:
    return orjson.dumps(body)


def valid_body(contract: Contract) -> Json:
    return contract.examples[0].body


def invalid_body(contract: Contract) -> Json:
    """The example with one number above its maximum."""
    bound = next(
        constraint
        for constraint in contract.request.constraints.values()
        if constraint.keyword == "maximum" and constraint.condition is None
    )
    if not isinstance(bound.value, int):
        raise SystemExit(f"{contract.name} bounds no integer")
    return placed(valid_body(contract), bound.pointer, bound.value + 1)


def inline_body(contract: Contract) -> Json:
    image_field = (
        next(image_field for image_field in contract.images.image_fields if image_field.inline)
        if contract.images
        else None
    )
    if image_field is None:
        raise SystemExit(f"{contract.name} has no images within its answers")
    return placed(valid_body(contract), image_field.asked_by, image_field.value)


def varied(contract: Contract, body: Json, number: int) -> Json:
    """A body with a prompt of its own, which gives an image of its own."""
    return placed(body, contract.marks[0], f"a lighthouse at dusk, picture {number:07}")


def link_in(contract: Contract, answer: Json) -> str:
    """The path of the first image's link."""
    if contract.images is None:
        raise SystemExit(f"{contract.name} has no images")
    keys = [image_field.key for image_field in contract.images.image_fields if not image_field.inline]
    found = read(answer, below(f"{contract.images.pointer}/0", keys[0]))
    return urlsplit(str(found)).path
