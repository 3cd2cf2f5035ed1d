"""Network addresses: which rule covers a host, and which addresses are private however they are written.

`ipaddress.is_private` is not enough: it says no for carrier-grade NAT, for multicast, and for the NAT64 and 6to4 forms
of loopback. So the list here is our own, and embedded IPv4 addresses are taken out before they are judged.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address

_PRIVATE = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "::/128", "::1/128", "100::/64", "2001::/23", "2001:db8::/32", "fc00::/7", "fe80::/10", "ff00::/8",
    )
)  # fmt: skip
_METADATA = frozenset(
    ip_address(text) for text in ("169.254.169.254", "169.254.170.2", "100.100.100.200", "fd00:ec2::254")
)
_NAT64 = ip_network("64:ff9b::/96")


def is_private(address: Address) -> bool:
    """True when the public network does not route the address, or the IPv4 address inside it."""
    inner = unwrap(address)
    return any(inner in network for network in _PRIVATE if network.version == inner.version)


def is_metadata(address: Address) -> bool:
    """True for the addresses under which clouds hand out credentials."""
    return unwrap(address) in _METADATA


def unwrap(address: Address) -> Address:
    """The IPv4 address inside a mapped, NAT64 or 6to4 address; any other address as it is."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def rule_matches(rule: str, host: str, port: int, addresses: Iterable[str] = ()) -> bool:
    """True when a rule (`*`, `host`, `host:port`, `*.domain`, address, range) covers this host and port."""
    if rule == "*":
        return True
    network = _network(rule)
    if network is not None:
        return any(_inside(text, network) for text in (host, *addresses))
    wanted, colon, number = rule.rpartition(":")
    if not colon or not number.isdigit():
        wanted, number = rule, ""
    if number and int(number) != port:
        return False
    wanted, name = normal_host(wanted), normal_host(host)
    if wanted.startswith("*."):
        return name.endswith(wanted[1:])
    return wanted == name


def normal_host(name: str) -> str:
    """A host name as rules compare it: lower case, in its ASCII form, without brackets and final dot."""
    name = name.strip("[]").rstrip(".").lower()
    try:
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def _network(rule: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(rule.strip("[]"), strict=False)
    except ValueError:
        return None


def _inside(text: str, network: IPv4Network | IPv6Network) -> bool:
    try:
        address = ip_address(text.strip("[]"))
    except ValueError:
        return False
    return any(item.version == network.version and item in network for item in (address, unwrap(address)))
