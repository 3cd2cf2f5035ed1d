"""The price of code in operations: fixed at compile time, so that the same script always spends the same budget.

A function entry pays for everything in its body outside loops, a loop turn for everything in the loop's body and
condition outside inner loops. Every statement and expression node costs one, as in Rhai's own count; branches that
are not taken are paid all the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import children

LOOPS = (nodes.While, nodes.Loop, nodes.Do, nodes.For)


def block_cost(body: Iterable[nodes.Node]) -> int:
    """Operations of statements that run once, loops and closures inside them aside."""
    cost = 0
    pending = list(body)
    while pending:
        node = pending.pop()
        cost += not _is_merged(node)
        if isinstance(node, nodes.For):
            pending.append(node.iterable)
        elif not isinstance(node, (*LOOPS, nodes.Closure)):
            pending.extend(children(node))
    return cost


def _is_merged(node: nodes.Node) -> bool:
    """A statement that is just a call or an operator counts once, not twice."""
    return isinstance(node, nodes.ExprStmt) and isinstance(
        node.expr, (nodes.Call, nodes.MethodCall, nodes.Binary, nodes.Unary)
    )


def loop_cost(node: nodes.While | nodes.Loop | nodes.Do | nodes.For) -> int:
    """Operations of one turn of a loop."""
    cost = 1 + block_cost(node.body.body)
    if isinstance(node, (nodes.While, nodes.Do)):
        cost += block_cost([node.condition])
    return cost
