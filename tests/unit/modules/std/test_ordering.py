"""Sorting: natural order, comparers, and what happens when there is no order."""

from __future__ import annotations

from math import inf, isnan, nan

import pytest

from horus_runtime.errors import EvalError
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.values import Char, Range
from tests.support.std_calls import call, call_on, closure, message


def fails(*_args):
    raise EvalError("ErrorRuntime", "Runtime error: 1")


@pytest.mark.parametrize(
    ("array", "ordered"),
    [
        ([3, 1, 2], [1, 2, 3]),
        ([2.5, -1.0], [-1.0, 2.5]),
        (["b", "B", "a"], ["B", "a", "b"]),
        ([Char("b"), Char("a")], ["a", "b"]),
        ([True, False, True], [False, True, True]),
        ([None, None], [None, None]),
        ([[2]], [[2]]),
        ([], []),
    ],
)
def test_elements_of_one_type_are_put_in_order(array, ordered) -> None:
    assert call("order", array) == ordered
    assert call("order_desc", array) == ordered[::-1]
    assert call_on(list(array), "sort") == (None, ordered)
    assert call_on(list(array), "sort_desc") == (None, ordered[::-1])


@pytest.mark.parametrize(
    ("array", "what"),
    [
        ([1, 2.0], "different types"),
        (["a", Char("b")], "different types"),
        ([[1], [2]], "array"),
        ([FnPtr("a"), FnPtr("b")], "Fn"),
        ([Range(0, 1), Range(0, 1)], "core::ops::range::Range<i64>"),
        ([Range(0, 1), Range(0, 1, inclusive=True)], "different types"),
    ],
)
def test_elements_without_a_common_order_cannot_be_sorted(array, what) -> None:
    assert message(lambda: call("sort", array)) == f"Function not found: elements of {what} cannot be sorted"


def test_not_a_number_stays_where_it_is() -> None:
    array = [1.0, nan, 2.0, -1.0, inf]
    call("sort", array)
    assert [x for x in array if not isnan(x)] == [1.0, -1.0, 2.0, inf]
    assert isnan(array[1])


@pytest.mark.parametrize(
    ("comparer", "result"),
    [
        (lambda a, b: b - a, [3, 2, 1]),
        (lambda a, b: a > b, [3, 2, 1]),
        (lambda a, b: 0, [3, 1, 2]),
        (lambda a, b: 1.5, [3, 1, 2]),
        (lambda a, b: None, [3, 1, 2]),
        (fails, [3, 1, 2]),
    ],
)
def test_a_comparer_decides_by_sign_or_truth(comparer, result) -> None:
    for name in ("sort", "sort_by"):
        assert call_on([3, 1, 2], name, closure(comparer, 2)) == (None, result)
    for name in ("order", "order_by"):
        assert call_on([3, 1, 2], name, closure(comparer, 2)) == (result, [3, 1, 2])


def test_a_comparer_may_be_named_and_missing() -> None:
    assert call_on([3, 1, 2], "sort", "nope") == (None, [3, 1, 2])
    assert call_on([3, 1, 2], "sort", FnPtr("nope")) == (None, [3, 1, 2])
    assert message(lambda: call("sort", [1], "bad name")) == "Function not found: bad name"


def test_a_comparer_without_answers_leaves_the_order_of_types() -> None:
    array = [True, "a", {}, [1], 2.0, 1]
    call("sort", array, closure(fails, 2))
    assert array == [1, 2.0, [1], {}, "a", True]


def test_long_and_short_arrays_are_sorted_alike() -> None:
    array = [(n * 37) % 101 for n in range(100)]
    assert call("order", array, closure(lambda a, b: a - b, 2)) == sorted(array)
    assert call("order", array[:20], closure(lambda a, b: a - b, 2)) == sorted(array[:20])


def test_sorting_by_a_comparer_is_stable() -> None:
    pairs = [[n % 3, n] for n in range(50)]
    assert call("order", pairs, closure(lambda a, b: a[0] - b[0], 2)) == sorted(pairs, key=lambda pair: pair[0])


def test_ordered_copies_share_nothing_with_the_array() -> None:
    array = [[1]]
    call("order", array)[0].append(2)
    assert array == [[1]]
