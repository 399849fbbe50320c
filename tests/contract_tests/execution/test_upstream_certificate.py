"""The suite serves as the upstream over TLS with a certificate that is kept while it serves its purpose."""

import stat
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from trustme import CA

from contract_tests.client.two_transports import TwoTransports
from contract_tests.execution.observer import serve_upstream
from contract_tests.execution.upstream_certificate import UpstreamCertificate, upstream_certificate
from tests.contract_tests.three_contracts import POWERTOKENS

NAMES = ("suite", "127.0.0.1", "localhost", "127.0.0.1", "::1")


def named(certificate: UpstreamCertificate) -> set[str]:
    found = x509.load_pem_x509_certificate(certificate.server.read_bytes())
    listed = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {*listed.get_values_for_type(x509.DNSName), *map(str, listed.get_values_for_type(x509.IPAddress))}


def test_the_certificate_is_for_the_names_and_only_its_owner_reads_the_key(tmp_path: Path) -> None:
    made = upstream_certificate(tmp_path / "report", NAMES)
    assert named(made) == set(NAMES)
    assert stat.S_IMODE(made.server.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.authority.stat().st_mode) == 0o644
    assert b"PRIVATE KEY" not in made.authority.read_bytes()


def test_it_is_kept_until_it_is_for_other_names(tmp_path: Path) -> None:
    before = upstream_certificate(tmp_path, NAMES).authority.read_bytes()
    assert upstream_certificate(tmp_path, reversed(NAMES)).authority.read_bytes() == before
    assert upstream_certificate(tmp_path, ("localhost",)).authority.read_bytes() != before


@pytest.mark.parametrize("spoiled", ["ca.pem", "upstream.pem"])
def test_what_cannot_be_used_is_replaced(spoiled: str, tmp_path: Path) -> None:
    for content in (b"", b"no certificate", CA().cert_pem.bytes()):
        upstream_certificate(tmp_path, NAMES)
        (tmp_path / spoiled).write_bytes(content)
        made = upstream_certificate(tmp_path, NAMES)
        assert named(made) == set(NAMES)
        made.server_context()


def test_a_link_in_the_folder_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("kept")
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "ca.pem").symlink_to(tmp_path / "outside")
    upstream_certificate(folder, NAMES)
    assert (tmp_path / "outside").read_text() == "kept"


def test_the_upstream_is_trusted_by_its_authority_alone(tmp_path: Path) -> None:
    certificate = upstream_certificate(tmp_path, NAMES)
    with serve_upstream(POWERTOKENS, "127.0.0.1", 0, certificate=certificate) as seen:
        assert seen.url == f"https://{seen.address}"
        call = {"authorization": "Bearer key", "content-type": "application/json"}
        body = (
            b'{"model":"qwen-image-2.0-pro","input":{"messages":[{"role":"user","content":[{"text":"a lighthouse"}]}]}}'
        )
        with httpx.Client(verify=certificate.client_context(), trust_env=False) as client:
            answer = client.post(f"{seen.url}{seen.stub.path}", content=body, headers=call)
            assert f'"https://{seen.address}/' in answer.text
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(seen.url, trust_env=False)


@pytest.mark.anyio
async def test_an_authority_of_ours_is_asked_about_our_host_alone() -> None:
    asked = TwoTransports(
        "127.0.0.1:9900",
        httpx.MockTransport(lambda _: httpx.Response(200, text="own")),
        httpx.MockTransport(lambda _: httpx.Response(200, text="others")),
    )
    async with httpx.AsyncClient(transport=asked) as client:
        assert (await client.get("https://127.0.0.1:9900/1.png")).text == "own"
        assert (await client.get("https://127.0.0.1:9901/1.png")).text == "others"
