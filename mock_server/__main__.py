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
def main(
    port: int, host: str, contracts: tuple[str, ...], token: str | None, upstream: str | None, upstream_key: str | None
) -> None:
    """Serve image gateways by their contracts, with real images, and the upstream stub behind them."""
    from gateway_contract.document import DocumentError  # noqa: PLC0415 # so that --help answers at once
    from mock_server.mock_command import serve_until_stopped  # noqa: PLC0415 # likewise

    try:
        serve_until_stopped(host, port, contracts, token, upstream, upstream_key)
    except (DocumentError, PortInUseError) as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
