"""System modules behind the policy: files, repositories, containers and what else operations scripts need.

`sal_modules()` gives every module by the name scripts use. Building a module touches nothing outside.
"""

from __future__ import annotations

from horus_runtime.runtime.module import Module


def sal_modules() -> dict[str, Module]:
    """The modules by the names that scripts use, for a host to register as static modules."""
    from horus_runtime.modules.sal import os_machine  # noqa: F401 - adds to the module `os`
    from horus_runtime.modules.sal.data import CRYPTO, JSON, LOG
    from horus_runtime.modules.sal.docker import DOCKER
    from horus_runtime.modules.sal.env import ENV
    from horus_runtime.modules.sal.git import GIT
    from horus_runtime.modules.sal.http import HTTP
    from horus_runtime.modules.sal.net import NET
    from horus_runtime.modules.sal.os_files import OS
    from horus_runtime.modules.sal.path import PATH
    from horus_runtime.modules.sal.process import PROCESS
    from horus_runtime.modules.sal.text import TEXT

    modules = (CRYPTO, DOCKER, ENV, GIT, HTTP, JSON, LOG, NET, OS, PATH, PROCESS, TEXT)
    return {module.name: module.module for module in modules}
