"""Reads long JSON texts piece by piece, so that a cancellation and the deadline are seen in between.

Pieces that fit a window are read by Python's fast reader. An array or object that is longer is put together from runs
of its elements, and where a run cannot be cut off, from single elements. What is wrong with a text is not said here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    Scan = Callable[[str, int], tuple[Any, int]]
    """Reads the value at an index and says where it ends, as `json.JSONDecoder.raw_decode` does."""

WINDOW: Final = 1 << 18
"""Characters between two looks at the clock: a few milliseconds."""

_BLANKS: Final = re.compile(r"[ \t\n\r]*")
_CLOSING: Final = {"[": "]", "{": "}"}
_BEFORE_CUT: Final = {"{": "},", "[": "],"}
"""Where a run of elements may end, by what its first one begins with."""


def read_windows(text: str, scan: Scan, poll: Callable[[], Any]) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: it is no JSON.
    """
    reader = _Reader(text, scan, poll)
    try:
        at = _skip(text, 0)
        opening = text[at : at + 1]
        # An array or object that is all of a long text does not fit a window.
        value, at = reader.container(at + 1, opening) if opening in _CLOSING else reader.value(at)
    except StopIteration:
        raise ValueError("no value") from None
    if _skip(text, at) != len(text):
        raise ValueError("trailing characters")
    return value


def _skip(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


class _Reader:
    """One pass over a text."""

    def __init__(self, text: str, scan: Scan, poll: Callable[[], Any]) -> None:
        self.text = text
        self.scan = scan
        self.poll = poll
        self.base = 0
        self.window = text[:WINDOW]

    def value(self, at: int) -> tuple[Any, int]:
        """The value at an index, and where it ends."""
        found = self.within_window(at)
        if found is None and at > self.base:
            self.poll()
            self.base = at
            self.window = self.text[at : at + WINDOW]
            found = self.within_window(at)
        if found is not None:
            return found
        opening = self.text[at : at + 1]
        return self.container(at + 1, opening) if opening in _CLOSING else self.scan(self.text, at)

    def within_window(self, at: int) -> tuple[Any, int] | None:
        """The value, if it ends before the window does."""
        try:
            value, end = self.scan(self.window, at - self.base)
        except (ValueError, StopIteration):
            return None
        # A number that the window ends with may go on.
        return (value, self.base + end) if end < len(self.window) or self.base + end == len(self.text) else None

    def container(self, at: int, opening: str) -> tuple[Any, int]:
        """An array or object whose opening bracket has been read."""
        text, closing = self.text, _CLOSING[opening]
        found: Any = {} if opening == "{" else []
        add = found.update if opening == "{" else found.extend
        single_until = 0
        at = _skip(text, at)
        while True:
            if text[at : at + 1] == closing:
                if found:
                    raise ValueError("an element is missing")
                return found, at + 1
            some = self.run(at, opening, closing) if at >= single_until else None
            if some is None:
                if at >= single_until:
                    single_until = at + WINDOW
                some = self.single(at, opening)
            elements, at = some
            add(elements)
            at = _skip(text, at)
            sign = text[at : at + 1]
            if sign == closing:
                return found, at + 1
            if sign != ",":
                raise ValueError("expected a comma")
            at = _skip(text, at + 1)

    def run(self, at: int, opening: str, closing: str) -> tuple[Any, int] | None:
        """As many elements as a window holds, and where they end; `None` where they cannot be cut off."""
        piece = self.text[at : at + WINDOW]
        if at + WINDOW < len(self.text):
            mark = _BEFORE_CUT.get(piece[0], ",") if opening == "[" else ","
            piece = piece[: piece.rfind(mark) + len(mark) - 1]
            if len(piece) < len(mark):
                return None
        self.poll()
        try:
            # What was cut inside of an element is not closed by one bracket.
            elements, end = self.scan(f"{opening}{piece}{closing}", 0)
        except (ValueError, StopIteration):
            return None
        return elements, at + end - 2

    def single(self, at: int, opening: str) -> tuple[Any, int]:
        """One element, and where it ends."""
        if opening == "[":
            value, at = self.value(at)
            return [value], at
        key, at = self.value(at)
        at = _skip(self.text, at)
        if type(key) is not str or self.text[at : at + 1] != ":":
            raise ValueError("expected a key and a colon")
        value, at = self.value(_skip(self.text, at + 1))
        return {key: value}, at
