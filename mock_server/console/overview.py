"""The first page: what is served, how to call it, how it behaves, and what came in."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response

from gateway_contract.contract import Contract
from mock_server.console.fields import form_fields
from mock_server.console.rendering import html, served, whole_number
from mock_server.console.snippets import ANY_TOKEN, compact, example_of, snippets
from mock_server.console.view import row
from mock_server.gateway.modes import Mode
from mock_server.mock import Mock
from mock_server.scenarios.catalogue import KINDS
from mock_server.scenarios.upstream import UPSTREAM_KINDS
from mock_server.serving.own_url import own_url
from mock_server.upstream.failures import FAILURE_NAMED

SHOWN = 100  # requests on the first page, and in each piece of news; the others are in the journal


async def overview(mock: Mock, request: Request) -> Response:
    return overview_saying(mock, request, "")


def overview_saying(
    mock: Mock, request: Request, problem: str, typed: Mapping[str, str] = MappingProxyType({})
) -> Response:
    """The first page; `problem` is what was wrong with a form, which keeps what was `typed` into it."""
    own, contracts, entries = own_url(request.scope), served(mock), mock.journal.entries()
    secured = mock.settings.token is not None
    return html(
        "console.html",
        HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK,
        gateways=[gateway_view(contract, f"{own}/{contract.name}", secured) for contract in contracts],
        token=None if secured else ANY_TOKEN,
        stubs={name: own + f"/{name}" + stub.upstream.base for name, stub in mock.stubs.items()},
        elsewhere=mock.settings.upstream,
        forward=mock.settings.forward,
        rows=[row(entry, contracts) for entry in reversed(entries[-SHOWN:])],
        last=entries[-1].number if entries else mock.journal.last,
        kept=len(entries),
        most=mock.journal.most,
        kinds=KINDS.values(),
        upstream_kinds=UPSTREAM_KINDS.values(),
        failures=list(FAILURE_NAMED),
        named=mock.controls.scenarios.named.values(),
        switches=mock.controls.switchboard.current(),
        mode=mock.controls.mode.value,
        modes=[mode.value for mode in Mode],
        problem=problem,
        typed=typed,
        defect=mock.settings.defect,
        unread=mock.problem or "",
    )


def gateway_view(contract: Contract, base: str, secured: bool) -> dict[str, object]:  # noqa: FBT001 - a fact to show
    images = contract.images
    carriers = [] if images is None else [{"key": one.key, "inline": one.inline} for one in images.carriers]
    return {
        "name": contract.name,
        "base": base,
        "method": contract.operation.method,
        "path": contract.operation.path,
        "snippets": snippets(contract, base, secured),
        "fields": form_fields(contract),
        "example": compact(example_of(contract)),
        "images": {"pointer": "" if images is None else images.pointer, "carriers": carriers},
    }


async def rows(mock: Mock, request: Request) -> Response:
    """What came in after a request, newest first: so much of it that whoever asks again misses nothing."""
    after = whole_number(request.query_params.get("after", "")) or 0
    new = mock.journal.since(after if after <= mock.journal.last else 0)
    contracts = served(mock)
    return html("rows.html", rows=[row(entry, contracts) for entry in reversed(new[:SHOWN])])


async def state(mock: Mock, _request: Request) -> Response:
    """What changes by itself: scenarios end, others than the console set them and the mode, and files are edited."""
    controls = mock.controls
    unread = mock.problem or ""
    return html("state.html", switches=controls.switchboard.current(), mode=controls.mode.value, unread=unread)
