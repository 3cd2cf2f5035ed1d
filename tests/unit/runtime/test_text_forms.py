"""How values look: displayed, in debug form, and to the host. The texts are those of the reference engine."""

from __future__ import annotations

from math import inf, nan

import pytest

from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.parts import SLICE
from horus_runtime.runtime.printable import needs_escape
from horus_runtime.runtime.text import (
    blob_text,
    float_debug,
    float_display,
    float_plain,
    host_debug,
    host_display,
    quote,
    to_debug,
    to_display,
)
from horus_runtime.runtime.values import INT_MAX, Cell, Char, Range, Stream, Timestamp


@pytest.mark.parametrize(
    ("number", "display", "debug"),
    [
        (0.0, "0.0", "0.0"),
        (-0.0, "0.0", "-0.0"),
        (1.0, "1.0", "1.0"),
        (-123.456, "-123.456", "-123.456"),
        (1e12, "1000000000000.0", "1000000000000.0"),
        (9999999827968.0, "9999999827968.0", "9999999827968.0"),
        (9999999827969.0, "9.999999827969e12", "9999999827969.0"),
        (1e13, "1e13", "10000000000000.0"),
        (1.5e20, "1.5e20", "1.5e20"),
        (1e16, "1e16", "1e16"),
        (0.0001, "0.0001", "0.0001"),
        (0.00001, "0.00001", "1e-5"),
        (1.5e-7, "0.00000015", "1.5e-7"),
        (1e-13, "0.0000000000001", "1e-13"),
        (9e-14, "9e-14", "9e-14"),
        (5e-324, "5e-324", "5e-324"),
        (inf, "inf", "inf"),
        (-inf, "-inf", "-inf"),
        (nan, "NaN", "NaN"),
    ],
)
def test_floats_turn_scientific_at_different_places(number, display, debug) -> None:
    assert (float_display(number), float_debug(number)) == (display, debug)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (5.0, "5"),
        (1e21, "1" + "0" * 21),
        (0.25, "0.25"),
        (1.5e-7, "0.00000015"),
        (-0.0, "-0"),
        (0.0, "0"),
        (inf, "inf"),
    ],
)
def test_some_messages_show_floats_in_plain_digits(number, text) -> None:
    assert float_plain(number) == text


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("plain", '"plain"'),
        ("a\"b\\c'd", '"a\\"b\\\\c\'d"'),
        ("\t\n\r\0", '"\\t\\n\\r\\0"'),
        ("\x01\x1b\x7f", '"\\u{1}\\u{1b}\\u{7f}"'),
        ("éß日😀", '"éß日😀"'),
        ("\u0301\u200d\xad\xa0\u2028\ue000", '"\\u{301}\\u{200d}\\u{ad}\\u{a0}\\u{2028}\\u{e000}"'),
    ],
)
def test_strings_are_quoted_with_escapes(text, quoted) -> None:
    assert quote(text) == quoted


def test_what_is_escaped_does_not_depend_on_pythons_tables() -> None:
    assert sum(map(needs_escape, range(0x80, 0x110000))) == 954_553 + 0x800  # and the surrogates
    assert [needs_escape(code) for code in (0x9BE, 0x1FAE8, 0x10D40, 0x10FFFF)] == [True, False, False, True]


@pytest.mark.parametrize(
    ("value", "display", "debug"),
    [
        (None, "", "()"),
        (True, "true", "true"),
        (-5, "-5", "-5"),
        (Char("\n"), "\n", "\n"),
        ("a", "a", '"a"'),
        ([], "[]", "[]"),
        ([1, "a", Char("c"), None, 1e15], '[1, "a", c, (), 1000000000000000.0]', None),
        ({}, "#{}", "#{}"),
        ({"b": 1, 'a"': [{}]}, '#{"a\\"": [#{}], "b": 1}', None),
        (bytearray(range(1, 10)), "[0102030405060708 09]", None),
        (bytearray(), "[]", None),
        (Range(1, 5), "1..5", None),
        (Range(1, INT_MAX), "1..", None),
        (Range(0, INT_MAX, inclusive=True), "0..=", None),
        (Stream(None, "BitRange"), "range", None),
        (FnPtr("f", (1,)), "Fn(f)", None),
        (Timestamp(0), "<timestamp>", None),
    ],
)
def test_every_type_has_its_forms(value, display, debug) -> None:
    assert (to_display(value), to_debug(value)) == (display, display if debug is None else debug)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Char("a"), "a"),
        ([Char("a"), Char("'"), Char('"'), Char("\n"), "'"], "['a', '\\'', '\"', '\\n', \"'\"]"),
        ({"k": Char("c")}, "#{\"k\": 'c'}"),
        (Stream(None, "StepRange<i64>"), "rhai::packages::iter_basic::StepRange<i64>"),
        ([Stream(None, "CharsStream")], "[rhai::packages::iter_basic::CharsStream]"),
        (FnPtr("f"), "Fn(f)"),
        ([FnPtr("f", (1, "x"))], '[Fn+("f", 1, "x")]'),
        ([FnPtr("anon$0", (Cell(1),))], '[Fn*+("anon$0", 1 (shared))]'),
        (-0.0, "0.0"),
        ([-0.0], "[-0.0]"),
        ("a", "a"),
    ],
)
def test_the_host_sees_more_detail(value, text) -> None:
    assert host_display(value) == text


def test_the_hosts_debug_form_quotes_at_the_top_as_well() -> None:
    assert [host_debug(Char("a")), host_debug("a"), host_debug([1])] == ["'a'", '"a"', "[1]"]


class Host:
    """A value of a host type."""


class Shows:
    """A context that knows how host values look."""

    def to_display(self, value):
        return "shown"

    def to_debug(self, value):
        return "<shown>"


def test_host_values_are_shown_by_the_run_or_by_their_type() -> None:
    assert [to_display(Host()), to_debug([Host()])] == ["Host", "[Host]"]
    assert [to_display(Host(), Shows()), to_debug([Host()], Shows())] == ["shown", "[<shown>]"]


def test_deep_values_are_shown_without_recursion() -> None:
    value = []
    for _ in range(100_000):
        value = [value]
    assert to_debug(value) == host_display(value) == "[" * 100_001 + "]" * 100_001


@pytest.mark.parametrize("length", [0, 7, 8, SLICE - 1, SLICE, SLICE + 1, SLICE + 8, 2 * SLICE + 5])
def test_blobs_of_any_length_are_grouped_by_eight_bytes(length: int) -> None:
    blob = bytearray(i % 251 for i in range(length))
    groups = [blob[at : at + 8].hex() for at in range(0, length, 8)]
    assert blob_text(blob) == f"[{' '.join(groups)}]"


def test_a_long_quoted_text_is_that_of_its_parts() -> None:
    part = 'a"\\\n\t\0\x01\x7f\u00e4\u200b\u3042\U0001f600\ue000'
    shown = 'a\\"\\\\\\n\\t\\0\\u{1}\\u{7f}\u00e4\\u{200b}\u3042\U0001f600\\u{e000}'
    assert quote(part) == f'"{shown}"'
    assert quote(part * 50_000) == f'"{shown * 50_000}"'
