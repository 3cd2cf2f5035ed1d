"""Loops over text whose characters are only compared with literals, or made text of.

A character of the language is a class of its own, so that it is told from a string; comparing two of these takes
CPython five times as long as comparing plain strings of length one. Where nobody can tell the difference, a loop walks
the text's own characters:

    for c in text { if c == 'a' { n += 1; } }
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from horus_runtime.analysis import types as ty
from horus_runtime.analysis.scopes import Variable
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import children

if TYPE_CHECKING:
    from collections.abc import Callable

    from horus_runtime.codegen.program import ProgramCompiler


def compared_literals(
    program: ProgramCompiler, node: nodes.For, variable: Variable, type_of: Callable[[nodes.Node], int]
) -> list[nodes.CharLit] | None:
    """The literals that the variable of a loop over text is compared with; `None` if it is used in other ways, too."""
    config = program.config
    unwatched = not (config.watches_reads or config.debug or config.exact_sizes or program.tags)
    if not (config.plain_characters and config.infer and config.fast_operators and unwatched):
        return None
    if variable.is_cell or variable.assigned or variable.mutated or program.overridden("to_string", 1, ty.CHAR):
        return None
    uses = _Uses(program, variable, type_of)
    return uses.literals if all(map(uses.are_plain, node.body.body)) else None


def _only(node: nodes.Node) -> nodes.Node:
    """The expression that a block consists of, or else the node itself."""
    only = node.body[0] if isinstance(node, nodes.Block) and len(node.body) == 1 else node
    return only.expr if isinstance(only, nodes.ExprStmt) else only


class _Uses:
    """How code uses a variable."""

    def __init__(self, program: ProgramCompiler, variable: Variable, type_of: Callable[[nodes.Node], int]) -> None:
        self.program = program
        self.variable = variable
        self.type_of = type_of
        self.literals: list[nodes.CharLit] = []

    def are_plain(self, node: nodes.Node) -> bool:
        """Does this code compare the variable with literals, or make text of it, and nothing else?"""
        if self.is_it(node):
            return False
        if isinstance(node, nodes.Binary) and (self.is_it(node.left) or self.is_it(node.right)):
            other = node.right if self.is_it(node.left) else node.left
            if isinstance(other, nodes.CharLit) and node.op in ty.COMPARISONS:
                self.literals.append(other)
                return True
            return node.op == "+" and self.is_text(other)
        if isinstance(node, nodes.Assign) and node.op == "+=" and self.is_it(node.value):
            return isinstance(node.target, nodes.Variable) and self.is_text(node.target)
        if isinstance(node, nodes.MethodCall) and self.is_it(node.target):
            return node.name == "to_string" and not node.args and not node.null_safe
        if isinstance(node, nodes.Template):
            return all(self.is_it(_only(part)) or self.are_plain(part) for part in node.parts)
        return all(map(self.are_plain, children(node)))

    def is_it(self, node: nodes.Node) -> bool:
        return isinstance(node, nodes.Variable) and self.program.info.bindings.get(id(node)) is self.variable

    def is_text(self, node: nodes.Node) -> bool:
        """Is this a string, and not the variable itself?"""
        return not self.is_it(node) and ty.is_only(self.type_of(node), ty.STR) and self.are_plain(node)


__all__ = ["compared_literals"]
