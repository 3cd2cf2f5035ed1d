"""What Rhai offers a host, row by row, and the tests that show this package's form of it.

`embedding_rows.txt` names for every feature a test that covers it; what had none of its own is tested below.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import horus_runtime as hr

HERE = Path(__file__).parent

ROWS = dict(
    line.split(" | ")
    for line in (HERE / "embedding_rows.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
)


@pytest.mark.parametrize("feature", ROWS)
def test_every_row_has_a_test(feature):
    path, _, name = ROWS[feature].partition("::")
    text = (HERE / path).read_text(encoding="utf-8")
    assert re.search(rf"^(async )?def {name}\(", text, re.MULTILINE), f"{feature}: {ROWS[feature]}"


# --- rows without a test elsewhere -----------------------------------------------------------------------------------


@pytest.fixture
def engine():
    return hr.Engine()


def test_running_gives_a_value_or_none(engine):
    assert engine.eval("40 + 2") == 42
    assert engine.run("40 + 2") is None


def test_a_scope_keeps_what_a_script_adds(engine):
    scope = hr.Scope({"x": 1})
    assert engine.eval("let y = x + 1; const Z = y * 2; x = 10; Z", scope=scope) == 4
    assert list(scope) == [("x", False, 10), ("y", False, 2), ("Z", True, 4)]


def test_an_expression_is_no_statement(engine):
    assert engine.eval_expression("if true { 1 } else { 2 }") == 1
    assert engine.eval_ast(engine.compile_expression("[1, 2].map(|x| x * 2)")) == [2, 4]
    for text in ("let x = 1;", "1; 2", "while true {}", "{ 1 }"):
        with pytest.raises(hr.ParseError):
            engine.eval_expression(text)


def test_files_keep_their_line_numbers_and_failures_name_the_path(engine, tmp_path):
    script = tmp_path / "a.rhai"
    script.write_text("#!/usr/bin/env horus\nlet x = 1;\nx + missing")
    with pytest.raises(hr.EvalError) as caught:
        engine.eval_file(script)
    assert caught.value.position == (3, 5)
    assert caught.value.source.name == str(script)
    with pytest.raises(hr.HorusError) as missing:
        engine.eval_file(tmp_path / "none.rhai")
    assert missing.value.kind == "ErrorSystem"
    assert missing.value.message == f"Cannot open script file '{tmp_path / 'none.rhai'}': No such file or directory"


def test_a_compiled_script_runs_as_often_as_wanted(engine):
    tree = engine.compile("fn f(x) { x + 1 } let n = f(n0); n")
    assert [engine.eval_ast(tree, scope=hr.Scope({"n0": n})) for n in (1, 2)] == [2, 3]
    assert hr.Engine().eval_ast(tree, scope=hr.Scope({"n0": 3})) == 4


def test_constants_of_a_scope_are_known_when_a_script_is_compiled_with_it(engine):
    scope = hr.Scope().push_constant("LIMIT", 9)
    engine.strict_variables = True
    assert engine.eval("fn f() { LIMIT } f() + LIMIT", scope=scope) == 18
    with pytest.raises(hr.ParseError, match="Undefined variable: LIMIT"):
        engine.compile("LIMIT")


def test_json_of_the_host(engine):
    assert engine.parse_json('{"a": [1, 2.5, null]}') == {"a": [1, 2.5, None]}
    with pytest.raises(hr.EvalError):
        engine.parse_json('{"a": null}', has_null=False)
    assert engine.to_json({"a": [1, None, "x"]}) == '{"a":[1,null,"x"]}'


def test_a_registration_has_flags_and_a_text(engine):
    tools = hr.Module("tools")

    @tools.fn(name="hidden", internal=True, doc="Only by prefix.")
    def anything(x: int) -> int:
        return x

    engine.register_static_module("tools", tools)
    assert engine.eval("tools::hidden(3)") == 3
    [native] = tools.functions["hidden", 1]
    assert (native.doc, native.params, native.namespace) == ("Only by prefix.", ("i64",), "internal")


def test_a_volatile_function_is_not_called_early(engine):
    calls = []
    engine.register_fn("steady", lambda n: calls.append("steady") or n)
    engine.register_fn("fickle", lambda n: calls.append("fickle") or n, volatile=True)
    engine.optimization_level = "full"
    tree = engine.compile("[steady(1), fickle(2)]")
    assert [engine.eval_ast(tree) for _ in range(2)] == [[1, 2]] * 2
    assert calls == ["steady", "fickle", "fickle"]
    engine.optimization_level = "simple"
    calls.clear()
    engine.eval_ast(tree)
    assert calls == ["steady", "fickle"]


def test_functions_of_the_script_hide_those_of_the_host(engine):
    engine.register_fn("f", lambda x: "host", params=("i64",))
    engine.register_fn("f", lambda x: "host text", params=("string",))
    assert engine.eval('fn f(x) { "script" } [f(1), f("a")]') == ["script", "script"]
    assert engine.eval('fn f() { "script" } [f(1), f("a"), f()]') == ["host", "host text", "script"]


class Thing:
    def __init__(self) -> None:
        self.n = 0

    def grow(self) -> int:
        self.n += 1
        return self.n


def test_constants_refuse_setters_and_allow_methods(engine):
    engine.register_type(Thing, expose=["n", "grow"])
    thing = Thing()
    scope = hr.Scope().push_constant("T", thing)
    assert engine.eval("T.grow()", scope=scope) == 1
    with pytest.raises(hr.EvalError) as caught:
        engine.eval("T.n = 5", scope=scope)
    assert caught.value.message == "Cannot modify property 'n' of constant"
    assert thing.n == 1


def test_a_thrown_object_is_shown_by_its_text(engine):
    engine.register_type(Thing, constructor=True, display=lambda thing: f"thing {thing.n}")
    with pytest.raises(hr.EvalError) as caught:
        engine.eval("throw Thing()")
    assert type(caught.value.value) is Thing
    assert engine.eval("let s = ``; try { throw Thing() } catch (e) { s = `${e}`; } s") == "thing 0"


def test_the_context_lists_imports_and_namespaces(engine):
    engine.module_resolver = hr.StaticModuleResolver({"m": hr.Module("m")})

    @engine.fn
    def listed(ctx: hr.NativeCallContext) -> list:
        return [[name for name, _ in ctx.imports], len(ctx.namespaces) > 0]

    assert engine.eval('import "m" as one; { import "m" as two; listed() }') == [["one", "two"], True]


def test_pointers_have_names_and_curried_arguments(engine):
    pointer = engine.eval('Fn("add").curry(1)')
    assert (pointer.name, pointer.curried, pointer.is_anonymous) == ("add", (1,), False)
    more = pointer.curry((2,))
    assert more.curried == (1, 2)
    tree = engine.compile("fn add(a, b) { a + b }")
    assert engine.call_fn_ptr(more, tree=tree) == 3
    assert engine.eval("|x| x").is_anonymous
    with pytest.raises(hr.EvalError):
        engine.eval('Fn("not a name")')


def test_a_character_is_not_a_string(engine):
    value = engine.eval("'x'")
    assert type(value) is hr.Char
    scope = hr.Scope({"c": hr.Char("y"), "s": "y"})
    assert engine.eval("[type_of(c), type_of(s), c == s]", scope=scope)[:2] == ["char", "string"]


def test_print_and_debug_go_to_the_host(engine):
    seen = []
    engine.on_print(seen.append)
    engine.on_debug(lambda text, source, position: seen.append((text, source, tuple(position))))
    engine.eval('print("a");\n  debug("b");', name="demo")
    assert seen == ["a", ('"b"', "demo", (2, 3))]


def test_progress_ends_a_script_with_a_token(engine):
    engine.on_progress(lambda operations: {"at": operations} if operations > 100 else None)
    with pytest.raises(hr.TerminatedError) as caught:
        engine.eval("try { loop { } } catch { }")
    assert caught.value.token["at"] > 100
    assert caught.value.message == "Script terminated"


def test_the_host_refuses_names(engine):
    asked = []

    def decide(running, definition):
        asked.append((running, definition.name))
        return definition.name != "bad"

    engine.on_def_var(decide)
    assert engine.eval("let x = 1; for y in 0..2 { } x") == 1
    assert asked == [(False, "x"), (True, "x")]
    with pytest.raises(hr.ParseError, match="Forbidden variable name: bad"):
        engine.eval("let bad = 1;")


def test_throw_away_engines(tmp_path):
    assert hr.eval("1 + 1") == 2
    assert hr.run("1 + 1") is None
    (tmp_path / "x.rhai").write_text("n + 1")
    assert hr.eval_file(tmp_path / "x.rhai", scope=hr.Scope({"n": 1})) == 2
    assert hr.run_file(tmp_path / "x.rhai", scope=hr.Scope({"n": 1})) is None


def test_type_names(engine):
    engine.register_type(Thing, name="Gadget")
    values = [1, 1.5, True, None, "s", hr.Char("c"), [], {}, bytearray(), hr.Range(0, 1), Thing()]
    assert [engine.type_name(value) for value in values] == [
        "i64", "f64", "bool", "()", "string", "char", "array", "map", "blob", "range", "Gadget",
    ]  # fmt: skip


OPTIONS = {
    "allow_if_expression": ("let x = if true { 1 } else { 2 };", False),
    "allow_switch_expression": ("let x = switch 1 { 1 => 2, _ => 3 };", False),
    "allow_loop_expressions": ("let x = loop { break 1; };", False),
    "allow_statement_expression": ("let x = { 1 };", False),
    "allow_anonymous_fn": ("let x = |y| y;", False),
    "allow_looping": ("while false { }", False),
    "allow_shadowing": ("let x = 1; let x = 2;", False),
    "strict_variables": ("fn f() { } f(); y", True),
    "fail_on_invalid_map_property": ("let m = #{}; m.x", True),
}


@pytest.mark.parametrize("option", OPTIONS)
def test_every_language_option_takes_something_away_or_adds_a_check(option):
    text, refuses = OPTIONS[option]
    engine = hr.Engine()
    assert getattr(engine, option) is not refuses
    if option != "strict_variables":
        engine.eval(text)
    setattr(engine, option, refuses)
    with pytest.raises(hr.HorusError) as caught:
        engine.eval(text)
    assert isinstance(caught.value, hr.EvalError if option == "fail_on_invalid_map_property" else hr.ParseError)
    with pytest.raises(TypeError, match=f"{option} must be a bool, not int"):
        setattr(engine, option, 1)


def test_every_limit_is_an_attribute_that_is_checked():
    engine = hr.Engine()
    for name in hr.Limits.__slots__:
        assert getattr(engine, name) == getattr(hr.Limits(), name)
    engine.max_operations = 10
    assert engine.limits.max_operations == 10
    with pytest.raises((TypeError, ValueError)):
        engine.max_operations = -1
    with pytest.raises(AttributeError, match="did you mean 'max_operations'"):
        engine.max_operation = 1
