"""Asks the oracle for the answers to the corpus and writes the golden files.

python -m tests.differential.record [FILE ...] [--show]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tests.differential.corpus import Answer, Case, corpus_files, normalise, read_cases, write_golden
from tests.support.oracle import Oracle


def ask(oracle: Oracle, case: Case) -> Answer:
    """The oracle's answer in its recorded form.

    The reference engine's optimizer changes what some scripts do. Where the default level and level `none` differ, the
    answer holds the other one under `none`.
    """
    answer = normalise(oracle.ask(case.script, **case.options))
    if "optimize" not in case.options:
        plain = normalise(oracle.ask(case.script, **case.options, optimize="none"))
        if plain != answer:
            answer["none"] = plain
    return answer


def record(oracle: Oracle, path: Path, *, show: bool = False) -> int:
    """Records one corpus file and returns how many scripts it holds."""
    answers: dict[str, Answer] = {}
    for case in read_cases(path):
        answers[case.id] = ask(oracle, case)
        if show:
            print(f"{case.script}\n    -> {json.dumps(answers[case.id], ensure_ascii=False)}")
    write_golden(path, answers)
    return len(answers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="corpus files (default: all)")
    parser.add_argument("--show", action="store_true", help="print every script with its answer")
    arguments = parser.parse_args()
    total = 0
    with Oracle() as oracle:
        for path in arguments.files or corpus_files():
            count = record(oracle, path, show=arguments.show)
            total += count
            print(f"{path.name}: {count} scripts")
    print(f"{total} scripts recorded, {oracle.restarts} restarts")


if __name__ == "__main__":
    main()
