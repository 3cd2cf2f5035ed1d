"""Calls native functions of host modules without an engine: a context that records charges, and a caller."""

from __future__ import annotations

import time
from typing import Any

from horus_runtime.errors import DeadlineError
from horus_runtime.limits import Limits
from horus_runtime.modules.policy import Policy
from horus_runtime.runtime.module import Module, NativeFn
from horus_runtime.runtime.values import type_name


class FakeContext:
    """A `NativeCallContext` with services, an optional deadline and function pointers that are Python callables."""

    def __init__(self, policy: Policy | None = None, seconds: float | None = None, **services: Any) -> None:
        self.services: dict[str, Any] = {"policy": policy or Policy.deny_all(), **services}
        self.limits = Limits()
        self.calls: dict[Any, Any] = {}
        self.charged = 0
        self.printed: list[str] = []
        self.deadline = None if seconds is None else time.monotonic() + seconds

    def print(self, value: Any = "") -> None:
        self.printed.append(str(value))

    def charge(self, operations: int) -> None:
        self.charged += operations
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise DeadlineError("ErrorTerminated", "Script timed out")

    def pause(self, seconds: float) -> None:
        left = self.remaining_seconds()
        time.sleep(seconds if left is None else max(0.0, min(seconds, left)))
        self.charge(1)

    def grew(self, size: int) -> None: ...

    def making(self, size: int) -> None: ...

    def remaining_seconds(self) -> float | None:
        return None if self.deadline is None else self.deadline - time.monotonic()

    def call(self, pointer: Any, *args: Any) -> Any:
        return pointer.program(*args)

    def type_name(self, value: Any) -> str:
        return type_name(value)

    def to_display(self, value: Any) -> str:
        return str(value)

    def check_string(self, length: int) -> None: ...

    def check_array(self, length: int, more: int | None = None) -> None: ...

    def check_map(self, length: int, more: int | None = None) -> None: ...


class Caller:
    """`Caller(module, context).list_dir("/tmp")` calls the native as a script would."""

    def __init__(self, module: Module, context: FakeContext) -> None:
        self._module = module
        self._context = context

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any) -> Any:
            native = find(self._module, name, args)
            return native.call(self._context, *args) if native.context else native.call(*args)

        return call


def find(module: Module, name: str, args: tuple[Any, ...]) -> NativeFn:
    """The most exact overload whose parameter types accept the arguments."""
    overloads = module.functions.get((name, len(args)), [])
    for native in sorted(overloads, key=lambda overload: overload.params.count("any")):
        wanted = zip(native.params, args, strict=True)
        if all(param in {"any", module.types.get(type(arg)), type_name(arg)} for param, arg in wanted):
            return native
    raise LookupError(f"no function {name} ({', '.join(type_name(arg) for arg in args)}) in {module.name}")
