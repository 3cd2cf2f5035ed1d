"""Long work inside the library looks at the clock after so many items or characters, whatever the input is."""

import json
import random

import pytest

from horus_runtime.modules.std import json_errors, json_windows, searching, sorting


class Counting:
    """A context that counts how often it is asked; it ends the work at the given look."""

    def __init__(self, last=None):
        self.looks = 0
        self.last = last

    def charge(self, operations):
        assert operations == 0
        self.looks += 1
        if self.looks == self.last:
            raise TimeoutError

    def making(self, size): ...


@pytest.fixture(autouse=True)
def short_steps(monkeypatch):
    monkeypatch.setattr(searching, "SLICE", 16)
    monkeypatch.setattr(json_windows, "WINDOW", 24)
    monkeypatch.setattr(json_errors, "WINDOW", 24)
    monkeypatch.setattr(sorting, "STRIDE", 64)
    monkeypatch.setattr(sorting, "SAMPLE", 4)


GENERATOR = random.Random(5)
ARRAYS = {
    "ints": [GENERATOR.randrange(10**6) for _ in range(5000)],
    "few ints": [GENERATOR.randrange(3) for _ in range(5000)],
    "equal": [7] * 5000,
    "floats": [GENERATOR.random() for _ in range(5000)],
    "ascending": list(range(5000)),
    "descending": list(range(5000, 0, -1)),
    "strings": [f"{GENERATOR.randrange(500)}" for _ in range(5000)],
    "zeros of both signs": [GENERATOR.choice([0.0, -0.0, 1.0]) for _ in range(5000)],
}


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("descending", [False, True])
def test_sorting_in_steps_gives_what_sorting_gives(name, descending):
    ctx = Counting()
    array = ARRAYS[name]
    found = sorting.ordered(ctx, array, descending=descending)
    assert list(map(repr, found)) == list(map(repr, sorted(array, reverse=descending)))
    assert ctx.looks >= len(array) // 64


def test_a_step_of_a_sort_is_short(monkeypatch):
    sizes = []
    merge = sorting._merge

    def watched(ctx, runs, begins, ends, into):
        before = len(into)
        merge(ctx, runs, begins, ends, into)
        sizes.append(len(into) - before)

    monkeypatch.setattr(sorting, "_merge", watched)
    for array in ARRAYS.values():
        sorting.ordered(Counting(), array, descending=False)
    assert max(sizes) <= 64 + 4 * (5000 // 64 + 1)


@pytest.mark.parametrize("work", ["ordered", "kinds", "nan"])
def test_sorting_ends_at_any_look(work):
    def run(ctx):
        if work == "ordered":
            return sorting.ordered(ctx, ARRAYS["floats"], descending=False)
        return (sorting.kinds_of if work == "kinds" else sorting.has_nan)(ctx, ARRAYS["floats"])

    with pytest.raises(TimeoutError):
        run(Counting(40))


TEXTS = ["", "a", "ab" * 40, "aaaa" * 30, "-" * 17, "ab,cd,,e" * 20, "x" * 200, "aab" * 50 + "a", "é€" * 60]
PARTS = ["a", "aa", "ab", "ba", ",", "aba", "x" * 20, "€é", "zz", "aab" * 5, "b" * 70]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("text", TEXTS)
def test_searching_by_slices_gives_what_searching_gives(text, part):
    assert [searching.find(text, part, at) for at in range(len(text) + 1)] == [
        text.find(part, at) for at in range(len(text) + 1)
    ]
    assert searching.count(text, part) == text.count(part)
    assert searching.replace(text, part, "<>") == text.replace(part, "<>")
    for most in (-1, 1, 2, 7, 1000):
        assert searching.split(text, part, most) == text.split(part, most)
        assert searching.rsplit(text, part, most) == text.rsplit(part, most)


@pytest.mark.parametrize("part", ["z", "ab", "aa", "a"])
@pytest.mark.parametrize("work", ["find", "count", "split", "rsplit", "replace"])
def test_searching_looks_at_the_clock_every_slice(work, part, monkeypatch):
    text = "ab" * 400
    arguments = {"split": (-1,), "rsplit": (-1,), "replace": ("-",)}.get(work, ())
    ctx = Counting()
    monkeypatch.setattr(searching, "look", lambda: ctx.charge(0))
    getattr(searching, work)(text, part, *arguments)
    found_at_once = work == "find" and part in text
    assert ctx.looks >= (0 if found_at_once else 800 // 16 - 2)


VALUES = [
    [],
    {},
    list(range(100)),
    ["a,b", "],", "},", '"', "\\", "é" * 50, "x" * 100],
    [{"a": 1, "b": [1, 2, {"c": "},{"}]} for _ in range(20)],
    {f"key {at}": at for at in range(50)},
    {"data": {"items": [["text"] * 30, [[], [[]], {}], None, True, -1.5e10]}},
    [[[[[[[[[["deep" * 10]]]]]]]]]],
    "y" * 200,
    10**60,
    {"a": {"a": {"a": {"a": {"b": [1.25] * 40}}}}, "z": []},
]
INDENTS = [None, 0, 7]


def read(text, ctx=None):
    poll = (lambda: None) if ctx is None else (lambda: ctx.charge(0))
    return json_windows.read_windows(text, json.JSONDecoder().raw_decode, poll)


@pytest.mark.parametrize("indent", INDENTS)
@pytest.mark.parametrize("number", range(len(VALUES)))
def test_reading_json_by_windows_gives_what_reading_gives(number, indent):
    value = VALUES[number]
    assert read(json.dumps(value, indent=indent)) == value
    assert read(" \n" + json.dumps(value, indent=indent, separators=(" , ", " : ")) + " ") == value


def test_the_last_of_equal_keys_counts_where_the_first_one_stood():
    text = '{"a": 1, "b": "' + "x" * 60 + '", "a": 2, "c": 3}'
    assert list(read(text).items()) == list(json.loads(text).items())


def test_reading_json_by_windows_refuses_what_reading_refuses():
    generator = random.Random(3)
    refused = 0
    for value in VALUES:
        text = json.dumps(value)
        for _ in range(200):
            at = generator.randrange(len(text))
            bad = text[:at] + generator.choice(["", ",", "]", "}", "[", "{", '"', ":", " ", "1", ",,"]) + text[at + 1 :]
            try:
                expected = json.loads(bad)
            except ValueError:
                refused += 1
                with pytest.raises((ValueError, StopIteration)):
                    read(bad)
            else:
                assert read(bad) == expected
    assert refused > 500


@pytest.mark.parametrize("number", [2, 3, 4, 5, 6, 10])
def test_reading_json_looks_at_the_clock_every_window(number):
    text = json.dumps(VALUES[number])
    ctx = Counting()
    read(text, ctx)
    assert ctx.looks >= len(text) // 24 // 6
    with pytest.raises(TimeoutError):
        read(text, Counting(2))


def test_the_search_for_an_error_in_json_looks_at_the_clock():
    looks = []
    assert json_errors.first_error("[" + "1," * 100 + "]", lambda: looks.append(1)) == (
        "trailing comma at line 1 column 202"
    )
    assert len(looks) >= 200 // 24
