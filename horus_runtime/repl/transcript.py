"""A session as a text: a payload that runs, a test that checks what was seen, or a transcript to read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.ast import nodes
from horus_runtime.repl.actions import holds_action
from horus_runtime.repl.library import cut
from horus_runtime.repl.session import LAST
from horus_runtime.runtime.text import quote
from horus_runtime.runtime.values import Char
from horus_runtime.source import SourceFile

if TYPE_CHECKING:
    from horus_runtime.engine.engine import Engine
    from horus_runtime.repl.session import Cell, Session

NAMED_LAST: Final = "last_{}"
"""What `_` is called outside the prompt: the result of the input with that number."""


class Line:
    """An input that went well, ready to stand in a payload."""

    def __init__(self, cell: Cell, engine: Engine, last: int) -> None:
        self.cell = cell
        self.is_hero = holds_action(cell.text)
        self.text = cell.text.strip()
        self.uses_last = False
        self.keeps_result = False
        """Does a later input use this one's result?"""
        self.functions = ""
        self.result = ""
        """The expression that the input's value came from."""
        if not self.is_hero:
            self._split(engine, last)

    def _split(self, engine: Engine, last: int) -> None:
        """Part the text into functions, statements, and the expression at the end."""
        self.text, self.uses_last = _named_last(self.text, engine, last)
        tree = engine.compile(self.text)
        source = SourceFile(self.text)
        functions = [
            (f.span, "\n".join((*f.doc, "private " * f.private + cut(source, f.span)))) for f in tree.script.functions
        ]
        self.functions = "\n".join(text for _, text in functions)
        body = tree.script.body
        statements = [cut(source, node.span).rstrip(";") + ";" for node in body]
        if body and isinstance(body[-1], nodes.ExprStmt) and self.cell.value is not None:
            self.result = cut(source, body[-1].span).rstrip(";").rstrip()
            statements.pop()
        self.text = "\n".join(statements)

    def payload(self) -> str:
        """The input as statements."""
        parts = [part for part in (self.functions, self.text) if part]
        if self.keeps_result:
            parts.append(f"let {NAMED_LAST.format(self.cell.number)} = {self.result};")
        elif self.result:
            parts.append(f"{self.result};")
        return "\n".join(parts)


def lines_of(session: Session) -> list[Line]:
    """The inputs that went well; each `_` is given the name of the result it means."""
    lines: list[Line] = []
    by_number: dict[int, Line] = {}
    last = 0
    for cell in session.cells:
        if not cell.ok:
            continue
        line = Line(cell, session.engine, last)
        if line.uses_last and last in by_number:
            by_number[last].keeps_result = True
        by_number[cell.number] = line
        lines.append(line)
        if cell.value is not None:
            last = cell.number
    return lines


def payload(session: Session) -> str:
    """The session as a payload: what went well, in its order."""
    return "".join(f"{text}\n" for line in lines_of(session) if (text := line.payload()))


def test_script(session: Session) -> str:
    """The session as a test: every result that can be written down is compared with what it was."""
    functions, steps = [], []
    for line in lines_of(session):
        if line.is_hero:
            continue
        if line.functions:
            functions.append(line.functions)
        steps += [f"    {part}" for part in line.text.split("\n") if part]
        if line.keeps_result:
            steps.append(f"    let {NAMED_LAST.format(line.cell.number)} = {line.result};")
        expected = literal(line.cell.value)
        if line.result and expected is not None:
            found = NAMED_LAST.format(line.cell.number) if line.keeps_result else line.result
            steps.append(f"    t::assert_eq({found}, {expected});")
        elif line.result and not line.keeps_result:
            steps.append(f"    {line.result};")
    body = "\n".join(['    import "std/testing" as t;', *steps])
    return "\n\n".join([*functions, f"fn test_session() {{\n{body}\n}}"]) + "\n"


def literal(value: Any) -> str | None:
    """The value as the language writes it; `None` for one that has no literal."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value) if value == value and abs(value) != float("inf") else None  # noqa: PLR0124 - not NaN
    if isinstance(value, Char):
        return None
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, list):
        items = [literal(item) for item in value]
        return None if None in items else f"[{', '.join(map(str, items))}]"
    if isinstance(value, dict):
        pairs = [(quote(key), literal(item)) for key, item in value.items()]
        return None if any(item is None for _, item in pairs) else f"#{{{', '.join(f'{k}: {v}' for k, v in pairs)}}}"
    return "()" if value is None else None


def markdown(session: Session) -> str:
    """The session as a text to read: inputs, what they printed, and their values or errors."""
    parts = []
    for cell in session.cells:
        language = "heroscript" if holds_action(cell.text) else "rhai"
        shown = cell.output
        if cell.error is not None:
            shown += cell.error.render() + "\n"
        elif cell.interrupted:
            shown += "interrupted\n"
        elif cell.value is not None:
            shown += session.engine.to_debug(cell.value) + "\n"
        parts.append(f"```{language}\n{cell.text.strip()}\n```\n")
        if shown:
            parts.append(f"```text\n{shown}```\n")
    return "\n".join(parts)


def as_json(session: Session) -> str:
    """The session for programs."""
    cells = [
        {
            "number": cell.number,
            "input": cell.text,
            "output": cell.output,
            "value": session.engine.to_debug(cell.value) if cell.value is not None else None,
            "error": cell.error.to_dict() if cell.error is not None else None,
            "seconds": round(cell.seconds, 6),
            "operations": cell.operations,
        }
        for cell in session.cells
    ]
    return json.dumps(cells, indent=2, ensure_ascii=False) + "\n"


def _named_last(text: str, engine: Engine, last: int) -> tuple[str, bool]:
    """The text with a proper name for `_`, and whether it stood there."""
    from horus_runtime.syntax.rhai import tokenize

    source = SourceFile(text)
    name = NAMED_LAST.format(last)
    places = [
        source.line_starts[token.span.line - 1] + token.span.column - 1
        for token in tokenize(text, engine.parse_options())
        if token.kind == "NAME" and token.value == LAST
    ]
    for at in reversed(places):
        text = f"{text[:at]}{name}{text[at + len(LAST) :]}"
    return text, bool(places)
