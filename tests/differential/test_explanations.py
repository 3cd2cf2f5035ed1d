"""How the random comparison recognises deliberate differences: narrowly, each under its heading."""

from __future__ import annotations

import pytest

from tests.differential.compare import Difference
from tests.differential.corpus import Case
from tests.differential.fuzz import explanation


def difference(script: str, *parts: tuple[str, object, object]) -> Difference:
    return Difference(Case("fuzz", 1, script), parts)


@pytest.mark.parametrize(
    ("found", "heading"),
    [
        (
            difference("#{a: 'c'}.to_json()", ("value", '"{\\"a\\":\'c\'}"', '"{\\"a\\":\\"c\\"}"')),
            "JSON is JSON",
        ),
        (difference("#{a: 'c'}.to_json()", ("value", '"{\\"a\\":\'c\'}"', '"{\\"a\\":\\"d\\"}"')), ""),
        (
            difference('throw [Fn("f")]', ("error.message", 'Runtime error: [Fn("f")]', 'Runtime error: [Fn+("f")]')),
            "Function pointers in raw texts",
        ),
        (
            difference('throw [Fn("f")]', ("error.message", 'Runtime error: [Fn("f")]', 'Runtime error: [Fn+("g")]')),
            "",
        ),
        (
            difference("`${#{f: || 1}}`", ("value", '"#{\\"f\\": Fn*(\\"anon$\\")}"', '"#{\\"f\\": Fn(anon$)}"')),
            "Function pointers in raw texts",
        ),
        (
            difference("[1, (), 'c'].order(|a, b| 1.5)", ("value", "[1, (), c]", "[1, c, ()]")),
            "Values of different types that a comparer cannot order",
        ),
        (difference("[1, (), 'c'].order(|a, b| 1.5)", ("value", "[1, (), c]", "[1, c, c]")), ""),
        (
            difference(
                "try { [1].map(|x| loop {}) } catch {}",
                ("error", None, {"kind": "ErrorTooManyOperations"}),
                ("output", "Too many operations", None),
            ),
            "Spent operations cannot be caught",
        ),
        (difference("throw `Too many operations`", ("error.message", "Too many operations", "no")), ""),
        (difference("b.extract(9)", ("error.message", "x", "Non-pure method 'extract' cannot be called")), ""),
        (
            difference("|| let s - 1", ("error.syntax", None, "Expecting ';' to terminate this statement")),
            "Operators behind a closure that only declares",
        ),
        (difference("let s - 1", ("error.syntax", None, "Expecting ';' to terminate this statement")), ""),
        (difference("(|x| x).name.pop()", ("value", "e", "6")), "Names of closures have other digits"),
        (difference("(|x| x).curry(1)", ("value", "e", "6")), ""),
        (
            difference("for c in `${|| 1}` { print(c) }", ("output", "line 9: 7", "line 9: c")),
            "Names of closures have other digits",
        ),
        (difference("for c in `${|| 1}` { print(c) }", ("output", "line 9: 7", "line 9: 70")), ""),
        (difference("print(|| 7)", ("output", "line 9: 7", "line 9: c")), ""),
        (difference("[1, (), 'c']", ("value", "[1, (), c]", "[1, c, ()]")), ""),
    ],
)
def test_only_the_documented_difference_is_explained(found: Difference, heading: str) -> None:
    assert explanation(found) == heading
