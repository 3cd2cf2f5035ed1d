"""Numbers: signs, parity, conversions, parsing, mathematics, bits."""

from __future__ import annotations

from math import copysign, inf, isnan, nan, pi

import pytest

from horus_runtime.runtime.values import INT_MAX, INT_MIN, Char, Range
from tests.support.std_calls import call, call_on, message


def same(a, b) -> bool:
    """Equal, NaN and the sign of zero included."""
    if isinstance(a, float) and isinstance(b, float):
        return (isnan(a) and isnan(b)) or (a == b and copysign(1.0, a) == copysign(1.0, b))
    return type(a) is type(b) and a == b


@pytest.mark.parametrize(
    ("name", "args", "result"),
    [
        ("abs", (-5,), 5),
        ("abs", (-0.0,), 0.0),
        ("sign", (-5,), -1),
        ("sign", (-0.0,), 0),
        ("sign", (2.5,), 1),
        ("is_zero", (-0.0,), True),
        ("is_odd", (-3,), True),
        ("is_even", (-3,), False),
        ("max", (3, 2), 3),
        ("max", (3, 2.0), 3.0),
        ("max", (nan, 1.0), 1.0),
        ("max", (1.0, nan), nan),
        ("max", (-0.0, 0.0), -0.0),
        ("min", (2.0, 2), 2.0),
        ("min", (1, nan), nan),
        ("max", (Char("a"), Char("b")), Char("b")),
        ("to_int", (-1.9,), -1),
        ("to_int", (nan,), 0),
        ("to_int", (9223372036854775807.0,), INT_MAX),
        ("to_int", (5,), 5),
        ("to_float", (5,), 5.0),
        ("to_hex", (255,), "ff"),
        ("to_hex", (-1,), "f" * 16),
        ("to_octal", (8,), "10"),
        ("to_binary", (-1,), "1" * 64),
        ("parse_int", (" +12 ",), 12),
        ("parse_int", ("-9223372036854775808",), INT_MIN),
        ("parse_int", ("-Zz", 36), -1295),
        ("parse_float", (" .5 ",), 0.5),
        ("parse_float", ("5.e3",), 5000.0),
        ("parse_float", ("-INFinity",), -inf),
        ("parse_float", ("1e400",), inf),
        ("round", (2.5,), 3.0),
        ("round", (-2.5,), -3.0),
        ("round", (0.49999999999999994,), 0.0),
        ("round", (inf,), inf),
        ("ceiling", (-0.2,), -0.0),
        ("floor", (-0.2,), -1.0),
        ("floor", (1e300,), 1e300),
        ("int", (-1.5,), -1.0),
        ("fraction", (-1.5,), -0.5),
        ("fraction", (inf,), nan),
        ("sqrt", (-1.0,), nan),
        ("ln", (0.0,), -inf),
        ("ln", (-1.0,), nan),
        ("log", (100.0,), 2.0),
        ("log", (8.0, 2.0), 3.0),
        ("log", (8.0, 1.0), inf),
        ("log", (8.0, 0.0), -0.0),
        ("log", (1.0, 1.0), nan),
        ("exp", (1000.0,), inf),
        ("sinh", (-1000.0,), -inf),
        ("cosh", (-1000.0,), inf),
        ("asin", (2.0,), nan),
        ("acosh", (0.5,), nan),
        ("atanh", (1.0,), inf),
        ("atanh", (2.0,), nan),
        ("asinh", (-0.0,), -0.0),
        ("sin", (inf,), nan),
        ("hypot", (3.0, 4.0), 5.0),
        ("hypot", (inf, nan), inf),
        ("hypot", (1e308, 1e308), 1.4142135623730951e308),
        ("hypot", (1.7e308, 1.7e308), inf),
        ("atan", (1.0, 2.0), 0.4636476090008061),
        ("to_degrees", (pi,), 180.0),
        ("to_radians", (180.0,), pi),
        ("is_nan", (nan,), True),
        ("is_finite", (inf,), False),
        ("is_infinite", (-inf,), True),
    ],
)
def test_a_function_of_numbers_gives_what_rhai_gives(name, args, result) -> None:
    assert same(call(name, *args), result)


@pytest.mark.parametrize(
    ("name", "args", "text"),
    [
        ("abs", (INT_MIN,), "Negation overflow: --9223372036854775808"),
        ("sign", (nan,), "Sign of NaN is undefined"),
        ("to_int", (1e21,), "Integer overflow: to_int(1000000000000000000000)"),
        ("to_int", (-inf,), "Integer overflow: to_int(-inf)"),
        ("parse_int", ("abc",), "Error parsing integer number 'abc': invalid digit found in string"),
        ("parse_int", ("",), "Error parsing integer number '': cannot parse integer from empty string"),
        ("parse_int", ("-",), "Error parsing integer number '-': invalid digit found in string"),
        ("parse_int", ("1_0",), "Error parsing integer number '1_0': invalid digit found in string"),
        ("parse_int", ("٣",), "Error parsing integer number '٣': invalid digit found in string"),
        (
            "parse_int",
            ("9223372036854775808x",),
            "Error parsing integer number '9223372036854775808x': number too large to fit in target type",
        ),
        (
            "parse_int",
            ("-9223372036854775809",),
            "Error parsing integer number '-9223372036854775809': number too small to fit in target type",
        ),
        ("parse_int", ("z", 37), "Invalid radix: '37'"),
        ("parse_int", ("zz", 35), "Error parsing integer number 'zz': invalid digit found in string"),
        ("parse_float", (" x ",), "Error parsing floating-point number ' x ': invalid float literal"),
        ("parse_float", ("1_0",), "Error parsing floating-point number '1_0': invalid float literal"),
        ("parse_float", ("",), "Error parsing floating-point number '': cannot parse float from empty string"),
        ("sqrt", (5,), "Function not found: sqrt (i64)"),
        ("max", (1, "a"), "Function not found: max (i64, &str | ImmutableString | String)"),
        ("max", (True, False), "Function not found: max (bool, bool)"),
    ],
)
def test_a_function_of_numbers_fails_in_rhais_words(name, args, text) -> None:
    assert message(lambda: call(name, *args)) == text


def test_a_number_of_a_million_digits_is_refused_at_once() -> None:
    text = message(lambda: call("parse_int", "9" * 1_000_000))
    assert text.endswith("number too large to fit in target type")
    assert call("parse_int", "0" * 1_000_000) == 0


@pytest.mark.parametrize(
    ("number", "name", "args", "result", "after"),
    [
        (5, "get_bit", (0,), True, 5),
        (5, "get_bit", (-64,), True, 5),
        (0, "set_bit", (-1, True), None, INT_MIN),
        (-1, "set_bit", (0, False), None, -2),
        (5, "get_bits", (0, 2), 1, 5),
        (-1, "get_bits", (60, 99), 15, -1),
        (-1, "get_bits", (64, 0), 0, -1),
        (-1, "get_bits", (Range(60, 65),), 15, -1),
        (-1, "get_bits", (Range(-5, 3),), 7, -1),
        (-1, "get_bits", (Range(5, 3, inclusive=True),), 0, -1),
        (-1, "get_bits", (Range(3, INT_MAX),), (1 << 61) - 1, -1),
        (0, "set_bits", (4, 3, 15), None, 112),
        (0, "set_bits", (60, 10, -1), None, -1152921504606846976),
        (0, "set_bits", (Range(4, 8, inclusive=True), -1), None, 496),
        (7, "set_bits", (99, 0, 1), None, 7),
    ],
)
def test_bits_are_read_and_written(number, name, args, result, after) -> None:
    assert call_on(number, name, *args) == (result, after)


@pytest.mark.parametrize(
    ("name", "args", "index"),
    [
        ("get_bit", (64,), 64),
        ("get_bits", (-65, 2), -65),
        ("get_bits", (Range(0, 64, inclusive=True),), 64),
        ("get_bits", (Range(70, 80),), 70),
        ("bits", (64, 0), 64),
        ("bits", (Range(64, 64),), 64),
    ],
)
def test_positions_outside_the_bits_are_errors(name, args, index) -> None:
    text = f"Bit-field index {index} out of bounds: only 64 bits in bit-field"
    assert message(lambda: call(name, 5, *args)) == text


@pytest.mark.parametrize(
    ("args", "bits"),
    [
        ((0, 3), "101"),
        ((-2,), "00"),
        ((62, 9), "00"),
        ((62, -9), ""),
        ((Range(0, 3, inclusive=True),), "1010"),
        ((Range(3, 1, inclusive=True),), ""),
    ],
)
def test_bits_can_be_walked(args, bits) -> None:
    assert "".join("01"[bit] for bit in call("bits", 5, *args)) == bits
