"""Scripts in which the reference engine stores a redeclared variable in the place of one that `eval` declared.

`let x; eval("let y = 1"); let x = 2` takes the place of `x` by counting from the end, where `y` stands by then. With a
block around the second declaration the reference declares a variable of its own, which is what this engine does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from horus_runtime import ParseError
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import children, walk
from horus_runtime.source import Span
from horus_runtime.syntax.rhai import parse_script

Place = tuple[int, int]


def without_redeclaring(script: str) -> str | None:
    """The script with blocks from such declarations on, at the same positions; `None` where there are none."""
    try:
        tree = parse_script(script)
    except ParseError:
        return None
    lines = script.split("\n")
    bodies = [(tree.body, None), *_blocks(tree)]
    opened: list[tuple[Place, Place | None]] = [(place, end) for body, end in bodies for place in _redeclarations(body)]
    # Functions cannot stand in blocks.
    whole = [d for d in tree.functions if not any(d.span[:2] < place < d.span[2:] for place, _ in opened)]
    functions = [_cut(lines, definition.span) for definition in whole] if any(end is None for _, end in opened) else []
    for place, end in sorted(opened, key=lambda pair: pair[0], reverse=True):
        if not _open(lines, place):
            return None
        if end is None:
            lines[-1] += "}"
        else:
            line, column = end
            lines[line - 1] = lines[line - 1][: column - 2] + "}" + lines[line - 1][column - 2 :]
    return re.sub(r"\bexport (?=let |const )", " " * 7, "\n".join([*lines, *functions])) if opened else None


def _cut(lines: list[str], span: Span) -> str:
    """Take a function out, so that nothing else moves."""
    text = []
    for number in range(span.line, span.end_line + 1):
        line = lines[number - 1]
        start = span.column - 1 if number == span.line else 0
        end = span.end_column - 1 if number == span.end_line else len(line)
        text.append(line[start:end])
        lines[number - 1] = line[:start] + " " * (end - start) + line[end:]
    return "\n".join(text)


def _blocks(tree: nodes.Script) -> Iterator[tuple[tuple[nodes.Node, ...], Place]]:
    for root in (*tree.body, *(definition.body for definition in tree.functions)):
        for node in walk(root):
            if isinstance(node, nodes.Block):
                yield node.body, (node.span.end_line, node.span.end_column)


def _redeclarations(body: Sequence[nodes.Node]) -> Iterator[Place]:
    """Where a statement list declares a name again behind an `eval` that may declare something."""
    names: set[str] = set()
    declares = False
    for node in body:
        declares = declares or _declares(node)
        if isinstance(node, nodes.Let):
            if node.name in names and declares:
                names = set()
                yield node.span.line, node.span.column
            names.add(node.name)


def _declares(node: nodes.Node) -> bool:
    """Is there an `eval` in the statement, blocks and closures aside?"""
    if isinstance(node, nodes.Call) and node.name == "eval":
        return True
    return not isinstance(node, (nodes.Block, nodes.Closure)) and any(map(_declares, children(node)))


def _open(lines: list[str], place: Place) -> bool:
    """Put a brace before a declaration, in the place of a blank."""
    line, column = place
    text = lines[line - 1]
    if text[: column - 1].strip():
        lines[line - 1] = text[: column - 2] + "{" + text[column - 1 :]
        return text[column - 2] == " "
    lines[line - 2] += " {"
    return line > 1 and "//" not in lines[line - 2]
