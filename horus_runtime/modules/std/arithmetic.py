"""Numbers: sign, parity, the larger and the smaller of two, conversions and parsing."""

from __future__ import annotations

import math
import re
from typing import Final

from horus_runtime.errors import EvalError
from horus_runtime.modules.std.signature import BOOL, CHAR, FLOAT, INT, STRING
from horus_runtime.modules.std.whitespace import trimmed
from horus_runtime.runtime import faults
from horus_runtime.runtime.module import Module
from horus_runtime.runtime.text import float_plain
from horus_runtime.runtime.values import INT_MAX, INT_MIN

PACKAGE = Module("arithmetic", "Functions of numbers.")
native = PACKAGE.native
getter = PACKAGE.native_getter

_ALL_BITS: Final = 0xFFFF_FFFF_FFFF_FFFF


@native("abs", INT, returns=INT)
def abs_int(number: int) -> int:
    """The number without its sign."""
    if number == INT_MIN:
        raise faults.arithmetic(f"Negation overflow: -{number}")
    return abs(number)


@native("abs", FLOAT, returns=FLOAT)
def abs_float(number: float) -> float:
    """The number without its sign."""
    return abs(number)


@native("sign", INT, returns=INT)
def sign_int(number: int) -> int:
    """-1, 0 or 1, as the number is negative, zero or positive."""
    return (number > 0) - (number < 0)


@native("sign", FLOAT, returns=INT)
def sign_float(number: float) -> int:
    """-1, 0 or 1, as the number is negative, zero or positive."""
    if math.isnan(number):
        raise faults.arithmetic("Sign of NaN is undefined")
    return (number > 0) - (number < 0)


@getter("is_zero", FLOAT, returns=BOOL)
@native("is_zero", FLOAT, returns=BOOL)
@getter("is_zero", INT, returns=BOOL)
@native("is_zero", INT, returns=BOOL)
def is_zero(number: float) -> bool:
    """Is the number zero."""
    return number == 0


@getter("is_odd", INT, returns=BOOL)
@native("is_odd", INT, returns=BOOL)
def is_odd(number: int) -> bool:
    """Is the number odd."""
    return number & 1 == 1


@getter("is_even", INT, returns=BOOL)
@native("is_even", INT, returns=BOOL)
def is_even(number: int) -> bool:
    """Is the number even."""
    return number & 1 == 0


# --- The larger and the smaller ---------------------------------------------------------------------------------------


@native("max", INT, INT, returns=INT)
def max_int(a: int, b: int) -> int:
    """The larger of two numbers."""
    return max(a, b)


@native("min", INT, INT, returns=INT)
def min_int(a: int, b: int) -> int:
    """The smaller of two numbers."""
    return min(a, b)


@native("max", FLOAT, FLOAT, returns=FLOAT)
@native("max", FLOAT, INT, returns=FLOAT)
@native("max", INT, FLOAT, returns=FLOAT)
def max_float(a: float, b: float) -> float:
    """The larger of two numbers, as a float; the second one when the first is not a number."""
    return float(a) if a >= b else float(b)


@native("min", FLOAT, FLOAT, returns=FLOAT)
@native("min", FLOAT, INT, returns=FLOAT)
@native("min", INT, FLOAT, returns=FLOAT)
def min_float(a: float, b: float) -> float:
    """The smaller of two numbers, as a float; the second one when the first is not a number."""
    return float(a) if a <= b else float(b)


@native("max", CHAR, CHAR, returns=CHAR)
@native("max", STRING, STRING, returns=STRING)
def max_text(a: str, b: str) -> str:
    """The later of two texts in the order of their characters."""
    return max(a, b)


@native("min", CHAR, CHAR, returns=CHAR)
@native("min", STRING, STRING, returns=STRING)
def min_text(a: str, b: str) -> str:
    """The earlier of two texts in the order of their characters."""
    return min(a, b)


# --- Conversions ------------------------------------------------------------------------------------------------------


@native("to_int", INT, returns=INT)
def to_int(number: int) -> int:
    """The number itself."""
    return number


@native("to_int", FLOAT, returns=INT)
def float_to_int(number: float) -> int:
    """The integer part of the number."""
    if math.isnan(number):
        return 0
    # The limits are floats: 2**63 passes and becomes the largest integer.
    if not float(INT_MIN) <= number <= float(INT_MAX):
        raise faults.arithmetic(f"Integer overflow: to_int({float_plain(number)})")
    return min(int(number), INT_MAX)


@native("to_float", FLOAT, returns=FLOAT)
@native("to_float", INT, returns=FLOAT)
def to_float(number: float) -> float:
    """The number as a float."""
    return float(number)


@native("to_hex", INT, returns=STRING)
def to_hex(number: int) -> str:
    """The digits of the number in base 16; a negative number as its 64 bits."""
    return f"{number & _ALL_BITS:x}"


@native("to_octal", INT, returns=STRING)
def to_octal(number: int) -> str:
    """The digits of the number in base 8; a negative number as its 64 bits."""
    return f"{number & _ALL_BITS:o}"


@native("to_binary", INT, returns=STRING)
def to_binary(number: int) -> str:
    """The digits of the number in base 2; a negative number as its 64 bits."""
    return f"{number & _ALL_BITS:b}"


# --- Parsing ----------------------------------------------------------------------------------------------------------


ALWAYS_INT: Final = 18
"""So many decimal digits always fit an integer."""


@native("parse_int", STRING, returns=INT)
def parse_int(text: str) -> int:
    """The integer that a text of decimal digits stands for, with or without a sign and white space around."""
    if len(text) <= ALWAYS_INT and text.isascii() and text.isdigit():
        return int(text)
    return parse_int_radix(text, 10)


@native("parse_int", STRING, INT, returns=INT)
def parse_int_radix(text: str, radix: int) -> int:
    """The integer that a text of digits in a base from 2 to 36 stands for."""
    if not 2 <= radix <= 36:
        raise faults.arithmetic(f"Invalid radix: '{radix}'")
    stripped = trimmed(text)
    negative = stripped.startswith("-")
    digits = stripped[1:] if stripped[:1] in {"-", "+"} else stripped
    if not digits:
        raise _not_an_int(
            text, "invalid digit found in string" if stripped else "cannot parse integer from empty string"
        )
    if radix == 10 and len(digits) <= ALWAYS_INT and digits.isascii() and digits.isdigit():
        return -int(digits) if negative else int(digits)
    number = 0
    for digit in digits:
        value = int(digit, 36) if digit.isascii() and digit.isalnum() else 99
        if value >= radix:
            raise _not_an_int(text, "invalid digit found in string")
        number = number * radix + value
        # Rhai stops at the first digit that is too much, before it looks at the rest.
        if number > INT_MAX + negative:
            raise _not_an_int(text, f"number too {'small' if negative else 'large'} to fit in target type")
    return -number if negative else number


def _not_an_int(text: str, reason: str) -> EvalError:
    return faults.arithmetic(f"Error parsing integer number '{text}': {reason}")


_FLOAT: Final = re.compile(
    r"[+-]?(?:inf|infinity|nan|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)\Z", re.ASCII | re.IGNORECASE
)


@native("parse_float", STRING, returns=FLOAT)
def parse_float(text: str) -> float:
    """The float that a text stands for, with or without white space around."""
    stripped = trimmed(text)
    if _FLOAT.match(stripped):
        return float(stripped)
    reason = "invalid float literal" if stripped else "cannot parse float from empty string"
    raise faults.arithmetic(f"Error parsing floating-point number '{text}': {reason}")
