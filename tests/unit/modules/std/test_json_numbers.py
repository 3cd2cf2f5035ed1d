"""Numbers of JSON texts: read by Python's own classes only where that gives what Rhai gives."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horus_runtime.modules.std import json_numbers
from horus_runtime.modules.std.json_numbers import decoder_for

CAREFUL = json_numbers._decoder(careful=True)
QUICK = json_numbers._decoder(careful=False)


def nothing() -> None:
    pass


@pytest.mark.parametrize("text", ["-0", "[-0]", "9223372036854775808", "1e308", "1E+400", "[1, -0 ]", "0." + "1" * 19])
def test_texts_with_odd_numbers_are_read_with_care(text) -> None:
    assert decoder_for(text, nothing) is CAREFUL


@pytest.mark.parametrize("text", ["-0.5", "-0e1", "999999999999999999", "1e99", "1e-300", '"2025-01-02"', "0.1"])
def test_usual_numbers_are_read_by_python_itself(text) -> None:
    assert decoder_for(text, nothing) is QUICK


def test_a_number_is_seen_where_two_steps_meet(monkeypatch) -> None:
    monkeypatch.setattr(json_numbers, "STEP", 10)
    for before in range(30):
        assert decoder_for(f'["{"x" * before}", 9223372036854775808]', nothing) is CAREFUL
        assert decoder_for(f'["{"x" * before}", -0]', nothing) is CAREFUL


DIGITS = st.text("0123456789", min_size=1, max_size=25)
NUMBERS = st.builds(
    lambda sign, whole, fraction, exponent: sign + (whole.lstrip("0") or "0") + fraction + exponent,
    st.sampled_from(["", "-"]),
    DIGITS,
    st.just("") | DIGITS.map(".{}".format),
    st.just("") | st.builds("{}{}{}".format, st.sampled_from("eE"), st.sampled_from(["", "+", "-"]), DIGITS),
)


@settings(max_examples=500, deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=3))
def test_the_reader_chosen_gives_what_the_careful_one_gives(numbers) -> None:
    text = f"[{', '.join(numbers)}]"
    chosen = decoder_for(text, nothing)
    try:
        expected = CAREFUL.decode(text)
    except ValueError:
        assert chosen is CAREFUL
        return
    assert list(map(repr, chosen.decode(text))) == list(map(repr, expected))
