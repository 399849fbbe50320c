"""The bundled mock as a gateway that somebody runs: a process of its own, which calls the upstream that it is given."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.end_to_end.check_gateway import TOKEN
from tests.end_to_end.processes import listening
from tests.ports import free_port


@contextmanager
def mock_gateway(
    contract: str, folder: Path, upstream: str | None = None, authority: Path | None = None
) -> Iterator[str]:
    """The URL of the mock for a contract. It takes TOKEN alone, and calls itself where no upstream is given.

    With an authority it calls the upstream over TLS and trusts that one alone.
    """
    port = free_port()
    command = [sys.executable, "-m", "mock_server", "--port", str(port), "--contract", contract, "--token", TOKEN]
    if upstream is not None:
        command += ["--upstream-url", f"{'http' if authority is None else 'https'}://{upstream}/api/v1"]
    environment = {} if authority is None else {"SSL_CERT_FILE": str(authority)}
    with listening(command, port, folder / "mock.log", folder=folder, environment=environment):
        yield f"http://127.0.0.1:{port}/{contract}"
