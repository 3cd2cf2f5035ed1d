"""Arrays: elements, selections, searching. The values are those of the reference engine."""

from __future__ import annotations

import pytest

from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.values import Char, Range
from tests.support.std_calls import StdContext, call, call_on, message

FIVE = [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("array", "name", "args", "result", "after"),
    [
        ([1, 2], "len", (), 2, [1, 2]),
        ([], "is_empty", (), True, []),
        ([1, 2, 3], "get", (-1,), 3, [1, 2, 3]),
        ([1, 2, 3], "get", (9,), None, [1, 2, 3]),
        ([1, 2, 3], "get", (-9,), 1, [1, 2, 3]),
        ([], "get", (0,), None, []),
        ([1, 2, 3], "set", (-9, "x"), None, ["x", 2, 3]),
        ([1, 2, 3], "set", (9, "x"), None, [1, 2, 3]),
        ([1], "push", ([2],), None, [1, [2]]),
        ([1], "append", ([2, 3],), None, [1, 2, 3]),
        ([1, 2, 3], "insert", (-1, 9), None, [1, 2, 9, 3]),
        ([1, 2, 3], "insert", (-4, 9), None, [9, 1, 2, 3]),
        ([1, 2, 3], "insert", (7, 9), None, [1, 2, 3, 9]),
        ([1], "pad", (3, 0), None, [1, 0, 0]),
        ([1], "pad", (-3, 0), None, [1]),
        ([1, 2], "pop", (), 2, [1]),
        ([], "pop", (), None, []),
        ([1, 2], "shift", (), 1, [2]),
        ([], "shift", (), None, []),
        ([1, 2, 3], "remove", (-1,), 3, [1, 2]),
        ([1, 2, 3], "remove", (-4,), None, [1, 2, 3]),
        ([1, 2, 3], "clear", (), None, []),
        ([1, 2, 3], "truncate", (2,), None, [1, 2]),
        ([1, 2, 3], "truncate", (-2,), None, []),
        ([1, 2, 3], "chop", (2,), None, [2, 3]),
        ([1, 2, 3], "chop", (0,), None, []),
        ([1, 2, 3], "chop", (9,), None, [1, 2, 3]),
        ([1, 2, 3], "reverse", (), None, [3, 2, 1]),
        ([3, 3, 1, 1.0, 3], "dedup", (), None, [3, 1, 3]),
        ([FnPtr("a"), FnPtr("a")], "dedup", (), None, ...),
    ],
)
def test_an_array_changes_as_in_rhai(array, name, args, result, after) -> None:
    before = list(array)
    assert call_on(array, name, *args) == (result, before if after is ... else after)


@pytest.mark.parametrize(
    ("name", "args", "result", "after"),
    [
        ("splice", (1, 1, [7, 8]), None, [1, 7, 8, 3, 4, 5]),
        ("splice", (1, -1, [7]), None, [1, 7, 2, 3, 4, 5]),
        ("splice", (9, 1, [7]), None, [1, 2, 3, 4, 5, 7]),
        ("splice", (Range(2, 1), [7]), None, [1, 2, 7, 3, 4, 5]),
        ("splice", (Range(2, 1, inclusive=True), [7]), None, [1, 2, 7, 4, 5]),
        ("extract", (-3, 2), [3, 4], FIVE),
        ("extract", (-99,), FIVE, FIVE),
        ("extract", (99,), [], FIVE),
        ("extract", (Range(-3, 2),), [1, 2], FIVE),
        ("extract", (Range(3, 1),), [], FIVE),
        ("extract", (Range(3, 1, inclusive=True),), [4], FIVE),
        ("split", (-1,), [5], [1, 2, 3, 4]),
        ("split", (-9,), FIVE, []),
        ("split", (9,), [], FIVE),
        ("drain", (1, 2), [2, 3], [1, 4, 5]),
        ("drain", (Range(-2, 3),), [1, 2, 3], [4, 5]),
        ("retain", (1, 2), [1, 4, 5], [2, 3]),
        ("retain", (9, 2), [], FIVE),
        ("retain", (Range(1, 1),), [], FIVE),
    ],
)
def test_selections_follow_the_rules_of_starts_and_ranges(name, args, result, after) -> None:
    assert call_on(list(FIVE), name, *args) == (result, after)


def test_what_is_read_is_a_copy() -> None:
    inner = [1]
    array = [inner, 2]
    for copy in (call("get", array, 0), call("extract", array, 0)[0], call("extract", array, 0, 1)[0]):
        copy.append(9)
    assert array == [[1], 2]


def test_every_padded_slot_gets_its_own_copy() -> None:
    _, padded = call_on([], "pad", 2, [0])
    padded[0].append(1)
    assert padded == [[0, 1], [0]]


@pytest.mark.parametrize(
    ("array", "value", "found"),
    [
        ([1, 2, 3], 2.0, True),
        ([1, "a"], Char("a"), True),
        ([[1], {"k": [2.0]}], {"k": [2]}, True),
        ([0.1 + 0.2], 0.3, True),
        ([True], 1, False),
        ([FnPtr("f")], 1, False),
        ([], None, False),
    ],
)
def test_contains_compares_as_the_operator_does(array, value, found) -> None:
    assert call("contains", array, value) is found


def test_values_of_one_type_without_equality_cannot_be_searched() -> None:
    assert message(lambda: call("contains", [FnPtr("f")], FnPtr("f"))) == "Function not found: == (Fn, Fn)"


@pytest.mark.parametrize(("start", "index"), [((), 1), ((2,), 3), ((-1,), 3), ((-99,), 1), ((99,), -1)])
def test_index_of_counts_from_the_front_of_the_array(start, index) -> None:
    assert call("index_of", [1, 2, 3, 2], 2, *start) == index


@pytest.mark.parametrize(
    ("name", "args"), [("pad", (11, 0)), ("append", ([0] * 9,)), ("splice", (0, 0, [0] * 9)), ("insert", (0, [0] * 9))]
)
def test_growth_is_priced_before_it_happens(name, args) -> None:
    array = [1, 2] if name != "insert" else [0] * 10
    before = list(array)
    assert message(lambda: call_on(array, name, *args, context=StdContext(array=10))) == "Size of array/BLOB too large"
    assert array == before


def test_long_searches_are_charged_in_strides() -> None:
    context = StdContext()
    call("contains", [0] * 1000, 1, context=context)
    assert 800 <= context.charged <= 1000
    assert context.charges <= 10


def test_a_wrong_type_is_a_missing_function() -> None:
    assert message(lambda: call("append", [1], 2)) == "Function not found: append (array, i64)"
    assert message(lambda: call("drain", [1], 1)) == "Function not found: drain (array, i64)"
