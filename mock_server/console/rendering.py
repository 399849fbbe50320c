"""Render a page from its template, with security headers."""

from collections.abc import Sequence
from functools import cache
from http import HTTPStatus

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse, Response

from gateway_contract.contract.definition import Contract
from mock_server.runtime.mock import Mock

POLICY = (
    "default-src 'self'; img-src 'self' data: http: https:; style-src 'self'; script-src 'self'; "
    "object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
"""What a page may load and run, so that markup within a prompt stays text."""


def html(template: str, status: int = HTTPStatus.OK, **shown: object) -> Response:
    headers = {
        "content-security-policy": POLICY,
        "cache-control": "no-store",
        "referrer-policy": "same-origin",  # forms need an origin; other hosts get no referrer
        "x-content-type-options": "nosniff",
    }
    text = templates().get_template(template).render(**shown)
    return HTMLResponse(text.encode("utf-8", "replace"), status, headers)  # JSON may contain a lone surrogate


@cache
def templates() -> Environment:
    return Environment(
        loader=PackageLoader("mock_server.console"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def served(mock: Mock) -> Sequence[Contract]:
    return [one.gateway.contract for one in mock.served.values()]


def whole_number(text: str) -> int | None:
    """The non-negative integer of at most 15 digits that a text is; None if it is not one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 15 else None
