"""Requests that are wrong as a whole: no JSON object, no valid token, another method."""

from collections.abc import Iterator
from urllib.parse import urlencode

import orjson

from contract_tests.client.case import Case, json_case
from contract_tests.planning.fields import base_request
from gateway_contract.contract.definition import Contract
from gateway_contract.traffic.exchange import Credential
from gateway_contract.values.json_value import Json
from gateway_contract.values.pointer import leaves, tokens


def other_invalid_cases(contract: Contract) -> Iterator[Case]:
    yield from malformed_cases(contract)
    yield from unauthorized_cases(contract)
    yield from method_cases()


FORM_TYPE = "application/x-www-form-urlencoded"
MALFORMED = {
    "no content": b"",
    "no JSON": b"{",
    "cut JSON": b'{"a": "b',
    "two values": b"{} {}",
    "a form": b"a=b&c=d",
    "invalid UTF-8": b'{"a": "\xff\xfe"}',
}


def malformed_cases(contract: Contract) -> Iterator[Case]:
    whole = orjson.dumps(base_request(contract))
    yield Case("cut in the middle", whole[: len(whole) // 2])
    for name, content in MALFORMED.items():
        yield Case(name, content)
    yield Case("the request and another value", whole + b" {}")
    yield Case("the request with a comma at its end", whole[:-1] + b",}")
    yield Case("the request as a form", form_of(base_request(contract)), media_type=FORM_TYPE)


def form_of(body: Json) -> bytes:
    """A body as a form, with brackets around the names within others, as PHP and Express read them."""
    return urlencode([(_name_in_form(pointer), value) for pointer, value in leaves(body)]).encode()


def _name_in_form(pointer: str) -> str:
    first, *others = tokens(pointer)
    return first + "".join(f"[{name}]" for name in others)


def unauthorized_cases(contract: Contract) -> Iterator[Case]:
    """Each lack of a token, over the connection that had requests with one: a token counts for its own request only."""
    if contract.operation.secured is not None:
        body = base_request(contract)
        for credential in (Credential.MISSING, Credential.EMPTY, Credential.OTHER_SCHEME, Credential.WRONG):
            yield json_case(credential.value, body, credential=credential, kept=True, alone=True)


def method_cases() -> Iterator[Case]:
    yield from (Case(f"{method} on the path", b"", method=method) for method in ("GET", "PUT", "DELETE"))
