"""Every option that says how a gateway is judged: the one table of options, variables and keys of the configuration.

An option added here is also `CHECK_GATEWAY_<KEY>` in the environment, a key of gateway.yaml and a row of `options` in
report.json. A dot in a key is a level of the file: `limits.answer`. What remains is to use it, by `values[OPTION]` in
run_settings, to write contract_tests/schemas/gateway.schema.json again, as its test says, and a recipe in docs/ci.md.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from contract_tests.client.reach import BEARER, Wait
from contract_tests.command.option_forms import (
    ADDRESS,
    CONTRACTS,
    PATH,
    PATTERN,
    RATES,
    SCHEME,
    SWITCH,
    TEXT,
    URL,
    Form,
    durations,
    integers,
    percentages,
    several,
)
from contract_tests.command.reach_forms import BASE, HOST, ORIGINS, TLS
from contract_tests.command.reach_forms import PROXY as PROXY_ADDRESS
from contract_tests.command.reach_forms import WAIT as WAIT_FOR
from contract_tests.command.secret_forms import HEADERS, SECRET, command_source, file_source
from contract_tests.command.secret_source import SecretSource
from gateway_contract.traffic.curl import VARIABLE
from gateway_contract.values.json_value import Json

T = TypeVar("T")
PREFIX = "CHECK_GATEWAY_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One option of the command. `of_texts` stands in for that of the form."""

    name: str
    key: str
    help: str
    metavar: str = ""
    of_texts: Callable[[Sequence[str]], Json] | None = None

    @property
    def parameter(self) -> str:
        """Its name in the code of a command."""
        return self.key.replace(".", "_")

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return PREFIX + self.parameter.upper()


@dataclass(frozen=True, kw_only=True, eq=False)
class Option(Generic[T]):
    """`built_in` is what holds where nobody gives it, as the configuration would say it; None for no value.

    Of a secret only the origin is reported. `in_rerun`: also an option of `check-gateway rerun`.
    """

    key: str
    form: Form[Any]
    flags: tuple[Flag, ...]
    built_in: Json = None
    secret: bool = False
    in_rerun: bool = False
    in_defaults: bool = True


def _flag(name: str, key: str, told: str, metavar: str = "") -> tuple[Flag]:
    return (Flag(name=name, key=key, help=told, metavar=metavar),)


URL_OF_GATEWAY = Option[str | None](
    key="url",
    form=URL,
    flags=_flag("--gateway", "url", "URL of the gateway, before the contract's path.", "URL"),
    in_rerun=True,
    in_defaults=False,
)
CONTRACT = Option[tuple[str, ...]](
    key="contract",
    form=CONTRACTS,
    flags=_flag("--contract", "contract", "Name or file of a contract. [both, for the bundled mock]", "NAME"),
    built_in=[],
    in_rerun=True,
)
OVERLAYS = Option[tuple[Path, ...]](
    key="overlays",
    form=several(PATH),
    flags=_flag("--overlay", "overlays", "OpenAPI Overlay to apply.", "FILE"),
    built_in=[],
    in_rerun=True,
)
AUTH = Option[str](
    key="auth",
    form=SCHEME,
    flags=_flag(
        "--auth",
        "auth",
        "bearer, basic (the token is user:password), or the name of the header that carries the token.",
        "SCHEME",
    ),
    built_in=BEARER,
    in_rerun=True,
)
TOKEN = Option[SecretSource](
    key="token",
    form=SECRET,
    flags=(
        Flag(name="--token", key="token", help=f"Token for the gateway; better: {VARIABLE} in the environment."),
        Flag(
            name="--token-file",
            key="token.file",
            help="File that holds the token.",
            metavar="FILE",
            of_texts=file_source,
        ),
        Flag(
            name="--token-command",
            key="token.command",
            help='Command that prints the token, or {"token": ..., "expires_in": seconds}.',
            metavar="CMD",
            of_texts=command_source,
        ),
    ),
    built_in={"env": VARIABLE},
    secret=True,
    in_rerun=True,
)
HEADER = Option[tuple[tuple[str, SecretSource], ...]](
    key="headers",
    form=HEADERS,
    flags=_flag("--header", "headers", "Header of every request.", '"NAME: VALUE"'),
    built_in={},
    secret=True,
    in_rerun=True,
)
CA = Option[Path | None](
    key="tls.ca",
    form=PATH,
    flags=_flag("--ca", "tls.ca", "PEM file of certificate authorities to trust, too.", "FILE"),
    in_rerun=True,
)
CERTIFICATE = Option[Path | None](
    key="tls.cert",
    form=PATH,
    flags=_flag("--cert", "tls.cert", "PEM file of the certificate to present to the gateway.", "FILE"),
    in_rerun=True,
)
KEY = Option[Path | None](
    key="tls.key",
    form=PATH,
    flags=_flag("--key", "tls.key", "PEM file of the certificate's private key.", "FILE"),
    in_rerun=True,
)
PROXY = Option[str | None](
    key="proxy",
    form=PROXY_ADDRESS,
    flags=_flag("--proxy", "proxy", "Proxy to the gateway; env: as HTTPS_PROXY and NO_PROXY say.", "URL"),
    secret=True,
    in_rerun=True,
)
WAIT = Option[Wait | None](
    key="wait",
    form=WAIT_FOR,
    flags=_flag("--wait", "wait", 'Wait until the gateway responds; "/health 60s": until it does with 2xx.', "60s"),
)
UPSTREAM = Option[str | None](
    key="upstream.listen",
    form=ADDRESS,
    flags=_flag("--upstream", "upstream.listen", "Listen here as the upstream that the gateway calls.", "HOST:PORT"),
    in_rerun=True,
)
UPSTREAM_BASE = Option[str | None](
    key="upstream.base",
    form=BASE,
    flags=_flag("--upstream-base", "upstream.base", "Path before the upstream's own. [its document's]", "/api/v1"),
    in_rerun=True,
)
UPSTREAM_TLS = Option[bool](
    key="upstream.tls",
    form=TLS,
    flags=_flag("--upstream-tls", "upstream.tls", "self-signed: HTTPS as the upstream; see ca.pem in the report."),
    in_rerun=True,
)
UPSTREAM_NAMES = Option[tuple[str, ...]](
    key="upstream.names",
    form=several(HOST),
    flags=_flag("--upstream-name", "upstream.names", "Host by which the gateway calls the upstream over TLS.", "HOST"),
    built_in=[],
    in_rerun=True,
)
IMAGE_HOSTS = Option[tuple[str, ...]](
    key="images.allow",
    form=several(TEXT),
    flags=_flag(
        "--allow-image-host",
        "images.allow",
        "Host that links to images may name though its address is private.",
        "HOST",
    ),
    built_in=[],
    in_rerun=True,
)
REWRITES = Option[Mapping[str, str]](
    key="images.rewrite",
    form=ORIGINS,
    flags=_flag(
        "--rewrite-image-host",
        "images.rewrite",
        "Fetch images that links place at the first origin from the second.",
        "URL=URL",
    ),
    built_in={},
    in_rerun=True,
)
ANSWER = Option[float](
    key="limits.answer",
    form=durations(0.1),
    flags=_flag("--timeout", "limits.answer", "Time for one response.", "60s"),
    built_in="60s",
)
PER_IMAGE = Option[float](
    key="limits.per_image",
    form=durations(),
    flags=_flag("--per-image", "limits.per_image", "More time for each image requested.", "30s"),
    built_in="30s",
)
SLOW_UPSTREAM = Option[float](
    key="upstream.slow",
    form=durations(),
    flags=_flag(
        "--slow-upstream", "upstream.slow", "Time that one upstream call and one image take on purpose.", "12s"
    ),
    built_in="12s",
)
BUDGET = Option[int | None](
    key="limits.budget",
    form=integers(1),
    flags=_flag("--budget", "limits.budget", "Maximum number of images to request. [100 without --upstream]", "N"),
)
MAX_TIME = Option[float | None](
    key="limits.max_time",
    form=durations(0.1),
    flags=_flag("--max-time", "limits.max_time", "Stop the run after this time. [30m, and --fuzz-time on top]", "30m"),
)
RATE = Option[float | None](
    key="limits.rate",
    form=RATES,
    flags=_flag("--rate", "limits.rate", "Maximum number of requests per second, or per minute: 30/m.", "5/s"),
)
STRICT = Option[bool](
    key="strict",
    form=SWITCH,
    flags=_flag("--strict", "strict", "Fail the run for expected rules too."),
    built_in=False,
)
REQUEST_SEED = Option[int](
    key="seed",
    form=integers(0),
    flags=_flag("--seed", "seed", "The same seed sends the same requests.", "N"),
    built_in=1,
)
STRENGTH = Option[int](
    key="strength",
    form=integers(2, 3),
    flags=_flag("--strength", "strength", "Send every valid pair (2) or triple (3) of values; with --upstream.", "N"),
    built_in=2,
)
JOBS = Option[int](
    key="jobs",
    form=integers(1, 256),
    flags=_flag("--jobs", "jobs", "Requests to send at once.", "N"),
    built_in=8,
)
CONFIDENCE = Option[float | None](
    key="confidence",
    form=percentages(50),
    flags=_flag("--confidence", "confidence", "Repeat requests until rare faults are excluded; with --upstream.", "99"),
)
RARE = Option[float](
    key="rare",
    form=percentages(0.5),
    flags=_flag("--rare", "rare", "Share of the calls in which a fault shows that --confidence excludes.", "5%"),
    built_in="5%",
)
FUZZ = Option[int | None](
    key="fuzz",
    form=integers(0),
    flags=_flag("--fuzz", "fuzz", "Random requests of each kind. [50 with --gateway and --upstream, or 0]", "N"),
)
FUZZ_TIME = Option[float | None](
    key="fuzz_time",
    form=durations(),
    flags=_flag("--fuzz-time", "fuzz_time", "Keep fuzzing for this long, with a new seed in each round.", "10m"),
)
WAIVERS = Option[Path | None](
    key="waivers",
    form=PATH,
    flags=_flag("--waivers", "waivers", "YAML file of known failures that are accepted until a day.", "FILE"),
)
REQUIRE_JUDGED = Option[str | None](
    key="require_judged",
    form=PATTERN,
    flags=_flag(
        "--require-judged",
        "require_judged",
        "Exit with 3 if a rule that matches GLOB gets no verdict. [without GLOB: all documented rules]",
        "[GLOB]",
    ),
)

TABLE: tuple[Option[Any], ...] = tuple(found for found in vars().values() if isinstance(found, Option))
"""All of the above, in their order."""


def secret_variables() -> list[str]:
    """The variables that may hold a secret."""
    return [VARIABLE, *(flag.variable for option in TABLE if option.secret for flag in option.flags)]
