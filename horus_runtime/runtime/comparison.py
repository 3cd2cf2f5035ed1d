"""Comparison of values: `==` and `!=`, the order operators, and the tolerance that floats are compared with.

Arrays and maps are compared with an explicit stack, so that a deeply nested value cannot exhaust the native one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isnan

from horus_runtime.runtime import faults
from horus_runtime.runtime.text import is_host_value
from horus_runtime.runtime.values import TAGGED, U8, Char, Range, Stream, Timestamp, type_name, untagged
from horus_runtime.typing_names import Any, Final


class _NoOperator:
    """Says that Rhai has no operator of its own for the types of two values."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NO_OPERATOR"

    def __bool__(self) -> bool:
        raise TypeError("NO_OPERATOR is an answer to be tested with `is`, not a truth value")


NO_OPERATOR: Final = _NoOperator()

DEFAULTS: Final = {"==": False, "!=": True, "<": False, "<=": False, ">": False, ">=": False}
"""What comparing values of two different types gives when no overload is found."""

Resolve = Callable[[Any, Any], Any]
"""Compares two values that have no built-in `==`; may answer `NO_OPERATOR`."""

EPSILON: Final = 2.220446049250313e-16

# --- Equality ---------------------------------------------------------------------------------------------------------

_TEXT: Final = frozenset({str, Char})
_NUMBERS: Final = frozenset({int, float, U8})
_BY_VALUE: Final = frozenset({bool, type(None), bytearray, Timestamp, U8})


def eq(a: Any, b: Any, resolve: Resolve | None = None) -> Any:
    """`a == b`. `resolve` compares the host values inside arrays and maps; it is not asked about `a` and `b`."""
    ta = type(a)
    tb = type(b)
    if ta is int and tb is int:
        return a == b
    if (ta is float or ta is int) and (tb is float or tb is int):
        return float_eq(a, b)
    if ta in _TEXT and tb in _TEXT:
        return a == b
    if ta is tb:
        if ta in _BY_VALUE:
            return a == b
        if ta is list or ta is dict:
            return _containers_equal(a, b, resolve)
        if ta is Range and a.inclusive == b.inclusive:
            return a == b
    if ta in TAGGED or tb in TAGGED:
        return eq(untagged(a), untagged(b), resolve)
    # Rhai forgot `==` between the two kinds of range, but not `!=`.
    return NO_OPERATOR if (ta is Range and tb is Range) or not _differ(a, b) else False


def ne(a: Any, b: Any, resolve: Resolve | None = None) -> Any:
    """`a != b`."""
    ta = type(a)
    tb = type(b)
    if ta is int and tb is int:
        return a != b
    if (ta is float or ta is int) and (tb is float or tb is int):
        return float_ne(a, b)
    if ta is Range and tb is Range:
        return a != b
    equal = eq(a, b, resolve)
    return equal if equal is NO_OPERATOR else not equal


def _differ(a: Any, b: Any) -> bool:
    """Say whether these are of two different built-in types, so that comparing them has a default answer."""
    ta = type(a)
    if ta is bytearray and type(b) is Char:
        return False  # Rhai knows `blob + char`, and so gives no default for the other operators either
    if ta is U8 or type(b) is U8:
        return not (ta in _NUMBERS and type(b) in _NUMBERS) and not (is_host_value(a) or is_host_value(b))
    if ta is type(b):
        return ta is Stream and a.kind != b.kind
    return not (is_host_value(a) or is_host_value(b))


def _containers_equal(a: Any, b: Any, resolve: Resolve | None) -> bool:
    """Two arrays or two maps, element by element until the first difference."""
    if len(a) != len(b):
        return False
    stack = [_pairs(a, b)]
    while stack:
        for x, y in stack[-1]:
            tx = type(x)
            if tx is type(y) and (tx is list or tx is dict):
                if len(x) != len(y):
                    return False
                stack.append(_pairs(x, y))
                break
            if not _elements_equal(x, y, resolve):
                return False
        else:
            stack.pop()
    return True


def _pairs(a: Any, b: Any) -> Iterator[tuple[Any, Any]]:
    if type(a) is list:
        return zip(a, b, strict=True)
    return ((a[key], b.get(key, _MISSING)) for key in sorted(a))


def _elements_equal(x: Any, y: Any, resolve: Resolve | None) -> bool:
    if y is _MISSING:
        return False
    equal = eq(x, y)
    if equal is NO_OPERATOR and resolve is not None:
        equal = resolve(x, y)
    if equal is NO_OPERATOR:
        if type_name(x) == type_name(y):
            raise faults.function_not_found("==", [x, y])
        return False
    return equal is True


_MISSING: Final = object()

# --- Order ------------------------------------------------------------------------------------------------------------

_ORDERED: Final = frozenset({bool, Timestamp, U8})


def lt(a: Any, b: Any) -> Any:
    """`a < b`."""
    ta = type(a)
    tb = type(b)
    if ta is int and tb is int:
        return a < b
    if (ta is float or ta is int) and (tb is float or tb is int):
        return float_lt(a, b)
    if ta in _TEXT and tb in _TEXT:
        return str.__lt__(a, b)
    if ta is tb and ta in _ORDERED:
        return _key(a) < _key(b)
    return _no_order(a, b)


def le(a: Any, b: Any) -> Any:
    """`a <= b`."""
    ta = type(a)
    tb = type(b)
    if ta is int and tb is int:
        return a <= b
    if (ta is float or ta is int) and (tb is float or tb is int):
        return float_le(a, b)
    if ta in _TEXT and tb in _TEXT:
        return str.__le__(a, b)
    if ta is tb and ta in _ORDERED:
        return _key(a) <= _key(b)
    return _no_order(a, b)


def gt(a: Any, b: Any) -> Any:
    """`a > b`."""
    ta = type(a)
    tb = type(b)
    if ta is int and tb is int:
        return a > b
    if (ta is float or ta is int) and (tb is float or tb is int):
        return float_lt(b, a)
    if ta in _TEXT and tb in _TEXT:
        return str.__gt__(a, b)
    if ta is tb and ta in _ORDERED:
        return _key(a) > _key(b)
    return _no_order(a, b)


def ge(a: Any, b: Any) -> Any:
    """`a >= b`."""
    ta = type(a)
    tb = type(b)
    if ta is int and tb is int:
        return a >= b
    if (ta is float or ta is int) and (tb is float or tb is int):
        return float_le(b, a)
    if ta in _TEXT and tb in _TEXT:
        return str.__ge__(a, b)
    if ta is tb and ta in _ORDERED:
        return _key(a) >= _key(b)
    return _no_order(a, b)


def _key(value: Any) -> int:
    return value.nanoseconds if type(value) is Timestamp else int(value)


def _no_order(a: Any, b: Any) -> Any:
    """Different built-in types, and `()` with itself, compare as false."""
    if type(a) is Range and type(b) is Range:
        return NO_OPERATOR
    return False if a is b is None or _differ(a, b) else NO_OPERATOR


# --- Floats -----------------------------------------------------------------------------------------------------------


def float_lt(a: float, b: float) -> bool:
    """`a < b` of floats: they must differ by more than the tolerance."""
    x = float(a)
    y = float(b)
    difference = y - x
    return difference > 0.0 and difference / _scale(x, y) > EPSILON


def float_le(a: float, b: float) -> bool:
    """`a <= b` of floats: `b` may be less by the tolerance."""
    x = float(a)
    y = float(b)
    scale = _scale(x, y)
    return scale == 0.0 or (y - x) / scale > -EPSILON


def float_eq(a: float, b: float) -> bool:
    """`a == b` of floats, within the tolerance."""
    x = float(a)
    y = float(b)
    scale = _scale(x, y)
    return scale == 0.0 or abs(x - y) / scale <= EPSILON


def float_ne(a: float, b: float) -> bool:
    """`a != b` of floats; not always the opposite of `==`, because of infinity and NaN."""
    x = float(a)
    y = float(b)
    scale = _scale(x, y)
    return scale != 0.0 and abs(x - y) / scale > EPSILON


def _scale(x: float, y: float) -> float:
    """What the difference of two floats is measured by; NaN does not count, so that it may be zero."""
    if x * y == 0.0:
        return 1.0
    if isnan(x):
        return abs(y)
    return abs(x) if isnan(y) else max(abs(x), abs(y))
