"""Constructs that a host adds to the language: what their symbols mean, and the grammar rules they come to.

A construct is a sequence of words, symbols and markers such as `$expr$`. Its first symbol tells it from everything
else. Input: the symbols as the host gives them. Output: checked symbols, kinds of tokens for the lexer, and rules that
extend `grammars/rhai.lark`.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from horus_runtime.syntax.tokens import (
    ASSIGN_OPERATORS,
    FORBIDDEN_WORDS,
    FUNCTION_WORDS,
    IMPROPER_SYMBOLS,
    KEYWORDS,
    METHOD_WORDS,
    PRECEDENCE,
    RESERVED_SYMBOLS,
    SYMBOLS,
)

MARKERS: Final[dict[str, str]] = {
    "$ident$": "NAME",
    "$symbol$": "custom_symbol",
    "$token$": "custom_token",
    "$expr$": "expr",
    "$block$": "block",
    "$func$": "expr",
    "$string$": "STRING",
    "$int$": "INT",
    "$float$": "FLOAT",
    "$bool$": "custom_bool",
}
"""Markers, and what stands for them in the grammar."""

STATE: Final = "$state$"
"""Stands behind the first symbol where a function of the host decides on the others (see `dynamic`)."""
PART: Final = {"$expr$": "PART_EXPR", "$block$": "PART_BLOCK"}
PART_SYMBOL: Final = "PART_SYMBOL"
END_OF_PARTS: Final = "END_OF_PARTS"
"""Kinds of the marks that stand before the parts of such a construct, for a part that is one token, and at its end."""

LABEL: Final = "custom_syntax_"
"""Labels of the rules of constructs begin like this; the number of the construct follows."""

_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_RESERVED_WORDS: Final = METHOD_WORDS | FUNCTION_WORDS | FORBIDDEN_WORDS
_LANGUAGE_WORDS: Final = frozenset(KEYWORDS) | _RESERVED_WORDS
_ODD_SYMBOLS: Final = frozenset((*RESERVED_SYMBOLS, *IMPROPER_SYMBOLS))
_KNOWN_SYMBOLS: Final = frozenset((*SYMBOLS, *ASSIGN_OPERATORS, *_ODD_SYMBOLS, "!in"))
_EXPRESSIONS: Final = frozenset(("$expr$", "$func$"))
_ENDS_ITSELF: Final = frozenset(("$block$", "}", ";"))
OPERATOR_KINDS: Final = (
    "PLUS MINUS STAR SLASH PERCENT POWER SHIFT_LEFT SHIFT_RIGHT RANGE RANGE_INCLUSIVE COALESCE LESS LESS_EQUAL GREATER "
    "GREATER_EQUAL EQUAL NOT_EQUAL AND AMPERSAND OR PIPE CARET ASSIGN ASSIGN_OPERATOR BANG DOT SAFE_DOT PATH COLON "
    "COMMA SEMICOLON LPAREN RPAREN LBRACKET SAFE_BRACKET RBRACKET LBRACE MAP_START RBRACE CUSTOM_OPERATOR "
    "RESERVED_SYMBOL"
).split()
_OTHERS: Final = ("NAME INT FLOAT CHAR STRING FUNCTION_WORD METHOD_WORD RESERVED_WORD WILDCARD NOT_IN").split()

Syntaxes = tuple[tuple[str, ...], ...]


def checked_symbols(symbols: tuple[str, ...], disabled: frozenset[str]) -> tuple[str, ...]:
    """The symbols of a construct without blanks.

    Raises:
        ValueError: a symbol stands where it cannot, in Rhai's words; or it could be taken for something else.
    """
    found: list[str] = []
    for symbol in map(str.strip, symbols):
        if not symbol:
            continue
        if symbol == "$raw$":
            raise ValueError("`register_custom_syntax` does not support `$raw$`")
        if not _is_proper(symbol, disabled, first=not found):
            # As in Rhai the count begins at one, but for a word of the language in front.
            at = len(found) + (found != [] or symbol not in KEYWORDS)
            raise ValueError(f"Improper symbol for custom syntax at position #{at}: '{symbol}'")
        found.append(symbol)
    _check_expressions(found)
    return tuple(found)


_GOES_ON: Final[dict[str, str]] = {
    **{symbol: f"the operator of 'a {symbol} b'" for symbol in PRECEDENCE},
    "(": "a call 'f(..)'",
    "()": "a call 'f()'",
    "!": "a call 'f!(..)'",
    "::": "a path 'm::x'",
    "[": "an index 'a[0]'",
    "?[": "an index 'a?[0]'",
    ".": "a property 'a.b'",
    "?.": "a property 'a?.b'",
    "$expr$": "the arguments of a call, as in 'f (a)'",
    "$func$": "an operator, as in 'a | b'",
    "$symbol$": "an operator, as in 'a + b'",
    "$token$": "an operator, as in 'a + b'",
}
"""What may stand behind an expression and would be read as a part of it."""


def _check_expressions(symbols: list[str]) -> None:
    """Refuse a construct in which the symbol behind an expression would go on with that."""
    for before, symbol in pairwise(symbols):
        if before in _EXPRESSIONS and symbol in _GOES_ON:
            shown = " ".join(symbols)
            raise ValueError(
                f"custom syntax '{shown}' is ambiguous: '{symbol}' behind '{before}' is also {_GOES_ON[symbol]}"
            )


def check_operator(operator: str, syntaxes: Syntaxes) -> None:
    """Refuse that an operator of the host's is also a word or symbol of its constructs.

    Raises:
        ValueError: it names both.
    """
    for symbols in syntaxes:
        if operator in symbols:
            shown = " ".join(symbol for symbol in symbols if symbol != STATE)
            raise ValueError(
                f"custom operator '{operator}' and custom syntax '{shown}' are ambiguous: both use '{operator}'"
            )


def _is_proper(symbol: str, disabled: frozenset[str], *, first: bool) -> bool:
    if symbol in MARKERS:
        return not first
    if not first:
        return symbol in _KNOWN_SYMBOLS or _WORD.fullmatch(symbol) is not None
    if _WORD.fullmatch(symbol):
        return symbol not in KEYWORDS or symbol == "this" or symbol in disabled
    return symbol in _ODD_SYMBOLS


def literal_kinds(syntaxes: Syntaxes) -> dict[str, str]:
    """The kinds of tokens for words and symbols that only these constructs use, or use anew."""
    kinds: dict[str, str] = {}
    for symbols in syntaxes:
        for at, symbol in enumerate(symbols):
            if symbol in MARKERS or symbol == STATE or symbol in kinds or (at and _language_kind(symbol)):
                continue
            kinds[symbol] = f"CUSTOM_{symbol.encode().hex().upper()}"
    return kinds


def _language_kind(symbol: str) -> str | None:
    """The kind of token that the language has for a word or symbol."""
    if symbol == "!in":
        return "NOT_IN"
    if symbol in ASSIGN_OPERATORS:
        return None  # they share one kind
    return KEYWORDS.get(symbol) or SYMBOLS.get(symbol)


def grammar_rules(syntaxes: Syntaxes) -> str:
    """Rules for constructs, in Lark's words; nothing when there are none."""
    if not syntaxes:
        return ""
    kinds = literal_kinds(syntaxes)
    lines = [f"%declare RESERVED_SYMBOL RESERVED_WORD {' '.join(sorted(kinds.values()))}"]
    used = {symbol for symbols in syntaxes for symbol in symbols}
    if "$bool$" in used:
        lines.append("custom_bool: TRUE | FALSE")
    if "$symbol$" in used:
        lines.append(f"custom_symbol: {' | '.join(OPERATOR_KINDS)}")
    if "$token$" in used:
        words = sorted({*KEYWORDS.values()} - {"RETURN", "THROW", "BREAK"})
        every = (*OPERATOR_KINDS, "ARROW", "UNIT", *_OTHERS, *words, *sorted(kinds.values()))
        lines.append(f"custom_token: {' | '.join(every)}")
    if any(STATE in symbols for symbols in syntaxes):
        lines += _DYNAMIC_RULES
    for number, symbols in enumerate(syntaxes):
        parts = [_RULES.get(s) or (kinds[s] if s in kinds else str(_language_kind(s))) for s in symbols]
        parts[0] = f"custom_start_{number}"
        lines.append(f"custom_start_{number}: {kinds[symbols[0]]} -> custom_start")
        lines.append(f"%extend {_place(symbols)}: {' '.join(parts)} -> {LABEL}{number}")
    return "\n" + "\n".join(lines) + "\n"


_RULES: Final = {**MARKERS, STATE: f"custom_parts {END_OF_PARTS}"}
_DYNAMIC_RULES: Final = (
    f"%declare {PART_SYMBOL} {' '.join(PART.values())} {END_OF_PARTS}",
    "custom_parts: -> custom_no_parts",
    f"    | custom_parts {PART_SYMBOL} -> custom_token_part",
    f"    | custom_parts {PART['$expr$']} expr -> custom_part",
    f"    | custom_parts {PART['$block$']} block -> custom_part",
)


def _place(symbols: tuple[str, ...]) -> str:
    """The rule that a construct belongs to: one that ends with an expression takes everything to its right."""
    return "open_operand" if symbols[-1] in {"$expr$", "$func$"} else "atom"


def ends_itself(symbols: tuple[str, ...]) -> bool:
    """Needs a statement that is such a construct no `;`?"""
    return symbols[-1] in _ENDS_ITSELF


def words(syntaxes: Syntaxes) -> dict[str, bool]:
    """Kinds of the tokens for words, which stay names where no construct expects them; true for first symbols."""
    kinds = literal_kinds(syntaxes)
    found = {kind: False for word, kind in kinds.items() if _WORD.fullmatch(word) and word not in _LANGUAGE_WORDS}
    return found | {kinds[s[0]]: True for s in syntaxes if _WORD.fullmatch(s[0]) and s[0] not in _LANGUAGE_WORDS}


def reserved_as(symbol: str) -> str | None:
    """What a word or symbol is in the language, as Rhai names it to a host that wants it for an operator."""
    if symbol in KEYWORDS:
        return None if symbol == "this" else "keyword"
    if symbol in {"=>", "()", "!in", "_"}:
        return "symbol"
    return "operator" if symbol in SYMBOLS or symbol in ASSIGN_OPERATORS else None
