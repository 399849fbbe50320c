"""A request that the suite plans to send."""

from dataclasses import dataclass

import orjson

from gateway_contract.traffic.exchange import Credential, Relation, RequestForm
from gateway_contract.values.json_value import Json

JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Case:
    """`images` is how many it may bill. Cases that are `alone` are sent while no other is under way."""

    name: str
    content: bytes
    method: str | None = None  # the contract's own
    credential: Credential = Credential.RIGHT
    images: int = 0
    alone: bool = False
    other_layout: bool = False  # the upstream lays several images out in its less usual way
    same_pictures: bool = False  # its pictures are those of equal upstream calls, and their pixels are compared
    failure: str | None = None  # what the upstream plays
    upstream_seconds: float = 0.0  # that the upstream takes on purpose
    hangs_up: bool = False  # the client closes the connection while the upstream takes its time
    about: str | None = None  # the rule that it breaks, and no other
    first_answer: bool = False  # counts, even where it asks to try again later
    form: RequestForm = RequestForm.PLAIN
    media_type: str = JSON_TYPE  # of what is sent
    kept: bool = False  # it goes over the connection that is kept
    same_text: bool = False  # its free text is the same as that of all such cases
    idempotency_key: str | None = None  # in the header that the contract names
    compared: tuple[Relation, str] | None = None  # with the upstream call of the case with this name

    @property
    def is_authorized(self) -> bool:
        return self.credential is Credential.RIGHT


def json_case(name: str, body: Json, **more: object) -> Case:
    return Case(name, orjson.dumps(body), **more)  # type: ignore[arg-type] # the fields of Case
