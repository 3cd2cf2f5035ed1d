"""Which lines of a mixed payload are actions."""

import pytest

from horus_runtime.errors import ParseError
from horus_runtime.heroscript.compose import compose
from horus_runtime.heroscript.segments import split_payload

VECTORS = [
    ('!!git.list\nprint("Hi")\n!!docker.ps', "action script action"),
    ("let b = a &&\n!!flag.ready\n!!git.list", "script action"),
    ("let s = `\n!!git.list\n`;\n!!docker.ps", "script action"),
    ('let q = #"x\n!!git.list\n"#;\n!!docker.ps', "script action"),
    ('let t = "a\\\n!!git.list";\n!!docker.ps', "script action"),
    ("/*\n!!git.list\n*/\n!!docker.ps", "script action"),
    ("if x {\n!!git.list\n}\n!!docker.ps", "script action"),
    ("fn f() {\n    !!a.b\n}\n!!docker.ps", "script action"),
    ("let c = '\"';\n!!git.list", "script action"),
    ("!!git.list\n    name:app\nprint(1)", "action script"),
    ("!!git.list;\nprint(1)", "script"),
    ("(!!cfg.on)\n!!git.list", "script action"),
    ("!!ok\nprint(1)", "script"),
    ("!git.list\nprint(1)", "script"),
    ("return\n!!git.list", "script"),
    ("!!vm.new desc:'\n!!not.action\n'\nprint(1)", "action script"),
    ("    !!git.list\n    print(1)\n    !!docker.ps all:true", "action script action"),
    # More of the same kind.
    ("let s = `a ${ `b ${\n!!git.list\n}` } c`;\n!!docker.ps", "script action"),
    ('let r = ##"x"#\n!!git.list\n"##;\n!!docker.ps', "script action"),
    ('let d = "say ""hi""";\n!!git.list', "script action"),
    ("foo(1,\n!!git.list\n)\n!!docker.ps", "script action"),
    ("#{\n!!git.list\n}\n!!docker.ps", "script action"),
    ("let x = 1 /* a /* b */\n!!git.list\n*/\n!!docker.ps", "script action"),
    ("let x =\n!!git.list\n!!docker.ps", "script action"),
    ("x\n!!git.list", "script action"),
    ("!!f(x)\n!!a.b.c\n!!git.list", "script action"),
    ("!!!site.page\n!!!!log.add x:1", "action action"),
    ("  !!git.list\nprint(1)", "script"),
    ("", ""),
    ("\n\n", "script"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kinds"), VECTORS)
def test_segments(text, kinds):
    payload = split_payload(text)
    assert " ".join("script" if s.action is None else "action" for s in payload.segments) == kinds
    assert "".join(payload.source.text[s.start : s.end] for s in payload.segments) == text


def test_action_values_of_the_vectors():
    assert split_payload("!!git.list\n    name:app\nprint(1)").actions[0].params.to_dict() == {"name": "app"}
    payload = split_payload("!!vm.new desc:'\n!!not.action\n'\nprint(1)")
    assert payload.actions[0].params.to_dict() == {"desc": "!!not.action"}
    assert payload.scripts() == ["print(1)"]
    indented = split_payload("    !!git.list\n    print(1)\n    !!docker.ps all:true")
    assert indented.actions[1].params.to_dict() == {"all": "true"}


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "hint"),
    [
        (
            '!!git.list\n    print("x")', 2, 10, "'(' cannot stand in parameters",
            "script code after an action must start at the action's column",
        ),
        (
            "!!git.list\n    restart", 2, 5, "'restart' is not a parameter",
            "script code after an action must start at the action's column; quote the word if it is one",
        ),
        ("!!a.b && c", 1, 7, "'&' cannot stand in parameters",
         "script code after an action must start at the action's column"),
        ("!!a.b # note", 1, 7, "'#' cannot stand here", "comments begin with //"),
        ("let a = 1;\n!!a.b x:'open", 2, 9, "the text that begins with ' does not end", None),
    ],
)  # fmt: skip
def test_errors_have_place_and_hint(text, line, column, message, hint):
    with pytest.raises(ParseError) as caught:
        split_payload(text)
    error = caught.value
    assert (error.position, error.message, error.hint) == ((line, column), message, hint)


def test_a_word_on_the_head_line_is_an_argument():
    assert split_payload("!!git.list fast").actions[0].params.arguments() == ["fast"]


def script_text(payload):
    return compose(payload, lambda number, action: f"act({number})").text


def test_the_script_has_the_same_lines():
    payload = split_payload("let a = 1\n!!git.list\n    name:x\n\nprint(a)\n!!docker.ps")
    assert script_text(payload) == "let a = 1\n;act(0);\n\n\nprint(a)\n;act(1)"
    assert script_text(split_payload("!!git.list\n")) == ";act(0)\n"


def test_comments_above_an_action_belong_to_it_and_stay_comments():
    payload = split_payload("/// doc\n// plain\n!!git.list //tail\nprint(1)")
    assert payload.actions[0].comments == ["doc", "plain", "tail"]
    assert script_text(payload) == "\n// plain\n;act(0);\nprint(1)"


def test_marks_and_carriage_returns_are_stripped_and_lines_stay():
    payload = split_payload("\ufeff#!/usr/bin/env horus\r\n!!git.list\r\nprint(1)\r\n")
    assert (payload.actions[0].position, payload.scripts()) == ((2, 1), ["\n", "print(1)\n"])


def test_a_line_that_continues_the_script_is_warned_about():
    payload = split_payload("return\n!!git.list")
    assert [tuple(warning) for warning in payload.warnings] == [
        ((2, 1), "this line continues the script above it, so it is not an action")
    ]
