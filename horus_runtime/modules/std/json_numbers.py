"""Numbers in JSON texts: what Python's reader would take for something else than Rhai's does.

Python's own numbers are made four times as fast as those that a function here looks at, so a text is asked first
whether it has such numbers at all.
"""

from __future__ import annotations

import re
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.runtime.values import INT_MAX, INT_MIN

if TYPE_CHECKING:
    from collections.abc import Callable
    from json import JSONDecoder

STEP: Final = 1 << 20
"""Characters between two looks at the clock: a few milliseconds."""
LONGEST: Final = 32
"""More characters than what is looked for has."""
_SHAPE: Final = bytes.maketrans(b"123456789E", b"000000000e")
_LARGE: Final = (b"0" * 19, b"e000", b"e+000")
"""What is in every number beyond 64 bits and in every float beyond the largest, all digits shown as zeros."""
_MINUS_ZERO: Final = re.compile(r"-0(?![.\deE])")


def decoder_for(text: str, poll: Callable[[], Any]) -> JSONDecoder:
    """A reader that gives the numbers of this text the right classes. It may look at each of them without need."""
    return _decoder(careful=_may_have_odd_numbers(text, poll))


def _may_have_odd_numbers(text: str, poll: Callable[[], Any]) -> bool:
    """May there be an integer beyond 64 bits, a float beyond the largest, or an integer `-0`?"""
    for start in range(0, len(text), STEP):
        if start:
            poll()
        part = text[start : start + STEP + LONGEST]
        shape = part.encode(errors="replace").translate(_SHAPE)
        if any(sign in shape for sign in _LARGE) or ("-0" in part and _MINUS_ZERO.search(part)):
            return True
    return False


@cache
def _decoder(*, careful: bool) -> JSONDecoder:
    from json import JSONDecoder

    if careful:
        return JSONDecoder(parse_int=_integer, parse_float=_float, parse_constant=_constant)
    return JSONDecoder(parse_constant=_constant)


def _integer(digits: str) -> int | float:
    if digits == "-0":
        return -0.0
    number = int(digits) if len(digits) <= 20 else 1 << 64
    return number if INT_MIN <= number <= INT_MAX else _float(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise ValueError("number out of range")
    return number


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
