"""Inputs share variables, functions and imports, and errors name the input in which they stand."""

import pytest

from horus_runtime.errors import ParseError


def values(session, *texts):
    return [session.run(text).value for text in texts]


def test_variables_functions_and_imports_stay(session):
    found = values(
        session,
        "let a = 20;",
        "fn twice(x) { x * 2 }",
        'import "std/strings" as s;',
        "twice(a) + 2",
        's::title("ab cd")',
    )
    assert found == [None, None, None, 42, "Ab Cd"]


def test_the_last_result_is_an_underscore(session):
    assert values(session, "40 + 2", "_ / 2", "let b = 1;", "_") == [42, 21, None, 21]


def test_an_underscore_still_begins_the_last_case_of_a_switch(session):
    assert values(session, "7", "switch 3 { 1 => 0, _ => 5 }", "switch _ { 5 => true, _ => false }") == [7, 5, True]


def test_a_function_that_is_defined_anew_is_new_for_its_callers(session):
    found = values(session, "fn rate() { 2 }", "fn price(x) { x * rate() }", "price(5)", "fn rate() { 3 }", "price(5)")
    assert found == [None, None, 10, None, 15]


def test_functions_see_the_constants_of_the_session(session):
    assert values(session, "const RATE = 7;", "fn price(x) { x * RATE }", "price(6)")[-1] == 42


def test_a_closure_of_an_earlier_input_is_called(session):
    assert values(session, "let step = 5;", "let add = |x| x + step;", "step = 6;", "add.call(1)")[-1] == 7


def test_an_error_leaves_what_was_done_before_it(session):
    session.run("let a = 1; a += 1; let b = nope;")
    assert session.run("a").value == 2


def test_an_error_in_an_earlier_input_is_shown_with_the_number_of_that_input(session):
    session.run("fn inner(x) {\n    x + missing\n}")
    session.run("fn outer(x) { inner(x) }")
    cell = session.run("let y = 1;\nouter(y)")
    assert cell.error.render() == (
        "[3]:2:1\n"
        "2: outer(y)\n"
        "   ^ Variable not found: missing @ [1] (line 2, position 9)\n"
        "   | in call to function 'inner' @ [2] (line 1, position 15)\n"
        "   | in call to function 'outer'"
    )
    assert cell.error.kind == "ErrorInFunctionCall"


def test_a_syntax_error_is_placed_in_the_input_not_in_the_text_it_is_compiled_with(session):
    session.run("fn f() { 1 }\nfn g() { 2 }")
    cell = session.run("let a = 1;\nlet b = ;")
    assert (cell.error.kind, cell.error.message, cell.error.position) == ("BadInput", "Unexpected ';'", (2, 9))


def test_operations_and_output_are_those_of_the_input(session):
    first = session.run('print("one"); print("two");')
    second = session.run("1 + 1")
    assert first.output == "one\ntwo\n"
    assert (second.output, first.operations > second.operations > 0) == ("", True)


def test_an_interrupt_ends_the_input_and_keeps_the_session(session):
    @session.engine.fn
    def press_ctrl_c() -> None:
        raise KeyboardInterrupt

    cell = session.run("let a = 5; press_ctrl_c(); a = 6;")
    assert (cell.interrupted, cell.ok, session.run("a").value) == (True, False, 5)


def test_an_action_runs_between_scripts_and_sees_their_variables(session, tmp_path):
    session.run('let greeting = "hello";')
    cell = session.run("!!git.list")
    assert cell.error.message == (
        "git.list: PolicyDenied: git.list is not allowed: the capability 'git' is missing, "
        "grant it with --allow-git=read"
    )
    assert session.run("greeting").value == "hello"


def test_evaluating_beside_the_session_adds_nothing_to_it(session):
    session.run("let a = 3;")
    assert session.evaluate("let b = a * 2; b") == 6
    assert [name for name, _, _ in session.scope] == ["a"]
    assert len(session.cells) == 1


def test_a_text_with_an_error_is_not_evaluated(session):
    with pytest.raises(ParseError) as caught:
        session.evaluate("1 +")
    assert caught.value.message == "Script is incomplete"


def test_reset_forgets_definitions_and_keeps_the_history(session):
    session.run("let a = 1; fn f() { 1 }")
    session.reset()
    assert session.run("a").error.message == "Variable not found: a"
    assert session.run("f()").error.message == "Function not found: f ()"
    assert [cell.number for cell in session.cells] == [1, 2, 3]


def test_a_negation_is_no_action(session):
    assert values(session, "let a = [];", "!a.is_empty()", "!a.is_empty") == [None, False, False]
