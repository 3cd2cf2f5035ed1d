"""The built-in operators, without an engine. The values and texts are those of the reference engine."""

from __future__ import annotations

from math import copysign, inf, isnan, nan

import pytest

from horus_runtime.errors import EvalError
from horus_runtime.runtime.comparison import eq, ne
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.operators import ASSIGN, BINARY, DEFAULTS, NO_OPERATOR, UNARY
from horus_runtime.runtime.values import INT_MAX, INT_MIN, Char, Range, Stream, Timestamp

SECOND = 1_000_000_000


class Host:
    """A value of a host type."""


def exactly(a, b) -> bool:
    if type(a) is float and type(b) is float:
        return (isnan(a) and isnan(b)) or (a == b and copysign(1.0, a) == copysign(1.0, b))
    return a is b if b is NO_OPERATOR or a is NO_OPERATOR else type(a) is type(b) and a == b


@pytest.mark.parametrize(
    ("a", "op", "b", "result"),
    [
        (1, "+", 2, 3),
        (1, "+", 2.5, 3.5),
        (7, "/", -2, -3),
        (-7, "/", -2, 3),
        (-7, "/", 2, -3),
        (-7, "%", 3, -1),
        (7, "%", -3, 1),
        (5.5, "%", -2, 1.5),
        (1, "/", 0.0, inf),
        (-1.0, "/", 0, -inf),
        (0.0, "/", 0.0, nan),
        (5, "%", 0.0, nan),
        (inf, "%", 2, nan),
        (2, "**", 62, 1 << 62),
        (-2, "**", 63, INT_MIN),
        (1, "**", 4294967295, 1),
        (2, "**", 0.5, 2**0.5),
        (-8.0, "**", 1 / 3, nan),
        (-10.0, "**", 401, -inf),
        (0.0, "**", -1, inf),
        (-0.0, "**", -3, -inf),
        (1, "<<", 63, INT_MIN),
        (1, "<<", 64, 0),
        (8, ">>", -2, 32),
        (-1, ">>", 99, -1),
        (1, "<<", INT_MIN, 0),
        (-1, ">>", INT_MIN, 0),
        (6, "&", 3, 2),
        (True, "^", True, False),
        ("a", "+", Char("b"), "ab"),
        (Char("a"), "+", Char("b"), "ab"),
        ("a", "+", None, "a"),
        (None, "+", "a", "a"),
        ("a", "+", 1e15, "a1e15"),
        ("a", "+", [1, Char("c"), "d"], 'a[1, c, "d"]'),
        ("x", "+", bytearray(b"\xff"), "x\ufffd"),
        ("banana", "-", "an", "ba"),
        ("banana", "-", Char("a"), "bnn"),
        ("", "-", "a", "a"),
        ([1], "+", [2], [1, 2]),
        ({"a": 1}, "+", {"a": 2}, {"a": 2}),
        (bytearray(b"a"), "+", Char("é"), bytearray("aé".encode())),
        (1, "..", 2, Range(1, 2)),
        (1, "..=", None, Range(1, INT_MAX, inclusive=True)),
        (None, "..", 5, Range(0, 5)),
        (Timestamp(5 * SECOND), "-", Timestamp(2 * SECOND), 3.0),
        (Timestamp(0), "+", 2, Timestamp(2 * SECOND)),
        (Timestamp(0), "+", 1.9999, Timestamp(1_999_000_000)),
        (Timestamp(0), "-", -1.9999, Timestamp(1_999_000_000)),
        (Timestamp(0), "+", nan, Timestamp(0)),
    ],
)
def test_an_operator_gives_what_rhai_gives(a, op, b, result) -> None:
    assert exactly(BINARY[op](a, b), result)


@pytest.mark.parametrize(
    ("a", "op", "b"),
    [
        (True, "+", 1),
        (1, "&", True),
        (1, "<<", 1.0),
        (Char("a"), "+", 1),
        (Char("a"), "-", Char("a")),
        ("a", "*", 2),
        ("a", "-", 1),
        ([1], "+", 2),
        ([1], "<", [2]),
        ({}, "-", {}),
        (bytearray(), "+", 1),
        (None, "+", None),
        (None, "..", None),
        (1.0, "..", 2.0),
        (Range(0, 1), "<", Range(0, 1)),
        (Range(0, 1), "==", Range(0, 1, inclusive=True)),
        (FnPtr("f"), "==", FnPtr("f")),
        (Stream(None, "BitRange"), "==", Stream(None, "BitRange")),
        (bytearray(), "==", Char("a")),
        (Host(), "==", Host()),
        (1, "==", Host()),
        ("a", "+", Host()),
        ("a", "+", [Host()]),
    ],
)
def test_the_run_is_asked_where_rhai_has_no_operator(a, op, b) -> None:
    assert BINARY[op](a, b) is NO_OPERATOR


@pytest.mark.parametrize(
    ("a", "op", "b", "text"),
    [
        (INT_MAX, "+", 1, f"Addition overflow: {INT_MAX} + 1"),
        (INT_MIN, "-", 1, f"Subtraction overflow: {INT_MIN} - 1"),
        (INT_MAX, "*", 2, f"Multiplication overflow: {INT_MAX} * 2"),
        (5, "/", 0, "Division by zero: 5 / 0"),
        (INT_MIN, "/", -1, f"Division overflow: {INT_MIN} / -1"),
        (5, "%", 0, "Modulo division by zero or overflow: 5 % 0"),
        (INT_MIN, "%", -1, f"Modulo division by zero or overflow: {INT_MIN} % -1"),
        (2, "**", -1, "Integer raised to a negative power: 2 ** -1"),
        (2, "**", 63, "Exponential overflow: 2 ** 63"),
        (1, "**", 4294967296, "Exponential overflow: 1 ** 4294967296"),
    ],
)
def test_arithmetic_errors_have_a_place_only_in_assignments(a, op, b, text) -> None:
    for operators, name, positioned in ((BINARY, op, False), (ASSIGN, f"{op}=", True)):
        with pytest.raises(EvalError) as caught:
            operators[name](a, b)
        error = caught.value
        assert (error.kind, error.message, error.needs_position) == ("ErrorArithmetic", text, positioned)


@pytest.mark.parametrize(
    ("op", "amount", "text"),
    [
        ("+", INT_MAX, f"Timestamp overflow when adding {INT_MAX} second(s)"),
        ("-", INT_MIN, f"Timestamp overflow when subtracting {INT_MIN} second(s)"),
        ("+", 1e20, "Integer overflow for timestamp add: 100000000000000000000"),
        ("-", -1e20, "Integer overflow for timestamp add: 100000000000000000000"),
        ("-", inf, "Integer overflow for timestamp subtract: inf"),
    ],
)
def test_time_that_runs_out_of_range_is_an_error_with_a_place(op, amount, text) -> None:
    with pytest.raises(EvalError) as caught:
        BINARY[op](Timestamp(5 * SECOND), amount)
    assert (caught.value.message, caught.value.needs_position) == (text, True)


@pytest.mark.parametrize(
    ("a", "b", "result"),
    [
        ([1], 2, [1, 2]),
        ([1], [2, [3]], [1, 2, [3]]),
        ([1], None, [1, None]),
        ({"a": 1}, {"a": 2, "b": 3}, {"a": 2, "b": 3}),
        (bytearray(b"a"), 300, bytearray(b"a\x2c")),
        (bytearray(b"a"), "é", bytearray("aé".encode())),
        (bytearray(b"a"), bytearray(b"b"), bytearray(b"ab")),
    ],
)
def test_containers_grow_in_place(a, b, result) -> None:
    assert ASSIGN["+="](a, b) is a
    assert a == result


@pytest.mark.parametrize(
    ("a", "op", "b", "result"),
    [
        (5, "+=", 2.5, 7.5),
        (1, "+=", "a", "1a"),
        (Char("c"), "+=", "de", "cde"),
        (Char("c"), "+=", "", Char("c")),
        ("a", "+=", [Char("c")], "a[c]"),
        (True, "&=", False, False),
        (bytearray(), "+=", 1.5, NO_OPERATOR),
        ([1], "-=", 1, NO_OPERATOR),
        (None, "+=", 1, NO_OPERATOR),
    ],
)
def test_other_assignments_follow_the_plain_operator(a, op, b, result) -> None:
    assert exactly(ASSIGN[op](a, b), result)


@pytest.mark.parametrize(
    ("op", "a", "result"),
    [
        ("-", 5, -5),
        ("-", 0.0, -0.0),
        ("+", 2.5, 2.5),
        ("!", True, False),
        ("-", True, NO_OPERATOR),
        ("!", 1, NO_OPERATOR),
    ],
)
def test_unary_operators(op, a, result) -> None:
    assert exactly(UNARY[op](a), result)


def test_the_smallest_integer_has_no_negative() -> None:
    with pytest.raises(EvalError) as caught:
        UNARY["-"](INT_MIN)
    assert (caught.value.message, caught.value.needs_position) == (f"Negation overflow: -{INT_MIN}", True)


# --- Comparison -------------------------------------------------------------------------------------------------------

ORDER = ("==", "!=", "<", "<=", ">", ">=")


@pytest.mark.parametrize(
    ("a", "b", "answers"),
    [
        (1, 2, "01 11 00"),
        (1, 1.0, "10 01 01"),
        (0.1 + 0.2, 0.3, "10 01 01"),
        (1e-20, 0.0, "10 01 01"),
        (2e-17, 1e-17, "01 00 11"),
        (9007199254740993, 9007199254740992.0, "10 01 01"),
        (inf, inf, "00 00 00"),
        (inf, 1.0, "00 00 00"),
        (nan, nan, "00 00 00"),
        (nan, 1.0, "00 00 00"),
        (nan, 0.0, "10 01 01"),
        ("a", Char("a"), "10 01 01"),
        ("ab", Char("a"), "01 00 11"),
        ("", Char("a"), "01 11 00"),
        (False, True, "01 11 00"),
        (None, None, "10 00 00"),
        (1, "1", "01 00 00"),
        (True, 1, "01 00 00"),
        ([], None, "01 00 00"),
        (Timestamp(1), Timestamp(2), "01 11 00"),
        (Range(0, 1), 5, "01 00 00"),
        (Stream(None, "BitRange"), Stream(None, "CharsStream"), "01 00 00"),
    ],
)
def test_the_six_comparisons(a, b, answers) -> None:
    assert "".join("01"[BINARY[op](a, b)] for op in ORDER) == answers.replace(" ", "")


def test_ranges_of_different_kind_are_unequal_but_not_comparable() -> None:
    assert BINARY["!="](Range(0, 2), Range(0, 2, inclusive=True)) is True


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        ([1, 2.0], [1.0, 2], True),
        ([1], [1, 2], False),
        ([[1], {"k": ["x"]}], [[1], {"k": ["x"]}], True),
        ({"a": 1}, {"b": 1}, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ([Range(0, 1)], [Range(0, 1, inclusive=True)], False),
        ([FnPtr("f")], [1], False),
        ([1, FnPtr("f")], [2, FnPtr("f")], False),
        ([bytearray(b"a")], [Char("a")], False),
    ],
)
def test_containers_are_compared_element_by_element(a, b, equal) -> None:
    assert eq(a, b) is equal
    assert ne(a, b) is not equal


@pytest.mark.parametrize("wrap", [lambda f: [1, f], lambda f: {"a": [f]}])
def test_elements_of_one_type_without_equality_are_an_error(wrap) -> None:
    for compare in (eq, ne):
        with pytest.raises(EvalError) as caught:
            compare(wrap(FnPtr("f")), wrap(FnPtr("f")))
        assert caught.value.message == "Function not found: == (Fn, Fn)"


def test_host_values_in_containers_are_compared_by_the_run() -> None:
    asked = []

    def resolve(a, b):
        asked.append((type(a), type(b)))
        return True

    assert eq([1, [Host()]], [1, [Host()]], resolve) is True
    assert asked == [(Host, Host)]
    assert eq([Host()], [1], lambda a, b: NO_OPERATOR) is False


def test_deep_values_are_compared_without_recursion() -> None:
    def deep():
        value = []
        for _ in range(100_000):
            value = [value]
        return value

    assert eq(deep(), deep()) is True


def test_defaults_cover_every_comparison() -> None:
    assert {op for op, answer in DEFAULTS.items() if answer} == {"!="}
    assert set(DEFAULTS) == set(ORDER)


def test_no_operator_cannot_be_taken_for_an_answer() -> None:
    with pytest.raises(TypeError):
        bool(NO_OPERATOR)
