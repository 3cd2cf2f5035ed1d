"""The script module `os`, second part: the machine and the clock."""

from __future__ import annotations

from typing import Any

from horus_runtime.modules.host import PURE, HostCall
from horus_runtime.modules.sal.os_files import OS as OS  # noqa: PLC0414 - the third part goes on with it

_ARCHITECTURES = {"amd64": "x86_64", "x64": "x86_64", "arm64": "aarch64"}


def facts() -> tuple[str, str, str]:
    """Operating system, architecture and release in fixed words."""
    import platform

    system = {"Darwin": "macos"}.get(platform.system(), platform.system().lower())
    machine = platform.machine().lower()
    return system, _ARCHITECTURES.get(machine, machine), platform.release()


@OS.fn(capability="sys", name="platform")
def platform_(call: HostCall) -> dict[str, Any]:
    """A map with os (linux, macos, windows), arch (x86_64, aarch64, ...), release and hostname."""
    import socket

    system, arch, release = facts()
    return {"os": system, "arch": arch, "release": release, "hostname": socket.gethostname()}


@OS.fn(capability="sys")
def is_linux(call: HostCall) -> bool:
    """True when the script runs on Linux."""
    return facts()[0] == "linux"


@OS.fn(capability="sys")
def is_macos(call: HostCall) -> bool:
    """True when the script runs on macOS."""
    return facts()[0] == "macos"


@OS.fn(capability="sys")
def is_windows(call: HostCall) -> bool:
    """True when the script runs on Windows."""
    return facts()[0] == "windows"


@OS.fn(capability="sys")
def is_arm(call: HostCall) -> bool:
    """True for an ARM processor."""
    return facts()[1] in {"aarch64", "armv7l", "armv6l"}


@OS.fn(capability="sys")
def is_x86(call: HostCall) -> bool:
    """True for an x86 processor."""
    return facts()[1] in {"x86_64", "i686", "i386"}


@OS.fn(capability="sys")
def require_platform(call: HostCall, os: str, arch: str = "") -> None:
    """Fail with `Unavailable` unless this is the operating system (and architecture) that the script needs."""
    system, machine, _ = facts()
    if os != system or arch not in {"", machine}:
        wanted = f"{os} {arch}".strip()
        raise call.fail("Unavailable", f"the script needs {wanted}, this is {system} {machine}")


@OS.fn(capability="sys")
def user(call: HostCall) -> str:
    """The name of the user the runtime works as."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise call.fail("NotFound", "the user has no name") from None


@OS.fn(capability=PURE)
def sleep(call: HostCall, seconds: float) -> None:
    """Wait. The script's deadline and a stop from the host end the wait."""
    if not 0 <= seconds <= 86_400:
        raise call.invalid("seconds", "must be between 0 and 86400")
    call.context.charge(1)
    call.context.pause(seconds)
