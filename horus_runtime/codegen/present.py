"""Properties that arithmetic needs: read by Python's own subscript, without a call.

A map without the property gives `()`, which no arithmetic takes. So where an operand is a property of a map that only
holds numbers under that name, a missing one may as well fail at once: the fault table tells how to find out which
error the operator would have raised. That takes operands that can be evaluated once more, and of which nothing but
their own absence can be noticed before the operator runs.
"""

from __future__ import annotations

import ast as pyast
from typing import Any, Final

from horus_runtime.analysis import types as ty
from horus_runtime.ast import nodes
from horus_runtime.codegen.expressions import Expressions, is_plain
from horus_runtime.runtime.abi import Fault

SAMPLES: Final = {ty.INT: 1, ty.FLOAT: 1.0}
"""Values that stand for operands of which an error tells the type only."""
NUMBERS: Final = (nodes.IntLit, nodes.FloatLit)


class Present(Expressions):
    """Decides which properties are read by subscript, and notes what it means when they are missing."""

    py_name: str
    present: set[int]
    """Identities of properties that the operator around them needs to be there."""

    def fails_on_unit(self, op: str, lt: int, rt: int) -> bool:
        """Are these numbers that could be `()` instead, which Python's own operators refuse as Rhai's do?"""
        raise NotImplementedError

    def number_type(self, node: nodes.Node) -> int:
        """The type of an operand that is there."""
        t = self.type(node)
        return t & ~ty.UNIT if id(node) in self.present else t

    def expect_operands(self, node: nodes.Binary) -> None:
        """Note which operands have to be there, before they are compiled."""
        if not self.fails_on_unit(node.op, self.type(node.left), self.type(node.right)):
            return
        left, right = node.left, node.right
        if self.is_number_property(left) and self.is_quiet(right):
            self.present.add(id(left))
        if self.is_number_property(right) and (self.is_sample(left) or self.is_quiet(left)):
            self.present.add(id(right))

    def expect_target(self, node: nodes.Assign, value: pyast.expr) -> None:
        """Note whether the target of a compound assignment has to be there; its value is a name or a literal."""
        target = node.target
        fails = self.fails_on_unit(node.op[:-1], self.type(target), self.type(node.value))
        if fails and is_plain(value) and self.is_number_property(target):
            self.present.add(id(target))

    def is_number_property(self, node: nodes.Node) -> bool:
        """Is this a property of a map, found without effects, that holds nothing but numbers where it is there?"""
        config = self.program.config
        if not isinstance(node, nodes.Property) or node.null_safe or not (config.subscripts and config.fast_operators):
            return False
        t = self.type(node.target)
        if not ty.is_only(t, ty.MAP) or config.fail_on_invalid_map_property or config.watches_indexes:
            return False
        if self.program.tags:
            return False
        held = self.types.inference.fields.present(node.name, ty.element(t))
        return ty.is_only(held, ty.NUMBER) and self.is_quiet(node.target)

    def is_quiet(self, node: nodes.Node) -> bool:
        """Does evaluating the node have no effect, and can it be done once more by `recipe`?"""
        if isinstance(node, NUMBERS):
            return True
        if isinstance(node, nodes.This):
            return self.this_is_bound and not self.this_is_cell and not self.is_main
        if isinstance(node, nodes.Variable):
            return self.is_local(node) and not (node.namespace or self.dynamic or self.program.config.watches_reads)
        if isinstance(node, nodes.Index):
            if node.null_safe or self.program.config.watches_indexes:
                return False
            simple = ty.is_only(self.type(node.target), ty.ARRAY) and ty.is_only(self.type(node.index), ty.INT)
            return simple and self.is_quiet(node.target) and self.is_quiet(node.index)
        return self.is_number_property(node)

    def is_sample(self, node: nodes.Node) -> bool:
        """Is the operand of one class of numbers only?"""
        return self.type(node) & ty.LOW in SAMPLES

    def recipe(self, expr: pyast.expr, t: int) -> Any:
        """How to evaluate an operand once more, as the fault table keeps it."""
        if isinstance(expr, pyast.Name):
            return expr.id
        if isinstance(expr, pyast.Constant):
            return (expr.value,)
        if isinstance(expr, pyast.NamedExpr):
            return self.recipe(expr.value, t)
        if isinstance(expr, pyast.Subscript):
            parts = (self.recipe(expr.value, ty.ANY), self.recipe(expr.slice, ty.ANY))
            if None not in parts:
                return (*parts, (expr.lineno, expr.col_offset + 1))
        sample = SAMPLES.get(t & ty.LOW)
        return None if sample is None else (sample,)

    def note_absence(self, node: nodes.Binary, left: pyast.expr, right: pyast.expr) -> None:
        """Note at the places of an operator and of its operands what it means that one of these is missing."""
        operands = (self.recipe(left, self.type(node.left)), self.recipe(right, self.type(node.right)))
        assert None not in operands
        at = node.op_span[:2]
        fault = Fault(node.op, operands, at)
        for item in (node.left, node.right):
            if isinstance(item, nodes.Property) and id(item) in self.present:
                self.program.faults[(self.py_name, *item.name_span[:2])] = fault
        # A compound assignment that failed leaves `()` behind where there was nothing.
        self.program.faults[(f"{self.py_name}!", *at)] = fault

    def note_creation(self, node: nodes.Assign, old: pyast.expr, value: pyast.expr) -> None:
        """The same for a compound assignment, which creates a missing property before its operator fails."""
        target, op, at = node.target, node.op[:-1], node.op_span[:2]
        assert isinstance(target, nodes.Property)
        assert isinstance(old, pyast.Subscript)
        right = self.recipe(value, ty.ANY)
        holder = self.recipe(old.value, ty.ANY)
        creating = Fault(f"create{op}", (holder, (target.name,), right), at)
        self.program.faults[(self.py_name, *target.name_span[:2])] = creating
        self.program.faults[(f"{self.py_name}!", *at)] = Fault(op, (self.recipe(old, ty.ANY), right), at)


__all__ = ["Present"]
