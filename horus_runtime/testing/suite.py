"""A whole test run: which cases, in which order, on how many processes, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from horus_runtime.errors import HorusError
from horus_runtime.testing.discovery import Case, find_files
from horus_runtime.testing.running import BROKEN, FAILED, FileRunner, Outcome, Settings
from horus_runtime.testing.selection import Selector, selector


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run."""

    paths: tuple[Path, ...]
    settings: Settings = field(default_factory=Settings)
    keyword: str = ""
    """An expression over case ids, as for `-k`."""
    only: frozenset[str] | None = None
    """Ids of cases to run; `None` for all."""
    stop_at_failure: bool = False
    workers: int = 1
    trace: bool = False
    """Note which lines of which scripts run."""

    def selector(self) -> Selector:
        """What the keyword expression selects; without one everything."""
        return selector(self.keyword) if self.keyword.strip() else lambda _id: True


class Batch(NamedTuple):
    """What came of a file, and the lines that ran in it."""

    outcomes: list[Outcome]
    lines: dict[str, set[int]]


def run_suite(
    plan: Plan,
    tell: Callable[[Outcome], None],
    note_lines: Callable[[dict[str, set[int]]], None],
    count: Callable[[int, int], None] = lambda done, total: None,
) -> list[Outcome]:
    """Run what the plan says; `tell` gets every outcome in the order of the files, `count` how many files are done.

    Raises:
        TestFileError: a path does not exist.
        SelectionError: the keyword expression is wrong.
    """
    plan.selector()  # an expression that is wrong is told before anything runs
    outcomes: list[Outcome] = []
    files = find_files(plan.paths)
    count(0, len(files))
    for done, batch in enumerate(_batches(files, plan), 1):
        count(done, len(files))
        note_lines(batch.lines)
        for outcome in batch.outcomes:
            outcomes.append(outcome)
            tell(outcome)
            if plan.stop_at_failure and outcome.status in {FAILED, BROKEN}:
                return outcomes
    return outcomes


def _batches(files: Sequence[Path], plan: Plan) -> Iterator[Batch]:
    if plan.workers == 1 or len(files) < 2:
        for file in files:
            yield run_one(file, plan)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    pool = ProcessPoolExecutor(min(plan.workers, len(files)), mp_context=get_context("spawn"))
    try:
        waiting = [pool.submit(run_one, file, plan) for file in files]
        for future in waiting:
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def run_one(file: Path, plan: Plan) -> Batch:
    """Run the chosen cases of a file. A file that is broken is one outcome."""
    from horus_runtime.testing.coverage import LineTracer

    try:
        tracer: list[LineTracer] = []

        def prepare(engine: object) -> None:
            if plan.trace:
                tracer.append(LineTracer(engine, file.parent))  # type: ignore[arg-type]  # it is an Engine
                tracer[0].prepare()

        runner = FileRunner(file, plan.settings, prepare)
    except HorusError as error:
        return Batch([Outcome(Case(file, "", 1), BROKEN, message=error.render())], {})
    wanted = plan.selector()
    cases = [case for case in runner.file.cases if wanted(case.id) and (plan.only is None or case.id in plan.only)]
    if not tracer:
        return Batch(list(_until_failure(runner.run(cases), plan)), {})
    with tracer[0].tracing():
        outcomes = list(_until_failure(runner.run(cases), plan))
    return Batch(outcomes, tracer[0].lines)


def _until_failure(outcomes: Iterator[Outcome], plan: Plan) -> Iterator[Outcome]:
    for outcome in outcomes:
        yield outcome
        if plan.stop_at_failure and outcome.status == FAILED:
            return
