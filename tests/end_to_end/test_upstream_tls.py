"""A gateway that calls its upstream over TLS alone trusts the suite by the authority in the report."""

from pathlib import Path

import pytest

from contract_tests.execution.upstream_certificate import upstream_certificate
from tests.end_to_end.check_gateway import check_gateway
from tests.end_to_end.mock_gateway import mock_gateway
from tests.ports import free_port

pytestmark = pytest.mark.slow


def test_a_gateway_that_trusts_the_authority_is_judged_by_both_sides(tmp_path: Path) -> None:
    authority = upstream_certificate(tmp_path, ("suite", "127.0.0.1", "localhost")).authority
    port = free_port()
    with mock_gateway("powertokens", tmp_path, f"localhost:{port}", authority) as url:
        tls = ("--upstream-tls", "self-signed", "--upstream-name", "suite")
        options = ("--upstream", f"127.0.0.1:{port}", *tls, "--fuzz", "0", "-k", "seed and mapped or usable")
        outcome = check_gateway(url, "powertokens", tmp_path, *options)
    assert outcome.status == 0, outcome.output
    assert outcome.rules("pass") >= {"seed/mapped", "url/usable"}
    assert f"the upstream listens at 127.0.0.1:{port} with TLS by {authority}" in outcome.output
