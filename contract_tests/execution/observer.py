"""The suite as the upstream: what it plays, and the calls that it sees."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeAlias
from urllib.parse import urlsplit, urlunsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from contract_tests.client.case import Case
from contract_tests.client.correlation import correlation_ids
from contract_tests.client.limits import SLOW_SECONDS
from contract_tests.execution.same_pictures import SamePictures
from contract_tests.execution.upstream_certificate import UpstreamCertificate
from gateway_contract.contract.definition import Contract, Upstream
from gateway_contract.document.node import DocumentError
from gateway_contract.traffic.exchange import UpstreamCall, header
from gateway_contract.values.json_value import Json
from mock_server.faults.fault import SILENT_SECONDS, Fault
from mock_server.faults.unusual import UNUSUAL
from mock_server.serving.server import CLOSE_IDLE, serving
from mock_server.upstream.protocol import StubOptions
from mock_server.upstream.protocols import protocol_of
from mock_server.upstream.stub import UpstreamStub, upstream_app

CANARY = "canary-of-the-upstream"
UNTIL_KNOWN = 0.1  # seconds
Closers: TypeAlias = dict[str, tuple[asyncio.AbstractEventLoop, Callable[[], None]]]

FROM_HERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # who listens on every address is reached by this one


def url_from_here(url: str) -> str:
    """The URL at which a place to listen is reached from this machine."""
    host = urlsplit(url).hostname or ""
    return url.replace(host, FROM_HERE.get(host, host), 1)


class NoUpstreamError(Exception):
    """A contract of a gateway that calls nothing, or nothing that we can play, where its calls were to be observed."""


@dataclass(frozen=True, slots=True)
class UpstreamObserver:
    """What the suite sees as the upstream. `address` is host:port as requested, `url` is how we reach it.

    Calls with a mark in `other_layout` or `faults` are answered so; those with one in `same_pictures` get the pictures
    of equal calls. `certificate` is there if it serves over TLS.
    """

    address: str
    url: str
    stub: UpstreamStub
    other_layout: set[str] = field(default_factory=set)
    same_pictures: set[str] = field(default_factory=set)
    faults: dict[str, Fault] = field(default_factory=dict)
    closers: Closers = field(default_factory=dict)
    certificate: UpstreamCertificate | None = None

    @property
    def advice(self) -> str:
        """What to do about a gateway whose calls do not arrive."""
        trust = "" if self.certificate is None else f" and let it trust {self.certificate.authority},"
        return f"Set the gateway's upstream to {self.url}{self.stub.upstream.base},{trust} or omit --upstream."

    def fault_named(self, written: str) -> Fault:
        """A fault that the upstream can play, as its name is written in a report."""
        return next(fault for fault in (*UNUSUAL, *self.stub.protocol.faults) if str(fault) == written)

    def prepare(self, case: Case, marks: Iterable[str]) -> None:
        """Answers calls with these marks as a case wants it, apart from failures."""
        if case.other_layout:
            self.other_layout.update(marks)
        if case.same_pictures:
            self.same_pictures.update(marks)

    def will_play(self, written: str, marks: Iterable[str]) -> Fault:
        """Plays a fault in calls with these marks."""
        fault = self.fault_named(written)
        self.faults.update(dict.fromkeys(marks, fault))
        return fault

    async def close_idle_connections(self) -> None:
        """Closes, as servers do without a word, what no request is under way on; waits until the gateway can know."""
        for loop, close in self.closers.values():
            loop.call_soon_threadsafe(close)
        await asyncio.sleep(UNTIL_KNOWN)

    def is_called(self, body: object) -> bool:
        """Whether a call with a mark of a request has arrived, by the request's body."""
        marks = correlation_ids(body)
        return any(marks & correlation_ids(call.body) for call in self.calls_since(0))

    def count(self) -> int:
        return self.stub.calls.arrived

    def calls_since(self, count: int) -> tuple[UpstreamCall, ...]:
        return self.stub.calls.since(count)

    def reachable_url(self, link: str) -> str:
        """A link to an image of ours as it is reached from here: the gateway may know this machine by another name."""
        try:
            parts = urlsplit(link)
            known = parts.port == urlsplit(self.url).port and self._is_called(parts.netloc)
        except ValueError:
            return link
        return urlunsplit(parts._replace(netloc=urlsplit(self.url).netloc)) if known else link

    def _is_called(self, name: str) -> bool:
        return any(header(call.headers, "host") == name for call in self.calls_since(0))

    def calls_by_id(self, count: int) -> dict[str, tuple[UpstreamCall, ...]]:
        """The calls after the first `count` ones, by the marks in their texts."""
        calls = self.calls_since(count)
        marked = [correlation_ids(call.body) for call in calls]
        if any(len(marks) > 1 for marks in marked):
            marked = own_marks([correlation_ids(call.body) for call in self.calls_since(0)])[-len(calls) :]
        found: dict[str, tuple[UpstreamCall, ...]] = {}
        for call, marks in zip(calls, marked, strict=True):
            for mark in marks:
                found[mark] = (*found.get(mark, ()), call)
        return found


def own_marks(marked: Sequence[set[str]]) -> list[set[str]]:
    """Of each call's marks the one of its own request, as far as that can be told.

    Other marks are of requests whose texts were carried over: each of those has a call of its own.
    """
    own = [marks if len(marks) == 1 else set() for marks in marked]
    known: set[str] = set().union(*own)
    changed = True
    while changed:
        changed = False
        for index, marks in enumerate(marked):
            left = marks - known
            if not own[index] and len(left) == 1:
                own[index], changed = left, True
                known |= left
    return [found or marks for found, marks in zip(own, marked, strict=True)]


def with_closers(app: ASGIApp, closers: Closers) -> ASGIApp:
    """The application, which notes how its server closes idle connections."""

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            closers[CLOSE_IDLE] = asyncio.get_running_loop(), scope["extensions"][CLOSE_IDLE]
        await app(scope, receive, send)

    return noting


@contextmanager
def serve_upstream(
    contract: Contract,
    host: str,
    port: int,
    slow_seconds: float = SLOW_SECONDS,
    silent_seconds: float = SILENT_SECONDS,
    certificate: UpstreamCertificate | None = None,
) -> Iterator[UpstreamObserver]:
    """Serves the contract's upstream; 0 takes a free port. Raises PortInUseError and NoUpstreamError."""
    if contract.upstream is None:
        raise NoUpstreamError(f"{contract.name} names no upstream to observe")
    try:
        protocol = protocol_of(contract.upstream)
    except DocumentError as error:
        raise NoUpstreamError(str(error)) from error
    other_layout: set[str] = set()
    faults: dict[str, Fault] = {}
    options = StubOptions(slow_seconds=slow_seconds, silent_seconds=silent_seconds)
    pictures = SamePictures(protocol, options)

    def layout_of(body: Json) -> str | None:
        return protocol.layouts(body)[-1] if correlation_ids(body) & other_layout else None

    def fault_of(body: Json) -> Fault | None:
        return next((faults[mark] for mark in correlation_ids(body) if mark in faults), None)

    stub = UpstreamStub(
        with_unique_images(contract.upstream),
        protocol,
        layout_of=layout_of,
        fault_of=fault_of,
        pictures_of=pictures.pictures_of,
        draw_picture=pictures.draw,
        options=options,
        canary=CANARY,
    )
    closers: Closers = {}
    tls = None if certificate is None else certificate.server_context()
    with serving(with_closers(upstream_app(stub), closers), host, port, tls) as url:
        here = url_from_here(url)
        yield UpstreamObserver(
            urlsplit(url).netloc, here, stub, other_layout, pictures.marks, faults, closers, certificate
        )


def with_unique_images(upstream: Upstream) -> Upstream:
    """The upstream with each image one of a kind, even where a call is repeated: so each image shows its call."""
    others = {name: with_unique_images(other) for name, other in upstream.others.items()}
    return replace(upstream, drawing=replace(upstream.drawing, variation=None), others=others)
