"""JSON in both directions, with the messages of a strict reader."""

from __future__ import annotations

import json
from math import copysign, inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horus_runtime.modules.std.json import read, write
from horus_runtime.modules.std.json_errors import first_error
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.values import Char, Range, Timestamp
from tests.support.std_calls import StdContext, call, message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None),
        (' [1, 2.5, true, "x"] ', [1, 2.5, True, "x"]),
        ('{"a": {"b": []}, "a": 2}', {"a": 2}),
        ("9223372036854775807", 9223372036854775807),
        ("9223372036854775808", 9223372036854775808.0),
        ("1e2", 100.0),
        ('"\\ud83d\\ude00\\u00e9"', "😀é"),
        ("1" * 5000 + ".0e-4990", float("1" * 5000 + ".0e-4990")),
    ],
)
def test_any_json_value_is_read(text, value) -> None:
    assert read(text) == value
    assert type(read(text)) is type(value)


def test_minus_zero_is_a_float() -> None:
    assert copysign(1.0, read("-0")) == -1.0


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "EOF while parsing a value at line 1 column 0"),
        ('{"a":1,}', "trailing comma at line 1 column 8"),
        ("[1,]", "trailing comma at line 1 column 4"),
        ("[1 2]", "expected `,` or `]` at line 1 column 4"),
        ('{"a":1 "b"}', "expected `,` or `}` at line 1 column 8"),
        ('{"a" 1}', "expected `:` at line 1 column 6"),
        ("{a:1}", "key must be a string at line 1 column 2"),
        ('{"a":1,2}', "key must be a string at line 1 column 8"),
        ("[", "EOF while parsing a list at line 1 column 1"),
        ("[1", "EOF while parsing a list at line 1 column 2"),
        ("[1,", "EOF while parsing a value at line 1 column 3"),
        ("{", "EOF while parsing an object at line 1 column 1"),
        ('{"a"', "EOF while parsing an object at line 1 column 4"),
        ('"a', "EOF while parsing a string at line 1 column 2"),
        ('"\\x"', "invalid escape at line 1 column 3"),
        ('"\\ud800"', "unexpected end of hex escape at line 1 column 8"),
        ('"\\ud800\\u0041"', "lone leading surrogate in hex escape at line 1 column 13"),
        ('"\\udc00"', "lone leading surrogate in hex escape at line 1 column 7"),
        ('"\\u00g0"', "invalid escape at line 1 column 7"),
        ('"\n"', "control character (\\u0000-\\u001F) found while parsing a string at line 2 column 0"),
        ("nul", "EOF while parsing a value at line 1 column 3"),
        ("nulx", "expected ident at line 1 column 4"),
        ("NaN", "expected value at line 1 column 1"),
        ("Infinity", "expected value at line 1 column 1"),
        ("01", "invalid number at line 1 column 2"),
        ("-", "EOF while parsing a value at line 1 column 1"),
        ("-x", "invalid number at line 1 column 2"),
        ("1.", "EOF while parsing a value at line 1 column 2"),
        ("1.x", "invalid number at line 1 column 3"),
        ("1e", "EOF while parsing a value at line 1 column 2"),
        ("1e999", "number out of range at line 1 column 5"),
        ('{"a": 1}\n x', "trailing characters at line 2 column 2"),
        ('["é" x]', "expected `,` or `]` at line 1 column 7"),
        ("[" * 128 + "]" * 128, "recursion limit exceeded at line 1 column 128"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(text, error) -> None:
    assert message(lambda: call("parse_json", text)) == f"Runtime error: {error}"
    assert first_error(text) == error


def test_deep_but_legal_texts_are_read() -> None:
    assert write(read("[" * 127 + "]" * 127)) == "[" * 127 + "]" * 127


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='{}[]",:0123456789.-+eEtrufalsn \\\n/x', max_size=20))
def test_the_slow_reader_agrees_with_a_json_parser(text) -> None:
    try:
        json.loads(text, parse_constant=lambda name: json.loads("x"))
        legal = True
    except ValueError:
        legal = False
    error = first_error(text)
    assert (error is None) is legal or (error or "").startswith(("number out of range", "lone", "unexpected end"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None, 2.5]}, '{"a":[true,null,2.5],"b":1}'),
        ({"x": nan, "y": -inf}, '{"x":null,"y":null}'),
        ({"c": Char("c"), "s": 'a"\x01é\n'}, '{"c":"c","s":"a\\"\\u0001é\\n"}'),
        ({"b": bytearray(b"\x01\xff")}, '{"b":[1,255]}'),
        ({"f": FnPtr("g"), "h": FnPtr("g", (1, "x"))}, '{"f":"g","h":["g",1,"x"]}'),
        ({"t": Timestamp(0), "r": Range(0, 1)}, '{"r":"range","t":"timestamp"}'),
        ({}, "{}"),
        ({"n": 1e300, "m": 1e-7}, '{"m":1e-7,"n":1e300}'),
    ],
)
def test_maps_are_written_compactly(value, text) -> None:
    assert call("to_json", value) == text
    json.loads(text)


def test_only_maps_have_a_json_form_as_a_method() -> None:
    assert message(lambda: call("to_json", [1])) == "Function not found: to_json (array)"


def test_deep_values_are_written_without_recursion() -> None:
    value = {}
    for _ in range(50_000):
        value = {"k": [value]}
    assert len(write(value)) == 50_000 * 8 + 2


def test_the_text_is_priced() -> None:
    assert (
        message(lambda: call("to_json", {"a": "x" * 20}, context=StdContext(string=10))) == "Length of string too large"
    )


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)


@settings(max_examples=200, deadline=None)
@given(st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)))
def test_what_was_written_is_read_again(value) -> None:
    assert read(write(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": "x"}, '{"a":"x","b":1}'),
        ([1.5, -0.0, 1e16, 1e-7], "[1.5,-0.0,1e16,1e-7]"),
        ([nan, inf, 1], "[null,null,1]"),
        (["1e-5", 2.5], '["1e-5",2.5]'),
        ([True, None, "é\n\x01"], '[true,null,"é\\n\\u0001"]'),
        ({"row": [1, 2], "blob": bytearray(b"ab"), "letter": Char("c")}, '{"blob":[97,98],"letter":"c","row":[1,2]}'),
        ([list(range(2000))], "[[" + ",".join(map(str, range(2000))) + "]]"),
        ([[], {}, [[]]], "[[],{},[[]]]"),
    ],
)
def test_rows_of_plain_values_are_written_as_all_others_are(value, text):
    assert write(value) == text
