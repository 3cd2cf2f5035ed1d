"""Characters."""

from __future__ import annotations

from horus_runtime.modules.std.signature import CHAR, INT, UNIT
from horus_runtime.runtime.module import Module
from horus_runtime.runtime.values import Char

PACKAGE = Module("chars", "Functions of characters.")
native = PACKAGE.native


@native("to_upper", CHAR, returns=CHAR)
def to_upper(character: Char) -> Char:
    """The capital letter; the character itself where that would be several."""
    return _single(character, character.upper())


@native("to_lower", CHAR, returns=CHAR)
def to_lower(character: Char) -> Char:
    """The small letter; the character itself where that would be several."""
    return _single(character, character.lower())


@native("make_upper", CHAR, pure=False, ref=True, returns=UNIT)
def make_upper(character: Char) -> tuple[Char, None]:
    """Change the character to its capital letter."""
    return to_upper(character), None


@native("make_lower", CHAR, pure=False, ref=True, returns=UNIT)
def make_lower(character: Char) -> tuple[Char, None]:
    """Change the character to its small letter."""
    return to_lower(character), None


@native("to_int", CHAR, returns=INT)
def to_int(character: Char) -> int:
    """The number of the character in Unicode."""
    return ord(character)


def _single(character: Char, mapped: str) -> Char:
    return Char(mapped) if len(mapped) == 1 else character
