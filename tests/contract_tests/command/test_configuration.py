"""A file names gateways; what is wrong with it is said with file, line and the nearest key, all at once."""

from pathlib import Path

import pytest

from contract_tests.command import option_table as table
from contract_tests.command.configuration import Configuration, find_configuration
from contract_tests.command.run_settings import requested_runs
from contract_tests.settings import Settings, SettingsError
from gateway_contract.document.node import DocumentError

COMPLETE = """
defaults: {jobs: 4, contract: powertokens}
gateways:
  staging:
    url: https://gw.example.com/team/gw
    contract: contracts/ours.yaml
    overlays: [overlays/plus.yaml]
    auth: {header: X-Api-Key}
    token: {file: token}
    headers: {X-Tenant: blue, X-Sig: {env: SIG}}
    upstream: {listen: "0.0.0.0:9900"}
    images: {allow: [minio, 10.0.0.0/8]}
    limits: {answer: 2m, per_image: 5, budget: 20}
    strict: true
  canary:
    url: http://127.0.0.1:3000
    token: {command: [cat, token]}
"""
TOKEN, SIGNATURE = "sk-token-of-the-file", "signature-of-the-tenant"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a configuration; the working directory is a folder in it."""
    (tmp_path / "gateway.yaml").write_text(COMPLETE, "utf-8")
    (tmp_path / "token").write_text(TOKEN, "utf-8")
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    monkeypatch.setenv("SIG", SIGNATURE)
    return tmp_path


def requested(*names: str, environment: dict[str, str] | None = None, **typed: object) -> list[Settings]:
    return requested_runs(names, find_configuration(None), typed, environment or {}, Path("report"))


def problems(path: Path, text: str) -> list[str]:
    path.write_text(text, "utf-8")
    with pytest.raises(DocumentError) as caught:
        find_configuration(path)
    return [line.removeprefix(f"{path}:") for line in str(caught.value).splitlines()]


def test_the_nearest_file_upwards_is_read_with_paths_relative_to_it(folder: Path) -> None:
    (staging,) = requested("staging")
    assert (staging.name, staging.gateway, staging.jobs) == ("staging", "https://gw.example.com/team/gw", 4)
    assert (staging.contract, staging.overlays) == ("../contracts/ours.yaml", (Path("../overlays/plus.yaml"),))
    assert (staging.token, staging.access.scheme) == (TOKEN, "X-Api-Key")
    assert staging.access.headers == (("X-Tenant", "blue"), ("X-Sig", SIGNATURE))
    assert (staging.access.image_hosts, staging.upstream) == (("minio", "10.0.0.0/8"), "0.0.0.0:9900")
    assert (staging.limits.answer, staging.limits.per_image, staging.budget, staging.strict) == (120, 5, 20, True)
    assert staging.home("ours") == Path("report/staging/ours")


def test_without_names_all_of_the_configuration_is_judged_or_the_address_that_is_given(folder: Path) -> None:
    assert [one.name for one in requested()] == ["staging", "canary"]
    assert [one.name for one in requested("canary", "staging", "canary")] == ["canary", "staging"]
    (given,) = requested(environment={"CHECK_GATEWAY_TOKEN": "sk-other-token"}, url="http://127.0.0.1:1")
    assert (given.name, given.gateway, given.jobs, given.token) == ("", "http://127.0.0.1:1", 4, "sk-other-token")
    (moved,) = requested("canary", url="http://127.0.0.1:1")
    assert (moved.name, moved.gateway, moved.token) == ("canary", "http://127.0.0.1:1", TOKEN)
    with pytest.raises(SettingsError, match=r"^--gateway must not be given with 2 gateways$"):
        requested("canary", "staging", url="http://127.0.0.1:1")


def test_without_gateways_the_defaults_hold_for_the_bundled_mock(folder: Path) -> None:
    (folder / "inner" / "gateway.yaml").write_text("defaults: {jobs: 3}", "utf-8")
    assert [(one.gateway, one.jobs, one.contract) for one in requested()] == [
        (None, 3, "powertokens"),
        (None, 3, "powerbuyin"),
    ]


def test_an_unknown_name_says_the_nearest(folder: Path) -> None:
    with pytest.raises(SettingsError, match=r"^unknown gateway 'stagin'; did you mean 'staging'\?$"):
        requested("stagin")
    with pytest.raises(SettingsError, match=r"^unknown gateway 'x'; \.\./gateway\.yaml has staging, canary$"):
        requested("x")
    with pytest.raises(SettingsError, match=r"there is no gateway\.yaml here or above"):
        Configuration().named("x")


def test_the_problems_of_all_gateways_are_stated_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIG")
    (folder / "token").unlink()
    with pytest.raises(SettingsError) as caught:
        requested()
    assert str(caught.value).splitlines() == [
        "staging: ../gateway.yaml:9: token must be a readable file; got ../token: No such file or directory",
        "canary: ../gateway.yaml:17: token: the command ended with 1",
    ]


def test_every_problem_of_a_file_has_its_line_and_the_nearest_key(tmp_path: Path) -> None:
    written = """
        defaults: {jbos: 8, url: "http://x"}
        gateways:
          staging:
            url: 127.0.0.1:3000
            token: sk-literal-secret
            tls: {cs: ca.pem}
            timeout: 3s
            ca: ca.pem
            limits: {answer: soon, budget: 0}
            jobs:
            upstream: 0.0.0.0:9900
          "a/b": {headers: {X-Sig: {envv: SIG}}}
        other: 1
    """
    assert problems(tmp_path / "gateway.yaml", written) == [
        "2: unknown key 'jbos'; did you mean 'jobs'?",
        "2: url must stand under a gateway, not under defaults",
        "5: url must be an HTTP URL; got '127.0.0.1:3000'",
        "6: token must be {env: NAME}, {file: PATH} or {command: [WORD, ...]}",
        "7: unknown key 'tls.cs'; known: tls.ca, tls.cert, tls.key",
        "8: unknown key 'timeout'; did you mean 'limits.answer'?",
        "9: unknown key 'ca'; did you mean 'tls.ca'?",
        "10: limits.answer must be a time like 90s or 10m, 0.1s at least; got 'soon'",
        "10: limits.budget must be an integer from 1; got 0",
        "11: jobs must be an integer from 1 to 256; got null",
        "12: upstream must be a mapping",
        "13: the name of a gateway must be letters, digits, '.', '_' and '-'; got 'a/b'",
        "13: headers must be mapped to text, {env: NAME}, {file: PATH} or {command: [WORD, ...]}",
        "13: gateways.a/b needs url, the address of the gateway",
        "14: unknown key 'other'; options stand under defaults or a gateway",
    ]


@pytest.mark.parametrize("nothing", ["", " {}", " null", " []", ' ""'])
def test_a_part_without_content_is_a_problem(tmp_path: Path, nothing: str) -> None:
    said = problems(tmp_path / "gateway.yaml", f"defaults:{nothing}\ngateways:{nothing}\n")
    assert "1: defaults must not be empty; leave the key out" in said
    assert "2: gateways must not be empty; name a gateway" in said


def test_a_table_without_content_is_a_problem(tmp_path: Path) -> None:
    assert problems(tmp_path / "pyproject.toml", "[tool.check-gateway]\n") == ["1: the configuration must not be empty"]
    assert problems(tmp_path / "gateway.yaml", "{}\n") == ["1: the configuration must not be empty"]


IN_TOML = """
[project]
name = "ours"

[tool.check-gateway.defaults]
jobs = 4  # of eight

[tool.check-gateway.gateways."staging"]
url = "http://127.0.0.1:3000"
contract = ["powertokens"]
limits.answer = "2m"
token = {env = "OURS"}
"""


def test_a_table_of_pyproject_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text(IN_TOML, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OURS", TOKEN)
    (found,) = requested()
    assert (found.name, found.jobs, found.limits.answer, found.token) == ("staging", 4, 120, TOKEN)


def test_problems_of_pyproject_have_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    written = IN_TOML.replace("jobs = 4", "jobs = 2020-01-01").replace('answer = "2m"', "anser = 2")
    assert problems(path, written) == [
        "6: jobs must be an integer from 1 to 256; got '2020-01-01'",
        "11: unknown key 'limits.anser'; did you mean 'limits.answer'?",
    ]
    assert problems(path, "[tool]\nx = =")[0].startswith("2: this is not valid TOML: ")
    assert problems(path, "[tool.other]") == [f"{path} has no [tool.check-gateway]"]


def test_a_pyproject_without_the_table_is_passed_over(folder: Path) -> None:
    (folder / "inner" / "pyproject.toml").write_text("[tool.other]", "utf-8")
    assert find_configuration(None).file == Path("../gateway.yaml")


def test_every_key_can_stand_under_a_gateway(tmp_path: Path) -> None:
    keys = [option.key for option in table.TABLE]
    assert len(keys) == len(set(keys))
    assert not [key for key in keys if any(other.startswith(f"{key}.") for other in keys)]
