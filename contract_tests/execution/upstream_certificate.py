"""The certificate with which the suite serves as the upstream over TLS, issued by an authority of its own.

It is kept beside the reports, so that a gateway which trusts the authority need not be started anew for each run. The
key of the authority is kept nowhere: whoever reads the folder can issue no further certificate.
"""

import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from contract_tests.report.exchange_file import write_whole

AUTHORITY, SERVER = "ca.pem", "upstream.pem"
VALID = timedelta(days=365)
LEFT = timedelta(days=1)  # that a certificate must be valid for if it is to serve once more


@dataclass(frozen=True, slots=True)
class UpstreamCertificate:
    """PEM files: the authority that a gateway must trust, and a certificate with its key."""

    authority: Path
    server: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server)
        return context

    def client_context(self) -> ssl.SSLContext:
        """Trusts this authority and no other."""
        return ssl.create_default_context(cafile=self.authority)


def upstream_certificate(folder: Path, names: Iterable[str]) -> UpstreamCertificate:
    """The certificate in a folder if it is for these names, of hosts or addresses; otherwise a new one."""
    from trustme import CA  # noqa: PLC0415 # takes half a second to import

    found = UpstreamCertificate(folder / AUTHORITY, folder / SERVER)
    wanted = {_normalized(name) for name in names}
    if not _serves(found, wanted):
        folder.mkdir(parents=True, exist_ok=True)
        authority = CA(organization_name="image-gateway-contract")
        issued = authority.issue_cert(*sorted(wanted), not_after=datetime.now(UTC) + VALID)
        write_whole(found.server, issued.private_key_and_cert_chain_pem.bytes())
        write_whole(found.authority, authority.cert_pem.bytes())
        found.authority.chmod(0o644)  # it is no secret, and the gateway may run as another user
    return found


def _serves(found: UpstreamCertificate, names: set[str]) -> bool:
    """Whether a certificate is there, belongs to its authority, is for these names, and stays valid for the run."""
    from cryptography import x509  # noqa: PLC0415 # likewise

    try:
        certificate = x509.load_pem_x509_certificate(found.server.read_bytes())
        authority = x509.load_pem_x509_certificate(found.authority.read_bytes())
        certificate.verify_directly_issued_by(authority)
        found.server_context()
        named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except Exception:  # noqa: BLE001 # whatever these files hold, a certificate that cannot be used is replaced
        return False
    hosts = {*named.get_values_for_type(x509.DNSName), *map(str, named.get_values_for_type(x509.IPAddress))}
    return hosts == names and certificate.not_valid_after_utc > datetime.now(UTC) + LEFT


def _normalized(name: str) -> str:
    try:
        return str(ip_address(name.strip("[]")))
    except ValueError:
        return name.lower()
