"""Walking trees without writing one method per node."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields

from horus_runtime.ast import nodes

_NODE_CLASSES = {
    name for name, value in vars(nodes).items() if isinstance(value, type) and issubclass(value, nodes.Node)
}
_child_fields: dict[type, tuple[str, ...]] = {}


def child_fields(cls: type[nodes.Node]) -> tuple[str, ...]:
    """Names of the fields that hold nodes, in source order as declared."""
    names = _child_fields.get(cls)
    if names is None:
        names = tuple(f.name for f in fields(cls) if _NODE_CLASSES & set(re.findall(r"\w+", str(f.type))))
        _child_fields[cls] = names
    return names


def children(node: nodes.Node) -> list[nodes.Node]:
    """The direct children of a node."""
    found: list[nodes.Node] = []
    names = _child_fields.get(type(node))
    if names is None:
        names = child_fields(type(node))
    for name in names:
        value = getattr(node, name)
        if type(value) is tuple:
            found.extend(value)
        elif value is not None:
            found.append(value)
    return found


def walk(node: nodes.Node) -> Iterator[nodes.Node]:
    """The node and everything below it, parents first."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(children(current)))
