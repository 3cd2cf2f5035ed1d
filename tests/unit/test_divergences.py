"""Pins every heading of `grammars/DIVERGENCES.md`: the test is named after it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import horus_runtime as hr
from horus_runtime.resources import grammar_path

PINNED: dict[str, Any] = {}


def pins(heading: str) -> Any:
    def note(test: Any) -> Any:
        PINNED[heading] = test
        return test

    return note


def failure(text: str, engine: hr.Engine | None = None) -> tuple[str, str]:
    with pytest.raises(hr.HorusError) as caught:
        (engine or hr.Engine()).eval(text)
    return caught.value.kind, caught.value.message


def with_module(text: str) -> hr.Engine:
    engine = hr.Engine()
    module = hr.Module.eval_ast_as_new(hr.Scope(), engine.compile(text), engine)
    engine.module_resolver = hr.StaticModuleResolver().insert("m", module)
    return engine


@pins("Names may begin with an underscore")
def test_names_may_begin_with_an_underscore() -> None:
    assert hr.Engine().eval("let _x = 1; let __a1 = 2; _x + __a1") == 3
    engine = hr.Engine()
    engine.strict_identifiers = True
    assert failure("let _x = 1;", engine) == ("BadInput", "Variable name is not proper: '_x'")


@pins("The operation counter charges basic blocks")
def test_the_operation_counter_charges_basic_blocks() -> None:
    engine = hr.Engine()
    engine.max_operations = 3
    scope = hr.Scope()
    with pytest.raises(hr.LimitError) as caught:
        engine.eval("let v = 5; v + 1", scope=scope)
    assert (caught.value.kind, len(scope)) == ("ErrorTooManyOperations", 0)


@pins("Spent operations cannot be caught")
def test_spent_operations_cannot_be_caught() -> None:
    engine = hr.Engine()
    engine.max_operations = 1000
    assert failure("try { [1].map(|x| loop { }) } catch { 5 }", engine) == (
        "ErrorTooManyOperations", "Too many operations",
    )  # fmt: skip


@pins("`exit` ends the script from a callback, too")
def test_exit_ends_the_script_from_a_callback() -> None:
    assert hr.Engine().eval("[1, 2].map(|x| exit(x)); 5") == 1


@pins("Four types have no tags")
def test_four_types_have_no_tags() -> None:
    assert hr.Engine().eval("let x = 5; x.tag = 3; x += 1; [x, x.tag]") == [6, 3]
    for value, name in (("true", "bool"), ("()", "()"), ("blob(1)", "blob"), ("#{}", "map")):
        message = f"Runtime error: tags on values of type {name} are not supported"
        assert failure(f"let x = {value}; x.set_tag(3);") == ("ErrorRuntime", message)
    for stream in ("range(0, 5, 2)", "5.bits()", '"ab".chars()'):
        message = "Runtime error: tags on values of type range are not supported"
        assert failure(f"let r = {stream}; r.tag = 1;") == ("ErrorRuntime", message)


@pins("Padding with nothing is an error")
def test_padding_with_nothing_is_an_error() -> None:
    assert failure('let s = ""; s.pad(5, "");') == ("ErrorRuntime", "Runtime error: cannot pad with an empty string")
    assert hr.Engine().eval('let s = "abc"; s.pad(3, ""); s') == "abc"


@pins("JSON is JSON")
def test_json_is_json() -> None:
    engine = hr.Engine()
    assert engine.parse_json('[1, {"a": null}]') == [1, {"a": None}]
    assert failure('parse_json(`{"a": 1 + 1}`)') == (
        "ErrorRuntime", "Runtime error: expected `,` or `}` at line 1 column 9",
    )  # fmt: skip


@pins("Closures keep working outside their module")
def test_closures_keep_working_outside_their_module() -> None:
    engine = with_module("fn add(n) { |x| x + n }")
    assert engine.eval('import "m" as m; m::add(5).call(1)') == 6


@pins("A module does not see the variables of its importer")
def test_a_module_does_not_see_the_variables_of_its_importer(tmp_path: Path) -> None:
    (tmp_path / "m.rhai").write_text('export let seen = is_def_var("x"); fn back() { helper() }')
    engine = hr.Engine()
    engine.module_resolver = hr.FileModuleResolver(tmp_path)
    assert engine.eval('let x = 1; import "m" as m; fn helper() { 2 } [m::seen, m::back()]') == [False, 2]


@pins("A module that imports itself is an error")
def test_a_module_that_imports_itself_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "m.rhai").write_text('import "m" as m;')
    engine = hr.Engine()
    engine.module_resolver = hr.FileModuleResolver(tmp_path)
    message = "Module not found: m (imports itself) (line 1, position 8)\nin module 'm'"
    assert failure('import "m" as m;', engine) == ("ErrorInModule", message)


@pins("What Rhai's optimizer changes by accident")
@pytest.mark.parametrize("level", ["none", "simple", "full"])
@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("{ const b = []; let z = if b { 300 }; 5 }", "Data type incorrect: array (expecting bool)"),
        ('switch 1 { 1 => { eval("let A = 1") } } A', "Variable not found: A"),
        ("const n = []; const f = |v| n; let c = |v| f = 1; c.call(2)", "Cannot modify constant f"),
    ],
)
def test_what_rhais_optimizer_changes_by_accident(script: str, message: str, level: str) -> None:
    engine = hr.Engine()
    engine.optimization_level = level
    with pytest.raises(hr.EvalError) as caught:
        engine.eval(script)
    assert caught.value.root().message == message


@pins("Constants of modules are passed as copies")
def test_constants_of_modules_are_passed_as_copies() -> None:
    engine = hr.Engine()
    module = hr.Module()
    module.set_var("B", [1, 2])
    engine.register_static_module("m", module)
    assert engine.eval('[call(Fn("pop"), m::B), m::B]') == [2, [1, 2]]


@pins("What is added to a constant map belongs to it")
def test_what_is_added_to_a_constant_map_belongs_to_it() -> None:
    engine = hr.Engine()
    engine.optimization_level = "none"
    with pytest.raises(hr.EvalError, match=r"^Cannot modify constant m \(line 1, position 25\)"):
        engine.eval("const m = #{}; m.x = 1; m.x = 2; m")


@pins("Syntax errors come before undefined names")
def test_syntax_errors_come_before_undefined_names() -> None:
    engine = hr.Engine()
    engine.strict_variables = True
    assert failure("x; let = 1;", engine) == ("VariableExpected", "Expecting name of a variable")
    assert failure("x; let y = 1;", engine) == ("VariableUndefined", "Undefined variable: x")
    assert failure("switch 1 { x => 2 }", engine) == ("ExprExpected", "Expecting a literal expression")


@pins("Functions see the constants of the host everywhere")
@pytest.mark.parametrize(
    ("script", "value"),
    [("fn f() { LIST.len() } f()", 1), ('fn f() { eval("LIST[0]") } f()', 7), ("fn f(LIST) { LIST } f(2)", 2)],
)
def test_functions_see_the_constants_of_the_host_everywhere(script: str, value: int) -> None:
    scope = hr.Scope()
    scope.push_constant("LIST", [7])
    assert hr.Engine().eval(script, scope=scope) == value


@pytest.mark.parametrize("level", ["none", "simple", "full"])
@pins("Constants of the host stay constants in closures")
def test_constants_of_the_host_stay_constants_in_closures(level: str) -> None:
    engine, scope = hr.Engine(), hr.Scope()
    engine.optimization_level = level
    scope.push_constant("LIMIT", 9)
    with pytest.raises(hr.EvalError) as caught:
        engine.eval("let f = || LIMIT += 1; f.call()", scope=scope)
    assert caught.value.root().message == "Cannot modify constant LIMIT"
    assert scope["LIMIT"] == 9


@pins("A closure finds global constants that are declared later")
def test_a_closure_finds_global_constants_declared_later() -> None:
    assert hr.Engine().eval("let f = || global::A; const A = 1; f.call()") == 1


@pins("Function pointers in raw texts")
def test_function_pointers_in_raw_texts() -> None:
    engine = hr.Engine()
    engine.optimization_level = "none"
    assert failure('throw [Fn("foo")]', engine)[1] == 'Runtime error: [Fn+("foo")]'
    assert failure('throw [Fn("foo")]')[1] == 'Runtime error: [Fn("foo")]'


@pins("Names of closures have other digits")
def test_names_of_closures_have_other_digits() -> None:
    name = hr.Engine().eval("(|| 1).name")
    assert re.fullmatch(r"anon\$[0-9a-f]{16}", name)
    assert hr.Engine().eval("(|| 1).name") == name


@pins("Operators behind a closure that only declares")
def test_operators_behind_a_closure_that_only_declares() -> None:
    assert failure("(|| let s - 1)") == ("MissingToken", "Expecting ')' for a matching ( in this expression")


@pins("Level `full` calls fewer functions ahead of time")
def test_level_full_calls_fewer_functions_ahead_of_time() -> None:
    engine = hr.Engine()
    engine.optimization_level = "full"
    assert engine.to_debug(engine.eval("try { blob(2) } catch {}")) == "[0000]"
    assert engine.eval("try { max(1, 2) } catch {}") is None
    found = failure("const n = blob(); [0].for_each(|i| n = 1)", engine)
    assert found[1].startswith("Cannot modify constant n (line 1, position 36)")


@pins("Growth by `+=` and by index is bounded")
def test_growth_by_compound_assignment_is_bounded() -> None:
    engine = hr.Engine()
    engine.max_array_size = 3
    assert engine.eval("let a = [1, 2]; a += [3, 4]; a") == [1, 2, 3, 4]
    assert failure("let a = [1, 2]; loop { a += a; }", engine) == ("ErrorDataTooLarge", "Size of array/BLOB too large")


def with_declaring_construct() -> hr.Engine:
    engine = hr.Engine()

    @engine.syntax("exec", "$ident$", "<-", "$expr$", changes_scope=True)
    def declare(context: Any, inputs: Any) -> Any:
        context.scope.push(inputs[0].name, inputs[1].eval())

    return engine


@pins("Variables of constructs end with their blocks")
def test_variables_of_constructs_end_with_their_blocks() -> None:
    found = failure("{ exec x <- 1; } x", with_declaring_construct())
    assert found == ("ErrorVariableNotFound", "Variable not found: x")
    assert with_declaring_construct().eval("exec x <- 1; x") == 1


@pins("Constructs of hosts must not be ambiguous")
def test_constructs_of_hosts_must_not_be_ambiguous() -> None:
    engine = hr.Engine()
    engine.register_custom_syntax(["tok", "$token$", "$string$"], False, lambda _context, inputs: inputs[0].name)
    assert engine.eval('tok <= "s"') == "<="
    assert failure("tok", engine) == ("UnexpectedEOF", "Script is incomplete")
    with pytest.raises(ValueError, match=r"ambiguous: 'in' behind '\$expr\$' is also the operator of 'a in b'$"):
        engine.register_custom_syntax(["each", "$expr$", "in", "$block$"], False, lambda _context, _inputs: None)


def test_every_heading_is_pinned() -> None:
    text = (Path(str(grammar_path("rhai"))).parent / "DIVERGENCES.md").read_text()
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == list(PINNED)


@pins("Redeclaring by an `eval` that declares")
def test_redeclaring_by_an_eval_that_declares() -> None:
    assert hr.Engine().eval('let s; let s = eval("let m = 1; 2"); [s, m]') == [2, 1]


@pins("Values of different types that a comparer cannot order")
def test_values_of_different_types_that_a_comparer_cannot_order() -> None:
    assert hr.Engine().eval('[true, "s", (), \'c\', 2].order(Fn("nope")).to_string()') == '[2, c, (), "s", true]'


@pins("Limits in functions that the host calls have a place")
def test_limits_in_functions_that_the_host_calls_have_a_place() -> None:
    engine = hr.Engine(hr.Limits(max_operations=1000))
    with pytest.raises(hr.LimitError) as caught:
        engine.call_fn(engine.compile("fn f() { loop {} }"), "f")
    assert (caught.value.message, caught.value.position) == ("Too many operations", (1, 15))
