"""Other mock servers, each started as its users start it, with the same contract or a fixed response to its path."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL
from tempfile import TemporaryDirectory

import orjson

from benchmarks.mock_servers import LOOPBACK, ROOT, Server, UnavailableError, free_port, process, wait_for
from gateway_contract.contract.definition import Contract

FOLDER = ROOT / "build" / "servers"
PACKAGES = FOLDER / "node_modules"


@dataclass(frozen=True, slots=True)
class OtherServer:
    """A server from npm. `command` starts it on a port, and may write files into a folder that is removed later."""

    name: str
    package: str
    program: Path
    command: Callable[[Path, Contract, int, Path], list[str]]
    rejects: bool = False  # whether it validates what it is sent

    @property
    def how_to_install(self) -> str:
        return f"npm install --prefix {FOLDER.relative_to(ROOT)} {self.package}"


@contextmanager
def running(other: OtherServer, contract: Contract) -> Iterator[Server]:
    """The server with a contract. Raises UnavailableError if it is not installed or does not start."""
    found = next(iter(sorted(other.program.parent.glob(other.program.name))), None)
    if found is None:
        raise UnavailableError(f"{other.name} is not installed. To compare with it: {other.how_to_install}")
    port = free_port()
    with TemporaryDirectory() as folder:
        command = other.command(found, contract, port, Path(folder))
        try:
            with process(command, DEVNULL) as started:
                wait_for(other.name, port)
                yield Server(f"http://{LOOPBACK}:{port}", started.pid)
        except FileNotFoundError as error:
            raise UnavailableError(f"{other.name} needs {error.filename}, which is not installed") from error


def document(contract: Contract) -> str:
    return str(ROOT / "openapi" / f"{contract.name}.yaml")


def prism(program: Path, contract: Contract, port: int, _folder: Path) -> list[str]:
    return [str(program), "mock", document(contract), "--host", LOOPBACK, "--port", str(port)]


def mockoon(program: Path, contract: Contract, port: int, _folder: Path) -> list[str]:
    options = ["--port", str(port), "--hostname", LOOPBACK, "--disable-log-to-file", "--disable-admin-api"]
    return [str(program), "start", "--data", document(contract), *options]


def wiremock(program: Path, contract: Contract, port: int, folder: Path) -> list[str]:
    """A stub that answers whatever it is sent."""
    operation = contract.operation
    mapping = {
        "request": {"method": operation.method, "urlPath": operation.path},
        "response": {
            "status": 200,
            "headers": {"Content-Type": "application/json"},
            "jsonBody": {"created": 1, "data": [{"url": "http://127.0.0.1/a.png"}]},
        },
    }
    (folder / "mappings").mkdir()
    (folder / "mappings" / "operation.json").write_bytes(orjson.dumps(mapping))
    address = ["--port", str(port), "--bind-address", LOOPBACK, "--use-chunked-encoding", "never"]
    return ["java", "-jar", str(program), *address, "--root-dir", str(folder), "--max-request-journal-entries", "1000"]


BIN = PACKAGES / ".bin"
OTHERS = (
    OtherServer("Prism", "@stoplight/prism-cli@5.16.0", BIN / "prism", prism, rejects=True),
    OtherServer("WireMock", "wiremock@3.13.2", PACKAGES / "wiremock" / "build" / "*.jar", wiremock),
    OtherServer("Mockoon", "@mockoon/cli@9.9.0", BIN / "mockoon-cli", mockoon),
)
