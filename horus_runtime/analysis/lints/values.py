"""Values: results that nobody takes, operators that are certain to fail, comparisons of a thing with itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from horus_runtime.analysis.lints.finding import ERROR, Finding, Surroundings
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import walk

CODES: Final = {
    "type-error": "An operator that is not defined for the types of its operands.",
    "unused-result": "A value is computed and dropped.",
    "self-comparison": "A value is compared with itself.",
}

_LITERALS: Final = {
    nodes.IntLit: "i64",
    nodes.FloatLit: "f64",
    nodes.BoolLit: "bool",
    nodes.StringLit: "string",
    nodes.CharLit: "char",
    nodes.Template: "string",
    nodes.ArrayLit: "array",
    nodes.MapLit: "map",
    nodes.UnitLit: "()",
}
_COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
_ARITHMETIC: Final = frozenset({"+", "-", "*", "/", "%", "**", "<<", ">>", "&", "|", "^"})
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
    bodies = [(script.body, _types(script.body)), *((f.body.body, _types(f.body.body)) for f in script.functions)]
    for body, types in bodies:
        for statement in body:
            for node in walk(statement):
                if isinstance(node, nodes.Binary):
                    found += _binary(node, types, around)
    for node in walk(script):
        if isinstance(node, nodes.Block):
            found += _dropped(node.body)
    found += _dropped(script.body)
    return found


def _types(body: tuple[nodes.Node, ...]) -> dict[str, str]:
    """Types of variables that are declared once, with a literal, and never assigned."""
    declared: dict[str, list[str | None]] = {}
    for statement in body:
        for node in walk(statement):
            name, value = _declares(node)
            if name is not None:
                declared.setdefault(name, []).append(_LITERALS.get(type(value)) if value is not None else None)
    return {name: types[0] for name, types in declared.items() if len(types) == 1 and types[0] is not None}


def _declares(node: nodes.Node) -> tuple[str | None, nodes.Node | None]:
    if isinstance(node, nodes.Let):
        return node.name, node.value
    if isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Variable):
        return node.target.name, None
    if isinstance(node, nodes.For):
        return node.variable, None
    if isinstance(node, nodes.Try) and node.variable:
        return node.variable, None
    return None, None


def _binary(node: nodes.Binary, types: dict[str, str], around: Surroundings) -> Iterator[Finding]:
    if node.op in _COMPARISONS and _is_same_name(node.left, node.right):
        yield Finding("self-comparison", node.span, f"'{node.left.name}' is compared with itself")  # type: ignore[attr-defined]
    left, right = _type_of(node.left, types), _type_of(node.right, types)
    if left is None or right is None or node.op not in _ARITHMETIC:
        return
    if not around.has_operator(node.op, left, right):
        yield Finding("type-error", node.op_span, f"'{node.op}' is not defined for {left} and {right}", ERROR)


def _type_of(node: nodes.Node, types: dict[str, str]) -> str | None:
    if isinstance(node, nodes.Variable) and not node.namespace:
        return types.get(node.name)
    return _LITERALS.get(type(node))


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
