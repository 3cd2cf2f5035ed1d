"""AST handles: looking at scripts, putting them together, taking them elsewhere."""

from __future__ import annotations

import json
import pickle

import pytest

import horus_runtime as hr
from horus_runtime.ast import nodes

TEXT = """//! A script.
//! It adds.
const A = 1;
let b = [1, -2, "x"];
let c = 1 + f(1);
export const M = #{k: 'c'};
/// Adds one.
fn f(x) { x + 1 }
private fn g() { f(1) }
fn int.twice() { this * 2 }
A + 41
"""


@pytest.fixture
def engine() -> hr.Engine:
    return hr.Engine()


@pytest.fixture
def tree(engine):
    return engine.compile(TEXT, name="main.rhai")


def names(tree: hr.AST) -> list[str]:
    return [function.signature for function in tree.functions()]


def test_functions_come_with_what_is_known_of_them(tree):
    f, g, twice = tree.functions()
    assert (f.name, f.params, f.access, f.doc, f.comments, f.position) == (
        "f", ("x",), "public", "Adds one.", ("/// Adds one.",), (8, 4),
    )  # fmt: skip
    assert (g.private, g.access, g.doc, g.this_type) == (True, "private", "", None)
    assert (twice.this_type, twice.key) == ("i64", ("i64", "twice", 0))
    assert names(tree) == ["f(x)", "g()", "i64.twice()"]
    assert tree.has_functions()


def test_the_script_itself_has_a_name_and_documentation(tree):
    assert (tree.source, tree.doc, tree.text) == ("main.rhai", "A script.\nIt adds.", TEXT)
    tree.source = "other.rhai"
    assert tree.source == "other.rhai"
    tree.clear_source()
    assert tree.source is None


def test_the_name_is_shown_in_errors(engine):
    tree = engine.compile("fn f() { throw 1; } f();", name="a.rhai")
    tree.source = "b.rhai"
    with pytest.raises(hr.EvalError) as raised:
        engine.eval_ast(tree)
    assert raised.value.message == (
        "Runtime error: 1 @ 'b.rhai' (line 1, position 10)\nin call to function 'f' (from 'b.rhai')"
    )


def test_literals_of_global_variables(tree):
    assert tree.literals() == {"A": 1, "b": [1, -2, "x"], "M": {"k": hr.Char("c")}}
    assert tree.literals(variables=False) == {"A": 1, "M": {"k": "c"}}
    assert tree.literals(constants=False) == {"b": [1, -2, "x"]}


def test_walking_visits_parents_first(tree):
    calls = [node.name for node in tree if isinstance(node, nodes.Call)]
    assert calls == ["f", "f"]
    depths = []

    def visit(path):
        depths.append(len(path))
        return not isinstance(path[-1], nodes.Call)

    assert (tree.walk(visit), max(depths)) == (False, 4)
    assert tree.walk(lambda _path: None) is True


def test_halves_of_a_script(engine, tree):
    assert names(tree.clone_functions_only(lambda f: f.private)) == ["g()"]
    assert engine.eval_ast(tree.without_statements()) is None
    plain = engine.compile("let x = 1; fn h() { 2 } x + 1")
    assert engine.eval_ast(plain.clone_statements_only()) == 2
    assert names(plain) == ["h()"]


def test_changing_a_tree_in_place(engine):
    tree = engine.compile("fn a() { 1 } fn b() { 2 } fn c(x) { 3 } a()")
    assert engine.eval_ast(tree) == 1
    assert names(tree.retain_functions(lambda f: f.name != "b")) == ["a()", "c(x)"]
    assert engine.eval_ast(tree.clear_statements()) is None
    assert engine.call_fn(tree, "a") == 1
    tree.clear_functions()
    with pytest.raises(hr.EvalError) as raised:
        engine.call_fn(tree, "a")
    assert raised.value.message == "Function not found: a"


def test_merging_scripts(engine):
    first = engine.compile("fn f() { 1 } fn g() { 10 } let x = f();")
    second = engine.compile("fn f() { 2 } fn h() { 30 } x + g() + h()")
    merged = first + second
    assert engine.eval_ast(merged) == 42
    assert names(merged) == ["g()", "f()", "h()"]
    assert (names(first), names(second)) == (["f()", "g()"], ["f()", "h()"])
    kept = first.merge(second, keep=lambda f: f.name == "h")
    assert (names(kept), engine.eval_ast(kept)) == (["f()", "g()", "h()"], 41)


def test_combining_in_place(engine):
    tree = engine.compile("fn f() { 1 } 5")
    same = tree
    tree += engine.compile("fn g() { f() + 1 } g()")
    assert tree is same
    assert engine.eval_ast(tree) == 2


def test_an_error_in_a_merged_script_has_its_position_and_no_wrong_line(engine):
    merged = engine.compile("let x = 1;\n\n") + engine.compile("\nx / 0")
    with pytest.raises(hr.EvalError) as raised:
        engine.eval_ast(merged)
    assert (raised.value.message, raised.value.render()) == (
        "Division by zero: 1 / 0",
        "Division by zero: 1 / 0 (line 2, position 3)",
    )


@pytest.mark.parametrize("copy", [lambda t: pickle.loads(pickle.dumps(t)), lambda t: hr.AST.from_bytes(t.to_bytes())])
def test_a_script_taken_elsewhere_is_the_same(engine, tree, copy):
    again = copy(tree)
    assert (again.source, again.text, again.is_text, names(again)) == ("main.rhai", TEXT, True, names(tree))
    assert engine.eval_ast(again) == 42
    part = copy(tree.clone_functions_only(lambda f: f.name == "f") + engine.compile("fn z() { f(1) }"))
    assert (names(part), engine.call_fn(part, "z")) == (["f(x)", "z()"], 2)
    filtered = copy(engine.compile("fn a() { 1 } fn b() { 2 } a()").retain_functions(lambda f: f.name == "a"))
    assert (names(filtered), engine.eval_ast(filtered)) == (["a()"], 1)
    statements = copy(engine.compile("fn a() { 1 } 5").clone_statements_only())
    assert (names(statements), engine.eval_ast(statements)) == ([], 5)
    expression = copy(engine.compile_expression("1 + 1"))
    assert (engine.eval_ast(expression), expression.expression_only) == (2, True)


def test_parsing_options_go_with_a_script():
    engine = hr.Engine()
    engine.register_operator("plus", lambda a, b: a + b, precedence=150)
    engine.disable_symbol("while")
    again = hr.AST.from_bytes(engine.compile("1 plus 2").to_bytes())
    assert again.options == engine.parse_options()
    assert engine.eval_ast(again) == 3


def test_the_last_of_two_merged_functions_goes_along(engine):
    merged = engine.compile("fn f() { 1 }") + engine.compile("fn f() { 2 } f()")
    assert engine.eval_ast(pickle.loads(pickle.dumps(merged))) == 2


def test_pickled_scripts_hold_plain_data_and_one_function(tree):
    import pickletools

    names_used = [
        argument
        for opcode, argument, _ in pickletools.genops(pickle.dumps(tree, protocol=0))
        if opcode.name == "GLOBAL"
    ]
    assert names_used == ["horus_runtime.engine.handle _rebuild"]
    assert json.loads(tree.to_bytes())["parts"][0]["functions"] is None


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"parts":[],"options":null,"name":null,"modules":{}}', b"\xff"])
def test_wrong_bytes_are_refused(data):
    with pytest.raises(ValueError) as raised:
        hr.AST.from_bytes(data)
    assert str(raised.value).startswith("not a script as AST.to_bytes writes it: ")


def test_several_texts_are_one_script(engine):
    tree = engine.compile(["fn f() { x }", "let x = 1;", "x + 1"])
    assert (engine.eval_ast(tree), tree.text) == (2, "fn f() { x }\nlet x = 1;\nx + 1")


def test_a_self_contained_script_brings_its_modules(engine):
    inner = engine.compile('import "deep" as d; fn f() { d::g() + 1 }', name="inner")
    deep = engine.compile("fn g() { 40 }", name="deep")

    class Resolver:
        def resolve(self, engine, path, source):
            return {"inner": inner, "deep": deep}[path]

    engine.module_resolver = Resolver()
    tree = engine.compile('import "inner" as i; i::f() + 1', self_contained=True)
    assert sorted(tree.modules) == ["deep", "inner"]
    assert hr.Engine().eval_ast(tree) == 42
    assert hr.Engine().eval_ast(pickle.loads(pickle.dumps(tree))) == 42


def test_a_self_contained_script_needs_its_modules_now(engine):
    with pytest.raises(hr.EvalError) as raised:
        engine.compile('if false { import "nowhere" as n; }', self_contained=True)
    assert raised.value.message == "Module not found: nowhere"


def test_functions_as_a_module_and_back(engine):
    module = engine.compile("let x = 1; fn f() { 5 } private fn g() { 6 }", name="m").as_module(engine)
    engine.register_static_module("m", module)
    assert engine.eval("m::f()") == 5
    assert names(hr.AST.from_module(module)) == ["f()", "g()"]
    with pytest.raises(ValueError) as raised:
        hr.AST.from_module(hr.Module("native"))
    assert str(raised.value) == "the module 'native' was not made from a script"


def test_errors_in_a_merged_script_show_the_text_that_a_function_came_from(engine):
    library = engine.compile("fn f(x) {\n    x + missing\n}", name="lib.rhai")
    other = engine.compile("\n\nfn g(x) { x.nope }\nfn h() { throw 1 }", name="other.rhai")
    merged = library + other + engine.compile("let a = 1;\nf(a)", name="main.rhai")

    def shown(name, *args):
        with pytest.raises(hr.EvalError) as caught:
            engine.call_fn(merged, name, *args, eval_ast=False)
        return caught.value.root().render()

    assert shown("f", 1) == "lib.rhai:2:9\n2:     x + missing\n           ^ Variable not found: missing"
    assert shown("h") == "other.rhai:4:10\n4: fn h() { throw 1 }\n            ^ Runtime error: 1"
    assert shown("g", 1).startswith("other.rhai:3:13\n3: fn g(x) { x.nope }\n")
    with pytest.raises(hr.EvalError) as caught:
        engine.eval_ast(merged)
    assert caught.value.render().splitlines()[:2] == ["main.rhai:2:1", "2: f(a)"]
    assert caught.value.root().source.name == "lib.rhai"
    again = pickle.loads(pickle.dumps(merged))
    with pytest.raises(hr.EvalError) as caught:
        engine.eval_ast(again)
    assert caught.value.root().render().splitlines()[:2] == ["lib.rhai:2:9", "2:     x + missing"]
