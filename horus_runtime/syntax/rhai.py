"""Entry points: text of a Rhai script in, tree or tokens out."""

from __future__ import annotations

from functools import lru_cache

from horus_runtime.ast import nodes
from horus_runtime.errors import ParseError
from horus_runtime.source import Position, SourceFile, Span
from horus_runtime.syntax.builder import Builder
from horus_runtime.syntax.grammar import EXPRESSION_START, START, rhai_table
from horus_runtime.syntax.lexer import Lexer, Vocabulary
from horus_runtime.syntax.options import DEFAULT, ParseOptions
from horus_runtime.syntax.parser import UnexpectedToken, parse
from horus_runtime.syntax.tokens import END, ERROR, NO_BODY, PRECEDENCE, Token

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
    tokens: list[Token] = []
    for batch in Lexer(text, _vocabulary(options), options).batches():
        for kind, value, *place in batch:
            if kind == ERROR:
                raise _lexical_error(value, place, SourceFile(text, name))
            tokens.append(Token(kind, value, Span(*place)))
    return tokens[:-1]


def strip_shebang(text: str) -> str:
    """The text without a first line that begins with `#!`; its line end stays, so that line numbers are right."""
    if not text.startswith("#!"):
        return text
    end = text.find("\n")
    return "" if end < 0 else text[end:]


@lru_cache(maxsize=64)
def _vocabulary(options: ParseOptions) -> Vocabulary:
    return Vocabulary(options)


def _parse(text: str, options: ParseOptions, start: str, name: str | None) -> nodes.Node:
    precedence = {**PRECEDENCE, **dict(options.custom_operators)} if options.custom_operators else PRECEDENCE
    builder = Builder(options, precedence)
    lexer = Lexer(text, _vocabulary(options), options)
    try:
        node: nodes.Node = parse(rhai_table(), start, builder, lexer.batches())
    except UnexpectedToken as error:
        source = SourceFile(text, name)
        kind, value, *place = error.token
        if kind == ERROR:
            raise _lexical_error(value, place, source) from None
        if kind in {END, NO_BODY}:
            raise ParseError("UnexpectedEOF", "Script is incomplete", Position(*place[:2]), source=source) from None
        message = f"Unexpected '{value}'"
        fields = {"lexical": "UnexpectedInput"}
        raise ParseError("BadInput", message, Position(*place[:2]), source=source, fields=fields) from None
    return node


def _lexical_error(failure: tuple[str, str, str], place: list[int], source: SourceFile) -> ParseError:
    position = Position(place[0], place[1]) if place[0] else None
    return ParseError("BadInput", failure[1], position, source=source, fields={"lexical": failure[0]})
