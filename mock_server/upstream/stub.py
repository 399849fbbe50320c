"""The upstream stub as data: what it plays, how it is set, what it remembers, and what it makes of a call."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.contract.definition import Upstream
from gateway_contract.contract.validity import unknown_upstream, upstream_refuses
from gateway_contract.document.node import DocumentError
from gateway_contract.schema.keywords import constraint_sentence
from gateway_contract.traffic.exchange import PlayedFailure, UpstreamCall
from gateway_contract.values.json_value import ABSENT, Json, Nothing
from gateway_contract.values.pointer import below, placed, read
from mock_server.images.drawing import Picture
from mock_server.images.links import PictureLinks, drawn
from mock_server.images.requested import requested_pictures, requested_size
from mock_server.serving.asgi import target_of
from mock_server.serving.signing import Signer
from mock_server.upstream.calls import UpstreamCalls, new_id
from mock_server.upstream.dashscope import messages
from mock_server.upstream.dashscope.fault_responses import UpstreamFailure
from mock_server.upstream.dashscope.messages import Failure
from mock_server.upstream.dashscope.tasks import Tasks


@dataclass(frozen=True, slots=True)
class StubSettings:
    """What can be set; where the vendor's sources disagree, which of them is followed.

    `key` is the only one that is taken; None takes any. A task waits and runs for so many seconds, and what is answered
    at once comes after so many.
    """

    key: str | None = field(default=None, repr=False)
    pending_seconds: float = 0.1
    running_seconds: float = 0.1
    generation_seconds: float = 0.0
    unserved: Literal[400, 403] = 400  # a model sent to an operation that does not serve it
    unknown_model: Literal[400, 404] = 400
    wan_images: int = 1  # where a call of the wan family does not say how many; 4 by another page
    task_failure: messages.Failure | None = None  # what a task comes to, however right its call was
    failed_results: int = 0  # entries for images that failed, beside the good ones of a task that has `results`


@dataclass(frozen=True, slots=True)
class UpstreamStub:
    """One upstream by its document. `layout_of` and `failure_of` choose by a call's body how it is answered."""

    upstream: Upstream
    calls: UpstreamCalls = field(default_factory=UpstreamCalls)
    signer: Signer = field(default_factory=lambda: Signer(secrets.token_bytes(16)))
    layout_of: Callable[[Json], str | None] = lambda _: None
    failure_of: Callable[[Json], UpstreamFailure | None] = lambda _: None
    draws: Callable[[Picture], bytes] = drawn
    settings: StubSettings = field(default_factory=StubSettings)
    tasks: Tasks = field(default_factory=Tasks)

    @property
    def path(self) -> str:
        return self.upstream.base + self.upstream.operation.path


def check_protocol(upstream: Upstream) -> None:
    """Raises DocumentError for an upstream whose document names a protocol that nobody here speaks."""
    if upstream.protocol != messages.PROTOCOL:
        place = upstream.document.place(below(upstream.operation.pointer, "x-protocol"))
        raise DocumentError(place, f"no protocol {upstream.protocol}", f"there is {messages.PROTOCOL}")


def pictures_for(stub: UpstreamStub, called: Upstream, body: Json) -> list[Picture]:
    """The pictures that a valid call of an operation asks for."""
    usual, count = stub.settings.wan_images, called.drawing.count
    if usual != 1 and messages.is_wan(body) and not isinstance(read(body, count), int | float):
        return requested_pictures(called, placed(body, count, usual))
    return requested_pictures(called, body)


def made_of(called: Upstream, body: Json, pictures: Sequence[Picture], links: PictureLinks) -> messages.Generated:
    """What came of a call, as the vendor's answers tell it."""
    size = pictures[0] if pictures else requested_size(called, body)
    return messages.Generated(body, list(map(links.link_to, pictures)), size.width, size.height)


def success(
    stub: UpstreamStub, own: str, body: Json, pictures: Sequence[Picture], links_expire_at: float | None
) -> dict[str, Json]:
    """The answer of the synchronous operation; `own` is the URL under which the images are served."""
    expire_at = time.time() + stub.signer.seconds if links_expire_at is None else links_expire_at
    made = made_of(stub.upstream, body, pictures, PictureLinks(stub.signer, own, expire_at))
    return messages.success(made, layout_for(stub, body), new_id())


def layout_for(stub: UpstreamStub, body: Json) -> str:
    return stub.layout_of(body) or messages.usual_layout(body)


def wrong_key(stub: UpstreamStub, headers: Mapping[str, str]) -> messages.Failure | None:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        return messages.NO_KEY
    wanted = stub.settings.key
    right = wanted is None or secrets.compare_digest(key.strip().encode(), wanted.encode())
    return None if right else messages.WRONG_KEY


def answered(status: int, body: dict[str, Json]) -> Response:
    """An answer whose header tells the id of its body."""
    return JSONResponse(body, status, {"x-request-id": str(body["request_id"])})


def refused(stub: UpstreamStub, request: Request, body: Json | Literal[Nothing.ABSENT], failure: Failure) -> Response:
    """The answer to a call that is not taken, which is recorded."""
    record(stub, request, body, failure.status, ())
    return answered(failure.status, failure.body(new_id()))


def with_vendor_headers(app: ASGIApp) -> ASGIApp:
    """The application, with the headers that the vendor puts on whatever it answers."""

    async def told(scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["req-cost-time"] = str(round((time.perf_counter() - began) * 1000))
                if scope["method"] == "POST":
                    headers["x-dashscope-call-gateway"] = "true"
            await send(message)

        await app(scope, receive, send_with_headers)

    return told


def record(
    stub: UpstreamStub,
    request: Request,
    body: Json | Literal[Nothing.ABSENT],
    status: int,
    images: tuple[str, ...],
    played: PlayedFailure | None = None,
) -> UpstreamCall:
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw)
    call = UpstreamCall(request.method, target_of(request.scope), headers, body, time.time(), status, images, played)
    stub.calls.add(call)
    return call


def problems(upstream: Upstream, call: UpstreamCall) -> list[str]:
    """Nothing is said of calls that ask for no images, such as polls."""
    path = call.path.partition("?")[0]
    called = next((one for one in (upstream, *upstream.others.values()) if one.is_called_by(call.method, path)), None)
    if called is None:
        return []
    if call.body is ABSENT:
        return ["the body is no JSON"]
    refused = sorted(upstream_refuses(called, call.body), key=lambda constraint: constraint.pointer)
    unknown = unknown_upstream(called, call.body)
    return [*map(constraint_sentence, refused), *(f"{at} is nothing that {called.name} knows" for at in unknown)]
