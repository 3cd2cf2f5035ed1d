"""Entry points: text of a Rhai script in, tree or tokens out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from typing import Final

from horus_runtime import collector
from horus_runtime.ast import nodes
from horus_runtime.errors import ParseError, script_too_large
from horus_runtime.source import MAX_COORDINATE, Position, SourceFile, Span, strip_shebang
from horus_runtime.syntax.builder import Builder
from horus_runtime.syntax.diagnostics import lexical_fault
from horus_runtime.syntax.grammar import EXPRESSION_START, START, rhai_table
from horus_runtime.syntax.levels import DeepNesting
from horus_runtime.syntax.lexer import Lexer, Vocabulary
from horus_runtime.syntax.options import DEFAULT, ParseOptions
from horus_runtime.syntax.parser import Parser
from horus_runtime.syntax.tokens import ERROR, RawToken, Token

__all__ = ["DEFAULT", "ParseOptions", "parse_expression", "parse_script", "strip_shebang", "tokenize"]


def parse_script(text: str, options: ParseOptions = DEFAULT, *, name: str | None = None) -> nodes.Script:
    """The tree of a whole script; raises `ParseError`."""
    script = _parse(text, options, START, name)
    assert isinstance(script, nodes.Script)
    return script


def parse_expression(text: str, options: ParseOptions = DEFAULT, *, name: str | None = None) -> nodes.Node:
    """The tree of one expression; statements, loops and blocks are refused. Raises `ParseError`."""
    node: nodes.Node = _parse(text, options, EXPRESSION_START, name)
    return node


def tokenize(text: str, options: ParseOptions = DEFAULT, *, name: str | None = None) -> list[Token]:
    """The tokens of a script without the final end marker; raises `ParseError` where the text is no token."""
    check_script_size(text, options.max_script_size)
    tokens: list[Token] = []
    for batch in Lexer(text, _vocabulary(options), options).batches():
        for kind, value, *place in batch:
            if kind == ERROR:
                error = lexical_fault((kind, value, *place))
                error.source = SourceFile(text, name)
                raise error
            tokens.append(Token(kind, value, Span(*place)))
    return tokens[:-1]


_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@lru_cache(maxsize=64)
def _vocabulary(options: ParseOptions, expression: bool = False) -> Vocabulary:
    return Vocabulary(options, expression=expression)


def _parse(text: str, options: ParseOptions, start: str, name: str | None) -> nodes.Node:
    check_script_size(text, options.max_script_size)
    try:
        _refuse_surrogates(text)
        with collector.paused():
            try:
                return _run(text, options, start, careful=options.needs_care(len(text)))
            except DeepNesting:
                return _run(text, options, start, careful=True)
    except ParseError as error:
        error.source = SourceFile(text, name)
        if error.position is not None:
            line, column = error.position
            error.position = Position(min(line, MAX_COORDINATE), min(column, MAX_COORDINATE))
        raise


def check_script_size(text: str, limit: int) -> None:
    """Refuse a text of more than `limit` bytes before anything looks at it; 0 allows any.

    Raises:
        LimitError: `ErrorDataTooLarge`.
    """
    if not 0 < limit < len(text) * 4:
        return
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    if size > limit:
        raise script_too_large(limit, size)


def _refuse_surrogates(text: str) -> None:
    """Half a surrogate pair is no character: text that holds one was not decoded properly."""
    found = None if text.isascii() else _SURROGATE.search(text)
    if found is not None:
        before = text[: found.start()]
        line, column = before.count("\n") + 1, found.start() - before.rfind("\n")
        raise ParseError("BadInput", f"Unexpected '\\u{ord(found[0]):x}'", Position(line, column))


def _run(text: str, options: ParseOptions, start: str, *, careful: bool) -> nodes.Node:
    table = rhai_table(options.custom_syntaxes)
    expression = start == EXPRESSION_START
    builder = Builder(table, options, careful=careful, expression=expression)
    vocabulary = _vocabulary(options, expression)
    lexer = Lexer(text, vocabulary, options)
    parser = Parser(table, builder)
    if options.parse_functions:
        from horus_runtime.syntax.dynamic import Constructs, Source

        source = Source(text, vocabulary, lexer)
        parser.constructs = Constructs(parser, options.parse_functions, source)
        tokens: Iterator[RawToken] = iter(source)
    else:
        tokens = chain.from_iterable(lexer.batches())
    if options.on_token is not None:
        from horus_runtime.syntax.mapping import mapped

        tokens = mapped(tokens, options.on_token, vocabulary, options)
    node: nodes.Node = parser.run(start, tokens)
    return node
