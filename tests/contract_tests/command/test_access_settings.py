"""How a gateway is reached is said by options; what is wrong with them is said before anything is sent."""

import base64
import shlex
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from contract_tests.client.access import Access, tls_context
from contract_tests.client.reach import Wait
from contract_tests.command import option_table
from contract_tests.command.cli import main
from contract_tests.command.option_values import Values, resolve
from contract_tests.command.run_settings import access_of, settings_of, tokens_of
from contract_tests.command.secret_reading import read_secret
from contract_tests.command.secret_source import secret_source
from contract_tests.settings import Settings, SettingsError, checked
from gateway_contract.traffic.exchange import Credential
from tests.contract_tests.gateways import TOKEN, as_json, replying

SETTINGS = Settings("powerbuyin", "https://127.0.0.1:1", TOKEN)


def printing(text: str) -> str:
    """A command that prints a text."""
    return shlex.join([sys.executable, "-c", f"print({text!r})"])


def values(*, environment: Mapping[str, str] | None = None, **typed: object) -> Values:
    return resolve(typed, environment or {})


def with_access(access: Access) -> Settings:
    return replace(SETTINGS, access=access)


@pytest.mark.parametrize("printed", ["sk-printed", '{"token": "sk-printed", "expires_in": 60}'])
def test_a_command_prints_the_token(printed: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(printed, "utf-8")
    given = values(token_command="cat token").given["token"].value
    assert read_secret(secret_source(given, tmp_path), "token") == "sk-printed"
    environment = {"CHECK_GATEWAY_TOKEN": "sk-other"}
    assert tokens_of(values(token_command=printing(printed), environment=environment)).current == "sk-printed"


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("false", "ended with 1"),
        ("./no-such-command", "cannot be run"),
        (printing('{"secret": "s3cret"}'), "must print a token"),
        (printing('{"token": "s3cret", "expires_in": "soon"}'), "must print expires_in as seconds above 0"),
        (printing('{"token": "s3cret", "expires_in": 0}'), "must print expires_in as seconds above 0"),
        ("sleep 9", "printed no token within 0.1 s"),
    ],
)
def test_a_command_that_prints_no_token_is_an_error(command: str, problem: str) -> None:
    source = values(token_command=command)[option_table.TOKEN]
    with pytest.raises(SettingsError, match=f"--token-command: the command {problem}") as caught:
        read_secret(source, "--token-command", 0.1 if command.startswith("sleep") else 10)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("command", ["'s3cret", " "])
def test_a_command_without_words_is_an_error(command: str) -> None:
    with pytest.raises(SettingsError, match=r"^--token-command must be \{env: NAME\}, .*") as caught:
        values(token_command=command)
    assert "s3cret" not in str(caught.value)


def test_a_file_holds_the_token(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("sk-of-the-file\n", "utf-8")
    assert tokens_of(values(token_file=str(file))).current == "sk-of-the-file"
    with pytest.raises(SettingsError, match=r"--token-file must be a readable file; got .*: No such file"):
        tokens_of(values(token_file=str(tmp_path / "other")))


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(SettingsError, match=r"^token: the variable NOT_SET_ANYWHERE is not set$"):
        read_secret(secret_source({"env": "NOT_SET_ANYWHERE"}, Path()), "token")


@pytest.mark.parametrize(
    "written", ["X-Tenant", ": blue", "X Tenant: blue", "X-Tenant: a\nb", "Host: x", "authorization: x"]
)
def test_a_header_that_cannot_be_sent_is_an_error(written: str) -> None:
    with pytest.raises(SettingsError, match=r"^--header must"):
        access_of(values(headers=(written,)), None)


@pytest.mark.parametrize("option", ["ca", "certificate"])
def test_a_file_that_is_no_certificate_is_named(option: str, tmp_path: Path) -> None:
    file = tmp_path / "any.pem"
    access = replace(Access(), **{option: file})  # type: ignore[arg-type] # two fields of one type
    with pytest.raises(SettingsError, match=r"names .*any\.pem, which does not exist"):
        checked(with_access(access))
    file.write_text("nothing", "utf-8")
    with pytest.raises(SettingsError, match=r"must be .*PEM file.*; got .*any\.pem"):
        checked(with_access(access))


def test_a_variable_that_names_no_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    tls_context.cache_clear()
    monkeypatch.setenv("SSL_CERT_FILE", "ca.pem")
    with pytest.raises(SettingsError, match=r"^SSL_CERT_FILE names ca\.pem, which does not exist\.$"):
        checked(SETTINGS)


def test_basic_sends_user_and_password() -> None:
    access = Access(scheme="basic")
    ((name, value),) = access.authorization(Credential.RIGHT, "user:password")
    assert (name, value) == ("Authorization", f"Basic {base64.b64encode(b'user:password').decode()}")
    assert access.authorization(Credential.EMPTY, "user:password") == (("Authorization", "Basic"),)
    with pytest.raises(SettingsError, match="must be user:password"):
        checked(with_access(access))


def test_a_header_carries_the_token() -> None:
    access = Access(scheme="X-Api-Key")
    assert access.authorization(Credential.RIGHT, TOKEN) == (("X-Api-Key", TOKEN),)
    assert access.authorization(Credential.MISSING, TOKEN) == ()


def test_a_run_sends_the_headers_and_writes_no_secret(tmp_path: Path) -> None:
    secret = "signature-of-the-tenant"
    options = ("--auth", "X-Api-Key", "--header", "X-Tenant: blue", "--header", f"X-Sig: {secret}", "-k", "seed")
    seen: list[Headers] = []

    def refuse(request: Request, _content: bytes) -> Response:
        seen.append(request.headers)
        return as_json({"error": {"message": f"unknown {secret}, {TOKEN}"}}, 422)

    with replying(refuse) as gateway:
        result = CliRunner().invoke(
            main,
            ["run", "--gateway", gateway.url, "--contract", "powertokens", "--report", str(tmp_path), *options],
            env={"GATEWAY_TOKEN": TOKEN},
        )
    headers = seen[0]
    assert (headers["x-api-key"], headers["x-tenant"], headers["x-sig"]) == (TOKEN, "blue", secret)
    assert "authorization" not in headers
    written = result.output + "".join(path.read_text("utf-8") for path in tmp_path.rglob("*.*"))
    assert secret not in written
    assert TOKEN not in written


def test_the_command_says_its_version() -> None:
    assert CliRunner().invoke(main, ["--version"]).output.startswith("main 0.")


def test_the_mock_is_a_subcommand() -> None:
    assert "seed-dropped-when-falsy" in CliRunner().invoke(main, ["mock", "--list-defects"]).output


def test_a_gateway_may_be_at_a_socket_behind_a_proxy_or_still_starting() -> None:
    found = values(url="unix:/run/gw.sock", wait="/health 60s", token="sk-any-token")
    assert settings_of(found, Path("report")).access.socket == Path("/run/gw.sock")
    assert found[option_table.WAIT] == Wait(60, "/health")
    assert values(wait="1m")[option_table.WAIT] == Wait(60)
    assert access_of(values(proxy="http://proxy:3128"), None).proxy == "http://proxy:3128"


@pytest.mark.parametrize("wrong", [{"wait": "/health"}, {"wait": "soon"}, {"proxy": "proxy:3128"}, {"url": "unix:gw"}])
def test_a_way_to_a_gateway_that_cannot_be_is_an_error(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=rf"^--{'gateway' if 'url' in wrong else next(iter(wrong))} must be "):
        values(environment=None, **wrong)


def test_links_are_rewritten_and_the_upstream_has_another_base() -> None:
    found = values(images_rewrite=("http://minio:9000=http://127.0.0.1:9000",), upstream_base="/compat/v1/")
    assert access_of(found, None).rewrites == (("http://minio:9000", "http://127.0.0.1:9000"),)
    assert found[option_table.UPSTREAM_BASE] == "/compat/v1"


@pytest.mark.parametrize("rewrite", ["minio", "minio:9000=127.0.0.1:9000", "http://minio:9000=http://a/path"])
def test_a_rewriting_that_cannot_be_is_an_error(rewrite: str) -> None:
    with pytest.raises(SettingsError, match=r"^--rewrite-image-host must be like http://minio:9000=http://127"):
        values(images_rewrite=(rewrite,))
