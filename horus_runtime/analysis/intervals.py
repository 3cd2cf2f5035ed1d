"""Bounds of integer expressions: where an overflow check can be left out because the result surely fits."""

from __future__ import annotations

from typing import Final

from horus_runtime.analysis.scopes import ProgramInfo, Variable
from horus_runtime.ast import nodes
from horus_runtime.runtime.values import INT_MAX, INT_MIN

Interval = tuple[int, int]
FULL: Final[Interval] = (INT_MIN, INT_MAX)
LENGTH: Final[Interval] = (0, 1 << 48)
"""Lengths are bounded by memory."""


class Intervals:
    """Answers for one function; loop variables and variables that never change get the bounds of their source.

    Only meaningful for expressions that type inference found to be INT.
    """

    def __init__(self, program: ProgramInfo) -> None:
        self.program = program
        self.sources: dict[Variable, nodes.Node] = {}
        self.memo: dict[int, Interval] = {}

    def note(self, variable: Variable, source: nodes.Node) -> None:
        """The variable gets its only value, or runs over the range, from `source`."""
        self.sources[variable] = source

    def of(self, node: nodes.Node) -> Interval:
        """The bounds of an INT expression."""
        found = self.memo.get(id(node))
        if found is None:
            self.memo[id(node)] = FULL
            found = self.memo[id(node)] = self._compute(node)
        return found

    def _compute(self, node: nodes.Node) -> Interval:
        match node:
            case nodes.IntLit():
                return node.value, node.value
            case nodes.Variable():
                variable = self.program.bindings.get(id(node))
                return self.variable(variable) if variable is not None else FULL
            case nodes.Property(name="len") | nodes.MethodCall(name="len"):
                return LENGTH
            case nodes.Binary():
                return self._binary(node)
        return FULL

    def variable(self, variable: Variable) -> Interval:
        """The bounds of a variable: those of its initialiser or of the range it walks."""
        source = self.sources.get(variable)
        if source is None or variable.assigned or variable.mutated or variable.is_cell:
            return FULL
        if variable.kind == "loop":
            if isinstance(source, nodes.Binary) and source.op in ("..", "..="):
                low, high = self.of(source.left)[0], self.of(source.right)[1]
                return low, max(low, high - (source.op == ".."))
            return FULL
        return self.of(source)

    def _binary(self, node: nodes.Binary) -> Interval:
        if node.op not in ("+", "-", "*", "%", "/", "&", ">>"):
            return FULL
        left, right = self.of(node.left), self.of(node.right)
        match node.op:
            case "+":
                return self._fit(left[0] + right[0], left[1] + right[1])
            case "-":
                return self._fit(left[0] - right[1], left[1] - right[0])
            case "*":
                products = [a * b for a in left for b in right]
                return self._fit(min(products), max(products))
            case "%" if right[0] > 0:
                return (0 if left[0] >= 0 else 1 - right[1]), right[1] - 1
            case "/" if right[0] > 0:
                return min(0, left[0]), max(0, left[1])
            case "&" if right[0] >= 0:
                return 0, right[1]
            case ">>" if left[0] >= 0 and right[0] >= 0:
                return 0, left[1]
        return FULL

    @staticmethod
    def _fit(low: int, high: int) -> Interval:
        """An operation that could overflow raises instead, so its result always fits."""
        return max(low, INT_MIN), min(high, INT_MAX)
