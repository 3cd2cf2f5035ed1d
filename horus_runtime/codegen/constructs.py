"""Constructs that the host added to the language: a call of the host, with a Python function for every input."""

from __future__ import annotations

import ast as pyast
from collections.abc import Iterable
from typing import Any, Final

from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import children
from horus_runtime.codegen.cost import LOOPS, block_cost
from horus_runtime.codegen.emitter import place
from horus_runtime.codegen.loops import RETURN
from horus_runtime.codegen.statements import Statements
from horus_runtime.runtime.abi import THIS_NONE
from horus_runtime.syntax.levels import position_of

LITERALS: Final = (nodes.IntLit, nodes.FloatLit, nodes.BoolLit, nodes.CharLit, nodes.StringLit)
LEAVING: Final[dict[type[nodes.Node], str]] = {
    nodes.Continue: "_part_continue",
    nodes.Break: "_part_break",
    nodes.Return: "_part_return",
}
"""Statements by which an input leaves the code around the construct, and what they raise inside of it."""


class Constructs(Statements):
    """Compiles constructs of one function variant."""

    in_part = False
    """Is the code of an input being compiled?"""

    def expr_CustomSyntax(self, node: nodes.CustomSyntax, _owned: bool) -> Any:
        """A call of the host, with a function for every input and the variables as `eval` sees them."""
        given = [
            self.custom_input(part, (node if marker == "$func$" else part))
            for marker, part in zip(node.markers, node.parts, strict=True)
        ]
        self.at(node.span)
        has_this = self.program.this_mode(self.fn) != THIS_NONE
        call = self.service(
            "_custom",
            self.level(),
            self.refreshed_scope(node),
            self.name("_this") if has_this else self.name("_MISSING"),
            self.const(node.key),
            self.const(node.markers),
            self.tuple_of(given),
            *([] if node.state is None else [self.const(node.state)]),
        )
        leaving = leaving_statements(node.parts)
        return call if self.in_part or not leaving else self.leaving_call(call, leaving)

    def custom_input(self, part: nodes.Node, at: nodes.Node) -> pyast.expr:
        """(name, literal, line, column, function) of an input."""
        name = part.name if isinstance(part, nodes.Variable) else getattr(part, "value", None)
        literal = self.const(part.value) if isinstance(part, LITERALS) else self.name("_MISSING")
        shown = self.const(name if isinstance(name, str) else None)
        line, column = position_of(at)
        return self.tuple_of([shown, literal, self.const(line), self.const(column), self.name(self.part(part))])

    def part(self, node: nodes.Node) -> str:
        """Emit a function that evaluates an input; gives its name."""
        name = self.program.py_function(f"part_{node.span.line}_{node.span.column}")
        saved = (self.out, self.loops, self.in_part, self.py_name, self.known, self.prepared)
        self.out, self.loops, self.in_part, self.py_name, self.known, self.prepared = [], [], True, name, {}, {}
        self.at(node.span)
        self.charge(block_cost([node]))
        if isinstance(node, nodes.Stmt):
            self.stmt(node, RETURN)
        else:
            value = self.expr(node, owned=True)
            self.at(node.span)
            self.give_back(value)
        self.loc = node.span[:2]
        body = [place(pyast.Nonlocal(["_ops"]), self.loc), *self.out]
        self.out, self.loops, self.in_part, self.py_name, self.known, self.prepared = saved
        arguments = pyast.arguments([], [], None, [], [], None, [])
        self.emit(pyast.FunctionDef(name, arguments, body, [], None))
        return name

    def leaving_call(self, call: pyast.expr, leaving: set[type[nodes.Node]]) -> pyast.expr:
        """A construct whose inputs may `return`, `break` or `continue` for the code around it."""
        result, loc = self.temp(), self.loc
        outer, self.out = self.out, []
        self.assign(result, call)
        body, self.out = self.out, []
        handlers: list[pyast.ExceptHandler] = []
        for kind, service in LEAVING.items():
            if kind not in leaving:
                continue
            error = self.temp()
            value = self.attribute(self.name(error), "value")
            if kind is nodes.Return:
                self.give_back(value)
            elif kind is nodes.Break:
                self.deliver(value, self.loops[-1])
                self.emit(pyast.Break())
            else:
                self.emit(pyast.Continue())
            handlers.insert(0, place(pyast.ExceptHandler(self.name(self.program.use(service)), error, self.out), loc))
            self.out = []
        self.out = outer
        self.emit(pyast.Try(body, handlers, [], []))
        return self.name(result)

    # ---- leaving from inside an input -------------------------------------------------------------------------------

    def stmt_Return(self, node: nodes.Return, dest: str | None) -> None:
        if not self.in_part:
            super().stmt_Return(node, dest)
            return
        self.leave_part(node, node.value)

    def stmt_Break(self, node: nodes.Break, dest: str | None) -> None:
        if not self.in_part or self.loops:
            super().stmt_Break(node, dest)
            return
        self.leave_part(node, node.value)

    def stmt_Continue(self, node: nodes.Continue, dest: str | None) -> None:
        if not self.in_part or self.loops:
            super().stmt_Continue(node, dest)
            return
        self.leave_part(node, None)

    def leave_part(self, node: nodes.Node, value: nodes.Node | None) -> None:
        given = self.const(None) if value is None else self.expr(value, owned=True)
        self.at(node.span)
        self.emit(pyast.Raise(self.service(LEAVING[type(node)], given), self.const(None)))


def leaving_statements(parts: Iterable[nodes.Node]) -> set[type[nodes.Node]]:
    """Which of `return`, `break` and `continue` leave these nodes."""
    found: set[type[nodes.Node]] = set()
    pending = [(part, False) for part in parts]
    while pending:
        node, in_loop = pending.pop()
        kind = type(node)
        if kind is nodes.Closure:
            continue
        if kind is nodes.Return or (kind in {nodes.Break, nodes.Continue} and not in_loop):
            found.add(kind)
        inside = in_loop or kind in LOOPS
        pending.extend((child, inside) for child in children(node))
    return found
