"""Faults of images: missing ones, broken ones, and links that lead to nothing."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway_contract.values.json_value import Json
from mock_server.defects.response_operators import Item, with_items
from mock_server.faults.fault import collect_response, slow_body
from mock_server.faults.scenario_kind import Parameter, ScenarioError, ScenarioKind, parse_duration
from mock_server.gateway.response_body import IMAGE_PATH, requested_image_field
from mock_server.gateway.stages import AnswerStage, Gateway, GatewayRequest, GatewayResponse
from mock_server.scenarios.definition import (
    Effect,
    GatewayScenario,
    ScenarioArguments,
    change_gateway,
    has_effect,
    needing,
)
from mock_server.serving.signing import BadSignatureError

SPOILT = "spoilt"
"""Begins the links of spoilt images. Each link says how its image is spoilt, since nothing else knows."""
BROKEN_BY = "defect"
IN_PIECES = "pieces"
INSTEAD: Mapping[str, ASGIApp] = {
    "gone": PlainTextResponse("the image is gone\n", 404),
    "expired": PlainTextResponse("expired\n", 403),
    "page": HTMLResponse("<!doctype html><title>Sorry</title><p>Come back later."),
}
"""Responses in place of an image."""
REPLACING = frozenset({"link-404", "link-expired", "link-html"})
BY = Parameter("by", "1", "how many are missing")
TIME = Parameter("time", "5s", "how long an image takes")


IMAGES, LINKS, INLINE = "images", "links to images", "images within the response"


def kinds() -> Iterator[GatewayScenario]:
    yield kind("no-images", "A success without an image.", (), IMAGES, lambda _: with_links(lambda _: [], "no-images"))
    yield kind("fewer-images", "Fewer images than requested.", (BY,), IMAGES, _fewer, "fewer-images(by=1)")
    yield kind("link-404", "The links lead to nothing.", (), LINKS, lambda _: spoil_links("gone", "link-404"))
    yield kind("link-expired", "The links have expired.", (), LINKS, lambda _: spoil_links("expired", "link-expired"))
    yield kind("link-html", "The links lead to an HTML page.", (), LINKS, lambda _: spoil_links("page", "link-html"))
    yield kind("link-slow", "Images take this long.", (TIME,), LINKS, _slow, "link-slow(5s)")
    yield kind(
        "link-slow-body", "Images come in pieces over this time.", (TIME,), LINKS, _slow_body, "link-slow-body(5s)"
    )
    yield kind("invalid-base64", "Images are not valid Base64.", (), INLINE, _invalid_base64)


def kind(
    name: str,
    description: str,
    parameters: tuple[Parameter, ...],
    needs: str,
    apply: Callable[[ScenarioArguments], Effect],
    example: str = "",
) -> GatewayScenario:
    """A kind of scenario that does nothing unless the response has what it needs."""
    return ScenarioKind(
        name,
        description,
        example or name,
        parameters,
        lambda arguments: needing(apply(arguments), name, needs),
        "the images behind the links" if name in REPLACING else "",
    )


def _fewer(arguments: ScenarioArguments) -> Effect:
    by = arguments[BY.name]
    if not by.isdecimal():
        raise ScenarioError(f"{BY.name} must be a whole number; got {by!r}")
    fewer = with_links(lambda links: links[: max(0, len(links) - int(by))], "fewer-images")
    return lambda inner: change_answer(lambda right: warn_of_none(right, int(by)))(fewer(inner))


def warn_of_none(right: AnswerStage, by: int) -> AnswerStage:
    """Warns a client whose response has no images since it has fewer than are to be missing."""

    async def answer(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        response = await right(own, body, links, request)
        if len(links) >= by:
            return response
        warning = f"fewer-images leaves no image: {BY.name} must be at most {len(links)}; got {by}"
        return replace(response, headers={**response.headers, "x-mock-warning": warning})

    return answer


def _slow(arguments: ScenarioArguments) -> Effect:
    return spoil_links(f"slow/{parse_duration(arguments[TIME.name])}", "link-slow")


def _slow_body(arguments: ScenarioArguments) -> Effect:
    return spoil_links(f"{IN_PIECES}/{parse_duration(arguments[TIME.name])}", "link-slow-body")


def _invalid_base64(arguments: ScenarioArguments) -> Effect:
    images = arguments.contract.images
    inline = [one.key for one in images.image_fields if one.inline] if images is not None else []

    def spoil(_gateway: Gateway, _request: GatewayRequest, item: Item) -> Json:
        spoilt = {key: f"{str(item[key])[:-9]}*not base64*" for key in inline if key in item}
        if spoilt:
            has_effect("invalid-base64")
        return item | spoilt

    return change_answer(lambda right: with_items(right, spoil) if inline else right)


def with_links(change: Callable[[list[str]], list[str]], name: str) -> Effect:
    """The response has other images than those that were generated, by a scenario with a name."""

    def with_change(right: AnswerStage) -> AnswerStage:
        async def answer(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
            changed = change(links)
            if changed != links:
                has_effect(name)
            return await right(own, body, changed, request)

        return answer

    return change_answer(with_change)


def spoil_links(how: str, name: str) -> Effect:
    """Links lead to spoilt images, by a scenario with a name; images within the response are not changed."""

    def spoilt(right: AnswerStage) -> AnswerStage:
        async def answer(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
            images = own.contract.images
            if images is not None and not requested_image_field(own.contract, images, body).inline:
                links = [f"{SPOILT}:{how}:{link}" for link in links]
                has_effect(name)
            return await right(own, body, links, request)

        return answer

    return change_answer(spoilt)


def change_answer(change: Callable[[AnswerStage], AnswerStage]) -> Effect:
    return change_gateway(lambda gateway: replace(gateway, answer=change(gateway.answer)))


def with_spoilt_images(gateway: Gateway, app: ASGIApp, broken_app: Callable[[Sequence[str]], ASGIApp]) -> ASGIApp:
    """The application of a gateway's images, with the spoilt ones.

    `broken_app` is the same gateway with some defects by their names.
    """

    async def image(scope: Scope, receive: Receive, send: Send) -> None:
        found = find_spoilt_link(gateway, scope["path"]) if scope["type"] == "http" else None
        if found is None:
            await app(scope, receive, send)
            return
        ways, link = found
        await asyncio.sleep(sum(float(what) for way, what in ways if way == "slow"))
        broken = [what for way, what in ways if way == BROKEN_BY]
        instead = next((INSTEAD[way] for way, _ in ways if way in INSTEAD), None)
        answer = instead or (broken_app(broken) if broken else app)
        right_scope, pieces = with_link(gateway, scope, link), [float(what) for way, what in ways if way == IN_PIECES]
        if pieces:
            answer = slow_body(await collect_response(answer, right_scope, receive), sum(pieces))
        await answer(right_scope, receive, send)

    return image


def find_spoilt_link(gateway: Gateway, path: str) -> tuple[list[tuple[str, str]], str] | None:
    """How an image is spoilt, and the link to the right one; None for other images."""
    signed = path.rpartition("/")[2].removesuffix(".png")
    try:
        link = str(gateway.upstream.signer.read(signed, gateway.upstream.signer.clock()))
    except BadSignatureError:
        return None
    ways = []
    while link.startswith(f"{SPOILT}:"):
        _, way, link = link.split(":", 2)
        name, _, what = way.partition("/")
        ways.append((name, what))
    return (ways, link) if ways else None


def with_link(gateway: Gateway, scope: Scope, link: str) -> Scope:
    signed = gateway.upstream.signer.sign(link, gateway.upstream.signer.clock() + 60)
    return {**scope, "path": f"{scope.get('root_path', '')}{IMAGE_PATH}/{signed}.png"}
