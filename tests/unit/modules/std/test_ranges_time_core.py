"""Ranges, timestamps, function pointers, text forms, and the core of the language."""

from __future__ import annotations

import time
from itertools import islice
from math import inf, nan

import pytest

from horus_runtime.runtime.control import ScriptExit
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.values import INT_MAX, INT_MIN, Char, Range, Timestamp
from tests.support.std_calls import StdContext, call, call_on, message


@pytest.mark.parametrize(
    ("args", "items"),
    [
        ((0, 3), [0, 1, 2]),
        ((0, 10, 3), [0, 3, 6, 9]),
        ((10, 0, -3), [10, 7, 4, 1]),
        ((10, 0, 3), []),
        ((5, 5, 1), []),
        ((Range(0, 10), 4), [0, 4, 8]),
        ((0.0, 1.0, 0.25), [0.0, 0.25, 0.5, 0.75]),
        ((1.0, 0.0, -0.5), [1.0, 0.5]),
        ((0.0, nan, 1.0), []),
        ((0.0, 1.0, nan), []),
        ((0.0, inf, 1e308), [0.0, 1e308]),
        ((INT_MAX - 7, INT_MAX, 5), [INT_MAX - 7]),
        ((INT_MIN + 8, INT_MIN, -5), [INT_MIN + 8]),
        ((INT_MIN, INT_MAX, INT_MAX), [INT_MIN, -1]),
    ],
)
def test_a_range_with_steps_can_be_walked_again(args, items) -> None:
    made = call("range", *args)
    assert [list(made), list(made)] == [items, items]


def test_a_range_may_be_endless_as_long_as_nobody_walks_it() -> None:
    assert list(islice(call("range", 0, INT_MAX, 1), 3)) == [0, 1, 2]


@pytest.mark.parametrize("args", [(1, 5, 0), (Range(1, 5), 0), (1.0, 2.0, 0.0), (1e20, 0.0, -2.5)])
def test_a_step_that_does_not_move_is_an_error(args) -> None:
    assert message(lambda: call("range", *args)) == "step value cannot be zero\nin call to function 'range'"


@pytest.mark.parametrize("args", [(0, 1.0, 0.5), (0.0, 1.0), (Range(1, 5, inclusive=True), 2), (Range(1, 5),)])
def test_other_ranges_cannot_be_made(args) -> None:
    assert message(lambda: call("range", *args)).startswith("Function not found: range (")


@pytest.mark.parametrize(
    ("selection", "answers"),
    [
        (Range(1, 5), [1, 5, False, True, False, True]),
        (Range(1, 5, inclusive=True), [1, 5, True, False, False, True]),
        (Range(5, 1), [5, 1, False, True, True, False]),
        (Range(3, 3, inclusive=True), [3, 3, True, False, False, True]),
    ],
)
def test_a_range_tells_its_bounds(selection, answers) -> None:
    names = ["start", "end", "is_inclusive", "is_exclusive", "is_empty"]
    assert [*(call(name, selection) for name in names), call("contains", selection, 3)] == answers
    assert [call(f"get${name}", selection) for name in names] == answers[:-1]


def test_streams_have_no_bounds() -> None:
    stream = call("range", 0, 5, 2)
    assert message(lambda: call("start", stream)) == "Function not found: start (range)"
    assert message(lambda: call("contains", stream, 1)) == "Function not found: contains (range, i64)"


def test_elapsed_time_grows() -> None:
    start = call("timestamp")
    assert 0.0 <= call("elapsed", start) <= call("elapsed", start) < 5.0
    assert message(lambda: call("elapsed", Timestamp(time.monotonic_ns() + 10**12))) == "Time-stamp is later than now"


def test_a_pointer_tells_its_name() -> None:
    assert [call("name", FnPtr("f")), call("get$is_anonymous", FnPtr("f"))] == ["f", False]
    assert call("is_anonymous", FnPtr("anon$0")) is True


@pytest.mark.parametrize(
    ("value", "display", "debug"),
    [
        (None, "", "()"),
        ("a", "a", '"a"'),
        (Char("a"), "a", "a"),
        (1e15, "1e15", "1000000000000000.0"),
        ([1], "[1]", "[1]"),
    ],
)
def test_any_value_has_its_text_forms(value, display, debug) -> None:
    assert [call("to_string", value), call("to_debug", value)] == [display, debug]


def test_exit_leaves_with_a_copy_of_the_value() -> None:
    value = [1]
    with pytest.raises(ScriptExit) as caught:
        call("exit", value)
    assert caught.value.value == [1]
    assert caught.value.value is not value
    with pytest.raises(ScriptExit) as caught:
        call("exit")
    assert caught.value.value is None


def test_take_leaves_nothing_behind() -> None:
    assert call_on([1], "take") == ([1], None)


def test_tags_travel_with_a_value_and_fit_into_32_bits() -> None:
    limits = "(must be between -2147483648 and 2147483647)"
    assert call("tag", 5) == 0
    result, tagged = call_on(5, "set_tag", 3)
    assert (tagged, call("tag", tagged), result) == (5, 3, None)
    assert call("tag", call_on(tagged, "set$tag", 0)[1]) == 0
    assert message(lambda: call("set_tag", True, 1)) == "Runtime error: tags on values of type bool are not supported"
    assert message(lambda: call("set_tag", 5, INT_MAX)) == f"{INT_MAX} is too large to fit into a tag {limits}"
    assert message(lambda: call("set$tag", 5, -(1 << 40))) == f"{-(1 << 40)} is too small to fit into a tag {limits}"


@pytest.mark.parametrize("seconds", [0, -1, -2.5, nan, inf, 0.0])
def test_sleeping_for_no_time_returns_at_once(seconds) -> None:
    context = StdContext()
    assert call("sleep", seconds, context=context) is None
    assert context.charges == 0


def test_sleeping_looks_at_the_deadline() -> None:
    context = StdContext()
    start = time.monotonic()
    call("sleep", 0.12, context=context)
    assert time.monotonic() - start >= 0.12
    assert context.charges >= 2


def test_script_functions_are_listed_by_name_and_parameters() -> None:
    assert call("get_fn_metadata_list", "f") == [{"name": "f", "params": ["a"]}, {"name": "f", "params": []}]
    assert call("get_fn_metadata_list", "f", 1) == [{"name": "f", "params": ["a"]}]
    assert call("get_fn_metadata_list", "f", -1) == []
    assert len(call("get_fn_metadata_list")) == 3
