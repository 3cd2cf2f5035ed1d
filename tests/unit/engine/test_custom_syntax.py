"""Constructs that hosts add to the language; `custom_syntax_of_rhai.jsonl` holds what Rhai 1.26 made of the same."""

import json
import re
from pathlib import Path

import pytest

import horus_runtime as hr
from horus_runtime.syntax import custom, grammar

RECORDED = [
    json.loads(line) for line in Path(__file__).with_name("custom_syntax_of_rhai.jsonl").read_text().splitlines()
]
SCRIPTS = [case for case in RECORDED if "symbols" not in case]
REGISTRATIONS = [case for case in RECORDED if "symbols" in case]


def let(context, inputs):
    value = inputs[1].eval(context)
    context.scope.push(inputs[0].name, value)
    return value


def put(context, inputs):
    value = inputs[1].eval(context)
    context.scope.set_value(inputs[0].name, value)
    return value


def twice(_context, inputs):
    inputs[-1].eval()
    return inputs[-1].eval()


def show(context, inputs):
    return [
        f"name {i.name} @{i.position}"
        if i.name is not None
        else f"value {context.engine.to_debug(i.eval())} @{i.position}"
        for i in inputs
    ]


CONSTRUCTS = [
    (let, "exec $ident$ <- $expr$"),
    (twice, "rep $int$ times $block$"),
    (show, "op $symbol$ $float$ ;"),
    (show, "cfg ( $expr$ , $bool$ )"),
    (show, "fnx $func$"),
    (show, "tok $token$ $string$"),
    (lambda _context, _inputs: None, "hello"),
    (put, "put $ident$ = $expr$"),
    (show, "cond $expr$ then $expr$"),
    (twice, "loop2 $block$ end"),
]


OTHERS = [
    "unless $expr$ $block$",
    "look $ident$ $string$ $int$ $float$ $bool$ $expr$",
    "probe $ident$",
    "me $expr$",
    "fail",
    "try_or $expr$ else $expr$",
    "forever $block$",
    "pick $int$",
    "answer $expr$",
]
"""Symbols of the constructs below. All engines have them all, so that there is one grammar to make."""


def with_constructs():
    engine = hr.Engine()
    for function, symbols in CONSTRUCTS:
        engine.register_custom_syntax(symbols.split(), True, function)
    for symbols in OTHERS:
        engine.register_custom_syntax(symbols.split(), False, show)
    return engine


@pytest.fixture(scope="module")
def engine():
    return with_constructs()


def outcome(engine, script):
    printed, scope = [], hr.Scope()
    engine.on_print(printed.append)
    try:
        result = f"= {engine.to_debug(engine.eval(script, scope=scope))}"
    except hr.HorusError as error:
        result = f"! {error}"
    variables = sorted(f"{'const ' * constant}{name}={engine.to_debug(value)}" for name, constant, value in scope)
    return {"script": script, "result": result, "output": printed, "scope": variables}


@pytest.mark.parametrize("case", SCRIPTS, ids=lambda case: case["script"])
def test_scripts_do_what_they_do_in_rhai(engine, case):
    assert outcome(engine, case["script"]) == case


@pytest.mark.parametrize("case", REGISTRATIONS, ids=lambda case: " ".join(case["symbols"]))
def test_symbols_are_accepted_and_refused_as_in_rhai(case):
    engine = hr.Engine()
    for symbol in case.get("disabled", ()):
        engine.disable_symbol(symbol)
    try:
        engine.register_custom_syntax(case["symbols"], True, show)
        registered = "ok"
    except ValueError as error:
        registered = str(error)
    assert registered == case["registered"]
    if "script" in case:
        assert outcome(engine, case["script"])["result"] == case["result"]


def test_the_decorator_registers_and_hands_the_function_back():
    engine = with_constructs()

    @engine.syntax("unless", "$expr$", "$block$")
    def unless(context, inputs):
        return None if inputs[0].eval(context) else inputs[1].eval(context)

    assert engine.eval("unless 1 > 2 { 5 }") == 5
    assert engine.eval("unless 2 > 1 { throw 1; }") is None
    assert unless.__name__ == "unless"


def test_inputs_tell_marker_name_literal_and_position():
    engine = with_constructs()
    seen = []

    @engine.syntax("look", "$ident$", "$string$", "$int$", "$float$", "$bool$", "$expr$")
    def look(_context, inputs):
        seen.extend((i.marker, i.name, i.literal, tuple(i.position)) for i in inputs)

    engine.eval('look a "text" 7 2.5 true 1 + 1')
    assert seen == [
        ("$ident$", "a", None, (1, 6)),
        ("$string$", "text", "text", (1, 8)),
        ("$int$", None, 7, (1, 15)),
        ("$float$", None, 2.5, (1, 17)),
        ("$bool$", None, True, (1, 21)),
        ("$expr$", None, None, (1, 28)),
    ]


def test_the_context_reads_and_writes_variables_and_calls_functions():
    engine = with_constructs()
    engine.default_tag = "host"

    @engine.syntax("probe", "$ident$", changes_scope=True)
    def probe(context, inputs):
        scope = context.scope
        scope.set_value(inputs[0].name, context.call_fn("double", scope[inputs[0].name]))
        return [context.tag, context.source, "missing" in scope, context.this]

    script = "fn double(n) { n * 2 } let x = 21; let shown = probe x; shown + [x]"
    tree = engine.compile(script, name="main.rhai")
    assert engine.eval_ast(tree) == ["host", "main.rhai", False, None, 42]


def test_this_is_the_receiver_of_the_method_around():
    engine = with_constructs()
    engine.register_custom_syntax(["me", "$expr$"], False, lambda context, inputs: [context.this, inputs[0].eval()])
    assert engine.eval("fn f() { me this + 1 } let x = 4; x.f()") == [4, 5]


def test_without_leave_to_change_the_scope_new_variables_are_forgotten():
    engine = with_constructs()
    engine.register_custom_syntax(["exec", "$ident$", "<-", "$expr$"], False, let)
    with pytest.raises(hr.EvalError) as caught:
        engine.eval("exec x <- 1; x")
    assert str(caught.value) == "Variable not found: x (line 1, position 14)"


def test_an_exception_of_the_host_is_an_error_of_the_script():
    engine = with_constructs()

    @engine.syntax("fail")
    def fail(_context, _inputs):
        raise ValueError("no such luck")

    assert engine.eval('let r = ""; try { fail; } catch (e) { r = e; } r') == "no such luck"


def test_the_host_may_handle_the_error_of_an_input():
    engine = with_constructs()

    @engine.syntax("try_or", "$expr$", "else", "$expr$")
    def try_or(_context, inputs):
        try:
            return inputs[0].eval()
        except hr.EvalError:
            return inputs[1].eval()

    assert engine.eval("try_or 1 / 0 else 7") == 7


def test_what_inputs_do_is_paid_for():
    engine = with_constructs()
    engine.max_operations = 1000
    engine.register_custom_syntax(
        ["forever", "$block$"], False, lambda _c, inputs: [inputs[0].eval() for _ in range(10**9)]
    )
    with pytest.raises(hr.LimitError) as caught:
        engine.eval("forever { 1 + 1 }")
    assert caught.value.kind == "ErrorTooManyOperations"


def test_a_construct_that_begins_the_same_replaces_the_other():
    engine = with_constructs()
    engine.register_custom_syntax(["pick", "$int$"], False, lambda _c, inputs: inputs[0].literal)
    assert engine.eval("pick 3") == 3
    engine.register_custom_syntax(["pick", "$string$", "now"], False, lambda _c, inputs: inputs[0].literal)
    assert engine.eval('pick "a" now') == "a"
    with pytest.raises(hr.ParseError) as caught:
        engine.eval("pick 3")
    assert str(caught.value) == "Expecting a string (line 1, position 6)"


def test_no_symbols_register_nothing():
    engine = hr.Engine()
    engine.register_custom_syntax(["", "  "], False, show)
    assert engine.parse_options().custom_syntaxes == ()


def test_engines_without_constructs_do_not_know_them(engine):
    with pytest.raises(hr.ParseError) as caught:
        hr.Engine().eval("hello there")
    assert str(caught.value) == "Expecting ';' to terminate this statement (line 1, position 7)"


def test_strict_variables_let_constructs_have_names_but_look_into_expressions():
    engine = with_constructs()
    engine.strict_variables = True
    engine.register_custom_syntax(["exec", "$ident$", "<-", "$expr$"], True, let)
    assert engine.eval("exec x <- 5") == 5
    with pytest.raises(hr.ParseError) as caught:
        engine.eval("exec x <- y")
    assert str(caught.value) == "Undefined variable: y (line 1, position 11)"


def test_the_extended_grammar_is_made_once(monkeypatch, tmp_path):
    monkeypatch.setenv("HORUS_CACHE", str(tmp_path))
    built = []
    build = grammar.build_table
    monkeypatch.setattr(grammar, "build_table", lambda syntaxes=(): built.append(syntaxes) or build(syntaxes))
    syntaxes = (("only_here", "$expr$"),)
    first = grammar.rhai_table(syntaxes)
    assert grammar.rhai_table(syntaxes) is first
    grammar.rhai_table.cache_clear()
    again = grammar.rhai_table(syntaxes)
    grammar.rhai_table.cache_clear()
    assert (again, built) == (first, [syntaxes])


def test_code_with_a_construct_comes_from_the_cache(tmp_path, monkeypatch):
    from horus_runtime.engine import compiling
    from horus_runtime.engine.programs import ProgramStore

    def run(value):
        monkeypatch.setattr(compiling, "STORE", ProgramStore())
        engine = with_constructs()
        engine.cache = str(tmp_path)
        engine.register_custom_syntax(["answer", "$expr$"], False, lambda _c, inputs: [value, inputs[0].eval()])
        return engine.eval("let x = 2; answer x * 3")

    assert run(1) == [1, 6]
    monkeypatch.setattr("horus_runtime.syntax.rhai._parse", lambda *_a: pytest.fail("parsed"))
    assert run(2) == [2, 6]


AMBIGUOUS = {
    "even $expr$ $token$": "'$token$' behind '$expr$' is also an operator, as in 'a + b'",
    "even $expr$ $symbol$ x": "'$symbol$' behind '$expr$' is also an operator, as in 'a + b'",
    "even $expr$ $expr$": "'$expr$' behind '$expr$' is also the arguments of a call, as in 'f (a)'",
    "even x $func$ $func$": "'$func$' behind '$func$' is also an operator, as in 'a | b'",
    "even $expr$ in $expr$": "'in' behind '$expr$' is also the operator of 'a in b'",
    "even $expr$ ( $expr$ )": "'(' behind '$expr$' is also a call 'f(..)'",
    "even $expr$ [ x": "'[' behind '$expr$' is also an index 'a[0]'",
    "even $expr$ . x": "'.' behind '$expr$' is also a property 'a.b'",
    "even $expr$ :: x": "'::' behind '$expr$' is also a path 'm::x'",
}


@pytest.mark.parametrize("symbols", AMBIGUOUS)
def test_what_could_go_on_with_an_expression_is_refused_when_it_is_registered(symbols):
    engine = hr.Engine()
    message = f"custom syntax '{symbols}' is ambiguous: {AMBIGUOUS[symbols]}"
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        engine.register_custom_syntax(symbols.split(), False, show)
    assert engine.eval("1 + 1") == 2


def test_what_is_accepted_behind_an_expression_fits_into_the_grammar():
    symbols = ("=", "=>", "->", "{", ")", "]", ",", "word", "if", "fn", "$block$", "$ident$", "$string$", "$bool$")
    fitting = tuple(
        custom.checked_symbols((f"key{number}", "$expr$", symbol, "end"), frozenset())
        for number, symbol in enumerate(symbols)
    )
    rules = grammar.build_table(fitting).rules
    assert len([rule for rule in rules if rule.label.startswith(custom.LABEL)]) == len(symbols)


def test_an_operator_and_a_construct_cannot_share_a_word():
    engine = hr.Engine()
    message = "custom operator 'then' and custom syntax 'cond $expr$ then $expr$' are ambiguous: both use 'then'"
    engine.register_custom_operator("then", 100)
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        engine.register_custom_syntax(["cond", "$expr$", "then", "$expr$"], False, show)
    other = hr.Engine()
    other.register_custom_syntax(["cond", "$expr$", "then", "$expr$"], False, show)
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        other.register_custom_operator("then", 100)
