"""Literals, constants and their values, as the optimizer sees them: what a node surely is before anything runs."""

from __future__ import annotations

from typing import Any, Final

from horus_runtime.ast import nodes
from horus_runtime.runtime.fn_names import may_name
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.values import Char
from horus_runtime.source import Span
from horus_runtime.syntax import checks

LITERALS: Final = frozenset(
    {nodes.IntLit, nodes.FloatLit, nodes.BoolLit, nodes.CharLit, nodes.StringLit, nodes.UnitLit}
)
CONTAINERS: Final = frozenset({nodes.ArrayLit, nodes.MapLit})
LOST_CLOSURE: Final = "anon$"
"""What is called where a constant that holds a closure is read: Rhai inserts its name, and then finds no function."""
COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
TEXTS: Final = frozenset({nodes.StringLit, nodes.CharLit, nodes.UnitLit})
_BITS: Final = 64
_KINDS: Final[dict[type, str]] = {
    nodes.IntLit: "i64",
    nodes.FloatLit: "f64",
    nodes.BoolLit: "bool",
    nodes.CharLit: "char",
    nodes.StringLit: "string",
    nodes.UnitLit: "()",
    nodes.ArrayLit: "array",
    nodes.MapLit: "map",
    nodes.Closure: "Fn",
    nodes.Call: "Fn",
}
"""The types of constants."""


def is_constant(node: nodes.Node) -> bool:
    """Is this a literal, or an array or map of nothing but literals?"""
    if type(node) is nodes.ArrayLit:
        return all(map(is_constant, node.items))
    if type(node) is nodes.MapLit:
        return all(is_constant(entry.value) for entry in node.entries)
    return type(node) in LITERALS


def is_literal(node: Any) -> bool:
    """As `is_constant`, and closures without captured variables and `Fn("name")` count as well."""
    if type(node) is nodes.ArrayLit:
        return all(map(is_literal, node.items))
    if type(node) is nodes.MapLit:
        return all(is_literal(entry.value) for entry in node.entries)
    return checks.is_constant(node) or (checks.is_function_pointer(node) and may_name(node.args[0].value))


def is_inserted(node: nodes.Node | None) -> bool:
    """Does Rhai's optimizer put the value of a constant that was declared with this where the constant is used?"""
    return is_literal(node) or (node is not None and is_constant_range(node))


def constant_value(node: nodes.Node) -> Any:
    """The value of a node that `is_literal`, as far as its raw text goes."""
    if type(node) is nodes.ArrayLit:
        return list(map(constant_value, node.items))
    if type(node) is nodes.MapLit:
        return {entry.key: constant_value(entry.value) for entry in node.entries}
    if isinstance(node, (nodes.Closure, nodes.Call)):
        pointer = FnPtr("anon$" if isinstance(node, nodes.Closure) else value_of(node.args[0]))
        pointer.mark = ""
        return pointer
    return value_of(node)


def kind_of(node: nodes.Node) -> str | None:
    """The type of a constant, as `type_of` names it, or `None`."""
    if type(node) is nodes.Binary:
        ends = (type(node.left), type(node.right))
        whole = node.op in ("..", "..=") and nodes.IntLit in ends and all(end in _ENDS for end in ends)
        return {"..": "range", "..=": "range="}[node.op] if whole else None
    return _KINDS.get(type(node)) if is_literal(node) else None


_ENDS: Final = (nodes.IntLit, nodes.UnitLit)


def compared(op: str, left: nodes.Node, right: nodes.Node) -> bool | None:
    """What comparing two constants gives; `None` where that has to be seen at run time.

    Arrays, maps and function pointers are compared with values of other types only.
    """
    kinds = (kind_of(left), kind_of(right))
    if None in kinds or op not in COMPARISONS:
        return None
    if kinds[0] != kinds[1]:
        ranges = kinds in (("range", "range="), ("range=", "range"))
        return None if ranges and op != "!=" else op == "!="
    if kinds[0] not in ("range", "range=") or op not in ("==", "!="):
        return None
    assert isinstance(left, nodes.Binary)
    assert isinstance(right, nodes.Binary)
    same = value_of(left.left) == value_of(right.left) and value_of(left.right) == value_of(right.right)
    return same is (op == "==")


def joins_text(op: str, left: nodes.Node, right: nodes.Node) -> bool:
    """Does the operator append a number or bool to a text, or a text to one? Rhai leaves that for run time."""
    kinds = {type(left), type(right)}
    return op == "+" and nodes.StringLit in kinds and not kinds <= TEXTS


def is_constant_range(node: nodes.Node) -> bool:
    if type(node) is nodes.Binary and node.op in ("..", "..="):
        return type(node.left) in LITERALS and type(node.right) in LITERALS
    return is_constant(node) or is_nothing(node)


def is_nothing(node: nodes.Node) -> bool:
    """Is this `{}`, or a block of nothing else?"""
    return type(node) is nodes.Block and all(map(is_nothing, node.body))


def is_empty(node: nodes.Node | None) -> bool:
    return node is None or (type(node) is nodes.Block and all(map(is_nothing, node.body)))


def item_of(target: nodes.Node, index: int) -> nodes.Node | None:
    """What a constant holds at an index."""
    if type(target) is nodes.ArrayLit and is_constant(target) and -len(target.items) <= index < len(target.items):
        return target.items[index]
    if type(target) is nodes.StringLit and -len(target.value) <= index < len(target.value):
        return nodes.CharLit(target.span, target.value[index])
    if type(target) is nodes.IntLit and 0 <= index < _BITS:
        return nodes.BoolLit(target.span, bool(target.value >> index & 1))
    return None


def value_of(node: nodes.Node) -> Any:
    if isinstance(node, nodes.CharLit):
        return Char(node.value)
    return getattr(node, "value", None)


def literal_of(span: Span, value: Any) -> nodes.Node | None:
    """The literal of a value."""
    match value:
        case None:
            return nodes.UnitLit(span)
        case bool():
            return nodes.BoolLit(span, value)
        case int():
            return nodes.IntLit(span, value)
        case float():
            return nodes.FloatLit(span, value)
        case Char():
            return nodes.CharLit(span, str(value))
        case str():
            return nodes.StringLit(span, value)
    return None
