"""A stable picture of a tree, for `--emit=ast` and golden files.

One line for each node: the field it stands in, its class, its own values where they differ from the defaults, and its
position. The walk keeps a stack of its own, so that no tree is too deep to be shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any

from horus_runtime.ast.nodes import Node
from horus_runtime.ast.visitor import child_fields
from horus_runtime.source import Span

INDENT = "  "


def dump(node: Node) -> str:
    """The picture of a node and everything below it, without a line feed at the end."""
    return "\n".join(_lines(node))


def _lines(root: Node) -> Iterator[str]:
    pending = [(0, "", root)]
    while pending:
        depth, label, node = pending.pop()
        yield f"{INDENT * depth}{label}{type(node).__name__}{_values(node)} @{node.span.line}:{node.span.column}"
        pending.extend((depth + 1, name, child) for name, child in reversed(list(_children(node))))


def _children(node: Node) -> Iterator[tuple[str, Node]]:
    """The direct children with the labels of their fields; the items of a list are numbered."""
    for name in child_fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, tuple):
            yield from ((f"{name}[{number}]: ", item) for number, item in enumerate(value))
        elif value is not None:
            yield f"{name}: ", value


def _values(node: Node) -> str:
    """The node's own values: what is neither a child nor a place nor as usual."""
    shown = [
        f" {name}={value!r}"
        for name, default in _own_fields(type(node))
        if not isinstance(value := getattr(node, name), Span) and (default is MISSING or value != default)
    ]
    return "".join(shown)


def _own_fields(cls: type[Node]) -> tuple[tuple[str, Any], ...]:
    nodes = set(child_fields(cls))
    return tuple((field.name, field.default) for field in fields(cls) if field.name not in nodes and field.repr)
