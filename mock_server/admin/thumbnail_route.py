"""Thumbnails of the images behind a gateway's links, so that lists of requests need not load whole images."""

import asyncio
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope

from mock_server.admin.api import ProblemError
from mock_server.faults.fault import collect_response
from mock_server.gateway.response_body import IMAGE_PATH
from mock_server.images.links import picture_behind
from mock_server.runtime.mock import Mock
from mock_server.runtime.served_gateway import ServedGateway
from mock_server.scenarios.image_scenarios import find_spoilt_link
from mock_server.serving.signing import BadSignatureError

KEPT = {"cache-control": "private, max-age=86400, immutable"}
"""A link names all that its image depends on, so its thumbnail never changes."""


async def show_thumbnail(mock: Mock, request: Request) -> Response:
    name, signed = request.path_params["gateway"], request.path_params["image"]
    served = mock.served.get(name)
    content = None if served is None else await thumbnail(mock, served, signed, request.scope, request.receive)
    if content is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "Thumbnail not found", "There is no image behind this link.")
    return Response(content, headers=KEPT, media_type="image/png")


async def thumbnail(mock: Mock, served: ServedGateway, signed: str, scope: Scope, receive: Receive) -> bytes | None:
    """The image behind the signed part of a link, drawn small or shrunk; None if there is no image."""
    path = f"/{served.gateway.contract.name}{IMAGE_PATH}/{signed}.png"
    from mock_server.images.thumbnails import shrink

    drawn = None if find_spoilt_link(served.gateway, path) else drawn_thumbnail(mock, served, signed)
    if drawn is not None:
        return drawn
    root = f"/{served.gateway.contract.name}"
    image_scope = {**scope, "method": "GET", "path": path, "raw_path": path.encode(), "root_path": root, "headers": []}
    response = await collect_response(served.images, image_scope, receive)
    return await asyncio.to_thread(shrink, bytes(response.body)) if response.status_code == HTTPStatus.OK else None


def drawn_thumbnail(mock: Mock, served: ServedGateway, signed: str) -> bytes | None:
    """The thumbnail of a picture that the bundled upstream draws; None for other images."""
    from mock_server.images.thumbnails import small_picture

    signer = served.gateway.upstream.signer
    try:
        link = str(signer.read(signed, signer.clock()))
    except BadSignatureError:
        return None
    stub = mock.stubs[served.gateway.upstream.upstream.name]
    return picture_behind(stub.signer, link, lambda picture: mock.settings.draw_thumbnail(small_picture(picture)))
