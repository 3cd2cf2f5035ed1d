"""Builders for Python `ast` nodes. Every node gets a place in the script, which is how errors find their position.

The current place is `loc`, a (line, column) pair, 1-based; a visitor sets it before it builds a node that can fail.
"""

from __future__ import annotations

import ast as pyast
from collections.abc import Sequence
from typing import Any

from horus_runtime.source import Span

LOAD = pyast.Load()
STORE = pyast.Store()

Loc = tuple[int, int]


def place(node: Any, loc: Loc) -> Any:
    """Give a node its place in the script."""
    line, column = loc
    node.lineno = node.end_lineno = line
    node.col_offset = column - 1
    node.end_col_offset = column
    return node


class Emitter:
    """Builds expressions and statements at the current place; collects statements in `out`."""

    def __init__(self) -> None:
        self.loc: Loc = (1, 1)
        self.out: list[pyast.stmt] = []
        self.temps = 0

    def at(self, span: Span) -> None:
        """Move to the start of a span."""
        self.loc = span[:2]

    # ---- names ------------------------------------------------------------------------------------------------------

    def temp(self) -> str:
        """A fresh local name."""
        self.temps += 1
        return f"_{self.temps}"

    # ---- expressions ------------------------------------------------------------------------------------------------

    def name(self, id_: str) -> pyast.expr:
        return place(pyast.Name(id_, LOAD), self.loc)  # type: ignore[no-any-return]

    def const(self, value: Any) -> pyast.expr:
        return place(pyast.Constant(value), self.loc)  # type: ignore[no-any-return]

    def call(self, function: str, *args: pyast.expr) -> pyast.expr:
        return place(pyast.Call(self.name(function), list(args), []), self.loc)  # type: ignore[no-any-return]

    def attribute(self, value: pyast.expr, name: str) -> pyast.expr:
        return place(pyast.Attribute(value, name, LOAD), self.loc)  # type: ignore[no-any-return]

    def cell_value(self, cell: str) -> pyast.expr:
        """The content of a shared cell."""
        return self.attribute(self.name(cell), "v")

    def tuple_of(self, items: Sequence[pyast.expr]) -> pyast.expr:
        return place(pyast.Tuple(list(items), LOAD), self.loc)  # type: ignore[no-any-return]

    def list_of(self, items: Sequence[pyast.expr]) -> pyast.expr:
        return place(pyast.List(list(items), LOAD), self.loc)  # type: ignore[no-any-return]

    def subscript(self, value: pyast.expr, index: pyast.expr) -> pyast.expr:
        return place(pyast.Subscript(value, index, LOAD), self.loc)  # type: ignore[no-any-return]

    def binop(self, left: pyast.expr, op: pyast.operator, right: pyast.expr) -> pyast.expr:
        return place(pyast.BinOp(left, op, right), self.loc)  # type: ignore[no-any-return]

    def compare(self, left: pyast.expr, *rest: tuple[pyast.cmpop, pyast.expr]) -> pyast.expr:
        (first, value), *more = rest
        identity = isinstance(first, (pyast.Is, pyast.IsNot)) and not more
        if identity and isinstance(left, pyast.Constant) and isinstance(value, pyast.Constant):
            # CPython warns about `1 is None`.
            return self.const((left.value is value.value) == isinstance(first, pyast.Is))
        ops = [op for op, _ in rest]
        return place(pyast.Compare(left, ops, [value for _, value in rest]), self.loc)  # type: ignore[no-any-return]

    def both(self, *values: pyast.expr) -> pyast.expr:
        if len(values) == 1:
            return values[0]
        return place(pyast.BoolOp(pyast.And(), list(values)), self.loc)  # type: ignore[no-any-return]

    def either(self, *values: pyast.expr) -> pyast.expr:
        if len(values) == 1:
            return values[0]
        return place(pyast.BoolOp(pyast.Or(), list(values)), self.loc)  # type: ignore[no-any-return]

    def negate(self, value: pyast.expr) -> pyast.expr:
        return place(pyast.UnaryOp(pyast.Not(), value), self.loc)  # type: ignore[no-any-return]

    def choose(self, test: pyast.expr, then: pyast.expr, orelse: pyast.expr) -> pyast.expr:
        return place(pyast.IfExp(test, then, orelse), self.loc)  # type: ignore[no-any-return]

    def walrus(self, target: str, value: pyast.expr) -> pyast.expr:
        return place(pyast.NamedExpr(place(pyast.Name(target, STORE), self.loc), value), self.loc)  # type: ignore[no-any-return]

    def type_is(self, value: pyast.expr, cls: str) -> pyast.expr:
        """`type(value) is cls`."""
        return self.compare(self.call("type", value), (pyast.Is(), self.name(cls)))

    def is_none(self, value: pyast.expr) -> pyast.expr:
        return self.compare(value, (pyast.Is(), self.const(None)))

    # ---- statements -------------------------------------------------------------------------------------------------

    def emit(self, node: pyast.stmt) -> None:
        self.out.append(place(node, self.loc))

    def assign(self, target: str, value: pyast.expr) -> None:
        self.emit(pyast.Assign([place(pyast.Name(target, STORE), self.loc)], value))

    def assign_cell(self, cell: str, value: pyast.expr) -> None:
        target = place(pyast.Attribute(self.name(cell), "v", STORE), self.loc)
        self.emit(pyast.Assign([target], value))

    def evaluate(self, value: pyast.expr) -> None:
        self.emit(pyast.Expr(value))

    def when(self, test: pyast.expr, then: list[pyast.stmt], orelse: list[pyast.stmt] | None = None) -> None:
        self.emit(pyast.If(test, then or [self.nothing()], orelse or []))

    def nothing(self) -> pyast.stmt:
        return place(pyast.Pass(), self.loc)  # type: ignore[no-any-return]

    def give_back(self, value: pyast.expr) -> None:
        self.emit(pyast.Return(value))
