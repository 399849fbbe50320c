"""The command behind `make mock`."""

import click

from mock_server.serving import PortInUseError


@click.command(context_settings={"show_default": True})
@click.option("--port", default=8080, type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one.")
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--contract", "contracts", multiple=True, help="Contract by name or file; several are served together.")
@click.option("--token", envvar="GATEWAY_TOKEN", help="The only token to take; any that is not empty otherwise.")
@click.option("--upstream", help="URL of an upstream to call instead of the bundled stub.")
@click.option("--upstream-key", envvar="UPSTREAM_KEY", help="The gateway's own key for that upstream.")
@click.option("--defect", metavar="NAME", help="Be broken in this way, where a contract has what it takes.")
@click.option("--defects", "listed", is_flag=True, help="List every defect by its name, and serve nothing.")
def main(
    port: int,
    host: str,
    contracts: tuple[str, ...],
    token: str | None,
    upstream: str | None,
    upstream_key: str | None,
    defect: str | None,
    listed: bool,  # noqa: FBT001 # an option
) -> None:
    """Serve image gateways by their contracts, with real images, and the upstream stub behind them."""
    from gateway_contract.document import DocumentError
    from mock_server.defects.catalogue import UnknownDefectError
    from mock_server.mock_command import listing, serve_until_stopped

    try:
        if listed:
            click.echo("\n".join(listing(contracts)))
        else:
            serve_until_stopped(host, port, contracts, token, upstream, upstream_key, defect)
    except (DocumentError, PortInUseError, UnknownDefectError) as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
