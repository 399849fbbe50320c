"""A gateway as a mock serves it: with scenarios, modes, sessions and the journal."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from starlette.types import ASGIApp

from mock_server.defects.defect import Defect
from mock_server.gateway.gateway_app import gateway_app
from mock_server.gateway.modes import in_each_mode
from mock_server.gateway.stages import Gateway
from mock_server.journal.recorder import with_journal
from mock_server.runtime.dispatch import reject_foreign_pages, reject_too_large, with_controls
from mock_server.runtime.plain_requests import PlainApp, plain_app
from mock_server.scenarios.defect_scenario import with_defects
from mock_server.scenarios.image_scenarios import with_spoilt_images
from mock_server.serving.asgi import with_request_id

if TYPE_CHECKING:
    from mock_server.runtime.mock import Mock


@dataclass(frozen=True, slots=True)
class ServedGateway:
    """One gateway in the mock: `app` takes the requests that are journaled, `images` those for images.

    `plain` goes before `app` for requests to the operation, if there is one.
    """

    gateway: Gateway
    app: ASGIApp
    images: ASGIApp
    plain: PlainApp | None

    @property
    def path(self) -> str:
        """The path of the operation."""
        return f"/{self.gateway.contract.name}{self.gateway.contract.operation.path}"


def serve_gateway(mock: "Mock", gateway: Gateway, defect: Defect | None) -> ServedGateway:
    """The applications of a gateway, or of one with a defect."""
    app_of = gateway_app if defect is None else defect.app
    fronted = with_controls(in_each_mode(gateway), mock.controls_of, app_of)
    if mock.settings.spends_key:
        fronted = reject_foreign_pages(gateway, fronted, mock.settings.allowed_origins)
    too_large = with_request_id(reject_too_large(gateway))
    name, secrets_to_hide = gateway.contract.name, mock.settings.secrets
    app = with_journal(with_request_id(fronted), mock.journal, name, too_large, secrets_to_hide)
    images = with_spoilt_images(gateway, app_of(gateway), partial(with_defects, gateway))
    is_usual = defect is None and not mock.settings.spends_key
    plain = plain_app(gateway, mock.journal, mock.controls, secrets_to_hide) if is_usual else None
    return ServedGateway(gateway, app, with_request_id(images), plain)
