"""The script module `platform`: which machine this is. The same facts as `os.platform()` and its siblings."""

from __future__ import annotations

from typing import Any

from horus_runtime.modules.host import HostCall, HostModule
from horus_runtime.modules.sal import os_machine

PLATFORM = HostModule("platform", "Facts about the machine.")


@PLATFORM.fn(capability="sys")
def info(call: HostCall) -> dict[str, Any]:
    """A map with os (linux, macos, windows), arch (x86_64, aarch64, ...), release and hostname."""
    return os_machine.platform_(call)


@PLATFORM.fn(capability="sys")
def os(call: HostCall) -> str:
    """The operating system: linux, macos or windows."""
    return os_machine.facts()[0]


@PLATFORM.fn(capability="sys")
def arch(call: HostCall) -> str:
    """The processor: x86_64, aarch64, ..."""
    return os_machine.facts()[1]


@PLATFORM.fn(capability="sys")
def release(call: HostCall) -> str:
    """The release of the operating system's kernel."""
    return os_machine.facts()[2]


@PLATFORM.fn(capability="sys")
def cpus(call: HostCall) -> int:
    """How many processors there are."""
    import os as system

    return system.cpu_count() or 1


@PLATFORM.fn(capability="sys")
def memory(call: HostCall) -> dict[str, int]:
    """The bytes of memory: total, available and used."""
    import psutil

    facts = psutil.virtual_memory()
    return {"total": facts.total, "available": facts.available, "used": facts.used}


@PLATFORM.fn(capability="sys")
def uptime(call: HostCall) -> int:
    """Seconds since the machine started."""
    import time

    import psutil

    return max(0, int(time.time() - psutil.boot_time()))


for _function in (os_machine.is_linux, os_machine.is_macos, os_machine.is_windows, os_machine.is_arm):
    PLATFORM.fn(capability="sys")(_function)
PLATFORM.fn(capability="sys")(os_machine.is_x86)
PLATFORM.fn(capability="sys", name="require")(os_machine.require_platform)
