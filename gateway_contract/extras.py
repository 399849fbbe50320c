"""The extras of the distribution: what the command and the fixtures need beyond the packages that read a contract."""

from enum import StrEnum
from importlib.util import find_spec

DISTRIBUTION = "image-gateway-contract"


class Extra(StrEnum):
    """The values are names in pyproject.toml."""

    GATE = "gate"
    MOCK = "mock"
    FUZZ = "fuzz"
    TLS = "tls"


_SERVER = ("PIL", "httptools", "httpx", "jinja2", "pylopdf_fonts_zh_cn", "starlette", "uvicorn")
MODULES: dict[Extra, tuple[str, ...]] = {
    Extra.GATE: (*_SERVER, "pytest", "rich"),
    Extra.MOCK: (*_SERVER, "offapi", "watchfiles", "manimgx_fonts", "pylopdf_fonts_ko"),
    Extra.FUZZ: ("hypothesis", "schemathesis"),
    Extra.TLS: ("cryptography", "trustme"),
}
"""The modules that an extra brings. It brings uvloop besides, but not on every system."""


class MissingExtraError(ImportError):
    """What was asked for needs an extra that is not installed; says how to get it."""


def is_installed(extra: Extra) -> bool:
    """Whether all modules of an extra can be found; imports none of them."""
    return missing_module(extra) is None


def missing_module(extra: Extra) -> str | None:
    """The first module of an extra that cannot be found."""
    return next((name for name in MODULES[extra] if find_spec(name) is None), None)


def check_extras(command: str, *extras: Extra) -> None:
    """Raises MissingExtraError unless every module of these extras can be found."""
    missing = next((name for name in map(missing_module, extras) if name), None)
    if missing is not None:
        raise MissingExtraError(missing_extra(missing, command, *extras))


def missing_extra(module: str, command: str, *extras: Extra) -> str:
    """What to do where a module of these extras is missing."""
    return f"{module} is not installed. Run: uvx --from '{DISTRIBUTION}[{','.join(extras)}]' {command}"
