"""What Rhai's parser checks about literals: conditions, iterables, operands of `&&`, indices, `switch` alternatives."""

from __future__ import annotations

from typing import Any, Final

from horus_runtime.ast import nodes
from horus_runtime.syntax.captures import captured_names
from horus_runtime.syntax.literals import INT_MAX, is_identifier

KIND_NAMES: Final[dict[type, str]] = {
    nodes.IntLit: "a number",
    nodes.FloatLit: "a floating-point number",
    nodes.CharLit: "a character",
    nodes.StringLit: "a string",
    nodes.Template: "a string",
    nodes.BoolLit: "a boolean",
    nodes.ArrayLit: "an array",
    nodes.MapLit: "an object map",
    nodes.UnitLit: "()",
    nodes.Closure: "Fn",
}
"""What a literal is called where another type is wanted."""

LOGICAL: Final = frozenset(("&&", "||"))
"""Operators whose operands and result are booleans."""

SHORT_CIRCUIT: Final = LOGICAL | {"??"}
"""Operators that may skip their right operand."""

CHAINED: Final = frozenset((nodes.Property, nodes.Index, nodes.MethodCall))
"""Nodes that lead on from a target."""

NOT_ITERABLE: Final = frozenset(
    (nodes.IntLit, nodes.FloatLit, nodes.CharLit, nodes.BoolLit, nodes.MapLit, nodes.UnitLit)
)

_MAP_INDEX: Final[dict[type, str]] = {
    nodes.IntLit: "a number",
    nodes.FloatLit: "a float",
    nodes.CharLit: "a character",
    nodes.UnitLit: "()",
    nodes.BoolLit: "a boolean",
}
_NUMBER_INDEX: Final[dict[type, str]] = {
    nodes.StringLit: "numeric index, not a string",
    nodes.Template: "numeric index, not a string",
    nodes.FloatLit: "integer index, not a float",
    nodes.CharLit: "integer index, not a character",
    nodes.UnitLit: "integer index, not ()",
    nodes.BoolLit: "integer index, not a boolean",
}
_INDEXED_BY_NUMBER: Final = frozenset((nodes.ArrayLit, nodes.StringLit, nodes.Template, nodes.IntLit))
_PLAIN: Final = frozenset((nodes.IntLit, nodes.FloatLit, nodes.BoolLit, nodes.CharLit, nodes.StringLit, nodes.UnitLit))


def literal_name(node: Any) -> str | None:
    """What to call a literal whose type is wrong; closures with an environment are no literals."""
    name = KIND_NAMES.get(type(node))
    return None if type(node) is nodes.Closure and captured_names(node) else name


def index_fault(target: Any, index: Any) -> str | None:
    """The message for an index that cannot fit a literal, or `None`."""
    kind = nodes.BoolLit if type(index) is nodes.Binary and index.op in LOGICAL else type(index)
    if type(target) is nodes.MapLit:
        name = _MAP_INDEX.get(kind)
        return f"Object map expects string index, not {name}" if name else None
    if type(target) in _INDEXED_BY_NUMBER:
        wanted = _NUMBER_INDEX.get(kind)
        return f"Array, string or bit-field expects {wanted}" if wanted else None
    return None


def is_constant(node: Any) -> bool:
    """Whether a node is a literal value: arrays and maps are if all of their parts are."""
    kind = type(node)
    if kind in _PLAIN or (kind is nodes.Closure and not captured_names(node)):
        return True
    if kind is nodes.ArrayLit:
        return all(is_constant(item) for item in node.items)
    if kind is nodes.MapLit:
        return all(is_constant(entry.value) for entry in node.entries)
    return False


def pattern(node: Any) -> nodes.Node | None:
    """The node as a `switch` alternative, or `None` if it is not a literal."""
    if type(node) is nodes.Binary and node.op in {"..", "..="}:
        return _range_pattern(node)
    if is_constant(node) or is_function_pointer(node):
        result: nodes.Node = node
        return result
    return None


def _range_pattern(node: nodes.Binary) -> nodes.RangePattern | None:
    left, right = node.left, node.right
    if isinstance(left, nodes.UnitLit) and isinstance(right, nodes.IntLit) and not _is_missing(right):
        start, end = 0, right.value
    elif isinstance(left, nodes.IntLit) and isinstance(right, nodes.IntLit):
        start, end = left.value, right.value
    elif isinstance(left, nodes.IntLit) and isinstance(right, nodes.UnitLit):
        start, end = left.value, INT_MAX
    else:
        return None
    return nodes.RangePattern(node.span, start, end, node.op == "..=")


def _is_missing(end: nodes.Node) -> bool:
    """Whether the end of a range was left out: what stands for it has no text."""
    line, column, end_line, end_column = end.span
    return line == end_line and column == end_column


def first_operand(node: Any) -> Any:
    """Where Rhai sees the start of an expression: the first operand of chains and short-circuit operators."""
    while True:
        if type(node) in CHAINED:
            node = node.target
        elif type(node) is nodes.Binary and node.op in SHORT_CIRCUIT:
            node = node.left
        else:
            return node


def is_function_pointer(node: Any) -> bool:
    if type(node) is not nodes.Call or node.name != "Fn" or node.namespace or len(node.args) != 1:
        return False
    name = node.args[0]
    return type(name) is nodes.StringLit and is_identifier(name.value)
