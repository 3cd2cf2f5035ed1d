"""Constructs whose symbols a function decides on; `custom_syntax_with_state_of_rhai.jsonl` holds what Rhai 1.26 made of
the same functions: result, scope, and every question that the parse function was asked.
"""

import json
import re
from pathlib import Path

import pytest

import horus_runtime as hr

RECORDED = [
    json.loads(line)
    for line in Path(__file__).with_name("custom_syntax_with_state_of_rhai.jsonl").read_text().splitlines()
]
ONLY = "only None, bool, int, float, str, list and dict"
DIFFERENT = ("perform braces { }", "perform tok")

SECOND = {
    "action": "$expr$",
    "hello": "world",
    "update": "$block$",
    "tag": "$$cleaned",
    "fun": "$func$",
    "lits": "$string$",
    "braces": "{",
    "sym": "$symbol$",
    "tok": "$token$",
    "nomark": "$bogus$",
    "empty": "",
    "blank": " word ",
    "kw": "if",
    "plus": "+",
    "chain": "$expr$",
    "num": "123",
    "two": "two words",
    "cleanup": None,
}
LATER = {
    (3, "lits"): "$int$",
    (4, "lits"): "$float$",
    (5, "lits"): "$bool$",
    (3, "braces"): "$inner$",
    (3, "hello"): "$$hi",
    (3, "fun"): "$$",
    (4, "chain"): "$expr$",
    (6, "chain"): "$expr$",
}


def parse(symbols, look_ahead, state):
    count = len(symbols)
    if count == 1:
        return "$ident$"
    variant = symbols[1]
    if count == 2:
        if variant == "update":
            state["value"] = 42
        if variant == "look":
            return "$block$" if look_ahead == "{" else "$expr$"
        if variant not in SECOND:
            raise ValueError("bad action")
        return SECOND[variant]
    if variant == "chain" and count == 3 and look_ahead != ",":
        if look_ahead == ";":
            return None
        raise ValueError(f"Unexpected '{look_ahead}'")
    if variant == "chain" and count in {3, 5}:
        return "," if look_ahead == "," else None
    return LATER.get((count, variant))


def raw_text(symbols, _state):
    return None if symbols[-1] == "]" or len(symbols) > 40 else "$raw$"


def show(context, inputs, state):
    shown = [
        f"name {i.name} @{i.position}"
        if i.name is not None
        else f"value {context.engine.to_debug(i.eval())} @{i.position}"
        for i in inputs
    ]
    return [*shown, f"state {state.get('value', '()')}"]


@pytest.fixture(scope="module")
def engine():
    asked = []

    def with_look_ahead(symbols, look_ahead, state):
        note = state.get("value", "()")
        asked.append(f"{json.dumps(symbols)} {json.dumps(look_ahead)} {note}")
        return parse(symbols, look_ahead, state)

    def without(symbols, state):
        asked.append(f"{json.dumps(symbols)} ()")
        return raw_text(symbols, state)

    made = hr.Engine()
    made.register_custom_syntax_with_state("perform", with_look_ahead, True, show)
    made.register_custom_syntax_with_state("rawtext", without, False, show, look_ahead=False)
    return made, asked


def outcome(engine, script):
    made, asked = engine
    asked.clear()
    scope = hr.Scope()
    try:
        result = f"= {made.to_debug(made.eval(script, scope=scope))}"
    except hr.ParseError as error:
        result = f"! Syntax error: {error}"
    except hr.HorusError as error:
        result = f"! {error}"
    return {
        "script": script,
        "result": result,
        "scope": [f"{name}={made.to_debug(value)}" for name, _constant, value in scope],
        "asked": list(asked),
    }


@pytest.mark.parametrize(
    "case", [case for case in RECORDED if case["script"] not in DIFFERENT], ids=lambda case: case["script"]
)
def test_scripts_do_what_they_do_in_rhai(engine, case):
    assert outcome(engine, case["script"]) == case


def test_the_statements_behind_a_brace_stand_where_the_brace_stands(engine):
    result = outcome(engine, "perform braces { }")["result"]
    assert result == '= ["name braces @line 1, position 9", "value () @line 1, position 16", "state ()"]'


def test_the_end_of_the_script_is_no_token(engine):
    assert outcome(engine, "perform tok")["result"] == "! Syntax error: Script is incomplete (line 1, position 12)"


def test_raw_characters_may_be_anything_and_tokens_go_on_behind_them(engine):
    made, _ = engine
    script = "let a = rawtext \"`'é/*${]; \nlet b = `<${ rawtext }`] }>`; missing"
    with pytest.raises(hr.EvalError) as caught:
        made.eval(script)
    assert str(caught.value) == "Variable not found: missing (line 2, position 31)"


def test_notes_reach_the_function_as_a_copy():
    engine = hr.Engine()
    seen = []

    def parse_list(symbols, _look_ahead, state):
        state.setdefault("names", []).append(len(symbols))
        state["deep"] = {"a": [1, 2.5, True, None, "x"]}
        return None if len(symbols) > 2 else "$ident$"

    @engine.syntax_with_state("note", parse_list)
    def note(_context, inputs, state):
        seen.append((inputs[0].name, state))
        state["names"].clear()

    engine.eval("for i in 0..2 { note a b; }")
    expected = {"names": [], "deep": {"a": [1, 2.5, True, None, "x"]}}
    assert seen == [("a", expected), ("a", expected)]
    assert seen[0][1] is not seen[1][1]
    assert note.__name__ == "note"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda _s, _l, state: state.update(x={1, 2}), f"The state of 'odd' holds set: {ONLY}"),
        (lambda _s, _l, state: state.update({1: 2}), f"The state of 'odd' holds a key of type int: {ONLY}"),
        (lambda *_: 7, "The parse function of 'odd' gave int, not a symbol or None"),
        (lambda *_: "$raw$", "The parse function of 'odd' is shown tokens and cannot ask for `$raw$`"),
        (lambda *_: {}["no"], "'no'"),
    ],
)  # fmt: skip
def test_what_a_parse_function_may_not_do_is_an_error_of_the_script(answer, message):
    engine = hr.Engine()
    engine.register_custom_syntax_with_state("odd", answer, False, show)
    with pytest.raises(hr.ParseError) as caught:
        engine.eval("odd 1")
    assert caught.value.message == message
    assert caught.value.position.line == 1


def test_a_key_is_checked_as_that_of_a_fixed_construct():
    engine = hr.Engine()
    for key, message in [
        ("if", "Improper symbol for custom syntax at position #0: 'if'"),
        ("$expr$", "Improper symbol for custom syntax at position #1: '$expr$'"),
        (" ", "custom syntax with state begins with a word or symbol, not with a blank"),
    ]:
        with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
            engine.register_custom_syntax_with_state(key, parse, False, show)


def test_a_later_construct_with_the_same_key_replaces_the_other_in_both_directions():
    engine = hr.Engine()
    engine.register_custom_syntax_with_state("pick", lambda s, _l, _n: None if len(s) > 1 else "$int$", False, show)
    assert engine.eval("pick 3") == ["value 3 @line 1, position 6", "state ()"]
    engine.register_custom_syntax_with_state("pick", lambda s, _l, _n: None if len(s) > 1 else "$string$", False, show)
    assert engine.eval('pick "a"') == ["name a @line 1, position 6", "state ()"]
    engine.register_custom_syntax(["pick", "$int$"], False, lambda _c, inputs: inputs[0].literal)
    assert engine.eval("pick 3") == 3


def test_nothing_of_such_a_script_is_kept_for_other_processes(tmp_path):
    engine = hr.Engine()
    engine.cache = str(tmp_path)
    engine.register_custom_syntax_with_state("perform", parse, True, show)
    engine.eval("perform cleanup")
    assert list(tmp_path.rglob("*")) == []


def test_a_construct_with_state_may_stand_in_functions_closures_and_templates(engine):
    made, _ = engine
    script = "fn f() { perform update { 1 } } let g = |x| perform action x; `${f().len()} ${g.call(5)[1]}`"
    assert made.eval(script) == "3 name x @line 1, position 60"
