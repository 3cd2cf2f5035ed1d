"""Operator chains: precedence climbing while the chain is read, and the depth that Rhai counts on the way.

Rhai climbs by recursion. Each loop of that recursion has a level of its own, which grows by one with every operator
it takes; a tighter operator starts an inner loop at the level its neighbour has reached.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from horus_runtime.ast import nodes
from horus_runtime.syntax.tokens import RawToken

_RIGHT: Final = "**"

Combine = Callable[[Any, RawToken, Any], nodes.Node]


class Operator:
    """An operator waiting for its right operand, or a sign; operands behind it stand at `level`."""

    __slots__ = ("chain", "level", "power", "separates", "token")

    def __init__(self, token: RawToken, level: int, power: int = 0) -> None:
        self.token = token
        self.level = level
        self.power = power
        self.chain: Chain | None = None  # what stands before it, where the grammar has already put the two together
        self.separates = False  # True for `|` between the alternatives of a `switch` case


class Chain:
    """Operands and the operators between them that still wait for something tighter."""

    __slots__ = ("operands", "operators")

    def __init__(self, first: Any) -> None:
        self.operands = [first]
        self.operators: list[Operator] = []

    def add(self, operator: Operator, operand: Any) -> None:
        """Appends an operator, for which `accept` has made room, and its right operand."""
        self.operators.append(operator)
        self.operands.append(operand)

    def accept(self, text: str, power: int, combine: Combine, level: int) -> int:
        """Combines what binds tighter than the operator to come; returns the level that operator is read at.

        `level` is that of the whole chain, which counts when nothing is waiting.
        """
        operators = self.operators
        if operators:
            level = operators[-1].level + 1
        while operators and (operators[-1].power > power or (operators[-1].power == power and text != _RIGHT)):
            level = operators[-1].level + 1
            self._combine_last(combine)
        return level

    def finish(self, combine: Combine) -> Any:
        """Combines all the rest."""
        while self.operators:
            self._combine_last(combine)
        return self.operands[0]

    def _combine_last(self, combine: Combine) -> None:
        right = self.operands.pop()
        self.operands[-1] = combine(self.operands[-1], self.operators.pop().token, right)
