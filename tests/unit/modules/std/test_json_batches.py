"""Writing JSON by batches: the same text as element by element, whatever the values are."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horus_runtime.modules.std import json_batches
from horus_runtime.modules.std.json import BATCH, write
from horus_runtime.modules.std.json_batches import MOST_LETTERS, MOST_LEVELS, MOST_VALUES, quick_text
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.values import U8, Char, Range

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([Char("c"), Char('"'), U8(7), FnPtr("f"), FnPtr("f", (1,)), Range(0, 1), bytearray(b"\x01\xff")])
    | st.sampled_from(["1e+5", "re-1", 1e22, 1e-7])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=5)
)


def one_by_one(value) -> str:
    with patch.object(json_batches, "quick_text", lambda batch: None):
        return write(value)


@settings(max_examples=300, deadline=None)
@given(VALUES)
def test_batches_give_the_text_of_single_elements(value) -> None:
    assert write(value) == one_by_one(value)


@pytest.mark.parametrize("size", [BATCH - 1, BATCH, BATCH + 1, 3 * BATCH])
@pytest.mark.parametrize("odd", [None, Char("x"), 1e30, float("inf"), FnPtr("f"), "e" * (MOST_LETTERS + 1)])
def test_one_odd_element_does_not_change_the_others(size, odd) -> None:
    rows = [{"id": at, "of": [at, str(at)]} for at in range(size)]
    rows[size // 2]["odd"] = odd
    for value in (rows, {"rows": rows}, {f"key{at}": row for at, row in enumerate(rows)}):
        assert write(value) == one_by_one(value)


def test_plain_values_are_written_at_once() -> None:
    assert quick_text([{"b": 1, "a": [None, True, Char("c"), 2.5]}]) == '[{"a":[null,true,"c",2.5],"b":1}]'


def nested(levels: int) -> list:
    return [nested(levels - 1)] if levels else []


@pytest.mark.parametrize(
    "batch",
    [
        [[1] * MOST_VALUES],
        [[[1] * 1000]] * 9,
        ["x" * (MOST_LETTERS + 1)],
        ["x" * 1000] * 300,
        [{"x" * 1000: 1}] * 300,
        nested(MOST_LEVELS + 1),
        [bytearray(b"x")],
        [1e16],
        [float("nan")],
    ],
)
def test_what_is_large_deep_or_odd_is_left_to_the_careful_way(batch) -> None:
    assert quick_text(batch) is None
