"""How a gateway may be reached, as options say it: quick to import, so that --help answers at once."""

import re
from dataclasses import dataclass
from ipaddress import ip_address

from gateway_contract.traffic.curl import UNIX

BEARER, BASIC = "bearer", "basic"
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token (RFC 9110, 5.6.2)
RESERVED = frozenset({"authorization", "content-type", "content-length", "host", "transfer-encoding"})

ENVIRONMENT = "env"
"""The proxy that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY name."""


@dataclass(frozen=True, slots=True)
class Wait:
    """How long to wait: for any response, or with a path, which begins with a slash, for 2xx to GET."""

    seconds: float
    path: str = ""


def url_problem(gateway: str) -> str:
    """What is wrong with the address of a gateway, to follow its name; empty if nothing is."""
    import httpx

    if gateway.startswith(UNIX):
        return "" if gateway.startswith("unix:/") else f"must be like unix:/run/gw.sock; got {gateway!r}"
    try:
        url = httpx.URL(gateway)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.userinfo:
        return "must not contain a user or password: neither is sent"
    reachable = url.scheme in {"http", "https"} and url.host and (url.port or 0) <= 65535
    if not reachable or url.query or url.fragment or " " in gateway:
        return f"must be an HTTP URL; got {gateway!r}"
    return ""


def proxy_problem(proxy: str) -> str:
    """What is wrong with the address of a proxy, to follow its name; it quotes no password. Empty if nothing is."""
    import httpx

    try:
        url = httpx.URL(proxy)
    except httpx.InvalidURL:
        url = httpx.URL()
    reachable = url.scheme in {"http", "https"} and url.host and url.path in {"", "/"} and not url.query
    return "" if proxy == ENVIRONMENT or reachable else "must be env or like http://proxy:3128"


def upstream_problem(upstream: str) -> str:
    """What is wrong with the place where the suite listens, to follow its name; empty if nothing is."""
    host, found, port = upstream.rpartition(":")
    well_formed = found and host and port.isdecimal() and int(port) <= 65535
    return "" if well_formed else f"must be host:port; got {upstream!r}"


SELF_SIGNED = "self-signed"
"""How the suite may serve as the upstream over TLS: with a certificate that it issues itself."""
_NAME_OF_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.ASCII | re.IGNORECASE)


def is_host(text: str) -> bool:
    """Whether a text is the name of a host (RFC 952, RFC 1123) or an IP address."""
    try:
        ip_address(text.strip("[]"))
    except ValueError:
        return _NAME_OF_HOST.fullmatch(text) is not None
    return True
