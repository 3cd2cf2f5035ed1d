"""Computed fields: a value worked out from the record's other fields at every write, and stored with them.

The rule is a small expression such as `price * quantity` or `lower(first + " " + last)`: fields, dotted paths,
constants, arithmetic, comparisons, `a if c else b`, and the functions below. It ends after as many steps as it is long.
Python's own parser reads it; only the nodes listed here mean anything.
"""

from __future__ import annotations

import ast as pyast
import math
import operator
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from horus_runtime.modules.osiris.faults import shown
from horus_runtime.modules.osiris.records import value_in
from horus_runtime.runtime.values import INT_MAX, INT_MIN

MAX_EXPRESSION: Final = 500
MAX_TEXT: Final = 1_000_000
Compute = Callable[[dict[str, Any]], Any]


class NotComputableError(ValueError):
    """An expression that is wrong, or has no value for a record; the message continues "the rule of 'field'"."""


@lru_cache(maxsize=256)
def compiled(text: str) -> tuple[Compute, frozenset[str]]:
    """The function of a record that an expression stands for, and the fields that it reads."""
    if len(text) > MAX_EXPRESSION:
        raise NotComputableError(f"has more than {MAX_EXPRESSION} characters")
    try:
        tree = pyast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise NotComputableError("is not an expression") from None
    names: set[str] = set()
    return _build(tree.body, names, 0), frozenset(names)


def compute(text: str, record: dict[str, Any]) -> Any:
    """The value of an expression for a record; nothing when a field it needs is missing."""
    return compiled(text)[0](record)


def _build(node: pyast.expr, names: set[str], depth: int) -> Compute:
    if depth > 50:
        raise NotComputableError("is nested too deeply")
    build = _NODES.get(type(node))
    if build is None:
        raise NotComputableError(f"cannot use {shown(pyast.unparse(node))}")
    return build(node, names, depth + 1)


def _constant(node: Any, names: set[str], depth: int) -> Compute:
    value = node.value
    if type(value) not in {int, float, str, bool, type(None)}:
        raise NotComputableError(f"cannot use {shown(pyast.unparse(node))}")
    checked = _sized(value)
    return lambda record: checked


def _name(node: Any, names: set[str], depth: int) -> Compute:
    literals = {"true": True, "false": False}
    if node.id in literals:
        value = literals[node.id]
        return lambda record: value
    return _path(node, names, depth)


def _path(node: Any, names: set[str], depth: int) -> Compute:
    """A field, or a dotted path into one."""
    parts = []
    while isinstance(node, pyast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, pyast.Name):
        raise NotComputableError(f"cannot use {shown(pyast.unparse(node))}")
    path = ".".join([node.id, *reversed(parts)])
    names.add(node.id)
    return lambda record: value_in(record, path)


def _binary(node: Any, names: set[str], depth: int) -> Compute:
    work = _BINARY.get(type(node.op))
    if work is None:
        raise NotComputableError(f"cannot use {shown(pyast.unparse(node))}")
    left, right = _build(node.left, names, depth), _build(node.right, names, depth)

    def run(record: dict[str, Any]) -> Any:
        one, two = left(record), right(record)
        return None if one is None or two is None else _sized(work(one, two))

    return run


def _unary(node: Any, names: set[str], depth: int) -> Compute:
    inner = _build(node.operand, names, depth)
    if isinstance(node.op, pyast.Not):
        return lambda record: not inner(record)
    if not isinstance(node.op, pyast.USub):
        raise NotComputableError(f"cannot use {shown(pyast.unparse(node))}")

    def run(record: dict[str, Any]) -> Any:
        value = inner(record)
        return None if value is None else _sized(-_number(value))

    return run


def _compare(node: Any, names: set[str], depth: int) -> Compute:
    work = _COMPARE.get(type(node.ops[0])) if len(node.ops) == 1 else None
    if work is None:
        raise NotComputableError(f"cannot use {shown(pyast.unparse(node))}")
    left, right = _build(node.left, names, depth), _build(node.comparators[0], names, depth)

    def run(record: dict[str, Any]) -> bool:
        one, two = left(record), right(record)
        if work in {operator.eq, operator.ne}:
            return bool(work((type(one) is bool, one), (type(two) is bool, two)))
        if type(one) is str and type(two) is str:
            return bool(work(one, two))
        return one is not None and two is not None and bool(work(_number(one), _number(two)))

    return run


def _logic(node: Any, names: set[str], depth: int) -> Compute:
    parts = [_build(part, names, depth) for part in node.values]
    if isinstance(node.op, pyast.And):
        return lambda record: all(part(record) for part in parts)
    return lambda record: any(part(record) for part in parts)


def _choice(node: Any, names: set[str], depth: int) -> Compute:
    test, yes, no = (_build(part, names, depth) for part in (node.test, node.body, node.orelse))
    return lambda record: yes(record) if test(record) else no(record)


def _call(node: Any, names: set[str], depth: int) -> Compute:
    name = node.func.id if isinstance(node.func, pyast.Name) else ""
    entry = FUNCTIONS.get(name)
    if entry is None or node.keywords:
        raise NotComputableError(f"knows no function {shown(pyast.unparse(node.func))}; known: {', '.join(FUNCTIONS)}")
    least, most, work = entry
    if not least <= len(node.args) <= most:
        raise NotComputableError(f"gives {name}() {len(node.args)} arguments, which takes {least} to {most}")
    arguments = [_build(argument, names, depth) for argument in node.args]

    def run(record: dict[str, Any]) -> Any:
        values = [argument(record) for argument in arguments]
        if name != "coalesce" and None in values:
            return None
        return _sized(work(*values))

    return run


def _sized(value: Any) -> Any:
    """A result that a record can hold."""
    if type(value) is int and not INT_MIN <= value <= INT_MAX:
        raise NotComputableError("gives an integer beyond 64 bits")
    if type(value) is float and not math.isfinite(value):
        raise NotComputableError("gives no finite number")
    if type(value) is str and len(value) > MAX_TEXT:
        raise NotComputableError(f"gives a text of more than {MAX_TEXT} characters")
    return value


def _number(value: Any) -> Any:
    if type(value) not in {int, float}:
        raise NotComputableError(f"needs a number where there is {shown(value)}")
    return value


def _string(value: Any) -> str:
    if type(value) is not str:
        raise NotComputableError(f"needs a text where there is {shown(value)}")
    return value


def _plus(one: Any, two: Any) -> Any:
    return one + two if type(one) is str and type(two) is str else _number(one) + _number(two)


def _divide(one: Any, two: Any) -> Any:
    """As in scripts: integers give an integer, cut off towards zero."""
    if not _number(two):
        raise NotComputableError("divides by zero")
    if type(_number(one)) is int and type(two) is int:
        quotient = abs(one) // abs(two)
        return quotient if (one < 0) == (two < 0) else -quotient
    return one / two


def _remainder(one: Any, two: Any) -> Any:
    if not _number(two):
        raise NotComputableError("divides by zero")
    if type(_number(one)) is int and type(two) is int:
        rest = abs(one) % abs(two)
        return -rest if one < 0 else rest
    return math.fmod(one, two)


def _text(value: Any) -> str:
    return value if type(value) is str else str(value).lower() if type(value) is bool else str(_number(value))


_BINARY: Final[Mapping[type, Callable[[Any, Any], Any]]] = {
    pyast.Add: _plus,
    pyast.Sub: lambda one, two: _number(one) - _number(two),
    pyast.Mult: lambda one, two: _number(one) * _number(two),
    pyast.Div: _divide,
    pyast.Mod: _remainder,
}
_COMPARE: Final[Mapping[type, Callable[[Any, Any], Any]]] = {
    pyast.Eq: operator.eq,
    pyast.NotEq: operator.ne,
    pyast.Lt: operator.lt,
    pyast.LtE: operator.le,
    pyast.Gt: operator.gt,
    pyast.GtE: operator.ge,
}
FUNCTIONS: Final[Mapping[str, tuple[int, int, Callable[..., Any]]]] = {
    "lower": (1, 1, lambda value: _string(value).lower()),
    "upper": (1, 1, lambda value: _string(value).upper()),
    "trim": (1, 1, lambda value: _string(value).strip()),
    "len": (1, 1, lambda value: len(value) if type(value) is list else len(_string(value))),
    "text": (1, 1, _text),
    "round": (1, 2, lambda value, digits=0: round(float(_number(value)), max(0, min(15, int(_number(digits)))))),
    "floor": (1, 1, lambda value: math.floor(_number(value))),
    "ceil": (1, 1, lambda value: math.ceil(_number(value))),
    "abs": (1, 1, lambda value: abs(_number(value))),
    "min": (2, 20, lambda *values: min(map(_number, values))),
    "max": (2, 20, lambda *values: max(map(_number, values))),
    "coalesce": (1, 20, lambda *values: next((value for value in values if value is not None), None)),
}
_NODES: Final[Mapping[type, Callable[[Any, set[str], int], Compute]]] = {
    pyast.Constant: _constant,
    pyast.Name: _name,
    pyast.Attribute: _path,
    pyast.BinOp: _binary,
    pyast.UnaryOp: _unary,
    pyast.Compare: _compare,
    pyast.BoolOp: _logic,
    pyast.IfExp: _choice,
    pyast.Call: _call,
}
