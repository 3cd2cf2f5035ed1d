"""Literals, constants and their values, as the optimizer sees them: what a node surely is before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import contains
from horus_runtime.runtime.fn_names import may_name
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.values import Char, Range
from horus_runtime.source import Span
from horus_runtime.syntax import checks
from horus_runtime.syntax.literals import INT_MAX

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


def is_settled(node: nodes.Node) -> bool:
    """As `is_fixed`, and `&&`, `||` and `??` of such operands count as well."""
    if type(node) is nodes.Binary and node.op in checks.SHORT_CIRCUIT:
        return is_settled(node.left) and is_settled(node.right)
    return is_fixed(node) or is_nothing(node)


def is_copied(node: nodes.Node | None) -> bool:
    """Is this a constant array, map, range or pointer, which closures change as a copy of their own?"""
    return node is not None and type(node) not in LITERALS and kind_of(node) is not None


def constant_value(node: nodes.Node) -> Any:
    """The value of a constant that `is_valued`, as far as its raw text goes."""
    if type(node) is nodes.ArrayLit:
        return list(map(constant_value, node.items))
    if type(node) is nodes.MapLit:
        return {entry.key: constant_value(entry.value) for entry in node.entries}
    if isinstance(node, nodes.Binary):
        start, end = value_of(node.left), value_of(node.right)
        inclusive = node.op == "..="
        return Range(0 if start is None else start, INT_MAX if end is None else end, inclusive=inclusive)
    if isinstance(node, (nodes.Closure, nodes.Call)):
        pointer = FnPtr(_name_at(node.span) if isinstance(node, nodes.Closure) else value_of(node.args[0]))
        pointer.mark = ""
        return pointer
    return value_of(node)


def _name_at(place: Span) -> str:
    """A name for a closure, which gets its own only when it is compiled; as long as that one, and always the same."""
    from hashlib import sha256

    return "anon$" + sha256(f"{place.line}:{place.column}".encode()).hexdigest()[:16]


def kind_of(node: nodes.Node) -> str | None:
    """The type of a constant, as `type_of` names it, or `None`."""
    if type(node) is nodes.Binary:
        ends = (type(node.left), type(node.right))
        whole = node.op in _RANGES and nodes.IntLit in ends and all(end in _ENDS for end in ends)
        return _RANGES[node.op] if whole else None
    kind = _KINDS.get(type(node))
    if kind is None or type(node) in LITERALS:
        return kind
    known = is_fixed(node) if type(node) in CONTAINERS else is_literal(node)
    return kind if known else None


_ENDS: Final = (nodes.IntLit, nodes.UnitLit)
_RANGES: Final = {"..": "range", "..=": "range="}


def is_fixed(node: nodes.Node) -> bool:
    """Is this a constant for Rhai's optimizer: one with a kind, or an `if`, `switch` or template of constants?"""
    is_composite_fixed = _COMPOSITES.get(type(node))
    return is_composite_fixed(node) if is_composite_fixed is not None else kind_of(node) is not None


def is_fixed_branch(node: nodes.Node | None) -> bool:
    return node is None or _is_fixed_body(node)


def _is_fixed_switch(node: nodes.Switch) -> bool:
    """Rhai leaves a `switch` on a literal or an `if` alone; if all of its values are constants, it is one as well."""
    known = type(node.value) in LITERALS or (type(node.value) is nodes.If and is_fixed(node.value))
    if not known or not node.arms or node.arms[-1].patterns:
        return False
    return all(_is_fixed_arm(arm) for arm in node.arms)


_COMPOSITES: Final[dict[type, Callable[[Any], bool]]] = {
    nodes.ArrayLit: lambda node: all(map(is_fixed, node.items)),
    nodes.MapLit: lambda node: all(is_fixed(entry.value) for entry in node.entries),
    nodes.If: lambda node: is_fixed(node.condition) and _is_fixed_body(node.then) and is_fixed_branch(node.orelse),
    nodes.Switch: _is_fixed_switch,
    nodes.Template: lambda node: all(type(part) is nodes.StringLit or _is_fixed_body(part) for part in node.parts),
}


def _is_fixed_arm(arm: nodes.SwitchArm) -> bool:
    return (arm.guard is None or type(arm.guard) is nodes.BoolLit) and _is_fixed_body(arm.body)


def _is_fixed_body(body: nodes.Node) -> bool:
    only = only_value(body)
    return only is not None and is_fixed(only)


def only_value(node: nodes.Node) -> nodes.Node | None:
    """The expression that is all there is in a block, `()` where there is nothing."""
    while type(node) is nodes.Block and len(node.body) == 1:
        node = node.body[0]
    if is_nothing(node):
        return nodes.UnitLit(node.span)
    if type(node) is nodes.ExprStmt:
        return node.expr
    return node if type(node) is nodes.If or type(node) is nodes.Switch else None


def is_valued(node: nodes.Node) -> bool:
    """Has a constant a `constant_value`?"""
    return not contains(node, _UNVALUED)


_UNVALUED: Final = frozenset({nodes.If, nodes.Switch, nodes.Template})


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
    """What a constant, which may be an array, holds at an index."""
    if type(target) is nodes.ArrayLit and -len(target.items) <= index < len(target.items):
        return placed(target.items[index], target.span)
    if type(target) is nodes.StringLit and -len(target.value) <= index < len(target.value):
        return nodes.CharLit(target.span, target.value[index])
    if type(target) is nodes.IntLit and 0 <= index < _BITS:
        return nodes.BoolLit(target.span, bool(target.value >> index & 1))
    return None


def placed(item: nodes.Node, span: Span) -> nodes.Node:
    """What a constant holds, at the place where it is read."""
    return replace(item, span=span, op_span=span) if type(item) is nodes.Binary else replace(item, span=span)


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
