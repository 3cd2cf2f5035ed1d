"""Rhai's operators on the built-in types, one function each.

A function takes the two values and returns the result, or `NO_OPERATOR` where Rhai has no operator of its own for the
two types: the caller then looks for an overload of the host and raises `function_not_found`. Where a host value is
involved the answer is always `NO_OPERATOR`, also for `==`; `DEFAULTS` has the answer that two *different* types get
when no overload is found.

The tests are ordered so that the common pairs come first: `type(a) is int` is cheap and never true of a bool.
Nothing is priced here; callers check sizes.
"""

from __future__ import annotations

import math

from horus_runtime.errors import EvalError
from horus_runtime.runtime import faults
from horus_runtime.runtime.comparison import DEFAULTS, NO_OPERATOR, eq, ge, gt, le, lt, ne
from horus_runtime.runtime.faults import PlainFault
from horus_runtime.runtime.parts import text_of_bytes
from horus_runtime.runtime.text import contains_host_value, float_plain, to_display
from horus_runtime.runtime.values import INT_MAX, INT_MIN, Char, Range, Timestamp, copy_value
from horus_runtime.typing_names import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "ASSIGN", "BINARY", "DEFAULTS", "NO_OPERATOR", "UNARY", "add", "add_assign", "bit_and", "bit_or", "bit_xor", "div",
    "eq", "ge", "gt", "int_div", "int_mod", "le", "lt", "make_range", "make_range_inclusive", "mod", "mul", "ne", "neg",
    "not_", "plus", "power", "shl", "shr", "sub",
]  # fmt: skip

NANOSECONDS: Final = 1_000_000_000
NAN: Final = math.inf - math.inf
"""What the processor gives for 0.0 / 0.0, with its sign bit."""


# --- Arithmetic -------------------------------------------------------------------------------------------------------


def add(a: Any, b: Any) -> Any:
    """`a + b`: sums, and concatenation of text, arrays, blobs and maps."""
    ta = type(a)
    tb = type(b)
    if ta is int:
        if tb is int:
            result = a + b
            if INT_MIN <= result <= INT_MAX:
                return result
            raise PlainFault(f"Addition overflow: {a} + {b}")
        if tb is float:
            return a + b
    elif ta is float:
        if tb is float or tb is int:
            return a + b
    elif ta is str and tb is str:
        return a + b
    return _join(a, b)


def _join(a: Any, b: Any) -> Any:
    """Concatenation of everything that is not a number or two strings."""
    ta = type(a)
    tb = type(b)
    if ta is str and tb is int:
        return a + str(b)
    if ta is str or tb is str:
        if contains_host_value(a) or contains_host_value(b):
            return NO_OPERATOR
        return _text_of(a) + _text_of(b)
    if ta is Char:
        return str(a) + str(b) if tb is Char else NO_OPERATOR
    if ta is list:
        return [*copy_value(a), *copy_value(b)] if tb is list else NO_OPERATOR
    if ta is dict:
        return {**copy_value(a), **copy_value(b)} if tb is dict else NO_OPERATOR
    if ta is bytearray:
        if tb is bytearray:
            return a + b
        return a + b.encode() if tb is Char else NO_OPERATOR
    if ta is Timestamp and (tb is int or tb is float):
        return _shift_time(a, b, 1)
    return NO_OPERATOR


def _text_of(value: Any) -> str:
    """What `+` with a string makes of a value."""
    return text_of_bytes(value) if type(value) is bytearray else to_display(value)


def sub(a: Any, b: Any) -> Any:
    """`a - b`: differences, text without every occurrence of another, distances of time."""
    ta = type(a)
    tb = type(b)
    if ta is int:
        if tb is int:
            result = a - b
            if INT_MIN <= result <= INT_MAX:
                return result
            raise PlainFault(f"Subtraction overflow: {a} - {b}")
        if tb is float:
            return a - b
    elif ta is float:
        if tb is float or tb is int:
            return a - b
    elif ta is str:
        if tb is str:
            # Rhai gives the right side when the left one is empty.
            return (a.replace(b, "") if b else a) if a else b
        if tb is Char:
            return a.replace(b, "")
    elif ta is Timestamp:
        if tb is Timestamp:
            return (a.nanoseconds - b.nanoseconds) / NANOSECONDS
        if tb is int or tb is float:
            return _shift_time(a, b, -1)
    return NO_OPERATOR


def mul(a: Any, b: Any) -> Any:
    """`a * b`."""
    ta = type(a)
    tb = type(b)
    if ta is int:
        if tb is int:
            result = a * b
            if INT_MIN <= result <= INT_MAX:
                return result
            raise PlainFault(f"Multiplication overflow: {a} * {b}")
        if tb is float:
            return a * b
    elif ta is float and (tb is float or tb is int):
        return a * b
    return NO_OPERATOR


def div(a: Any, b: Any) -> Any:
    """`a / b`: truncated toward zero for integers, never an error for floats."""
    ta = type(a)
    tb = type(b)
    if ta is int and tb is int:
        return int_div(a, b)
    if (ta is float or ta is int) and (tb is float or tb is int):
        if b:
            return float(a) / float(b)
        return _over_zero(float(a), float(b))
    return NO_OPERATOR


def int_div(a: int, b: int) -> int:
    """`a / b` of two INT, truncated toward zero. Compiled code may find out only here that one is `()`."""
    if b == 0:
        raise PlainFault(f"Division by zero: {a} / 0")
    try:
        if a >= 0 and b > 0:
            return a // b
        if b == -1 and a == INT_MIN:
            raise PlainFault(f"Division overflow: {a} / {b}")
        return -(-a // b) if b > 0 else (a // b if a <= 0 else -(a // -b))
    except TypeError:
        raise faults.function_not_found("/", [a, b]) from None


def _over_zero(a: float, b: float) -> float:
    if a == 0.0 or math.isnan(a):
        return NAN
    return math.copysign(math.inf, math.copysign(1.0, a) * math.copysign(1.0, b))


def mod(a: Any, b: Any) -> Any:
    """`a % b`, with the sign of `a`."""
    ta = type(a)
    tb = type(b)
    if ta is int and tb is int:
        return int_mod(a, b)
    if (ta is float or ta is int) and (tb is float or tb is int):
        try:
            return math.fmod(a, b)
        except ValueError:
            return math.nan
    return NO_OPERATOR


def int_mod(a: int, b: int) -> int:
    """`a % b` of two INT, with the sign of `a`. Compiled code may find out only here that one is `()`."""
    if b == 0 or (b == -1 and a == INT_MIN):
        raise PlainFault(f"Modulo division by zero or overflow: {a} % {b}")
    try:
        return a % abs(b) if a >= 0 else -(-a % abs(b))
    except TypeError:
        raise faults.function_not_found("%", [a, b]) from None


def power(a: Any, b: Any) -> Any:
    """`a ** b`."""
    ta = type(a)
    tb = type(b)
    if ta is int and tb is int:
        return _int_power(a, b)
    if (ta is float or ta is int) and (tb is float or tb is int):
        return _float_power(float(a), float(b))
    return NO_OPERATOR


def _int_power(a: int, b: int) -> int:
    if b < 0:
        raise PlainFault(f"Integer raised to a negative power: {a} ** {b}")
    # Bases other than -1, 0 and 1 overflow at the exponent 64 at the latest: nothing large is ever computed.
    if b <= 64 or (-1 <= a <= 1 and b <= 0xFFFF_FFFF):
        result = a**b
        if INT_MIN <= result <= INT_MAX:
            return int(result)
    raise PlainFault(f"Exponential overflow: {a} ** {b}")


def _float_power(a: float, b: float) -> float:
    try:
        return math.pow(a, b)
    except OverflowError:
        return -math.inf if a < 0 and math.fmod(b, 2.0) else math.inf
    except ValueError:
        if a != 0.0:
            return math.nan
        # zero to a negative power: the sign survives an odd exponent
        return math.copysign(math.inf, a) if math.fmod(abs(b), 2.0) == 1.0 else math.inf


# --- Bits -------------------------------------------------------------------------------------------------------------


def shl(a: Any, b: Any) -> Any:
    """`a << b`; a negative count shifts the other way."""
    if type(a) is int and type(b) is int:
        return _shift_right(a, -b) if b < 0 else _shift_left(a, b)
    return NO_OPERATOR


def shr(a: Any, b: Any) -> Any:
    """`a >> b`, filled with the sign; a negative count shifts the other way."""
    if type(a) is int and type(b) is int:
        return _shift_left(a, -b) if b < 0 else _shift_right(a, b)
    return NO_OPERATOR


def _shift_left(a: int, count: int) -> int:
    if count >= 64:
        return 0
    result = (a << count) & 0xFFFF_FFFF_FFFF_FFFF
    return result - (1 << 64) if result > INT_MAX else result


def _shift_right(a: int, count: int) -> int:
    return a >> min(count, 64)


def bit_and(a: Any, b: Any) -> Any:
    """`a & b` of two integers or two bools."""
    ta = type(a)
    return a & b if ta is type(b) and (ta is int or ta is bool) else NO_OPERATOR


def bit_or(a: Any, b: Any) -> Any:
    """`a | b` of two integers or two bools."""
    ta = type(a)
    return a | b if ta is type(b) and (ta is int or ta is bool) else NO_OPERATOR


def bit_xor(a: Any, b: Any) -> Any:
    """`a ^ b` of two integers or two bools."""
    ta = type(a)
    return a ^ b if ta is type(b) and (ta is int or ta is bool) else NO_OPERATOR


# --- Unary operators and ranges ---------------------------------------------------------------------------------------


def neg(a: Any) -> Any:
    """`-a`."""
    ta = type(a)
    if ta is int:
        if a == INT_MIN:
            raise faults.arithmetic(f"Negation overflow: -{a}")
        return -a
    return -a if ta is float else NO_OPERATOR


def plus(a: Any) -> Any:
    """`+a`: the number itself."""
    return a if type(a) is int or type(a) is float else NO_OPERATOR


def not_(a: Any) -> Any:
    """`!a` of a bool."""
    return not a if type(a) is bool else NO_OPERATOR


def make_range(a: Any, b: Any) -> Any:
    """`a..b`; `()` on a side leaves it open, as a missing bound does."""
    return Range(a, b) if type(a) is int and type(b) is int else _open_range(a, b, inclusive=False)


def make_range_inclusive(a: Any, b: Any) -> Any:
    """`a..=b`; `()` on a side leaves it open."""
    return Range(a, b, inclusive=True) if type(a) is int and type(b) is int else _open_range(a, b, inclusive=True)


def _open_range(a: Any, b: Any, *, inclusive: bool) -> Any:
    if type(a) is int and b is None:
        return Range(a, INT_MAX, inclusive)
    return Range(0, b, inclusive) if a is None and type(b) is int else NO_OPERATOR


# --- Time -------------------------------------------------------------------------------------------------------------


def _shift_time(instant: Timestamp, seconds: float, sign: int) -> Timestamp:
    """An instant `seconds` later (`sign` 1) or earlier (-1). These errors have a position, unlike those of numbers."""
    if type(seconds) is int:
        shifted = instant.nanoseconds + sign * seconds * NANOSECONDS
        if not INT_MIN <= shifted // NANOSECONDS <= INT_MAX:
            verb = "adding" if sign > 0 else "subtracting"
            raise faults.arithmetic(f"Timestamp overflow when {verb} {seconds} second(s)")
        return Timestamp(shifted)
    # Rhai turns a negative float around, keeps whole milliseconds, and lets them saturate.
    if seconds < 0.0:
        seconds, sign = -seconds, -sign
    if seconds > float(INT_MAX):
        verb = "add" if sign > 0 else "subtract"
        raise faults.arithmetic(f"Integer overflow for timestamp {verb}: {float_plain(seconds)}")
    milliseconds = 0 if math.isnan(seconds) else min(int(seconds * 1000.0), 0xFFFF_FFFF_FFFF_FFFF)
    return Timestamp(instant.nanoseconds + sign * milliseconds * 1_000_000)


# --- Assignment operators ---------------------------------------------------------------------------------------------


def add_assign(a: Any, b: Any) -> Any:
    """`a += b`. Arrays, blobs and maps are changed in place and returned; `b` becomes part of them uncopied."""
    ta = type(a)
    if ta is list:
        if type(b) is list:
            a.extend(b)
        else:
            a.append(b)
        return a
    if ta is dict and type(b) is dict:
        a.update(b)
        return a
    if ta is bytearray:
        return _append_bytes(a, b)
    if ta is Char and type(b) is str and not b:
        return a
    return _positioned_add(a, b)


def _append_bytes(blob: bytearray, b: Any) -> Any:
    tb = type(b)
    if tb is int:
        blob.append(b & 0xFF)
    elif tb is str or tb is Char:
        blob += b.encode()
    elif tb is bytearray:
        blob += b
    else:
        return NO_OPERATOR
    return blob


def _positioned(operator: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The operator as an assignment uses it: its arithmetic errors carry a position."""

    def assign(a: Any, b: Any) -> Any:
        try:
            return operator(a, b)
        except EvalError as error:
            if error.kind == "ErrorArithmetic":
                raise faults.arithmetic(error.message) from None
            raise

    return assign


_positioned_add = _positioned(add)

BINARY: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": add,
    "-": sub,
    "*": mul,
    "/": div,
    "%": mod,
    "**": power,
    "<<": shl,
    ">>": shr,
    "&": bit_and,
    "|": bit_or,
    "^": bit_xor,
    "==": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
    "..": make_range,
    "..=": make_range_inclusive,
}
"""Operator text to function."""

UNARY: Final[dict[str, Callable[[Any], Any]]] = {"-": neg, "+": plus, "!": not_}

ASSIGN: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+=": add_assign,
    "-=": _positioned(sub),
    "*=": _positioned(mul),
    "/=": _positioned(div),
    "%=": _positioned(mod),
    "**=": _positioned(power),
    "<<=": shl,
    ">>=": shr,
    "&=": bit_and,
    "|=": bit_or,
    "^=": bit_xor,
}
"""Assignment operator text to a function that returns the new value of the variable."""
