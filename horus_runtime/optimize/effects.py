"""What code does or leaves alone, by Rhai's reckoning: whether a statement can go, and what it may change."""

from __future__ import annotations

from collections.abc import Container
from typing import Any, Final

from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import LEAVES, READERS
from horus_runtime.optimize.values import LITERALS, is_empty, is_fixed, is_nothing, is_settled
from horus_runtime.syntax.checks import SHORT_CIRCUIT

_CHANGING: Final = frozenset(
    "append call chop clear crop dedup drain fill_with for_each insert make_lower make_upper mixin order order_by "
    "order_desc pad pop push remove replace retain reverse set set_bit set_bits set_tag shift sort sort_by sort_desc "
    "splice split take trim truncate write_ascii write_be write_le write_utf8".split()
)
"""Standard functions that may change their first argument."""


def hides_names(script: nodes.Script) -> bool:
    """Is there a call that could declare variables?"""
    if script.names_are_known:
        return False
    pending: list[nodes.Node] = [script]
    while pending:
        node = pending.pop()
        kind = type(node)
        if kind is nodes.Call and (node.name == "eval" or node.captures_scope):  # type: ignore[attr-defined]
            return True
        if kind not in LEAVES:
            pending.extend(READERS[kind](node))
    return False


def is_call(node: nodes.Node) -> bool:
    """Is the statement a call, by name or of an operator?"""
    if type(node) is not nodes.ExprStmt:
        return False
    kind = type(node.expr)
    if kind is nodes.Binary:
        return node.expr.op not in ("&&", "||", "??")  # type: ignore[attr-defined]
    return kind is nodes.Call or kind is nodes.Unary


def needs_block(node: nodes.Node) -> bool:
    """Does the statement declare something, so that the block around it cannot be dissolved?"""
    if type(node) is nodes.ExprStmt:
        return is_eval(node.expr) or type(node.expr) is nodes.CustomSyntax
    return type(node) in (nodes.Let, nodes.Import, nodes.Export, nodes.CustomSyntax)


def is_eval(node: nodes.Node) -> bool:
    return type(node) is nodes.Call and node.name == "eval" and not node.namespace


def alone(node: nodes.Node) -> nodes.Node:
    """The only statement of a block that declares nothing, or the node itself."""
    while type(node) is nodes.Block and len(node.body) == 1 and not needs_block(node.body[0]):
        node = node.body[0]
    return node


def dissolved(body: tuple[nodes.Node, ...]) -> tuple[nodes.Node, ...]:
    """The statements with those of blocks that declare nothing in their place.

    What `eval` declares in an expression of such a block outlives it.
    """
    flat: list[nodes.Node] = []
    pending = list(reversed(body))
    while pending:
        node = pending.pop()
        if type(node) is nodes.Block and not any(map(needs_block, node.body)):
            pending.extend(reversed(node.body))
        else:
            flat.append(node)
    return tuple(flat)


def does_nothing(node: nodes.If) -> bool:
    """Has it empty branches only?"""
    return is_nothing(node.then) and is_empty(node.orelse)


def changed_variable(node: nodes.Node, functions: Container[str]) -> str | None:
    """The variable whose value an assignment to it or a part of it, or a call with it in front, may change.

    Args:
        functions: names of the script's own functions.
    """
    if isinstance(node, nodes.Assign):
        root: Any = node.target
    elif isinstance(node, nodes.MethodCall) and (node.name in _CHANGING or node.name in functions):
        root = node.target
    elif isinstance(node, nodes.Call) and node.args and type(node.args[0]) is nodes.Variable:
        root = node.args[0] if node.name in _CHANGING else None
    else:
        return None
    while isinstance(root, (nodes.Index, nodes.Property)):
        root = root.target
    return root.name if isinstance(root, nodes.Variable) and not root.namespace else None


def is_same(target: nodes.Node, value: nodes.Node) -> bool:
    """Are both the same variable?"""
    return (
        type(target) is nodes.Variable and type(value) is nodes.Variable
        and target.name == value.name and not target.namespace and not value.namespace
    )  # fmt: skip


def is_pure(node: nodes.Node) -> bool:
    """Has the statement no effect, by Rhai's reckoning? Whether a variable exists does not count."""
    if type(node) is nodes.ExprStmt:
        return is_pure_value(node.expr)
    if type(node) is nodes.Switch:
        return is_fixed(node)
    if type(node) is nodes.Block:
        return all(is_pure(part) or is_private(part) for part in node.body)
    if type(node) is nodes.If:
        return is_pure_value(node.condition) and is_pure(node.then) and (node.orelse is None or is_pure(node.orelse))
    return False


def is_private(node: nodes.Node) -> bool:
    """Does the statement change nothing outside its block?"""
    if type(node) is nodes.Let:
        return node.value is None or is_settled(node.value)
    return type(node) is nodes.Import and type(node.path) in LITERALS


def is_pure_value(node: nodes.Node) -> bool:
    """Has the expression no effect, by Rhai's reckoning?"""
    return type(node) is nodes.Variable or is_fixed(node)


def mention(names: list[nodes.Variable]) -> nodes.Node:
    """A statement that names variables, and does nothing else."""
    span = names[0].span
    body = tuple(nodes.ExprStmt(name.span, name) for name in names)
    return nodes.If(span, nodes.BoolLit(span, False), nodes.Block(span, body))


def unwrapped(node: nodes.Node) -> nodes.Node:
    """The expression that is all there is left of a statement in the place of an expression.

    Calls, operators among them, stay in what Rhai makes of a branch or of a block of several statements.
    """
    if is_nothing(node):
        return nodes.UnitLit(node.span)
    if type(node) is not nodes.Block or len(node.body) != 1:
        return node
    only = node.body[0]
    if type(only) is nodes.ExprStmt:
        return node if _makes_call(only.expr) else only.expr
    if type(only) is nodes.Block:
        inner = unwrapped(only)
        return node if type(inner) is nodes.Block else inner
    return node


def _makes_call(node: nodes.Node) -> bool:
    """Does the expression call a function in Rhai?"""
    if type(node) is nodes.Closure or type(node) is nodes.Binary:
        return not is_fixed(node) and getattr(node, "op", "") not in SHORT_CIRCUIT
    return type(node) is nodes.Call or type(node) is nodes.Unary
