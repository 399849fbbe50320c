"""The first page: the gateways, how to call them, their behaviour, and the requests."""

import asyncio
import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway_contract.contract.definition import Contract
from gateway_contract.schema.constraint import ANY_NAME, Part
from gateway_contract.traffic.curl import ANY_TOKEN, VARIABLE, curl_authorization
from gateway_contract.values.json_value import ABSENT, Json, shortened
from gateway_contract.values.pointer import read, tokens
from mock_server.admin.api import read_request_body, whole_number
from mock_server.console.view import html, row
from mock_server.faults.scenario_kind import ScenarioError
from mock_server.gateway.modes import Mode, UnknownModeError, mode_named
from mock_server.runtime.mock import Mock
from mock_server.scenarios.registry import KINDS
from mock_server.scenarios.switches import CONSOLE
from mock_server.serving.asgi import own_url

CURL = """\
curl {address} \\
  -H {authorization} \\
  -H 'Content-Type: application/json' \\
  -d {body}"""
PYTHON = """\
{imports}from openai import OpenAI
from openai.types import ImagesResponse

client = OpenAI(base_url="{base}", api_key={key})
answer = client.post("{path}", cast_to=ImagesResponse, body={body})
print(answer.to_json())"""
JAVASCRIPT = """\
const answer = await fetch("{address}", {{
  method: "{method}",
  headers: {{ "Authorization": {authorization}, "Content-Type": "application/json" }},
  body: JSON.stringify({body}),
}});
console.log(answer.status, await answer.json());"""


@dataclass(frozen=True, slots=True)
class Snippet:
    language: str
    text: str


def example_of(contract: Contract) -> Json:
    """The contract's example; an empty body if it has none."""
    return contract.examples[0].body if contract.examples else {}


def snippets(contract: Contract, base: str, secured: bool) -> list[Snippet]:  # noqa: FBT001 - a fact of the mock
    """`base` is the gateway's URL without the operation's path; `secured` is True if only one token is accepted."""
    operation, example = contract.operation, example_of(contract)
    address, body = base + operation.path, compact(example)
    key = f'os.environ["{VARIABLE}"]' if secured else f'"{ANY_TOKEN}"'
    bearer = f"`Bearer ${{process.env.{VARIABLE}}}`" if secured else f'"Bearer {ANY_TOKEN}"'
    python = {"imports": "import os\n\n" if secured else "", "base": base, "path": operation.path, "key": key}
    javascript = {"address": address, "method": operation.method, "authorization": bearer}
    return [
        Snippet(
            "curl", CURL.format(address=address, authorization=curl_authorization(secured), body=shlex.quote(body))
        ),
        Snippet("Python", PYTHON.format(**python, body=_python(example))),
        Snippet("JavaScript", JAVASCRIPT.format(**javascript, body=body)),
    ]


def compact(body: Json) -> str:
    """JSON with one line per top-level member."""
    if not isinstance(body, dict) or not body:
        return json.dumps(body, ensure_ascii=False)
    lines = [f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in body.items()]
    return "{\n" + ",\n".join(lines) + "\n}"


def _python(body: Json) -> str:
    """The same as a Python literal."""
    if not isinstance(body, dict) or not body:
        return repr(body)
    return "{\n" + "".join(f"    {name!r}: {value!r},\n" for name, value in body.items()) + "}"


ASKED_FOR = ("boolean", "integer", "number", "string")
LONG_TEXT = 200  # characters: what may be longer gets more room


@dataclass(frozen=True, slots=True)
class FormField:
    """One input of the form. `kind` is its JSON Schema type; `choices` lists the only allowed values, if any."""

    pointer: str
    label: str
    kind: str
    hint: str
    choices: tuple[str, ...]
    required: bool
    value: str  # from the contract's example
    long: bool


def form_fields(contract: Contract) -> list[FormField]:
    """A form field for every leaf of the request, in the order of the contract."""
    example: Json = contract.examples[0].body if contract.examples else {}
    parts = [part for part in contract.request.parts if part.condition is None and is_asked_for(part)]
    return [_field(part, example) for part in parts]


def is_asked_for(part: Part) -> bool:
    return part.schema.get("type") in ASKED_FOR and ANY_NAME not in tokens(part.pointer)


def _field(part: Part, example: Json) -> FormField:
    value = read(example, part.pointer)
    choices = part.schema.get("enum")
    kind = str(part.schema["type"])
    return FormField(
        pointer=part.pointer,
        label=part.subject,
        kind=kind,
        hint=", ".join(_hints(part)),
        choices=tuple(map(str, choices)) if isinstance(choices, list) else (),
        required=part.required,
        value="" if value is ABSENT else value if isinstance(value, str) else shortened(value),
        long=has_room_for_much(part),
    )


def has_room_for_much(part: Part) -> bool:
    longest = part.schema.get("maxLength")
    return bool(part.schema.get("x-mark")) or (isinstance(longest, int) and longest > LONG_TEXT)


def _hints(part: Part) -> Iterator[str]:
    least, most = part.schema.get("minimum"), part.schema.get("maximum")
    if least is not None and most is not None:
        yield f"{least} to {most}"
    elif least is not None:
        yield f"at least {least}"
    elif most is not None:
        yield f"at most {most}"
    if "maxLength" in part.schema:
        yield f"at most {part.schema['maxLength']} characters"
    if "default" in part.schema:
        yield f"default {shortened(part.schema['default'])}"


SHOWN = 100  # requests on the first page and in each update; the journal has the others


async def overview(mock: Mock, request: Request) -> Response:
    return await asyncio.to_thread(overview_page, mock, request, "")


def overview_page(
    mock: Mock, request: Request, problem: str, typed: Mapping[str, str] = MappingProxyType({})
) -> Response:
    """The first page. `problem` is the error of a form, which keeps what was `typed` into it."""
    own, contracts, entries = own_url(request.scope), mock.contracts, mock.journal.newest(SHOWN)
    secured = mock.settings.token is not None
    return html(
        "console.html",
        HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK,
        gateways=[gateway_view(contract, f"{own}/{contract.name}", secured) for contract in contracts],
        token=None if secured else ANY_TOKEN,
        stubs={name: own + f"/{name}" + stub.upstream.base for name, stub in mock.stubs.items()},
        upstream_url=mock.settings.upstream_url,
        proxy_upstream=mock.settings.proxy_upstream,
        rows=[row(entry, contracts) for entry in entries],
        under_way=mock.journal.under_way(),
        last=entries[0].id if entries else mock.journal.last_id,
        stored=len(mock.journal.stored),
        max_entries=mock.journal.max_entries,
        kinds=KINDS.values(),
        upstream_kinds=mock.upstream_scenarios().values(),
        faults=mock.upstream_faults(),
        named=mock.controls.scenarios.named.values(),
        switches=mock.controls.switchboard.current(),
        mode=mock.controls.mode.value,
        modes=[mode.value for mode in Mode],
        problem=problem,
        typed=typed,
        defect=mock.settings.defect,
        reload_error=mock.reload_error or "",
    )


def gateway_view(contract: Contract, base: str, secured: bool) -> dict[str, object]:  # noqa: FBT001 - a fact to show
    images = contract.images
    image_fields = [] if images is None else [{"key": one.key, "inline": one.inline} for one in images.image_fields]
    return {
        "name": contract.name,
        "base": base,
        "method": contract.operation.method,
        "path": contract.operation.path,
        "snippets": snippets(contract, base, secured),
        "fields": form_fields(contract),
        "example": compact(example_of(contract)),
        "images": {"pointer": "" if images is None else images.pointer, "carriers": image_fields},
    }


async def rows(mock: Mock, request: Request) -> Response:
    """The requests after an id, newest first."""
    after = whole_number(request.query_params.get("after", "")) or 0
    return await asyncio.to_thread(rows_after, mock, after)


def rows_after(mock: Mock, after: int) -> Response:
    new = mock.journal.since(after if after <= mock.journal.last_id else 0)  # a greater id is from an earlier run
    contracts = mock.contracts
    return html("rows.html", rows=[row(entry, contracts) for entry in reversed(new[:SHOWN])])


async def state(mock: Mock, _request: Request) -> Response:
    """What changes without the console: requests are under way, scenarios expire, programs set them, files change."""
    controls = mock.controls
    reload_error = mock.reload_error or ""
    return html(
        "state.html",
        switches=controls.switchboard.current(),
        mode=controls.mode.value,
        reload_error=reload_error,
        under_way=mock.journal.under_way(),
    )


async def switch_scenario(mock: Mock, request: Request) -> Response:
    form = await form_of(request)
    text, gateway, times = form.get("scenario", "").strip(), form.get("gateway") or None, form.get("times", "").strip()
    if times and not whole_number(times):
        return overview_page(mock, request, f"How often must be a whole number from 1; got {times[:40]!r}.", form)
    try:
        mock.set_scenario(text, gateway, whole_number(times), CONSOLE)
    except ScenarioError as error:
        return overview_page(mock, request, f"The scenario was not set: {error}", form)
    return back()


async def end_scenario(mock: Mock, request: Request) -> Response:
    """End a scenario that the console has set, even if its gateway is no longer served."""
    form = await form_of(request)
    mock.controls.switchboard.set("none", form.get("gateway") or None, None, CONSOLE)
    return back()


async def switch_mode(mock: Mock, request: Request) -> Response:
    try:
        mock.controls.mode = mode_named((await form_of(request)).get("mode", ""))
    except UnknownModeError as error:
        return overview_page(mock, request, f"The mode was not set: {error}")
    return back()


async def clear(mock: Mock, _request: Request) -> Response:
    mock.journal.clear()
    return back()


async def form_of(request: Request) -> dict[str, str]:
    """The first value of each field. Raises ProblemError if the body is too large."""
    fields = parse_qs((await read_request_body(request)).decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[0] for name, values in fields.items()}


def back() -> Response:
    return RedirectResponse("/", HTTPStatus.SEE_OTHER)
