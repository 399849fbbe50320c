"""A gateway that keeps its contract is judged alike behind a proxy, and what the proxy does is not blamed on a field.

Tests that are marked as expected failures say what a run does not do yet.
"""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.end_to_end.certificates import Certificates
from tests.end_to_end.check_gateway import Outcome, check_gateway
from tests.end_to_end.mock_gateway import mock_gateway
from tests.end_to_end.nginx import (
    BODY_LIMIT,
    CLIENT_CERTIFICATE,
    HEADERS,
    RATE_LIMIT,
    RATE_LIMIT_WITH_RETRY_AFTER,
    TIME_LIMIT,
    TLS_WITH_PREFIX,
    Site,
    nginx,
)
from tests.ports import free_port

CONTRACT = "powerbuyin"
FEW_RULES = ("-k", "seed")
WITHOUT_FAILURES = ("-k", "not upstream-failure")  # of the upstream, one of which is a long silence
FAILURES = ("-k", "upstream-failure", "--jobs", "2")
Judge: TypeAlias = Callable[..., Outcome]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of the mock as a gateway, and the one that it calls as its upstream."""
    upstream = f"127.0.0.1:{free_port()}"
    with mock_gateway(CONTRACT, tmp_path_factory.mktemp("mock"), upstream) as gateway:
        yield gateway, upstream


@pytest.fixture
def judge(mock: tuple[str, str], certificates: Certificates, tmp_path: Path) -> Judge:
    """Give the outcome of a run, with some options, against the mock behind a site of nginx."""
    gateway, upstream = mock

    def judge(site: Site, *options: str, trusted: Path | None = None) -> Outcome:
        environment = {} if trusted is None else {"SSL_CERT_FILE": str(trusted)}
        options = ("--upstream", upstream, "--fuzz", "0", *options)
        with nginx(site, gateway, certificates, tmp_path) as url:
            return check_gateway(url, CONTRACT, tmp_path, *options, environment=environment)

    return judge


def assert_all_pass(outcome: Outcome, *, but: Collection[str] = ()) -> None:
    assert outcome.status == 0, outcome.output
    assert outcome.rules("pass") == {rule["id"].partition("/")[2] for rule in outcome.report["rules"]} - {*but}


def test_headers_that_a_proxy_adds_change_nothing(judge: Judge) -> None:
    assert_all_pass(judge(HEADERS, *WITHOUT_FAILURES))


def test_a_proxy_that_gives_up_answers_for_the_gateway(judge: Judge) -> None:
    outcome = judge(TIME_LIMIT, *FAILURES)
    assert outcome.status == 0, outcome.output
    assert outcome.rules("fail") == {"upstream-failure/error-body"}  # the proxy's own page


def test_a_trusted_certificate_and_a_prefix_change_nothing(judge: Judge, certificates: Certificates) -> None:
    # The mock behind nginx gives links to its own address.
    links = ("--allow-image-host", "127.0.0.1")
    outcome = judge(TLS_WITH_PREFIX, *WITHOUT_FAILURES, *links, trusted=certificates.authority)
    assert_all_pass(outcome, but={"transport/upgrade"})  # h2c is not asked for over TLS


def test_an_option_names_the_authority_to_trust(judge: Judge, certificates: Certificates) -> None:
    assert_all_pass(judge(TLS_WITH_PREFIX, *FEW_RULES, "--ca", str(certificates.authority)))


def test_a_certificate_that_is_not_trusted_ends_the_run(judge: Judge) -> None:
    outcome = judge(TLS_WITH_PREFIX, *FEW_RULES)
    assert outcome.status == 2
    assert "TLS: self-signed certificate" in outcome.output


def test_a_client_shows_a_certificate_and_a_header(judge: Judge, certificates: Certificates) -> None:
    authority = ("--ca", str(certificates.authority))
    credential = ("--cert", str(certificates.client), "--key", str(certificates.client_key))
    tenant = ("--header", "X-Tenant: blue")
    assert_all_pass(judge(CLIENT_CERTIFICATE, *FEW_RULES, *authority, *credential, *tenant))


def test_a_proxy_that_asks_for_a_certificate_is_quoted(judge: Judge, certificates: Certificates) -> None:
    outcome = judge(CLIENT_CERTIFICATE, *FEW_RULES, trusted=certificates.authority)
    assert outcome.status == 2
    assert "No required SSL certificate was sent" in outcome.output


def test_a_rate_limit_costs_time_and_no_verdict(judge: Judge) -> None:
    assert_all_pass(judge(RATE_LIMIT, *WITHOUT_FAILURES))


def test_a_rate_limit_that_says_when_to_return_costs_time_and_no_verdict(judge: Judge) -> None:
    assert_all_pass(judge(RATE_LIMIT_WITH_RETRY_AFTER, *FEW_RULES))  # all of them would take as long again


def test_a_body_limit_is_blamed_on_no_field(judge: Judge) -> None:
    outcome = judge(BODY_LIMIT, *WITHOUT_FAILURES)
    assert outcome.status == 1
    assert outcome.rules("fail") == {"request/accepted"}
