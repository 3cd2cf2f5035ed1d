"""Hints for names that are nearly right: beside Rhai's message, never in it."""

import pickle

import pytest

import horus_runtime as hr
from horus_runtime.errors import EvalError


def failure(script, engine=None, **scope):
    variables = hr.Scope()
    for name, value in scope.items():
        variables.push(name, value)
    with pytest.raises(hr.HorusError) as caught:
        (engine or hr.Engine()).eval(script, scope=variables)
    return caught.value


@pytest.mark.parametrize(
    ("script", "message", "hint"),
    [
        ("let counter = 1; countr + 1", "Variable not found: countr", "did you mean 'counter'?"),
        ("let value = 1; missing_entirely", "Variable not found: missing_entirely", None),
        ("fn double(n) { n * 2 } duble(4)", "Function not found: duble (i64)", "did you mean 'double'?"),
        (
            "fn f(amount) { amuont } f(1)",
            "Variable not found: amuont",
            "did you mean 'amount'?",
        ),
        ("let list = [1]; let f = |index| indx; f.call(1)", "Variable not found: indx", None),
    ],
)
def test_a_near_name_is_suggested(script, message, hint):
    error = failure(script)
    assert (error.root().message, error.hint) == (message, hint)


def test_variables_of_the_host_are_suggested():
    error = failure("custmer", customer="Ann")
    assert (error.message, error.hint) == ("Variable not found: custmer", "did you mean 'customer'?")


def test_modules_and_their_functions_are_suggested():
    engine = hr.Engine()
    module = hr.Module()
    module.register_fn("area", lambda: 1)
    engine.register_static_module("geometry", module)
    error = failure("geometri::area()", engine)
    assert (error.message, error.hint) == ("Module not found: geometri", "did you mean 'geometry'?")
    error = failure("geometry::aera()", engine)
    assert (error.message, error.hint) == ("Function not found: geometry::aera ()", "did you mean 'area'?")


def test_strict_variables_suggest_while_they_parse():
    engine = hr.Engine()
    engine.strict_variables = True
    error = failure("let counter = 1; countr", engine)
    assert (error.message, error.hint) == ("Undefined variable: countr", "did you mean 'counter'?")
    error = failure('import "std/path" as path; pth::parts("a")', engine)
    assert (error.message, error.hint) == ("Undefined module: pth", "did you mean 'path'?")


def test_the_hint_stands_below_the_excerpt():
    error = failure("let counter = 1;\ncountr + 1")
    assert error.render("main.rhai") == (
        "main.rhai:2:1\n2: countr + 1\n   ^ Variable not found: countr\nhint: did you mean 'counter'?"
    )
    assert error.to_dict()["hint"] == "did you mean 'counter'?"


def test_a_hint_is_looked_for_when_it_is_read_and_survives_pickling():
    asked = []
    error = EvalError("ErrorRuntime", "Runtime error", None, hint=lambda: asked.append(1) or "look here")
    assert asked == []
    assert pickle.loads(pickle.dumps(error)).hint == "look here"
    assert (error.hint, asked) == ("look here", [1])
