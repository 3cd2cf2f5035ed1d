"""Rules about names that a host may switch on: every name declared, no name declared twice, no forbidden names.

One walk in the order of the text, since Rhai checks while it reads: a function knows only the imports and functions
that stand before it, and a module is known to the end of its block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import Visitor
from horus_runtime.errors import ParseError
from horus_runtime.runtime.definitions import Definition
from horus_runtime.source import Span


@dataclass(frozen=True, slots=True)
class NameRules:
    """What is checked. `known` are names and `modules` are modules that need no declaration."""

    strict: bool = False
    allow_shadowing: bool = True
    known: frozenset[str] = frozenset()
    modules: frozenset[str] = frozenset()
    may_define: Callable[[Definition], bool] | None = None

    @property
    def idle(self) -> bool:
        """Is there nothing to check?"""
        return not self.strict and self.allow_shadowing and self.may_define is None


def check_names(script: nodes.Script, rules: NameRules) -> None:
    """Raise `ParseError` for the first name that breaks a rule."""
    if not rules.idle:
        _Checker(rules).script(script)


class _Frame:
    """The blocks of one function or closure, innermost last: variables and modules by block."""

    __slots__ = ("modules", "names", "outer")

    def __init__(self, outer: _Frame | None, params: Iterable[str] = ()) -> None:
        self.outer = outer
        self.names: list[set[str]] = [set(params)]
        self.modules: list[set[str]] = [set()]

    def declares(self, name: str) -> bool:
        return any(name in block for block in self.names)

    def knows(self, name: str) -> bool:
        return self.declares(name) or (self.outer is not None and self.outer.knows(name))

    def all_names(self) -> set[str]:
        """Every variable that is known here."""
        found = set().union(*self.names)
        return found if self.outer is None else found | self.outer.all_names()

    def all_modules(self) -> set[str]:
        """Every module that is known here."""
        found = set().union(*self.modules)
        return found if self.outer is None else found | self.outer.all_modules()

    def knows_module(self, name: str) -> bool:
        inside = any(name in block for block in self.modules)
        return inside or (self.outer is not None and self.outer.knows_module(name))


class _Checker(Visitor):
    """The walk."""

    def __init__(self, rules: NameRules) -> None:
        self.rules = rules
        self.functions: set[str] = set()
        self.main = self.frame = _Frame(None)

    def script(self, script: nodes.Script) -> None:
        """Statements and functions as they stand in the text."""
        items = sorted((*script.body, *script.functions), key=lambda node: node.span[:2])
        for item in items:
            if isinstance(item, nodes.FnDef):
                self.function(item)
            else:
                self.visit(item)

    def function(self, node: nodes.FnDef) -> None:
        if node.this_type is None:
            self.functions.add(node.name)
        self.frame = _Frame(None, node.params)
        # A function sees the modules that were imported before it, but no variables.
        self.frame.modules[0] |= self.main.modules[0]
        self.visit(node.body)
        self.frame = self.main

    # ---- nodes ------------------------------------------------------------------------------------------------------

    def visit_Variable(self, node: nodes.Variable) -> None:
        if node.namespace:
            self.module(node.namespace[0], node.span)
        elif self.rules.strict and not (
            self.frame.knows(node.name) or node.name in self.functions or node.name in self.rules.known
        ):
            known = self.frame.all_names() | self.functions | self.rules.known
            self.fail("VariableUndefined", f"Undefined variable: {node.name}", node.span, _nearest(node.name, known))

    def visit_CustomSyntax(self, node: nodes.CustomSyntax) -> None:
        """A name that the construct takes as such need not be a variable."""
        for marker, part in zip(node.markers, node.parts, strict=True):
            if marker != "$ident$":
                self.visit(part)

    def visit_Call(self, node: nodes.Call) -> None:
        if node.namespace:
            self.module(node.namespace[0], node.span)
        for arg in node.args:
            self.visit(arg)

    def visit_Property(self, node: nodes.Property) -> None:
        self.root(node.target)

    def visit_MethodCall(self, node: nodes.MethodCall) -> None:
        self.root(node.target)
        for arg in node.args:
            self.visit(arg)

    def root(self, node: nodes.Node) -> None:
        """What stands before a dot: a static module may, too."""
        if not (isinstance(node, nodes.Variable) and not node.namespace and node.name in self.rules.modules):
            self.visit(node)

    def module(self, name: str, span: Span) -> None:
        """Rhai does not look for the modules of closures before they are called."""
        if not self.rules.strict or self.frame.outer is not None:
            return
        if not (name == "global" or name in self.rules.modules or self.frame.knows_module(name)):
            near = _nearest(name, self.frame.all_modules() | self.rules.modules)
            self.fail("ModuleUndefined", f"Undefined module: {name}", span, near)

    def visit_Closure(self, node: nodes.Closure) -> None:
        outer = self.frame
        self.frame = _Frame(outer, node.params)
        self.visit(node.body)
        self.frame = outer

    def visit_Let(self, node: nodes.Let) -> None:
        self.define(node)
        self.visit(node.value)
        self.frame.names[-1].add(node.name)

    def define(self, node: nodes.Let) -> None:
        """Is the declaration allowed?"""
        shadows = self.frame.declares(node.name)
        if shadows and not self.rules.allow_shadowing:
            self.fail("VariableExists", f"Variable already defined: {node.name}", node.name_span)
        if self.rules.may_define is not None:
            level = len(self.frame.names) - 1
            if not self.rules.may_define(Definition(node.name, node.constant, level, shadows)):
                self.fail("ForbiddenVariable", f"Forbidden variable name: {node.name}", node.name_span)

    def visit_Assign(self, node: nodes.Assign) -> None:
        self.visit(node.target)
        self.visit(node.value)

    def visit_Import(self, node: nodes.Import) -> None:
        self.visit(node.path)
        if node.alias is not None:
            self.frame.modules[-1].add(node.alias)

    def visit_Export(self, node: nodes.Export) -> None:
        self.visit(node.declaration)

    # ---- blocks -----------------------------------------------------------------------------------------------------

    def enter(self, *names: str | None) -> None:
        self.frame.names.append({name for name in names if name is not None})
        self.frame.modules.append(set())

    def leave(self) -> None:
        self.frame.names.pop()
        self.frame.modules.pop()

    def visit_Block(self, node: nodes.Block) -> None:
        self.enter()
        for statement in node.body:
            self.visit(statement)
        self.leave()

    def visit_For(self, node: nodes.For) -> None:
        self.visit(node.iterable)
        self.enter(node.variable, node.counter)
        self.visit(node.body)
        self.leave()

    def visit_Try(self, node: nodes.Try) -> None:
        self.visit(node.body)
        self.enter(node.variable)
        self.visit(node.handler)
        self.leave()

    def visit_SwitchArm(self, node: nodes.SwitchArm) -> None:
        self.visit(node.guard)
        self.enter()
        self.visit(node.body)
        self.leave()

    @staticmethod
    def fail(kind: str, message: str, span: Span, hint: str | None = None) -> None:
        raise ParseError(kind, message, span.start, hint=hint)


def _nearest(name: str, known: Iterable[str]) -> str | None:
    """A hint that names the nearest of what is known."""
    from difflib import get_close_matches

    near = get_close_matches(name, sorted(known), n=1, cutoff=0.7)
    return f"did you mean '{near[0]}'?" if near else None
