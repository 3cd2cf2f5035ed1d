"""Values: results that nobody takes, comparisons of a thing with itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from horus_runtime.analysis.lints.finding import Finding, Surroundings
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import walk

CODES: Final = {
    "unused-result": "A value is computed and dropped.",
    "self-comparison": "A value is compared with itself.",
}

_COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
_PURE = (
    nodes.Binary,
    nodes.Unary,
    nodes.Variable,
    nodes.IntLit,
    nodes.FloatLit,
    nodes.BoolLit,
    nodes.StringLit,
    nodes.CharLit,
)


def check(script: nodes.Script, around: Surroundings) -> list[Finding]:
    """Findings about values."""
    found: list[Finding] = []
    for node in walk(script):
        if isinstance(node, nodes.Block):
            found += _dropped(node.body)
        elif isinstance(node, nodes.Binary) and node.op in _COMPARISONS and _is_same_name(node.left, node.right):
            found.append(Finding("self-comparison", node.span, f"'{node.left.name}' is compared with itself"))  # type: ignore[attr-defined]
    found += _dropped(script.body)
    return found


def _is_same_name(left: nodes.Node, right: nodes.Node) -> bool:
    return (
        isinstance(left, nodes.Variable)
        and isinstance(right, nodes.Variable)
        and left.name == right.name
        and left.namespace == right.namespace
    )


def _dropped(body: tuple[nodes.Node, ...]) -> Iterator[Finding]:
    """Statements that compute a value and do nothing with it; the last one is the block's own value."""
    for statement in body[:-1]:
        if (
            isinstance(statement, nodes.ExprStmt)
            and isinstance(statement.expr, _PURE)
            and _has_no_effect(statement.expr)
        ):
            yield Finding("unused-result", statement.span, "this value is not used")


def _has_no_effect(node: nodes.Node) -> bool:
    effects = (
        nodes.Call,
        nodes.MethodCall,
        nodes.Block,
        nodes.If,
        nodes.Switch,
        nodes.Closure,
        nodes.Return,
        nodes.Throw,
        nodes.CustomSyntax,
    )
    return not any(isinstance(inner, effects) for inner in walk(node))
