"""Script functions called from Python: options of `call_fn`, callables, loaded scripts, typed results."""

from __future__ import annotations

import enum
import threading
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

import horus_runtime as hr


@pytest.fixture
def engine() -> hr.Engine:
    return hr.Engine()


# --- call_fn ----------------------------------------------------------------------------------------------------------


SCRIPT = """
let base = 40;
const LIMIT = 5;
fn add(a, b) { a + b }
fn seen() { base }
fn outer() { host }
fn limit() { LIMIT }
fn grow(n) { this += n; this }
fn append(x) { this.push(x); }
private fn hidden() { "hidden" }
fn leave() { exit(7); }
fn fail() { throw "no"; }
"""


def test_a_function_is_called_with_values(engine):
    tree = engine.compile(SCRIPT)
    assert engine.call_fn(tree, "add", 1, 2) == 3
    assert engine.call_fn(tree, "add", "a", "b") == "ab"
    assert engine.call_fn(tree, "hidden") == "hidden"
    assert engine.call_fn(tree, "leave") == 7


def test_a_function_reads_what_the_host_put_into_the_scope(engine):
    assert engine.call_fn(engine.compile(SCRIPT), "outer", scope=hr.Scope({"host": 3})) == 3


def test_global_variables_of_the_script_are_seen_only_without_rewinding(engine):
    tree = engine.compile(SCRIPT)
    with pytest.raises(hr.EvalError) as raised:
        engine.call_fn(tree, "seen")
    assert raised.value.message == "Variable not found: base"
    scope = hr.Scope()
    assert engine.call_fn(tree, "seen", scope=scope, rewind_scope=False) == 40
    assert [name for name, _, _ in scope] == ["base", "LIMIT"]


def test_a_scope_is_as_before_when_it_is_rewound(engine):
    scope = hr.Scope({"host": 3})
    assert engine.call_fn(engine.compile(SCRIPT), "add", 1, 2, scope=scope) == 3
    assert list(scope) == [("host", False, 3)]


def test_this_is_bound_to_a_value_or_a_reference(engine):
    tree = engine.compile(SCRIPT)
    items = [1]
    engine.call_fn(tree, "append", 2, this=items)
    assert items == [1, 2]
    this = hr.Ref(5)
    assert engine.call_fn(tree, "grow", 2, this=this, eval_ast=False) == 7
    assert this.value == 7
    assert repr(this) == "Ref(7)"


def test_this_is_unbound_without_a_value(engine):
    with pytest.raises(hr.EvalError) as raised:
        engine.call_fn(engine.compile(SCRIPT), "append", 2)
    assert raised.value.message == "'this' not bound"


def test_global_statements_can_be_left_out(engine):
    printed: list[str] = []
    engine.on_print(printed.append)
    tree = engine.compile('print("main"); fn f() { 1 }')
    assert [engine.call_fn(tree, "f", eval_ast=False), printed] == [1, []]
    assert [engine.call_fn(tree, "f"), printed] == [1, ["main"]]


def test_a_function_that_does_not_exist_is_named(engine):
    tree = engine.compile("fn f(a) { a }")
    for eval_ast in (True, False):
        with pytest.raises(hr.EvalError) as raised:
            engine.call_fn(tree, "f", 1, 2, eval_ast=eval_ast)
        assert (raised.value.kind, raised.value.message) == ("ErrorFunctionNotFound", "Function not found: f")
        assert raised.value.position is None


def test_all_namespaces_add_the_functions_of_the_engine(engine):
    tree = engine.compile("fn f(a) { a }")
    assert engine.call_fn(tree, "max", 1, 2, in_all_namespaces=True) == 2
    assert engine.call_fn(tree, "f", 1, in_all_namespaces=True) == 1


def test_a_tag_of_the_call_is_seen_by_host_functions(engine):
    engine.default_tag = "default"

    @engine.fn
    def tag(ctx: hr.NativeCallContext) -> str:
        return ctx.tag

    tree = engine.compile("fn f() { tag() }")
    assert [engine.call_fn(tree, "f", tag="mine"), engine.call_fn(tree, "f")] == ["mine", "default"]


def test_an_int_beyond_64_bits_is_refused_as_an_argument(engine):
    tree = engine.compile("fn f(a) { a }")
    with pytest.raises(OverflowError) as raised:
        engine.call_fn(tree, "f", 1 << 63)
    assert str(raised.value) == "integer 9223372036854775808 does not fit into 64 bits"


def test_arguments_are_copies(engine):
    values = [1]
    tree = engine.compile("fn f(a) { a.push(2); a }")
    assert (engine.call_fn(tree, "f", values), values) == ([1, 2], [1])


# --- Callables --------------------------------------------------------------------------------------------------------


def test_a_closure_is_a_python_function(engine):
    multiply = engine.compile_fn("|x, y| x * y")
    assert [multiply(6, 7), multiply(1.5, 2.0)] == [42, 3.0]


def test_a_closure_captures_variables_of_a_scope(engine):
    scope = hr.Scope({"step": 5})
    count = engine.compile_fn("let total = 0; |x| { total += x * step; total }", scope=scope)
    assert [count(1), count(2)] == [5, 15]


def test_a_function_definition_is_a_python_function(engine):
    area = engine.compile_fn("fn area(w, h) { w * h }")
    assert (area(3, 4), repr(area), area.__name__) == (12, "<script function area>", "area")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("40 + 2", "the text is no function but gives a value of type i64"),
        ("fn a() { } fn b() { }", "the text must define one function, not 2"),
        ("", "the text must define one function, not 0"),
    ],
)
def test_texts_that_are_no_function_are_refused(engine, text, message):
    with pytest.raises(TypeError) as raised:
        engine.compile_fn(text)
    assert str(raised.value) == message


def test_a_function_of_a_script_by_name(engine):
    add = engine.func("/// Adds.\nfn add(a, b) { a + b }", "add", returns=int)
    assert (add(1, 2), add.doc) == (3, "Adds.")
    with pytest.raises(hr.EvalError) as raised:
        add("a", "b")
    assert raised.value.message == "Output type incorrect: string (expecting i64)"
    with pytest.raises(hr.EvalError) as raised:
        engine.func("fn f() { }", "zzz")()
    assert raised.value.message == "Function not found: zzz"


def test_a_call_fails_with_its_place(engine):
    with pytest.raises(hr.EvalError) as raised:
        engine.compile_fn("|x|\n 1 % x")(0)
    assert (raised.value.kind, raised.value.message) == (
        "ErrorArithmetic",
        "Modulo division by zero or overflow: 1 % 0",
    )
    with pytest.raises(hr.EvalError) as raised:
        engine.compile_fn("|x|\n x.nope")(0)
    assert raised.value.position == (2, 4)
    assert raised.value.__traceback__.tb_next.tb_frame.f_code.co_filename.endswith(".py")


def test_limits_count_for_each_call(engine):
    engine.max_operations = 3000
    loop = engine.compile_fn("|n| { let s = 0; for i in 0..n { s += i; } s }")
    assert [loop(100) for _ in range(50)] == [4950] * 50
    with pytest.raises(hr.LimitError) as raised:
        loop(100_000)
    assert (raised.value.kind, raised.value.limit) == ("ErrorTooManyOperations", 3000)
    assert loop(100) == 4950


def test_settings_count_from_the_next_call_on(engine):
    loop = engine.compile_fn("|n| { let s = 0; for i in 0..n { s += i; } s }")
    assert loop(1000) == 499500
    engine.max_operations = 100
    with pytest.raises(hr.LimitError):
        loop(1000)
    engine.max_operations = 0
    assert loop(1000) == 499500


def test_registrations_count_from_the_next_call_on(engine):
    call = engine.compile_fn("|| answer()")
    engine.register_fn("answer", lambda: 1)
    assert call() == 1
    engine.register_fn("answer", lambda: 2)
    assert call() == 2


def test_calls_may_be_nested(engine):
    outer = engine.compile_fn("|n| if n == 0 { 0 } else { again(n - 1) + 1 }")

    @engine.fn
    def again(n: int) -> int:
        return outer(n)

    assert outer(5) == 5


def test_threads_share_a_function(engine):
    slow = engine.compile_fn("|n| { let s = 0; for i in 0..n { s += i; } s }")
    results: dict[int, list[int]] = {}

    def work(number: int) -> None:
        results[number] = [slow(number * 100) for _ in range(20)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {n: [n * 100 * (n * 100 - 1) // 2] * 20 for n in range(8)}


def test_imports_of_functions_are_new_for_each_call(engine):
    engine.module_resolver = hr.StaticModuleResolver().insert("m", hr.Module("m").set_var("X", 3))
    call = engine.compile_fn('|| { import "m" as m; m::X }')
    assert [call(), call()] == [3, 3]


# --- Function pointers ------------------------------------------------------------------------------------------------


def test_a_pointer_that_a_script_gives_can_be_called(engine):
    pointer = engine.eval("let n = 2; |x| x * n")
    assert pointer.call(engine, 21) == 42
    assert engine.bind(pointer)(5) == 10
    assert (pointer.is_anonymous, pointer.is_curried) == (True, True)


def test_a_pointer_by_name_is_looked_up_in_a_script(engine):
    tree = engine.compile("fn add(a, b) { a + b }")
    pointer = hr.FnPtr("add").bind(40)
    assert (pointer.call(engine, 2, tree=tree), repr(pointer)) == (42, "Fn(add)")
    with pytest.raises(hr.EvalError) as raised:
        pointer.call(engine, 2)
    assert raised.value.message == "Function not found: add (i64, i64)"
    assert hr.FnPtr("max").call(engine, 3, 9) == 9


def test_a_pointer_is_called_with_this(engine):
    pointer = engine.eval("|n| { this += n; this }")
    this = hr.Ref(1)
    assert (pointer.call(engine, 4, this=this), this.value) == (5, 5)


def test_a_python_function_is_handed_over_as_a_pointer(engine):
    def scale(x: int, factor: int = 10) -> int:
        return x * factor

    scope = hr.Scope({"f": hr.FnPtr.from_fn(scale)})
    assert engine.eval("[f.call(2), f.call(2, 3), f.curry(7).call(2), [1, 2].map(f)]", scope=scope) == [
        20,
        6,
        14,
        [10, 20],
    ]
    with pytest.raises(hr.EvalError) as raised:
        engine.eval('f.call("a")', scope=scope)
    assert raised.value.message == "Function not found: scale (&str | ImmutableString | String)"


# --- Loaded scripts ---------------------------------------------------------------------------------------------------

HANDLERS = """
let hits = 0;
const NAME = "guard";
fn on_hit(damage) { damage * 2 + bonus }
fn on_hit(damage, who) { `${who}:${damage}` }
fn name() { NAME }
private fn secret() { 1 }
"""


def test_a_loaded_script_has_its_functions_as_attributes(engine):
    script = engine.load(HANDLERS, scope=hr.Scope({"bonus": 1}))
    assert [script.on_hit(5), script.on_hit(5, "Ann"), script.name()] == [11, "Ann:5", "guard"]
    assert list(script) == ["on_hit", "name"]
    assert (script.variables["hits"], script.variables["NAME"]) == (0, "guard")
    assert repr(script) == "<script with on_hit, name>"


def test_a_loaded_script_tells_which_functions_it_has(engine):
    script = engine.load(HANDLERS)
    assert ["on_hit" in script, "on_quit" in script, script.has("on_hit", 3)] == [True, False, False]
    assert script.call_if_defined("on_quit", default="none") == "none"
    with pytest.raises(AttributeError) as raised:
        script.on_quit(1)
    assert str(raised.value) == "the script has no function 'on_quit'; its functions: name, on_hit"
    with pytest.raises(AttributeError):
        script.secret()
    with pytest.raises(hr.EvalError) as failed:
        script.call("secret")
    assert failed.value.message == "Function not found: secret"


def test_a_loaded_script_sees_what_the_host_changes_in_its_variables(engine):
    script = engine.load(HANDLERS, scope=hr.Scope({"bonus": 1}))
    script.variables["bonus"] = 100
    assert script.on_hit(1) == 102


def test_a_loaded_script_binds_this(engine):
    script = engine.load("fn visit(n) { this.count += n; this.count }")
    state = {"count": 1}
    assert (script.visit(4, this=state), state) == (5, {"count": 5})


# --- The engine's own functions ---------------------------------------------------------------------------------------


def test_functions_and_operators_of_the_engine(engine):
    assert engine.call("max", 3, 8) == 8
    assert [
        engine.operate("+", 1, 2),
        engine.operate("-", 5),
        engine.operate("!", True),
        engine.operate("==", 1, "a"),
    ] == [
        3,
        -5,
        False,
        False,
    ]
    with pytest.raises(hr.EvalError) as raised:
        engine.operate("/", 1, 0)
    assert raised.value.message == "Division by zero: 1 / 0"
    with pytest.raises(ValueError) as wrong:
        engine.operate("~", 1)
    assert str(wrong.value) == "'~' is no operator of 1 operands"


# --- Typed results ----------------------------------------------------------------------------------------------------


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclass
class Rule:
    name: str
    levels: list[Level]


class Config(BaseModel):
    host: str
    port: int = 80
    rules: list[str] = []


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (int, "40 + 2", 42),
        (str, "'c' + `d`", "cd"),
        (float | int, "1", 1),
        (list[int], "[1, 2]", [1, 2]),
        (tuple[str, ...], "[`a`]", ("a",)),
        (dict[str, list[int]], "#{a: [1]}", {"a": [1]}),
        (set[int], "[1, 1, 2]", {1, 2}),
        (Level, "2", Level.HIGH),
        (Rule, "#{name: `r`, levels: [1, 2]}", Rule("r", [Level.LOW, Level.HIGH])),
        (Config, "#{host: `h`, rules: [`a`]}", Config(host="h", rules=["a"])),
        (list[Config], "[#{host: `h`}]", [Config(host="h")]),
        (date, "`2024-01-02`", date(2024, 1, 2)),
        (datetime, "`2024-01-02T03:04:05`", datetime(2024, 1, 2, 3, 4, 5)),  # noqa: DTZ001 - without a zone
        (Decimal, "`1.50`", Decimal("1.50")),
        (bytes, "blob(2, 1)", b"\x01\x01"),
        (None, "()", None),
        (int | None, "()", None),
        (Any, "#{a: 1}", {"a": 1}),
    ],
)
def test_results_are_read_as_the_kind_says(engine, kind, text, value):
    result = engine.eval_as(kind, text)
    assert (result, type(result)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (int, "`a`", "Output type incorrect: string (expecting i64)"),
        (float, "1", "Output type incorrect: i64 (expecting f64)"),
        (list[int], "[1, `a`]", "Output type incorrect: result[1]: string (expecting i64)"),
        (Config, "#{port: 1}", "Output type incorrect: result.host: field required (expecting Config)"),
        (Config, "#{host: `h`, port: `x`}", None),
        (Config, "5", "Output type incorrect: i64 (expecting Config)"),
        (Rule, "#{name: `r`, levels: [3]}", "Output type incorrect: result.levels[0]: 3 (expecting one of 1, 2)"),
    ],
)
def test_results_that_do_not_fit_are_errors_with_the_place(engine, kind, text, message):
    with pytest.raises(hr.EvalError) as raised:
        engine.eval_as(kind, text)
    assert raised.value.kind == "ErrorMismatchOutputType"
    expected = message or (
        "Output type incorrect: result.port: input should be a valid integer, unable to parse string as an integer "
        "(expecting Config)"
    )
    assert raised.value.message == expected


def test_a_value_can_be_read_later(engine):
    assert engine.read_as(Config, {"host": "h"}) == Config(host="h")


# --- Errors and limits ------------------------------------------------------------------------------------------------


def test_errors_say_whether_a_script_may_catch_them(engine):
    assert (hr.EvalError.catchable, hr.HostFailure.catchable) == (True, True)
    assert [cls.catchable for cls in (hr.HorusError, hr.ParseError, hr.LimitError, hr.InternalError)] == [False] * 4


def test_operations_beyond_the_limit_are_seen_at_the_end_of_a_call(engine):
    """What a loop has paid for in advance does not hide that the limit is passed."""
    engine.max_operations = 100
    outcomes = []
    for count in range(1, 60):
        call = engine.compile_fn("|n| { let s = 0; for i in 0..n { s += i; } s }")
        tree = engine.compile("let s = 0; for i in 0..n { s += i; } s")
        found = []
        for run in (lambda n=count, f=call: f(n), lambda n=count, t=tree: engine.eval_ast(t, scope=hr.Scope({"n": n}))):
            try:
                run()
                found.append("fine")
            except hr.LimitError as error:
                found.append(error.kind)
        outcomes.append(found)
    assert [pair[0] for pair in outcomes].index("ErrorTooManyOperations") > 0
    assert outcomes[-1] == ["ErrorTooManyOperations", "ErrorTooManyOperations"]
