"""The corpus against the recorded answers of the reference engine, and the recording against the live oracle."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.differential.compare import compare_file, read_exclusions
from tests.differential.corpus import corpus_files, read_cases, read_golden, read_open
from tests.differential.engine import engine_or_skip_reason
from tests.support.oracle import Oracle, oracle_or_skip_reason

FILES = corpus_files()
SHOWN = 10
BUILD_DEPENDENT = {
    "generated-library/7774ea1a",
    "std-functions/dde0ba2a",
    "std-functions/3c62bcd9",
    "std-functions/635e6e95",
}
"""Scripts that sort values of several types by a failing comparer: the order of types differs from build to build."""


def names(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", FILES, ids=names)
def test_scripts_end_as_in_the_reference_engine(path: Path) -> None:
    if reason := engine_or_skip_reason():
        pytest.skip(reason)
    still_open = read_open()
    differences = [found for _, found in compare_file(path) if found is not None and found.case.id not in still_open]
    report = "\n\n".join(map(str, differences[:SHOWN]))
    assert not differences, f"{len(differences)} scripts of {path.name} differ:\n\n{report}"


@pytest.mark.parametrize("path", FILES, ids=names)
def test_every_script_has_a_recorded_answer(path: Path) -> None:
    assert [case.id for case in read_cases(path)] == list(read_golden(path))


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    assert sum(len(read_cases(path)) for path in FILES) > 8000


def test_exclusions_name_existing_scripts_and_say_why() -> None:
    exclusions = read_exclusions()
    known = {case.id for path in FILES for case in read_cases(path)}
    assert [name for name, reason in exclusions.items() if name not in known or len(reason) < 10] == []


def test_recorded_answers_are_those_of_the_live_oracle() -> None:
    from tests.differential.record import ask

    binary, reason = oracle_or_skip_reason()
    if binary is None:
        pytest.skip(reason)
    wrong: list[str] = []
    with Oracle(binary) as oracle:
        for path in FILES:
            golden = read_golden(path)
            # Every seventh script: enough to notice a golden file that was edited or is out of date.
            asked = [case for case in read_cases(path)[::7] if case.id not in BUILD_DEPENDENT]
            wrong += [case.id for case in asked if ask(oracle, case) != golden[case.id]]
    assert wrong == []
