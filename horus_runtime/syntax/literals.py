"""Literals that a regular expression cannot read: escapes, strings over several lines, templates, raw strings, numbers.

Every reader takes the text and the offset of the literal and returns its value and the offset behind it, or raises
`LexError` with the offset of the fault. Offsets become positions in the lexer.
"""

from __future__ import annotations

import re
from typing import Final

from horus_runtime.syntax.tokens import LexFailure

INT_MAX: Final = 2**63 - 1
INT_MIN: Final = -(2**63)

_ESCAPES: Final = {"\\": "\\", "t": "\t", "r": "\r", "n": "\n"}
_HEX_LENGTH: Final = {"x": 2, "u": 4, "U": 8}
_HEX_DIGITS: Final = frozenset("0123456789abcdefABCDEF")
_BLANKS: Final = " \t\r\f"
_PLAIN_RUN: Final = re.compile(r"[^\"'\\\r\n]+")
_TEMPLATE_RUN: Final = re.compile(r"[^`$\\\r]+")
_HASHES: Final = re.compile("#*")
_RAW_START: Final = re.compile(r"(#+)\"")
_BASES: Final = {"x": 16, "o": 8, "b": 2}


class LexError(Exception):
    """The text at `offset` is no token. An offset of -1 stands for a place that Rhai does not report."""

    def __init__(self, failure: LexFailure, offset: int) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.offset = offset


def unterminated(offset: int) -> LexError:
    """A string, character or template without its closing delimiter."""
    return LexError(LexFailure("UnterminatedString", "Open string is not terminated"), offset)


def unexpected(char: str, offset: int) -> LexError:
    """A character that starts no token."""
    return LexError(LexFailure("UnexpectedInput", f"Unexpected '{char}'", char), offset)


def read_quoted(text: str, start: int, column: int) -> tuple[str, int]:
    """A `"..."` or `'...'` literal that starts at `start`, in `column`; returns the value and the end offset.

    Continuation lines lose leading blanks as long as these stand at or left of the opening quote's column.
    """
    quote = text[start]
    parts: list[str] = []
    at = start + 1
    end = len(text)
    while at < end:
        run = _PLAIN_RUN.match(text, at)
        if run:
            parts.append(run[0])
            at = run.end()
            continue
        char = text[at]
        if char == quote:
            if text.startswith(quote, at + 1):
                parts.append(quote)
                at += 2
                continue
            return "".join(parts), at + 1
        if char == "\\":
            if _line_end_length(text, at + 1):
                if quote == "'":
                    raise unterminated(start)
                at = _skip_indent(text, at + 1 + _line_end_length(text, at + 1), column)
                continue
            value, at = _read_escape(text, at, start, quote)
            parts.append(value)
        elif char == "\n" or (char == "\r" and text.startswith("\n", at + 1)):
            raise unterminated(start)
        else:
            parts.append(char)
            at += 1
    raise unterminated(start)


def _line_end_length(text: str, at: int) -> int:
    if text.startswith("\n", at):
        return 1
    return 2 if text.startswith("\r\n", at) else 0


def _skip_indent(text: str, at: int, column: int) -> int:
    line_start = at
    while at - line_start < column and at < len(text) and text[at] in _BLANKS:
        if _line_end_length(text, at):
            break
        at += 1
    return at


def _read_escape(text: str, at: int, start: int, quote: str) -> tuple[str, int]:
    if at + 1 >= len(text):
        raise unterminated(start)
    letter = text[at + 1]
    if letter in _ESCAPES:
        return _ESCAPES[letter], at + 2
    if letter == quote:
        return quote, at + 2
    if letter not in _HEX_LENGTH:
        raise _bad_escape(text, at, at + 1)
    first = at + 2
    last = first + _HEX_LENGTH[letter]
    for place in range(first, last):
        if place >= len(text):
            raise _bad_escape(text, at, place - 1)
        if text[place] not in _HEX_DIGITS:
            raise _bad_escape(text, at, place)
    code = int(text[first:last], 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise _bad_escape(text, at, last - 1)
    return chr(code), last


def _bad_escape(text: str, at: int, last: int) -> LexError:
    shown = text[at : last + 1]
    return LexError(LexFailure("MalformedEscapeSequence", f"Invalid escape sequence: '{shown}'", shown), last)


def read_char(text: str, start: int, column: int) -> tuple[str, int]:
    """A `'x'` literal: exactly one character."""
    empty = text.startswith("''", start)
    value, end = ("", start + 2) if empty else read_quoted(text, start, column)
    if len(value) != 1:
        raise LexError(LexFailure("MalformedChar", f"Invalid character: '{value}'", value), start)
    return value, end


def read_raw(text: str, start: int) -> tuple[str, int]:
    """A raw string `#"..."#` that starts at `start` with at least one `#`."""
    opening = _RAW_START.match(text, start)
    if not opening:
        char = text[start + len(_HASHES.match(text, start)[0]) :][:1]  # type: ignore[index]
        raise unexpected(char, start) if char else unterminated(start)
    closing = '"' + opening[1]
    end = text.find(closing, opening.end())
    if end < 0:
        raise unterminated(start)
    return text[opening.end() : end], end + len(closing)


def read_template_text(text: str, start: int, fault: int) -> tuple[str, int, bool]:
    """Template text from `start` up to `${` or the closing back-tick.

    Returns the text, the offset behind the delimiter, and whether an interpolation follows. `fault` is the offset to
    report when the template never ends.
    """
    parts: list[str] = []
    at = start
    end = len(text)
    if at == fault and text.startswith("``", at):
        fault += 1  # behind an interpolation Rhai points at the second of two back-ticks
    while at < end:
        run = _TEMPLATE_RUN.match(text, at)
        if run:
            parts.append(run[0])
            at = run.end()
            continue
        char = text[at]
        if char == "`":
            if not text.startswith("`", at + 1):
                return "".join(parts), at + 1, False
            parts.append("`")
            at += 2
        elif char == "$" and text.startswith("{", at + 1):
            return "".join(parts), at + 2, True
        elif char == "\\" and text.startswith("${", at + 1):
            parts.append("${")
            at += 3
        elif char == "\r" and text.startswith("\n", at + 1):
            at += 1
        else:
            parts.append(char)
            at += 1
    raise unterminated(fault)


def skip_first_line_end(text: str, at: int) -> int:
    """The offset behind the one line end that may directly follow a template's opening back-tick."""
    if text.startswith("\r\n", at):
        return at + 2
    return at + 1 if text.startswith(("\n", "\r"), at) else at


def skip_block_comment(text: str, start: int) -> int:
    """The offset behind a nested `/* ... */`; an unterminated one reaches to the end of the text."""
    depth = 0
    for mark in _COMMENT_MARK.finditer(text, start):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(text)


_COMMENT_MARK: Final = re.compile(r"/\*|\*/")


def number_value(text: str, start: int) -> int | float:
    """The value of a number's text: an integer, or a float (also for integers that do not fit 64 bits)."""
    digits = text.replace("_", "") if "_" in text else text
    if len(digits) > 1 and digits[0] == "0" and digits[1] in "xXoObB":
        return _based_value(digits, start)
    if digits[0] == "-" and len(digits) > 2 and digits[1] == "0" and digits[2] in "xXoObB":
        # Rhai drops the sign and the zero, then fails to read the rest.
        raise malformed_number(digits[2:], start)
    try:
        # Long digit strings never fit 64 bits, and converting them would be slow.
        value = int(digits) if len(digits) <= 20 else None
    except ValueError:
        value = None
    if value is not None and INT_MIN <= value <= INT_MAX:
        return value
    try:
        return float(digits)
    except ValueError:
        raise malformed_number(digits.replace("E", "e"), start) from None


def _based_value(digits: str, start: int) -> int:
    rest = digits[2:]
    try:
        value = int(rest, _BASES[digits[1].lower()])
    except ValueError:
        raise malformed_number(rest, start) from None
    if value >= 2**64:
        raise malformed_number(rest, start)
    return value - 2**64 if value > INT_MAX else value


def malformed_number(shown: str, offset: int) -> LexError:
    """Digits that make no number."""
    return LexError(LexFailure("MalformedNumber", f"Invalid number: '{shown}'", shown), offset)


_IDENTIFIER: Final = re.compile(r"_*[A-Za-z][A-Za-z0-9_]*")


def is_identifier(text: str) -> bool:
    """Whether the text has the form of a name (it may still be a reserved word)."""
    return _IDENTIFIER.fullmatch(text) is not None
