"""What sizes count, what `for` walks, and what may name a function."""

from __future__ import annotations

import pytest

from horus_runtime.errors import EvalError, ParseError
from horus_runtime.runtime.fn_names import pointer_to
from horus_runtime.runtime.iteration import NO_ITERATOR, iterate
from horus_runtime.runtime.sizes import size_of
from horus_runtime.runtime.values import Char, Range, Stream


@pytest.mark.parametrize(
    ("value", "sizes"),
    [
        (5, (0, 0, 0)),
        (Char("é"), (0, 0, 0)),
        ("é", (0, 0, 2)),
        (bytearray(3), (3, 0, 0)),
        ([], (0, 0, 0)),
        ([[1], [1]], (4, 0, 0)),
        ([bytearray(2)], (4, 0, 0)),
        ([bytearray()], (2, 0, 0)),
        ({"a": bytearray(2)}, (3, 1, 0)),
        ({"long key": {"b": 1}}, (0, 2, 0)),
        (["abc", ["abc"], {"k": "é"}], (4, 1, 8)),
    ],
)
def test_nested_sizes_add_up(value, sizes) -> None:
    assert size_of(value) == sizes


def test_deep_values_are_measured_without_recursion() -> None:
    value = []
    for _ in range(100_000):
        value = [value]
    assert size_of(value) == (100_000, 0, 0)


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ([1, [2]], [1, [2]]),
        ("añ", [Char("a"), Char("ñ")]),
        (bytearray(b"\x01\xff"), [1, 255]),
        (Range(1, 3), [1, 2]),
        (Range(1, 3, inclusive=True), [1, 2, 3]),
        (Range(3, 1, inclusive=True), []),
        (Stream(lambda: iter([1.5])), [1.5]),
    ],
)
def test_for_walks_sequences(value, items) -> None:
    assert list(iterate(value)) == items


@pytest.mark.parametrize("value", [None, 5, 1.5, True, Char("a"), {}])
def test_for_does_not_walk_other_values(value) -> None:
    assert iterate(value) is NO_ITERATOR


def test_a_loop_sees_the_array_as_it_was() -> None:
    array = [[1], [2]]
    walk = iterate(array)
    array.append([3])
    array[1].append(9)
    assert list(walk) == [[1], [2]]


def test_characters_of_a_string_are_characters() -> None:
    assert [type(item) for item in iterate("ab")] == [Char, Char]


@pytest.mark.parametrize("name", ["f", "abc_1", "exit", "global", "X", "_f", "__f1"])
def test_an_identifier_names_a_function(name) -> None:
    pointer = pointer_to(name)
    assert (pointer.name, pointer.curried) == (name, ())


def test_the_stricter_rule_refuses_a_leading_underscore() -> None:
    assert pointer_to("f_", strict=True).name == "f_"
    with pytest.raises(EvalError):
        pointer_to("_f", strict=True)


@pytest.mark.parametrize("name", ["", " a", "1a", "a b", "a::b", "é", "anon$0", "a\n", "__", "_1"])
def test_another_text_names_no_function(name) -> None:
    with pytest.raises(EvalError) as caught:
        pointer_to(name)
    assert (caught.value.kind, caught.value.message) == ("ErrorFunctionNotFound", f"Function not found: {name}")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("let", "keyword"),
        ("this", "keyword"),
        ("Fn", "keyword"),
        ("async", "keyword"),
        ("+", "symbol"),
        ("#{", "symbol"),
        ("()", "symbol"),
    ],
)
def test_reserved_texts_are_syntax_errors(name, kind) -> None:
    with pytest.raises(ParseError) as caught:
        pointer_to(name)
    assert (caught.value.kind, caught.value.message) == ("Reserved", f"'{name}' is a reserved {kind}")
