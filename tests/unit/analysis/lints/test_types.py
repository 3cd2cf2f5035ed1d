"""Type errors that inference is certain of: where every run fails, where some runs do, and what is left alone."""

import pytest

import horus_runtime as hr
from horus_runtime.analysis.lints.types import CODES
from horus_runtime.engine.linting import lint_script


def found(text, engine=None):
    engine = engine or hr.Engine()
    findings = lint_script(engine, engine.compile(text))
    return [(f.severity, f.span[:2], f.message) for f in findings if f.code in CODES]


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ('let n = 1; let s = "a"; n - s', 27, "'-' is not defined for i64 and string"),
        ('let n = 1; n -= "a";', 14, "'-' is not defined for i64 and string"),
        ('let n = 1; n = n * "a";', 18, "'*' is not defined for i64 and string"),
        ("let b = true; b += 1;", 17, "'+' is not defined for bool and i64"),
        ('let s = "a"; -s', 14, "'-' is not defined for string"),
        ("let n = 2; !n", 12, "'!' is not defined for i64"),
        ('let s = "a"; for i in 0..s { print(i); }', 24, "'..' is not defined for i64 and string"),
        ("let n = 1; if n { print(n); }", 15, "this must be true or false, and is i64"),
        ("let n = 1; while n { print(n); }", 18, "this must be true or false, and is i64"),
        ("let n = 1; let b = n && f(); fn f() { true } b", 20, "this must be true or false, and is i64"),
        ("let n = 5; for i in n { print(i); }", 21, "'for' cannot walk through i64"),
        ("let f = 1.5; f[0]", 15, "f64 cannot be indexed"),
        ('let a = ["x"]; a["a"]', 18, "array is indexed by i64, not by string"),
        ("let m = #{}; m[1]", 16, "map is indexed by string, not by i64"),
        ('let s = "a"; s["b"]', 16, "string is indexed by i64 or a range, not by string"),
        ("let n = 1; n.foo", 14, "i64 has no property 'foo'"),
        ("let a = [1]; a.len = 2;", 16, "array has no property 'len' to set"),
        ("let t = (); t.foo", 15, "() has no property 'foo'"),
        ('let s = "a"; s.foo()', 16, "string has no method 'foo'"),
        ("let n = 10; n.abs().trim()", 21, "i64 has no method 'trim'"),
        ("let a = [1]; a.push(1, 2);", 16, "'push' of array takes 1 argument, not 2"),
        ('"a".split(1.5)', 5, "'split' does not take (string, f64)"),
        ("let n = 1; len(n)", 12, "'len' does not take (i64)"),
        ('fn f(x) { x - "a" } f(1)', 13, "'-' is not defined for i64 and string"),
        ('fn f(x) { g(x) } fn g(x) { x - 1 } f("a")', 30, "'-' is not defined for string and i64"),
        ("fn f() { this - true } let n = 1; n.f()", 15, "'-' is not defined for i64 and bool"),
        ("if true { print(1); } let n = 1; n.foo", 36, "i64 has no property 'foo'"),
        ("for i in 0..3 { if i > 1 { break; } } let n = 1; n.foo", 52, "i64 has no property 'foo'"),
        ('import "std/strings" as s; s::title("a"); let n = 1; n.foo', 56, "i64 has no property 'foo'"),
    ],
)
def test_what_every_run_fails_at_is_an_error(text, column, message):
    assert found(text) == [("error", (1, column), message)]
    with pytest.raises(hr.EvalError):
        hr.Engine().eval(text)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ('fn f() { 1 - "a" }', 12),
        ('let n = 1; if n > 1 { n - "a" } else { n }', 25),
        ('let n = 1; n > 1 && n - "a"', 23),
        ('let n = 1; for i in 0..n { i - "a" }', 30),
        ('let n = 1; while n < 1 { n - "a" }', 28),
        ('let n = 1; switch n { 2 => n - "a", _ => 0 }', 30),
        ('let n = 1; if n == 1 { return 1; } n - "a"', 38),
        ('[1].filter(|x| x - "a" == 2)', 18),
        ('let n = 1; try { print(n); } catch { n - "a" }', 40),
        ('let n = 1; n ?? n - "a"', 19),
        ('if timestamp() == 0 { exit(); } let n = 1; n - "a"', 46),
        ('import "mine" as m; let n = 1; n - "a"', 34),
    ],
)
def test_what_some_runs_come_to_is_a_warning(text, column):
    assert [finding[:2] for finding in found(text)] == [("warning", (1, column))]


@pytest.mark.parametrize(
    "text",
    [
        'try { 1 - "a" } catch { }',
        'let x = 5; if type_of(x) == "string" { x - 1 }',
        'fn f(x) { if type_of(x) == "string" { x.to_upper() } else { x } } f(1)',
        'let x = 1; x = "a"; x += 1;',
        "let x; x = 5; x + 1",
        "let m = #{f: |x| x}; m.f(1)",
        "fn double() { this * 2 } let n = 4; n.double()",
        "fn int.twice() { this * 2 } let n = 4; n.twice()",
        "let n = 1; n.tag = 5; n.tag",
        'let x = (); x?.foo?.bar ?? x?["a"] ?? "none"',
        'let x = (); x["a"]?["b"]',
        'let s = "abc"; s[0..2] + s[1]',
        "let n = 5; n[0] || n[0..2] == 1",
        'let b = blob(3); b += 5; b += "a"; b[1]',
        "let timer = timestamp(); timer - 5; timer.elapsed > 1.0",
        "let f = |x| x + 1; f.call(1); f.curry(1).call()",
        "let f = 5; let f = |x| x; f.call(1)",
        'eval("fn late(x) { x }"); late(1)',
        "let v = 1; if v { }",  # Rhai drops it
        'import "std/testing" as t; t::assert_eq(1, 1)',
    ],
)
def test_what_may_succeed_is_left_alone(text):
    assert found(text) == []


def test_what_a_host_registers_is_known():
    engine = hr.Engine()

    @engine.fn
    def shout(text: str) -> str:
        return text.upper()

    engine.register_fn("-", lambda a, b: a.replace(b, ""), params=(str, str))
    assert found('let s = "abc"; s - "b"', engine) == []
    assert found('let s = "abc"; s.shout()', engine) == []
    assert found("let n = 1; n.shout()", engine) == [("error", (1, 14), "i64 has no method 'shout'")]


def test_hints_show_what_would_do():
    engine = hr.Engine()
    [finding] = lint_script(engine, engine.compile('let n = 1; let s = "a"; s.index_off("b")'))
    assert (finding.code, finding.hint) == ("unknown-method", "did you mean 'index_of'?")
    [finding] = lint_script(engine, engine.compile('abs("a")'))
    assert (finding.code, finding.hint) == ("argument-type", "it takes abs(f64); abs(i64)")
