"""How coverage.py reads scripts: a plug-in for `[run] plugins = horus_runtime.testing.coverage_plugin`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from coverage import CoveragePlugin, FileReporter

from horus_runtime.testing.coverage import executable_lines

_WORDS = {"Keyword": "key", "Name": "nam", "Literal.String": "str", "Literal.Number": "num", "Comment": "com"}
"""Kinds of tokens and how coverage.py names them in its pages."""


class ScriptPlugin(CoveragePlugin):
    """Says what a script's lines are; the lines that ran are in the data already."""

    def file_reporter(self, filename: str) -> FileReporter:
        return ScriptReporter(filename)


class ScriptReporter(FileReporter):
    """One script."""

    def lines(self) -> set[int]:
        """The lines that can run."""
        return executable_lines(Path(self.filename))

    def source(self) -> str:
        """The script's text."""
        return Path(self.filename).read_text(encoding="utf-8")

    def source_token_lines(self) -> Iterable[list[tuple[str, str]]]:
        """The script's lines in coloured parts."""
        from horus_runtime.syntax.highlighting import RhaiLexer

        line: list[tuple[str, str]] = []
        for kind, text in RhaiLexer(stripnl=False).get_tokens(self.source()):
            word = next((word for name, word in _WORDS.items() if str(kind).startswith(f"Token.{name}")), "op")
            for at, part in enumerate(text.split("\n")):
                if at:
                    yield line
                    line = []
                if part:
                    line.append((word, part))
        if line:
            yield line


def coverage_init(reg: Any, options: dict[str, Any]) -> None:
    """Called by coverage.py."""
    reg.add_file_tracer(ScriptPlugin())
