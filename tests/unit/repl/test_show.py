"""Values are laid out for people: short ones on a line, long ones over several, huge ones cut."""

import pytest

import horus_runtime as hr
from horus_runtime.repl.show import Shower


@pytest.fixture(scope="module")
def engine():
    return hr.Engine()


@pytest.mark.parametrize(
    ("script", "expected", "type_line"),
    [
        ("42", "42", "i64"),
        ("1.0", "1.0", "f64"),
        ("'x'", "'x'", "char"),
        ('"a\\nb"', '"a\\nb"', "string of 3 characters"),
        ("[]", "[]", "array of 0 elements"),
        ("[1]", "[1]", "array of 1 element"),
        ('#{a: 1, "b c": [true, ()]}', '#{a: 1, "b c": [true, ()]}', "map of 2 properties"),
        ("blob(3, 1)", "[010101]", "blob of 3 bytes"),
        ("1..5", "1..5", "range"),
        ("[[[[[[[1]]]]]]]", "[[[[[[[...]]]]]]]", "array of 1 element"),
    ],
)
def test_short_values(engine, script, expected, type_line):
    value = engine.eval(script)
    shower = Shower(engine, 60)
    assert (shower.show(value), shower.type_line(value)) == (expected, type_line)


def test_long_maps_take_a_line_for_each_property(engine):
    value = engine.eval(
        '#{first: "a".pad_right(10), second: [1, 2, 3], third: #{inner: "0123456789"}}'.replace(
            '"a".pad_right(10)', '"aaaaaaaaaa"'
        )
    )
    assert Shower(engine, 40).show(value) == (
        '#{\n  first: "aaaaaaaaaa",\n  second: [1, 2, 3],\n  third: #{inner: "0123456789"}\n}'
    )


def test_short_elements_share_lines(engine):
    assert Shower(engine, 20).show(list(range(12))) == "[\n  0, 1, 2, 3, 4, 5,\n  6, 7, 8, 9, 10, 11\n]"


def test_what_is_left_out_is_counted(engine):
    assert Shower(engine, 400).show(list(range(100))).endswith("58, 59, ... 40 more]")
    assert Shower(engine, 400).show("x" * 3000) == f'"{"x" * 2000}" ... 1000 more characters'


def test_everything_is_shown_when_asked_for(engine):
    shower = Shower(engine, 80, whole=True)
    assert shower.show("x" * 3000) == f'"{"x" * 3000}"'
    assert shower.show(list(range(100))).split()[-2] == "99"
