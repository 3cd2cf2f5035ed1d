"""Builders of run-time errors, worded as Rhai words them.

Each function returns an error for the caller to raise. Positions are left to the innermost script frame unless the
name says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from sys import getrecursionlimit

from horus_runtime.errors import EvalError, LightError, LimitError
from horus_runtime.runtime.values import type_name
from horus_runtime.typing_names import Any

STRING_IN_SIGNATURE = "&str | ImmutableString | String"


class ArithmeticFault(LightError):
    """`ErrorArithmetic`; the message is the exception's only argument."""

    kind = "ErrorArithmetic"
    value = None

    @property
    def message(self) -> str:
        return str(self.args[0])

    @message.setter
    def message(self, text: str) -> None:
        self.args = (text,)


class PlainFault(ArithmeticFault):
    """`ErrorArithmetic` of the plain binary operators, which Rhai reports without a position."""

    _position = None  # type: ignore[assignment]  # an `Unset` elsewhere


def arithmetic(message: str) -> EvalError:
    """`ErrorArithmetic` at the place where it is raised."""
    error: EvalError = ArithmeticFault(message)
    return error


def signature_name(name: str) -> str:
    """A type's name as it stands in "Function not found" texts."""
    return STRING_IN_SIGNATURE if name == "string" else name


def function_not_found(name: str, args: Iterable[Any]) -> EvalError:
    """`Function not found: f (i64, string)`; `args` are the argument values, the receiver first."""
    return function_not_found_for(name, [type_name(arg) for arg in args])


def function_not_found_for(name: str, types: Iterable[str]) -> EvalError:
    """As `function_not_found`, with the type names given."""
    signature = f"{name} ({', '.join(signature_name(t) for t in types)})"
    return EvalError("ErrorFunctionNotFound", f"Function not found: {signature}", fields={"function": signature})


def lost_closure() -> EvalError:
    """What reading a constant that holds a closure raises: its name was taken for that of a function."""
    return EvalError("ErrorFunctionNotFound", "Function not found: anon$", fields={"function": "anon$"})


def mismatch(actual: str, expected: str) -> EvalError:
    """`Data type incorrect: ACTUAL (expecting EXPECTED)`."""
    return EvalError(
        "ErrorMismatchDataType",
        f"Data type incorrect: {actual} (expecting {expected})",
        fields={"requested": expected, "actual": actual},
    )


class PointerError(EvalError):
    """What is to be called is no function pointer, or its module does not exist: stands there, not at the call."""


def module_not_found(path: str) -> PointerError:
    """`Module not found: a::b`, at the first name of the path."""
    return PointerError("ErrorModuleNotFound", f"Module not found: {path}", fields={"module": path})


def no_pointer(actual: str) -> PointerError:
    """`Data type incorrect: i64 (expecting Fn)`."""
    message = f"Data type incorrect: {actual} (expecting Fn)"
    return PointerError("ErrorMismatchDataType", message, fields={"requested": "Fn", "actual": actual})


def variable_not_found(name: str) -> EvalError:
    """`Variable not found: x`."""
    return EvalError("ErrorVariableNotFound", f"Variable not found: {name}", fields={"variable": name})


def cannot_modify_constant(name: str) -> EvalError:
    """`Cannot modify constant X`."""
    return EvalError("ErrorAssignmentToConstant", f"Cannot modify constant {name}", fields={"variable": name})


def non_pure_call(name: str) -> EvalError:
    """`Non-pure method 'push' cannot be called on constant`."""
    message = f"Non-pure method '{name}' cannot be called on constant"
    return EvalError("ErrorNonPureMethodCallOnConstant", message, fields={"function": name})


def unbound_this() -> EvalError:
    """`'this' not bound`."""
    return EvalError("ErrorUnboundThis", "'this' not bound")


def array_bounds(length: int, index: int) -> EvalError:
    """`Array index 3 out of bounds: only 3 elements in array`."""
    return _bounds("ErrorArrayBounds", "Array", length, index, "element", "array")


def string_bounds(length: int, index: int) -> EvalError:
    """`String index 3 out of bounds: only 3 characters in string`."""
    return _bounds("ErrorStringBounds", "String", length, index, "character", "string")


def bit_bounds(index: int) -> EvalError:
    """`Bit-field index 64 out of bounds: only 64 bits in bit-field`."""
    return _bounds("ErrorBitFieldBounds", "Bit-field", 64, index, "bit", "bit-field")


def _bounds(kind: str, what: str, length: int, index: int, unit: str, container: str) -> EvalError:
    if length == 0:
        rest = f"{container} is empty"
    else:
        rest = f"only {length} {unit}{'' if length == 1 else 's'} in {container}"
    fields = {"length": length, "index": index}
    return EvalError(kind, f"{what} index {index} out of bounds: {rest}", fields=fields)


def indexer_unavailable(text: str) -> EvalError:
    """`Indexer unavailable: T [I]`."""
    return EvalError("ErrorIndexingType", f"Indexer unavailable: {text}", fields={"type": text})


def unknown_property(name: str, owner: str) -> EvalError:
    """Reading a property that a type does not have."""
    return dot_error(f"Unknown property '{name}' - a getter is not registered for type '{owner}'")


def no_setter(name: str, owner: str, value: str) -> EvalError:
    """Writing a property that a type does not have."""
    return dot_error(
        f"No writable property '{name}' - a setter is not registered for type '{owner}' to handle '{value}'"
    )


def dot_error(sentence: str) -> EvalError:
    """`ErrorDotExpr` with a full sentence."""
    return EvalError("ErrorDotExpr", sentence, fields={"property": sentence})


def runtime_error(value: Any, text: str | None = None) -> EvalError:
    """`ErrorRuntime`, as `throw` and failing natives raise it; `text` is how the message shows the value."""
    shown = value if text is None and isinstance(value, str) else text
    return EvalError("ErrorRuntime", f"Runtime error: {shown}" if shown else "Runtime error", value=value)


def too_large(what: str, limit: int, usage: int) -> LimitError:
    """`Length of string too large` and its siblings; `what` starts the sentence."""
    hint = f"{SIZE_LIMITS[what]} is {limit}, wanted {usage}"
    return LimitError("ErrorDataTooLarge", f"{what} too large", limit=limit, usage=usage, hint=hint)


def out_of_memory() -> LimitError:
    """The system gives the process no more memory."""
    from horus_runtime.runtime.holdings import peak_memory, possible_memory

    limit, usage = possible_memory(), peak_memory()
    hint = f"the process can have {limit} bytes of memory and had {usage}"
    return LimitError("ErrorDataTooLarge", f"{ARRAY_SIZE} too large", limit=limit, usage=usage, hint=hint)


def stack_overflow(limit: int) -> LimitError:
    """`Stack overflow`: the call depth is used up."""
    hint = f"max_call_levels is {limit}, wanted {limit + 1}"
    return LimitError("ErrorStackOverflow", "Stack overflow", limit=limit, usage=limit + 1, hint=hint)


def frames_overflow() -> LimitError:
    """`Stack overflow`: Python's own stack is used up, by host functions that call each other or the script."""
    limit = getrecursionlimit()
    hint = f"Python's recursion limit is {limit} frames, wanted {limit + 1}"
    return LimitError("ErrorStackOverflow", "Stack overflow", limit=limit, usage=limit + 1, hint=hint)


STRING_SIZE = "Length of string"
ARRAY_SIZE = "Size of array/BLOB"
MAP_SIZE = "Size of object map"
SIZE_LIMITS = {STRING_SIZE: "max_string_size", ARRAY_SIZE: "max_array_size", MAP_SIZE: "max_map_size"}
"""The limit that each of these sentences is about."""


def unknown_construct(key: str) -> EvalError:
    """The engine that runs a script lacks a construct that the one that compiled it had."""
    return EvalError("ErrorCustomSyntax", f"Invalid custom syntax prefix: {key}", fields={"symbol": key})


def suggestion(name: str, known: Iterable[str], cutoff: float = 0.7) -> str | None:
    """A hint that names the nearest of what is known."""
    from difflib import get_close_matches

    near = get_close_matches(name, sorted({*known} - {name}), n=1, cutoff=cutoff)
    return f"did you mean '{near[0]}'?" if near else None
