"""How deep the arrays and objects of a JSON text are nested, told from its brackets alone.

Python's reader takes any depth, Rhai's does not, and walking every text a second time would cost more than reading it.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

STEP: Final = 1 << 18
"""Characters between two looks at the clock: about a millisecond."""
_SIGNS: Final = b'"[]{}'
_TO_SQUARE: Final = bytes.maketrans(b"{}", b"[]")
_OTHERS: Final = bytes(byte for byte in range(256) if byte not in _SIGNS)
_UP: Final = (ord("[") + 1).__sub__
"""1 for an opening bracket, -1 for a closing one."""
ROUNDS: Final = 12
"""How often pairs of brackets with nothing in between are taken away before each bracket is looked at."""


def is_deeper(text: str, most: int, poll: Callable[[], Any]) -> bool:
    """Is a text that is JSON otherwise nested deeper than `most`? Never false where it is; for other texts, a guess."""
    if text.count("[") + text.count("{") <= most:
        return False
    depth, inside = 0, False
    for part in _without_escapes(text):
        poll()
        # Of strings that have no brackets nothing is left but two quotes.
        signs = part.encode(errors="replace").translate(_TO_SQUARE, _OTHERS).replace(b'""', b"")
        pieces = signs.split(b'"')
        # Every other piece stands between quotes.
        top, depth = _levels(b"".join(pieces[inside::2]), depth, most)
        if top > most:
            return True
        inside = inside == (len(pieces) % 2 == 1)
    return False


def _levels(brackets: bytes, depth: int, most: int) -> tuple[int, int]:
    """The deepest level in a part of a text, or a bound of it that is within `most`; and the level at its end."""
    rest = brackets
    for rounds in range(ROUNDS):
        shorter = rest.replace(b"[]", b"")
        if len(shorter) == len(rest):
            closing = rest.count(b"]")
            end = depth - closing + len(rest) - closing
            top = max(depth, end) + rounds
            if top <= most:
                return top, end
            break
        rest = shorter
    levels = list(accumulate(map(_UP, brackets), initial=depth))
    return max(levels), levels[-1]


def _without_escapes(text: str) -> list[str]:
    """The text in parts, without the quotes that belong to strings; a pair of backslashes is no beginning of one."""
    if "\\" in text:
        text = text.replace("\\\\", "").replace('\\"', "")
    return [text[at : at + STEP] for at in range(0, len(text), STEP)]
