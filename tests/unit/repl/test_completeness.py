"""An input goes on while it is open, and never for ever."""

import pytest

import horus_runtime as hr
from horus_runtime.repl.completeness import is_complete

OPEN = [
    "fn f(x) {",
    "if true {",
    "let x =",
    "[1,",
    "foo(1,",
    "#{a:",
    "1 +",
    "switch x { 1 =>",
    "while true",
    "do {}",
    "try {}",
    "x.",
    "let",
    "fn",
    "fn f(",
    "`abc",
    "`a ${",
    "`a ${1 +",
    '#"abc',
    '"abc\\',
    "/* x",
    "/// What it does.",
    "/* a /* b */",
    "let a = [\n 1,\n 2",
    "!!git.list name:",
    "!!git.list\n  name:x",
]
CLOSED = [
    "",
    "let x = 1",
    "1 + 2;",
    "fn f(x) { x }",
    "}",
    ")",
    "1 2",
    'let a = "unfinished',
    "a ? b",
    "else",
    "// a comment",
    "/* x */ 1",
    "!!git.list",
    "1 +\n",
    "fn f( {\n\n",
]


@pytest.fixture(scope="module")
def engine():
    return hr.Engine()


@pytest.mark.parametrize("text", OPEN)
def test_an_open_text_goes_on(text, engine):
    assert is_complete(text, engine) is False


@pytest.mark.parametrize("text", CLOSED)
def test_a_text_that_is_complete_or_wrong_is_run(text, engine):
    assert is_complete(text, engine) is True


@pytest.mark.parametrize("text", OPEN)
def test_an_empty_line_ends_every_text(text, engine):
    assert is_complete(f"{text}\n", engine) is True
