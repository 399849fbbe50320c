"""A curl line of a report, pasted into a shell, sends what the suite sent."""

import os
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as Incoming
from starlette.responses import Response
from starlette.routing import Route

from gateway_contract.traffic.curl import curl
from gateway_contract.traffic.exchange import Credential, Request
from gateway_contract.values.json_value import ABSENT
from mock_server.serving.server import serving
from tests.contract_tests import stand_in_for_curl
from tests.contract_tests.report_examples import GATEWAY, JSON_TYPE, TOKEN, asking, carrying

pytestmark = pytest.mark.slow

STAND_IN = Path(stand_in_for_curl.__file__)
PROGRAMS = ["stand-in", *(["curl"] if shutil.which("curl") else [])]
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE"]
SHELL_TRAPS = 'it\'s $HOME `id` "quoted" \\n %s %d !! ; & | > * ~ # @file'

# What a gateway can tell from curl's own way of sending: nothing that a rule looks at.
OF_THE_SENDER = {"host", "user-agent", "accept", "accept-encoding", "content-length"}


@dataclass
class Gateway:
    """A server that keeps what arrives."""

    url: str = ""
    arrived: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: Incoming) -> Response:
        headers = {name: value for name, value in request.headers.items() if name not in OF_THE_SENDER}
        self.arrived.append((request.method, request.scope["raw_path"].decode(), headers, await request.body()))
        return Response("{}", media_type="application/json")


@pytest.fixture(scope="module")
def listening() -> Iterator[Gateway]:
    gateway = Gateway()
    app = Starlette(routes=[Route("/{path:path}", gateway.take, methods=METHODS)])
    with serving(app) as gateway.url:
        yield gateway


@pytest.fixture(params=PROGRAMS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A PATH on which there is a curl: the machine's own, where it has one, and our stand-in in any case."""
    if request.param == "curl":
        return os.environ["PATH"]
    program = tmp_path / "curl"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STAND_IN}" "$@"\n')
    program.chmod(0o700)
    return f"{tmp_path}{os.pathsep}{os.environ['PATH']}"


@dataclass
class Shell:
    """Where a line is pasted, with the token exported."""

    gateway: Gateway
    path: str

    def run(self, request: Request, *secrets: str) -> tuple[str, str, dict[str, str], bytes]:
        """What arrives when a request's line is run."""
        self.gateway.arrived.clear()
        line = curl(request, self.gateway.url, secrets)
        assert line.isprintable()
        assert TOKEN not in line
        environment = {"PATH": self.path, "GATEWAY_TOKEN": TOKEN, "LC_ALL": "C.UTF-8", "no_proxy": "*"}
        ran = subprocess.run(
            ["/bin/sh"], input=line.encode(), env=environment, capture_output=True, timeout=60, check=False
        )
        assert ran.returncode == 0, ran.stderr
        (arrived,) = self.gateway.arrived
        return arrived


@pytest.fixture
def shell(listening: Gateway, path: str) -> Shell:
    return Shell(listening, path)


def test_a_line_reads_as_one_would_type_it() -> None:
    line = curl(asking({"a": "b", "c": 0}), f"{GATEWAY}/", ())
    assert line == (
        "curl http://127.0.0.1:3000/v1/images/generations"
        " -H \"Authorization: Bearer $GATEWAY_TOKEN\" -H 'Content-Type: application/json'"
        ' -d \'{"a":"b","c":0}\''
    )


def test_the_same_request_arrives(shell: Shell) -> None:
    asked = asking({"prompt": f"雪地里的狐狸 🦊 {SHELL_TRAPS}", "seed": 0}, ("X-Trap", SHELL_TRAPS))
    method, path, headers, content = shell.run(asked)
    assert (method, path, content) == ("POST", "/v1/images/generations", asked.content)
    assert headers == {
        "authorization": f"Bearer {TOKEN}",
        "content-type": "application/json",
        "x-trap": SHELL_TRAPS,
    }


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"@name",
        b'{\n  "a": 1\r\n}\n',
        b"tab\tbell\x07escape\x1b[2J",
        b"\x00 nothing \x00001",
        bytes(range(256)),
        b"\\101 %d %% \\\\ \\c end",
        "\ufeff{}".encode(),
        "{}".encode("utf-16"),
        "right\u202eto left".encode(),
        b'"' + b"x" * 200_000 + b'"',
    ],
    ids=lambda content: repr(content[:12]),
)
def test_every_byte_of_a_body_arrives(shell: Shell, content: bytes) -> None:
    assert shell.run(carrying(content, JSON_TYPE))[3] == content


@pytest.mark.parametrize("request_path", ["/a/../b/./c", "/a?b=[1-3]&c={x,y}", "/ü b?c=%2F", "/a'b", "//a"])
def test_a_path_arrives_as_the_suite_sends_it(shell: Shell, request_path: str) -> None:
    asked = asking(path=request_path)
    wanted = request_path.replace("ü b", "%C3%BC%20b").partition("?")[0]
    assert shell.run(asked)[1] == wanted


def test_a_gateway_at_a_unix_socket_is_reached_by_its_path() -> None:
    line = curl(carrying(b"{}"), "unix:/run/my gateway.sock", ())
    assert line.startswith("curl --unix-socket '/run/my gateway.sock' http://localhost/v1/images/generations ")


def test_nothing_is_added_to_a_request_without_a_body(shell: Shell) -> None:
    for method in ("GET", "HEAD", "DELETE"):
        bare = Request(method, "/v1/models", (), b"", ABSENT, Credential.MISSING)
        assert shell.run(bare) == (method, "/v1/models", {}, b"")


def test_no_content_type_is_invented(shell: Shell) -> None:
    assert shell.run(carrying(b"{}"))[2] == {}


@pytest.mark.parametrize(
    ("credential", "value", "written"),
    [
        (Credential.EMPTY, "", "'Authorization;'"),
        (Credential.EMPTY, "Bearer", "'Authorization: Bearer'"),
        (Credential.WRONG, "Bearer not-the-token", "'Authorization: Bearer not-the-token'"),
        (Credential.OTHER_SCHEME, "Basic dXNlcjpwYXNz", "'Authorization: Basic dXNlcjpwYXNz'"),
        (Credential.OTHER_SCHEME, f"Token {TOKEN}", '"Authorization: Token $GATEWAY_TOKEN"'),
        (Credential.WRONG, f"Bearer {TOKEN}x", '"Authorization: Bearer ${GATEWAY_TOKEN}x"'),
        (Credential.RIGHT, f"bearer  {TOKEN}", '"Authorization: bearer  $GATEWAY_TOKEN"'),
        (Credential.UNKNOWN, "Bearer somebodys-own", None),
        (Credential.UNKNOWN, "Basic", "'Authorization: Basic'"),
    ],
)
def test_a_credential_is_as_right_or_wrong_as_it_was(
    shell: Shell, credential: Credential, value: str, written: str | None
) -> None:
    asked = carrying(b"{}", ("Authorization", value), JSON_TYPE, credential=credential)
    assert (written or '"Authorization: Bearer $GATEWAY_TOKEN"') in curl(asked, GATEWAY, [TOKEN])
    assert shell.run(asked, TOKEN)[2]["authorization"] == (value if written else f"Bearer {TOKEN}")


def test_a_request_without_a_credential_stays_without() -> None:
    assert "Authorization" not in curl(carrying(b"{}"), GATEWAY, ())


@pytest.mark.parametrize(
    "value",
    [f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN.upper()[1:]}", f"Basic {b64encode(f'user:{TOKEN}'.encode()).decode()}"],
)
def test_a_wrong_token_that_gives_the_right_one_away_is_not_shown(value: str) -> None:
    asked = carrying(b"{}", ("Authorization", value), credential=Credential.WRONG)
    assert "-H 'Authorization: Bearer [redacted]'" in curl(asked, GATEWAY, [TOKEN])


def test_a_token_is_nowhere_in_the_line() -> None:
    odd = 'sk-"/+é='
    asked = asking(
        {"a": f"see {TOKEN}", f"{odd}": 1},
        ("X-Note", odd),
        ("Cookie", "c00kie"),
        ("Content-Length", "2"),
        path=f"/a?key={TOKEN}&b=sk-%22%2F%2B%C3%A9%3D",
    )
    line = curl(asked, f"http://user:pass@127.0.0.1:3000/?t={TOKEN}", [TOKEN, odd])
    for secret in (TOKEN, "sk-", "c00kie", "user", "pass@", "%22%2F"):
        assert secret not in line
