"""Arrays: methods with callbacks, by the number of parameters the callback has."""

from __future__ import annotations

import pytest

import horus_runtime as hr
from horus_runtime.errors import EvalError, LimitError
from horus_runtime.runtime.callbacks import CallbackError
from horus_runtime.runtime.fn_ptr import FnPtr
from tests.support.std_calls import call, call_on, closure, message


def double_this(cell):
    cell.v *= 2
    return cell.v


def fails(*_args):
    raise EvalError("ErrorRuntime", "Runtime error: 5")


@pytest.mark.parametrize(
    ("name", "callback", "result", "after"),
    [
        ("map", closure(lambda x: x * 10, 1), [10, 20, 30], [1, 2, 3]),
        ("map", closure(lambda x, i: [x, i], 2), [[1, 0], [2, 1], [3, 2]], [1, 2, 3]),
        ("map", closure(double_this, 0), [2, 4, 6], [2, 4, 6]),
        ("map", FnPtr("is_odd"), [True, False, True], [1, 2, 3]),
        ("map", FnPtr("max", (2,)), [2, 2, 3], [1, 2, 3]),
        ("filter", closure(lambda x: x > 1, 1), [2, 3], [1, 2, 3]),
        ("filter", closure(lambda x: 5, 1), [], [1, 2, 3]),
        ("filter", closure(lambda cell: double_this(cell) > 2, 0), [4, 6], [2, 4, 6]),
        ("for_each", closure(double_this, 0), None, [2, 4, 6]),
        ("for_each", closure(lambda cell, i: setattr(cell, "v", cell.v + i), 1), None, [1, 3, 5]),
        ("find", closure(lambda x: x > 1, 1), 2, [1, 2, 3]),
        ("find", closure(lambda x, i: i == 2, 2), 3, [1, 2, 3]),
        ("find", closure(lambda x: x > 9, 1), None, [1, 2, 3]),
        ("find_map", closure(lambda x: x * 10 if x > 1 else None, 1), 20, [1, 2, 3]),
        ("some", closure(lambda x: x > 2, 1), True, [1, 2, 3]),
        ("all", closure(lambda x: x > 2, 1), False, [1, 2, 3]),
        ("all", closure(lambda x: 5, 1), False, [1, 2, 3]),
        ("index_of", closure(lambda x: x > 1, 1), 1, [1, 2, 3]),
        ("drain", closure(lambda x: x != 2, 1), [1, 3], [2]),
        ("drain", closure(lambda x, i: i == 0, 2), [1], [2, 3]),
        ("retain", closure(lambda x: x != 2, 1), [2], [1, 3]),
        ("drain", FnPtr("is_odd"), [1, 3], [2]),
    ],
)
def test_callbacks_get_the_element_in_the_form_they_ask_for(name, callback, result, after) -> None:
    assert call_on([1, 2, 3], name, callback) == (result, after)


@pytest.mark.parametrize(
    ("name", "args", "result"),
    [
        ("reduce", (closure(lambda total, x: total + x, 2), 10), 16),
        ("reduce", (closure(lambda total, x, i: total + x * i, 3), 0), 8),
        ("reduce", (closure(lambda cell, total: total + cell.v, 1), 0), 6),
        ("reduce", (closure(lambda total, x: x, 2),), 3),
        ("reduce_rev", (closure(lambda total, x, i: [*total, (x, i)], 3), []), [(3, 2), (2, 1), (1, 0)]),
        ("reduce", (FnPtr("max"), 0), 3),
        ("zip", ([4, 5], closure(lambda a, b: a + b, 2)), [5, 7]),
        ("zip", ([4, 5], closure(lambda a, b, i: [a, b, i], 3)), [[1, 4, 0], [2, 5, 1]]),
        ("zip", ([0, 9], FnPtr("max")), [1, 9]),
        ("find", (closure(lambda x: x > 0, 1), -1), 3),
        ("find_map", (closure(lambda x: x, 1), 1), 2),
        ("index_of", (closure(lambda x: x > 0, 1), 2), 2),
    ],
)
def test_reducing_zipping_and_searching_from_a_start(name, args, result) -> None:
    assert call(name, [1, 2, 3], *args) == result


@pytest.mark.parametrize(
    ("name", "args", "types"),
    [
        ("map", (closure(fails, 3),), "i64, i64"),
        ("for_each", (closure(fails, 2),), "i64, i64"),
        ("reduce", (closure(fails, 0), 0), "i64, i64, i64"),
        ("zip", ([1], closure(fails, 1)), "i64, i64, i64"),
    ],
)
def test_a_wrong_number_of_parameters_is_a_missing_function(name, args, types) -> None:
    text = f"Function not found: anon$0123456789abcdef ({types})\nin call to function '{name}'"
    assert message(lambda: call(name, [1], *args)) == text


def test_a_missing_function_is_reported_with_the_most_arguments_tried() -> None:
    text = "Function not found: nope (i64, i64)\nin call to function 'map'"
    assert message(lambda: call("map", [1], FnPtr("nope"))) == text
    assert message(lambda: call("map", [1], "nope")) == text


@pytest.mark.parametrize("name", ["map", "filter", "some", "all", "drain", "retain", "find_map", "for_each"])
def test_an_error_of_the_callback_names_the_method(name) -> None:
    with pytest.raises(CallbackError) as caught:
        call(name, [1], closure(fails, 1))
    assert (caught.value.kind, caught.value.function, caught.value.cause.message) == (
        "ErrorInFunctionCall",
        name,
        "Runtime error: 5",
    )


def test_an_error_in_find_names_index_of() -> None:
    with pytest.raises(CallbackError) as caught:
        call("find", [1], closure(fails, 1))
    assert caught.value.function == "index_of"


def test_limits_leave_methods_as_they_are() -> None:
    def out_of_time(_x):
        raise LimitError("ErrorTooManyOperations", "Too many operations")

    with pytest.raises(LimitError):
        call("map", [1], closure(out_of_time, 1))
    with pytest.raises(LimitError):
        call("sort", [1, 2], closure(lambda a, b: out_of_time(a), 2))


def test_a_failing_drain_keeps_what_was_not_decided() -> None:
    def picky(x):
        if x == 3:
            fails()
        return True

    array = [1, 2, 3, 4]
    with pytest.raises(CallbackError):
        call("drain", array, closure(picky, 1))
    assert array == [3, 4]


def test_what_this_became_is_kept_when_the_callback_fails() -> None:
    def change_and_fail(cell):
        cell.v = 9
        fails()

    array = [1, 2]
    with pytest.raises(CallbackError):
        call("map", array, closure(change_and_fail, 0))
    assert array == [9, 2]


def test_callbacks_cannot_reach_the_array_through_their_argument() -> None:
    array = [[1], [2]]
    call("map", array, closure(lambda x: x.append(9), 1))
    call("reduce", array, closure(lambda total, x: x.append(9), 2), None)
    assert array == [[1], [2]]


def test_results_of_searches_are_copies() -> None:
    array = [[1], [2]]
    call("find", array, closure(lambda x: True, 1)).append(9)
    call("filter", array, closure(lambda x: True, 1))[0].append(9)
    assert array == [[1], [2]]


@pytest.mark.parametrize(
    ("array", "text", "index"),
    [([1, 2], "is_even", 1), (["q", 2, "is_even"], "is_even", 2), (["q", "not a name"], "not a name", 1)],
)
def test_index_of_takes_a_text_for_a_function_if_there_is_one(array, text, index) -> None:
    assert call("index_of", array, text) == index


def test_a_name_that_cannot_be_one_is_no_error_of_the_callback() -> None:
    assert message(lambda: call("map", [1], "bad name")) == "Function not found: bad name"


def test_dedup_with_a_comparer_compares_with_what_was_kept() -> None:
    seen = []

    def near(kept, item):
        seen.append((kept, item))
        return item - kept < 2

    assert call_on([1, 2, 3, 4, 9], "dedup", closure(near, 2)) == (None, [1, 3, 9])
    assert seen == [(1, 2), (1, 3), (3, 4), (3, 9)]
    assert call_on([1, 1], "dedup", closure(fails, 2)) == (None, [1, 1])


def test_errors_that_are_swallowed_are_paid_for() -> None:
    engine = hr.Engine(hr.Limits(max_operations=5_000))
    scope = hr.Scope({"a": [0] * 500})
    assert engine.eval("a.dedup(|x, y| false); a.len", scope=scope.copy()) == 500
    scope = hr.Scope({"a": [0] * 8_000})
    with pytest.raises(hr.LimitError) as caught:
        engine.eval("a.dedup(|x| true)", scope=scope)  # cannot be called with two arguments
    assert caught.value.message == "Too many operations"
