"""Object maps: always in the order of their keys."""

from __future__ import annotations

import pytest

from horus_runtime.errors import EvalError
from horus_runtime.runtime.callbacks import CallbackError
from horus_runtime.runtime.fn_ptr import FnPtr
from tests.support.std_calls import StdContext, call, call_on, closure, message


@pytest.mark.parametrize(
    ("entries", "name", "args", "result", "after"),
    [
        ({"a": 1}, "len", (), 1, {"a": 1}),
        ({}, "is_empty", (), True, {}),
        ({"a": None}, "contains", ("a",), True, {"a": None}),
        ({"a": 1}, "get", ("b",), None, {"a": 1}),
        ({"a": 1}, "set", ("b", 2), None, {"a": 1, "b": 2}),
        ({"a": 1}, "remove", ("a",), 1, {}),
        ({"a": 1}, "remove", ("b",), None, {"a": 1}),
        ({"a": 1}, "clear", (), None, {}),
        ({"b": 1, "a": 2, "Z": 3}, "keys", (), ["Z", "a", "b"], ...),
        ({"b": 1, "a": 2, "Z": 3}, "values", (), [3, 2, 1], ...),
        ({"a": 1}, "mixin", ({"a": 2, "b": 3},), None, {"a": 2, "b": 3}),
        ({"a": 1}, "fill_with", ({"a": 2, "b": 3},), None, {"a": 1, "b": 3}),
    ],
)
def test_a_map_works_as_in_rhai(entries, name, args, result, after) -> None:
    before = dict(entries)
    assert call_on(entries, name, *args) == (result, before if after is ... else after)


def this_plus_ten(cell, key):
    cell.v += 10
    return f"{key}{cell.v}"


@pytest.mark.parametrize(
    ("name", "callback", "result", "after"),
    [
        ("map", closure(lambda k, v: [k, v], 2), {"a": ["a", 1], "b": ["b", 2]}, {"a": 1, "b": 2}),
        ("map", closure(this_plus_ten, 1), {"a": "a11", "b": "b12"}, {"a": 11, "b": 12}),
        ("filter", closure(lambda k, v: v == 1, 2), {"a": 1}, {"a": 1, "b": 2}),
        ("filter", closure(lambda k, v: 5, 2), {}, {"a": 1, "b": 2}),
        ("drain", closure(lambda k, v: v == 1, 2), {"a": 1}, {"b": 2}),
        ("retain", closure(lambda k, v: v == 1, 2), {"b": 2}, {"a": 1}),
    ],
)
def test_callbacks_get_the_key_and_the_value(name, callback, result, after) -> None:
    assert call_on({"b": 2, "a": 1}, name, callback) == (result, after)


def test_a_native_callback_gets_the_value_before_the_key() -> None:
    assert call("map", {"a": "xay"}, FnPtr("contains")) == {"a": True}


@pytest.mark.parametrize(("name", "blamed"), [("map", "filter"), ("filter", "filter"), ("drain", "drain")])
def test_a_wrong_number_of_parameters_is_a_missing_function(name, blamed) -> None:
    signature = "anon$0123456789abcdef (&str | ImmutableString | String, i64)"
    text = f"Function not found: {signature}\nin call to function '{blamed}'"
    assert message(lambda: call(name, {"a": 1}, closure(lambda: 1, 0))) == text


def test_the_property_whose_callback_fails_is_lost() -> None:
    def picky(key, value):
        if key == "b":
            raise EvalError("ErrorRuntime", "Runtime error: 1")
        return True

    entries = {"a": 1, "b": 2, "c": 3}
    with pytest.raises(CallbackError):
        call("drain", entries, closure(picky, 2))
    assert entries == {"c": 3}


@pytest.mark.parametrize(
    ("name", "args"), [("mixin", ({"b": 1, "c": 2},)), ("fill_with", ({"b": 1, "c": 2},)), ("set", ("b", 1))]
)
def test_growth_is_priced_before_it_happens(name, args) -> None:
    entries = {"a": 0, "z": 0}
    text = message(lambda: call_on(entries, name, *args, context=StdContext(properties=2)))
    assert (text, entries) == ("Size of object map too large", {"a": 0, "z": 0})


def test_values_are_copies() -> None:
    entries = {"a": [1]}
    call("values", entries)[0].append(2)
    call("get", entries, "a").append(2)
    assert entries == {"a": [1]}
