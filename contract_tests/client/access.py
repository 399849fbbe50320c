"""How a gateway is reached: whom to trust, what to present, and what each request carries."""

import base64
import os
import ssl
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import httpx

from contract_tests.client.proxy import proxy_passwords
from contract_tests.client.reach import BASIC, BEARER
from gateway_contract.traffic.exchange import Credential, Headers
from gateway_contract.traffic.redaction import SHORTEST_SECRET

KEPT_OF_TOKEN = 3  # one part in so many
MOST_KEPT = 6
"""Characters of a token with which a wrong one begins: that may be shown, as a list of keys shows how they begin."""


class AccessError(Exception):
    """Files or values with which no gateway can be reached; says which."""


@dataclass(frozen=True, slots=True)
class Access:
    """`ca` is trusted besides the usual authorities. `certificate` and `key` are presented to the gateway alone.

    `scheme` is bearer, basic (the token is user:password), or the name of the header that carries the token.
    `image_hosts` (host, host:port or CIDR) may be linked to by images though their addresses are private.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    headers: Headers = field(default=(), repr=False)
    scheme: str = BEARER
    image_hosts: tuple[str, ...] = ()
    rewrites: tuple[tuple[str, str], ...] = ()  # origins that links name, and where they are reached from here
    proxy: str | None = field(default=None, repr=False)  # its URL, or `env`
    socket: Path | None = None  # a Unix socket at which the gateway listens

    def without_certificate(self) -> "Access":
        """The same for other hosts than the gateway."""
        return Access(ca=self.ca, proxy=self.proxy)

    def token_header(self) -> str:
        """The name of the header that carries the token."""
        return "Authorization" if self.scheme in {BEARER, BASIC} else self.scheme

    def encoded(self, token: str) -> str:
        """A token as its header carries it, behind the scheme's name."""
        return base64.b64encode(token.encode()).decode() if self.scheme == BASIC else token

    def secrets(self, token: str) -> list[str]:
        """What must not be written anywhere."""
        headers = [value for _, value in self.headers if len(value) >= SHORTEST_SECRET]
        return [token, self.encoded(token), *headers, *proxy_passwords(self.proxy)]

    def authorization(self, credential: Credential, token: str) -> Headers:
        """The header for a credential of some kind; none where that is missing."""
        prefix = f"{self.scheme.capitalize()} " if self.scheme in {BEARER, BASIC} else ""
        match credential:
            case Credential.MISSING:
                return ()
            case Credential.EMPTY:
                return ((self.token_header(), prefix.strip()),)
            case Credential.OTHER_SCHEME:
                return (("Authorization", f"Token {token}"),)  # the right one, so that the scheme alone is wrong
            case Credential.WRONG:
                return ((self.token_header(), prefix + self.encoded(wrong_token(token))),)
        return ((self.token_header(), prefix + self.encoded(token)),)


def wrong_token(token: str) -> str:
    """A token of the same form that begins like the right one: careless gateways compare no more than that."""
    kept = min(len(token) // KEPT_OF_TOKEN, MOST_KEPT)
    rest = ("0" if letter.isdigit() else "x" if letter.isalpha() else letter for letter in token[kept:])
    wrong = token[:kept] + "".join(rest)
    return wrong if wrong != token else f"{wrong}x"


@cache
def tls_context(access: Access) -> ssl.SSLContext:
    """Whom we believe over TLS; made once, for it reads every authority that there is. Raises AccessError."""
    variable = os.environ.get("SSL_CERT_FILE")
    if variable and not Path(variable).exists():
        raise AccessError(f"SSL_CERT_FILE names {variable}, which does not exist.")
    for option, path in (("--ca", access.ca), ("--cert", access.certificate), ("--key", access.key)):
        if path is not None and not path.is_file():
            raise AccessError(f"{option} names {path}, which does not exist.")
    try:
        context = httpx.create_ssl_context()
    except OSError as error:  # ssl.SSLError is one
        raise AccessError(f"SSL_CERT_FILE must name a PEM file; got {variable}: {_reason(error)}") from error
    if access.ca is not None:
        try:
            context.load_verify_locations(access.ca)
        except OSError as error:
            raise AccessError(f"--ca must be a PEM file of certificates; got {access.ca}: {_reason(error)}") from error
    if access.certificate is not None:
        try:
            context.load_cert_chain(access.certificate, access.key, password="")
        except OSError as error:
            problem = f"--cert and --key must be PEM files, the key unencrypted; got {access.certificate}"
            raise AccessError(f"{problem}: {_reason(error)}") from error
    return context


def _reason(error: OSError) -> str:
    reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
    return (reason or "it cannot be read").lower().replace("_", " ")
