"""What is wrong with a JSON text, in the words of Rhai's reader.

The fast reader only says that a text is bad. This one reads it again, slowly and without building anything, and says
what stands at which line and column, counted in bytes. Nesting is kept on a list, so depth costs no native stack.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.modules.std.json import MAX_DEPTH, no_poll

if TYPE_CHECKING:
    from collections.abc import Callable

_BLANKS: Final = re.compile(rb"[ \t\r\n]*")
_PLAIN: Final = re.compile(rb'[^"\\\x00-\x1f]*')
_MORE_DIGITS: Final = re.compile(rb"[0-9]*")
WINDOW: Final = 1 << 15
"""Bytes between two looks at the clock."""
_DIGITS: Final = frozenset(b"0123456789")
_ESCAPES: Final = frozenset(b'"\\/bfnrt')


class _Bad(Exception):
    """The first thing that is wrong; `index` is the number of bytes up to and including it."""

    def __init__(self, message: str, index: int) -> None:
        super().__init__(message)
        self.message = message
        self.index = index


def first_error(text: str, poll: Callable[[], Any] = no_poll) -> str | None:
    """`trailing comma at line 1 column 8`, or `None` for a correct text."""
    data = text.encode(errors="replace")
    try:
        _Reader(data, poll).document()
    except _Bad as bad:
        index = min(bad.index, len(data))
        line_start = data.rfind(b"\n", 0, index) + 1
        line = data.count(b"\n", 0, line_start) + 1
        return f"{bad.message} at line {line} column {index - line_start}"
    return None


class _Reader:
    """One pass over the bytes of a text."""

    def __init__(self, data: bytes, poll: Callable[[], Any]) -> None:
        self.data = data
        self.poll = poll
        self.look_at = WINDOW
        """Where to look at the clock next."""
        self.at = 0
        self.open: list[int] = []
        """The closing bracket of every array and object around the current place."""

    def document(self) -> None:
        self.value()
        if self.peek() is not None:
            raise self.bad("trailing characters")

    def bad(self, message: str) -> _Bad:
        """An error at the next byte."""
        return _Bad(message, self.at + 1)

    def look(self) -> None:
        """Look at the clock, if the last time is long ago."""
        if self.at >= self.look_at:
            self.look_at = self.at + WINDOW
            self.poll()

    def peek(self) -> int | None:
        """The next byte that is not blank, or `None` at the end."""
        data = self.data
        blanks = _BLANKS.match(data, self.at)
        self.at = blanks.end() if blanks else self.at
        return data[self.at] if self.at < len(data) else None

    def value(self) -> None:
        """One value with everything inside it."""
        while True:
            if self.begin_value():
                continue  # something opened that is not empty
            while self.open and not self.more():
                pass
            if not self.open:
                return

    def begin_value(self) -> bool:
        """Read a scalar or an opening bracket; true when a value inside comes next."""
        self.look()
        byte = self.peek()
        if byte is None:
            raise self.bad("EOF while parsing a value")
        if byte in b"[{":
            if len(self.open) >= MAX_DEPTH:
                raise self.bad("recursion limit exceeded")
            self.at += 1
            self.open.append(byte + 2)  # `]` and `}` are two after their partners
            return self.first_inside()
        self.scalar(byte)
        return False

    def scalar(self, byte: int) -> None:
        if byte == 0x22:
            self.at += 1
            self.string()
        elif byte in _DIGITS or byte == 0x2D:
            self.number()
        elif byte in b"ntf":
            self.word({0x6E: b"null", 0x74: b"true", 0x66: b"false"}[byte])
        else:
            raise self.bad("expected value")

    def first_inside(self) -> bool:
        """After an opening bracket: true when there is an element, false when it closes at once."""
        byte = self.peek()
        closing = self.open[-1]
        if byte is None:
            raise self.bad(self.unfinished())
        if byte == closing:
            self.at += 1
            self.open.pop()
            return False
        if closing == 0x7D:
            self.key(byte)
        return True

    def more(self) -> bool:
        """After an element: true when another follows; otherwise the container is closed."""
        byte = self.peek()
        closing = self.open[-1]
        if byte is None:
            raise self.bad(self.unfinished())
        if byte == closing:
            self.at += 1
            self.open.pop()
            return False
        if byte != 0x2C:
            raise self.bad(f"expected `,` or `{chr(closing)}`")
        self.at += 1
        byte = self.peek()
        if byte is None:
            raise self.bad("EOF while parsing a value")
        if byte == closing:
            raise self.bad("trailing comma")
        if closing == 0x7D:
            self.key(byte)
        return True

    def unfinished(self) -> str:
        return f"EOF while parsing {'an object' if self.open[-1] == 0x7D else 'a list'}"

    def key(self, byte: int) -> None:
        if byte != 0x22:
            raise self.bad("key must be a string")
        self.at += 1
        self.string()
        colon = self.peek()
        if colon is None:
            raise self.bad("EOF while parsing an object")
        if colon != 0x3A:
            raise self.bad("expected `:`")
        self.at += 1

    def word(self, expected: bytes) -> None:
        self.at += 1
        for byte in expected[1:]:
            if self.at >= len(self.data):
                raise _Bad("EOF while parsing a value", self.at)
            self.at += 1
            if self.data[self.at - 1] != byte:
                raise _Bad("expected ident", self.at)

    def number(self) -> None:
        start = self.at
        if self.data[self.at] == 0x2D:
            self.at += 1
        first = self.take("EOF while parsing a value")
        if first not in _DIGITS:
            raise _Bad("invalid number", self.at)
        if first == 0x30:
            if self.next_in(_DIGITS):
                raise self.bad("invalid number")
        else:
            self.digits()
        if self.next_in(b"."):
            self.at += 1
            if not self.next_in(_DIGITS):
                raise self.bad("invalid number" if self.at < len(self.data) else "EOF while parsing a value")
            self.digits()
        if self.next_in(b"eE"):
            self.at += 1
            if self.next_in(b"+-"):
                self.at += 1
            if self.take("EOF while parsing a value") not in _DIGITS:
                raise _Bad("invalid number", self.at)
            self.digits()
        if float(self.data[start : self.at]) in {float("inf"), float("-inf")}:
            raise _Bad("number out of range", self.at)

    def next_in(self, wanted: bytes | frozenset[int]) -> bool:
        return self.at < len(self.data) and self.data[self.at] in wanted

    def digits(self) -> None:
        found = _MORE_DIGITS.match(self.data, self.at)
        self.at = found.end() if found else self.at

    def take(self, at_end: str) -> int:
        """The next byte, consumed; `at_end` is the error when there is none."""
        if self.at >= len(self.data):
            raise _Bad(at_end, self.at)
        self.at += 1
        return self.data[self.at - 1]

    def string(self) -> None:
        """The rest of a string after its opening quote."""
        while True:
            plain = _PLAIN.match(self.data, self.at)
            self.at = plain.end() if plain else self.at
            byte = self.take("EOF while parsing a string")
            if byte == 0x22:
                return
            if byte == 0x5C:
                self.escape()
            elif byte < 0x20:
                raise _Bad("control character (\\u0000-\\u001F) found while parsing a string", self.at)

    def escape(self) -> None:
        """What follows a backslash; half of a surrogate pair is an error."""
        self.look()
        byte = self.take("EOF while parsing a string")
        if byte in _ESCAPES:
            return
        if byte != 0x75:
            raise _Bad("invalid escape", self.at)
        code = self.hex_code()
        if not 0xD800 <= code <= 0xDFFF:
            return
        if code >= 0xDC00:
            raise _Bad("lone leading surrogate in hex escape", self.at)
        for expected in b"\\u":
            if self.take("EOF while parsing a string") != expected:
                raise _Bad("unexpected end of hex escape", self.at)
        if not 0xDC00 <= self.hex_code() <= 0xDFFF:
            raise _Bad("lone leading surrogate in hex escape", self.at)

    def hex_code(self) -> int:
        digits = self.data[self.at : self.at + 4]
        if len(digits) < 4:
            self.at = len(self.data)
            raise _Bad("EOF while parsing a string", self.at)
        self.at += 4
        try:
            return int(digits, 16) if digits.isalnum() else int("", 16)
        except ValueError:
            raise _Bad("invalid escape", self.at) from None
