"""What a host may answer, add and redefine."""

from __future__ import annotations

from typing import Any

import pytest

import horus_runtime as hr


def failure(engine: hr.Engine, text: str) -> tuple[str, str, Any]:
    with pytest.raises(hr.HorusError) as caught:
        engine.eval(text)
    return caught.value.kind, caught.value.message, caught.value.position


def answering(**values: Any) -> hr.Engine:
    engine = hr.Engine()
    engine.on_var(lambda name: values.get(name, engine.NOTHING))
    return engine


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("magic + 1", 42),
        ("let magic = 1; magic + 1", 42),
        ("fn f() { magic } f()", 41),
        ("let other = 1; other += 1; other", 2),
        ("let s = 0; for i in 0..3 { s += i; } s", 3),
        ("unit", None),
    ],
)
def test_a_host_answers_for_variables_before_they_are_looked_up(text: str, value: Any) -> None:
    assert answering(magic=41, unit=None).eval(text) == value


@pytest.mark.parametrize("text", ["let magic = 1; magic = 2;", "let magic = 1; magic += 2;"])
def test_what_the_host_answers_is_constant(text: str) -> None:
    expected = ("ErrorAssignmentToConstant", "Cannot modify constant magic", (1, 16))
    assert failure(answering(magic=41), text) == expected


def test_a_host_answers_for_functions_that_do_not_exist() -> None:
    engine = hr.Engine()
    engine.on_missing_function(lambda name, args: [name, *args] if name.startswith("x_") else engine.NOTHING)
    assert engine.eval('[x_a(1), 5.x_b("c")]') == [["x_a", 1], ["x_b", 5, "c"]]
    assert failure(engine, "nope(1)") == ("ErrorFunctionNotFound", "Function not found: nope (i64)", (1, 1))


def test_variables_of_global_modules_are_constants_known_everywhere() -> None:
    engine = hr.Engine()
    module = hr.Module()
    module.set_var("LIMIT", 7)
    engine.register_global_module(module)
    assert engine.eval("fn f() { LIMIT } let g = || LIMIT + 1; [LIMIT, f(), g.call()]") == [7, 7, 8]
    assert engine.eval("let LIMIT = 1; let g = || LIMIT; [LIMIT, g.call()]") == [1, 1]
    assert engine.eval("let g = || LIMIT; g.call()", scope=hr.Scope({"LIMIT": 3})) == 3


def test_a_custom_operator_calls_the_function_of_its_name() -> None:
    engine = hr.Engine()
    engine.register_custom_operator("foo", 160)
    engine.register_fn("foo", lambda a, b: a * 10 + b)
    assert engine.eval("1 + 2 foo 3 + 1 foo 2 foo 3") == 1 + 23 + 123


@pytest.mark.parametrize(
    ("symbol", "precedence", "message"),
    [
        ("+", 160, "'+' is a reserved operator"),
        ("for", 160, "'for' is a reserved keyword"),
        ("=>", 160, "'=>' is a reserved symbol"),
        ("foo", 0, "precedence cannot be zero"),
        ("foo", 256, "precedence must be 1 to 255"),
    ],
)
def test_a_custom_operator_must_be_free_and_have_a_precedence(symbol: str, precedence: int, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        hr.Engine().register_custom_operator(symbol, precedence)
    assert str(caught.value) == message


def test_without_fast_operators_a_host_redefines_them_for_all_types() -> None:
    engine = hr.Engine()
    engine.fast_operators = False

    @engine.fn(name="+")
    def add(a: int, b: int) -> str:
        return f"{a}&{b}"

    assert engine.eval('let x = 1; let y = x + 2; [1 + 2, y, y + "!"]') == ["1&2", "1&2", "1&2!"]
    assert failure(engine, "1 / 0") == ("ErrorArithmetic", "Division by zero: 1 / 0", (1, 3))


def test_a_disabled_symbol_is_reserved() -> None:
    engine = hr.Engine()
    engine.disable_symbol("while").disable_symbol("+=")
    assert failure(engine, "while true {}") == ("Reserved", "'while' is a reserved keyword", (1, 1))
    assert failure(engine, "let x = 1; x += 1;") == ("UnknownOperator", "Unknown operator: '+='", (1, 14))


def test_callbacks_may_take_the_context_of_the_run() -> None:
    seen: list[Any] = []
    engine = hr.Engine()
    engine.default_tag = "tenant"

    def variable(name: str, ctx: hr.CallContext) -> Any:
        seen.append((name, ctx.tag, ctx.position, ctx.engine is engine))
        return [1, 2] if name == "magic" else engine.NOTHING

    engine.on_var(variable)
    engine.on_missing_function(lambda name, args, ctx: [name, len(args), ctx.position.line])
    assert engine.eval("magic\n .foo(1)") == ["foo", 2, 2]
    assert seen[0] == ("magic", "tenant", (1, 1), True)


def test_answers_of_the_host_are_converted() -> None:
    engine = hr.Engine()
    engine.on_var(lambda name: (1, 2) if name == "pair" else engine.NOTHING)
    assert engine.eval("pair.push(3); pair") == [1, 2]
    assert engine.eval("type_of(pair)") == "array"


def failing(*_args: Any) -> Any:
    raise RuntimeError("secret")


def test_exceptions_of_callbacks_are_script_errors() -> None:
    engine = hr.Engine()
    engine.on_print(failing)
    assert failure(engine, "print(1)")[:2] == ("ErrorRuntime", "Runtime error: function 'print' of the host failed")
    engine.on_debug(failing)
    assert failure(engine, "debug(1)")[:2] == ("ErrorRuntime", "Runtime error: function 'debug' of the host failed")
    engine.on_missing_function(lambda name, args: failing())
    expected = "Runtime error: function 'on_missing_function' of the host failed"
    assert failure(engine, "nope()")[:2] == ("ErrorRuntime", expected)
    engine.on_var(lambda name: failing())
    assert failure(engine, "x")[:2] == ("ErrorRuntime", "Runtime error: function 'on_var' of the host failed")


def test_a_host_answers_for_missing_properties() -> None:
    engine = hr.Engine()

    def missing(value: dict[str, Any], name: str) -> Any:
        if name == "made":
            value["made"] = 7
        return value.get("made") if name.startswith("m") else engine.NOTHING

    engine.on_map_missing_property(missing)
    assert engine.eval('let m = #{a: 1}; [m.a, m.other, m["made"], m]') == [1, None, 7, {"a": 1, "made": 7}]
    engine.fail_on_invalid_map_property = True
    assert failure(engine, "let m = #{}; m.other")[:2] == ("ErrorPropertyNotFound", "Property not found: other")
    assert engine.eval("let m = #{}; m.made") == 7
    engine.on_map_missing_property(None)
    engine.fail_on_invalid_map_property = False
    assert engine.eval("let m = #{}; m.made") is None


def test_a_host_answers_for_items_that_are_not_there() -> None:
    engine = hr.Engine()
    engine.on_invalid_array_index(lambda values, index: f"none at {index}" if index < 10 else engine.NOTHING)
    text = "fn f(a, i) { a[i] } let a = [1, 2]; let i = 5; [a[1], a[-1], a[i], a[i] + 1, f(a, 7), [1][3]]"
    assert engine.eval(text) == [2, 2, "none at 5", "none at 51", "none at 7", "none at 3"]
    assert failure(engine, "[1][10]")[:2] == (
        "ErrorArrayBounds", "Array index 10 out of bounds: only 1 element in array",
    )  # fmt: skip


def test_a_call_that_fits_no_overload_is_told_what_there_is() -> None:
    engine = hr.Engine()

    @engine.fn
    def half(value: float) -> float:
        return value / 2

    with pytest.raises(hr.EvalError) as raised:
        engine.eval("half(1)")
    assert (raised.value.message, raised.value.hint) == ("Function not found: half (i64)", "'half' takes (f64)")


@pytest.fixture
def engine():
    return hr.Engine()


# --- on_var with the scope -------------------------------------------------------------------------------------------


def test_on_var_is_told_where_the_variable_stands(engine):
    seen = []

    def variable(name, index, context):
        seen.append((name, index, [entry for entry, _, _ in context.scope]))
        return engine.NOTHING

    engine.on_var(variable)
    engine.register_fn("note", lambda x: None)
    engine.eval("let a = 1; let b = 2; note(a); { let c = 3; note(c); } note(b);", scope=hr.Scope({"host": 0}))
    assert seen == [
        ("a", 2, ["host", "a", "b"]),
        ("c", 1, ["host", "a", "b", "c"]),
        ("b", 1, ["host", "a", "b"]),
    ]


def test_on_var_may_change_the_variables_around_it_and_add_some(engine):
    def variable(name, context):
        if name == "trigger":
            context.scope["x"] = 10
            context.scope["y"] = context.scope["x"] + 1
            return "fired"
        return engine.NOTHING

    engine.on_var(variable)
    assert engine.eval("let x = 1; let seen = trigger; [seen, x, y]") == ["fired", 10, 11]
    assert engine.eval("fn f(x) { let t = trigger; [x, y] } let x = 5; [f(1), x]") == [[10, 11], 5]
    scope = hr.Scope({"x": 1})
    assert engine.eval("let t = trigger; x", scope=scope) == 10
    assert scope["x"] == 10


def test_on_var_sees_this_and_the_level(engine):
    seen = []

    def variable(name, context):
        if name == "look":
            seen.append((context.this, context.level))
        return engine.NOTHING if name != "look" else ()

    engine.on_var(variable)
    engine.eval("fn f() { let a = look; this += 1; } let a = look; let n = 7; n.f();")
    assert seen == [(None, 0), (7, 1)]


def test_a_name_that_on_var_answers_with_its_scope_cannot_be_assigned_to(engine):
    engine.on_var(lambda name, index, context: 1 if name == "fixed" else engine.NOTHING)
    assert failure(engine, "let fixed = 2; fixed = 3;")[:2] == (
        "ErrorAssignmentToConstant",
        "Cannot modify constant fixed",
    )


def test_constants_stay_constants_for_on_var(engine):
    def variable(name, context):
        if name == "trigger":
            context.scope["K"] = 2
        return engine.NOTHING if name != "trigger" else ()

    engine.on_var(variable)
    assert failure(engine, "const K = 1; let t = trigger;")[1] == "Cannot modify constant K"
