"""Names: variables and imports that nobody uses, shadowing, names that nothing declares."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from horus_runtime.analysis.lints.finding import ERROR, Edit, Finding, Surroundings
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import Visitor, walk
from horus_runtime.source import Span

CODES: Final = {
    "unused-variable": "A variable is declared and never read.",
    "unused-import": "A module is imported and never used.",
    "unused-function": "A private function is never called.",
    "shadowed-variable": "A variable hides another one of its function.",
    "undefined-variable": "Nothing declares this name.",
    "self-assignment": "A variable is assigned to itself.",
}

_BY_NAME = frozenset({"eval", "Fn", "is_def_var", "call", "curry"})
"""Calls through which names are used that do not stand in the text."""


@dataclass(slots=True)
class _Name:
    """One declaration."""

    name: str
    span: Span
    kind: str
    used: bool = False
    edit: Edit | None = None


class _Walk(Visitor):
    """Follows the blocks of one body, innermost last."""

    def __init__(self, script: nodes.Script, around: Surroundings) -> None:
        self.found: list[Finding] = []
        self.around = around
        self.functions = {f.name for f in script.functions}
        self.constants = {n.name for n in script.body if isinstance(n, nodes.Let) and n.constant}
        self.imports = {n.alias for n in script.body if isinstance(n, nodes.Import) and n.alias}
        self.named = {name for function in script.functions for name in _namespaces(function)}
        """Modules that functions use."""
        self.exact = not any(isinstance(n, nodes.Call) and n.name == "eval" for n in walk(script))
        self.blocks: list[dict[str, _Name]] = []
        self.is_main = False

    def body(self, node: nodes.Node | tuple[nodes.Node, ...], params: Iterable[str], *, is_main: bool) -> None:
        self.is_main = is_main
        self.blocks = [{name: _Name(name, Span(0, 0, 0, 0), "parameter", True) for name in params}]
        self.block(node if isinstance(node, tuple) else (node,))

    # ---- blocks -----------------------------------------------------------------------------------------------------

    def block(self, body: tuple[nodes.Node, ...]) -> None:
        self.blocks.append({})
        for node in body:
            self.visit(node)
        self.close()

    def close(self) -> None:
        for name in self.blocks.pop().values():
            self.report_unused(name)

    def report_unused(self, name: _Name) -> None:
        if name.used or name.name.startswith("_") or name.kind == "parameter" or not self.exact:
            return
        if name.kind == "import":
            if len(self.blocks) == 1 and name.name in self.named:
                return
            self.add("unused-import", name.span, f"the module '{name.name}' is imported and never used", edit=name.edit)
        elif not (self.is_main and len(self.blocks) == 1):
            # At global level the host may read what a script leaves in its scope.
            self.add(
                "unused-variable",
                name.span,
                f"the variable '{name.name}' is never read",
                hint="name it _... if that is meant",
            )

    def declare(self, name: str, span: Span, kind: str, edit: Edit | None = None) -> None:
        # A second declaration in the same block takes the place of the first on purpose.
        hidden = next((block[name] for block in reversed(self.blocks[:-1]) if name in block), None)
        if hidden is not None and name not in self.blocks[-1] and kind != "import" and not name.startswith("_"):
            place = f" of line {hidden.span.line}" if hidden.span.line else ""
            self.add("shadowed-variable", span, f"'{name}' hides the {hidden.kind}{place}")
        if name in self.blocks[-1]:
            self.report_unused(self.blocks[-1].pop(name))
        self.blocks[-1][name] = _Name(name, span, kind, edit=edit)

    def use(self, name: str) -> bool:
        for block in reversed(self.blocks):
            if name in block:
                block[name].used = True
                return True
        return False

    def add(
        self,
        code: str,
        span: Span,
        message: str,
        *,
        severity: str = "warning",
        hint: str = "",
        edit: Edit | None = None,
    ) -> None:
        self.found.append(Finding(code, span, message, severity, hint, edit))

    # ---- nodes ------------------------------------------------------------------------------------------------------

    def visit_Block(self, node: nodes.Block) -> None:
        self.block(node.body)

    def visit_Let(self, node: nodes.Let) -> None:
        self.visit(node.value)
        self.declare(node.name, node.name_span, "constant" if node.constant else "variable")

    def visit_For(self, node: nodes.For) -> None:
        self.visit(node.iterable)
        self.blocks.append({})
        self.declare(node.variable, node.variable_span, "loop variable")
        if node.counter is not None and node.counter_span is not None:
            self.declare(node.counter, node.counter_span, "loop variable")
        self.visit(node.body)
        for name in self.blocks[-1].values():
            name.used = True  # a loop may be there for its turns only
        self.close()

    def visit_Try(self, node: nodes.Try) -> None:
        self.visit(node.body)
        self.blocks.append({})
        if node.variable is not None:
            self.blocks[-1][node.variable] = _Name(node.variable, node.variable_span or node.span, "variable", True)
        self.visit(node.handler)
        self.close()

    def visit_Closure(self, node: nodes.Closure) -> None:
        self.blocks.append({name: _Name(name, node.span, "parameter", True) for name in node.params})
        was_main, self.is_main = self.is_main, False
        self.visit(node.body)
        self.is_main = was_main
        self.close()

    def visit_Import(self, node: nodes.Import) -> None:
        self.visit(node.path)
        if node.alias is not None:
            self.declare(node.alias, node.alias_span or node.span, "import", Edit(_with_semicolon(node.span), ""))

    def visit_Variable(self, node: nodes.Variable) -> None:
        if node.namespace:
            self.use(node.namespace[0])
            return
        if self.use(node.name) or node.name in self.functions or node.name in self.around.variables:
            return
        if (
            node.name in self.constants
            or node.name in self.around.modules
            or node.name in self.imports
            or not self.exact
        ):
            return
        names = [*self.functions, *self.around.variables, *(name for block in self.blocks for name in block)]
        near = difflib.get_close_matches(node.name, names, n=1)
        hint = f"did you mean '{near[0]}'?" if near else ""
        self.add("undefined-variable", node.span, f"nothing declares '{node.name}'", severity=ERROR, hint=hint)

    def visit_Call(self, node: nodes.Call) -> None:
        if node.namespace:
            self.use(node.namespace[0])
        else:
            self.use(node.name)
        if node.captures_scope or (not node.namespace and node.name in _BY_NAME):
            for block in self.blocks:
                for name in block.values():
                    name.used = name.used or node.captures_scope or node.name == "is_def_var"
        for child in node.args:
            self.visit(child)

    def visit_Assign(self, node: nodes.Assign) -> None:
        if isinstance(node.target, nodes.Variable) and not node.target.namespace:
            name = node.target.name
            if node.op == "=" and isinstance(node.value, nodes.Variable) and node.value.name == name:
                self.add("self-assignment", node.span, f"'{name}' is assigned to itself")
            if node.op != "=" or not any(name in block for block in self.blocks):
                self.visit(node.target)
        else:
            self.visit(node.target)
        self.visit(node.value)

    def visit_Export(self, node: nodes.Export) -> None:
        self.use(node.name)
        self.visit(node.declaration)


def _namespaces(function: nodes.FnDef) -> Iterator[str]:
    """The modules that a function names."""
    for node in walk(function):
        if isinstance(node, (nodes.Call, nodes.Variable)) and node.namespace:
            yield node.namespace[0]
        elif isinstance(node, nodes.Variable):
            yield node.name


def check(script: nodes.Script, around: Surroundings) -> list[Finding]:
    """Findings about names."""
    walker = _Walk(script, around)
    walker.body(script.body, (), is_main=True)
    for function in script.functions:
        walker.body(function.body, (*function.params, *walker.imports), is_main=False)
    return walker.found + _unused_functions(script)


def _unused_functions(script: nodes.Script) -> list[Finding]:
    """Private functions that no call and no text names."""
    used: set[str] = set()
    for node in walk(script):
        if isinstance(node, (nodes.Call, nodes.MethodCall, nodes.Variable)):
            used.add(node.name)
        elif isinstance(node, nodes.StringLit):
            used.add(node.value)
    return [
        Finding("unused-function", f.name_span, f"the private function '{f.name}' is never called")
        for f in script.functions
        if f.private and f.name not in used
    ]


def _with_semicolon(span: Span) -> Span:
    return Span(span.line, span.column, span.end_line, span.end_column + 1)
