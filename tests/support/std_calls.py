"""Calls functions of the standard packages without an engine, by name and argument types as scripts do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from horus_runtime.errors import EvalError, HorusError, LimitError
from horus_runtime.modules.std import standard_package
from horus_runtime.runtime import faults, text
from horus_runtime.runtime.comparison import NO_OPERATOR, eq
from horus_runtime.runtime.dispatch import FunctionTable
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.module import NativeFn
from horus_runtime.runtime.suspension import pause
from horus_runtime.runtime.values import Cell, type_name

TABLE = FunctionTable([standard_package()])


def closure(function: Callable[..., Any], parameters: int) -> FnPtr:
    """A pointer to a closure with so many parameters; `this` comes first as a cell where a method binds it."""
    return FnPtr("anon$0123456789abcdef", program=(function, parameters))


class StdContext:
    """A `NativeCallContext` whose function pointers are Python functions, with small limits where a test sets them."""

    def __init__(self, *, string: int = 10_000, array: int = 10_000, properties: int = 10_000) -> None:
        self.string, self.array, self.properties = string, array, properties
        self.charged = 0
        self.charges = 0
        self.pauses: list[float] = []

    def charge(self, operations: int) -> None:
        self.charged += operations
        self.charges += 1

    def remaining_seconds(self) -> float | None:
        return None

    def pause(self, seconds: float) -> None:
        pause(seconds, self)  # this context is its own budget: it counts how often it is looked at

    def grew(self, size: int) -> None: ...

    def making(self, size: int) -> None: ...

    def arity(self, pointer: FnPtr) -> int | None:
        return pointer.program[1] - len(pointer.curried) if pointer.program else None

    def call(self, pointer: FnPtr, *args: Any) -> Any:
        if pointer.program is None:
            return call(pointer.name, *pointer.curried, *args)
        return pointer.program[0](*pointer.curried, *args)

    def is_fixed(self, value: Any) -> bool:
        return False

    def call_with_this(self, pointer: FnPtr, this: Cell, *args: Any) -> Any:
        if pointer.program is None:
            return call(pointer.name, this.v, *pointer.curried, *args)
        return pointer.program[0](this, *pointer.curried, *args)

    def borrows(self, pointer: FnPtr) -> bool:
        return False

    def callable(self, pointer: FnPtr, count: int) -> Callable[..., Any]:
        return lambda *args: self.call(pointer, *args)

    def explain(self, error: BaseException) -> HorusError:
        return error if isinstance(error, HorusError) else EvalError("ErrorArithmetic", str(error))

    def script_functions(self) -> list[Any]:
        return [{"name": "f", "params": ["a"]}, {"name": "f", "params": []}, {"name": "g", "params": []}]

    def type_name(self, value: Any) -> str:
        return type_name(value)

    def to_display(self, value: Any) -> str:
        return text.to_display(value)

    def to_debug(self, value: Any) -> str:
        return text.to_debug(value)

    def equals(self, left: Any, right: Any) -> bool:
        result = eq(left, right)
        if result is NO_OPERATOR:
            raise faults.function_not_found("==", [left, right])
        return result is True

    def check_string(self, length: int) -> None:
        if length > self.string:
            raise faults.too_large(faults.STRING_SIZE, self.string, length)

    def check_array(self, length: int, more: int | None = None) -> None:
        if length > self.array:
            raise faults.too_large(faults.ARRAY_SIZE, self.array, length)

    def check_map(self, length: int, more: int | None = None) -> None:
        if length > self.properties:
            raise faults.too_large(faults.MAP_SIZE, self.properties, length)


def find(name: str, *args: Any) -> NativeFn:
    """The overload for these arguments; fails like a script's call where there is none."""
    native = TABLE.find(name, args)
    if native is None:
        raise faults.function_not_found(name, args)
    return native


def call(name: str, *args: Any, context: StdContext | None = None) -> Any:
    """The result of a call; what happens to a receiver of a value type is lost."""
    native = find(name, *args)
    result = native.call(context or StdContext(), *args) if native.context else native.call(*args)
    return result[1] if native.ref else result


def call_on(receiver: Any, name: str, *args: Any, context: StdContext | None = None) -> tuple[Any, Any]:
    """The result of a method call, and the receiver afterwards."""
    native = find(name, receiver, *args)
    result = native.call(context or StdContext(), receiver, *args) if native.context else native.call(receiver, *args)
    return (result[1], result[0]) if native.ref else (result, receiver)


def message(action: Callable[[], Any]) -> str:
    """The message of the error that the action raises."""
    try:
        action()
    except (EvalError, LimitError) as error:
        return error.message
    raise AssertionError("expected an error")
