"""What inferred types make of the emitted code, and that the value stays what it was without them."""

from __future__ import annotations

import pytest

import horus_runtime as hr
from horus_runtime.cli.commands.check import emitted
from tests.support.variants import engine_of

VARIANTS = ["default", "generic", "untyped", "plain", "exact sizes"]


NO_STRING = "Data type incorrect: i64 (expecting string)"


def code(script: str) -> str:
    return "\n".join(emitted(script, "test.rhai", "py"))


SHOW = "fn show(value) { let text = value.to_string(); text.replace(`x`, `y`); text } "


def test_a_function_is_specialised_on_several_classes_of_plain_values() -> None:
    script = SHOW + "let m = #{ a: 1, b: `x` }; let all = ``; for key in [`a`, `b`] { all += show(m[key] ?? 0); } all"
    made = code(script)
    assert "def fn_show__int_or_str(_d, value):" in made
    assert "text = f'{value}'" in made
    assert "_replace_string_string_string(text, 'x', 'y')" in made
    assert [engine_of(variant).eval(script) for variant in VARIANTS] == ["1y"] * len(VARIANTS)


def test_variants_for_more_and_more_classes_are_joined() -> None:
    script = SHOW + (
        "let a = [1]; let all = ``; for i in 0..2 { all += show(a[0]); a[0] = `x`; all += show(a[0]); a[0] = 2.5; }"
        " all += show(a[0]); all"
    )
    made = code(script)
    assert made.count("def fn_show__") == 1
    assert "def fn_show__int_or_float_or_str(_d, value):" in made
    assert [engine_of(variant).eval(script) for variant in VARIANTS] == ["1y2.5y2.5"] * len(VARIANTS)


@pytest.mark.parametrize(
    ("script", "value"),
    [
        ('let m = #{ a: 1 }; let k = parse_json(`"a"`); m[k]', 1),
        ('let m = #{ a: 1 }; let k = parse_json(`"b"`); m[k] = 5; m[k] += 1; m', {"a": 1, "b": 6}),
        ('let p = parse_json(`{"a": [1]}`); let k = "a"; [p[k], p["b"] == (), p.a == (), p.a != (), p.a.len()]',
         [[1], True, False, True, 1]),
        ('let p = parse_json(`{"t": "abc", "m": {"len": 9}}`); [p.t.len(), p.m.len(), p.m.len]', [3, 1, 9]),
        ("let list = [[1]]; let text = #{ b: list, a: 1 }.to_json(); list.push([2]); [text, list]",
         ['{"a":1,"b":[[1]]}', [[1], [2]]]),
        ("let list = [1]; [[list, ()].contains([1]), [list].len(), [1, list].to_string()]", [True, 1, "[1, [1]]"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("variant", VARIANTS)
def test_short_ways_give_what_the_general_ones_give(variant, script, value) -> None:
    assert engine_of(variant).eval(script) == value


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("let m = #{}; let k = parse_json(`1`);\nm[k]", f"{NO_STRING} (line 2, position 3)"),
        ("let m = #{}; let k = parse_json(`1`);\nm[k] = 2", f"{NO_STRING} (line 2, position 3)"),
        ("let k = parse_json(`1`);\nk.len()", "Function not found: len (i64) (line 2, position 3)"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("variant", VARIANTS)
def test_short_ways_fail_as_the_general_ones_fail(variant, script, message) -> None:
    with pytest.raises(hr.EvalError) as caught:
        engine_of(variant).eval(script)
    assert str(caught.value) == message


def test_items_of_a_range_are_integers_whatever_its_end_is() -> None:
    made = code("fn sum(n) { let total = 0; for i in 1..n { total += i * 2; } total } sum(parse_json(`4`))")
    assert "_turns_of(_range(1, n)," in made
    assert "type(i)" not in made


class Shelf:
    """A type of the host with a length beyond that of any array, and with ranges of its own."""


def shelf_engine(variant: str) -> hr.Engine:
    engine = engine_of(variant)
    engine.register_type(Shelf)
    engine.register_fn("shelf", Shelf)

    @engine.fn(name="len")
    def length(shelf: Shelf) -> int:
        return 2**63 - 1  # more than any array has

    return engine


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_end_of_a_range_is_not_bounded_by_a_length_of_the_host(variant) -> None:
    script = "let s = shelf(); let last = 0; for i in parse_int(`9223372036854775804`)..s.len() { last = i; } last * 2"
    with pytest.raises(hr.EvalError) as caught:
        shelf_engine(variant).eval(script)
    assert caught.value.message == "Multiplication overflow: 9223372036854775806 * 2"


@pytest.mark.parametrize("variant", VARIANTS)
def test_ranges_of_the_host_keep_their_items(variant) -> None:
    engine = shelf_engine(variant)

    @engine.operator("..")
    def shelves(start: int, end: Shelf) -> list:
        return ["a", "b"]

    script = "fn all(end) { let found = []; for x in 1..end { found.push(x); } found } all(shelf())"
    assert engine.eval(script) == ["a", "b"]


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("let x = parse_json(`{}`);\nif x.a == 0 { 1 } else { 2 }", 2),
        ("let x = parse_json(`1`);\nif x == 1 && x < 2 { 1 } else { 2 }", 1),
        ("let x = parse_json(`[]`);\nif x < 2 { 1 } else { 2 }", 2),
        ("let x = parse_json(`3`);\nlet y = x * x + x; while y > 10 { y -= 5; } y", 7),
        ("let x = parse_json(`1.5`);\n[x * x, x + x]", [2.25, 3.0]),
    ],
)
def test_conditions_and_squares_of_unknown_values(variant, script, message) -> None:
    assert engine_of(variant).eval(script) == message
