"""Mathematics on floats. Nothing here fails: outside its domain a function gives NaN or infinity."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from horus_runtime.modules.std.signature import BOOL, FLOAT
from horus_runtime.runtime.module import Module

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGE = Module("math", "Mathematical functions.")
native = PACKAGE.native
getter = PACKAGE.native_getter


def _total(function: Callable[[float], float], overflow: Callable[[float], float]) -> Callable[[float], float]:
    """The function made total: NaN outside the domain, `overflow` of the argument where the result is too large."""

    def safe(x: float) -> float:
        try:
            return function(x)
        except ValueError:
            return math.nan
        except OverflowError:
            return overflow(x)

    return safe


def _infinite(_x: float) -> float:
    return math.inf


def _signed_infinite(x: float) -> float:
    return math.copysign(math.inf, x)


def _asinh(x: float) -> float:
    magnitude = abs(x)
    if not magnitude or math.isinf(x):
        return x
    inverse = 1.0 / magnitude
    return math.copysign(math.log1p(magnitude + magnitude / (hypot(1.0, inverse) + inverse)), x)


def _acosh(x: float) -> float:
    return math.nan if x < 1.0 else _ln(x + math.sqrt(x - 1.0) * math.sqrt(x + 1.0))


def _atanh(x: float) -> float:
    if abs(x) == 1.0:
        return math.copysign(math.inf, x)
    return 0.5 * math.log1p(2.0 * x / (1.0 - x)) if x else x


def _ln(x: float) -> float:
    return -math.inf if x == 0.0 else math.log(x)


def _log10(x: float) -> float:
    return -math.inf if x == 0.0 else math.log10(x)


for _name, _function, _overflow, _doc in (
    ("sin", math.sin, _infinite, "The sine of an angle in radians."),
    ("cos", math.cos, _infinite, "The cosine of an angle in radians."),
    ("tan", math.tan, _infinite, "The tangent of an angle in radians."),
    ("sinh", math.sinh, _signed_infinite, "The hyperbolic sine."),
    ("cosh", math.cosh, _infinite, "The hyperbolic cosine."),
    ("tanh", math.tanh, _infinite, "The hyperbolic tangent."),
    ("asin", math.asin, _infinite, "The angle in radians of which this is the sine."),
    ("acos", math.acos, _infinite, "The angle in radians of which this is the cosine."),
    ("atan", math.atan, _infinite, "The angle in radians of which this is the tangent."),
    ("asinh", _asinh, _signed_infinite, "The number of which this is the hyperbolic sine."),
    ("acosh", _acosh, _infinite, "The number of which this is the hyperbolic cosine."),
    ("atanh", _atanh, _signed_infinite, "The number of which this is the hyperbolic tangent."),
    ("sqrt", math.sqrt, _infinite, "The square root."),
    ("exp", math.exp, _infinite, "Euler's number to the power of this one."),
    ("ln", _ln, _infinite, "The natural logarithm."),
    ("log", _log10, _infinite, "The logarithm to base 10."),
):
    native(_name, FLOAT, returns=FLOAT, doc=_doc)(_total(_function, _overflow))


@native("log", FLOAT, FLOAT, returns=FLOAT)
def log(x: float, base: float) -> float:
    """The logarithm to a base."""
    above, below = _safe_ln(x), _safe_ln(base)
    if below:
        return above / below
    return math.copysign(math.inf, above) if above else math.nan


_safe_ln = _total(_ln, _infinite)


@native("atan", FLOAT, FLOAT, returns=FLOAT)
def atan2(y: float, x: float) -> float:
    """The angle in radians of the point (x, y), in all four quadrants."""
    return math.atan2(y, x)


@native("hypot", FLOAT, FLOAT, returns=FLOAT)
def hypot(x: float, y: float) -> float:
    """The length of the vector (x, y)."""
    try:
        # The same C function that Rhai uses; `math.hypot` rounds differently in the last digit.
        return abs(complex(x, y))
    except OverflowError:
        return math.inf


@native("to_degrees", FLOAT, returns=FLOAT)
def to_degrees(x: float) -> float:
    """An angle in radians as degrees."""
    return math.degrees(x)


@native("to_radians", FLOAT, returns=FLOAT)
def to_radians(x: float) -> float:
    """An angle in degrees as radians."""
    return math.radians(x)


@native("PI", returns=FLOAT)
def pi() -> float:
    """The ratio of a circle's circumference to its diameter."""
    return math.pi


@native("E", returns=FLOAT)
def e() -> float:
    """The base of the natural logarithm."""
    return math.e


# --- Rounding ---------------------------------------------------------------------------------------------------------


@getter("int", FLOAT, returns=FLOAT)
@native("int", FLOAT, returns=FLOAT)
def int_(x: float) -> float:
    """The integer part, still a float."""
    return math.modf(x)[1]


@getter("fraction", FLOAT, returns=FLOAT)
@native("fraction", FLOAT, returns=FLOAT)
def fraction(x: float) -> float:
    """What is after the point, with the sign of the number."""
    return x - math.modf(x)[1]


@getter("floor", FLOAT, returns=FLOAT)
@native("floor", FLOAT, returns=FLOAT)
def floor(x: float) -> float:
    """The next integer below, still a float."""
    whole = math.modf(x)[1]
    return whole - 1.0 if x < whole else whole


@getter("ceiling", FLOAT, returns=FLOAT)
@native("ceiling", FLOAT, returns=FLOAT)
def ceiling(x: float) -> float:
    """The next integer above, still a float."""
    whole = math.modf(x)[1]
    return whole + 1.0 if x > whole else whole


@getter("round", FLOAT, returns=FLOAT)
@native("round", FLOAT, returns=FLOAT)
def round_(x: float) -> float:
    """The nearest integer, still a float; halves go away from zero."""
    whole = math.modf(x)[1]
    return whole + math.copysign(1.0, x) if abs(x - whole) >= 0.5 else whole


# --- Kinds of floats --------------------------------------------------------------------------------------------------


@getter("is_nan", FLOAT, returns=BOOL)
@native("is_nan", FLOAT, returns=BOOL)
def is_nan(x: float) -> bool:
    """Is this not a number."""
    return math.isnan(x)


@getter("is_finite", FLOAT, returns=BOOL)
@native("is_finite", FLOAT, returns=BOOL)
def is_finite(x: float) -> bool:
    """Is this a number and not infinite."""
    return math.isfinite(x)


@getter("is_infinite", FLOAT, returns=BOOL)
@native("is_infinite", FLOAT, returns=BOOL)
def is_infinite(x: float) -> bool:
    """Is this positive or negative infinity."""
    return math.isinf(x)
