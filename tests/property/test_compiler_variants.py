"""What the compiler does for speed never shows: value, output, error, position, scope and operations stay the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horus_runtime.runtime.budget import Budget
from tests.differential.corpus import Answer, Case, corpus_files, normalise, read_cases
from tests.differential.engine import _Run
from tests.differential.generate import KINDS, generate
from tests.support.variants import UNOPTIMISED, VariantEngine

SWITCHES = [{name: value} for name, value in UNOPTIMISED.items()]
FILES = corpus_files()


class _Counting(_Run):
    """A run of a case by an engine that compiles in another way; the answer tells the operations as well."""

    def __init__(self, case: Case, changes: dict[str, bool]) -> None:
        super().__init__(case)
        self.changes = changes
        self.budgets: list[Budget] = []

    def _new_engine(self) -> Any:
        engine = VariantEngine(**self.changes)
        engine.strict_identifiers = True
        engine.on_start(self.budgets.append)
        engine.on_print(self._output.append)
        engine.on_debug(lambda text, source, place: self._output.append([text, source, place and list(place)]))
        return engine

    def answer(self) -> Answer:
        found = super().answer()
        # A run that is out of operations may stop a little later where turns of loops are paid for in advance.
        if found.get("error", {}).get("kind") == "ErrorTooManyOperations":
            return {"error": found["error"]["kind"]}
        return {**found, "operations": sum(budget.spent for budget in self.budgets)}


def outcome(case: Case, changes: dict[str, bool]) -> Answer:
    return normalise(_Counting(case, changes).answer())


def is_timed(case: Case) -> bool:
    return any(word in case.script for word in ("timestamp", "sleep", "rand"))


def differing(cases: list[Case], changes: dict[str, bool]) -> list[tuple[str, Answer, Answer]]:
    pairs = [(case.script, outcome(case, changes), outcome(case, {})) for case in cases if not is_timed(case)]
    return [found for found in pairs if found[1] != found[2]]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_optimised_code_does_what_plain_code_does_on_the_corpus(path):
    assert differing(read_cases(path), UNOPTIMISED) == []


@pytest.mark.parametrize("changes", SWITCHES, ids=lambda changes: next(iter(changes)))
def test_each_optimisation_alone_changes_nothing_on_a_part_of_the_corpus(changes):
    cases = [case for path in FILES for case in read_cases(path)[::40]]
    assert differing(cases, changes) == []


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), kind=st.sampled_from(KINDS))
def test_optimised_code_does_what_plain_code_does_on_generated_programs(seed, kind):
    case = Case("generated", 0, generate(seed, kind))
    assert outcome(case, {}) == outcome(case, UNOPTIMISED)
