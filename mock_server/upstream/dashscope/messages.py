"""Responses and errors in the vendor's layout: how the stub writes them, and how a gateway reads them."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.schema.constraint import Constraint
from gateway_contract.traffic.exchange import FaultCause
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import read
from mock_server.faults import fault
from mock_server.faults.fault import RETRY_AFTER, Fault, retry_after_header
from mock_server.upstream.calls import new_id
from mock_server.upstream.protocol import CallProblem, GeneratedImages, Reply, UpstreamError

ONE_CHOICE = "one-choice"
CHOICE_PER_IMAGE = "choice-per-image"
LAYOUTS = (ONE_CHOICE, CHOICE_PER_IMAGE)
"""How several images come: sources contradict each other, so a gateway must accept both."""


OK = int(HTTPStatus.OK)  # a plain int: calls are marshalled, and looking up an enumeration takes time
NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


def reply(body: dict[str, Json], status: int = OK, headers: Mapping[str, str] = NO_HEADERS) -> Reply:
    """A reply whose header has the id of its body."""
    return Reply(status, body, {"x-request-id": str(body["request_id"]), **headers})


@dataclass(frozen=True, slots=True)
class VendorError:
    """The vendor's flat error."""

    status: int
    code: str
    message: str

    def body(self, request_id: str) -> dict[str, Json]:
        return {"code": self.code, "message": self.message, "request_id": request_id}

    def reply(self, headers: Mapping[str, str] = NO_HEADERS) -> Reply:
        return reply(self.body(new_id()), self.status, headers)


NO_KEY = VendorError(401, "InvalidApiKey", "No API-key provided.")
WRONG_KEY = VendorError(401, "InvalidApiKey", "Invalid API-key provided.")
ASYNCHRONOUS = VendorError(403, "AccessDenied", "current user api does not support asynchronous calls")
SYNCHRONOUS = VendorError(403, "AccessDenied", "current user api does not support synchronous calls")
UNSERVED = VendorError(403, "Model.AccessDenied", "Model access denied.")
NOT_JSON = VendorError(400, "InvalidParameter", "Required body invalid, please check the request body format.")
NOT_FOUND = VendorError(404, "InvalidParameter", "url error, please check url!")
CALL_PROBLEMS: Final = {
    CallProblem.NO_KEY: NO_KEY,
    CallProblem.WRONG_KEY: WRONG_KEY,
    CallProblem.NOT_JSON: NOT_JSON,
    CallProblem.TOO_LARGE: VendorError(413, NOT_JSON.code, NOT_JSON.message),
    CallProblem.NOT_FOUND: NOT_FOUND,
}


MODEL = "/model"
ENVELOPE = frozenset({"", "/input", MODEL})
"""The fields that are validated before a task is created; anything else that is wrong makes the task fail."""


def rejection_of(broken: Iterable[Constraint], unknown_model: int = 400) -> VendorError:
    """The error for a call that breaks the upstream's document, which gives code and message."""
    worst = in_order(broken)[0]
    refusal: Mapping[str, str] = worst.refusal
    status = unknown_model if worst.pointer == MODEL else 400
    return VendorError(status, refusal.get("code", "InvalidParameter"), refusal.get("message", NOT_JSON.message))


def in_order(broken: Iterable[Constraint]) -> list[Constraint]:
    """Broken constraints, the one first that the error is about."""
    return sorted(broken, key=lambda constraint: (constraint.pointer, constraint.keyword))


def layouts(call: Json) -> Sequence[str]:
    """The qwen models usually respond in one choice, wan in one choice per image."""
    return LAYOUTS[::-1] if is_wan_model(call) else LAYOUTS


def is_wan_model(call: Json) -> bool:
    return str(read(call, MODEL)).startswith("wan")


def is_first_generation(call: Json) -> bool:
    """Whether a call is for a qwen model before the 2.0 series."""
    model = str(read(call, MODEL))
    return model.startswith("qwen-image") and not model.startswith("qwen-image-2")


def success(made: GeneratedImages) -> dict[str, Json]:
    """The response with the links to some images, in the layout of the called model."""
    wan = is_wan_model(made.call)
    images: list[Json] = [{"type": "image", "image": link} if wan else {"image": link} for link in made.links]
    groups = [images] if images and made.layout == ONE_CHOICE else [[image] for image in images]
    output: dict[str, Json] = {"choices": [_choice(group) for group in groups]}
    if wan:
        output["finished"] = True
    elif is_first_generation(made.call):
        output["task_metric"] = {"TOTAL": len(images), "SUCCEEDED": len(images), "FAILED": 0}
    return {"output": output, "usage": usage(made), "request_id": new_id()}


def _choice(content: list[Json]) -> Json:
    return {"finish_reason": "stop", "message": {"role": "assistant", "content": content}}


def usage(made: GeneratedImages) -> dict[str, Json]:
    count = len(made.links)
    if is_wan_model(made.call):
        tokens: dict[str, Json] = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
        return {"size": f"{made.width}*{made.height}", "image_count": count, **tokens}
    return {"width": made.width, "height": made.height, "image_count": count}


def image_links(answer: Json) -> list[str]:
    """The links in a successful response, whichever layout it has."""
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


def error_in(status: int, answer: Json) -> VendorError | None:
    """The error in a response, also one with status 200."""
    code = read(answer, "/code")
    if status == OK and not isinstance(code, str):
        return None
    message = read(answer, "/message")
    return VendorError(status, code if isinstance(code, str) else "", message if isinstance(message, str) else "")


CLIENT_CAUSES: Final = {"InvalidParameter": FaultCause.REQUEST, "DataInspectionFailed": FaultCause.CONTENT}
CREDENTIAL_CODES: Final = frozenset({"InvalidApiKey", "Arrearage", "AccessDenied", "Model.AccessDenied"})


def cause_of(error: VendorError) -> FaultCause:
    """Who caused an error. With status 404 a client's code says that the gateway called a wrong address."""
    if error.code.startswith("Throttling") or error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return FaultCause.THROTTLING
    if error.code in CLIENT_CAUSES and error.status in {HTTPStatus.OK, HTTPStatus.BAD_REQUEST}:
        return CLIENT_CAUSES[error.code]
    return FaultCause.CREDENTIALS if error.code in CREDENTIAL_CODES else FaultCause.VENDOR


COOKIE, ACCOUNT = "acw_tc", "x-dashscope-uid"


def with_vendor_headers(app: ASGIApp, canary: str) -> ASGIApp:
    """The application with the headers of each of the vendor's responses; its cookie and account hold the canary."""

    async def with_headers(scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["req-cost-time"] = str(round((time.perf_counter() - began) * 1000))
                if scope["method"] == "POST":
                    headers["x-dashscope-call-gateway"] = "true"
                if canary:
                    headers["set-cookie"] = f"{COOKIE}={canary}; path=/; HttpOnly; Max-Age=1800"
                    headers[ACCOUNT] = canary
            await send(message)

        await app(scope, receive, send_with_headers)

    return with_headers


BUSY = "Requests rate limit exceeded, please try again later."
BROKEN = "An internal error has occured, please try again later or contact service support."
INFERENCE_ERROR = VendorError(500, "InternalError.Algo", "inference internal error.")
MODERATED_OUTPUT = VendorError(400, "DataInspectionFailed", "Output data may contain inappropriate content.")
ERRORS: Final[Mapping[str, VendorError]] = {
    "bad-request": VendorError(400, "InvalidParameter", "num_images_per_prompt must be 1"),
    "moderation": VendorError(400, "DataInspectionFailed", "Input data may contain inappropriate content."),
    "moderation-output": MODERATED_OUTPUT,
    "unauthorized": WRONG_KEY,
    "forbidden": UNSERVED,
    "no-credit": VendorError(400, "Arrearage", "Access denied, please make sure your account is in good standing."),
    "rate-limit": VendorError(429, "Throttling", "Requests throttling triggered."),
    "rate-limit(retry_after=2)": VendorError(429, "Throttling.RateQuota", BUSY),
    "rate-limit(retry_after=date)": VendorError(429, "Throttling.RateQuota", BUSY),
    "server-error": VendorError(500, "InternalError", BROKEN),
    "server-error(code=InternalError.Algo)": INFERENCE_ERROR,
    "unavailable": VendorError(503, "ModelUnavailable", "Model is unavailable."),
    "unavailable(code=ModelServingError)": VendorError(503, "ModelServingError", "Model serving error."),
    "error-with-200": VendorError(200, "InternalError", BROKEN),
}
OTHER_CODES: Final = {"server-error": "InternalError.Algo", "unavailable": "ModelServingError"}


def _with_other_codes(known: Fault) -> list[Fault]:
    code = OTHER_CODES.get(known.name)
    return [known] if code is None else [known, Fault(known.name, known.cause, (("code", code),))]


FAULTS: Final = tuple(each for known in fault.FAULTS for each in _with_other_codes(known))


ENDS_TASK: Final = {"moderation-output": MODERATED_OUTPUT, "server-error(code=InternalError.Algo)": INFERENCE_ERROR}
"""What goes wrong only when images are generated: a task is accepted, and ends as FAILED."""


def task_error(played: Fault) -> UpstreamError | None:
    """The error of a task that fails by a fault; None for a fault that shows when the task is submitted."""
    found = ENDS_TASK.get(str(played))
    return None if found is None else UpstreamError(cause_of(found), found.code, found.message)


def error(played: Fault) -> Reply | None:
    """The vendor's error for a fault; None for a fault of another kind."""
    found = ERRORS.get(str(played))
    if found is None:
        return None
    retry_after = played.parameter(RETRY_AFTER)
    return found.reply({} if retry_after is None else {"retry-after": retry_after_header(retry_after)})
