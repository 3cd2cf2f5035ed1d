"""Tokens that the host replaces while a text is parsed: `engine.on_parse_token`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from horus_runtime.errors import ParseError
from horus_runtime.source import Position, Span
from horus_runtime.syntax.lexer import Lexer, Vocabulary
from horus_runtime.syntax.options import ParseOptions
from horus_runtime.syntax.tokens import END, ERROR, RawToken, Token

TokenMapper = Callable[[Token], str | None]
"""Called with each token; the answer is the text of the one to take in its place, or `None` to leave it."""


def mapped(
    tokens: Iterable[RawToken], mapper: TokenMapper, vocabulary: Vocabulary, options: ParseOptions
) -> Iterator[RawToken]:
    """The tokens as the host wants them; a new one stands where the old one stood.

    Raises:
        ParseError: an answer is not the text of exactly one token.
    """
    for token in tokens:
        kind, value, *place = token
        if kind in (END, ERROR):
            yield token
            continue
        answer = mapper(Token(kind, value, Span(*place)))
        if answer is None:
            yield token
            continue
        found = [item for batch in Lexer(answer, vocabulary, options).batches() for item in batch if item[0] != END]
        if len(found) != 1 or found[0][0] == ERROR:
            raise ParseError(
                "BadInput", f"on_parse_token gave '{answer}', which is not one token", Position(*place[:2])
            )
        yield (found[0][0], found[0][1], *token[2:])
