"""What the benchmark asks for, made from the contract: no field is named here."""

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
class Asked:
    """Requests of each kind, and what the mock answers to the first; `path` is of the contract's operation."""

    path: str
    valid: Sequence[bytes]
    invalid: Sequence[bytes]
    inline: bytes
    link: str
    answered: bytes
    refused: bytes
    image: bytes


def asked_of(contract: Contract, load: Load) -> Asked:
    """The contract's own example, one step beyond a bound, with the image within, and the image behind a link."""
    path = f"/{contract.name}{contract.operation.path}"
    valid, invalid = different(contract, valid_body(contract)), different(contract, invalid_body(contract))
    answer = load.ask(load.post(path, valid[0]))
    link = link_in(contract, orjson.loads(answer.content))
    return Asked(
        path=path,
        valid=valid,
        invalid=invalid,
        inline=content(inline_body(contract)),
        link=link,
        answered=answer.content,
        refused=load.ask(load.post(path, invalid[0])).content,
        image=load.ask(load.get(link)).content,
    )


def different(contract: Contract, body: Json) -> list[bytes]:
    """So many bodies, no two alike: nothing can be answered from memory."""
    return [content(varied(contract, body, number)) for number in range(DIFFERENT)]


def content(body: Json) -> bytes:
    return orjson.dumps(body)


def valid_body(contract: Contract) -> Json:
    return contract.examples[0].body


def invalid_body(contract: Contract) -> Json:
    """The example, with one number a step beyond what it may be at most."""
    bound = next(
        constraint
        for constraint in contract.request.constraints.values()
        if constraint.keyword == "maximum" and constraint.condition is None
    )
    if not isinstance(bound.value, int):
        raise SystemExit(f"{contract.name} bounds no integer")
    return placed(valid_body(contract), bound.pointer, bound.value + 1)


def inline_body(contract: Contract) -> Json:
    carrier = next(carrier for carrier in contract.images.carriers if carrier.inline) if contract.images else None
    if carrier is None:
        raise SystemExit(f"{contract.name} has no images within its answers")
    return placed(valid_body(contract), carrier.asked_by, carrier.value)


def varied(contract: Contract, body: Json, number: int) -> Json:
    """A body that asks for a picture which no other number gives: the text that shapes it is another."""
    return placed(body, contract.marks[0], f"a lighthouse at dusk, picture {number:07}")


def link_in(contract: Contract, answer: Json) -> str:
    """The path of the first image's link."""
    if contract.images is None:
        raise SystemExit(f"{contract.name} has no images")
    keys = [carrier.key for carrier in contract.images.carriers if not carrier.inline]
    found = read(answer, below(f"{contract.images.pointer}/0", keys[0]))
    return urlsplit(str(found)).path
