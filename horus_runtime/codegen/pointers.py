"""Variables that hold one closure of the script and never anything else: loops that call it contain its body.

Such a variable is declared with a closure, or with what a function gives that does nothing but make one from its
arguments:

    let scale = |x| x * factor;
    let both = compose(scale, shift);     // fn compose(f, g) { |x| g.call(f.call(x)) }

The closure is made all the same, as a value. Its body can stand in the code of the same function only: there, captured
variables have their cells under names.
"""

from __future__ import annotations

import ast as pyast
from dataclasses import dataclass, field
from typing import Any

from horus_runtime.analysis import types as ty
from horus_runtime.analysis.scopes import FunctionInfo, Variable
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import walk
from horus_runtime.codegen.inlining import Inlining
from horus_runtime.codegen.variants import Variant
from horus_runtime.runtime.abi import THIS_NONE


@dataclass(slots=True)
class KnownClosure:
    """What a variable holds."""

    info: FunctionInfo
    cells: tuple[str, ...]
    """The Python names of what it captured, in order."""
    held: dict[Variable, KnownClosure] = field(default_factory=dict)
    """Captured variables, as the closure sees them, that hold closures themselves."""


class Pointers(Inlining):
    """Keeps track of closures that variables hold, and compiles calls of these."""

    closures: dict[Variable, KnownClosure]
    """What variables of this function hold."""
    wanted: int | None = None
    """Identity of the call that a variable is declared with, where it is worth while to know what it gives."""
    given: tuple[int, KnownClosure | None] = (0, None)
    """The closure that a call gives, which was wanted."""

    def note_closure(self, variable: Variable, value: nodes.Node | None) -> None:
        """A variable is declared with this value, which has just been compiled."""
        made = self.closure_of(value)
        if made is not None and self.stays(variable) and not variable.constant:
            self.closures[variable] = made

    def may_hold(self, variable: Variable) -> bool:
        """Is it worth while to know which closure the variable holds?"""
        return self.fn.loops > 0 and self.host is None and not variable.constant and self.stays(variable)

    def stays(self, variable: Variable) -> bool:
        """Does the variable hold what it was declared with, as long as it lives?"""
        return self.program.inliner.enabled and not (
            self.dynamic or self.program.tags or self.program.replaces(variable)
        )

    def closure_of(self, node: nodes.Node | None) -> KnownClosure | None:
        """The closure that an expression gives, which has just been compiled."""
        if isinstance(node, nodes.Variable) and not node.namespace:
            variable = self.program.info.bindings.get(id(node))
            return None if variable is None else self.closures.get(variable)
        if isinstance(node, nodes.Call):
            return self.given[1] if self.given[0] == id(node) else None
        if not isinstance(node, nodes.Closure):
            return None
        info = self.program.info.closures[id(node)]
        sources = info.capture_sources
        if info.literals or node.copies or any(v.kind in {"missing", "external"} or not v.is_cell for v in sources):
            return None
        pairs = zip(info.captures, sources, strict=True)
        held = {seen: self.closures[v] for seen, v in pairs if v in self.closures and self.stays(v)}
        return KnownClosure(info, tuple(v.py for v in sources), held)

    def made_by_function(self, node: nodes.Call, fn: FunctionInfo, args: list[pyast.expr]) -> pyast.expr | None:
        """The value of a call of a function that does nothing but make a closure; notes which one."""
        if not self.is_maker(fn) or self.in_try:
            return None
        known = [self.closure_of(arg) for arg in node.args]
        types = tuple(self.type(arg) for arg in node.args)
        held = {variable: one for variable, one in zip(fn.params, known, strict=True) if one is not None}
        closure: Any = fn.node.body.body[0]  # type: ignore[union-attr]
        value = self.inlined_call(fn, self.program.variant(fn, types), args, closures=held)
        if value is not None:
            made = closure.expr if isinstance(closure, nodes.ExprStmt) else closure
            self.given = (id(node), self.last_body.closure_of(made))
        return value

    def is_maker(self, fn: FunctionInfo) -> bool:
        """Does a function nothing but make a closure from its parameters?"""
        node = fn.node
        if not isinstance(node, nodes.FnDef) or fn.dynamic or fn.uses_this or len(node.body.body) != 1:
            return False
        only = node.body.body[0]
        made = only.expr if isinstance(only, nodes.ExprStmt) else only
        return isinstance(made, nodes.Closure) and self.program.inliner.enabled

    def known_call(self, node: nodes.MethodCall, args: list[pyast.expr]) -> pyast.expr | None:
        """The body of the closure that `f.call(..)` calls, where that is known."""
        variable = self.program.info.bindings.get(id(node.target))
        known = None if variable is None else self.closures.get(variable)
        if known is None or len(known.info.params) != len(args) or not self.may_inline(known.info):
            return None
        fn = known.info
        calls = [part for part in walk(fn.node) if isinstance(part, nodes.MethodCall)]
        called = {self.program.info.bindings.get(id(part.target)) for part in calls}
        if self.program.this_mode(fn) != THIS_NONE or not called <= known.held.keys():
            return None
        types = tuple(self.type(arg) for arg in node.args)
        variant = Variant(fn, types, ty.ANY, self.program.infer(fn))
        variant.py = self.program.closure_function(fn)
        return self.inlined_call(fn, variant, args, closures=known.held, cells=known.cells)


__all__ = ["KnownClosure", "Pointers"]
