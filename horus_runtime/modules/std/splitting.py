"""Strings: cutting into pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from horus_runtime.modules.std import searching
from horus_runtime.modules.std.pace import made
from horus_runtime.modules.std.searching import occurrences
from horus_runtime.modules.std.signature import ARRAY, CHAR, INT, STRING
from horus_runtime.modules.std.whitespace import WHITE_SPACE, words
from horus_runtime.runtime.module import Module

if TYPE_CHECKING:
    from horus_runtime.runtime.context import NativeCallContext

PACKAGE = Module("splitting", "Cutting strings into pieces.")
native = PACKAGE.native

FEW: Final = 256
STRING_BYTES: Final = 56
"""What a short string takes besides its letters, and its place in the array."""

Pieces = list[str]


@native("split", STRING, context=True, returns=ARRAY)
def split_words(ctx: NativeCallContext, text: str) -> Pieces:
    """The words of the string: the pieces between white space."""
    ctx.check_array(len(text) // 2 + 1)
    if len(text) > FEW:
        ctx.grew(len(text) + STRING_BYTES * sum(searching.count(text, blank) for blank in WHITE_SPACE))
    return words(text) if text else [""]


@native("split", STRING, INT, returns=ARRAY)
def split_at(text: str, index: int) -> Pieces:
    """The string in two pieces, cut before an index; cutting at 0 gives the whole string first."""
    # Rhai treats 0 as "at the end".
    if index == 0 or index >= len(text):
        return [text, ""]
    return [made(text[:index]), made(text[index:])] if index > -len(text) else ["", text]


@native("split", STRING, CHAR, context=True, returns=ARRAY)
@native("split", STRING, STRING, context=True, returns=ARRAY)
def split(ctx: NativeCallContext, text: str, delimiter: str) -> Pieces:
    """The pieces between the occurrences of a text or character."""
    if delimiter and 0 < len(text) <= FEW:
        pieces = text.split(delimiter)
        ctx.check_array(len(pieces))
        return pieces
    return _pieces(ctx, text, delimiter, occurrences(text, delimiter) + 1)


@native("split", STRING, CHAR, INT, context=True, returns=ARRAY)
@native("split", STRING, STRING, INT, context=True, returns=ARRAY)
def split_some(ctx: NativeCallContext, text: str, delimiter: str, count: int) -> Pieces:
    """At most `count` pieces; the last one has all the rest."""
    return _pieces(ctx, text, delimiter, count)


@native("split_rev", STRING, CHAR, context=True, returns=ARRAY)
@native("split_rev", STRING, STRING, context=True, returns=ARRAY)
def split_rev(ctx: NativeCallContext, text: str, delimiter: str) -> Pieces:
    """The pieces between the occurrences of a text or character, the last one first."""
    return _pieces_from_end(ctx, text, delimiter, occurrences(text, delimiter) + 1)


@native("split_rev", STRING, CHAR, INT, context=True, returns=ARRAY)
@native("split_rev", STRING, STRING, INT, context=True, returns=ARRAY)
def split_rev_some(ctx: NativeCallContext, text: str, delimiter: str, count: int) -> Pieces:
    """At most `count` pieces, cut off from the end, the last one first; the rest is the last element."""
    return _pieces_from_end(ctx, text, delimiter, count)


def _pieces(ctx: NativeCallContext, text: str, delimiter: str, count: int) -> Pieces:
    if count <= 1 or not text:
        return [text]
    pieces = min(count, occurrences(text, delimiter) + 1 if delimiter else len(text) + 2)
    ctx.check_array(pieces)
    if pieces > FEW:
        ctx.grew(pieces * STRING_BYTES + len(text))
    if delimiter:
        return searching.split(text, delimiter, count - 1)
    # The empty text occurs around every character, also at both ends.
    return ["", *text[: count - 2], text[count - 2 :]]


def _pieces_from_end(ctx: NativeCallContext, text: str, delimiter: str, count: int) -> Pieces:
    if count <= 1 or not text:
        return [text]
    pieces = min(count, occurrences(text, delimiter) + 1 if delimiter else len(text) + 2)
    ctx.check_array(pieces)
    if pieces > FEW:
        ctx.grew(pieces * STRING_BYTES + len(text))
    if delimiter:
        return searching.rsplit(text, delimiter, count - 1)[::-1]
    cut = max(len(text) - (count - 2), 0)
    return ["", *reversed(text[cut:]), text[:cut]]
