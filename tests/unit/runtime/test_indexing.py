"""Indexing without an engine. The values and texts are those of the reference engine."""

from __future__ import annotations

import pytest

from horus_runtime.errors import EvalError
from horus_runtime.runtime.indexing import NO_INDEXER, WrongElementError, get_index, set_index
from horus_runtime.runtime.values import INT_MAX, INT_MIN, Char, Range, Stream


def closed(start: int, end: int) -> Range:
    return Range(start, end, inclusive=True)


@pytest.mark.parametrize(
    ("target", "index", "value"),
    [
        ([1, 2], -2, 1),
        ({"a": 1}, "a", 1),
        ({"a": 1}, "b", None),
        (bytearray(b"ab"), -1, 98),
        ("añb", 1, "ñ"),
        ("abcdef", Range(1, 3), "bc"),
        ("abcdef", Range(3, 1), ""),
        ("abcdef", Range(-3, -1), "de"),
        ("abcdef", Range(9, 12), ""),
        ("abcdef", Range(1, -9), ""),
        ("abcdef", closed(1, 3), "bcd"),
        ("abcdef", closed(2, 2), ""),
        ("a", closed(0, 0), "a"),
        ("abcd", closed(0, -1), "abcd"),
        ("abcdef", closed(5, 99), "f"),
        ("", Range(-1, 5), ""),
        (5, 0, True),
        (5, -1, False),
        (-1, Range(0, 63), INT_MAX),
        (-1, Range(60, 63), 7),
        (-1, Range(60, 64), -1),
        (-1, Range(3, INT_MAX), -1),
        (-1, closed(1, 1), 1),
        (-1, Range(5, 3), 0),
        (None, 0, NO_INDEXER),
        (1.5, 0, NO_INDEXER),
        (Range(0, 1), 0, NO_INDEXER),
    ],
)
def test_reading(target, index, value) -> None:
    found = get_index(target, index)
    assert found is value if value is NO_INDEXER else found == value


@pytest.mark.parametrize(
    ("target", "index", "value", "after"),
    [
        ([1, 2], -1, 9, [1, 9]),
        ({}, "a", 1, {"a": 1}),
        (bytearray(b"ab"), 0, -1, bytearray(b"\xffb")),
        ("abc", -1, Char("X"), "aXc"),
        ("abc", -3, Char("X"), "abc"),
        ("abcdef", Range(1, 3), "XYZ", "aXYZdef"),
        ("abcdef", Range(3, 1), "Z", "abcZbcdef"),
        ("abcdef", closed(3, 1), "Z", "abcZcdef"),
        ("abcdef", Range(9, 2), "Z", "abcdefZcdef"),
        ("abcdef", Range(1, 3), [Char("c")], "a['c']def"),
        ("abcdef", Range(1, 3), None, "adef"),
        ("", Range(-1, 3), "Z", "Z"),
        (5, 1, True, 7),
        (5, -1, True, INT_MIN + 5),
        (0, Range(4, 8), 255, 240),
        (-1, Range(60, INT_MAX), 0, (1 << 60) - 1),
        (None, 0, 1, NO_INDEXER),
    ],
)
def test_writing_gives_what_has_to_be_stored_back(target, index, value, after) -> None:
    stored = set_index(target, index, value)
    assert stored is after if after is NO_INDEXER else stored == after
    assert stored is target or type(target) not in (list, dict, bytearray)


@pytest.mark.parametrize(
    ("target", "index", "text"),
    [
        ([1, 2, 3], 3, "Array index 3 out of bounds: only 3 elements in array"),
        ([1], INT_MIN, f"Array index {INT_MIN} out of bounds: only 1 element in array"),
        ([], 0, "Array index 0 out of bounds: array is empty"),
        (bytearray(2), -3, "Array index -3 out of bounds: only 2 elements in array"),
        ("x", 1, "String index 1 out of bounds: only 1 character in string"),
        ("abcdef", Range(-9, 2), "String index -9 out of bounds: only 6 characters in string"),
        (5, 64, "Bit-field index 64 out of bounds: only 64 bits in bit-field"),
        (5, Range(0, 65), "Bit-field index 65 out of bounds: only 64 bits in bit-field"),
        (5, closed(0, 64), "Bit-field index 64 out of bounds: only 64 bits in bit-field"),
        (5, Range(-1, 3), "Bit-field index -1 out of bounds: only 64 bits in bit-field"),
        ([1], True, "Data type incorrect: bool (expecting i64)"),
        ([1], Range(0, 1), "Data type incorrect: core::ops::range::Range<i64> (expecting i64)"),
        ([1], closed(0, 1), "Data type incorrect: core::ops::range::RangeInclusive<i64> (expecting i64)"),
        ([1], Stream(None, "BitRange"), "Data type incorrect: rhai::packages::iter_basic::BitRange (expecting i64)"),
        ({}, Char("c"), "Data type incorrect: char (expecting string)"),
        ("abc", 1.5, "Data type incorrect: f64 (expecting i64)"),
        (5, "x", "Data type incorrect: string (expecting i64)"),
    ],
)
def test_a_wrong_index_is_refused_for_reading_and_writing(target, index, text) -> None:
    for action in (lambda: get_index(target, index), lambda: set_index(target, index, None)):
        with pytest.raises(EvalError) as caught:
            action()
        assert caught.value.message == text
        assert not isinstance(caught.value, WrongElementError)


@pytest.mark.parametrize(
    ("target", "index", "value", "text"),
    [
        ("abc", 0, "x", "Data type incorrect: string (expecting char)"),
        (5, 0, 1, "Data type incorrect: i64 (expecting bool)"),
        (5, Range(0, 2), True, "Data type incorrect: bool (expecting integer)"),
        (bytearray(1), 0, Char("c"), "Data type incorrect: char (expecting INT)"),
    ],
)
def test_a_wrong_value_is_told_from_a_wrong_index(target, index, value, text) -> None:
    with pytest.raises(WrongElementError) as caught:
        set_index(target, index, value)
    assert (caught.value.kind, caught.value.message) == ("ErrorMismatchDataType", text)
