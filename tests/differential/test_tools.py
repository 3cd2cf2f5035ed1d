"""The tools of the differential tests themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.differential.build_corpus import constant_chunks, library_chunks, literal_lines, operator_chunks
from tests.differential.compare import difference
from tests.differential.corpus import CORPUS, Case, normalise, read_cases
from tests.differential.generate import generate, mutate
from tests.differential.minimise import minimise
from tests.support.oracle import Oracle, oracle_or_skip_reason


@pytest.fixture
def oracle() -> Oracle:
    binary, reason = oracle_or_skip_reason()
    if binary is None:
        pytest.skip(reason)
    return Oracle(binary)


def test_one_seed_gives_one_program() -> None:
    assert [generate(seed) for seed in range(20)] == [generate(seed) for seed in range(20)]
    assert generate(1) != generate(2)


def test_mutants_are_reproducible_and_differ_from_their_program() -> None:
    programs = [generate(seed) for seed in range(20)]
    mutants = [mutate(program, seed) for seed, program in enumerate(programs)]
    assert mutants == [generate(seed, mutants=True) for seed in range(20)]
    assert sum(mutant != program for mutant, program in zip(mutants, programs, strict=True)) > 15


def test_minimising_keeps_only_what_the_property_needs() -> None:
    script = 'let a = 1;\nif a == 1 { print("x"); let b = nope(a, [1, 2]); }\nfor i in 0..3 { print(i); }'
    assert minimise(script, lambda text: "nope(" in text) == "nope("
    assert minimise(script, lambda text: "== 1" in text and "nope" in text) == "== 1nope"


def test_lines_hold_one_script_each_and_share_options(tmp_path: Path) -> None:
    path = tmp_path / "sample.lines"
    path.write_text('# a comment\n1 + 1\n\n#options {"optimize": "none"}\n1 + 1\n#{}\n')
    assert [(case.line, case.script, case.options) for case in read_cases(path)] == [
        (2, "1 + 1", {}),
        (5, "1 + 1", {"optimize": "none"}),
        (6, "#{}", {"optimize": "none"}),
    ]


def test_chunks_are_parted_by_dashes_and_take_their_own_options(tmp_path: Path) -> None:
    path = tmp_path / "sample.chunks"
    path.write_text('A comment.\n---\nlet x = 1;\nx\n--- {"source": "s"}\n\nx\n')
    assert [(case.line, case.script, case.options) for case in read_cases(path)] == [
        (3, "let x = 1;\nx", {}),
        (6, "\nx", {"source": "s"}),
    ]


def test_a_script_may_stand_only_once_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "sample.lines"
    path.write_text("1\n2\n1\n")
    with pytest.raises(ValueError, match=r"^sample\.lines:3: the same script stands in line 1$"):
        read_cases(path)


def test_recorded_answers_leave_out_what_is_empty_or_differs_between_runs() -> None:
    answer = {"ok": True, "value": "Fn(anon$0123456789abcdef)", "type": "Fn", "output": [], "scope": []}
    assert normalise(answer) == {"value": "Fn(anon$)", "type": "Fn"}


def test_a_difference_names_the_parts_that_differ() -> None:
    case = Case("sample.lines", 1, "x")
    theirs = {"error": {"kind": "A", "message": "m", "line": 1, "position": 2}, "output": ["a", "b"]}
    ours = {"error": {"kind": "A", "message": "n", "line": 1, "position": 3}, "output": ["a", "c"]}
    found = difference(case, theirs, ours)
    assert found is not None
    assert found.parts == (
        ("error.message", "m", "n"),
        ("error.position", 2, 3),
        ("output", "line 2: b", "line 2: c"),
    )
    assert difference(case, theirs, theirs) is None


def test_an_outcome_is_right_with_or_without_the_optimizer_of_the_reference() -> None:
    case = Case("sample.lines", 1, "x")
    theirs = {"value": "1", "none": {"value": "2"}}
    assert difference(case, theirs, {"value": "1"}) is None
    assert difference(case, theirs, {"value": "2"}) is None
    found = difference(case, theirs, {"value": "3"})
    assert found is not None
    assert found.parts == (("value", "2", "3"),)


def test_where_the_reference_crashes_only_our_own_crash_counts() -> None:
    case = Case("sample.lines", 1, "x")
    assert difference(case, {"crash": "panic"}, {"value": "1"}) is None
    assert difference(case, {"crash": "panic"}, {"crash": "KeyError: 1"}) is not None


def test_the_generated_corpus_files_are_those_the_builder_writes() -> None:
    for name, scripts in (
        ("generated-operators.chunks", operator_chunks()),
        ("generated-library.chunks", library_chunks()),
        ("generated-constants.chunks", constant_chunks()),
        ("generated-literals.lines", literal_lines()),
    ):
        assert [case.script for case in read_cases(CORPUS / name)] == list(dict.fromkeys(scripts))


def test_the_oracle_survives_panics_aborts_and_endless_scripts(oracle: Oracle) -> None:
    with oracle:
        assert oracle.ask("const A = #{a: 1}; A.a = 2;") == {"crash": "panic"}
        assert oracle.ask('let s = "a"; s.pad(5, "")', timeout=0.5) == {"crash": "timeout"}
        assert oracle.ask("fn f() { f() } f()", max_call_levels=100_000_000) == {"crash": "abort"}
        assert oracle.ask("40 + 2") == {"ok": True, "value": "42", "type": "i64", "output": [], "scope": []}
        assert oracle.restarts == 2


def test_a_misspelt_option_is_refused(oracle: Oracle) -> None:
    with oracle, pytest.raises(ValueError, match=r"^bad request: unknown option max_operation$"):
        oracle.ask("1", max_operation=5)
