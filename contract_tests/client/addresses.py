"""The addresses of a host, and which of them belong to somebody out in the internet."""

import socket
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from contract_tests.client.daemon_thread import in_daemon_thread

NAT64 = IPv6Network("64:ff9b::/96")  # the last 32 bits are an IPv4 address (RFC 6052)


async def resolve(host: str) -> tuple[str, ...]:
    """The addresses of a host, in the order in which the system would try them; none where it has none."""
    with suppress(ValueError):
        return (canonical_address(host),)  # it is one itself: that needs no thread, which may have to wait for its turn
    try:
        found = await in_daemon_thread(lambda: socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError):  # UnicodeError: a label that no name can have
        return ()
    return tuple(dict.fromkeys(canonical_address(str(sockaddr[0])) for *_, sockaddr in found))


def canonical_address(address: str) -> str:
    """One spelling for one address; an IPv4 address in IPv6's clothing is the IPv4 address."""
    parsed = ip_address(address)
    return str((isinstance(parsed, IPv6Address) and parsed.ipv4_mapped) or parsed)


def is_public(address: str) -> bool:
    """Whether an address belongs to somebody out in the internet, not to this machine or its network."""
    parsed = ip_address(address)
    if parsed in NAT64:
        return is_public(str(IPv4Address(int(parsed) & 0xFFFFFFFF)))
    outer = parsed.is_global and not parsed.is_multicast and not parsed.is_reserved
    return outer and all(is_public(str(end)) for end in tunnelled_addresses(parsed))


def tunnelled_addresses(address: IPv4Address | IPv6Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that an IPv6 address is tunnelled to."""
    if isinstance(address, IPv4Address):
        return ()
    return tuple(end for end in (address.sixtofour, *(address.teredo or ())) if end)
