"""What a user asks a run for."""

from dataclasses import dataclass, field
from pathlib import Path

from contract_tests.chance import Confidence
from contract_tests.client.access import Access, AccessError, tls_context
from contract_tests.client.limits import SLOW_SECONDS, Limits
from contract_tests.client.reach import BASIC, Wait, upstream_problem, url_problem
from contract_tests.client.tokens import Tokens
from contract_tests.results import UsedOption
from contract_tests.waivers import Waiver
from gateway_contract.extras import DISTRIBUTION, Extra, MissingExtraError, check_extras, is_installed

MAX_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class Settings:
    """`gateway` None means the bundled mock; `upstream` is where the suite listens as the upstream, as host:port."""

    contract: str
    gateway: str | None = None
    token: str = field(default="", repr=False)
    upstream: str | None = None
    overlays: tuple[Path, ...] = ()
    report: Path = Path("report")
    strict: bool = False
    seed: int = 1
    jobs: int = 8
    strength: int = 2  # of how many fields every combination of values is sent, where the upstream is observed
    budget: int | None = None  # images
    confidence: Confidence | None = None  # with which rare faults are excluded by repeated requests
    fuzz: int = 0  # random requests of each property, on top of the plan
    fuzz_seconds: float = 0.0  # for which fuzzing goes on, round after round
    slow_upstream: float = SLOW_SECONDS
    limits: Limits = field(default_factory=Limits)
    max_seconds: float = MAX_SECONDS  # for the whole run
    interval: float = 0.0  # seconds at least from the start of a request to that of the next
    access: Access = field(default_factory=Access)
    require_judged: str | None = None  # a pattern of ids of rules that must pass or fail; "" for all documented ones
    name: str = ""  # of the gateway in the configuration
    options: tuple[UsedOption, ...] = ()  # what all of this came from
    upstream_base: str | None = None  # path before the upstream's own; None for its document's
    upstream_tls: bool = False  # serve as the upstream with a certificate of an authority of our own
    upstream_names: tuple[str, ...] = ()  # that this certificate is for, beside the host and localhost
    wait: Wait | None = None  # until the gateway can be used
    waivers: tuple[Waiver, ...] = ()
    tokens: Tokens | None = None  # where more of them can be had; `token` is the first

    def home(self, contract: str) -> Path:
        """The folder of what is kept about one contract."""
        return self.report / self.name / contract

    @property
    def secrets(self) -> list[str]:
        """What must not be written anywhere."""
        issued = [self.token, *(self.tokens.issued if self.tokens is not None else ())]
        return [secret for token in dict.fromkeys(issued) for secret in self.access.secrets(token)]


FUZZ = 50


def fuzz_examples(requested: int | None, time: float | None, gateway: str | None, upstream: str | None) -> int:
    """How many random requests of each property a run sends: as many as were requested, or the default.

    None to the bundled mock: that run is the gate of this repository, finite and quick. None without an upstream of
    ours: there somebody pays for every image. A time for fuzzing asks for it.
    """
    if requested is not None:
        return requested
    if time is not None:
        return FUZZ
    return FUZZ if gateway is not None and upstream is not None and is_installed(Extra.FUZZ) else 0


class SettingsError(Exception):
    """Settings that make no sense; says what to give instead."""


def checked(settings: Settings) -> Settings:
    """The settings as they are. Raises SettingsError, also for an extra that they need and is not installed."""
    try:
        check_extras("check-gateway run", *needed_extras(settings))
    except MissingExtraError as error:
        raise SettingsError(str(error)) from error
    if settings.gateway is not None:
        if problem := url_problem(settings.gateway):
            raise SettingsError(f"--gateway {problem}")
        _check_token(settings.token)
        _check_access(settings)
    if settings.upstream is not None and (problem := upstream_problem(settings.upstream)):
        raise SettingsError(f"--upstream {problem}")
    if settings.upstream_tls and settings.gateway is not None and settings.upstream is None:
        raise SettingsError("--upstream-tls needs --upstream")
    if settings.upstream_names and not settings.upstream_tls:
        raise SettingsError("--upstream-name needs --upstream-tls")
    return settings


def needed_extras(settings: Settings) -> list[Extra]:
    """The extras that a run with these settings needs."""
    optional = ((Extra.FUZZ, settings.fuzz > 0), (Extra.TLS, settings.upstream_tls))
    return [Extra.GATE, *(extra for extra, is_needed in optional if is_needed)]


def without_fuzzing(settings: Settings) -> tuple[str, ...]:
    """A note where a run sends no random requests because the extra for them is not installed."""
    usual = settings.gateway is not None and settings.upstream is not None
    if not usual or settings.fuzz or is_installed(Extra.FUZZ):
        return ()
    return (f"no random requests were sent; {DISTRIBUTION}[{Extra.GATE},{Extra.FUZZ}] has what makes them",)


def without_gateway(settings: Settings) -> tuple[str, ...]:
    """A note that a run tells nothing about a gateway of the user's."""
    return () if settings.gateway is not None else ("no gateway was named: this run tested the bundled mock",)


def _check_token(token: str) -> None:
    if not token:
        raise SettingsError("No token. Set GATEWAY_TOKEN.")
    if token != token.strip() or not token.isprintable():
        raise SettingsError("GATEWAY_TOKEN must not begin or end with white space, or contain a line break")


def _check_access(settings: Settings) -> None:
    access = settings.access
    if access.key is not None and access.certificate is None:
        raise SettingsError("--key needs --cert")
    if access.socket is not None and access.proxy is not None:
        raise SettingsError("--proxy must not be given with a gateway at a Unix socket")
    if access.scheme == BASIC and ":" not in settings.token:
        raise SettingsError("with --auth basic the token must be user:password")
    try:
        tls_context(access)
    except AccessError as error:
        raise SettingsError(str(error)) from error
