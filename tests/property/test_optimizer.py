"""An optimized program does what the plain one does, outside the differences that Rhai's optimizer has as well."""

from collections.abc import Iterator

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.differential.corpus import Case
from tests.differential.engine import run_case
from tests.differential.generate import generate
from tests.differential.record import ask
from tests.support.oracle import Oracle, oracle_or_skip_reason

SHOWS = ("ErrorMismatchDataType", "ErrorVariableNotFound")
"""Checks that go away with the operand or statement they belong to."""


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle | None]:
    """The reference engine, where it is built."""
    binary, _ = oracle_or_skip_reason()
    if binary is None:
        yield None
        return
    with Oracle(binary) as found:
        yield found


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), level=st.sampled_from(["simple", "full"]))
def test_optimized_equals_plain(oracle, seed, level):
    text = generate(seed)
    plain = run_case(Case("generated", 0, text, {"optimize": "none"}))
    assume("error" not in plain)
    assume("?? ())" not in text)
    assume(not any(name in str(plain.get("output")) for name in SHOWS))
    case = Case("generated", 0, text, {"optimize": level})
    optimized = run_case(case)
    if optimized != plain and "try {" in text:
        # Rhai's optimizer takes the value from a `try` that it decides ahead of time; only Rhai can tell if it did.
        assume(oracle is not None)
        plain = ask(oracle, case)
    assert optimized == plain
