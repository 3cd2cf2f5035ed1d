"""Functions that work on long texts in slices give what they would give in one go, and ask the run in between."""

from __future__ import annotations

import pytest

import horus_runtime as hr
from horus_runtime.engine.invoke import Invocation
from horus_runtime.modules.std import searching
from horus_runtime.modules.std.whitespace import words
from horus_runtime.runtime import conversion, parts, sizes, values
from horus_runtime.runtime import text as text_forms
from horus_runtime.runtime.suspension import KeptTerms

WORDS = "The quick brown f\u00f6x \u03a3\u0399\u03a3\u03a5\u03a6\u039f\u03a3 \u00e4\u00df\u1e9e, \U0001f600 tail\n"


@pytest.fixture
def looks(monkeypatch):
    """Counts how often a run is asked; every slice is short."""
    asked = []
    terms = values.Terms(making=asked.append, writing=asked.append)
    kept = KeptTerms()
    values.COPY_TERMS.run = terms
    monkeypatch.setattr(searching, "SLICE", 7)
    monkeypatch.setattr("horus_runtime.modules.std.whitespace.SLICE", 7)
    monkeypatch.setattr(parts, "SLICE", 7)
    monkeypatch.setattr(sizes, "SLICE", 7)
    monkeypatch.setattr(sizes, "LONG", 7)
    monkeypatch.setattr(values, "SETTLED", 7)
    monkeypatch.setattr(conversion, "SETTLED", 8)
    yield asked
    kept.restore()


TEXTS = [WORDS * 3, "   " * 9, "x" * 40, "a b " * 10, "\u03a3" * 30, "ab\u03a3 " * 9, "\u03a3 \u0391\u03a3" * 9, ""]


@pytest.mark.parametrize("text", TEXTS)
def test_letters_change_as_in_one_go(looks, text):
    assert searching.upper(text) == text.upper()
    assert searching.lower(text) == text.lower()
    assert bool(looks) == (len(text) > 7)


@pytest.mark.parametrize("text", [*TEXTS, "averylongwordthatislonger than a slice", " x" * 20, "x" * 7 + " " + "y" * 7])
def test_words_are_found_as_in_one_go(looks, text):
    assert words(text) == text.split()
    assert bool(looks) == (len(text) > 7)


@pytest.mark.parametrize("data", [WORDS.encode() * 3, b"\xff\xfe" * 20, "\u20ac".encode()[:2] * 20, b"", b"plain"])
def test_bytes_are_read_as_in_one_go(looks, data):
    assert parts.text_of_bytes(bytearray(data)) == data.decode(errors="replace")
    assert bool(looks) == (len(data) > 7)


@pytest.mark.parametrize("text", TEXTS)
def test_lengths_in_bytes_are_those_of_one_go(looks, text):
    assert sizes.byte_length(text) == len(text.encode())
    assert bool(looks) == (len(text) > 7 and not text.isascii())


def test_sizes_of_long_containers_are_added_up_with_looks(looks):
    value = [1, "ab", [1, 2, "c"], bytearray(3)] * 5 + [0] * 20
    found = sizes.size_of(value)
    assert found == (len(value) + 5 * 3 + 5 * (3 + 1), 0, 5 * 3)
    assert len(looks) == 1 + 6 + 2  # before the long one, for each of its slices, and for its short ones together


def test_long_containers_are_copied_with_looks(looks):
    nested = [[n] if n % 9 == 0 else n for n in range(40)]
    copied = values.copy_value(nested)
    assert copied == nested
    assert copied[9] is not nested[9]
    table = {f"k{n}": [n] if n % 9 == 0 else n for n in range(40)}
    again = values.copy_value(table)
    assert list(again.items()) == list(table.items())
    assert again["k9"] is not table["k9"]
    assert len(looks) > 10


def test_a_long_map_is_shown_in_the_order_of_its_keys(looks, monkeypatch):
    monkeypatch.setattr(text_forms, "SETTLED", 7)
    given = {f"k{(n * 17) % 40:02}": n for n in range(40)}
    shown = text_forms.to_display(given)
    assert shown == "#{" + ", ".join(f'"{key}": {given[key]}' for key in sorted(given)) + "}"
    assert len(looks) == 6 + 6  # for each part of the keys, and for each merging of two: 3 + 2 + 1


def test_long_values_of_the_host_are_converted_with_looks(looks):
    given = (*range(20), "text", b"bytes", (1, 2))
    assert conversion.to_script(given) == [*range(20), "text", bytearray(b"bytes"), [1, 2]]
    assert len(looks) == 3
    looks.clear()
    assert conversion.to_script({f"k{n}": n for n in range(20)}) == {f"k{n}": n for n in range(20)}
    assert len(looks) == 3


# --- in a run --------------------------------------------------------------------------------------------------------

LONG = (1 << 20) + 50_000
CALLS = {
    "split by blanks": ("split", "a b " * (LONG // 4)),
    "to_chars": ("to_chars", "x" * LONG),
    "to_blob": ("to_blob", "\u00e4" * LONG),
    "to_upper": ("to_upper", "x" * LONG),
    "to_lower": ("to_lower", "\u03a3 " * LONG),
    "as_string": ("as_string", bytearray(LONG)),
    "text of an array": ("to_string", [0] * 20_000),
    "copy of an array": ("to_array", bytearray(LONG)),
    "all": ("all", [0] * 20_000, "|x| true"),
}


@pytest.mark.parametrize("case", CALLS, ids=str)
def test_a_cancelled_run_ends_inside_of_a_long_native(case):
    name, receiver, *callbacks = CALLS[case]
    engine = hr.Engine()
    pointers = [engine.eval(text) for text in callbacks]
    run = Invocation(engine).run
    native = engine.table.find(name, (receiver, *pointers))
    kept = KeptTerms()
    run.take_thread()
    run.budget.cancel("enough")
    try:
        with pytest.raises(hr.TerminatedError, match="enough"):
            if native.context:
                native.call(run, receiver, *pointers)
            else:
                native.call(receiver, *pointers)
    finally:
        kept.restore()
