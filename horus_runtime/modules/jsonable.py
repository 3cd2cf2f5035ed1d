"""Script values to JSON data and back: what has no place in JSON is refused by name, never bent silently."""

from __future__ import annotations

import math
from typing import Any, Final

from horus_runtime.runtime.values import INT_MAX, INT_MIN, Cell, Char, type_name

MAX_DEPTH: Final = 64


class NotJsonError(ValueError):
    """A value that JSON, or a script, cannot hold; `where` is the path to it (`"address.tags[2]"`)."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"'{where}' {problem}" if where else f"the value {problem}")
        self.where = where
        self.problem = problem


def to_json_value(value: Any, where: str = "", depth: int = 0) -> Any:
    """A deep copy of a script value in plain JSON classes."""
    cls = type(value)
    if cls is str or cls is bool or value is None:
        return value
    if cls is int:
        if not INT_MIN <= value <= INT_MAX:
            raise NotJsonError(where, "is an integer beyond 64 bits")
        return value
    if cls is float:
        if not math.isfinite(value):
            raise NotJsonError(where, "is not a finite number")
        return value
    if cls is dict or cls is list:
        if depth >= MAX_DEPTH:
            raise NotJsonError(where, f"is nested deeper than {MAX_DEPTH} levels")
        if cls is dict:
            return {str(key): to_json_value(item, _key(where, key), depth + 1) for key, item in value.items()}
        return [to_json_value(item, f"{where}[{at}]", depth + 1) for at, item in enumerate(value)]
    if cls is Char:
        return str(value)
    if cls is Cell:
        return to_json_value(value.v, where, depth)
    raise NotJsonError(where, f"is of type {type_name(value)}, which JSON does not have")


def from_json_value(value: Any, where: str = "", depth: int = 0) -> Any:
    """JSON data as a script value: integers must fit into 64 bits, nesting into the depth limit."""
    cls = type(value)
    if cls is int:
        if not INT_MIN <= value <= INT_MAX:
            raise NotJsonError(where, "is an integer beyond 64 bits")
        return value
    if cls is dict or cls is list:
        if depth >= MAX_DEPTH:
            raise NotJsonError(where, f"is nested deeper than {MAX_DEPTH} levels")
        if cls is dict:
            return {key: from_json_value(item, _key(where, key), depth + 1) for key, item in value.items()}
        return [from_json_value(item, f"{where}[{at}]", depth + 1) for at, item in enumerate(value)]
    return value


def parse_json(text: str) -> Any:
    """JSON text as a script value; raises `NotJsonError` with line and column for text that is not JSON."""
    import json

    try:
        return from_json_value(json.loads(text, parse_constant=_refuse_constant))
    except json.JSONDecodeError as error:
        raise NotJsonError("", f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise NotJsonError("", f"is nested deeper than {MAX_DEPTH} levels") from None


def format_json(value: Any, *, indent: int | None = None, sort_keys: bool = False) -> str:
    """A script value as JSON text; compact without `indent`."""
    import json

    separators = (",", ": ") if indent is not None else (",", ":")
    return json.dumps(
        to_json_value(value), ensure_ascii=False, allow_nan=False, indent=indent, sort_keys=sort_keys,
        separators=separators,
    )  # fmt: skip


def _key(where: str, key: str) -> str:
    return f"{where}.{key}" if where else str(key)


def _refuse_constant(name: str) -> Any:
    raise NotJsonError("", f"contains {name}, which is not JSON")
