"""An optimized program does what the plain one does, outside the differences that Rhai's optimizer has as well."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.differential.corpus import Case
from tests.differential.engine import run_case
from tests.differential.generate import generate

SHOWS = ("ErrorMismatchDataType", "ErrorVariableNotFound")
"""Checks that go away with the operand or statement they belong to."""


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), level=st.sampled_from(["simple", "full"]))
def test_optimized_equals_plain(seed, level):
    text = generate(seed)
    plain = run_case(Case("generated", 0, text, {"optimize": "none"}))
    assume("error" not in plain)
    assume("?? ())" not in text)
    assume(not any(name in str(plain.get("output")) for name in SHOWS))
    optimized = run_case(Case("generated", 0, text, {"optimize": level}))
    assert optimized == plain
