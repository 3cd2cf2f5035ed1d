"""Network connections of scripts: a name is looked up once, every address is checked, the checked one is used."""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from typing import Any, Final, NamedTuple

from horus_runtime.modules.addresses import is_metadata, is_private, normal_host
from horus_runtime.modules.host import HostCall
from horus_runtime.modules.policy import Decision

CONNECT_SECONDS: Final = 10.0
LOOKUP_SECONDS: Final = 20.0
_HOST: Final = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?")


class Endpoint(NamedTuple):
    """A checked place in the network: the name for TLS and `Host`, and the addresses that may be connected to."""

    host: str
    port: int
    addresses: tuple[str, ...]


def gate_unasked(call: HostCall, host: str, port: int) -> None:
    """The gate for a host that is not asked, nor looked up: its name, or address if that is how it is written."""
    name = _gate_name(call, host, port)
    try:
        ipaddress.ip_address(name)
    except ValueError:
        if name != "localhost":
            return
    resolve(call, host, port)


def _gate_name(call: HostCall, host: str, port: int) -> str:
    """What can be said about a host before it is looked up. Gives its name in normal form."""
    name = checked_host(call, host)
    if not 1 <= port <= 65_535:
        raise call.invalid("port", "must be between 1 and 65535")
    # A host that no rule names is not even looked up: names carry data too.
    known = call.policy.host(name, port)
    if not known.allowed and (known.rule or not _could_match(call, name)):
        call.require(known, "net", f"{host}:{port}")
    return name


def resolve(call: HostCall, host: str, port: int) -> Endpoint:
    """The gate for the network: look the name up, and let no address pass that the policy does not grant."""
    name, shown = _gate_name(call, host, port), f"{host}:{port}"
    addresses = _look_up(call, name, port)
    call.require(call.policy.host(name, port, addresses), "net", shown)
    listed = {normal_host(rule.rpartition(":")[0] or rule) for rule in call.policy.net} | set(call.policy.net)
    for text in addresses:
        address = ipaddress.ip_address(text)
        if is_metadata(address) and text not in listed:
            call.require(Decision(False, "deny_net: cloud metadata"), "net", shown)
        if is_private(address):
            granted = Decision(call.policy.private_net, "private_net" if call.policy.private_net else "")
            call.require(granted, "private_net", shown, flag="--allow-private-net")
    return Endpoint(name, port, addresses)


def _could_match(call: HostCall, name: str) -> bool:
    """True when a rule speaks of address ranges, which only the look-up can decide."""
    return _is_address(name) or any("/" in rule for rule in call.policy.net)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True


def checked_host(call: HostCall, host: str) -> str:
    """A host name in its normal form, or an address."""
    name = normal_host(host)
    if _is_address(name):
        return name
    if not _HOST.fullmatch(name) or ".." in name:
        raise call.invalid("host", f"'{host[:100]}' is not the name of a host")
    return name


def _look_up(call: HostCall, name: str, port: int) -> tuple[str, ...]:
    found: list[Any] = []
    failed: list[Exception] = []

    def ask() -> None:
        try:
            found.extend(socket.getaddrinfo(name, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            failed.append(error)

    # The system's resolver cannot be interrupted, so it works on a thread that is left alone when it takes too long.
    worker = threading.Thread(target=ask, name="horus-lookup", daemon=True)
    worker.start()
    worker.join(call.seconds(LOOKUP_SECONDS))
    if worker.is_alive():
        call.context.charge(1)
        raise call.fail("Timeout", f"the name '{name}' was not looked up in time")
    if failed:
        raise call.fail("NetworkError", f"the name '{name}' is not known")
    return tuple(dict.fromkeys(str(item[4][0]).partition("%")[0] for item in found))


def connect(call: HostCall, endpoint: Endpoint, timeout: float) -> socket.socket:
    """A connection to the first checked address that answers."""
    failure: OSError | None = None
    for address in endpoint.addresses:
        seconds = call.seconds(timeout)
        if seconds is not None and seconds <= 0:
            call.context.charge(1)
            break
        try:
            return socket.create_connection((address, endpoint.port), seconds)
        except OSError as error:
            failure = error
            call.context.charge(1)
    if isinstance(failure, TimeoutError):
        raise call.fail("Timeout", f"'{endpoint.host}:{endpoint.port}' did not answer within {timeout:g} s")
    reason = (failure.strerror or str(failure)).lower() if failure else "no time is left"
    raise call.fail("NetworkError", f"no connection to '{endpoint.host}:{endpoint.port}': {reason}")
