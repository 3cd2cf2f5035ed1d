"""What `import` makes visible, for how long, and how errors in modules are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import horus_runtime as hr

INNER = """
fn one() { 1 }
fn two() { one() + 1 }
fn call_named() { Fn("one").call() }
fn ask() { helper() }
fn bad() { nope() }
fn closure() { |x| x + 1 }
fn int.dbl() { this * 2 }
private fn hidden() { 1 }
export const A = 5;
export let list = [1];
fn constant() { global::A }
"""
OUT_OF_BOUNDS = "Array index 5 out of bounds: only 1 element in array"
CIRCLE = "Module not found: circle (imports itself)"
NON_PURE = "ErrorNonPureMethodCallOnConstant"
NO_PUSH = "Non-pure method 'push' cannot be called on constant"
MISSING_ONE = "Function not found: m::one (i64, &str | ImmutableString | String)"
OUTER = 'import "inner" as inner; fn three() { inner::two() + 1 } export const B = inner::A + 1;'


def engine_with(**modules: str) -> hr.Engine:
    resolver = hr.StaticModuleResolver()
    for name, text in {"inner": INNER, "outer": OUTER, **modules}.items():
        engine = hr.Engine()
        engine.module_resolver = resolver
        resolver.insert(name, hr.Module.eval_ast_as_new(hr.Scope(), engine.compile(text), engine))
    engine = hr.Engine()
    engine.module_resolver = resolver
    return engine


def failure(text: str, engine: hr.Engine | None = None) -> tuple[str, str, Any]:
    with pytest.raises(hr.HorusError) as caught:
        (engine or engine_with()).eval(text)
    return caught.value.kind, caught.value.message, caught.value.position


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('import "inner" as m; m::two()', 2),
        ('import "inner" as m; m::call_named()', 1),
        ('import "inner" as m; [m::A, m::list, m::constant()]', [5, [1], 5]),
        ('import "outer" as o; [o::three(), o::B, o::inner::one()]', [3, 6, 1]),
        ('fn f() { m::one() } import "inner" as m; f()', 1),
        ('fn f() { m::one() } fn g() { import "inner" as m; f() } g()', 1),
        ('let f = (); { import "inner" as m; f = || m::one(); } f.call()', 1),
        ('eval("import \\"inner\\" as m;"); m::one()', 1),
        ('import "inner" as m; fn helper() { "mine" } m::ask()', "mine"),
        ('import "inner"; 5.dbl()', 10),
        ('import "inner" as m; let copy = m::list; copy.push(2); [copy, m::list]', [[1, 2], [1]]),
    ],
)
def test_what_a_module_offers_is_found_by_its_path(text: str, value: Any) -> None:
    assert engine_with().eval(text) == value


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ('{ import "inner" as m; m::one(); } m::one()', 36),
        ('if true { import "inner" as m; m::one() } m::one()', 43),
        ('fn t() { import "inner" as m; m::one() } t(); m::one()', 47),
        ('for i in 0..2 { import "inner" as m; m::one() } m::one()', 49),
        ('try { import "inner" as m; throw 1 } catch { m::one() }', 46),
        ('import "inner"; m::one()', 17),
    ],
)
def test_an_import_ends_with_its_block(text: str, column: int) -> None:
    assert failure(text) == ("ErrorModuleNotFound", "Module not found: m", (1, column))


def test_code_goes_on_to_see_the_first_of_two_modules_of_one_name() -> None:
    expected = ("ErrorFunctionNotFound", "Function not found: m::three ()", (1, 48))
    assert failure('import "inner" as m; { import "outer" as m; m::three() }') == expected
    assert engine_with().eval('import "inner" as m; fn t() { m::three() } import "outer" as m; t()') == 3


@pytest.mark.parametrize(
    ("rest", "kind", "message", "column"),
    [
        ("m::A = 2;", "ErrorAssignmentToConstant", "Cannot modify constant A", 25),
        ("m::A += 2;", "ErrorAssignmentToConstant", "Cannot modify constant A", 25),
        ("m::list[0] = 2;", "ErrorAssignmentToConstant", "Cannot modify constant list", 22),
        ("m::nope = 2;", "ErrorVariableNotFound", "Variable not found: m::nope", 22),
        ("m::list.push(2)", NON_PURE, NO_PUSH, 30),
        ("push(m::list, 2)", NON_PURE, NO_PUSH, 22),
        ("m::hidden()", "ErrorFunctionNotFound", "Function not found: m::hidden ()", 25),
        ('m::one(1, "a")', "ErrorFunctionNotFound", MISSING_ONE, 25),
        ("m::sub::f()", "ErrorFunctionNotFound", "Function not found: m::sub::f ()", 30),
        ("m::sub::X", "ErrorVariableNotFound", "Variable not found: m::sub::X", 22),
        ("x::y::z", "ErrorModuleNotFound", "Module not found: x::y", 22),
        (
            "m::bad()",
            "ErrorInFunctionCall",
            "Function not found: nope () @ 'inner' (line 6, position 12)\nin call to function 'bad' (from 'inner')",
            25,
        ),
    ],
)  # fmt: skip
def test_a_wrong_use_of_a_module_is_told_with_its_place(rest: str, kind: str, message: str, column: int) -> None:
    assert failure(f'import "inner" as m; {rest}') == (kind, message, (1, column))


def test_every_executed_import_counts_for_the_limit() -> None:
    engine = engine_with()
    engine.max_modules = 2
    expected = ("ErrorTooManyModules", "Too many modules imported", (1, 17))
    assert failure('for i in 0..5 { import "inner" as m; print(i); }', engine) == expected


def files(folder: Path, **texts: str) -> hr.Engine:
    for name, text in texts.items():
        (folder / f"{name}.rhai").write_text(text)
    engine = hr.Engine()
    engine.module_resolver = hr.FileModuleResolver(folder)
    return engine


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("broken", "Syntax error: Unexpected ';' (line 1, position 9)\nin module 'broken'"),
        ("fails", f"{OUT_OF_BOUNDS} (line 1, position 16)\nin module 'fails'"),
        (
            "nested",
            f"{OUT_OF_BOUNDS} (line 1, position 16)\nin module 'fails' (line 1, position 8)\nin module 'nested'",
        ),
        ("missing", "Module not found: nowhere (line 1, position 8)\nin module 'missing'"),
        ("circle", f"{CIRCLE} (line 1, position 8)\nin module 'round' (line 1, position 8)\nin module 'circle'"),
    ],
)
def test_an_error_in_a_module_names_the_modules_on_the_way(tmp_path: Path, name: str, message: str) -> None:
    engine = files(
        tmp_path,
        broken="let x = ;",
        fails="let a = [1]; a[5]",
        nested='import "fails" as q;',
        missing='import "nowhere" as q;',
        circle='import "round" as r;',
        round='import "circle" as c;',
    )
    assert failure(f'import "{name}" as b;', engine) == ("ErrorInModule", message, (1, 8))


def test_what_a_module_threw_is_what_the_importer_catches(tmp_path: Path) -> None:
    engine = files(tmp_path, throws='throw "x";')
    caught: list[str] = []
    engine.on_print(caught.append)
    engine.run('try { import "throws" as t; print(t::x); } catch (e) { print(e); }')
    assert caught == ["x"]
