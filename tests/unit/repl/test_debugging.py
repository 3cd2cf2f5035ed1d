"""Scripts stop at the prompt, show where they are, and go on as they are told."""

import io

import pytest

import horus_runtime as hr
from horus_runtime.repl.loop import Repl
from horus_runtime.repl.output import Output
from horus_runtime.repl.plain import run_plain
from horus_runtime.repl.session import Session

DEFINITIONS = """\
fn inner(x) {
    let y = x * 2;
    y + 1
}
fn outer(x) { inner(x) + 10 }
"""


@pytest.fixture
def typed():
    """What is shown when these lines are typed after two functions were defined."""

    def typed(*lines):
        stream = io.StringIO()
        output = Output(stream, width=80)
        repl = Repl(Session(hr.Engine(), output.line), output, None, quiet=True)
        run_plain(repl, io.StringIO(DEFINITIONS + "".join(f"{line}\n" for line in lines)), show_prompt=False)
        return stream.getvalue().splitlines()

    return typed


def test_a_script_stops_where_a_function_begins(typed):
    assert typed(":break inner", "outer(5)", "v", "w", "c") == [
        "inner, [1] line 2: let y = x * 2;",
        "NAME  VALUE",
        "x     5",
        "inner, [1] line 2: let y = x * 2;",
        "outer, [2] line 1: fn outer(x) { inner(x) + 10 }",
        "the input, [3] line 1: outer(5)",
        "21",
    ]


def test_variables_are_seen_and_changed_while_it_stands_still(typed):
    assert typed(":break inner", "outer(5)", "y", "n", "y", "y = 50", "c") == [
        "inner, [1] line 2: let y = x * 2;",
        "1: y",
        "   ^ Variable not found: y",
        "inner, [1] line 3: y + 1",
        "10",
        "61",
    ]


def test_a_condition_decides_about_the_stop(typed):
    assert typed(":break inner if x > 5", "outer(5)", "outer(6)", "c", ":break") == [
        "21",
        "inner, [1] line 2: let y = x * 2;",
        "23",
        "1  inner (...) if x > 5, hit 1 time",
    ]


def test_an_input_runs_statement_by_statement(typed):
    assert typed(":step let a = 1; a += outer(a); a", "s", "s", "o", "c", "1 + 1") == [
        "the input, [3] line 1: let a = 1; a += outer(a); a",
        "the input, [3] line 1: let a = 1; a += outer(a); a",
        "outer, [2] line 1: fn outer(x) { inner(x) + 10 }",
        "outer returns: 13",
        "14",
        "2",
    ]


def test_a_script_can_be_ended_and_the_session_goes_on(typed):
    assert typed(":break inner", "outer(5)", "q", ":break off", "outer(5)") == [
        "inner, [1] line 2: let y = x * 2;",
        "[3]:1:1",
        "1: outer(5)",
        "   ^ Script terminated by the debugger",
        "21",
    ]


def test_the_end_of_the_stream_ends_the_script(typed):
    assert "Script terminated by the debugger" in typed(":break inner", "outer(5)")[-1]


def test_help_and_wrong_names(typed):
    assert typed(":break 3x", ":step", ":break") == [
        "'3x' is no name of a function, and no .NAME of a property",
        "usage: :step TEXT",
        "no breakpoints yet",
    ]
    assert typed(":break inner", "outer(5)", "h", "c")[1].startswith("n next statement   s step into")
