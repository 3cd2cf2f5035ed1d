"""When every variable is made, used and changed: which ones need no copy of what they are made of.

Rhai's `let v = a[i];` and `for x in m.items { }` copy. A variable that is never changed may look at the original
instead, as long as nobody changes that before the variable's last use. The analyzer reports events in the order of its
walk; a use in a loop lasts until the loop ends, one in a statement until the statement ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import chain_root

if TYPE_CHECKING:
    from horus_runtime.analysis.scopes import Variable

_STABLE = frozenset({"param", "local", "loop", "catch"})
"""Kinds of variables that nobody outside the function can change. Captured ones are no candidates."""


class Lifetimes:
    """The events of one walk over a script, by a clock that ticks at every event."""

    def __init__(self) -> None:
        self.clock = 0
        self.used: list[Variable] = []
        """What the innermost open stretch has used so far."""
        self.lets: list[tuple[Variable, Variable]] = []
        self.walks: list[tuple[nodes.For, Variable, int, int]] = []

    def make(self, variable: Variable) -> None:
        self.clock += 1
        variable.born = variable.last = self.clock

    def use(self, variable: Variable) -> None:
        self.clock += 1
        variable.last = self.clock
        self.used.append(variable)

    def change(self, variable: Variable) -> None:
        """Its value is changed in place, or may be. To put another value into it is no change: the old one stays."""
        self.clock += 1
        variable.changes.append(self.clock)

    def begin(self) -> tuple[int, list[Variable]]:
        """A loop, or an expression, begins; give what this returns to `end`."""
        outer, self.used = self.used, []
        return self.clock, outer

    def end(self, stretch: tuple[int, list[Variable]]) -> None:
        """It ends: what is used anywhere in it is needed until now."""
        start, outer = stretch
        for variable in self.used:
            if variable.born <= start:
                variable.last = self.clock
        outer += self.used
        self.used = outer

    def let(self, variable: Variable, root: Variable | None) -> None:
        """A variable is made of a part of another one."""
        if root is not None:
            self.lets.append((variable, root))

    def walked(self, node: nodes.For, root: Variable, start: int) -> None:
        """A loop over a part of a variable has ended."""
        self.use(root)
        self.walks.append((node, root, start, self.clock))

    def settle(self) -> set[int]:
        """Mark the variables that borrow; returns the identities of the loops whose arrays need no copy."""
        for variable, root in reversed(self.lets):
            if variable.mutated or variable.assigned or variable.is_cell:
                continue
            if _is_stable(root) and not any(variable.born < at <= variable.last for at in root.changes):
                variable.borrowed = True
                root.last = max(root.last, variable.last)
        return {
            id(node)
            for node, root, start, end in self.walks
            if _is_stable(root) and not any(start < at <= end for at in root.changes)
        }


def _is_stable(variable: Variable) -> bool:
    return variable.kind in _STABLE and not variable.is_cell


def root_of(node: nodes.Node | None) -> nodes.Variable | None:
    """The variable that an access chain starts with, if it is one without module path."""
    root = None if node is None else chain_root(node)
    return root if isinstance(root, nodes.Variable) and not root.namespace else None
