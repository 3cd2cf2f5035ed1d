"""The shortest text of a script: no comments but doc comments, no blanks but those that part tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from horus_runtime.source import MAX_COORDINATE, SourceFile

if TYPE_CHECKING:
    from horus_runtime.ast import nodes
    from horus_runtime.source import Position
    from horus_runtime.syntax.options import ParseOptions

_LONE: Final = frozenset("(){}[],;\"'`")
"""Characters that stick to nothing."""


def compact(text: str, options: ParseOptions) -> str:
    """The same script as short text.

    Raises:
        ParseError: the text is wrong.
    """
    from horus_runtime.syntax.rhai import parse_script, tokenize

    source = SourceFile(text)
    longest = max(map(len, text.split("\n")))
    if max(longest, len(source.line_starts)) >= MAX_COORDINATE:
        parse_script(text, options)
        return text  # places beyond that are not told apart
    comments = _doc_comments(source, parse_script(text, options).functions)
    pieces: list[str] = []
    before = ""
    end = 0
    for token in tokenize(text, options):
        start = _offset(source, token.span.start)
        doc = comments.pop(start, "")
        if doc:
            pieces.append(f"{'' if not pieces else chr(10)}{doc}\n")
            before = ""
        piece = text[start : (end_of := _offset_at(source, token.span.end_line, token.span.end_column))]
        if before and start > end and _stick(before, piece):
            pieces.append(" ")
        pieces.append(piece)
        before, end = piece or before, end_of
    return "".join(pieces)


def _doc_comments(source: SourceFile, functions: tuple[nodes.FnDef, ...]) -> dict[int, str]:
    """Doc comments by the offset of the first token of their function."""
    return {_offset(source, function.span.start): "\n".join(function.doc) for function in functions if function.doc}


def _offset(source: SourceFile, position: Position) -> int:
    return _offset_at(source, position.line, position.column)


def _offset_at(source: SourceFile, line: int, column: int) -> int:
    return source.line_starts[line - 1] + column - 1


def _stick(before: str, after: str) -> bool:
    """Would two tokens become another one without a blank between them?"""
    last, first = before[-1], after[:1]
    if last in _LONE or first in _LONE or not first:
        return False
    if _is_word(last) and _is_word(first):
        return True
    if before[0].isdigit() and first == ".":
        return True
    return not _is_word(last) and not _is_word(first)


def _is_word(character: str) -> bool:
    return character.isalnum() or character in "_$"
