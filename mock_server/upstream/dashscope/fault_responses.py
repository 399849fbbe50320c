"""Every failure that the upstream can play: what the vendor's reference lists, and what a network does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp

from gateway_contract.traffic.exchange import Fault, PlayedFailure
from gateway_contract.values.json_value import Json
from mock_server.serving.connection import CutAnswer, Silence, dropped
from mock_server.upstream.dashscope.messages import Failure

SILENT_SECONDS = 600.0  # longer than any client waits


@dataclass(frozen=True, slots=True)
class UpstreamFailure:
    """A failure by its name. `respond` makes the answer from the successful one that it takes the place of."""

    played: PlayedFailure
    respond: Callable[[dict[str, Json]], ASGIApp]
    dead_links: bool = False  # the answer is a success whose links lead to nothing
    fewer_images: bool = False  # the answer is a success with one image less than asked for

    @property
    def name(self) -> str:
        return self.played.name


def _error(
    name: str, fault: Fault, failure: Failure, *, status: int | None = None, retry_after: int | None = None
) -> UpstreamFailure:
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}

    def respond(success: dict[str, Json]) -> Response:
        request_id = str(success["request_id"])
        return JSONResponse(failure.body(request_id), status or failure.status, headers | {"x-request-id": request_id})

    return UpstreamFailure(PlayedFailure(name, fault, retry_after), respond)


def _vendors(name: str, respond: Callable[[dict[str, Json]], ASGIApp]) -> UpstreamFailure:
    return UpstreamFailure(PlayedFailure(name, Fault.VENDOR), respond)


def _as_it_is(success: dict[str, Json]) -> Response:
    return JSONResponse(success, headers={"x-request-id": str(success["request_id"])})


BUSY = "Requests rate limit exceeded, please try again later."
BROKEN = "An internal error has occured, please try again later or contact service support."
FAILURES: tuple[UpstreamFailure, ...] = (
    _error(
        "a-parameter-is-refused", Fault.REQUEST, Failure(400, "InvalidParameter", "num_images_per_prompt must be 1")
    ),
    _error(
        "the-prompt-is-refused",
        Fault.CONTENT,
        Failure(400, "DataInspectionFailed", "Input data may contain inappropriate content."),
    ),
    _error(
        "the-image-is-refused",
        Fault.CONTENT,
        Failure(400, "DataInspectionFailed", "Output data may contain inappropriate content."),
    ),
    _error("the-key-is-refused", Fault.CREDENTIALS, Failure(401, "InvalidApiKey", "Invalid API-key provided.")),
    _error("the-model-is-denied", Fault.CREDENTIALS, Failure(403, "Model.AccessDenied", "Model access denied.")),
    _error(
        "the-account-is-in-arrears",
        Fault.CREDENTIALS,
        Failure(400, "Arrearage", "Access denied, please make sure your account is in good standing."),
    ),
    _error("throttled", Fault.THROTTLING, Failure(429, "Throttling", "Requests throttling triggered.")),
    _error("throttled-for-seconds", Fault.THROTTLING, Failure(429, "Throttling.RateQuota", BUSY), retry_after=2),
    _error("internal-error", Fault.VENDOR, Failure(500, "InternalError", BROKEN)),
    _error("inference-error", Fault.VENDOR, Failure(500, "InternalError.Algo", "inference internal error.")),
    _error("unavailable", Fault.VENDOR, Failure(503, "ModelUnavailable", "Model is unavailable.")),
    _error("the-serving-fails", Fault.VENDOR, Failure(503, "ModelServingError", "Model serving error.")),
    _error("an-error-under-200", Fault.VENDOR, Failure(500, "InternalError", BROKEN), status=200),
    _vendors("no-choices", lambda success: JSONResponse({**success, "output": {"choices": []}})),
    _vendors("a-page-in-html", lambda _: HTMLResponse("<html><body><h1>502 Bad Gateway</h1></body></html>", 502)),
    _vendors("html-under-200", lambda _: HTMLResponse("<html><body>maintenance</body></html>")),
    _vendors("json-that-is-cut", lambda success: Response(orjson.dumps(success)[:-40], media_type="application/json")),
    _vendors("a-reset-before-the-answer", lambda _: dropped),
    _vendors("a-reset-within-the-answer", lambda success: CutAnswer(orjson.dumps(success))),
    _vendors("no-answer", lambda _: Silence(SILENT_SECONDS)),
    UpstreamFailure(PlayedFailure("links-that-are-dead", Fault.VENDOR), _as_it_is, dead_links=True),
    UpstreamFailure(PlayedFailure("an-image-less", Fault.FEWER_IMAGES), _as_it_is, fewer_images=True),
)

FAILURE_NAMED: Mapping[str, UpstreamFailure] = {failure.name: failure for failure in FAILURES}
