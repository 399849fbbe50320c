"""Options that say how a gateway is reached, for every command that sends requests."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
PEM = click.Path(path_type=Path, dir_okay=False)


class AccessOptions(TypedDict):
    """What the user gave, by the names of the options."""

    token: str
    token_file: Path | None
    token_command: str | None
    auth: str
    ca: Path | None
    cert: Path | None
    key: Path | None
    headers: tuple[str, ...]
    image_hosts: tuple[str, ...]


class RunOptions(AccessOptions):
    """What the user gave to `run`, but for the selection of rules."""

    gateway: str | None
    contracts: tuple[str, ...]
    overlays: tuple[Path, ...]
    upstream: str | None
    report: Path | None
    strict: bool
    seed: int
    jobs: int
    budget: int | None
    timeout: float
    per_image: float
    fuzz: int | None
    fuzz_time: str | None
    require_judged: str | None


ALL_DOCUMENTED = ""
"""The value of `--require-judged` without a pattern."""

OPTIONS = (
    click.option("--token", envvar="GATEWAY_TOKEN", default="", help="Token for the gateway; better: GATEWAY_TOKEN."),
    click.option("--token-file", type=PEM, help="File that holds the token."),
    click.option("--token-command", metavar="CMD", help='Command that prints the token, or {"token": ...}.'),
    click.option(
        "--auth",
        metavar="SCHEME",
        default="bearer",
        show_default=True,
        help="bearer, basic (the token is user:password), or the name of the header that carries the token.",
    ),
    click.option("--ca", type=PEM, help="PEM file of certificate authorities to trust, too."),
    click.option("--cert", type=PEM, help="PEM file of the certificate to present to the gateway."),
    click.option("--key", type=PEM, help="PEM file of the certificate's private key."),
    click.option("--header", "headers", multiple=True, metavar='"NAME: VALUE"', help="Header of every request."),
    click.option(
        "--allow-image-host",
        "image_hosts",
        multiple=True,
        metavar="HOST",
        help="Host that links to images may name though its address is private.",
    ),
)


def access_options(command: Command) -> Command:
    """Add the options, whose values make up AccessOptions."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command
