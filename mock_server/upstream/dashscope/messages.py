"""The protocol of Alibaba Cloud Model Studio: how its answers and errors are laid out.

Documents name it with `x-protocol: dashscope`, and no other is spoken. Both sides are here: what the stub says, and how
a gateway reads it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from gateway_contract.schema.constraint import Constraint
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import read

PROTOCOL = "dashscope"
ONE_CHOICE = "one-choice"
CHOICE_PER_IMAGE = "choice-per-image"
LAYOUTS = (ONE_CHOICE, CHOICE_PER_IMAGE)
"""How several images come: sources contradict each other, so a gateway takes both."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The vendor's flat error."""

    status: int
    code: str
    message: str

    def body(self, request_id: str) -> dict[str, Json]:
        return {"code": self.code, "message": self.message, "request_id": request_id}


NO_KEY = Failure(401, "InvalidApiKey", "No API-key provided.")
WRONG_KEY = Failure(401, "InvalidApiKey", "Invalid API-key provided.")
ASYNCHRONOUS = Failure(403, "AccessDenied", "current user api does not support asynchronous calls")
SYNCHRONOUS = Failure(403, "AccessDenied", "current user api does not support synchronous calls")
UNSERVED = Failure(403, "Model.AccessDenied", "Model access denied.")
NOT_JSON = Failure(400, "InvalidParameter", "Required body invalid, please check the request body format.")
NOT_FOUND = Failure(404, "InvalidParameter", "url error, please check url!")


OK = int(HTTPStatus.OK)  # to look up the member of an enumeration takes time
MODEL = "/model"
ENVELOPE = frozenset({"", "/input", MODEL})
"""What is looked at before a task is made; whatever else is wrong makes it fail."""


def refusal_of(broken: Sequence[Constraint], unknown_model: int = HTTPStatus.BAD_REQUEST) -> Failure:
    """The error for a call that breaks the upstream's document; the document says code and message."""
    worst = broken[0]
    said: Mapping[str, str] = worst.refusal
    status = unknown_model if worst.pointer == MODEL else 400
    return Failure(status, said.get("code", "InvalidParameter"), said.get("message", NOT_JSON.message))


def in_order(broken: Iterable[Constraint]) -> list[Constraint]:
    """Broken constraints, the one first that the answer is about."""
    return sorted(broken, key=lambda constraint: (constraint.pointer, constraint.keyword))


def usual_layout(call: Json) -> str:
    """The qwen family answers in one choice, wan in one choice per image."""
    return CHOICE_PER_IMAGE if is_wan(call) else ONE_CHOICE


def is_wan(call: Json) -> bool:
    return str(read(call, MODEL)).startswith("wan")


def is_first_generation(call: Json) -> bool:
    """Whether a call is for a qwen model before the 2.0 series."""
    model = str(read(call, MODEL))
    return model.startswith("qwen-image") and not model.startswith("qwen-image-2")


@dataclass(frozen=True, slots=True)
class Generated:
    """Images that a call made: the links to them, and their size in pixels."""

    call: Json
    links: Sequence[str]
    width: int
    height: int


def success(made: Generated, layout: str, request_id: str) -> dict[str, Json]:
    """The answer that holds the links to some images, as the called model's family lays it out."""
    wan = is_wan(made.call)
    images: list[Json] = [{"type": "image", "image": link} if wan else {"image": link} for link in made.links]
    groups = [images] if layout == ONE_CHOICE else [[image] for image in images]
    output: dict[str, Json] = {"choices": [_choice(group) for group in groups]}
    if wan:
        output["finished"] = True
    elif is_first_generation(made.call):
        output["task_metric"] = {"TOTAL": len(images), "SUCCEEDED": len(images), "FAILED": 0}
    return {"output": output, "usage": usage(made), "request_id": request_id}


def _choice(content: list[Json]) -> Json:
    return {"finish_reason": "stop", "message": {"role": "assistant", "content": content}}


def usage(made: Generated) -> dict[str, Json]:
    count = len(made.links)
    if is_wan(made.call):
        tokens: dict[str, Json] = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
        return {"size": f"{made.width}*{made.height}", "image_count": count, **tokens}
    return {"width": made.width, "height": made.height, "image_count": count}


def image_links(answer: Json) -> list[str]:
    """The links in a successful answer, whichever layout it has."""
    links = []
    for choice in _items(answer, "/output/choices"):
        for part in _items(choice, "/message/content"):
            link = part.get("image") if isinstance(part, dict) else None
            if isinstance(link, str) and link:
                links.append(link)
    return links


def _items(body: Json, pointer: str) -> list[Json]:
    """The items of a list in a body; none where there is no list."""
    found = read(body, pointer)
    return found if isinstance(found, list) else []


def failure_in(status: int, answer: Json) -> Failure | None:
    """The error that an answer holds, also where it comes under 200."""
    code = read(answer, "/code")
    if status == OK and not isinstance(code, str):
        return None
    message = read(answer, "/message")
    return Failure(status, code if isinstance(code, str) else "", message if isinstance(message, str) else "")


CLIENTS_FAULT = frozenset({"InvalidParameter", "DataInspectionFailed"})


def is_clients_fault(failure: Failure) -> bool:
    """Whether a failure is about what the client asked for, and not about the gateway or the vendor.

    Under 404 the same code says that the gateway called a wrong address.
    """
    return failure.code in CLIENTS_FAULT and failure.status in {HTTPStatus.OK, HTTPStatus.BAD_REQUEST}


def is_throttling(failure: Failure) -> bool:
    return failure.code.startswith("Throttling") or failure.status == HTTPStatus.TOO_MANY_REQUESTS
