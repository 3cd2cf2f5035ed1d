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
IS = pyast.Is()
AND = pyast.And()
OR = pyast.Or()
_IDENTITY = (pyast.Is, pyast.IsNot)

Loc = tuple[int, int]


# A line of a script becomes twenty nodes. The builders of most of them hand over all attributes in one dictionary, in
# two thirds of the time that the classes' own initialisers and four assignments for the place take.
_new = pyast.AST.__new__


def place(node: Any, loc: Loc) -> Any:
    """Give a node its place in the script."""
    line, column = loc
    attributes = node.__dict__
    attributes["lineno"] = attributes["end_lineno"] = line
    attributes["col_offset"] = column - 1
    attributes["end_col_offset"] = column
    return node


def unused(base: str, taken: set[str]) -> str:
    """The name, with a number where it is taken; from now on it is."""
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}_{number}"
    taken.add(name)
    return name


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
        node = _new(pyast.Name)
        line, column = self.loc
        node.__dict__ = {
            "id": id_,
            "ctx": LOAD,
            "lineno": line,
            "end_lineno": line,
            "col_offset": column - 1,
            "end_col_offset": column,
        }
        return node

    def const(self, value: Any) -> pyast.expr:
        node = _new(pyast.Constant)
        line, column = self.loc
        node.__dict__ = {
            "value": value,
            "lineno": line,
            "end_lineno": line,
            "col_offset": column - 1,
            "end_col_offset": column,
        }
        return node

    def call(self, function: str, *args: pyast.expr) -> pyast.expr:
        node = _new(pyast.Call)
        line, column = self.loc
        node.__dict__ = {
            "func": self.name(function),
            "args": list(args),
            "keywords": [],
            "lineno": line,
            "end_lineno": line,
            "col_offset": column - 1,
            "end_col_offset": column,
        }
        return node

    def call_of(self, function: pyast.expr, *args: pyast.expr) -> pyast.expr:
        """Call what an expression gives."""
        node = _new(pyast.Call)
        line, column = self.loc
        node.__dict__ = {
            "func": function,
            "args": list(args),
            "keywords": [],
            "lineno": line,
            "end_lineno": line,
            "col_offset": column - 1,
            "end_col_offset": column,
        }
        return node

    def attribute(self, value: pyast.expr, name: str) -> pyast.expr:
        node = _new(pyast.Attribute)
        line, column = self.loc
        node.__dict__ = {
            "value": value,
            "attr": name,
            "ctx": LOAD,
            "lineno": line,
            "end_lineno": line,
            "col_offset": column - 1,
            "end_col_offset": column,
        }
        return node

    def cell_value(self, cell: str) -> pyast.expr:
        """The content of a shared cell."""
        return self.attribute(self.name(cell), "v")

    def tuple_of(self, items: Sequence[pyast.expr]) -> pyast.expr:
        return place(pyast.Tuple(list(items), LOAD), self.loc)  # type: ignore[no-any-return]

    def list_of(self, items: Sequence[pyast.expr]) -> pyast.expr:
        return place(pyast.List(list(items), LOAD), self.loc)  # type: ignore[no-any-return]

    def subscript(self, value: pyast.expr, index: pyast.expr) -> pyast.expr:
        node = _new(pyast.Subscript)
        line, column = self.loc
        node.__dict__ = {
            "value": value,
            "slice": index,
            "ctx": LOAD,
            "lineno": line,
            "end_lineno": line,
            "col_offset": column - 1,
            "end_col_offset": column,
        }
        return node

    def binop(self, left: pyast.expr, op: pyast.operator, right: pyast.expr) -> pyast.expr:
        node = _new(pyast.BinOp)
        line, column = self.loc
        node.__dict__ = {
            "left": left,
            "op": op,
            "right": right,
            "lineno": line,
            "end_lineno": line,
            "col_offset": column - 1,
            "end_col_offset": column,
        }
        return node

    def compare(self, left: pyast.expr, *rest: tuple[pyast.cmpop, pyast.expr]) -> pyast.expr:
        if len(rest) == 1:
            op, value = rest[0]
            if isinstance(left, pyast.Constant) and isinstance(value, pyast.Constant) and isinstance(op, _IDENTITY):
                # CPython warns about `1 is None`.
                return self.const((left.value is value.value) == isinstance(op, pyast.Is))
            ops, values = [op], [value]
        else:
            ops, values = [op for op, _ in rest], [value for _, value in rest]
        node = _new(pyast.Compare)
        line, column = self.loc
        node.__dict__ = {
            "left": left,
            "ops": ops,
            "comparators": values,
            "lineno": line,
            "end_lineno": line,
            "col_offset": column - 1,
            "end_col_offset": column,
        }
        return node

    def both(self, *values: pyast.expr) -> pyast.expr:
        if len(values) == 1:
            return values[0]
        return self.logic(AND, values)

    def either(self, *values: pyast.expr) -> pyast.expr:
        if len(values) == 1:
            return values[0]
        return self.logic(OR, values)

    def logic(self, op: pyast.boolop, values: Sequence[pyast.expr]) -> pyast.expr:
        node = _new(pyast.BoolOp)
        line, column = self.loc
        node.__dict__ = {
            "op": op,
            "values": list(values),
            "lineno": line,
            "end_lineno": line,
            "col_offset": column - 1,
            "end_col_offset": column,
        }
        return node

    def negate(self, value: pyast.expr) -> pyast.expr:
        return place(pyast.UnaryOp(pyast.Not(), value), self.loc)  # type: ignore[no-any-return]

    def choose(self, test: pyast.expr, then: pyast.expr, orelse: pyast.expr) -> pyast.expr:
        node = _new(pyast.IfExp)
        line, column = self.loc
        node.__dict__ = {
            "test": test,
            "body": then,
            "orelse": orelse,
            "lineno": line,
            "end_lineno": line,
            "col_offset": column - 1,
            "end_col_offset": column,
        }
        return node

    def walrus(self, target: str, value: pyast.expr) -> pyast.expr:
        node = _new(pyast.NamedExpr)
        line, column = self.loc
        node.__dict__ = {
            "target": self.slot(target),
            "value": value,
            "lineno": line,
            "end_lineno": line,
            "col_offset": column - 1,
            "end_col_offset": column,
        }
        return node

    def type_is(self, value: pyast.expr, cls: str) -> pyast.expr:
        """`type(value) is cls`."""
        line, column = self.loc
        where = {"lineno": line, "end_lineno": line, "col_offset": column - 1, "end_col_offset": column}
        function, call, name, node = _new(pyast.Name), _new(pyast.Call), _new(pyast.Name), _new(pyast.Compare)
        function.__dict__ = {"id": "type", "ctx": LOAD, **where}
        call.__dict__ = {"func": function, "args": [value], "keywords": [], **where}
        name.__dict__ = {"id": cls, "ctx": LOAD, **where}
        node.__dict__ = {"left": call, "ops": [IS], "comparators": [name], **where}
        return node

    def is_none(self, value: pyast.expr) -> pyast.expr:
        return self.compare(value, (IS, self.const(None)))

    # ---- statements -------------------------------------------------------------------------------------------------

    def emit(self, node: pyast.stmt) -> None:
        self.out.append(place(node, self.loc))

    def slot(self, name: str) -> pyast.Name:
        """A name that gets a value."""
        node = _new(pyast.Name)
        line, column = self.loc
        node.__dict__ = {
            "id": name,
            "ctx": STORE,
            "lineno": line,
            "end_lineno": line,
            "col_offset": column - 1,
            "end_col_offset": column,
        }
        return node

    def assign(self, target: str, value: pyast.expr) -> None:
        self.out.append(self.assignment(target, value))

    def assignment(self, target: str, value: pyast.expr) -> pyast.stmt:
        """`target = value`, for another place than the end of `out`."""
        node = _new(pyast.Assign)
        line, column = self.loc
        node.__dict__ = {
            "targets": [self.slot(target)],
            "value": value,
            "lineno": line,
            "end_lineno": line,
            "col_offset": column - 1,
            "end_col_offset": column,
        }
        return node

    def assign_cell(self, cell: str, value: pyast.expr) -> None:
        target = place(pyast.Attribute(self.name(cell), "v", STORE), self.loc)
        self.emit(pyast.Assign([target], value))

    def evaluate(self, value: pyast.expr) -> None:
        self.emit(pyast.Expr(value))

    def when(self, test: pyast.expr, then: list[pyast.stmt], orelse: list[pyast.stmt] | None = None) -> None:
        node = _new(pyast.If)
        line, column = self.loc
        node.__dict__ = {
            "test": test,
            "body": then or [self.nothing()],
            "orelse": orelse or [],
            "lineno": line,
            "end_lineno": line,
            "col_offset": column - 1,
            "end_col_offset": column,
        }
        self.out.append(node)

    def nothing(self) -> pyast.stmt:
        return place(pyast.Pass(), self.loc)  # type: ignore[no-any-return]

    def give_back(self, value: pyast.expr) -> None:
        self.emit(pyast.Return(value))
