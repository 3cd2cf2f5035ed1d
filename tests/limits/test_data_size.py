"""`max_data_size`: the memory that the values of a script take is bounded, whatever the script does."""

import pytest

import horus_runtime as hr
from tests.support.memory import MEGABYTE, run_measured

LIMIT = 32 * MEGABYTE
SLACK = 64 * MEGABYTE
"""What the process may need besides: a value that is made, room that lists and maps keep, books, fragmentation."""

BIG = "fn big() { let s = ``; s.pad(2000000, `x`); s }"

HOSTILE = {
    "a string that doubles": "let s = `x`; loop { s += s; }",
    "a template that doubles": "let s = `x`; loop { s = `${s}${s}`; }",
    "an array of itself twice": "let a = [1]; loop { a = [a, a]; }",
    "arrays in an array": "let a = []; loop { a.push([]); }",
    "maps in an array": "let a = []; let i = 0; loop { i += 1; a.push(#{x: i, y: i}); }",
    "numbers": "let a = []; let i = 0.5; loop { i += 1.0; a.push(i); }",
    "strings": "let a = []; let i = 0; loop { i += 1; a.push(`item ${i}`); }",
    "closures that capture": "let a = []; let i = 0; loop { i += 1; let x = i; a.push(|| x); }",
    "closures that capture arrays": "let a = []; loop { let x = []; x.pad(1000, 0.5); a.push(|| x); }",
    "a map with many keys": "let m = #{}; let i = 0; loop { i += 1; m[`key ${i}`] = i; }",
    "a map with long keys": "let m = #{}; let i = 0; loop { i += 1; let k = `${i}`; k.pad(5000, `k`); m[k] = i; }",
    "nested maps": "let m = #{}; loop { m = #{a: m, b: m}; }",
    "JSON": "let t = ``; t.pad(3000000, `[],`); t = `[${t}1]`; let a = []; loop { a.push(parse_json(t)); }",
    "writing JSON": "let a = []; a.pad(400000, 123456789); let o = []; loop { o.push(#{a: a}.to_json()); }",
    "split": "let t = ``; t.pad(2000000, `ab,`); let a = []; loop { a.push(t.split(`,`)); }",
    "split into words": "let t = ``; t.pad(2000000, `ab `); let a = []; loop { a.push(t.split()); }",
    "characters": "let t = ``; t.pad(1000000, `abc`); let a = []; loop { a.push(t.to_chars()); }",
    "padding with arrays": "let a = []; a.pad(10000000, [1, 2]);",
    "blobs": "let a = []; loop { a.push(blob(1000000, 1)); }",
    "copies of small arrays": "let a = []; a.pad(300, 0.5); let b = []; loop { b.push(a); }",
    "parts of a string": "let s = ``; s.pad(4000000, `ab`); let a = []; loop { a.push(s.sub_string(a.len + 1)); }",
    "variables of a recursion": "fn f(n) { let s = ``; s.pad(2000000, `x`); let r = f(n + 1); s.len + r } f(0)",
    "operands of a recursion": BIG + " fn g(a, b) { 1 } fn f(n) { g(big(), f(n + 1)) } f(0)",
    "operands of one expression": BIG + f" [{', '.join(['big()'] * 200)}].len",
    "operands of a sum": BIG + " fn f(n) { big() + f(n + 1) } f(0)",
    "loops over temporary values": (
        "fn big() { let s = []; s.pad(600000, 0.5); s } fn f(n) { for x in big() { f(n + 1); } } f(0)"
    ),
    "results of a callback": BIG + " let a = []; a.pad(100000, 0); a.map(|x| big())",
    "results of a map's callback": BIG + " let m = #{}; for i in 0..1000 { m[`k${i}`] = 1; } m.map(|k, v| big()).len",
    "thrown values": BIG + " fn f(n) { try { throw big(); } catch (e) { f(n + 1) } } f(0)",
    "eval": 'let s = ``; loop { s = eval(`s + s + "x"`); }',
    "curried pointers": BIG + " let a = []; loop { a.push(Fn(`f`).curry(big())); }",
    "streams": BIG + " let a = []; loop { a.push(big().chars()); }",
    "sorting with a comparer": "let a = []; a.pad(2000000, 1); a.sort(|x, y| 0);",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_memory_is_bounded(name):
    ended = run_measured(HOSTILE[name], LIMIT)
    assert (ended.kind, ended.message, ended.limit) == ("ErrorDataTooLarge", "Total size of data too large", LIMIT)
    assert ended.usage > LIMIT
    assert ended.growth < LIMIT + SLACK


def small(limit=4 * MEGABYTE):
    engine = hr.Engine()
    engine.max_data_size = limit
    return engine


def test_what_was_freed_counts_no_longer():
    engine = small()
    assert engine.eval("let n = 0; for i in 0..200 { let s = ``; s.pad(1000000, `x`); n += s.len; } n") == 200_000_000


def test_a_value_that_many_places_share_counts_once():
    script = "let s = ``; s.pad(1000000, `x`); let a = []; for i in 0..1000 { a.push(s); } a.len"
    assert small().eval(script) == 1000


def test_small_numbers_take_their_place_only():
    assert small(12 * MEGABYTE).eval("let a = []; a.pad(1000000, 0); a.len") == 1_000_000


def test_the_error_says_limit_and_usage_and_cannot_be_caught():
    with pytest.raises(hr.LimitError) as caught:
        small().eval("let s = `x`;\ntry { loop { s += s; } } catch { }")
    error = caught.value
    assert str(error) == "Total size of data too large (line 2, position 16)"
    assert (error.kind, error.limit) == ("ErrorDataTooLarge", 4 * MEGABYTE)
    assert error.usage > 4 * MEGABYTE
    assert error.hint == f"max_data_size is {4 * MEGABYTE} bytes, the script's values take at least {error.usage}"
    assert error.exit_code == 3


def test_the_host_s_own_objects_do_not_count():
    engine = small()
    kept = []
    engine.register_fn("keep", lambda: kept.extend([bytes(1_000_000)] * 20))
    assert engine.eval("keep(); let a = []; for i in 0..10000 { a.push(i); } a.len") == 10_000


def test_nested_runs_have_accounts_of_their_own():
    engine = small()
    engine.register_fn("nested", lambda: engine.eval("let s = ``; s.pad(2000000, `x`); s.len"))
    assert engine.eval("let s = ``; s.pad(2500000, `x`); nested() + s.len") == 4_500_000


def test_a_bare_engine_has_the_limit_and_unlimited_is_an_explicit_act():
    assert hr.Engine().max_data_size == 256 * MEGABYTE
    assert hr.Limits.unlimited().max_data_size == 0
    assert hr.Engine(hr.Limits.unlimited()).eval("let a = []; a.pad(3000000, 0.5); a.len") == 3_000_000


def test_the_count_of_operations_is_the_same_when_a_large_value_shortens_the_strides():
    script = "fn f(x) { x + 1 } let s = ``; s.pad(SIZE, `x`); let n = 0; for c in 0..3000 { n = f(n); } n"
    spent = []
    for size in (10, 3_000_000):
        engine = hr.Engine()
        budgets = []
        engine.on_start(budgets.append)
        assert engine.eval(script.replace("SIZE", str(size))) == 3000
        spent.append(budgets[0].spent)
    assert 0 <= spent[1] - spent[0] < 3_000_000 // 100
