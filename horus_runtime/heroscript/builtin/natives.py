"""How actions reach the host modules: through the same registered functions as scripts, so through the same gate."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.heroscript.registry import ActionCall
from horus_runtime.runtime.module import ANY, Module, NativeFn

if TYPE_CHECKING:
    from horus_runtime.engine.engine import Engine
    from horus_runtime.heroscript.includes import Reader
    from horus_runtime.limits import Limits
    from horus_runtime.runtime.context import NativeCallContext

MAX_INCLUDE: Final = 1024 * 1024
"""Bytes of an included file."""


def use(call: ActionCall, function: str, *args: Any) -> Any:
    """Call a function of a host module, such as `git.clone`, or a method of a handle that comes first."""
    return use_in(call.context, function, *args)


def use_in(context: NativeCallContext, function: str, *args: Any) -> Any:
    """As `use`, with the context of a run."""
    module_name, _, name = function.partition(".")
    module = _modules()[module_name]
    return _overload(module, name, args).call(context, *args)


def _overload(module: Module, name: str, args: tuple[Any, ...]) -> NativeFn:
    handle = module.types.get(type(args[0])) if args else None
    overloads = module.functions[name, len(args)]
    wanted = handle or ANY
    return next(native for native in overloads if not args or native.params[0] == wanted)


@cache
def _modules() -> dict[str, Module]:
    from horus_runtime.modules.osiris import osiris_module
    from horus_runtime.modules.sal import sal_modules

    return {**sal_modules(), "osiris": osiris_module()}


class _Reading:
    """What reading an include needs of a run, before there is one."""

    def __init__(self, services: dict[str, Any], limits: Limits) -> None:
        self.services = services
        self.limits = limits

    def charge(self, operations: int) -> None: ...

    def check_string(self, length: int) -> None: ...


def include_reader(engine: Engine) -> Reader:
    """Reads the files of `play.include` under the engine's policy."""
    from horus_runtime.modules.host import HostCall
    from horus_runtime.modules.sal import files

    call: Any = HostCall(_Reading(dict(engine.services), engine.limits), "play", "include")  # type: ignore[arg-type]

    def read(path: str) -> str:
        return files.decode(call, files.read_bytes(call, path, MAX_INCLUDE), path)

    return read
