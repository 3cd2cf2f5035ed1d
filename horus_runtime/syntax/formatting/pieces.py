"""A script as pieces: its tokens and comments, each with the text it has and the line ends before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from horus_runtime.source import SourceFile
from horus_runtime.syntax.options import ParseOptions
from horus_runtime.syntax.rhai import tokenize
from horus_runtime.syntax.tokens import Token

LINE_COMMENT = "LINE_COMMENT"
BLOCK_COMMENT = "BLOCK_COMMENT"
COMMENTS = frozenset({LINE_COMMENT, BLOCK_COMMENT})
TEMPLATE = "TEMPLATE"

_BLANK = re.compile(r"\s*")
_OPENING = frozenset({"TEMPLATE_START", "EXPRESSION_TEMPLATE_START"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A token or a comment."""

    kind: str
    text: str
    line_ends: int
    """How many line ends stand before it."""

    @property
    def is_comment(self) -> bool:
        """Is it a comment?"""
        return self.kind in COMMENTS

    @property
    def said(self) -> str:
        """The text without blanks at the ends of a comment's lines."""
        return "\n".join(line.strip() for line in self.text.split("\n")).strip() if self.is_comment else self.text


def pieces_of(text: str, options: ParseOptions) -> list[Piece]:
    """All pieces in order; a template with what is interpolated in it is one.

    Raises:
        ParseError: some text is no token.
    """
    source = SourceFile(text)
    found: list[Piece] = []
    at = 0
    for kind, start, end in _extents(tokenize(text, options), source):
        comments, line_ends = _between(text[at:start])
        found += comments
        found.append(Piece(kind, text[start:end], line_ends))
        at = end
    comments, _ = _between(text[at:])
    return found + comments


def _extents(tokens: list[Token], source: SourceFile) -> Iterator[tuple[str, int, int]]:
    """Kind, start and end of every token, as offsets; templates whole."""
    depth, begin = 0, 0
    for token in tokens:
        start, end = _offset(source, token.span.line, token.span.column), _offset(source, *token.span[2:])
        if token.kind in _OPENING:
            if depth == 0:
                begin = start
            depth += 1
        elif token.kind == "TEMPLATE_END":
            depth -= 1
            if depth == 0:
                yield TEMPLATE, begin, end
        elif depth == 0:
            yield token.kind, start, end


def _offset(source: SourceFile, line: int, column: int) -> int:
    return source.line_starts[line - 1] + column - 1


def _between(text: str) -> tuple[list[Piece], int]:
    """The comments in a text between tokens, and the line ends after the last of them."""
    comments: list[Piece] = []
    at = 0
    while True:
        blank = _BLANK.match(text, at)
        assert blank is not None
        line_ends = blank[0].count("\n")
        at = blank.end()
        if at >= len(text):
            return comments, line_ends + (bool(comments) and comments[-1].kind == LINE_COMMENT and not line_ends)
        if text.startswith("//", at):
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            comments.append(Piece(LINE_COMMENT, text[at:end].rstrip(), line_ends))
        else:
            end = _end_of_block(text, at)
            comments.append(Piece(BLOCK_COMMENT, text[at:end], line_ends))
        at = end


def _end_of_block(text: str, at: int) -> int:
    """Where a block comment ends; they nest, and one that never ends takes the rest."""
    depth = 0
    for found in re.compile(r"/\*|\*/").finditer(text, at):
        depth += 1 if found[0] == "/*" else -1
        if depth == 0:
            return found.end()
    return len(text)
