"""Faults of gateways: errors in place of a response, connections that break or are slow, and faults at random."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway_contract.contract.definition import Contract
from gateway_contract.contract.validity import NOT_JUDGED
from gateway_contract.schema.constraint import ANY_NAME
from gateway_contract.schema.keywords import requirement
from gateway_contract.traffic.exchange import FaultCause
from gateway_contract.values.pointer import tokens
from mock_server.faults.fault import RETRY_AFTER as RETRY_AFTER_NAME
from mock_server.faults.fault import TIME as TIME_NAME
from mock_server.faults.fault import Fault, collect_response, effect, reset
from mock_server.faults.scenario_kind import (
    Parameter,
    ScenarioError,
    ScenarioKind,
    parse_duration,
    split_outside_brackets,
    unknown,
)
from mock_server.gateway.gateway_app import response
from mock_server.gateway.openai_errors import WRONG_TOKEN
from mock_server.gateway.stages import Gateway
from mock_server.scenarios.definition import (
    Build,
    Effect,
    GatewayChange,
    GatewayScenario,
    NamedScenario,
    ScenarioArguments,
    report_random,
)
from mock_server.scenarios.timing import SEED, random_of, seed_of
from mock_server.serving.error_response import BAD_GATEWAY, ErrorResponse

TIME = Parameter(TIME_NAME, "10s", "how long the whole response takes")
RETRY_AFTER = Parameter(RETRY_AFTER_NAME, "1", "seconds in the Retry-After header, or none for no header")
FIELD = Parameter("field", "", "the named field, as a path with dots; by default the contract's first")
RESPONSE = "the whole response"
MODERATED = ErrorResponse(
    400, "invalid_request_error", "moderation_blocked", "The image service makes no pictures of this."
)
NO_CREDIT = ErrorResponse(402, "billing_error", "insufficient_quota", "The balance of this account is used up.")
FORBIDDEN = ErrorResponse(403, "permission_error", "permission_denied", "This token may not use this model.")
NO_MODEL = ErrorResponse(
    404, "invalid_request_error", "model_not_found", "There is no such model, or not for this token."
)
BROKEN = ErrorResponse(500, "server_error", "internal_error", "Something went wrong.")
TOO_SLOW = ErrorResponse(504, "upstream_error", "gateway_timeout", "The image service did not answer in time.")
BUSY = ErrorResponse(429, "rate_limit_error", "rate_limit_exceeded", "Too many requests; try again later.")
OVERLOADED = ErrorResponse(503, "server_error", "service_unavailable", "The service is overloaded; try again later.")
ERRORS = (
    ("moderation", "The content is rejected", MODERATED),
    ("unauthorized", "The token is rejected", WRONG_TOKEN),
    ("no-credit", "The account has no credit", NO_CREDIT),
    ("forbidden", "The token lacks a permission", FORBIDDEN),
    ("model-not-found", "The model does not exist", NO_MODEL),
    ("server-error", "The gateway fails", BROKEN),
    ("bad-gateway", "The upstream fails", BAD_GATEWAY),
    ("gateway-timeout", "The upstream is too slow", TOO_SLOW),
)
RETRYABLE_ERRORS = (("rate-limit", "Too many requests", BUSY), ("unavailable", "Unavailable for a while", OVERLOADED))


def connection_kinds() -> Iterator[GatewayScenario]:
    yield ScenarioKind("reset", "The connection is reset before the response.", "reset", (), _reset, RESPONSE)
    for name, description in (
        ("reset-mid-response", "The connection is reset in the middle of the response."),
        ("truncated-json", "The response ends in the middle, as if it were complete."),
    ):
        yield ScenarioKind(name, description, name, (), with_fault(name))
    yield ScenarioKind("slow-body", "The response comes in pieces.", "slow-body(10s)", (TIME,), _slow_body)


def error_kinds() -> Iterator[GatewayScenario]:
    yield ScenarioKind(
        "bad-request", "A field is rejected: 400.", "bad-request(field=size)", (FIELD,), _bad_request, RESPONSE
    )
    for name, description, error in ERRORS:
        yield ScenarioKind(name, f"{description}: {error.status}.", name, (), rejecting(error), RESPONSE)
    for name, description, error in RETRYABLE_ERRORS:
        sentence = f"{description}: {error.status} with Retry-After."
        yield ScenarioKind(name, sentence, f"{name}(retry_after=5)", (RETRY_AFTER,), _with_retry_after(error), RESPONSE)


def _reset(_given: ScenarioArguments) -> Effect:
    return lambda _inner: lambda _gateway, _outer: reset


def with_fault(name: str) -> Callable[[ScenarioArguments], Effect]:
    return lambda _given: respond_with(Fault(name, FaultCause.VENDOR))


def _slow_body(arguments: ScenarioArguments) -> Effect:
    parse_duration(arguments[TIME.name])  # before any request
    return respond_with(Fault("slow-body", FaultCause.VENDOR, ((TIME.name, arguments[TIME.name]),)))


def respond_with(fault: Fault) -> Effect:
    """The right response is made, and sent with the fault."""

    def apply(inner: Build) -> Build:
        def build(gateway: Gateway, outer: GatewayChange) -> ASGIApp:
            app = inner(gateway, outer)

            async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
                right = await collect_response(app, scope, receive)
                await (effect(fault, right) or right)(scope, receive, send)

            return faulty

        return build

    return apply


def rejecting(error: ErrorResponse) -> Callable[[ScenarioArguments], Effect]:
    return lambda _given: reject_with(error)


def _with_retry_after(error: ErrorResponse) -> Callable[[ScenarioArguments], Effect]:
    def apply(arguments: ScenarioArguments) -> Effect:
        seconds = arguments[RETRY_AFTER.name].removesuffix("s")
        if seconds == "none":
            return reject_with(error)
        if not seconds.isdecimal():
            raise ScenarioError(
                f"{RETRY_AFTER.name} must be whole seconds or none; got {arguments[RETRY_AFTER.name]!r}"
            )
        return reject_with(replace(error, retry_after=seconds))

    return apply


def _bad_request(arguments: ScenarioArguments) -> Effect:
    known = fields(arguments.contract)
    name = dotted_path(arguments[FIELD.name]) or next(iter(known))
    if name not in known:
        raise unknown(name, list(known), f"field of {arguments.contract.name}")
    message = f"{field_sentence(arguments.contract, known[name])}."
    return reject_with(
        ErrorResponse(400, "invalid_request_error", "invalid_value", message, ".".join(tokens(known[name])))
    )


def dotted_path(written: str) -> str:
    """`/a/b` and `$.a.b` as `a.b`."""
    return written.removeprefix("$").replace("/", ".").removeprefix(".")


def fields(contract: Contract) -> Mapping[str, str]:
    """The JSON Pointers of a request's fields, by their paths with dots and by the contract's names for them."""
    parts = [part for part in contract.request.parts if part.pointer and ANY_NAME not in part.pointer]
    paths = {".".join(tokens(part.pointer)): part.pointer for part in parts}
    return paths | {part.subject: part.pointer for part in reversed(parts) if part.subject not in paths}


def field_sentence(contract: Contract, pointer: str) -> str:
    """The contract's sentence about a field that a client may have got wrong; the last constraint is the narrowest."""
    known = [one for one in contract.request.constraints.values() if one.pointer == pointer]
    unconditional = [one for one in known if one.keyword != NOT_JUDGED and one.condition is None]
    return (
        requirement(unconditional[-1]) if unconditional else f"The value of {'.'.join(tokens(pointer))} is not allowed"
    )


def reject_with(error: ErrorResponse) -> Effect:
    """Every request to the operation is rejected before it is read: nothing is generated."""

    def apply(inner: Build) -> Build:
        def build(gateway: Gateway, outer: GatewayChange) -> ASGIApp:
            own, operation, elsewhere = outer(gateway), gateway.contract.operation, inner(gateway, outer)

            async def rejected(scope: Scope, receive: Receive, send: Send) -> None:
                right = scope["path"].removeprefix(scope.get("root_path", "")) == operation.path
                app = response(own.reject(own, error)) if right else elsewhere
                await app(scope, receive, send)

            return rejected

        return build

    return apply


CHAOS = "chaos"
RATE = Parameter("rate", "0.3", "the share of requests that fail: 0 is none, 1 is all")
OF = Parameter("of", "rate-limit|server-error|reset|no-images", "scenarios to choose from, separated by |")
Compiled = Callable[[str, Contract, Mapping[str, NamedScenario]], Effect]


def chaos_kinds(compiled: Compiled) -> Iterator[GatewayScenario]:
    """`compiled` gives the effect of a scenario by its text."""

    def chaos(arguments: ScenarioArguments) -> Effect:
        return fail_at_random(_rate(arguments[RATE.name]), seed_of(arguments[SEED.name]), _choices(arguments, compiled))

    example = "chaos(rate=0.3, seed=7, of=rate-limit|server-error)"
    yield ScenarioKind(CHAOS, "Some requests fail at random.", example, (RATE, SEED, OF), chaos)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError as error:
        raise ScenarioError(f"{RATE.name} must be from 0 to 1; got {text!r}") from error
    if not 0 <= rate <= 1:
        raise ScenarioError(f"{RATE.name} must be from 0 to 1; got {text}")
    return rate


def _choices(arguments: ScenarioArguments, compiled: Compiled) -> list[tuple[str, Effect]]:
    names = split_outside_brackets(arguments[OF.name], "|")
    if CHAOS in names:
        raise ScenarioError(f"{OF.name} must not contain {CHAOS}")
    return [(name, compiled(name, arguments.contract, arguments.own)) for name in names]


def fail_at_random(rate: float, seed: str, choices: list[tuple[str, Effect]]) -> Effect:
    def effect(inner: Build) -> Build:
        def build(gateway: Gateway, outer: GatewayChange) -> ASGIApp:
            right, chance = inner(gateway, outer), random_of(seed)
            wrong = [(name, choice(inner)(gateway, outer)) for name, choice in choices]

            async def fail_by_chance(scope: Scope, receive: Receive, send: Send) -> None:
                name, app = chance.choice(wrong) if chance.random() < rate else ("nothing", right)
                report_random(scope, f"{name} goes wrong, seed={seed}")
                await app(scope, receive, send)

            return fail_by_chance

        return build

    return effect
