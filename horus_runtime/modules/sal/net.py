"""The script module `net`: look whether something answers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.errors import HostFailure
from horus_runtime.modules.host import HostCall, HostModule, Options

if TYPE_CHECKING:
    from horus_runtime.modules.sal.addressing import Endpoint

NET = HostModule("net", "Hosts and ports.")
_PING_PORTS: Final = (443, 80, 22)


class CheckOptions(Options):
    """Options of `net.tcp_check` and `net.ping`."""

    timeout: float = 5.0


def resolve(call: HostCall, host: str, port: int) -> Endpoint:
    """The gate of every function here; loaded when it is first needed."""
    from horus_runtime.modules.sal import addressing

    return addressing.resolve(call, host, port)


def connect(call: HostCall, endpoint: Endpoint, timeout: float) -> Any:
    """A connection to a checked place."""
    from horus_runtime.modules.sal import addressing

    return addressing.connect(call, endpoint, timeout)


def _planned(call: HostCall, host: str, port: int) -> bool:
    """Behind the gate: is this look at a host only planned? Names are not looked up then."""
    if "effects" not in call.services:
        return False
    from horus_runtime.modules.sal import addressing

    addressing.gate_unasked(call, host, port)
    return call.postponed("net", f"{host}:{port}", host=host, port=port)


def _timeout(call: HostCall, seconds: float) -> float:
    if not 0 < seconds <= 3600:
        raise call.invalid("timeout", "must be between 0 and 3600 seconds")
    return seconds


@NET.fn(capability="net")
def tcp_check(call: HostCall, host: str, port: int, opts: CheckOptions) -> bool:
    """True when something accepts a connection at the port."""
    if _planned(call, host, port):
        return True
    endpoint = resolve(call, host, port)
    try:
        connect(call, endpoint, _timeout(call, opts.timeout)).close()
    except HostFailure as failure:
        if failure.failure in {"NetworkError", "Timeout"}:
            return False
        raise
    return True


@NET.fn(capability="net")
def ping(call: HostCall, host: str, opts: CheckOptions) -> bool:
    """True when the host accepts or refuses a connection at one of the usual ports: then it is there."""
    for port in _PING_PORTS:
        if not call.policy.host(host, port).allowed and port != _PING_PORTS[-1]:
            continue
        if _planned(call, host, port):
            return True
        try:
            connect(call, resolve(call, host, port), _timeout(call, opts.timeout)).close()
        except HostFailure as failure:
            if failure.failure == "PolicyDenied":
                raise
            if "refused" in failure.message:
                return True
            continue
        return True
    return False


@NET.fn(capability="net", name="resolve")
def resolve_(call: HostCall, host: str) -> list[str]:
    """The addresses of a host, sorted."""
    allowed = next((port for port in (443, 80) if call.policy.host(host, port).allowed), 443)
    if _planned(call, host, allowed):
        return []
    return sorted(resolve(call, host, allowed).addresses)


@NET.fn(capability="net")
def wait_for(call: HostCall, host: str, port: int, timeout: float = 30.0) -> bool:
    """Wait until something accepts connections at the port; `Timeout` when nothing does in time."""
    end = time.monotonic() + _timeout(call, timeout)
    if _planned(call, host, port):
        return True
    endpoint = resolve(call, host, port)
    while True:
        call.context.charge(1)
        try:
            connect(call, endpoint, 2.0).close()
        except HostFailure as failure:
            if failure.failure not in {"NetworkError", "Timeout"}:
                raise
        else:
            return True
        if time.monotonic() >= end:
            raise call.fail("Timeout", f"nothing answered at '{host}:{port}' within {timeout:g} s")
        time.sleep(0.05)


@NET.fn(capability="sys")
def local_ip(call: HostCall) -> str:
    """The address under which this machine would reach the public network. Nothing is sent."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # connecting a datagram socket only chooses a route
            return str(probe.getsockname()[0])
        except OSError:
            raise call.fail("Unavailable", "this machine has no route to other networks") from None


@NET.fn(capability="sys")
def is_port_free(call: HostCall, port: int) -> bool:
    """True when a program of ours could listen at this port of this machine."""
    import socket

    if not 1 <= port <= 65_535:
        raise call.invalid("port", "must be between 1 and 65535")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@NET.fn(capability="sys")
def free_port(call: HostCall) -> int:
    """A port of this machine at which nothing listens now."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
