"""The price of code in operations: fixed at compile time, so that the same script always spends the same budget.

A function entry pays for everything in its body outside loops, a loop turn for everything in the loop's body and
condition outside inner loops. Every statement and expression node costs one, as in Rhai's own count; branches that
are not taken are paid all the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import LEAVES, READERS
from horus_runtime.source import Span

LOOPS = (nodes.While, nodes.Loop, nodes.Do, nodes.For)
_APART = frozenset((*LOOPS, nodes.Closure))
_MERGED = frozenset((nodes.Call, nodes.MethodCall, nodes.Binary, nodes.Unary))


def block_cost(body: Iterable[nodes.Node]) -> int:
    """Operations of statements that run once, loops and closures inside them aside."""
    cost = 0
    pending = list(body)
    for node in pending:  # which grows meanwhile
        kind = type(node)
        if kind in LEAVES:
            cost += 1
            continue
        # A statement that is just a call or an operator counts once, not twice.
        cost += kind is not nodes.ExprStmt or type(node.expr) not in _MERGED  # type: ignore[attr-defined]
        if kind is nodes.For:
            pending.append(node.iterable)  # type: ignore[attr-defined]
        elif kind not in _APART:
            pending += READERS[kind](node)
    return cost


def loop_cost(node: nodes.While | nodes.Loop | nodes.Do | nodes.For) -> int:
    """Operations of one turn of a loop."""
    cost = 1 + block_cost(node.body.body)
    if isinstance(node, (nodes.While, nodes.Do)):
        cost += block_cost([node.condition])
    return cost


def turn_span(node: nodes.While | nodes.Loop | nodes.Do | nodes.For) -> Span:
    """The place that an exhausted budget is told for: with an empty body it is all that a turn evaluates."""
    if node.body.body or isinstance(node, nodes.For):
        return node.span
    if isinstance(node, nodes.Loop):
        return node.body.span
    endless = isinstance(node, nodes.While) and isinstance(node.condition, nodes.BoolLit) and node.condition.value
    return node.body.span if endless else node.condition.span
