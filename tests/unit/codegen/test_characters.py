"""Loops over text walk Python's own characters where a script cannot tell: the results are those of characters."""

from __future__ import annotations

from typing import Any

import pytest

import horus_runtime as hr
from horus_runtime.codegen.program import dump
from tests.support.variants import VariantEngine

PLAIN = {
    "comparisons": "let n = []; for c in \"aXb zß\" { n.push(c == 'a' || c >= 'b' && 'z' > c); } n",
    "other comparisons": "let n = []; for c in \"aXb\" { n.push([c != 'a', c < 'X', c <= 'X', 'b' == c]); } n",
    "texts": 'let n = #{}; for c in "abba" { n[c.to_string()] = (n[c.to_string()] ?? 0) + 1; } n',
    "templates": "let a = []; for c in \"ab\" { a.push(`<${c}${c == 'a'}>`); } a",
    "sums": 'let a = []; for c in "ab" { a.push(c + "x"); a.push("y" + c + "z"); } a',
    "appended": 'let s = "-"; for c in "abc" { if c != \'b\' { s += c; } } s',
    "what may be missing": 'let a = ["ab", "c"]; let n = ""; for k in 0..2 { for c in a.pop() { n += c; } } n',
    "nothing": 'let n = 0; for c in "abc" { n += 1; } n',
    "loops in loops": (
        "let n = 0; for c in \"abc\" { for d in \"cba\" { if d == 'a' { n += 1; } } if c == 'b' { n += 5; } } n"
    ),
    "parameters": 'fn f(s) { let n = 0; for c in s { if c == \'b\' { n += 1; } } n } [f("abba"), f("b")]',
}
TOLD = {
    "values that are kept": 'let a = []; for c in "abc" { a.push(c); } a',
    "types": 'let a = []; for c in "abc" { a.push(type_of(c)); } a',
    "arithmetic": "let a = []; for c in \"abc\" { a.push(c + 'x'); } a",
    "strings": 'let a = []; for c in "abc" { a.push(c == "a"); } a',
    "each other": 'let a = []; for c in "ab" { for d in "ba" { a.push(c == d); } } a',
    "captured": "let a = []; for c in \"ab\" { a.push((|| c == 'a').call()); } a",
    "assigned": "let a = []; for c in \"ab\" { if c == 'b' { c = 'x'; } a.push(c); } a",
    "appended to anything": 'let s = []; for c in "ab" { s += c; } s',
    "sums of characters": 'let s = []; for c in "ab" { s.push(c + c); } s',
    "eval": 'let a = []; for c in "ab" { if c == \'a\' { a.push(eval("type_of(c)")); } } a',
    "methods": "let a = []; for c in \"ab\" { a.push(c.to_upper()); if c == 'a' { a.push(1); } } a",
    "another type": "fn f(s) { let n = 0; for c in s { if c == 'b' { n += 1; } } n } [f(\"abba\"), f(['b', \"b\", 1])]",
}


def outcome(text: str, **changes: bool) -> tuple[Any, int]:
    engine = VariantEngine(native=False, **changes)
    engine.cache = False
    budgets: list[Any] = []
    engine.on_start(budgets.append)
    return engine.eval(text), budgets[0].spent


@pytest.mark.parametrize("text", [*PLAIN.values(), *TOLD.values()], ids=[*PLAIN, *TOLD])
def test_plain_characters_give_what_characters_give(text):
    assert repr(outcome(text)) == repr(outcome(text, plain_characters=False))


@pytest.mark.parametrize(
    ("text", "plain"), [(text, True) for text in PLAIN.values()] + [(text, False) for text in TOLD.values()]
)
def test_loops_walk_plain_characters_only_where_that_cannot_be_told(text, plain):
    engine = VariantEngine(native=False, keep_tree=True)
    engine.cache = False
    code = dump(engine.program(engine.compile(text), hr.Scope())).partition("def main")[2]
    walked = "_chars(" in code or ("_turns_of(" in code and "type(" not in code)
    assert walked != plain or "fn f" in text
