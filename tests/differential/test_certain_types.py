"""No script that the reference engine runs to its end has an error about types.

A sample of the corpus; `python tests/differential/test_certain_types.py` looks at all of it.
"""

import horus_runtime as hr
from horus_runtime.analysis.lints.types import CODES
from horus_runtime.engine.linting import lint_script
from tests.differential.corpus import corpus_files, read_cases, read_golden

EVERY = 12


def wrong_errors(step):
    """Scripts that succeed and have an error about types; and how many were looked at and how many were told of."""
    wrong, looked, told = [], 0, 0
    for path in corpus_files():
        answers = read_golden(path)
        for case in read_cases(path)[::step]:
            answer = answers.get(case.id)
            if answer is None or set(case.options) - {"max_operations"}:
                continue
            engine = hr.Engine()
            try:
                tree = engine.compile(case.script)
            except hr.HorusError:
                continue
            looked += 1
            errors = [f for f in lint_script(engine, tree) if f.code in CODES and f.severity == "error"]
            if errors and "error" not in answer:
                wrong.append((case.script, [(f.span[:2], f.message) for f in errors]))
            told += bool(errors)
    return wrong, looked, told


def test_no_script_that_succeeds_has_a_certain_type_error():
    wrong, looked, told = wrong_errors(EVERY)
    assert wrong == []
    assert looked > 500
    assert told > 50


if __name__ == "__main__":
    wrong, looked, told = wrong_errors(1)
    print(f"{looked} scripts, {told} with certain type errors, {len(wrong)} of them wrongly")
    for script, errors in wrong:
        print(repr(script), errors)
    raise SystemExit(bool(wrong))
