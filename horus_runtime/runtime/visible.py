"""Text on its way to a terminal."""

from __future__ import annotations

from typing import Final

_KEPT: Final = frozenset("\n\t")


def visible(text: str) -> str:
    """The text with control characters shown as escapes, so that no script or file can steer the terminal."""
    if text.isprintable() and text.isascii():
        return text
    return "".join(char if char in _KEPT or not _is_control(char) else _escape(char) for char in text)


def _is_control(char: str) -> bool:
    code = ord(char)
    # Besides the control codes: marks that reverse the direction of the text around them.
    return code < 32 or 127 <= code < 160 or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
