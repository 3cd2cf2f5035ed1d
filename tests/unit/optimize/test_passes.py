"""What each optimizer level does to a script, and that it shows only where Rhai's own optimizer shows."""

from __future__ import annotations

import re
from typing import Any

import pytest

import horus_runtime as hr
from horus_runtime.ast.printer import dump
from horus_runtime.optimize.passes import optimize
from horus_runtime.syntax.rhai import parse_script

UNSEEN = [
    "1 + 2 * 3 - 4 / 2 + 7 % 4 + 2 ** 5",
    "'a' + 'b' + \"c\" + 1 + 2.5 + true",
    "[1 < 2, 'a' == \"a\", 0.1 + 0.2 == 0.3, 1 == 1.0, () == ()]",
    "[1 << 64, -1 >> 3, 6 & 3, 6 | 3, 6 ^ 3, !true, -(-5), +3]",
    "const N = 3; let s = 0; for i in 0..N { s += N * i; } s",
    "const N = 3; { const N = 4; N + 1 } + N",
    "const N = 3; let f = |N| N + 1; f.call(10) + N",
    "const N = 3; fn f(N) { N + 1 } f(10) + N",
    "const N = 3; let N = 4; N + 1",
    'const N = 3; eval("let N = 40;"); N + 2',
    "const DEBUG = false; if DEBUG { print(1); 1 } else { print(2); 2 }",
    "let x = 1; if 1 == 1 { x = 2; } else { x = 3; } x",
    "let x = 5; while false { x = 1; } x",
    "let x = [1]; let y = x; x = x + [2]; [x, y]",
    "fn f(a) { a = a + [2]; a } let b = [1]; [f(b), b]",
    "let n = 10; let s = 0; loop { n = n - 1; s = s + n; if n == 0 { break s; } }",
    'let s = ""; for c in "abc" { s = s + c; } s',
    "fn f() { return 1; print(2); } f()",
    'let x = 1; let f = || { x; is_def_var("x") }; [f.call(), is_shared(x)]',
    "let x = 1; let f = || { if false { x } else { 2 } }; [f.call(), is_shared(x)]",
    "let x = 1; let f = || false && x; [f.call(), is_shared(x)]",
    "switch 2 { 1 => 10, 2 if true && true => 10 + 10, _ => 0 }",
    "let a = 9223372036854775807; try { a + 1 } catch (e) { print(e.message); }",
    "try { 1 / 0 } catch (e) { print(e.message); }",
    "() ?? 5 + 6",
    "`a${1 + 2}b${'c'}`",
    "let n = 1; for x in 0..3 { } for x in [1, 2] { n + 1; } n",
]

POINTERS = 'Runtime error: [Fn*+("anon$"), Fn+("f")]'
CONSTANT_PUSH = "Non-pure method 'push' cannot be called on constant (line 1, position 29)\nin closure call"
CONSTANT_CALL = "Non-pure method 'push' cannot be called on constant (line 1, position 39)\nin closure call"


def outcome(text: str, level: str) -> tuple[Any, ...]:
    engine = hr.Engine()
    engine.optimization_level = level
    printed: list[str] = []
    engine.on_print(printed.append)
    scope = hr.Scope()
    try:
        result: Any = engine.eval(text, scope=scope)
    except hr.HorusError as error:
        result = (error.kind, error.message, error.position)
    return result, printed, [(name, constant, engine.to_debug(value)) for name, constant, value in scope]


@pytest.mark.parametrize("level", ["simple", "full"])
@pytest.mark.parametrize("text", UNSEEN)
def test_an_optimized_script_does_what_the_plain_one_does(text: str, level: str) -> None:
    assert outcome(text, level) == outcome(text, "none")


@pytest.mark.parametrize(
    ("text", "plain", "simple"),
    [
        ("let v = 1; v && true", "Data type incorrect: i64 (expecting bool)", 1),
        ("let v = 1; false || v", "Data type incorrect: i64 (expecting bool)", 1),
        ("let v = 1; if v { } 2", "Data type incorrect: i64 (expecting bool)", 2),
        ("q; 1", "Variable not found: q", 1),
        ("try { 5 } catch { }", 5, None),
        ("try { abs(-1); 5 } catch { }", 5, 1),
        ("() ?? ()", None, False),
        ("() ?? () ?? 3", 3, 3),
        ("{ 1; {} }", None, 1),
        ("let x = 1; x = x + { x = 10; 1 }; x", 2, 11),
        ("let x = [1]; x = x + 2; x", "Function not found: + (array, i64)", [1, 2]),
        ("let a = [1]; let b = { a }.push(2); a", [1], [1, 2]),
        ("const C = 1; let f = || C; is_shared(C)", True, False),
        ("const N = 3; let s = 0; for N in 0..2 { s += N; } s", 1, 6),
        ("const N = 3; let r = 0; try { throw 1 } catch (N) { r = N; } r", 1, 3),
        ("const F = |x| x; [1].map(F)", [1], "Function not found: anon$"),
        ("const F = |x| x; F.call(1)", 1, 1),
        ("const F = |x| x; let f = |y| F.call(y); 1", 1, "Function not found: anon$"),
        ("const C = [1]; let f = || C.push(2); f.call(); C.len()", CONSTANT_PUSH, 1),
        ("const C = #{a: [1]}; let f = || { C.a.push(5); C.a.len() }; f.call() + f.call()", CONSTANT_CALL, 4),
        ("const C = ['c']; `${C}`", "[c]", "['c']"),
        ("const C = \"abc\"; C[0] = 'x'; C", "xbc", "abc"),
        ("const C = [5, 1]; C[0][0] = false; C", [4, 1], [5, 1]),
        ("let v = 1; if v {{}}", "Data type incorrect: i64 (expecting bool)", None),
        ("throw [|x| x, Fn('f')]".replace("'", '"'), POINTERS, POINTERS.replace("+", "")),
    ],
)
def test_the_simple_level_shows_where_it_shows_in_rhai(text: str, plain: Any, simple: Any) -> None:
    def result(level: str) -> Any:
        found = outcome(text, level)[0]
        return re.sub(r"anon\$\w+", "anon$", found[1]) if isinstance(found, tuple) else found

    assert (result("none"), result("simple")) == (plain, simple)


def test_an_assignment_made_compound_reports_its_place() -> None:
    text = "let x = 9223372036854775807; x = x + 1;"
    assert outcome(text, "none")[0][2] is None
    assert outcome(text, "simple")[0][2] == (1, 36)


def calls_of(level: str, text: str) -> tuple[Any, list[int], list[int]]:
    """The result, and what a volatile and a plain native were called with while the script was compiled and run."""
    engine = hr.Engine()
    engine.optimization_level = level
    called: dict[str, list[int]] = {"plain": [], "loud": []}

    @engine.fn
    def plain(x: int) -> int:
        called["plain"].append(x)
        return x + 1

    @engine.fn(volatile=True)
    def loud(x: int) -> int:
        called["loud"].append(x)
        return x + 1

    tree = engine.compile(text)
    value = [engine.eval_ast(tree), engine.eval_ast(tree)]
    return value, called["plain"], called["loud"]


def test_full_calls_natives_with_literal_arguments_once_unless_they_are_volatile() -> None:
    text = "const N = 4; plain(N) + loud(5)"
    assert calls_of("simple", text) == ([11, 11], [4, 4], [5, 5])
    assert calls_of("full", text) == ([11, 11], [4], [5, 5])


def test_full_leaves_what_fails_and_what_the_script_defines_for_run_time() -> None:
    assert outcome('try { parse_int("x") } catch { print("caught") }', "full")[1] == ["caught"]
    assert outcome('fn abs(x) { "mine" } abs(-1)', "full")[0] == "mine"


def test_none_returns_the_very_tree_and_so_does_simple_where_there_is_nothing_to_do() -> None:
    tree = parse_script("fn f(x) { let y = x; y.push(1); y } let a = [1]; f(a)")
    assert optimize(tree, "none") is tree
    assert optimize(tree, "simple") is tree


def test_operators_that_a_host_may_redefine_are_not_folded() -> None:
    tree = parse_script("1 + 2")
    assert dump(optimize(tree, "simple")) != dump(tree)
    assert optimize(tree, "simple", folds=False) is tree


def test_constants_of_the_host_reach_functions_unless_nothing_is_optimized() -> None:
    engine = hr.Engine()
    scope = hr.Scope().push_constant("LIMIT", 9).push("x", 1)
    assert engine.eval("fn f() { LIMIT } f()", scope=scope) == 9
    engine.optimization_level = "none"
    with pytest.raises(hr.EvalError) as caught:
        engine.eval("fn f() { LIMIT } f()", scope=scope)
    assert caught.value.message.startswith("Variable not found: LIMIT (line 1, position 10)")


def test_no_string_is_folded_beyond_the_limit() -> None:
    engine = hr.Engine()
    engine.max_string_size = 5
    with pytest.raises(hr.LimitError) as caught:
        engine.eval('"hel" + "lo!"')
    assert caught.value.message == "Length of string too large"
