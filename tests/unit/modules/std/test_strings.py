"""Strings and characters. The values are those of the reference engine."""

from __future__ import annotations

import pytest

from horus_runtime.runtime.values import Char, Range
from tests.support.std_calls import StdContext, call, call_on, message


@pytest.mark.parametrize(
    ("text", "name", "args", "result"),
    [
        ("hé", "len", (), 2),
        ("hé", "bytes", (), 3),
        ("", "is_empty", (), True),
        ("hello", "contains", ("ll",), True),
        ("hello", "contains", (Char("z"),), False),
        ("hello", "contains", ("",), True),
        ("hello", "starts_with", (Char("h"),), True),
        ("hello", "ends_with", ("",), True),
        ("hello", "index_of", ("l",), 2),
        ("hello", "index_of", ("l", -2), 3),
        ("hello", "index_of", ("l", -99), 2),
        ("hello", "index_of", ("l", 99), -1),
        ("hello", "index_of", ("",), 0),
        ("", "index_of", ("",), -1),
        ("hello", "index_of", ("", 5), -1),
        ("hello", "get", (-1,), "o"),
        ("hello", "get", (-9,), None),
        ("", "get", (0,), None),
        ("hello", "sub_string", (-2,), "lo"),
        ("hello", "sub_string", (1, 2), "el"),
        ("hello", "sub_string", (-9, 2), "he"),
        ("hello", "sub_string", (9,), ""),
        ("hello", "sub_string", (1, -1), ""),
        ("hello", "sub_string", (Range(-3, 2),), "he"),
        ("hello", "sub_string", (Range(3, 1),), ""),
        ("hello", "sub_string", (Range(3, 1, inclusive=True),), "l"),
        ("añ", "to_chars", (), ["a", "ñ"]),
        ("hé", "to_blob", (), bytearray(b"h\xc3\xa9")),
        ("ß", "to_upper", (), "SS"),
        ("ΑΣ", "to_lower", (), "ας"),
        ("b", "max", ("a",), "b"),
        ("b", "min", ("a",), "a"),
    ],
)
def test_a_string_answers_as_in_rhai(text, name, args, result) -> None:
    assert call(name, text, *args) == result


@pytest.mark.parametrize(
    ("args", "result"),
    [
        ((), "hello"),
        ((-2,), "lo"),
        ((99,), ""),
        ((1, 2), "el"),
        ((1, -1), ""),
        ((Range(1, 3),), "el"),
        ((Range(3, 1, inclusive=True),), ""),
        ((Range(-3, 1, inclusive=True),), "he"),
    ],
)
def test_chars_can_be_walked_again(args, result) -> None:
    stream = call("chars", "hello", *args)
    assert ["".join(stream), "".join(stream)] == [result, result]
    assert {type(character) for character in stream} <= {Char}


@pytest.mark.parametrize(
    ("text", "name", "args", "result", "after"),
    [
        ("hello", "set", (-1, Char("E")), None, "hellE"),
        ("hello", "set", (-9, Char("E")), None, "hello"),
        ("a", "append", (1,), None, "a1"),
        ("a", "append", (None,), None, "a"),
        ("a", "append", ([1, Char("c")],), None, "a[1, c]"),
        ("a", "append", (bytearray(b"A\xff"),), None, "aA\ufffd"),
        ("hello", "remove", ("l",), None, "heo"),
        ("hello", "remove", ("",), None, "hello"),
        ("hello", "remove", (Char("h"),), None, "ello"),
        ("hello", "clear", (), None, ""),
        ("hello", "truncate", (2,), None, "he"),
        ("hello", "truncate", (-2,), None, ""),
        (" \t\xa0x\u3000\n", "trim", (), None, "x"),
        ("\x1cx\x1f", "trim", (), None, "\x1cx\x1f"),
        ("hello", "pop", (), "o", "hell"),
        ("", "pop", (), None, ""),
        ("hello", "pop", (2,), "lo", "hel"),
        ("hello", "pop", (-1,), "", "hello"),
        ("hello", "pop", (9,), "hello", ""),
        ("hello", "crop", (-2,), None, "lo"),
        ("hello", "crop", (1, 2), None, "el"),
        ("hello", "crop", (Range(3, 1, inclusive=True),), None, "l"),
        ("hello", "make_upper", (), None, "HELLO"),
        ("HELLO", "make_lower", (), None, "hello"),
        ("hello", "replace", ("l", "LL"), None, "heLLLLo"),
        ("hello", "replace", (Char("l"), Char("M")), None, "heMMo"),
        ("abc", "replace", ("", Char("-")), None, "-a-b-c-"),
        ("", "replace", ("", "-"), None, ""),
        ("ab", "pad", (5, "xyz"), None, "abxyz"),
        ("ab", "pad", (4, "xyz"), None, "abxy"),
        ("ab", "pad", (4, Char("é")), None, "abéé"),
        ("ab", "pad", (-4, ""), None, "ab"),
    ],
)
def test_a_string_changes_as_in_rhai(text, name, args, result, after) -> None:
    assert call_on(text, name, *args) == (result, after)


def test_padding_with_nothing_is_an_error() -> None:
    assert message(lambda: call("pad", "a", 5, "")) == "Runtime error: cannot pad with an empty string"


@pytest.mark.parametrize(
    ("args", "pieces"),
    [
        (("a b  c",), ["a", "b", "c"]),
        (("   ",), []),
        (("",), [""]),
        (("a\x1cb\x85c",), ["a\x1cb", "c"]),
        (("hello", 2), ["he", "llo"]),
        (("hello", -2), ["hel", "lo"]),
        (("hello", 0), ["hello", ""]),
        (("hello", -99), ["", "hello"]),
        (("hello", 99), ["hello", ""]),
        (("", -1), ["", ""]),
        (("a,b,c", ","), ["a", "b", "c"]),
        (("a,b,c", Char(",")), ["a", "b", "c"]),
        (("ab", ""), ["", "a", "b", ""]),
        (("", ","), [""]),
        (("a,b,c", ",", 2), ["a", "b,c"]),
        (("a,b,c", ",", 0), ["a,b,c"]),
        (("abc", "", 2), ["", "abc"]),
        (("abc", "", 3), ["", "a", "bc"]),
        (("abc", "", 99), ["", "a", "b", "c", ""]),
        (("aaa", "aa"), ["", "a"]),
    ],
)
def test_split_gives_the_pieces_from_the_front(args, pieces) -> None:
    assert call("split", *args) == pieces


@pytest.mark.parametrize(
    ("args", "pieces"),
    [
        (("a,b,c", ","), ["c", "b", "a"]),
        (("a,b,c", Char(","), 2), ["c", "a,b"]),
        (("a,b,c", ",", 0), ["a,b,c"]),
        (("abc", ""), ["", "c", "b", "a", ""]),
        (("abc", "", 2), ["", "abc"]),
        (("abc", "", 99), ["", "c", "b", "a", ""]),
        (("aaa", "aa"), ["", "a"]),
        (("", "", 2), [""]),
    ],
)
def test_split_rev_gives_the_pieces_from_the_end(args, pieces) -> None:
    assert call("split_rev", *args) == pieces


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("pad", (11, "é")),
        ("replace", ("a", "aaaaaaaaaaaa")),
        ("append", ("0123456789",)),
    ],
)
def test_growing_text_is_priced_in_bytes_before_it_is_built(name, args) -> None:
    context = StdContext(string=10)
    assert message(lambda: call_on("ab", name, *args, context=context)) == "Length of string too large"


@pytest.mark.parametrize("args", [(), ("",), ("", 99)])
def test_pieces_are_priced_as_an_array(args) -> None:
    text = "a b c d e f g h i j k l m n o p"
    assert message(lambda: call("split", text, *args, context=StdContext(array=3))) == "Size of array/BLOB too large"


def test_a_string_joins_with_anything() -> None:
    assert call("+", "a", [1]) == "a[1]"
    assert call("+", {"k": Char("c")}, "a") == '#{"k": c}a'
    assert [call("+", "a", bytearray(b"A")), call("+", bytearray(b"\xff"), "a")] == ["aA", "\ufffda"]
    assert message(lambda: call("+", "a" * 6, "b" * 6, context=StdContext(string=10))) == "Length of string too large"


@pytest.mark.parametrize(
    ("character", "name", "result"),
    [
        ("a", "to_upper", "A"),
        ("ß", "to_upper", "ß"),
        ("İ", "to_lower", "İ"),
        ("É", "to_lower", "é"),
        ("a", "to_int", 97),
    ],
)
def test_a_character_maps_to_one_character(character, name, result) -> None:
    assert call(name, Char(character)) == result


def test_a_character_changes_in_place() -> None:
    assert call_on(Char("e"), "make_upper") == (None, "E")
    assert call_on(Char("E"), "make_lower") == (None, "e")
    assert type(call_on(Char("E"), "make_lower")[1]) is Char
