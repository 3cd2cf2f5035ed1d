"""Comparisons of a FLOAT with a literal, made exact at compile time.

Rhai compares floats with a tolerance. Against a fixed literal the comparison is monotonic, so that its outcome changes
at one float only; that float is found by bisection over the ordered bit patterns, and generated code compares with it.
"""

from __future__ import annotations

import struct
from functools import lru_cache

from horus_runtime.runtime.abi import OPERATORS

LARGEST = struct.unpack("<d", struct.pack("<Q", 0x7FEFFFFFFFFFFFFF))[0]


def _to_key(value: float) -> int:
    bits: int = struct.unpack("<q", struct.pack("<d", value))[0]
    return bits if bits >= 0 else -(bits & 0x7FFFFFFFFFFFFFFF)


def _from_key(key: int) -> float:
    bits = key if key >= 0 else (-key) | 1 << 63
    value: float = struct.unpack("<d", struct.pack("<Q", bits))[0]
    return value


@lru_cache(maxsize=512)
def float_limit(op: str, literal: float) -> float | None:
    """The last float for which `x op literal` holds (`<`, `<=`), or the first one (`>`, `>=`); `None`: do not inline.

    Zero is left out: there NaN compares in a way that no single limit expresses.
    """
    if op not in ("<", "<=", ">", ">=") or literal == 0 or abs(literal) > 1e300 or abs(literal) < 1e-300:
        return None
    holds = OPERATORS[op]
    low, high = _to_key(-LARGEST), _to_key(LARGEST)
    rising = op in (">", ">=")
    while high - low > 1:
        middle = (low + high) // 2
        if holds(_from_key(middle), literal) == rising:
            high = middle
        else:
            low = middle
    return _from_key(high if rising else low)
