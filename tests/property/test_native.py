"""Kernels change nothing but the time: generated numeric programs do the same with them and without them."""

from __future__ import annotations

import pytest

import horus_runtime as hr
from horus_runtime.runtime import budget
from tests.differential.corpus import corpus_files, read_cases
from tests.support.numeric_programs import numeric_program
from tests.support.outcomes import outcome
from tests.support.variants import VariantEngine, engine_of

PROGRAMS = 120
GROUPS = 8
ENOUGH = 60_000
"""Operations for programs that would take too long."""


def prepared(variant: str) -> VariantEngine:
    engine = engine_of(variant)
    engine.cache = False
    engine.max_expr_depth = engine.max_function_expr_depth = 0
    return engine


@pytest.fixture
def short_strides(monkeypatch):
    """The clock is looked at all the time, so that kernels are entered and polled at many places."""
    monkeypatch.setattr(budget, "FIRST_STRIDE", 3)
    monkeypatch.setattr(budget, "LONGEST_STRIDE", 40)


def compare(engine: VariantEngine, text: str) -> None:
    """Run a script with and without kernels, and compare everything.

    Where operations run out, turns that were paid for in advance may let the limit show a little later: the outcome is
    that of Python with such turns, or without.
    """
    found = outcome(engine, text, limit=ENOUGH)
    expected = [outcome(prepared("without kernels"), text, limit=ENOUGH)]
    if "error" in expected[0] and expected[0]["error"][0][0] == "ErrorTooManyOperations":
        expected.append(outcome(prepared("without kernels and strips"), text, limit=ENOUGH))
    assert (text, found) in [(text, one) for one in expected]


@pytest.mark.parametrize("group", range(GROUPS))
def test_generated_programs_do_the_same_with_and_without_kernels(group, short_strides):
    ran = 0
    for seed in range(group, PROGRAMS, GROUPS):
        text = numeric_program(seed)
        engine = prepared("eager kernels")
        compare(engine, text)
        kernels = engine.program(engine.compile(text), hr.Scope()).kernels
        ran += sum(item.module is not None for item in kernels.compiled) if kernels else 0
    assert ran > 10


@pytest.mark.parametrize("limit", [1, 2, 77, 500, 501, 1003, 4999, 20_000])
def test_the_operations_limit_ends_kernels_at_the_same_operation(limit):
    text = """
        fn inner(n) { let t = 0; for i in 0..n { t += i * n; } t }
        let total = 0;
        for i in 0..1000 {
            total = (total + inner(i % 40)) % 1000003;
            let j = i;
            while j > 0 { j /= 3; total += j; }
        }
        total
    """
    expected = outcome(prepared("without kernels and strips"), text, limit=limit)
    assert outcome(prepared("eager kernels"), text, limit=limit) == expected
    assert ("error" in expected) == (limit < 400_000)


@pytest.mark.parametrize("path", corpus_files(), ids=lambda path: path.name)
def test_scripts_of_the_corpus_do_the_same_with_and_without_kernels(path, short_strides):
    scripts = {case.script for case in read_cases(path)}
    loops = [text for text in scripts if any(word in text for word in ("for ", "while ", "loop ", "do ", "fn "))]
    timed = ("timestamp", "sleep", "rand")
    for text in sorted(loops):
        if not any(word in text for word in timed):
            compare(prepared("eager kernels"), text)
