"""Which names a closure would capture, as far as the parser must know: a closure without any is a literal value."""

from __future__ import annotations

from typing import Any

from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import children


def captured_names(closure: nodes.Closure) -> set[str]:
    """Names used in a closure that are neither its parameters nor declared inside before their use."""
    return {variable.name for variable in captures(closure)}


def captures(closure: nodes.Closure) -> list[nodes.Variable]:
    """Where a closure uses such names, in no order."""
    found: list[nodes.Variable] = []
    todo: list[tuple[Any, set[str]]] = [(closure.body, set(closure.params))]
    while todo:
        node, known = todo.pop()
        if type(node) is nodes.Variable:
            if node.name not in known and not node.namespace:
                found.append(node)
            continue
        inner = known | set(node.params) if type(node) is nodes.Closure else known
        if type(node) is nodes.For:
            todo += [(node.iterable, known), (node.body, known | {node.variable, *filter(None, (node.counter,))})]
            continue
        if type(node) is nodes.Try and node.variable:
            todo += [(node.body, known), (node.handler, known | {node.variable})]
            continue
        for child in children(node):
            todo.append((child, inner))
            if type(child) is nodes.Let:
                inner = inner | {child.name}
    return found
