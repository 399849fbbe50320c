"""Decorators that register defect operators, one for each stage or part of a stage that an operator replaces.

An operator is named after its function. It calls what it replaces, so several defects can be combined.
"""

import io
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, TypeVar, cast

from PIL import Image
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_contract.contract.definition import Carrier, Contract, MappedField
from gateway_contract.schema.constraint import Constraint
from gateway_contract.values.json_value import ABSENT, Json, Nothing
from gateway_contract.values.pointer import placed, read
from mock_server.defects.defect import OPERATORS, Change, DefectOperator, S, Sites
from mock_server.defects.sites import images_of, schema_of
from mock_server.gateway.openai_errors import error_for
from mock_server.gateway.stages import AnswerStage, Gateway, GatewayRequest, GatewayResponse
from mock_server.serving.error_response import ErrorResponse
from mock_server.upstream.client import Outbound, UpstreamWire
from mock_server.upstream.stub_app import UpstreamAnswer

F = TypeVar("F", bound=Callable[..., object])
Schema: TypeAlias = Mapping[str, Json]
Result: TypeAlias = list[str] | ErrorResponse
LastAnswer: TypeAlias = ContextVar[Json | Literal[Nothing.ABSENT]]


def registered(
    function: F,
    sites: Sites[S],
    change: Change[S],
    name: str = "",
    *,
    spoils_all: bool = False,
    in_images: bool = False,
) -> F:
    name = name or function.__name__.replace("_", "-")
    summary = (function.__doc__ or "").strip().partition("\n")[0]
    OPERATORS[name] = DefectOperator(name, summary, function.__module__, sites, change, spoils_all, in_images)
    return function


def gateway_defect(
    sites: Sites[S], name: str = "", *, spoils_all: bool = False, in_images: bool = False
) -> Callable[[Change[S]], Change[S]]:
    """An operator on the whole gateway."""
    return lambda function: registered(function, sites, function, name, spoils_all=spoils_all, in_images=in_images)


Authenticate: TypeAlias = Callable[[Gateway, GatewayRequest], ErrorResponse | None]


def authenticate_defect(sites: Sites[S]) -> Callable[[Authenticate], Authenticate]:
    """Another authentication; the gateway it is given is the right one."""

    def register(function: Authenticate) -> Authenticate:
        def change(gateway: Gateway, _site: S) -> Gateway:
            def stage(own: Gateway, request: GatewayRequest) -> ErrorResponse | None:
                return function(replace(own, authenticate=gateway.authenticate), request)

            return replace(gateway, authenticate=stage)

        return registered(function, sites, change)

    return register


Validate: TypeAlias = Callable[[S, Gateway, Json], Json | ErrorResponse]


def validate_defect(sites: Sites[S]) -> Callable[[Validate[S]], Validate[S]]:
    """Another validation; the gateway it is given is the right one."""

    def register(function: Validate[S]) -> Validate[S]:
        def change(gateway: Gateway, site: S) -> Gateway:
            def stage(own: Gateway, body: Json) -> Json | ErrorResponse:
                return function(site, replace(own, validate=gateway.validate), body)

            return replace(gateway, validate=stage)

        return registered(function, sites, change)

    return register


Rewrite: TypeAlias = Callable[[Constraint, Contract, Json], Json]


def rewrite_defect(sites: Sites[Constraint]) -> Callable[[Rewrite], Rewrite]:
    """A body that is changed before it is validated."""

    def register(function: Rewrite) -> Rewrite:
        def change(gateway: Gateway, site: Constraint) -> Gateway:
            return replace(
                gateway, validate=lambda own, body: gateway.validate(own, function(site, own.contract, body))
            )

        return registered(function, sites, change)

    return register


Coerce: TypeAlias = Callable[[Constraint, Json], Json]


def coerce_defect(sites: Sites[Constraint]) -> Callable[[Coerce], Coerce]:
    """A value that is changed before it is validated."""

    def register(function: Coerce) -> Coerce:
        def change(gateway: Gateway, site: Constraint) -> Gateway:
            def validate(own: Gateway, body: Json) -> Json | ErrorResponse:
                value = read(body, site.pointer)
                if value is not ABSENT and (coerced := function(site, value)) is not value:
                    body = placed(body, site.pointer, coerced)
                return gateway.validate(own, body)

            return replace(gateway, validate=validate)

        return registered(function, sites, change)

    return register


Strict: TypeAlias = Callable[[Constraint, Json], bool]


def strict_defect(sites: Sites[Constraint]) -> Callable[[Strict], Strict]:
    """A body that is rejected, beside those that should be."""

    def register(function: Strict) -> Strict:
        def change(gateway: Gateway, site: Constraint) -> Gateway:
            def validate(own: Gateway, body: Json) -> Json | ErrorResponse:
                if function(site, body):
                    return error_for(own.contract, body, frozenset({site}))
                return gateway.validate(own, body)

            return replace(gateway, validate=validate)

        return registered(function, sites, change)

    return register


@dataclass(frozen=True, slots=True)
class MappedCall:
    """A client's body and the upstream call that is right for it."""

    contract: Contract
    body: Json
    call: Json


Map: TypeAlias = Callable[[S, MappedCall], Json]


def map_defect(sites: Sites[S]) -> Callable[[Map[S]], Map[S]]:
    """Another upstream call."""
    return lambda function: registered(function, sites, mapping(function))


def mapping(function: Map[S]) -> Change[S]:
    def change(gateway: Gateway, site: S) -> Gateway:
        def stage(own: Gateway, body: Json) -> Json:
            return function(site, MappedCall(own.contract, body, gateway.map(own, body)))

        return replace(gateway, map=stage)

    return change


ChangeValue: TypeAlias = Callable[[Schema, Json], Json]


def value_defect(sites: Sites[MappedField]) -> Callable[[ChangeValue], ChangeValue]:
    """Another value of a field in the upstream call, by the schema of the client's field and the right value."""
    return lambda function: registered(function, sites, mapping(on_value(function)))


def on_value(function: ChangeValue) -> Map[MappedField]:
    def changed(field: MappedField, mapped: MappedCall) -> Json:
        value = read(mapped.call, field.upstream)
        if value is ABSENT:
            return mapped.call
        return placed(mapped.call, field.upstream, function(schema_of(mapped.contract, field.pointer).schema, value))

    return changed


ChangeText: TypeAlias = Callable[[Schema, str], str]


def text_defect(sites: Sites[MappedField]) -> Callable[[ChangeText], ChangeText]:
    """Another text of a field in the upstream call; values that are not texts stay."""

    def register(function: ChangeText) -> ChangeText:
        def changed(schema: Schema, value: Json) -> Json:
            return function(schema, value) if isinstance(value, str) else value

        return registered(function, sites, mapping(on_value(changed)))

    return register


Call: TypeAlias = Callable[[Gateway, Json, Json, GatewayRequest], Awaitable[Result]]


def call_defect(sites: Sites[S]) -> Callable[[Call], Call]:
    """Another way to call the upstream; the gateway it is given is the right one."""

    def register(function: Call) -> Call:
        def change(gateway: Gateway, _site: S) -> Gateway:
            async def stage(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
                return await function(replace(own, call=gateway.call), body, call, request)

            return replace(gateway, call=stage)

        return registered(function, sites, change)

    return register


ChangeResult: TypeAlias = Callable[[Result], Result]


def result_defect(sites: Sites[S], name: str = "") -> Callable[[ChangeResult], ChangeResult]:
    """Another result of the upstream call."""

    def register(function: ChangeResult) -> ChangeResult:
        def change(gateway: Gateway, _site: S) -> Gateway:
            async def call(own: Gateway, body: Json, call: Json, request: GatewayRequest) -> Result:
                return function(await gateway.call(own, body, call, request))

            return replace(gateway, call=call)

        return registered(function, sites, change, name)

    return register


Answer: TypeAlias = Callable[[S, Gateway, Json, list[str], GatewayRequest], Awaitable[GatewayResponse]]


def answer_defect(sites: Sites[S]) -> Callable[[Answer[S]], Answer[S]]:
    """Another response; the gateway it is given is the right one."""

    def register(function: Answer[S]) -> Answer[S]:
        def change(gateway: Gateway, site: S) -> Gateway:
            async def stage(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
                return await function(site, replace(own, answer=gateway.answer), body, links, request)

            return replace(gateway, answer=stage)

        return registered(function, sites, change)

    return register


ChangeLinks: TypeAlias = Callable[[list[str]], list[str]]


def links_defect(sites: Sites[S]) -> Callable[[ChangeLinks], ChangeLinks]:
    """Other images in the response."""

    def register(function: ChangeLinks) -> ChangeLinks:
        def change(gateway: Gateway, _site: S) -> Gateway:
            async def answer(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
                return await gateway.answer(own, body, function(links), request)

            return replace(gateway, answer=answer)

        return registered(function, sites, change)

    return register


ChangeResponse: TypeAlias = Callable[[S, GatewayResponse], GatewayResponse]


def response_defect(sites: Sites[S]) -> Callable[[ChangeResponse[S]], ChangeResponse[S]]:
    """Another successful response."""

    def register(function: ChangeResponse[S]) -> ChangeResponse[S]:
        def change(gateway: Gateway, site: S) -> Gateway:
            async def answer(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
                right = await gateway.answer(own, body, links, request)
                return function(site, right) if right.status == 200 else right

            return replace(gateway, answer=answer)

        return registered(function, sites, change)

    return register


Item: TypeAlias = dict[str, Json]
ChangeItem: TypeAlias = Callable[[S, Contract, Item], Json]


def item_defect(sites: Sites[S], *, spoils_all: bool = False) -> Callable[[ChangeItem[S]], ChangeItem[S]]:
    """Other items of images in the response."""

    def register(function: ChangeItem[S]) -> ChangeItem[S]:
        def change(gateway: Gateway, site: S) -> Gateway:
            stage = with_items(gateway.answer, lambda own, item: function(site, own.contract, item))
            return replace(gateway, answer=stage)

        return registered(function, sites, change, spoils_all=spoils_all)

    return register


def with_items(answer: AnswerStage, change: Callable[[Gateway, Item], Json]) -> AnswerStage:
    """The answer stage with each image's item changed."""

    async def changed(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
        right, pointer = await answer(own, body, links, request), images_of(own.contract).pointer
        if right.status != 200:
            return right
        items = cast("list[Item]", read(right.body, pointer))
        return replace(right, body=placed(right.body, pointer, [change(own, item) for item in items]))

    return changed


ChangeImage: TypeAlias = Callable[[Gateway, GatewayRequest, str], str]


def image_field_defect(sites: Sites[Carrier]) -> Callable[[ChangeImage], ChangeImage]:
    """Another link or another Base64 text in the response."""

    def register(function: ChangeImage) -> ChangeImage:
        def change(gateway: Gateway, site: Carrier) -> Gateway:
            async def answer(own: Gateway, body: Json, links: list[str], request: GatewayRequest) -> GatewayResponse:
                def changed(_own: Gateway, item: Item) -> Json:
                    held = {site.key: function(own, request, str(item[site.key]))} if site.key in item else {}
                    return item | held

                return await with_items(gateway.answer, changed)(own, body, links, request)

            return replace(gateway, answer=answer)

        return registered(function, sites, change)

    return register


def fetched_image_defect(sites: Sites[S]) -> Callable[[Callable[[bytes], bytes]], Callable[[bytes], bytes]]:
    """Other images than those behind the upstream's links."""

    def register(function: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
        async def changed(content: bytes | None) -> bytes | None:
            return content and function(content)

        def change(gateway: Gateway, _site: S) -> Gateway:
            return with_wire(gateway, ChangedWire(gateway.upstream.wire, image_change=changed))

        return registered(function, sites, change, in_images=True)

    return register


Reject: TypeAlias = Callable[[ErrorResponse, GatewayResponse], GatewayResponse]


def reject_defect(sites: Sites[S], name: str = "", *, spoils_all: bool = False) -> Callable[[Reject], Reject]:
    """Another error response, by the error and the response that is right for it."""

    def register(function: Reject) -> Reject:
        def change(gateway: Gateway, _site: S) -> Gateway:
            return replace(gateway, reject=lambda own, error: function(error, gateway.reject(own, error)))

        return registered(function, sites, change, name, spoils_all=spoils_all)

    return register


ErrorBody: TypeAlias = Callable[[Constraint, Json], Json]


def error_body_defect(sites: Sites[Constraint]) -> Callable[[ErrorBody], ErrorBody]:
    """Another body of an error response."""

    def register(function: ErrorBody) -> ErrorBody:
        def change(gateway: Gateway, site: Constraint) -> Gateway:
            def reject(own: Gateway, error: ErrorResponse) -> GatewayResponse:
                right = gateway.reject(own, error)
                return replace(right, body=function(site, right.body))

            return replace(gateway, reject=reject)

        return registered(function, sites, change)

    return register


async def unchanged_image(content: bytes | None) -> bytes | None:
    return content


@dataclass(frozen=True, slots=True)
class ChangedWire:
    """A wire whose calls go elsewhere, whose answers are kept for the request under way, or whose images differ."""

    wire: UpstreamWire
    url_change: Callable[[str], str] = str
    last_answer: LastAnswer | None = None
    image_change: Callable[[bytes | None], Awaitable[bytes | None]] = unchanged_image

    async def send(self, outbound: Outbound) -> UpstreamAnswer:
        answer = await self.wire.send(replace(outbound, url=self.url_change(outbound.url)))
        if self.last_answer is not None:
            self.last_answer.set(answer.body)
        return answer

    async def image(self, link: str) -> bytes | None:
        return await self.image_change(await self.wire.image(link))

    async def aclose(self) -> None:
        await self.wire.aclose()


def no_answer_yet() -> LastAnswer:
    return ContextVar("the upstream's last answer", default=ABSENT)


def with_wire(gateway: Gateway, wire: UpstreamWire) -> Gateway:
    return replace(gateway, upstream=replace(gateway.upstream, wire=wire))


def with_middleware(gateway: Gateway, middleware: Callable[[ASGIApp], ASGIApp]) -> Gateway:
    """The gateway whose application is wrapped."""
    return replace(gateway, middleware=(*gateway.middleware, middleware))


def with_response_headers(gateway: Gateway, change: Callable[[dict[bytes, bytes]], dict[bytes, bytes]]) -> Gateway:
    def changing(app: ASGIApp) -> ASGIApp:
        async def changed(scope: Scope, receive: Receive, send: Send) -> None:
            async def send_changed(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message = {**message, "headers": list(change(dict(message["headers"])).items())}
                await send(message)

            await app(scope, receive, send_changed)

        return changed

    return with_middleware(gateway, changing)


def reencoded(content: bytes, change: Callable[[Image.Image], Image.Image], image_format: str = "PNG") -> bytes:
    with Image.open(io.BytesIO(content)) as image:
        made = io.BytesIO()
        change(image).save(made, image_format)
    return made.getvalue()
