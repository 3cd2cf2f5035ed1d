"""From annotated Python functions to script signatures."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from types import CoroutineType
from typing import Any, get_type_hints

from horus_runtime.errors import EvalError, HorusError
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.module import ANY, NativeFn
from horus_runtime.runtime.suspension import wait_for
from horus_runtime.runtime.values import Char, Range, Timestamp, to_script

SCRIPT_NAMES: dict[Any, str] = {
    int: "i64",
    float: "f64",
    bool: "bool",
    str: "string",
    Char: "char",
    list: "array",
    tuple: "array",
    dict: "map",
    bytes: "blob",
    bytearray: "blob",
    type(None): "()",
    Range: "range",
    FnPtr: "Fn",
    Timestamp: "timestamp",
    Any: ANY,
    object: ANY,
}


def native_from_python(
    function: Callable[..., Any], *, name: str | None = None, types: dict[type, str] | None = None, **flags: Any
) -> NativeFn:
    """Register-ready form of a Python function; unannotated parameters take any value.

    Exceptions that the function raises reach the script as `ErrorRuntime` with the exception's text, which a script
    can catch; results are checked to be script values.

    Raises:
        TypeError: the function has keyword-only or variadic parameters.
    """
    try:
        hints = get_type_hints(function)
    except (NameError, TypeError):
        hints = {}
    names, params = [], []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind not in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            raise TypeError(
                f"script functions take positional parameters only, '{parameter.name}' is {parameter.kind.description}"
            )
        names.append(parameter.name)
        params.append(_script_name(hints.get(parameter.name, Any), types or {}))
    doc = flags.pop("doc", None) or inspect.getdoc(function) or ""
    return NativeFn(
        name or function.__name__, tuple(params), _guarded(function, name), doc=doc, param_names=tuple(names), **flags
    )


def _script_name(hint: Any, types: dict[type, str]) -> str:
    origin = getattr(hint, "__origin__", hint)
    if origin in SCRIPT_NAMES:
        return SCRIPT_NAMES[origin]
    if origin in types:
        return types[origin]
    return origin.__name__ if isinstance(origin, type) else ANY


def _guarded(function: Callable[..., Any], name: str | None) -> Callable[..., Any]:
    """Turn the host's exceptions into script errors and its results into script values."""

    @wraps(function)
    def call(*args: Any) -> Any:
        try:
            result = function(*args)
            if type(result) is CoroutineType:
                result = wait_for(result, name or function.__name__)
            return to_script(result)
        except HorusError:
            raise
        except Exception as error:
            text = str(error) or type(error).__name__
            raise EvalError("ErrorRuntime", f"Runtime error: {text}", value=text) from error

    return call
