"""The protocol of Alibaba Cloud Model Studio: how its answers and errors are laid out.

The one place that knows this vendor; documents name it with `x-protocol: dashscope`. Both sides are here: what the stub
says, and how a gateway reads it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from gateway_contract.pointer import read
from gateway_contract.schema import Constraint
from gateway_contract.values import Json

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
NOT_JSON = Failure(400, "InvalidParameter", "Required body invalid, please check the request body format.")
NOT_FOUND = Failure(404, "InvalidParameter", "url error, please check url!")


def refusal_of(broken: Sequence[Constraint]) -> Failure:
    """The error for a call that breaks the upstream's document; the document says code and message."""
    said: Mapping[str, str] = broken[0].refusal
    return Failure(400, said.get("code", "InvalidParameter"), said.get("message", NOT_JSON.message))


def usual_layout(call: Json) -> str:
    """The qwen family answers in one choice, wan in one choice per image."""
    return CHOICE_PER_IMAGE if str(read(call, "/model")).startswith("wan") else ONE_CHOICE


def success(links: Sequence[str], layout: str, usage: dict[str, Json], request_id: str) -> dict[str, Json]:
    """The answer that holds the links to some images."""
    groups = [links] if layout == ONE_CHOICE else [[link] for link in links]
    return {"output": {"choices": [_choice(group) for group in groups]}, "usage": usage, "request_id": request_id}


def _choice(links: Sequence[str]) -> Json:
    content: list[Json] = [{"image": link} for link in links]
    return {"finish_reason": "stop", "message": {"role": "assistant", "content": content}}


def image_links(answer: Json) -> list[str]:
    """The links in a successful answer, whichever layout it has."""
    choices = read(answer, "/output/choices")
    contents = [read(choice, "/message/content") for choice in choices] if isinstance(choices, list) else []
    parts = [part for content in contents if isinstance(content, list) for part in content]
    return [link for part in parts if isinstance(link := read(part, "/image"), str) and link]


def failure_in(status: int, answer: Json) -> Failure | None:
    """The error that an answer holds, also where it comes under 200."""
    code = read(answer, "/code")
    if status == HTTPStatus.OK and not isinstance(code, str):
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
