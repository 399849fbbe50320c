"""Certificates that no machine trusts unless told to."""

from dataclasses import dataclass
from pathlib import Path

from trustme import CA


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files: an authority's certificate, and a certificate with its key that it issued for either side.

    A server sends its authority's certificate too, which signed itself.
    """

    authority: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path


def issue_certificates(folder: Path) -> Certificates:
    authority, files = CA(), Certificates(*(folder / f"{name}.pem" for name in Certificates.__slots__))
    server, client = authority.issue_server_cert("127.0.0.1", "localhost"), authority.issue_cert("tester@example.com")
    authority.cert_pem.write_to_path(files.authority)
    for blob in (*server.cert_chain_pems, authority.cert_pem):
        blob.write_to_path(files.server, append=True)
    server.private_key_pem.write_to_path(files.server_key)
    for blob in client.cert_chain_pems:
        blob.write_to_path(files.client, append=True)
    client.private_key_pem.write_to_path(files.client_key)
    return files
