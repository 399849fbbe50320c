"""The command behind `make mock`."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from mock_server.options import Options
from mock_server.serving.server import PortInUseError

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def web_address(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """Raises BadParameter for what nobody could call, and for a password: the console shows the URL."""
    if value is not None and "@" in value.partition("://")[2].partition("/")[0]:
        raise click.BadParameter("the URL holds a user or a password, which everybody could read; give it without")
    if value is not None and not can_be_called(value):
        raise click.BadParameter(f"{value!r} is no http:// or https:// URL")
    return value


def can_be_called(url: str) -> bool:
    try:
        found = urlsplit(url)
        return found.scheme in {"http", "https"} and bool(found.hostname) and found.port != 0
    except ValueError:  # of brackets that are not closed, and of a port beyond all ports
        return False


def some_token(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """Raises BadParameter for one that nobody can send."""
    if value is not None and not value.strip():
        raise click.BadParameter("a token has at least one character")
    return value and value.strip()


@click.command(context_settings={"show_default": True})
@click.option("--port", default=8080, type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one.")
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--contract", "contracts", multiple=True, help="Contract by name or file; several are served together.")
@click.option(
    "--token",
    envvar="GATEWAY_TOKEN",
    callback=some_token,
    help="The only token to take; any that is not empty otherwise.",
)
@click.option(
    "--mode",
    default="strict",
    type=click.Choice(["strict", "lenient", "off"]),
    help="Refuse what the contract refuses; mend it and say so; or leave it to the upstream.",
)
@click.option("--scenarios", type=FILE, help="Scenarios of yours, read anew when the file changes.")
@click.option("--images", type=FOLDER, help="Pictures of yours in place of drawn ones.")
@click.option("--recorded", type=FOLDER, help="Recorded answers, in place of made ones where their request fits.")
@click.option("--upstream", callback=web_address, help="URL of an upstream to call instead of the bundled stub.")
@click.option("--upstream-key", envvar="UPSTREAM_KEY", help="The gateway's own key for that upstream.")
@click.option(
    "--forward",
    callback=web_address,
    help="URL of a real upstream to which the stub passes calls on, and records them.",
)
@click.option("--link-key", envvar="MOCK_LINK_KEY", help="Whoever has the same serves the same links.")
@click.option("--link-seconds", default=86400, type=click.IntRange(1), help="How long links to images live.")
@click.option("--kept", default=1000, type=click.IntRange(1), help="Requests that the journal keeps.")
@click.option("--defect", metavar="NAME", help="Be broken in this way, where a contract has what it takes.")
@click.option("--defects", "listed", is_flag=True, help="List every defect by its name, and serve nothing.")
def main(**given: Any) -> None:  # noqa: ANN401 # click gives what the options above say
    """Serve image gateways by their contracts, with real images, and the upstream stub behind them."""
    from gateway_contract.document.node import DocumentError
    from mock_server.defects.catalogue import UnknownDefectError
    from mock_server.gateway.recordings import RecordedAnswersError
    from mock_server.images.user_images import CannedImagesError
    from mock_server.run import listing, serve_until_stopped

    listed = given.pop("listed")
    options = Options(**given)
    try:
        if listed:
            click.echo("\n".join(listing(options.contracts)))
        else:
            serve_until_stopped(options)
    except (DocumentError, PortInUseError, UnknownDefectError, CannedImagesError, RecordedAnswersError) as error:
        raise click.ClickException(str(error)) from error
