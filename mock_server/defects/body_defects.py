"""Defects of reading a body as a whole: what is no JSON object is taken for one, or what is one is not read."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias
from urllib.parse import parse_qsl

from gateway_contract.contract.definition import Contract
from gateway_contract.schema.constraint import Constraint
from gateway_contract.values.json_value import ABSENT, Json, read_json
from gateway_contract.values.pointer import placed
from mock_server.defects.carry_over_defects import marked
from mock_server.defects.constraint_sites import types
from mock_server.defects.defect import S, Sites, registered
from mock_server.defects.request_operators import rewrite_defect
from mock_server.defects.sites import bodies, example, requests
from mock_server.gateway.stages import Gateway, GatewayRequest
from mock_server.serving.error_response import ErrorResponse

LIMIT = 4096  # bytes; the longest texts take more as escapes
TOO_LARGE = ErrorResponse(413, "invalid_request_error", "too_large", f"The body must have at most {LIMIT} bytes.")

LAST_OF_ASCII = 0x7F

Reread: TypeAlias = Callable[[Contract, GatewayRequest], Json | ErrorResponse]


def whole(contract: Contract) -> Iterator[Constraint]:
    """The type of the whole body."""
    return (found for found in types("object")(contract) if found.pointer == "")


def reading_defect(sites: Sites[S], applies: Callable[[GatewayRequest], bool]) -> Callable[[Reread], Reread]:
    """Another way to read some bodies; what cannot be read in that way is read as ever."""

    def change(function: Reread, gateway: Gateway) -> Gateway:
        def stage(own: Gateway, request: GatewayRequest) -> Json | ErrorResponse:
            try:
                return function(own.contract, request) if applies(request) else gateway.read(own, request)
            except ValueError:
                return gateway.read(own, request)

        return replace(gateway, read=stage)

    return lambda function: registered(function, sites, lambda gateway, _: change(function, gateway))


def is_not_json(request: GatewayRequest) -> bool:
    return read_json(request.content) is ABSENT


def is_form(request: GatewayRequest) -> bool:
    return "form" in request.headers.get("content-type", "")


def is_chunked(request: GatewayRequest) -> bool:
    return "transfer-encoding" in request.headers


def is_large(request: GatewayRequest) -> bool:
    return len(request.content) > LIMIT


@reading_defect(bodies, is_not_json)
def invalid_json_accepted(contract: Contract, _request: GatewayRequest) -> Json:
    """A body that is not JSON is replaced by the example."""
    return example(contract)


@reading_defect(bodies, is_form)
def form_accepted(contract: Contract, request: GatewayRequest) -> Json:
    """A form is accepted as if it were JSON."""
    body = example(contract)
    for name, value in parse_qsl(request.content.decode()):
        body = placed(body, "/" + name.replace("[", "/").replace("]", ""), value)
    return body


@reading_defect(bodies, is_not_json)
def rest_ignored(_contract: Contract, request: GatewayRequest) -> Json:
    """What follows the first JSON value is ignored."""
    first: Json = json.JSONDecoder().raw_decode(request.content.decode())[0]
    return first


@reading_defect(bodies, is_not_json)
def trailing_comma_accepted(_contract: Contract, request: GatewayRequest) -> Json:
    """A comma behind the last member of the body is accepted."""
    body: Json = json.loads(re.sub(rb",\s*}\s*$", b"}", request.content))
    return body


@reading_defect(requests, is_large)
def large_body_rejected(_contract: Contract, _request: GatewayRequest) -> ErrorResponse:
    """A body of more than 4 KiB gets 413."""
    return TOO_LARGE


@reading_defect(marked, is_chunked)
def chunks_decoded_apart(_contract: Contract, request: GatewayRequest) -> Json:
    """Each chunk of a body is decoded by itself, so that a character which two of them share is lost."""
    content = request.content
    within = next((at + 1 for at, byte in enumerate(content) if byte > LAST_OF_ASCII), len(content))
    chunks = content[:within], content[within:]
    body: Json = json.loads("".join(chunk.decode(errors="replace") for chunk in chunks))
    return body


@rewrite_defect(whole)
def list_unwrapped(_constraint: Constraint, _contract: Contract, body: Json) -> Json:
    """The one item of a list is accepted as the body."""
    return body[0] if isinstance(body, list) and len(body) == 1 else body


@rewrite_defect(whole)
def text_parsed(_constraint: Constraint, _contract: Contract, body: Json) -> Json:
    """JSON within a JSON text is accepted as the body."""
    try:
        return json.loads(body) if isinstance(body, str) else body
    except ValueError:
        return body
