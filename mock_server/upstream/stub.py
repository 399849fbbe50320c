"""The upstream stub as data: what it plays, how it is set, what it remembers, and what it makes of a call."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gateway_contract.contract import Upstream
from gateway_contract.document import DocumentError
from gateway_contract.pointer import below, placed, read
from gateway_contract.values import Json
from mock_server import dashscope
from mock_server.images.drawing import Picture
from mock_server.images.links import PictureLinks, drawn
from mock_server.images.requested import requested_pictures, requested_size
from mock_server.signing import Signer
from mock_server.upstream.calls import UpstreamCalls
from mock_server.upstream.failures import UpstreamFailure
from mock_server.upstream.tasks import Tasks, new_id


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
    task_failure: dashscope.Failure | None = None  # what a task comes to, however right its call was
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
    if upstream.protocol != dashscope.PROTOCOL:
        place = upstream.document.place(below(upstream.operation.pointer, "x-protocol"))
        raise DocumentError(place, f"no protocol {upstream.protocol}", f"there is {dashscope.PROTOCOL}")


def pictures_for(stub: UpstreamStub, called: Upstream, body: Json) -> list[Picture]:
    """The pictures that a valid call of an operation asks for."""
    usual, count = stub.settings.wan_images, called.drawing.count
    if usual != 1 and dashscope.is_wan(body) and not isinstance(read(body, count), int | float):
        return requested_pictures(called, placed(body, count, usual))
    return requested_pictures(called, body)


def made_of(called: Upstream, body: Json, pictures: Sequence[Picture], links: PictureLinks) -> dashscope.Generated:
    """What came of a call, as the vendor's answers tell it."""
    size = pictures[0] if pictures else requested_size(called, body)
    return dashscope.Generated(body, list(map(links.link_to, pictures)), size.width, size.height)


def success(
    stub: UpstreamStub, own: str, body: Json, pictures: Sequence[Picture], links_expire_at: float | None
) -> dict[str, Json]:
    """The answer of the synchronous operation; `own` is the URL under which the images are served."""
    expire_at = time.time() + stub.signer.seconds if links_expire_at is None else links_expire_at
    made = made_of(stub.upstream, body, pictures, PictureLinks(stub.signer, own, expire_at))
    return dashscope.success(made, layout_for(stub, body), new_id())


def layout_for(stub: UpstreamStub, body: Json) -> str:
    return stub.layout_of(body) or dashscope.usual_layout(body)


def wrong_key(stub: UpstreamStub, headers: Mapping[str, str]) -> dashscope.Failure | None:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        return dashscope.NO_KEY
    wanted = stub.settings.key
    right = wanted is None or secrets.compare_digest(key.strip().encode(), wanted.encode())
    return None if right else dashscope.WRONG_KEY
