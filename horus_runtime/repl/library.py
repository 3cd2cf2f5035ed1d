"""What earlier inputs defined and later ones use: functions and imports, and where each of them stands.

Every input is compiled together with the definitions before it, as one text: the definitions first, the input behind
them. So a function that is redefined is new for everybody who calls it. `Layout` finds the way back from a line of
that text to the input and the line that a person typed.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from horus_runtime.source import Position, SourceFile, Span

if TYPE_CHECKING:
    from horus_runtime.ast import nodes
    from horus_runtime.engine.handle import AST
    from horus_runtime.engine.parts import FunctionInfo

FunctionKey = tuple[str, int, str | None]
"""Name, parameter count, and the type of `this` where the function is one for values of a type."""


class Definition(NamedTuple):
    """A piece of text that later inputs are compiled with, and where it was typed."""

    text: str
    cell: int
    line: int
    """The line of the input that the text begins in; 1-based."""


class Function(NamedTuple):
    """A function of the session: what is known of it, and its text."""

    info: FunctionInfo
    definition: Definition


class Place(NamedTuple):
    """Where something stands for the person at the prompt: which input, and its position there."""

    cell: int
    position: Position


class Layout:
    """A text made of definitions and one input behind them."""

    def __init__(self, definitions: list[Definition], text: str, cell: int) -> None:
        self._starts: list[int] = []
        self._parts = [*definitions, Definition(text, cell, 1)]
        line = 1
        for part in self._parts:
            self._starts.append(line)
            line += part.text.count("\n") + 1
        self.text = "\n".join(part.text for part in self._parts)
        self.first_line = self._starts[-1]
        """The line that the input begins in."""

    def place(self, position: Position) -> Place:
        """The input that a position of the text belongs to."""
        at = max(0, bisect_right(self._starts, position.line) - 1)
        part = self._parts[at]
        return Place(part.cell, Position(position.line - self._starts[at] + part.line, position.column))


class Library:
    """The definitions of a session, the latest of each name."""

    def __init__(self) -> None:
        self._imports: dict[str, Definition] = {}
        self._functions: dict[FunctionKey, Function] = {}

    def layout(self, text: str, cell: int) -> Layout:
        """An input with the definitions it may use. A function that the input defines anew is left to the input."""
        definitions = [*self._imports.values(), *(function.definition for function in self._functions.values())]
        return Layout(definitions, text, cell)

    def without(self, keys: set[FunctionKey]) -> Library:
        """The same definitions but for some functions."""
        rest = Library()
        rest._imports = dict(self._imports)
        rest._functions = {key: value for key, value in self._functions.items() if key not in keys}
        return rest

    def adopt(self, tree: AST, cell: int) -> None:
        """Keep what the text of an input defines."""
        from horus_runtime.ast import nodes

        source = SourceFile(tree.source_file.text)
        for node, info in zip(tree.script.functions, tree.functions(), strict=True):
            private = "private " if node.private else ""
            whole = "\n".join((*node.doc, private + cut(source, node.span)))
            line = node.span.line - sum(doc.count("\n") + 1 for doc in node.doc)
            self._functions[key_of(node)] = Function(info, Definition(whole, cell, line))
        for statement in tree.script.body:
            if isinstance(statement, nodes.Import) and statement.alias:
                text = f"{cut(source, statement.span)};"
                self._imports[statement.alias] = Definition(text, cell, statement.span.line)

    @property
    def functions(self) -> list[FunctionInfo]:
        """The session's functions, in the order of their first definition."""
        return [function.info for function in self._functions.values()]

    @property
    def imports(self) -> dict[str, str]:
        """Alias to the text of its import."""
        return {alias: definition.text for alias, definition in self._imports.items()}


def key_of(definition: nodes.FnDef) -> FunctionKey:
    """What a later definition has to agree in to replace this one."""
    return definition.name, len(definition.params), definition.this_type


def cut(source: SourceFile, span: Span) -> str:
    """The text of a span."""
    starts = source.line_starts
    begin = starts[span.line - 1] + span.column - 1
    end = starts[span.end_line - 1] + span.end_column - 1
    return source.text[begin:end]
