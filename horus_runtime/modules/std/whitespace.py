"""What counts as white space in Rhai's text functions: Unicode's White_Space, which Python's own `strip` exceeds."""

from __future__ import annotations

import re
from typing import Final

from horus_runtime.modules.std.searching import SLICE, look

WHITE_SPACE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_SEPARATORS: Final = re.compile(f"[{WHITE_SPACE}]+")


def trimmed(text: str) -> str:
    """The text without white space at both ends."""
    return text.strip(WHITE_SPACE)


def words(text: str) -> list[str]:
    """The pieces between runs of white space, without empty ones; of a long text some at a time."""
    found: list[str] = []
    start, width = 0, SLICE
    while len(text) - start > width:
        stop = start + width
        pieces = _pieces(text[start:stop])
        if text[stop - 1] not in WHITE_SPACE and text[stop] not in WHITE_SPACE and pieces:
            stop -= len(pieces.pop())  # it goes on behind the slice
        found += pieces
        width = SLICE if stop > start else 2 * width
        start = stop
        look()
    return found + _pieces(text[start:]) if found else _pieces(text[start:])


def _pieces(text: str) -> list[str]:
    return [word for word in _SEPARATORS.split(text) if word]
