"""Constructs whose symbols a function of the host decides on one by one, while they are read.

The grammar knows such a construct as its first word and a list of parts, each of which begins with a mark that no text
contains. Whenever a part is complete, the host's function says what comes next; the mark for it then goes into the
stream of tokens, so that expressions and blocks are read by the same automaton as everywhere else.

Input: the tokens of a text. Output: the same tokens with marks between them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.errors import ParseError
from horus_runtime.source import Position, SourceFile
from horus_runtime.syntax import diagnostics
from horus_runtime.syntax.custom import END_OF_PARTS, MARKERS, OPERATOR_KINDS, PART, PART_SYMBOL, STATE
from horus_runtime.syntax.lexer import Lexer, Vocabulary
from horus_runtime.syntax.tokens import END, ERROR, RawToken

if TYPE_CHECKING:
    from horus_runtime.syntax.parser import Parser

_OPENING: Final = frozenset(("LBRACE", "TEMPLATE_START", "EXPRESSION_TEMPLATE_START", "MAP_START", "EXPRESSION_BRACE"))
_INTERPOLATING: Final = frozenset(("TEMPLATE_START", "EXPRESSION_TEMPLATE_START"))
_LITERALS: Final = {"$string$": ("STRING",), "$int$": ("INT",), "$float$": ("FLOAT",), "$bool$": ("TRUE", "FALSE")}
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TAG: Final = re.compile(r"\$\$.+", re.DOTALL)
_PLAIN: Final = (type(None), bool, int, float, str)


@dataclass(frozen=True, slots=True)
class ParseFunction:
    """What the host registered for the constructs that begin with `key`; two are the same if they are one function."""

    key: str
    function: Callable[..., str | None]
    look_ahead: bool = True
    """Is the function told the text of the next token? Without it may ask for raw characters."""


class Occurrence:
    """One construct that is being read."""

    __slots__ = ("answers", "asked", "parse", "start", "state", "tag")

    def __init__(self, parse: ParseFunction, start: RawToken) -> None:
        self.parse = parse
        self.start = start
        self.asked = [parse.key]
        """What the function is shown: texts of tokens, and markers of expressions and blocks."""
        self.answers = [parse.key]
        """What the function answered, raw characters aside."""
        self.state: dict[str, Any] = {}
        self.tag: str | None = None

    def ask(self, token: RawToken) -> str | None:
        """The next symbol or marker; `None` where the construct ends.

        Raises:
            ParseError: the function refuses what it sees, or has failed.
        """
        arguments: list[Any] = [tuple(self.asked)]
        if self.parse.look_ahead:
            arguments.append(shown(token))
        try:
            answer = self.parse.function(*arguments, self.state)
        except ParseError as error:
            if error.position is None:
                error.position = Position(*token[2:4])
            raise
        except Exception as error:
            raise diagnostics.fault("BadInput", str(error) or type(error).__name__, token, "ImproperSymbol") from error
        if answer is not None and not isinstance(answer, str):
            message = f"The parse function of '{self.parse.key}' gave {type(answer).__name__}, not a symbol or None"
            raise diagnostics.fault("BadInput", message, token, "ImproperSymbol")
        return answer

    def kept_state(self) -> str:
        """The state as JSON, which is what compiled code can hold.

        Raises:
            ParseError: it holds something else than JSON can.
        """
        odd = _odd(self.state)
        if odd is not None:
            message = f"The state of '{self.parse.key}' holds {odd}: only None, bool, int, float, str, list and dict"
            raise diagnostics.fault("BadInput", message, self.start, "ImproperSymbol")
        return json.dumps(self.state)


def _odd(value: Any) -> str | None:
    """The type of something that is no plain value, if there is one in it."""
    if isinstance(value, (list, tuple)):
        return next(filter(None, map(_odd, value)), None)
    if isinstance(value, dict):
        keys = next((f"a key of type {type(key).__name__}" for key in value if type(key) is not str), None)
        return keys or next(filter(None, map(_odd, value.values())), None)
    return None if type(value) in _PLAIN else type(value).__name__


class Source:
    """The tokens of a text, which can be taken up again at another place."""

    def __init__(self, text: str, vocabulary: Vocabulary, lexer: Lexer) -> None:
        self.text = text
        self.vocabulary = vocabulary
        self.lexer = lexer
        self.tokens: Iterator[RawToken] = iter(())
        self.starts = SourceFile(text).line_starts

    def __iter__(self) -> Iterator[RawToken]:
        self.tokens = _flat(self.lexer.batches())
        while True:
            token = next(self.tokens, None)
            if token is None:
                return
            yield token

    def offset(self, line: int, column: int) -> int:
        return self.starts[line - 1] + column - 1

    def go_on(self, offset: int, line: int, braces: list[bool]) -> None:
        """Read tokens from here on, inside of these braces (true: of an interpolation)."""
        lexer = Lexer(self.text, self.vocabulary, self.lexer.options)
        self.tokens = _flat(lexer.batches_from(offset, line, self.starts[line - 1] - 1, braces))


def _flat(batches: Iterable[list[RawToken]]) -> Iterator[RawToken]:
    for batch in batches:
        yield from batch


class Constructs:
    """The constructs that are open, innermost last."""

    def __init__(self, parser: Parser, functions: Iterable[ParseFunction], source: Source) -> None:
        self.parser = parser
        self.functions = {parse.key: parse for parse in functions}
        self.source = source
        self.open: list[Occurrence] = []
        self.last: RawToken = (END, "", 1, 1, 1, 1)
        """The token that was read last."""
        self.braces: list[bool] = []
        """Open braces; true for those of interpolations."""

    def took(self, token: RawToken, kind: str) -> None:
        """The parser gets this token next, as one of this kind."""
        self._pass(token)
        if kind == token[0] and token[1] in self.functions and kind.startswith("CUSTOM_"):
            self.open.append(Occurrence(self.functions[token[1]], token))

    def _pass(self, token: RawToken) -> None:
        self.last = token
        if token[0] in _OPENING:
            self.braces.append(token[0] in _INTERPOLATING)
        elif token[0] in {"RBRACE", "TEMPLATE_END"} and self.braces:
            self.braces.pop()

    def before(self, token: RawToken) -> Generator[RawToken, None, bool]:
        """The marks that go before a token; true if the token itself was one of the symbols and is done with."""
        while self.open and self._is_between_parts(token):
            construct = self.open[-1]
            answer = construct.ask(token)
            if answer is None or _TAG.fullmatch(answer):
                yield self._close(construct, answer)
            elif answer == "$raw$":
                if self._is_at_end():
                    yield self._close(construct, None)
                    continue
                self._take_character(construct)
                return True
            elif answer in {"$expr$", "$func$", "$block$", "$inner$"}:
                yield from self._enter(construct, answer, token)
                return False
            else:
                yield self._take(construct, answer, token)
                return True
        return False

    def _is_between_parts(self, token: RawToken) -> bool:
        return self.parser.accepts(END_OF_PARTS) and not self.parser.accepts(token[0])

    def _mark(self, kind: str, value: Any) -> RawToken:
        _, _, *place = self.last
        return (kind, value, *place)

    def _close(self, construct: Occurrence, tag: str | None) -> RawToken:
        construct.tag = tag
        self.open.pop()
        if tag is not None:
            construct.answers.append(tag)
        return self._mark(END_OF_PARTS, construct)

    def _enter(self, construct: Occurrence, marker: str, token: RawToken) -> Iterator[RawToken]:
        """An expression or block begins with the token."""
        if marker == "$block$" and token[0] not in {"LBRACE", "EXPRESSION_BRACE"}:
            raise diagnostics.construct_fault(self.parser.builder, token, construct.parse.key, marker)
        construct.asked.append(marker)
        construct.answers.append(marker)
        yield (
            PART["$expr$" if marker == "$func$" else "$block$" if marker == "$inner$" else marker],
            marker,
            *token[2:],
        )
        if marker == "$inner$":
            # The brace is a symbol of the construct already; statements want one of their own.
            yield ("LBRACE", "{", *self.last[2:])

    def _take(self, construct: Occurrence, wanted: str, token: RawToken) -> RawToken:
        """The token is what the function wants to see next."""
        if not _fits(wanted, token):
            raise diagnostics.construct_fault(self.parser.builder, token, construct.parse.key, wanted)
        construct.asked.append(str(token[1]) if token[0] == "STRING" else shown(token))
        construct.answers.append(wanted)
        self._pass(token)
        kind = "NAME" if wanted == "$ident$" else token[0]
        return (PART_SYMBOL, (wanted, (kind, *token[1:])) if wanted in MARKERS else None, *token[2:])

    # ---- raw characters ---------------------------------------------------------------------------------------------

    def _is_at_end(self) -> bool:
        return self.source.offset(*self.last[4:6]) >= len(self.source.text)

    def _take_character(self, construct: Occurrence) -> None:
        """One character behind the last token, whatever tokens the text would be read as."""
        if construct.parse.look_ahead:
            message = f"The parse function of '{construct.parse.key}' is shown tokens and cannot ask for `$raw$`"
            raise diagnostics.fault("BadInput", message, self.last, "ImproperSymbol")
        line, column = self.last[4:6]
        offset = self.source.offset(line, column)
        character = self.source.text[offset]
        construct.asked.append(character)
        place = (line + 1, 1) if character == "\n" else (line, column + 1)
        self.last = ("RAW", character, line, column, *place)
        self.source.go_on(offset + 1, place[0], list(self.braces))


def _fits(wanted: str, token: RawToken) -> bool:
    kind = token[0]
    if kind in {END, ERROR}:
        return False
    if wanted == "$ident$":
        return kind == "NAME" or (kind.startswith("CUSTOM_") and _WORD.fullmatch(str(token[1])) is not None)
    if wanted == "$symbol$":
        return kind in OPERATOR_KINDS or (kind.startswith("CUSTOM_") and not _WORD.fullmatch(str(token[1])))
    if wanted == "$token$":
        return True
    if wanted in _LITERALS:
        return kind in _LITERALS[wanted]
    return kind not in {"STRING", "CHAR", "INT", "FLOAT"} and diagnostics.text_of(token) == wanted


def shown(token: RawToken) -> str:
    """The text of a token as Rhai shows it to parse functions."""
    kind, value = token[:2]
    if kind == END:
        return "{EOF}"
    if kind == ERROR:
        return str(value.message)
    return f'"{value}"' if kind == "STRING" else diagnostics.text_of(token)


__all__ = ["STATE", "Constructs", "Occurrence", "ParseFunction", "Source"]
