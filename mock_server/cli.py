"""The command behind `make mock`."""

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from click.core import ParameterSource

from gateway_contract.extras import Extra, MissingExtraError, check_extras
from mock_server.options import Options

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
VARIABLE = "GATEWAY_TOKEN"
DIRECTORY = click.Path(exists=True, file_okay=False, path_type=Path)


def check_url(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """Raises BadParameter for anything but an HTTP URL, and for a URL with credentials: the console shows the URL."""
    if value is not None and "@" in value.partition("://")[2].partition("/")[0]:
        raise click.BadParameter("the URL must not contain a user or a password: the console shows it")
    if value is not None and not is_http_url(value):
        raise click.BadParameter(f"must be an http:// or https:// URL; got {value!r}")
    return value


def check_token_file(_context: click.Context, _option: click.Parameter, path: Path | None) -> str | None:
    """The token in the file. Raises BadParameter for a file without one line of text."""
    if path is None:
        return None
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise click.BadParameter(f"{path} cannot be read") from error
    if not token or len(token.splitlines()) != 1:
        raise click.BadParameter(f"{path} must hold one line with the token")
    return token


def check_time(_context: click.Context, _option: click.Parameter, value: str | None) -> float | None:
    """A time in ISO 8601, by default in UTC, as a Unix time. Raises BadParameter for anything else."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(f"must be a time like 2026-01-01T00:00:00Z; got {value!r}") from error


def is_http_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # unclosed brackets, or a port above 65535
        return False


def check_token(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """Raises BadParameter for a blank token, which no client can send."""
    if value is not None and not value.strip():
        raise click.BadParameter("the token must not be blank")
    return value and value.strip()


def check_hosts(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Host names in lower case. Raises BadParameter for anything else, such as a URL or a name with a port."""
    for value in values:
        if not re.fullmatch(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+", value):
            raise click.BadParameter(f"must be a host name without a port, like mock.internal; got {value!r}")
    return tuple(value.lower() for value in values)


def check_origins(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Origins in lower case. Raises BadParameter for anything else, and for null, which every sandboxed page has."""
    for value in values:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#@\s]+", value):
            raise click.BadParameter(f"must be an origin, like http://localhost:5173; got {value!r}")
    return tuple(value.lower() for value in values)


@click.command(context_settings={"show_default": True})
@click.option("--port", default=8080, type=click.IntRange(0, 65535), help="Port to listen on; 0 picks a free one.")
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option(
    "--allow-host",
    "allowed_hosts",
    multiple=True,
    metavar="NAME",
    callback=check_hosts,
    help="Host name to be served under, beside those of this machine; repeat it for several.",
)
@click.option(
    "--allow-origin",
    "allowed_origins",
    multiple=True,
    metavar="ORIGIN",
    callback=check_origins,
    help="Origin of web pages that may use the admin API, such as http://localhost:5173; repeat it for several.",
)
@click.option("--contract", "contracts", multiple=True, help="Contract, by name or file; repeat it to serve several.")
@click.option("--default", metavar="NAME", help="Gateway to serve at the root, too; the only one if there is one.")
@click.option(
    "--overlay", "overlays", multiple=True, type=FILE, help="OpenAPI Overlay to apply; repeat it for several."
)
@click.option(
    "--token",
    envvar=VARIABLE,
    show_envvar=True,
    callback=check_token,
    help="The only token to accept; any non-empty token if omitted.",
)
@click.option(
    "--token-file",
    type=FILE,
    callback=check_token_file,
    help="File with the only token to accept, so that no list of processes shows it.",
)
@click.option(
    "--mode",
    default="strict",
    type=click.Choice(["strict", "lenient", "off"]),
    help="Reject invalid requests; or repair and report them; or send them upstream unchanged.",
)
@click.option(
    "--default-scenario",
    metavar="SCENARIO",
    help="Scenario of requests for which nothing else sets one, such as realistic.",
)
@click.option("--scenario-file", type=FILE, help="File with your own scenarios; reloaded when it changes.")
@click.option("--image-dir", type=DIRECTORY, help="Directory with images to serve instead of drawn ones.")
@click.option("--clean-images", is_flag=True, help="Draw images without the identity code in their corner.")
@click.option(
    "--seed", type=click.IntRange(0), help="Draw the same images for the same request, also without a seed in it."
)
@click.option(
    "--now", metavar="TIME", callback=check_time, help="Fixed time of all answers, such as 2026-01-01T00:00:00Z."
)
@click.option("--recordings", type=DIRECTORY, help="Directory with recorded responses for matching requests.")
@click.option(
    "--record",
    type=click.Path(file_okay=False, path_type=Path),
    help="Directory for what a real upstream brings, as files for --recordings; without secrets.",
)
@click.option("--upstream-url", callback=check_url, help="URL of an upstream to call instead of the bundled stub.")
@click.option(
    "--upstream-key",
    envvar="UPSTREAM_KEY",
    show_envvar=True,
    help="API key that the gateways send to that upstream.",
)
@click.option(
    "--proxy-upstream",
    callback=check_url,
    help="URL of a real upstream; the stub forwards calls to it and records them.",
)
@click.option(
    "--link-signing-key",
    envvar="MOCK_LINK_KEY",
    show_envvar=True,
    help="Mocks with the same key serve each other's image links.",
)
@click.option("--link-ttl", default=86400, type=click.IntRange(1), help="Seconds until image links expire.")
@click.option("--journal-size", default=1000, type=click.IntRange(1), help="Number of requests that the journal keeps.")
@click.option("--defect", metavar="NAME", help="Serve gateways with this defect, if the contract has a place for it.")
@click.option("--list-defects", is_flag=True, help="List all defects and exit.")
def main(*, list_defects: bool, token_file: str | None, **options: Any) -> None:  # noqa: ANN401 # click passes the options above
    """Serve mock image gateways that follow their contracts, and the upstream stub behind them."""
    with garbage_kept():
        serve(list_defects=list_defects, token_file=token_file, options=options)


@contextmanager
def garbage_kept() -> Iterator[None]:
    """Without the collector, which takes a fifth of the time to start and finds nothing: what is made then stays."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def serve(*, list_defects: bool, token_file: str | None, options: dict[str, Any]) -> None:
    try:
        check_extras("check-gateway mock", Extra.MOCK)
    except MissingExtraError as error:
        raise click.ClickException(str(error)) from error
    from gateway_contract.document.node import DocumentError
    from mock_server.defects.catalogue import UnknownDefectError
    from mock_server.faults.scenario_kind import ScenarioError
    from mock_server.gateway.recordings import RecordingError
    from mock_server.images.user_images import CannedImagesError
    from mock_server.run import defect_list, serve_until_stopped
    from mock_server.serving.server import PortInUseError
    from mock_server.upstream.client import TrustError

    from_environment = click.get_current_context().get_parameter_source("token") is ParameterSource.ENVIRONMENT
    token_source = VARIABLE if from_environment else "--token"
    if token_file is not None:
        options["token"], token_source = token_file, "--token-file"
    parsed = Options(**options, token_source=token_source)
    if parsed.record is not None:
        if parsed.proxy_upstream is None and parsed.upstream_url is None:
            raise click.UsageError("--record needs --proxy-upstream or --upstream-url: it records a real upstream")
        parsed.record.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        if list_defects:
            click.echo("\n".join(defect_list(parsed.contracts, parsed.overlays)))
        else:
            serve_until_stopped(parsed)
    except (
        DocumentError,
        PortInUseError,
        UnknownDefectError,
        ScenarioError,
        CannedImagesError,
        RecordingError,
        TrustError,
    ) as error:
        raise click.ClickException(str(error)) from error
