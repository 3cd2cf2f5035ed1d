"""Walking trees without writing one method per node."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import fields
from functools import partial
from operator import attrgetter
from sys import intern
from typing import Any, Final

from horus_runtime.ast import nodes

_NODE_CLASSES: Final[dict[str, type[nodes.Node]]] = {
    name: value for name, value in vars(nodes).items() if isinstance(value, type) and issubclass(value, nodes.Node)
}
_child_fields: dict[type, tuple[str, ...]] = {}
Children = Sequence[nodes.Node]


def chain_root(node: nodes.Node) -> nodes.Node:
    """What a chain of properties and indices starts with: `a` in `a.b[c].d`."""
    while isinstance(node, (nodes.Property, nodes.Index)):
        node = node.target
    return node


def child_fields(cls: type[nodes.Node]) -> tuple[str, ...]:
    """Names of the fields that hold nodes, in source order as declared."""
    names = _child_fields.get(cls)
    if names is None:
        names = tuple(f.name for f in fields(cls) if _NODE_CLASSES.keys() & set(re.findall(r"\w+", str(f.type))))
        _child_fields[cls] = names
    return names


def children(node: nodes.Node) -> Children:
    """The direct children of a node."""
    return READERS[type(node)](node)


def walk(node: nodes.Node) -> Iterator[nodes.Node]:
    """The node and everything below it, parents first."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(READERS[type(current)](current)))


def contains(node: nodes.Node, classes: Container[type[nodes.Node]]) -> bool:
    """Is the node, or one below it, of one of the classes?"""
    pending = [node]
    for current in pending:  # which grows meanwhile
        cls = type(current)
        if cls in classes:
            return True
        if cls not in LEAVES:
            pending += READERS[cls](current)
    return False


def method_names(prefix: str) -> dict[type, str]:
    """The names of a visitor's methods by class: made once, so that Python's own cache of attributes knows them."""
    return {cls: intern(prefix + cls.__name__) for cls in _NODE_CLASSES.values()}


def methods_by_class(visitor: type, prefix: str) -> dict[type, Callable[[Any, Any], Any]]:
    """The functions of a visitor by the classes of the nodes they are for: to be called with visitor and node."""
    found = ((cls, getattr(visitor, prefix + name, None)) for name, cls in _NODE_CLASSES.items())
    return {cls: method for cls, method in found if method is not None}


class Visitor:
    """A walk that a subclass leads by methods `visit_NODE`; other nodes are gone through."""

    def visit(self, node: nodes.Node | None) -> None:
        """Hand the node to its method, or visit its children."""
        if node is None:
            return
        method = getattr(self, f"visit_{type(node).__name__}", None)
        if method is not None:
            method(node)
        else:
            self.visit_all(children(node))

    def visit_all(self, items: Iterable[nodes.Node]) -> None:
        """Visit one after the other."""
        for item in items:
            self.visit(item)


class _Readers(dict[type[nodes.Node], Callable[[nodes.Node], Children]]):
    """What reads the children of a class's nodes, made from the declared fields when it is first asked for."""

    def __missing__(self, cls: type[nodes.Node]) -> Callable[[nodes.Node], Children]:
        reader = self[cls] = _reader(cls)
        return reader


READERS: Final = _Readers()
"""`READERS[type(node)](node)` is `children(node)`, for loops that run over whole scripts."""


LEAVES: Final = frozenset(cls for cls in _NODE_CLASSES.values() if not child_fields(cls))
"""Classes of nodes without children: more than half of all nodes."""


def _reader(cls: type[nodes.Node]) -> Callable[[nodes.Node], Children]:
    names = child_fields(cls)
    if not names:
        return _no_children
    types = [str(f.type) for f in fields(cls) if f.name in names]
    read: Callable[[nodes.Node], Any] = attrgetter(*names)
    if all("None" not in text and "tuple" not in text for text in types):
        return read if len(names) > 1 else lambda node: (read(node),)
    if len(names) == 1 and "tuple" in types[0]:
        return read
    return partial(_mixed, read if len(names) > 1 else lambda node: (read(node),))


def _no_children(_node: nodes.Node) -> Children:
    return ()


def _mixed(read: Callable[[nodes.Node], Iterable[Any]], node: nodes.Node) -> Children:
    """Children of fields that may be empty or hold any number of nodes."""
    found: list[nodes.Node] = []
    for value in read(node):
        if type(value) is tuple:
            found.extend(value)
        elif value is not None:
            found.append(value)
    return found
