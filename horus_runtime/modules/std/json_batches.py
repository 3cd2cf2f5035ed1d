"""Writes plain values as JSON by Python's own encoder, which is in C, some at a time.

The encoder asks nobody whether it may go on, so what it gets is weighed first, level by level and without a loop in
Python over the elements. It writes as Rhai does but for floats with an exponent, and those that are no numbers.
"""

from __future__ import annotations

import re
from functools import cache
from gc import get_referents
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.runtime.values import Char

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MOST_VALUES: Final = 8192
"""Elements that are written without a look at the clock, all levels counted: about a millisecond."""
MOST_LETTERS: Final = 1 << 18
"""Characters of their strings."""
MOST_LEVELS: Final = 6
PLAIN: Final = frozenset({int, float, bool, str, Char, type(None)})
TEXTS: Final = frozenset({str, Char})
CONTAINERS: Final = frozenset({list, dict})
KNOWN: Final = PLAIN | CONTAINERS
_EXPONENT: Final = re.compile(r"\de[-+]\d")
"""How Python writes floats with an exponent, and Rhai does not; the text of a string may look so, too."""


def quick_text(batch: list[Any]) -> str | None:
    """The text of an array of plain values, arrays and maps; `None` for others, for large and for odd ones."""
    encode = _encoder()
    classes = _classes_in(batch)
    if encode is None or classes is None:
        return None
    if float not in classes:
        return "".join(encode(batch, 0))
    try:
        text = "".join(encode(batch, 0))
    except ValueError:
        return None  # infinite, or no number
    return None if ("e-" in text or "e+" in text) and _EXPONENT.search(text) else text


def _classes_in(batch: list[Any]) -> set[type] | None:
    """The classes of everything in an array; `None` for what is large, deep, or not plain."""
    level: list[Any] = batch
    found = classes = set(map(type, level))
    values = len(level)
    letters = 0
    for _ in range(MOST_LEVELS):
        if not classes <= KNOWN:
            return None
        if not TEXTS.isdisjoint(classes):
            letters += sum([len(item) for item in level if type(item) in TEXTS])
        level = [] if classes <= PLAIN else [item for item in level if type(item) in CONTAINERS]
        values += sum(map(len, level))
        if values > MOST_VALUES or letters > MOST_LETTERS:
            return None
        if not level:
            return found
        if dict in classes:
            letters += sum(map(len, chain.from_iterable([item for item in level if type(item) is dict])))
        # The values of maps with string keys, and the elements of arrays.
        level = get_referents(*level)
        classes = set(map(type, level))
        found = found | classes
    return None


@cache
def _encoder() -> Callable[[Any, int], Iterable[str]] | None:
    """Python's own encoder, where it is that in C."""
    from json import encoder

    make = getattr(encoder, "c_make_encoder", None)
    if make is None:
        return None
    return make(None, None, encoder.encode_basestring, None, ":", ",", True, False, False)  # type: ignore[no-any-return]
