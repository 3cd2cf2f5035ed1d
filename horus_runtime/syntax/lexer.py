"""Turns the text of a Rhai script into tokens.

One compiled expression finds each token; what it cannot read (escapes, templates, raw strings, nested comments) is
read by `literals`. The lexer also decides the few things that depend on neighbours: whether `-5` is one token, whether
a range is open at its end, and whether `return` has an operand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from horus_runtime.errors import Exceeded
from horus_runtime.syntax import literals
from horus_runtime.syntax.custom import literal_kinds
from horus_runtime.syntax.literals import LexError
from horus_runtime.syntax.options import ParseOptions
from horus_runtime.syntax.tokens import (
    ASSIGN_OPERATORS,
    BEFORE_NEGATIVE_LITERAL,
    END,
    ERROR,
    EXPRESSION_SYMBOLS,
    FORBIDDEN_WORDS,
    FUNCTION_WORDS,
    IMPROPER_SYMBOLS,
    KEYWORDS,
    METHOD_WORDS,
    NO_BODY,
    RESERVED_SYMBOL,
    RESERVED_SYMBOLS,
    RESERVED_WORD,
    SYMBOLS,
    TEMPLATE_BROKEN,
    LexFailure,
    RawToken,
)

_BATCH: Final = 1024

_NUMBER: Final = (
    r"-?(?:0_*+[xX][0-9a-fA-F_]*|0_*+[oO][0-7_]*|0_*+[bB][01_]*|"
    r"[0-9][0-9_]*(?:\.[0-9][0-9_]*|\.(?=[^A-Za-z0-9_.]))?(?:[eE](?:[0-9][0-9_]*|[+-][0-9_]*))?)"
)
_BLANK_OR_COMMENT: Final = re.compile(r"(?:[ \t\r\f\n]+|//[^\r\n]*)*")
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_NAME_GROUP, _LINE_GROUP, _STRING_GROUP, _NUMBER_GROUP, _COMMENT_GROUP, _SYMBOL_GROUP, _OTHER_GROUP = range(1, 8)

# Tokens that leave `return`, `throw` or `break` without an operand, by first characters and by word.
_NO_OPERAND: Final = re.compile(r"[+\-|]=|[}\]),;:*/%&^<>=]|\?[.?\[]|!=|!in(?![A-Za-z0-9_])|\.(?!\.)|\Z|\((?=\*)")
_NO_OPERAND_WORDS: Final = frozenset(
    "else until in fn private let const return throw break continue try catch import export as _".split()
)
_RESERVED_WORDS: Final = METHOD_WORDS | FUNCTION_WORDS | FORBIDDEN_WORDS | {"this"}
_BARE: Final = {"RETURN": "RETURN_BARE", "THROW": "THROW_BARE", "BREAK": "BREAK_BARE"}
_OPEN: Final = {"RANGE": "OPEN_RANGE", "RANGE_INCLUSIVE": "OPEN_RANGE_INCLUSIVE"}
_CASE: Final = re.compile(r"=>|if(?![A-Za-z0-9_])")
_AFTER_OPEN_RANGE: Final = re.compile(r"[\])},;]|=>")


class Vocabulary:
    """Words and symbols under one set of options, with the expression that finds them."""

    __slots__ = ("pattern", "symbols", "template_middle", "template_start", "words")

    def __init__(self, options: ParseOptions, *, expression: bool) -> None:
        self.template_start = "EXPRESSION_TEMPLATE_START" if expression else "TEMPLATE_START"
        self.template_middle = "EXPRESSION_TEMPLATE_MIDDLE" if expression else "TEMPLATE_MIDDLE"
        self.words: dict[str, str] = dict(KEYWORDS)
        self.words.update(dict.fromkeys(METHOD_WORDS, "METHOD_WORD"))
        self.words.update(dict.fromkeys(FUNCTION_WORDS, "FUNCTION_WORD"))
        self.words.update(dict.fromkeys(FORBIDDEN_WORDS, RESERVED_WORD))
        self.symbols: dict[str, str] = dict(SYMBOLS)
        self.symbols["!in"] = "NOT_IN"
        if expression:
            self.symbols.update(EXPRESSION_SYMBOLS)
        self.symbols.update(dict.fromkeys(ASSIGN_OPERATORS, "ASSIGN_OPERATOR"))
        self.symbols.update(dict.fromkeys(RESERVED_SYMBOLS, RESERVED_SYMBOL))
        self.symbols.update(dict.fromkeys(IMPROPER_SYMBOLS, ERROR))
        for symbol in options.disabled_symbols:
            table = self._table(symbol)
            if symbol in table:
                self._disable(table, symbol)
        for operator, _precedence in options.custom_operators:
            self._table(operator)[operator] = "CUSTOM_OPERATOR"
        for text, kind in literal_kinds(options.custom_syntaxes).items():
            self._table(text)[text] = kind
        self.pattern = re.compile(self._expression(), re.DOTALL)

    def _disable(self, table: dict[str, str], symbol: str) -> None:
        if table is self.symbols:
            table[symbol] = RESERVED_SYMBOL
        else:
            table[symbol] = ERROR if symbol in _RESERVED_WORDS else RESERVED_WORD

    def _table(self, text: str) -> dict[str, str]:
        return self.words if _WORD.fullmatch(text) else self.symbols

    def _expression(self) -> str:
        symbols = _any_of(self.symbols)
        return (
            r"[ \t\r\f]*+(?:([A-Za-z][A-Za-z0-9_]*)|(\n[ \t\r\f\n]*)|"
            rf'("[^"\\\n\r]*"(?!"))|({_NUMBER})|(//[^\r\n]*|/\*)|((?!\#+"|\#\#)(?:{symbols}))|(.)|\Z)'
        )


def _any_of(symbols: Iterable[str]) -> str:
    """What finds the longest of these symbols: by their first characters, as most are one character and found last."""
    groups: dict[str, list[str]] = {}
    for symbol in sorted(symbols, key=lambda symbol: (-len(symbol), symbol)):
        word_ends = "(?![A-Za-z0-9_])" if symbol == "!in" else ""
        groups.setdefault(symbol[0], []).append(re.escape(symbol[1:]) + word_ends)
    alone = "".join(re.escape(first) for first, rests in groups.items() if rests == [""])
    longer = [f"{re.escape(first)}(?:{'|'.join(rests)})" for first, rests in groups.items() if rests != [""]]
    return "|".join([f"[{alone}]", *longer] if alone else longer)


class Lexer:
    """Reads one text once; `batches` delivers the tokens in lists, the last of which ends with `$END` or `ERROR`."""

    __slots__ = (
        "_braces",
        "_docs",
        "_docs_index",
        "_emitted",
        "_max_string",
        "_out",
        "_text",
        "_vocabulary",
        "base",
        "line",
        "options",
        "prev",
    )

    def __init__(self, text: str, vocabulary: Vocabulary, options: ParseOptions) -> None:
        self._text = text
        self._vocabulary = vocabulary
        self.options = options
        self.line = 1
        self._max_string = _string_limit(text, options)
        self.base = -1  # offset of the line's first character, minus one: column = offset - base
        self.prev = "SEMICOLON"
        self._braces: list[bool] = []  # True for a brace that closes an interpolation
        self._docs: list[str] = []
        self._docs_index = -1  # how many tokens stood before these comments
        self._emitted = 0
        self._out: list[RawToken] = []

    def batches(self) -> Iterator[list[RawToken]]:
        """All tokens in order."""
        return self._batches(0)

    def batches_from(self, offset: int, line: int, base: int, braces: list[bool]) -> Iterator[list[RawToken]]:
        """The tokens from an offset on, in a line that begins one behind `base`, inside of these braces."""
        self.line, self.base, self._braces = line, base, braces
        return self._batches(offset)

    def _batches(self, position: int) -> Iterator[list[RawToken]]:
        while position >= 0:
            try:
                position = self._scan(position)
            except LexError as error:
                self._fail(error)
                position = -1
            out, self._out = self._out, []
            self._emitted += len(out)
            yield out

    def _scan(self, position: int) -> int:  # noqa: C901, PLR0912, PLR0915 - one loop, kept flat for speed
        """Reads up to a batch of tokens and returns the offset to go on from, -1 at the end."""
        text = self._text
        out = self._out
        append = out.append
        words = self._vocabulary.words
        symbols = self._vocabulary.symbols
        line, base, prev = self.line, self.base, self.prev
        for match in self._vocabulary.pattern.finditer(text, position):
            group = match.lastindex
            if group is None:
                break
            start, end = match.span(group)
            if group == _NAME_GROUP:
                word = text[start:end]
                prev = words.get(word, "NAME")
                if prev == "NAME":
                    append((prev, word, line, start - base, line, end - base))
                    continue
                self.line, self.base = line, base
                prev = self._word(prev, word, start, end)
                continue
            if group == _SYMBOL_GROUP:
                symbol = text[start:end]
                prev = symbols[symbol]
                if prev in _SPECIAL_SYMBOLS:
                    self.line, self.base = line, base
                    prev, end_of_token = self._symbol(prev, symbol, start, end)
                    line, base = self.line, self.base
                    if end_of_token != end:
                        self.prev = prev
                        return end_of_token
                else:
                    append((prev, symbol, line, start - base, line, end - base))
                continue
            if group == _LINE_GROUP:
                line += text.count("\n", start, end)
                base = text.rfind("\n", start, end)
                if len(out) >= _BATCH:
                    self.line, self.base, self.prev = line, base, prev
                    return end
                continue
            if group == _STRING_GROUP:
                prev = "STRING"
                if self._max_string:
                    self.line, self.base = line, base
                    self._check_length(text[start + 1 : end - 1], start)
                append((prev, text[start + 1 : end - 1], line, start - base, line, end - base))
                continue
            self.line, self.base, self.prev = line, base, prev
            if group == _NUMBER_GROUP:
                end_of_token = self._number(start, end)
                prev = self.prev
                if end_of_token != end:
                    return end_of_token
            elif group == _OTHER_GROUP:
                return self._other(start)
            elif end - start == 2 and text.startswith("/*", start):
                return self._block_comment(start)
            else:
                self._line_comment(start, end)
                line, base = self.line, self.base
        self.line, self.base, self.prev = line, base, prev
        column = len(text) - base
        if prev in {"PIPE", "OR"}:
            append((NO_BODY, "", line, column, line, column))
        append((END, "", line, column, line, column))
        return -1

    def _emit(self, kind: str, value: object, start: int, end: int) -> None:
        column = start - self.base
        self._out.append((kind, value, self.line, column, self.line, end - self.base))
        self.prev = kind

    def _emit_long(self, kind: str, value: object, start: int, end: int) -> None:
        """Emits a token that may hold line ends, and moves on to the line it ends in."""
        line, column = self.line, start - self.base
        self._pass_lines(start, end)
        self._out.append((kind, value, line, column, self.line, end - self.base))
        self.prev = kind

    def _pass_lines(self, start: int, end: int) -> None:
        lines = self._text.count("\n", start, end)
        if lines:
            self.line += lines
            self.base = self._text.rfind("\n", start, end)

    def _fail(self, error: LexError) -> None:
        if error.offset < 0:
            self._out.append((ERROR, error.failure, 0, 0, 0, 0))
            return
        column = error.offset - self.base
        self._out.append((ERROR, error.failure, self.line, column, self.line, column + 1))

    # ---- words and symbols with a say ------------------------------------------------------------------------------

    def _word(self, kind: str, word: str, start: int, end: int) -> str:
        value: object = word
        if kind == ERROR:
            raise LexError(LexFailure("ImproperSymbol", f"reserved keyword '{word}' is disabled", word), start)
        if kind in _BARE:
            if self._without_operand(end):
                kind = _BARE[kind]
        elif kind in {"FN", "PRIVATE"} and self._docs_index == self._emitted + len(self._out):
            value = tuple(self._docs)
        self._emit(kind, value, start, end)
        return kind

    def _without_operand(self, at: int) -> bool:
        at = self._next_token(at)
        symbol = _NO_OPERAND.match(self._text, at)
        if symbol:
            return self._vocabulary.symbols.get(symbol[0]) != RESERVED_SYMBOL
        word = _WORD.match(self._text, at)
        return bool(word) and word[0] in _NO_OPERAND_WORDS  # type: ignore[index]

    def _next_token(self, at: int) -> int:
        """The offset of the next character that is neither blank nor comment."""
        while True:
            at = _BLANK_OR_COMMENT.match(self._text, at).end()  # type: ignore[union-attr]
            if not self._text.startswith("/*", at):
                return at
            at = literals.skip_block_comment(self._text, at)

    def _symbol(self, kind: str, symbol: str, start: int, end: int) -> tuple[str, int]:
        if kind in _OPEN:
            after = _AFTER_OPEN_RANGE.match(self._text, self._next_token(end))
            if after and self._vocabulary.symbols[after[0]] != RESERVED_SYMBOL:
                kind = _OPEN[kind]
        elif kind == "RBRACE":
            if self._braces and self._braces.pop():
                return self._template_text(start, end)
        elif kind == ERROR:
            raise LexError(LexFailure("ImproperSymbol", IMPROPER_SYMBOLS[symbol], symbol), start)
        else:
            self._braces.append(False)
        self._emit(kind, symbol, start, end)
        return kind, end

    # ---- literals --------------------------------------------------------------------------------------------------

    def _number(self, start: int, end: int) -> int:
        text = self._text[start:end]
        if text[0] == "-" and self.prev not in BEFORE_NEGATIVE_LITERAL:
            self._emit(self._vocabulary.symbols["-"], "-", start, start + 1)
            return start + 1
        value = literals.number_value(text, start)
        self._emit("INT" if type(value) is int else "FLOAT", value, start, end)
        return end

    def _other(self, start: int) -> int:
        text = self._text
        char = text[start]
        column = start - self.base
        if char == '"':
            value, end = literals.read_quoted(text, start, column)
            self._check_length(value, start)
            self._emit_long("STRING", value, start, end)
        elif char == "'":
            value, end = literals.read_char(text, start, column)
            self._emit_long("CHAR", value, start, end)
        elif char == "`":
            return self._template(start)
        elif char == "#":
            value, end = literals.read_raw(text, start)
            self._check_length(value, start)
            self._emit_long("STRING", value, start, end)
        elif char == "_":
            end = self._underscore(start)
        else:
            raise literals.unexpected(char, start)
        return end

    def _underscore(self, start: int) -> int:
        word = _WORD.match(self._text, start)
        assert word
        name = word[0]
        if name == "_":
            self._emit(self._lone_underscore(word.end()), name, start, word.end())
        elif self.options.strict_identifiers or not name.lstrip("_")[:1].isalpha():
            message = f"Variable name is not proper: '{name}'"
            raise LexError(LexFailure("MalformedIdentifier", message, name), start)
        else:
            self._emit("NAME", name, start, word.end())
        return word.end()

    def _lone_underscore(self, end: int) -> str:
        if self.options.underscore_variable and not _CASE.match(self._text, self._next_token(end)):
            return "NAME"
        return RESERVED_SYMBOL if "_" in self.options.disabled_symbols else "WILDCARD"

    def _template(self, start: int) -> int:
        body = literals.skip_first_line_end(self._text, start + 1)
        value, end, interpolated = literals.read_template_text(self._text, body, start)
        self._check_length(value, start)
        if interpolated:
            self._braces.append(True)
        lone_return = self._text.startswith("\r", start + 1) and body == start + 2
        self._emit_long(self._vocabulary.template_start if interpolated else "STRING", value, start, end)
        if lone_return:
            # Dropped as the first line end, a lone carriage return counts as one.
            self.line += 1
            self.base = max(self.base, start + 1)
            self._out[-1] = (*self._out[-1][:4], self.line, end - self.base)
        return end

    def _template_text(self, start: int, end: int) -> tuple[str, int]:
        fault = end if end < len(self._text) else -1
        try:
            value, after, interpolated = literals.read_template_text(self._text, end, fault)
            self._check_length(value, start)
        except LexError:
            # The brace still counts where it does not fit, so the fault comes one token later.
            self._emit(TEMPLATE_BROKEN, "}", start, end)
            raise
        if interpolated:
            self._braces.append(True)
        kind = self._vocabulary.template_middle if interpolated else "TEMPLATE_END"
        self._emit_long(kind, value, start, after)
        return kind, after

    def _check_length(self, value: str, start: int) -> None:
        limit = self._max_string
        size = len(value.encode("utf-8", "surrogatepass")) if limit and len(value) * 4 > limit else 0
        if size > limit:
            message = f"Length of string exceeds the maximum limit ({limit})"
            raise LexError(
                LexFailure("StringTooLong", message, exceeded=Exceeded("max_string_size", limit, size)), start
            )

    # ---- comments --------------------------------------------------------------------------------------------------

    def _block_comment(self, start: int) -> int:
        text = self._text
        end = literals.skip_block_comment(text, start)
        if text.startswith("/**", start) and not text.startswith(("/***", "/**/"), start):
            self._doc(text[start:end])
        self._pass_lines(start, end)
        return end

    def _line_comment(self, start: int, end: int) -> None:
        text = self._text
        if text.startswith("\r", end) and not text.startswith("\n", end + 1):
            # A carriage return that no line feed follows ends the comment and the line.
            self.line += 1
            self.base = end
        if text.startswith("///", start) and not text.startswith("////", start):
            self._doc(text[start:end])

    def _doc(self, comment: str) -> None:
        index = self._emitted + len(self._out)
        if index != self._docs_index:
            self._docs = []
            self._docs_index = index
        self._docs.append(comment)


def _string_limit(text: str, options: ParseOptions) -> int:
    """The limit for string literals, 0 if no string of the text could reach it."""
    return options.max_string_size if len(text) * 4 > options.max_string_size else 0


_SPECIAL_SYMBOLS: Final = frozenset(
    {"RANGE", "RANGE_INCLUSIVE", "LBRACE", "EXPRESSION_BRACE", "MAP_START", "RBRACE", ERROR}
)
