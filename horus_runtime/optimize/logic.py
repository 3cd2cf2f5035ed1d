"""Chains of `&&`, `||` and `??`: which operands Rhai's optimizer keeps."""

from __future__ import annotations

from collections.abc import Callable

from horus_runtime.ast import nodes
from horus_runtime.source import Span

Fixed = Callable[[nodes.Node], bool]
"""Is the operand a constant, by name or by value?"""


def operands_of(node: nodes.Binary) -> list[nodes.Node]:
    """The operands of a chain, of which Rhai keeps one list: of `??` whatever the brackets, else those to its left."""
    found: list[nodes.Node] = []
    pending: list[nodes.Node] = [node]
    while pending:
        part = pending.pop()
        if type(part) is not nodes.Binary or part.op != node.op:
            found.append(part)
        elif node.op == "??":
            pending += (part.right, part.left)
        else:
            found.append(part.right)
            pending.append(part.left)
    return found if node.op == "??" else found[::-1]


def first_value(operands: list[nodes.Node], is_fixed: Fixed) -> list[nodes.Node]:
    """The operands of `??` without what comes behind a constant."""
    last = next((at for at, operand in enumerate(operands) if is_fixed(operand)), len(operands))
    return operands[: last + 1]


def without_units(old: list[nodes.Node], operands: list[nodes.Node]) -> list[nodes.Node]:
    """The operands of `??` without `()`, which Rhai drops as soon as it sees them, until a single operand is left.

    It sees literals first, then constants and empty blocks, and last what it made of other statements.
    """
    pairs = list(zip(old, operands, strict=True))
    for classes in (_LITERAL_UNITS, _EARLY_UNITS, None):
        if len(pairs) > 1:
            pairs = [
                (source, done)
                for source, done in pairs
                if type(done) is not nodes.UnitLit or (classes is not None and type(source) not in classes)
            ]
    return [done for _, done in pairs]


_LITERAL_UNITS = frozenset({nodes.UnitLit})
_EARLY_UNITS = frozenset({nodes.UnitLit, nodes.Variable, nodes.Block})


def deciding(operands: list[nodes.Node], is_fixed: Fixed, *, neutral: bool) -> list[nodes.Node]:
    """The operands of `&&` or `||` without neutral literals, and without what comes behind one that decides.

    Where nothing but constants precedes that one, it is all that is left.
    """
    kept: list[nodes.Node] = []
    for operand in operands:
        if type(operand) is not nodes.BoolLit:
            kept.append(operand)
        elif operand.value is not neutral:
            return [operand] if all(map(is_fixed, kept)) else [*kept, operand]
    return kept


def chain(node: nodes.Binary, operands: list[nodes.Node]) -> nodes.Node:
    """The operands joined again."""
    result = operands[0]
    for operand in operands[1:]:
        span = Span(*result.span[:2], *operand.span[2:])
        result = nodes.Binary(span, node.op, result, operand, node.op_span)
    return result
