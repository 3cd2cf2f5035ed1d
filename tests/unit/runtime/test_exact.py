"""Size limits that the host sets: what counts, where the error stands, and what is left behind."""

from __future__ import annotations

from typing import Any

import pytest

import horus_runtime as hr
from horus_runtime.runtime.exact import SLACK

STRING = "Length of string too large"
ARRAY = "Size of array/BLOB too large"
MAP = "Size of object map too large"


def run(text: str, **limits: int) -> tuple[str, int | None, dict[str, Any]]:
    """The message, the column, and the variables left behind."""
    engine = hr.Engine()
    for name, value in limits.items():
        setattr(engine, name, value)
    scope = hr.Scope()
    with pytest.raises(hr.LimitError) as caught:
        engine.eval(text, scope=scope)
    assert caught.value.kind == "ErrorDataTooLarge"
    position = caught.value.position
    return caught.value.message, position.column if position else None, {name: value for name, _, value in scope}


@pytest.mark.parametrize(
    ("text", "column", "left"),
    [
        ('let s = "hel"; s += "lo!";', 18, {"s": "hel"}),
        ('let s = "hel"; `${s}lo!`', 21, {"s": "hel"}),
        ('let s = "hel"; s + "lo!"', None, {"s": "hel"}),
        ('let s = "hel"; [s, s]', 20, {"s": "hel"}),
        ('let s = "hel"; #{a: s, b: s}', 27, {"s": "hel"}),
        ('let s = "hel"; s.append("lo!");', 18, {"s": "hello!"}),
        ('let a = ["hel"]; a.push("hel");', 20, {"a": ["hel", "hel"]}),
        ('let m = #{}; m.a = "hel"; m.b = "hel";', 31, {"m": {"a": "hel", "b": "hel"}}),
        ("123456.to_string()", 8, {}),
        ("print([1, 2, 3])", 1, {}),
        ('let x = "abc"; x.pad(10, "-");', 18, {"x": "abc"}),
    ],
)
def test_all_strings_of_a_value_count_together(text: str, column: int | None, left: dict[str, Any]) -> None:
    assert run(text, max_string_size=5) == (STRING, column, left)


@pytest.mark.parametrize(
    ("text", "column", "left"),
    [
        ("let a = [1, 2]; a + [3, 4]", 19, {"a": [1, 2]}),
        ("let a = [1, 2]; a.append([3, 4]);", 19, {"a": [1, 2, 3, 4]}),
        ("let a = [1, 2]; a.push([1]);", 19, {"a": [1, 2, [1]]}),
        ("let x = [1]; [x, x]", 18, {"x": [1]}),
        ("let a = [1, 2]; a += 3; a += 4;", 27, {"a": [1, 2, 3, 4]}),
        ("let b = blob(2); b += 1; b += 2;", 28, {"b": bytearray([0, 0, 1])}),
        ("[1, 2].map(|x| [x])", 8, {}),
        ("fn f(a) { [a, a] } f([1])", 20, {}),
    ],
)
def test_nested_elements_count(text: str, column: int, left: dict[str, Any]) -> None:
    assert run(text, max_array_size=3) == (ARRAY, column, left)


@pytest.mark.parametrize(
    ("text", "column", "left"),
    [
        ("let m = #{a: 1}; m.b = 2; m.c = 3;", 31, {"m": {"a": 1, "b": 2, "c": 3}}),
        ("let m = #{a: 1}; m.b = #{c: 1};", 22, {"m": {"a": 1, "b": {"c": 1}}}),
        ('let m = #{a: 1, b: 2}; m.set("c", 3);', 26, {"m": {"a": 1, "b": 2, "c": 3}}),
        ("let m = #{a: 1, b: 2}; m + #{c: 3}", 26, {"m": {"a": 1, "b": 2}}),
    ],
)
def test_properties_count_with_their_map(text: str, column: int, left: dict[str, Any]) -> None:
    assert run(text, max_map_size=2) == (MAP, column, left)


@pytest.mark.parametrize(
    "text",
    ["let a = [1, 2]; a += [3, 4]; a", 'let m = #{}; for i in 0..4 { m["k" + i] = i; } m'],
)
def test_rhai_lets_arrays_and_maps_grow_by_appending_and_by_index(text: str) -> None:
    engine = hr.Engine()
    engine.max_array_size = engine.max_map_size = 3
    assert len(engine.eval(text)) == 4
    with pytest.raises(hr.LimitError):
        engine.eval(text + ".len()")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("let a = [1, 2]; loop { a += a; }", ARRAY),
        ('let m = #{}; let i = 0; loop { m["k" + i] = i; i += 1; }', MAP),
    ],
)
def test_but_not_without_bounds(text: str, message: str) -> None:
    assert SLACK == 1 << 20
    assert run(text, max_array_size=3, max_map_size=3)[0] == message


@pytest.mark.parametrize(
    "text",
    ["let a = [1]; loop { a.insert(0, 1); }", "let a = [1]; loop { a += a; }", "let a = []; loop { a += 1; }"],
)
def test_the_default_limits_stop_growth_as_well(text: str) -> None:
    limits = hr.Engine().limits.with_(max_array_size=1000)
    engine = hr.Engine()
    engine._limits = limits  # not set by the host: the checks of the defaults
    with pytest.raises(hr.LimitError) as caught:
        engine.eval(text)
    assert caught.value.message == ARRAY
