"""Errors that every client must handle, by a gateway that is well and says no."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from gateway_contract.contract import Contract
from gateway_contract.pointer import tokens
from mock_server.gateway import Gateway, Incoming
from mock_server.refusals import Refusal
from mock_server.scenarios.kind import AppOf, Effect, Given, Kind, Parameter, unknown
from mock_server.scenarios.written import ScenarioError

RETRY_AFTER = Parameter("retry_after", "1", "seconds that the client is told to wait")


def kinds() -> Iterator[Kind]:
    yield Kind("bad-request", "A field is refused: 400.", "bad-request(field=size)", (FIELD,), _bad_request)
    for name, says, refusal in PLAIN:
        yield Kind(name, f"{says}: {refusal.status}.", name, (), _always(refusal))
    for name, says, refusal in TO_BE_TRIED_AGAIN:
        sentence = f"{says}: {refusal.status} with Retry-After."
        yield Kind(name, sentence, f"{name}(retry_after=5)", (RETRY_AFTER,), _again_after(refusal))


FIELD = Parameter("field", "", "which field is named, as a path with dots; the contract's first where left out")
MODERATED = Refusal(400, "invalid_request_error", "moderation_blocked", "The image service makes no pictures of this.")
NO_CREDIT = Refusal(402, "billing_error", "insufficient_quota", "The balance of this account is used up.")
PLAIN = (
    ("moderation", "The content is refused", MODERATED),
    (
        "unauthorized",
        "The token is refused",
        Refusal(401, "authentication_error", "invalid_api_key", "The token is not one of this gateway's."),
    ),
    ("no-credit", "The account is empty", NO_CREDIT),
    (
        "forbidden",
        "The token may not do this",
        Refusal(403, "permission_error", "permission_denied", "This token may not use this model."),
    ),
    (
        "model-not-found",
        "The model is gone",
        Refusal(404, "invalid_request_error", "model_not_found", "There is no such model, or not for this token."),
    ),
    ("server-error", "The gateway breaks", Refusal(500, "server_error", "internal_error", "Something went wrong.")),
    (
        "bad-gateway",
        "The upstream breaks",
        Refusal(502, "upstream_error", "bad_gateway", "The image service gave no usable answer."),
    ),
    (
        "gateway-timeout",
        "The upstream is too slow",
        Refusal(504, "upstream_error", "gateway_timeout", "The image service did not answer in time."),
    ),
)
TO_BE_TRIED_AGAIN = (
    (
        "rate-limit",
        "Too many requests",
        Refusal(429, "rate_limit_error", "rate_limit_exceeded", "Too many requests; try again later."),
    ),
    (
        "unavailable",
        "Down for a while",
        Refusal(503, "server_error", "service_unavailable", "The service is overloaded; try again later."),
    ),
)


def _always(refusal: Refusal) -> Callable[[Given], Effect]:
    return lambda _given: refusing(refusal)


def _again_after(refusal: Refusal) -> Callable[[Given], Effect]:
    def effect(given: Given) -> Effect:
        seconds = given[RETRY_AFTER.name].removesuffix("s")
        if not seconds.isdecimal():
            raise ScenarioError(f"{RETRY_AFTER.name} is whole seconds, not {given[RETRY_AFTER.name]!r}")
        return refusing(replace(refusal, retry_after=seconds))

    return effect


def _bad_request(given: Given) -> Effect:
    known = fields(given.contract)
    name = given[FIELD.name] or known[0]
    if name not in known:
        raise unknown(name, known, f"field of {given.contract.name}")
    message = f"The value of {name} is not allowed."
    return refusing(Refusal(400, "invalid_request_error", "invalid_value", message, name))


def fields(contract: Contract) -> list[str]:
    """The fields of a request, as paths with dots."""
    paths = (".".join(tokens(part.pointer)) for part in contract.request.parts)
    return list(dict.fromkeys(path for path in paths if path and "*" not in path))


def refusing(refusal: Refusal) -> Effect:
    """Before anything is looked at: nothing is generated."""

    def refuse_all(_gateway: Gateway, _incoming: Incoming) -> Refusal:
        return refusal

    def effect(inner: AppOf) -> AppOf:
        return lambda gateway: inner(replace(gateway, authenticate=refuse_all))

    return effect
