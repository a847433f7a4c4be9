"""The internet: names as the system resolves them, and which addresses are anybody's to reach."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, ip_address, ip_network

from gmailkit.model.outside import Outside, Place
from gmailkit.transport.trust import trusting

# Besides what Python calls private, which differs between its versions (IANA's registries of
# special-purpose addresses; RFC 6890). What stands for an IPv4 address (2002::, 2001::) is refused
# whole: which one it is, a translator on the way decides.
_CLOSED = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
            *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24"),
            *("192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
            *("224.0.0.0/4", "240.0.0.0/4"),
            *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
        ),
    )
)
# Of IPv6 all that is given out: no ::1, fe80::, fc00::, ::ffff: (IPv4), 64:ff9b:: (NAT64).
_UNICAST = ip_network("2000::/3")


def is_public(address: str) -> bool:
    """Whether it is a public address: not loopback, private, of a provider's inside (CGNAT),
    reserved, for many at once, or another form of an IPv4 address. A public one may be of this
    machine all the same, or of its neighbours (IPv6): against that only TLS helps.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if any(found in network for network in _CLOSED if network.version == found.version):
        return False
    return found.is_global and (isinstance(found, IPv4Address) or found in _UNICAST)


def resolve(host: str, port: int) -> Sequence[Place]:
    """Each address once, in the order of the system. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys((str(place[0]), port) for *_, place in found))


INTERNET = Outside(resolve=resolve, is_open=is_public, trust=trusting)
