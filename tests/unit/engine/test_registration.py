"""How Python functions become script functions: overloads, contexts, errors."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

import pytest
from pydantic import BaseModel

import horus_runtime as hr


@pytest.fixture
def engine() -> hr.Engine:
    return hr.Engine()


def failure(engine: hr.Engine, text: str, **options: Any) -> tuple[str, str, Any]:
    with pytest.raises(hr.HorusError) as raised:
        engine.eval(text, **options)
    return raised.value.kind, raised.value.message, raised.value.position


def caught(engine: hr.Engine, text: str) -> Any:
    """What a script's `catch` is given."""
    return engine.eval(f"let seen = (); try {{ {text} }} catch (e) {{ seen = e; }} seen")


# --- Overloads --------------------------------------------------------------------------------------------------------


def test_annotations_choose_the_overload(engine):
    @engine.fn("show")
    def show_int(value: int) -> str:
        return f"int {value}"

    @engine.fn("show")
    def show_text(value: str | hr.Char) -> str:
        return f"text {value}"

    @engine.fn("show")
    def show_any(value) -> str:
        return "something"

    shown = engine.eval("[show(1), show(\"a\"), show('c'), show(1.5), show([1]), show(true)]")
    assert shown == ["int 1", "text a", "text c", "something", "something", "something"]


def test_a_decorated_function_stays_what_it_was(engine):
    @engine.fn
    def double(value: int) -> int:
        return value * 2

    assert (double(4), engine.eval("double(4)")) == (8, 8)


def test_numbers_are_not_converted_for_parameters(engine):
    engine.register_fn("half", lambda x: x / 2, params=("f64",))
    assert engine.eval("half(3.0)") == 1.5
    assert failure(engine, "half(3)") == ("ErrorFunctionNotFound", "Function not found: half (i64)", (1, 1))


def test_defaults_allow_fewer_arguments(engine):
    @engine.fn
    def greet(name: str, greeting: str = "Hello", times: int = 1) -> str:
        return f"{greeting} {name}" * times

    assert engine.eval('[greet("A"), greet("A", "Bye"), greet("A", "x", 2)]') == ["Hello A", "Bye A", "x Ax A"]
    expected = "Function not found: greet (&str | ImmutableString | String, i64)"
    assert failure(engine, 'greet("A", 1)') == ("ErrorFunctionNotFound", expected, (1, 1))


def test_a_later_registration_of_the_same_types_replaces_the_earlier_one(engine):
    engine.register_fn("f", lambda x: "old")
    assert engine.eval("f(1)") == "old"
    engine.register_fn("f", lambda x: "new")
    assert engine.eval("f(1)") == "new"


def variadic(*values: int) -> int:
    return sum(values)


def keyword_only(*, value: int) -> int:
    return value


def keywords(**values: int) -> int:
    return 0


def unknown(value: Nowhere) -> int:  # noqa: F821 - that is the point
    return 0


def odd(value: 3) -> int:
    return 0


def two_contexts(a: hr.NativeCallContext, b: hr.NativeCallContext) -> None:
    return None


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (variadic, "variadic(): scripts pass positional arguments only, 'values' is variadic positional"),
        (keyword_only, "keyword_only(): scripts pass positional arguments only, 'value' is keyword-only"),
        (keywords, "keywords(): scripts pass positional arguments only, 'values' is variadic keyword"),
        (unknown, "unknown(): an annotation names 'Nowhere', which is not known"),
        (odd, "odd(): parameter 'value': the annotation 3 means no script type"),
        (two_contexts, "two_contexts(): only one parameter can be the context, not 'b' as well"),
    ],
)
def test_signatures_that_scripts_cannot_call_are_refused_where_they_are_registered(engine, function, message):
    with pytest.raises(TypeError) as raised:
        engine.fn(function)
    assert str(raised.value) == message


def test_too_many_overloads_are_refused(engine):
    def wide(a: int | float | str, b: int | float | str, c: int | float | str, d: int | float | str) -> None: ...

    with pytest.raises(TypeError) as raised:
        engine.fn(wide)
    assert str(raised.value) == "wide(): its annotations mean more than 64 overloads; use Any"


# --- Arguments --------------------------------------------------------------------------------------------------------


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Point:
    x: int
    y: int = 0


class Order(BaseModel):
    item: str
    count: int = 1


def items(values: list[int]) -> str:
    return repr(values)


def pairs(values: dict[str, float]) -> str:
    return repr(values)


def members(values: set[str]) -> str:
    return repr(sorted(values))


def both(value: tuple[int, str]) -> str:
    return repr(value)


def color(value: Color) -> str:
    return repr(value)


def size(value: Literal["s", "m"]) -> str:
    return value


def point(value: Point) -> str:
    return repr(value)


def order(value: Order) -> str:
    return repr(value)


def orders(value: list[Order]) -> int:
    return sum(item.count for item in value)


def day(value: date) -> str:
    return repr(value)


def wait(value: timedelta) -> str:
    return repr(value)


def price(value: Decimal) -> str:
    return repr(value)


def raw(value: bytes) -> str:
    return repr(value)


def maybe(value: int | None) -> str:
    return repr(value)


def span(value: hr.Range) -> str:
    return repr(value)


READERS = [items, pairs, members, both, color, size, point, order, orders, day, wait, price, raw, maybe, span]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("items([1, 2])", "[1, 2]"),
        ("pairs(#{a: 1.5})", "{'a': 1.5}"),
        ('members(["b", "a", "b"])', "['a', 'b']"),
        ('both([1, "a"])', "(1, 'a')"),
        ('color("red")', "<Color.RED: 'red'>"),
        ('size("m")', "m"),
        ("point(#{x: 1})", "Point(x=1, y=0)"),
        ('order(#{item: "pen", count: 3})', "Order(item='pen', count=3)"),
        ('orders([#{item: "pen", count: 3}, #{item: "ink"}])', 4),
        ('day("2024-02-29")', "datetime.date(2024, 2, 29)"),
        ("wait(1.5)", "datetime.timedelta(seconds=1, microseconds=500000)"),
        ('price("1.10")', "Decimal('1.10')"),
        ("raw(blob(2, 7))", r"b'\x07\x07'"),
        ("maybe(())", "None"),
        ("span(1..=3)", "1..=3"),
    ],
)
def test_arguments_arrive_as_their_annotation_says(engine, text, shown):
    for function in READERS:
        engine.fn(function)
    assert engine.eval(text) == shown


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('items([1, "2"])', "argument #1 of 'items'[1]: string (expecting i64)"),
        ("pairs(#{a: 1})", "argument #1 of 'pairs'.a: i64 (expecting f64)"),
        ("both([1])", "argument #1 of 'both': array of 1 (expecting 2 items)"),
        ('both(["a", 1])', "argument #1 of 'both'[0]: string (expecting i64)"),
        ('color("green")', "argument #1 of 'color': 'green' (expecting one of 'red', 'blue')"),
        ('size("l")', "argument #1 of 'size': 'l' (expecting one of 's', 'm')"),
        ("point(#{})", "argument #1 of 'point'.x: field required (expecting Point)"),
        ("point(#{x: 1, z: 2})", "argument #1 of 'point'.z: unknown field (expecting Point)"),
        ('point(#{x: "1"})', "argument #1 of 'point'.x: string (expecting i64)"),
        ("order(#{})", "argument #1 of 'order'.item: field required (expecting Order)"),
        ('orders([#{item: "a"}, 5])', "argument #1 of 'orders'[1]: i64 (expecting Order)"),
        ('day("29.2.2024")', "argument #1 of 'day': '29.2.2024' (expecting an ISO 8601 date)"),
        ('price("x")', "argument #1 of 'price': 'x' (expecting a decimal number)"),
    ],
)
def test_arguments_that_do_not_fit_are_errors_that_name_the_place(engine, text, problem):
    for function in READERS:
        engine.fn(function)
    assert failure(engine, text) == ("ErrorMismatchDataType", f"Data type incorrect: {problem}", (1, 1))


def test_a_function_owns_its_arguments(engine):
    kept = []

    @engine.fn
    def keep(values: list) -> int:
        values.append("more")
        kept.append(values)
        return len(values)

    assert engine.eval("let a = [1]; let n = keep(a); a.push(2); [n, a]") == [2, [1, 2]]
    assert kept == [[1, "more"]]


def test_a_method_changes_its_receiver_in_place(engine):
    @engine.method
    def add_all(values: list, more: list[int]) -> int:
        values.extend(more)
        return len(values)

    assert engine.eval("let a = [1]; let n = a.add_all([2, 3]); [n, a]") == [3, [1, 2, 3]]
    expected = ("ErrorNonPureMethodCallOnConstant", "Non-pure method 'add_all' cannot be called on constant", (1, 18))
    assert failure(engine, "const A = [1]; A.add_all([2])") == expected


def test_a_pure_method_may_have_a_constant_as_receiver(engine):
    engine.method(list, pure=True, name="total")(sum)
    assert engine.eval("const A = [1, 2]; A.total()") == 3


def test_a_method_that_replaces_its_receiver_returns_both(engine):
    @engine.method(ref=True)
    def bump(value: int) -> tuple[int, str]:
        return value + 1, "done"

    assert engine.eval("let x = 1; let r = x.bump(); [x, r]") == [2, "done"]


# --- Callbacks and context --------------------------------------------------------------------------------------------


def test_a_callable_parameter_is_a_python_function(engine):
    @engine.fn
    def twice(function: Callable[[int], int], value: int) -> int:
        return function(function(value))

    assert engine.eval("let k = 3; twice(|x| x * k, 2)") == 18
    assert engine.eval('fn inc(x) { x + 1 } twice(Fn("inc"), 2)') == 4


def test_what_a_callback_throws_passes_through_the_host_with_its_place(engine):
    @engine.fn
    def apply(function: Callable[[int], int]) -> int:
        return function(0)

    assert failure(engine, "apply(|x| 1 / x)") == ("ErrorArithmetic", "Division by zero: 1 / 0", None)
    assert failure(engine, "apply(|x| x.nope)")[:2] == (
        "ErrorDotExpr",
        "Unknown property 'nope' - a getter is not registered for type 'i64'",
    )
    assert caught(engine, 'apply(|x| throw "no")') == "no"


def test_a_host_function_can_catch_what_a_callback_throws(engine):
    @engine.fn
    def attempt(function: Callable[[], Any]) -> str:
        try:
            return str(function())
        except hr.EvalError as error:
            return f"caught {error.message}"

    assert engine.eval("let a = []; attempt(|| a[3])") == "caught Array index 3 out of bounds: array is empty"


def test_the_context_tells_where_the_call_stands(engine):
    seen = []

    @engine.fn
    def where(ctx: hr.NativeCallContext, label: str) -> None:
        seen.append((ctx.fn_name, ctx.source, ctx.position, ctx.level, label))

    engine.register_fn("also", where)
    engine.eval('where("main");\nfn f() {\n  also("f") }\nf();', name="script.rhai")
    assert seen == [
        ("where", "script.rhai", (1, 1), 1, "main"),
        ("also", "script.rhai", (3, 3), 2, "f"),
    ]


def test_the_context_reaches_engine_limits_services_and_tag(engine):
    seen = []
    engine.default_tag = {"tenant": 7}
    engine.services["clock"] = "fake"

    @engine.fn
    def look(ctx: hr.NativeCallContext) -> None:
        seen.extend([ctx.engine is engine, ctx.limits.max_call_levels, ctx.services["clock"], ctx.tag])
        ctx.tag = "changed"

    @engine.fn
    def tag(ctx: hr.CallContext) -> str:
        return ctx.tag

    assert engine.eval("look(); tag()") == "changed"
    assert seen == [True, 64, "fake", {"tenant": 7}]
    assert engine.default_tag == {"tenant": 7}


def test_the_context_calls_functions_and_methods_by_name(engine):
    @engine.fn
    def run(ctx: hr.NativeCallContext, values: list) -> list:
        ctx.call_method(values, "push", 9)
        this = hr.Ref(5)
        ctx.call_method(this, "grow", 2)
        return [ctx.call_fn("mine", 1), ctx.call_fn("max", 3, 8), ctx.call_native_fn("len", values), this.value, values]

    text = "fn mine(x) { x + 100 } fn grow(n) { this *= n; } run([1])"
    assert engine.eval(text) == [101, 8, 2, 10, [1, 9]]


def test_the_context_passes_function_pointers_on(engine):
    @engine.fn
    def run(ctx: hr.NativeCallContext, function: hr.FnPtr) -> list:
        this = hr.Ref(1)
        function.call(ctx, 5, this=this)
        return [ctx.call(function, 2, this=40), this.value, ctx.bound(function.bind(7))]

    engine.eval("run(|x| { if this == () { 0 } else { this += x; this } })")


def test_a_native_of_the_engine_only_is_not_one_of_the_script(engine):
    @engine.fn
    def run(ctx: hr.NativeCallContext) -> Any:
        return ctx.call_native_fn("mine", 1)

    assert failure(engine, "fn mine(x) { x } run()")[1] == "Function not found: mine (i64)"


# --- Operators and iterators ------------------------------------------------------------------------------------------


def test_new_operators_have_a_precedence(engine):
    @engine.operator("dot", 160)
    def dot(a: list[int], b: list[int]) -> int:
        return sum(x * y for x, y in zip(a, b, strict=True))

    assert engine.eval("[1, 2] dot [3, 4] + 1") == 12


def test_a_module_cannot_be_given_new_operators():
    with pytest.raises(ValueError) as raised:
        hr.Module("m").operator("dot", 160)(lambda a, b: a)
    assert str(raised.value) == "'dot': only an engine can be given new operators, a module cannot"


def test_generators_are_walked_lazily_and_once(engine):
    made = []

    @engine.fn
    def count() -> Iterator[int]:
        for number in range(1000):
            made.append(number)
            yield number

    assert engine.eval("let s = 0; for x in count() { if x == 3 { break; } s += x; } s") == 3
    assert made == [0, 1, 2, 3]
    assert (
        engine.eval("let c = count(); for x in c { if x == 1 { break; } } let n = 0; for x in c { n += 1; } n") == 998
    )
    assert engine.eval("type_of(count())") == "iterator"


# --- Errors -----------------------------------------------------------------------------------------------------------


class SecretError(Exception):
    pass


def raising(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (ValueError("not today"), "not today"),
        (KeyError("color"), "color"),
        (ZeroDivisionError("division by zero"), "division by zero"),
        (ValueError("bad <__main__.Thing object at 0x7f12>"), "function 'fail' of the host failed"),
        (ValueError("see /etc/app/secrets.toml"), "function 'fail' of the host failed"),
        (ValueError(""), "function 'fail' of the host failed"),
        (TypeError("'NoneType' object is not subscriptable"), "function 'fail' of the host failed"),
        (SecretError("password=hunter2"), "function 'fail' of the host failed"),
        (FileNotFoundError(2, "No such file", "/srv/x"), "function 'fail' of the host failed"),
    ],
)
def test_exceptions_of_the_host_are_script_errors_without_its_insides(engine, error, shown):
    engine.register_fn("fail", raising(error))
    assert caught(engine, "fail()") == shown
    assert failure(engine, "fail()") == ("ErrorRuntime", f"Runtime error: {shown}", (1, 1))


def test_the_host_finds_the_exception_itself_in_the_error(engine):
    error = SecretError("password=hunter2")
    engine.register_fn("fail", raising(error))
    with pytest.raises(hr.EvalError) as raised:
        engine.eval("fn f() { fail() } f()")
    assert raised.value.root().original is error


def test_public_errors_show_their_text(engine):
    engine.public_errors = [SecretError]
    engine.register_fn("fail", raising(SecretError("out of stock")))
    assert failure(engine, "fail()")[1] == "Runtime error: out of stock"


def test_the_host_can_show_all_errors(engine):
    engine.show_host_errors = True
    engine.register_fn("fail", raising(TypeError("bad operand")))
    assert failure(engine, "fail()")[1] == "Runtime error: TypeError: bad operand"


def test_errors_of_the_scripts_kind_pass_as_they_are(engine):
    engine.register_fn("fail", raising(hr.EvalError("ErrorRuntime", "Runtime error: mine", value={"code": 5})))
    assert caught(engine, "fail()")["code"] == 5


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        (1 << 63, "integer 9223372036854775808 does not fit into 64 bits"),
        (1 << 500, "integer of 501 bits does not fit into 64 bits"),
        ({1: "a"}, "keys of a map must be strings, not int"),
    ],
)
def test_results_without_a_script_value_are_errors(engine, result, problem):
    engine.register_fn("make", lambda: result)
    assert failure(engine, "make()") == ("ErrorRuntime", f"Runtime error: result of 'make': {problem}", (1, 1))


def test_a_value_that_contains_itself_is_refused(engine):
    loop: list[Any] = []
    loop.append(loop)
    engine.register_fn("make", lambda: loop)
    problem = "the value is nested too deeply, or contains itself"
    assert failure(engine, "make()")[1] == f"Runtime error: result of 'make': {problem}"


def test_what_an_iterator_raises_is_an_error_of_the_script(engine):
    @engine.fn
    def items() -> Iterator[int]:
        yield 1
        raise SecretError("inside")

    expected = ("ErrorRuntime", "Runtime error: function 'iterator' of the host failed", (1, 1))
    assert failure(engine, "for x in items() { }")[:2] == expected[:2]
    assert caught(engine, "for x in items() { }") == "function 'iterator' of the host failed"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("max_opertions", 5, "an engine has no setting 'max_opertions': did you mean 'max_operations'?"),
        ("quux", 5, "an engine has no setting 'quux'"),
    ],
)
def test_unknown_settings_are_refused(engine, name, value, message):
    with pytest.raises(AttributeError) as raised:
        setattr(engine, name, value)
    assert str(raised.value) == message
