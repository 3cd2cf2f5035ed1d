"""Pairs that are read in one step have the same sense as when they are read token by token."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horus_runtime.errors import ParseError
from horus_runtime.heroscript import tokens
from horus_runtime.heroscript.parser import parse_params

NEVER = re.compile(r"(?!)")


def reading(text: str) -> object:
    """Names, values, items, comments, arguments and offsets; or the error with its place."""
    try:
        params = parse_params(text)
    except ParseError as error:
        return str(error)
    values = [(key, value.text, value.items, value.comments, value.offset) for key, value in params.values.items()]
    return values, [(argument.text, argument.comments, argument.offset) for argument in params.args]


def token_by_token(text: str) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "_PLAIN_PAIR", NEVER)
        return reading(text)


@pytest.mark.parametrize(
    "text",
    [
        "a:b", "a:b c:'d e' f:\"g\"", "a:b, c", "a:b ,c", "a:'b', 'c'", "a:'b'\n , c", "a:''", "a:'' b:1",
        "a:'''\nx\n'''", "a:'\nx\n'", "a:'b'c", "a:'b''c'", "a:'b'\"c\"", "a:'it\\'s'", "a:'two\nlines'", "a://b",
        "//a:b", "a:b//c", "a:b // c", "a:[1, 2]", "a:,b", "a:", "a: b", "a :b", "a:b:c", "a:'b", "a-b:c", "a,b:c",
        "./p:q", "a:b\u00a0c", "a:'b'\u00a0c:d", "A_B:c a-b:d", "a:b\r\nc:d", 'a:"x"y:z', "a:{b}", "a:b;", "a:!b",
        "x a:b // one\n// two\nc:d",
    ],
)  # fmt: skip
def test_a_pair_means_the_same_either_way(text) -> None:
    assert reading(text) == token_by_token(text)


@settings(max_examples=500, deadline=None)
@given(st.text("ab:,'\"/\\[] \n-!", max_size=14))
def test_any_text_means_the_same_either_way(text) -> None:
    assert reading(text) == token_by_token(text)
