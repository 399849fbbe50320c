"""`check-gateway rerun` takes the options that `run` would take for the gateway of the report."""

from dataclasses import replace
from pathlib import Path

import pytest

from contract_tests.client.access import Access
from contract_tests.command.configuration import Configuration, find_configuration
from contract_tests.command.rerun_command import rerun_settings, rerun_values
from contract_tests.settings import Settings, SettingsError
from contract_tests.stored_exchange import StoredError, StoredExchange
from tests.contract_tests.report_examples import asking

HERE, ELSEWHERE = "http://127.0.0.1:3000", "https://gw.example.com"
CONFIGURATION = """
defaults: {token: {env: ANY}, upstream: {listen: "127.0.0.1:9900"}, contract: [powertokens, powerbuyin]}
gateways:
  staging:
    url: https://gw.example.com/team
    headers: {X-Tenant: blue}
    auth: basic
    proxy: http://proxy:3128
  socket: {url: "unix:/run/gw.sock"}
"""


@pytest.fixture
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configuration:
    monkeypatch.setenv("ANY", "user:password")
    (tmp_path / "gateway.yaml").write_text(CONFIGURATION)
    return find_configuration(tmp_path / "gateway.yaml")


def stored(gateway: str = HERE, name: str = "", contract: str = "powerbuyin") -> StoredExchange:
    return StoredExchange({"upstream_address": "127.0.0.1:1"}, asking(), gateway, contract, {}, frozenset(), name)


def settings(found: StoredExchange, configuration: Configuration, **typed: str) -> Settings:
    return rerun_settings(found, rerun_values(found, configuration, typed, {}))


def test_the_configuration_of_the_reports_gateway_holds(configuration: Configuration) -> None:
    found = settings(stored(ELSEWHERE, "staging"), configuration)
    assert found.gateway == "https://gw.example.com/team"
    assert (found.contract, found.token, found.upstream) == ("powerbuyin", "user:password", "127.0.0.1:9900")
    assert found.access == Access(headers=(("X-Tenant", "blue"),), scheme="basic", proxy="http://proxy:3128")


def test_an_option_comes_before_the_configuration(configuration: Configuration) -> None:
    found = settings(
        stored(ELSEWHERE, "staging"), configuration, url=HERE, upstream_listen="127.0.0.1:2", auth="bearer"
    )
    assert (found.gateway, found.upstream, found.access.scheme) == (HERE, "127.0.0.1:2", "bearer")
    assert found.access.headers == (("X-Tenant", "blue"),)


@pytest.mark.parametrize("name", ["", "unknown"])
def test_a_gateway_without_a_configuration_gets_the_defaults_where_it_is_on_this_machine(
    name: str, configuration: Configuration
) -> None:
    found = settings(stored(HERE, name), configuration)
    assert (found.gateway, found.token, found.access) == (HERE, "user:password", Access())
    with pytest.raises(StoredError, match="a token is sent to no other machine that only a report names"):
        settings(stored(ELSEWHERE, name), configuration)


@pytest.mark.parametrize("name", ["", "socket"])
def test_a_gateway_at_a_socket_is_reached_there(name: str, configuration: Configuration) -> None:
    found = settings(stored("unix:/run/gw.sock", name), configuration)
    assert (found.gateway, found.access.socket) == ("unix:/run/gw.sock", Path("/run/gw.sock"))


def test_without_a_configuration_the_upstream_listens_where_it_did() -> None:
    assert settings(stored(), Configuration(), token="sk-any").upstream == "127.0.0.1:1"


def test_the_upstream_serves_over_tls_where_it_did() -> None:
    over_tls = replace(stored(), upstream_tls=True, upstream_names=("suite",), folder=Path("reports/staging"))
    found = settings(over_tls, Configuration(), token="sk-any")
    assert (found.upstream_tls, found.upstream_names) == (True, ("suite",))
    assert found.report / found.name == Path("reports/staging")


def test_of_several_contracts_the_reports_own_is_taken(configuration: Configuration) -> None:
    assert settings(stored(contract="powertokens"), configuration).contract == "powertokens"
    with pytest.raises(SettingsError, match=r"contract must name 'other', which the report is about"):
        settings(stored(contract="other"), configuration)
