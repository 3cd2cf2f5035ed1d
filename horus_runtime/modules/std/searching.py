"""Search, count, cut and replace in long texts by slices, so that a cancellation and the deadline are seen in between.

A text of up to one slice is left to Python's own method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from horus_runtime.runtime.values import COPY_TERMS

if TYPE_CHECKING:
    from collections.abc import Iterator

SLICE: Final = 1 << 20
"""Characters between two looks at the clock: a few milliseconds."""
SIGMA: Final = "\u03a3"
LONGEST_CHECKED: Final = 64
"""Longer parts are taken to overlap themselves: a text holds so few of them that each can be looked for."""


def look() -> None:
    """Look at the clock of the run that this thread works for."""
    COPY_TERMS.run.making(0)


def slices(text: str) -> Iterator[str]:
    """The text in pieces, with a look at the clock before each but the first."""
    for start in range(0, len(text), SLICE):
        if start:
            look()
        yield text[start : start + SLICE]


def upper(text: str) -> str:
    """As `text.upper()`."""
    return text.upper() if len(text) <= SLICE else "".join([piece.upper() for piece in slices(text)])


def lower(text: str) -> str:
    """As `text.lower()`."""
    if len(text) <= SLICE:
        return text.lower()
    if SIGMA not in text:
        return "".join([piece.lower() for piece in slices(text)])
    # What becomes of this letter depends on those around it, but not on what is behind a blank.
    found = []
    start = 0
    while start < len(text):
        stop = text.find(" ", start + SLICE)
        stop = len(text) if stop < 0 else stop
        found.append(text[start:stop].lower())
        start = stop
        look()
    return "".join(found)


def find(text: str, part: str, start: int = 0) -> int:
    """As `text.find(part, start)`."""
    if len(text) <= SLICE:
        return text.find(part, start)
    width = _width(part)
    while len(text) - start > width:
        at = text.find(part, start, start + width + max(len(part) - 1, 0))
        if at >= 0:
            return at
        start += width
        look()
    return text.find(part, start)


def count(text: str, part: str) -> int:
    """As `text.count(part)`, for a part that is not empty."""
    if len(text) <= SLICE or len(text) <= _width(part):
        return text.count(part)
    if _overlaps_itself(part):
        return sum(len(pieces) for pieces in _cut(text, part, -1)) - 1
    total = 0
    width = _width(part)
    for at in range(0, len(text), width):
        total += text.count(part, at, at + width + len(part) - 1)
        look()
    return total


def split(text: str, part: str, most: int) -> list[str]:
    """As `text.split(part, most)`, for a part that is not empty."""
    if len(text) <= SLICE or len(text) <= _width(part):
        return text.split(part, most)
    found: list[str] = []
    for pieces in _cut(text, part, most):
        found += pieces
    return found


def replace(text: str, part: str, new: str) -> str:
    """As `text.replace(part, new)`, for a part that is not empty."""
    if len(text) <= SLICE or len(text) <= _width(part):
        return text.replace(part, new)
    return new.join([new.join(pieces) for pieces in _cut(text, part, -1)])


def _width(part: str) -> int:
    """Characters of a slice: long parts are not prepared for again and again."""
    return max(SLICE, 4 * len(part))


def _overlaps_itself(part: str) -> bool:
    """Can two occurrences share characters? Then it matters where counting begins."""
    return len(part) > LONGEST_CHECKED or any(part.startswith(part[at:]) for at in range(1, len(part)))


def _cut(text: str, part: str, most: int) -> Iterator[list[str]]:
    """The pieces of a text, some at a time; every list begins behind an occurrence of the part."""
    width = _width(part)
    start = 0
    while most and len(text) - start > width:
        stop = start + width
        pieces = text[start:stop].split(part, most)
        rest = pieces.pop()
        if pieces:
            start = stop - len(rest)
            most = max(most - len(pieces), 0) if most > 0 else most
            yield pieces
        else:
            at = find(text, part, stop - len(part) + 1)
            if at < 0:
                break
            yield [text[start:at]]
            start = at + len(part)
            most -= most > 0
        look()
    yield text[start:].split(part, most) if most else [text[start:]]


def rsplit(text: str, part: str, most: int) -> list[str]:
    """As `text.rsplit(part, most)`, for a part that is not empty."""
    if len(text) <= SLICE or len(text) <= _width(part):
        return text.rsplit(part, most)
    # Cut the mirrored text by the mirrored part: what is found from its start is found from the end of the text.
    found = split(text[::-1], part[::-1], most)
    for at in range(0, len(found), 4096):
        found[at : at + 4096] = [piece[::-1] for piece in found[at : at + 4096]]
        look()
    found.reverse()
    return found


def occurrences(text: str, part: str) -> int:
    """As `text.count(part)`, also for an empty part."""
    return count(text, part) if part else len(text) + 1
