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
    from horus_runtime.codegen.program import ProgramCompiler


def compared_literals(program: ProgramCompiler, node: nodes.For, variable: Variable) -> list[nodes.CharLit] | None:
    """The literals that the variable of a loop over text is compared with; `None` if it is used in other ways, too."""
    config = program.config
    unwatched = not (config.watches_reads or config.debug or config.exact_sizes or program.tags)
    if not (config.plain_characters and config.infer and config.fast_operators and unwatched):
        return None
    if variable.is_cell or variable.assigned or variable.mutated or program.overridden("to_string", 1, ty.CHAR):
        return None
    found: list[nodes.CharLit] = []
    pending: list[nodes.Node] = list(node.body.body)
    while pending:
        part = pending.pop()
        if isinstance(part, nodes.Variable) and program.info.bindings.get(id(part)) is variable:
            return None
        literals = _comparison(program, part, variable)
        if literals is not None:
            found += literals
        elif not _is_text_of(program, part, variable):
            pending.extend(children(part))
    return found


def _comparison(program: ProgramCompiler, node: nodes.Node, variable: Variable) -> list[nodes.CharLit] | None:
    """The literal that this compares the variable with, in a list."""
    if not isinstance(node, nodes.Binary) or node.op not in ty.COMPARISONS:
        return None
    for one, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(other, nodes.CharLit) and program.info.bindings.get(id(one)) is variable:
            return [other]
    return None


def _is_text_of(program: ProgramCompiler, node: nodes.Node, variable: Variable) -> bool:
    """Is this the variable's `to_string()`?"""
    if not isinstance(node, nodes.MethodCall) or node.name != "to_string" or node.args or node.null_safe:
        return False
    return program.info.bindings.get(id(node.target)) is variable


__all__ = ["compared_literals"]
