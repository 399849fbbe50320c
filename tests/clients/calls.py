"""What clients ask of the mock, and what they are told when it fails: one table, so that all are told the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gateway_contract.values.json_value import Json

TOKEN = "sk-right"
QWEN = "qwen-image-2.0-pro"
TEXT = "灯塔 at dusk"
GENERATIONS = "/images/generations"
CONTRACTS = ("powertokens", "powerbuyin")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a gateway. `fields` come on top of its model and its prompt, which is `text`."""

    contract: str
    text: str = TEXT
    fields: Mapping[str, Json] = field(default_factory=dict)
    key: str = TOKEN
    method: str = "post"
    path: str = GENERATIONS
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """The path that SDKs take for the gateway's."""
        return f"/{self.contract}/v1"

    @property
    def body(self) -> dict[str, Json]:
        return {"model": QWEN, **prompt(self.contract, self.text), **self.fields}

    def job(self, mock: str, seconds: float = 30) -> dict[str, Any]:
        """As JavaScript takes it."""
        return {
            "base": mock + self.base,
            "key": self.key,
            "method": self.method,
            "path": self.path,
            "body": self.body if self.method == "post" else None,
            "headers": dict(self.headers),
            "milliseconds": seconds * 1000,
        }


def prompt(contract: str, text: str) -> dict[str, Json]:
    """The prompt as each contract takes it: flat or nested."""
    if contract == "powertokens":
        return {"prompt": text}
    return {"input": {"messages": [{"role": "user", "content": [{"text": text}]}]}}


@dataclass(frozen=True, slots=True)
class Told:
    """What a client is told of a failure. `errors` names the SDK's exception and those that it is a kind of."""

    errors: frozenset[str]
    status: int | None
    code: str | None
    param: str | None
    retry_after: str | None

    @property
    def facts(self) -> tuple[int | None, str | None, str | None, str | None]:
        return self.status, self.code, self.param, self.retry_after


@dataclass(frozen=True, slots=True)
class Failing:
    """A way in which a call fails. `error` is the exception, of one name in Python and in JavaScript."""

    name: str
    status: int
    error: str
    code: str
    spoil: Callable[[Call], Call]
    param: str | None = None
    retry_after: str | None = None

    @property
    def facts(self) -> tuple[int, str, str | None, str | None]:
        return self.status, self.code, self.param, self.retry_after


def played(failure: str) -> Callable[[Call], Call]:
    """A call whose prompt names a failure, which the upstream plays."""
    return lambda call: replace(call, text=f"{call.text} [{failure}]")


def in_scenario(scenario: str) -> Callable[[Call], Call]:
    """A call that asks the mock to misbehave."""
    return lambda call: replace(call, headers={**call.headers, "X-Mock-Scenario": scenario})


REFUSED = (
    Failing(
        name="a value out of range",
        status=400,
        error="BadRequestError",
        code="invalid_value",
        param="n",
        spoil=lambda call: replace(call, fields={**call.fields, "n": 7}),
    ),
    Failing(
        name="a wrong token",
        status=401,
        error="AuthenticationError",
        code="invalid_api_key",
        spoil=lambda call: replace(call, key="sk-wrong"),
    ),
    Failing(
        name="another path",
        status=404,
        error="NotFoundError",
        code="unknown_url",
        spoil=lambda call: replace(call, path="/files", method="get"),
    ),
    Failing(
        name="another method",
        status=405,
        error="APIError",
        code="method_not_allowed",
        spoil=lambda call: replace(call, method="get"),
    ),
)
UPSTREAM_FAILED = (
    Failing(
        name="moderation",
        status=400,
        error="BadRequestError",
        code="DataInspectionFailed",
        spoil=played("moderation"),
    ),
    Failing(
        name="too many requests",
        status=429,
        error="RateLimitError",
        code="rate_limit_exceeded",
        retry_after="2",
        spoil=played("rate-limit(retry_after=2)"),
    ),
    Failing(
        name="the upstream broke",
        status=502,
        error="InternalServerError",
        code="bad_gateway",
        spoil=played("server-error"),
    ),
    Failing(
        name="the upstream hung up",
        status=502,
        error="InternalServerError",
        code="bad_gateway",
        spoil=played("reset"),
    ),
)
SCENARIOS: tuple[Failing, ...] = ()
"""Failures that are asked for by the name of a scenario: `spoil=in_scenario(name)`."""

FAILING = (*REFUSED, *UPSTREAM_FAILED, *SCENARIOS)
