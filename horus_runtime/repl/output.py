"""Where the prompt writes: plain text, or text with colours on a terminal that has them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from typing import Any, Final, TextIO

STYLES: Final = {
    "dim": "2",
    "error": "31",
    "name": "36",
    "heading": "1",
    "ok": "32",
}


class Output:
    """Writes lines to a stream.

    Args:
        stream: a text stream, usually standard output.
        color: may escape sequences be used?
        width: columns; by default those of the terminal.
        pager: called with a text that is longer than the screen.
    """

    def __init__(self, stream: TextIO, *, color: bool = False, width: int | None = None, pager: Any = None) -> None:
        self.stream = stream
        self.color = color
        self._width = width
        self._pager = pager

    @property
    def width(self) -> int:
        """Columns there are now."""
        return self._width or shutil.get_terminal_size((88, 24)).columns

    def line(self, text: str = "", style: str = "") -> None:
        """One line, or several, and a line end."""
        self.stream.write(f"{self.styled(text, style)}\n")
        self.stream.flush()

    def styled(self, text: str, style: str) -> str:
        """The text in a style, where there are colours."""
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if self.color and style else text

    def code(self, text: str, language: str = "rhai") -> str:
        """Program text with its colours."""
        if not self.color:
            return text
        from pygments import highlight
        from pygments.formatters import Terminal256Formatter
        from pygments.lexers import PythonLexer

        from horus_runtime.syntax.highlighting import RhaiLexer, TerminalColors

        lexer = PythonLexer() if language == "python" else RhaiLexer(stripnl=False, ensurenl=False)
        return str(highlight(text, lexer, Terminal256Formatter(style=TerminalColors))).rstrip("\n")

    def table(self, rows: Sequence[Sequence[str]], heads: Sequence[str]) -> None:
        """Rows in columns as wide as they must be; the last one is cut at the right edge."""
        widths = [max(len(row[at]) for row in (*rows, heads)) for at in range(len(heads))]
        self.line(_row(heads, widths, self.width), "heading")
        for row in rows:
            self.line(_row(row, widths, self.width))

    def page(self, text: str) -> None:
        """A text that may be longer than the screen."""
        if self._pager is not None and text.count("\n") + 3 > shutil.get_terminal_size((88, 24)).lines:
            self._pager(text)
        else:
            self.line(text)


def _row(cells: Sequence[str], widths: Sequence[int], width: int) -> str:
    text = "  ".join(cell.replace("\n", " ").ljust(size) for cell, size in zip(cells, widths, strict=True)).rstrip()
    return text if len(text) <= width else f"{text[: max(1, width - 3)]}..."


def wants_color(stream: TextIO) -> bool:
    """Colours only on a terminal that has them, and never against the user's NO_COLOR."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb":
        return False
    return stream.isatty()
