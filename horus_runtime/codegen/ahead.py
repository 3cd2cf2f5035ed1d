"""Inlined bodies that a turn of a loop pays for when it begins, together with its own code.

A body that every turn comes to, whatever it decides on the way, needs no charge of its own:

    _paid_8_1 = _turns_due(range(n), 17, 9)     # 8 operations for a turn, 9 for the body in it
    _more_1 = 9
    _due_1 = 0
    try:
        for i in _paid_1:
            _due_1 = 9                          # so much of what was paid for has not come to pass
            ...
            _due_1 = 0                          # here the body begins
            ...
    finally:
        _ops += _paid_8_1.__length_hint__() * 17 + _due_1

An error or a `break` before the body gives back what `_due_1` tells. The account of the run knows the two names.
"""

from __future__ import annotations

import ast as pyast

from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import children
from horus_runtime.codegen.cost import LOOPS
from horus_runtime.codegen.inlining import returns
from horus_runtime.codegen.methods import Methods
from horus_runtime.runtime.abi import DUE, MORE


class Ahead:
    """What the turns of one loop pay for in advance."""

    def __init__(self, node: nodes.For, turns: str) -> None:
        self.turns = turns
        number = turns.rpartition("_")[2]
        self.due = f"{DUE}{number}"
        self.more = f"{MORE}{number}"
        self.out: list[pyast.stmt] | None = None
        """The loop's own statement list: what is emitted there runs in every turn that is not left before."""
        self.bodies: list[tuple[pyast.Constant, int]] = []
        """For each body in order: what is due when it has begun, to be filled in, and its cost."""
        self.skips = _skips(node)

    def settle(self) -> int:
        """All bodies are known: fill in what is due at each; the sum of their costs."""
        total = left = sum(cost for _, cost in self.bodies)
        for due, cost in self.bodies:
            left -= cost
            due.value = left
        return total


class Prepaying(Methods):
    """Decides which bodies are paid for in advance."""

    ahead: Ahead | None = None
    """The innermost loop around the current place, if its turns can pay for bodies."""

    def loop_around(self) -> Ahead | None:
        """The innermost loop around the code that this body is inlined into."""
        code = self
        while code.host is not None:
            code = code.host
        return code.ahead

    def paid_bodies(self) -> int:
        ahead = self.loop_around()
        return 0 if ahead is None else len(ahead.bodies)

    def pay_no_more(self, bodies: int) -> None:
        ahead = self.loop_around()
        if ahead is not None:
            del ahead.bodies[bodies:]

    def pay_ahead(self, cost: int) -> bool:
        """Let the loop around this inlined body pay for it, if every turn comes here."""
        code = self
        while code.host is not None:
            if code.out is not code.root_out or any(map(returns, code.out)):
                return False
            code = code.host
        ahead = code.ahead
        if ahead is None or ahead.skips or code.out is not ahead.out:
            return False
        due = self.const(0)
        assert isinstance(due, pyast.Constant)
        ahead.bodies.append((due, cost))
        self.assign(ahead.due, due)
        return True


def _skips(node: nodes.For) -> bool:
    """Does the loop end turns by `continue`?"""
    pending: list[nodes.Node] = list(node.body.body)
    while pending:
        part = pending.pop()
        if isinstance(part, nodes.Continue):
            return True
        if not isinstance(part, (*LOOPS, nodes.Closure)):
            pending.extend(children(part))
    return False


__all__ = ["Ahead", "Prepaying"]
