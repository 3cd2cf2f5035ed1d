"""System modules behind the policy: files, repositories, containers and what else operations scripts need.

`sal_modules()` gives every module by the name scripts use. Building a module touches nothing outside.
"""

from __future__ import annotations

from functools import partial

from horus_runtime.cache import remembered
from horus_runtime.runtime.deferred import DeferredModule, Summary
from horus_runtime.runtime.module import Module
from horus_runtime.typing_names import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from horus_runtime.modules.host import HostModule

_HOMES: Final = {
    "crypto": "data.CRYPTO",
    "csv": "formats.CSV",
    "docker": "docker_builder.DOCKER",
    "env": "env.ENV",
    "git": "git.GIT",
    "http": "http.HTTP",
    "json": "data.JSON",
    "log": "data.LOG",
    "net": "net.NET",
    "os": "os_trees.OS",
    "path": "path.PATH",
    "platform": "platform.PLATFORM",
    "process": "process.PROCESS",
    "text": "replacers.TEXT",
    "toml": "formats.TOML",
    "vault": "vault.VAULT",
    "yaml": "formats.YAML",
}
"""Where each module is complete. The last part of `os`, `docker` and `text` brings the others along."""


def sal_modules() -> dict[str, Module]:
    """The modules by the names that scripts use, for a host to register as static modules.

    Each is imported when a script uses it.
    """
    summaries = remembered(b"system modules", lambda: [Summary.of(_module(name)).values() for name in _HOMES])
    return {summary[0]: DeferredModule(Summary(*summary), partial(_module, summary[0])) for summary in summaries}


def host_modules() -> list[HostModule]:
    """All modules with what is known about their functions, for documentation; every one is imported."""
    return [_host_module(name) for name in _HOMES]


def _host_module(name: str) -> HostModule:
    from importlib import import_module

    home, _, constant = _HOMES[name].partition(".")
    found: HostModule = getattr(import_module(f"{__name__}.{home}"), constant)
    return found


def _module(name: str) -> Module:
    return _host_module(name).module
