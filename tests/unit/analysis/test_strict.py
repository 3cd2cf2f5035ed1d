"""Names that must be declared, must not be declared twice, or may not be declared at all."""

from __future__ import annotations

from typing import Any

import pytest

import horus_runtime as hr


def strict() -> hr.Engine:
    engine = hr.Engine()
    engine.strict_variables = True
    return engine


def without_shadowing() -> hr.Engine:
    engine = hr.Engine()
    engine.allow_shadowing = False
    return engine


def failure(engine: hr.Engine, text: str, **variables: Any) -> tuple[str, str, Any]:
    with pytest.raises(hr.HorusError) as caught:
        engine.eval(text, scope=hr.Scope(variables))
    return caught.value.kind, caught.value.message, caught.value.position


@pytest.mark.parametrize(
    ("text", "name", "column"),
    [
        ("x", "x", 1),
        ("x = 1;", "x", 1),
        ("q += 1;", "q", 1),
        ("q.z = 1", "q", 1),
        ("let x = x;", "x", 9),
        ("fn f() { y } let y = 1;", "y", 10),
        ("const A = 1; fn f() { A }", "A", 23),
        ("let f = |a| a + b;", "b", 17),
        ("let a = || || q;", "q", 15),
        ("for i in 0..3 { i } i", "i", 21),
        ("try { 1 } catch (e) { e } e", "e", 27),
        ("switch 1 { 1 if q => 2, _ => r }", "q", 17),
        ("{ let x = 1; } x", "x", 16),
        ("do { let q = 1; } while q == 1;", "q", 25),
        ("let x = foo; fn foo() { 1 }", "foo", 9),
        ('eval("let z = 1;"); z', "z", 21),
        ("`${q}`", "q", 4),
        ("m.f(1)", "m", 1),
    ],
)
def test_a_name_must_be_declared_before_its_use(text: str, name: str, column: int) -> None:
    assert failure(strict(), text) == ("VariableUndefined", f"Undefined variable: {name}", (1, column))


@pytest.mark.parametrize(
    ("text", "name", "column"),
    [
        ("m::x", "m", 1),
        ("sin(q::r)", "q", 5),
        ("a::b::c", "a", 1),
        ("fn f() { m::x } let a = 1;", "m", 10),
        ('{ import "m" as m; } m::f()', "m", 22),
        ('import "m"; m::A', "m", 13),
    ],
)
def test_a_module_must_be_imported_before_its_use(text: str, name: str, column: int) -> None:
    assert failure(strict(), text) == ("ModuleUndefined", f"Undefined module: {name}", (1, column))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("fn foo() { 1 } let f = || foo; f.call().call()", 1),
        ("let b = 1; let f = |a| a + b; f.call(1)", 2),
        ("const A = 4; fn f() { global::A } f()", 4),
        ("fn f() { this.x } #{x: 3}.f()", 3),
        ('is_def_var("q")', False),
        ("host + 1", 42),
        ("os::answer + os.answer", 84),
    ],
)
def test_declared_names_functions_modules_and_host_variables_are_known(text: str, value: Any) -> None:
    engine = strict()
    module = hr.Module()
    module.set_var("answer", 42)
    engine.register_static_module("os", module)
    assert engine.eval(text, scope=hr.Scope({"host": 41})) == value


def test_a_script_may_be_compiled_for_the_names_of_a_scope() -> None:
    engine = strict()
    scope = hr.Scope({"x": 20})
    assert engine.eval_ast(engine.compile("x + 1", scope=scope), scope=scope) == 21
    with pytest.raises(hr.ParseError):
        engine.compile("x + 1")


def test_the_text_of_an_eval_knows_no_variable_around_it() -> None:
    message = "Syntax error: Undefined variable: q (line 1, position 1)\nin call to function 'eval'"
    assert failure(strict(), 'let q = 1; eval("q")') == ("ErrorInFunctionCall", message, (1, 17))


@pytest.mark.parametrize(
    ("text", "name", "column"),
    [
        ("let x = 1; let x = 2;", "x", 16),
        ("let x = 1; { const x = 2; }", "x", 20),
        ("fn f(a) { let a = 1; }", "a", 15),
        ("for x in 0..2 { let x = 1; }", "x", 21),
        ("try { throw 1 } catch (e) { let e = 2; }", "e", 33),
        ("let x = 1; export let x = 2;", "x", 23),
    ],
)
def test_without_shadowing_a_name_is_declared_once(text: str, name: str, column: int) -> None:
    assert failure(without_shadowing(), text) == ("VariableExists", f"Variable already defined: {name}", (1, column))


@pytest.mark.parametrize(
    "text",
    [
        "{ let x = 1; } let x = 2;",
        "let x = 1; fn f(a) { let x = 1; } f(1);",
        "let x = 1; for x in 0..2 { }",
        "let x = 1; let f = || { let x = 2; }; f.call();",
        'for i in 0..2 { eval("let z = 1;"); }',
    ],
)
def test_functions_loops_and_finished_blocks_do_not_count_as_shadowing(text: str) -> None:
    assert without_shadowing().eval(text) is None


def test_without_shadowing_a_host_variable_is_refused_when_the_script_runs() -> None:
    expected = ("ErrorVariableExists", "Variable already defined: x", (1, 12))
    assert failure(without_shadowing(), "let y = 1; let x = 2;", x=1) == expected


def test_without_shadowing_eval_may_not_repeat_a_name_either() -> None:
    message = "Variable already defined: x (line 1, position 1)\nin call to function 'eval'"
    expected = ("ErrorInFunctionCall", message, (1, 17))
    assert failure(without_shadowing(), 'let x = 1; eval("let x = 2;")') == expected


def test_a_host_is_asked_about_declarations_when_compiling_and_when_running() -> None:
    engine = hr.Engine()
    asked: list[tuple[bool, str, bool, int, bool]] = []

    def watch(running: bool, found: Any) -> bool:
        asked.append((running, found.name, found.is_const, found.nesting_level, found.will_shadow))
        return bool(found.name != "bad")

    engine.on_def_var(watch)
    engine.eval("let a = 1; if a == 1 { const a = 2; for i in 0..1 { print(i) } }")
    assert asked == [
        (False, "a", False, 0, False),
        (False, "a", True, 1, True),
        (True, "a", False, 0, False),
        (True, "a", True, 1, True),
    ]
    assert failure(engine, "let bad = 1;") == ("ForbiddenVariable", "Forbidden variable name: bad", (1, 5))
