"""Precedence climbing over the flat operator chains that the grammar delivers."""

from __future__ import annotations

from typing import Any, Final

from horus_runtime.ast import nodes
from horus_runtime.source import Span
from horus_runtime.syntax.tokens import RawToken

_new: Final = tuple.__new__
_RIGHT: Final = "**"


def climb(chain: list[Any], precedence: dict[str, int]) -> nodes.Node:
    """The tree of `[operand, operator, operand, ...]`; operators are raw tokens."""
    if len(chain) == 3:
        return binary(chain[0], chain[1], chain[2])
    operands: list[Any] = [chain[0]]
    operators: list[RawToken] = []
    for at in range(1, len(chain) - 1, 2):
        operator = chain[at]
        power = precedence[operator[1]]
        while operators and _binds(precedence[operators[-1][1]], power, operator[1]):
            _reduce(operands, operators)
        operators.append(operator)
        operands.append(chain[at + 1])
    while operators:
        _reduce(operands, operators)
    node: nodes.Node = operands[0]
    return node


def _binds(left: int, right: int, operator: str) -> bool:
    """Whether the operator before takes the operand between itself and `operator`."""
    return left > right or (left == right and operator != _RIGHT)


def _reduce(operands: list[Any], operators: list[RawToken]) -> None:
    right = operands.pop()
    operands[-1] = binary(operands[-1], operators.pop(), right)


def binary(left: Any, operator: RawToken, right: Any) -> nodes.Binary:
    """One operator with its operands."""
    start, end = left.span, right.span
    return nodes.Binary(
        _new(Span, (start[0], start[1], end[2], end[3])), operator[1], left, right, _new(Span, operator[2:])
    )
