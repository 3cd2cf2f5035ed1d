"""Where things stand in a script: positions, spans, source files and the caret excerpt.

Lines and columns are 1-based and count Unicode scalar values, as in Rhai (a tab counts one column).
"""

from __future__ import annotations

from horus_runtime.typing_names import NamedTuple

MAX_COORDINATE = 65_535
"""Rhai saturates both line and column at this value."""


class Position(NamedTuple):
    """A place in a script: line and column, both 1-based."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, position {self.column}"


class Span(NamedTuple):
    """The stretch of text a node covers; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def start(self) -> Position:
        """First character of the span: the position errors report."""
        return Position(self.line, self.column)


class SourceFile:
    """A script's text with its name, able to cut out lines and to point at positions."""

    __slots__ = ("_line_starts", "lent", "name", "text")

    def __init__(self, text: str, name: str | None = None, *, lent: bool = False) -> None:
        self.text = text
        self.name = name
        self.lent = lent
        """The name is that of the path by which importers reach the text, which has none of its own."""
        self._line_starts: list[int] | None = None

    @property
    def line_starts(self) -> list[int]:
        """Offsets of the first character of every line, computed on first use."""
        if self._line_starts is None:
            starts = [0]
            find = self.text.find
            at = find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = find("\n", at + 1)
            self._line_starts = starts
        return self._line_starts

    def position_at(self, offset: int) -> Position:
        """The position of a character offset (0-based, may equal the text's length)."""
        from bisect import bisect_right

        starts = self.line_starts
        line = bisect_right(starts, offset)
        return Position(min(line, MAX_COORDINATE), min(offset - starts[line - 1] + 1, MAX_COORDINATE))

    def line_at(self, offset: int) -> int:
        """The number of the line that a character offset is in, from 1."""
        from bisect import bisect_right

        return min(bisect_right(self.line_starts, offset), MAX_COORDINATE)

    def line(self, number: int) -> str:
        """The text of a 1-based line without its line end; empty when there is no such line."""
        starts = self.line_starts
        if not 1 <= number <= len(starts):
            return ""
        start = starts[number - 1]
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        return self.text[start:end].rstrip("\r")

    def excerpt(self, position: Position, message: str) -> str:
        """The source line with a caret under the position and the message behind the caret."""
        return excerpt(self.line(position.line), position, message)


def excerpt(line_text: str, position: Position, message: str) -> str:
    """Lay out one source line, a caret under `position`, and `message` (which may have several lines).

    Long lines are cut to a window around the caret, and tabs are shown as one blank so that the caret stays right. What
    terminals show in two cells, or in none, counts as much.
    """
    prefix = f"{position.line}: "
    column = position.column - 1
    text = line_text.replace("\t", " ")
    start = max(0, column - 80) if len(text) > 160 else 0
    shown = text[start : start + 160]
    indent = " " * (len(prefix) + _cells(shown[: column - start]) + max(0, column - start - len(shown)))
    first, *rest = message.split("\n")
    lines = [prefix + shown, f"{indent}^ {first}", *(f"{indent}| {line}" for line in rest)]
    return "\n".join(lines)


def _cells(text: str) -> int:
    """How many cells of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    return sum(
        0 if category(char) in {"Mn", "Me", "Cf"} else 2 if east_asian_width(char) in {"W", "F"} else 1 for char in text
    )


def strip_shebang(text: str) -> str:
    """The text without a first line that begins with `#!`; its line end stays, so that line numbers are right."""
    if not text.startswith("#!"):
        return text
    end = text.find("\n")
    return "" if end < 0 else text[end:]
