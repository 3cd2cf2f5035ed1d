"""`horus test`: runs tests written in the language."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from horus_runtime.cli import exits
from horus_runtime.cli.app import Command
from horus_runtime.cli.numbers import Number, Whole
from horus_runtime.cli.options import json_option, limit_options, policy_options, take_limits, take_policy
from horus_runtime.cli.progress import Progress
from horus_runtime.cli.sources import UsageError

if TYPE_CHECKING:
    from horus_runtime.testing.coverage import Report
    from horus_runtime.testing.running import Outcome
    from horus_runtime.testing.suite import Plan

DATA_FILE = ".horus/coverage"


@click.command(cls=Command)
@click.argument("paths", nargs=-1)
@click.option("-k", "keyword", default="", metavar="EXPR", help="Only cases whose id fits: words, and, or, not, ( ).")
@click.option("-x", "stop", is_flag=True, help="Stop at the first failure.")
@click.option("--lf", "last_failed", is_flag=True, help="Only the cases that failed in the last run.")
@click.option("-n", "workers", type=Whole(min=1), default=1, metavar="N", help="Processes, a file each.")
@click.option("--update", is_flag=True, help="Keep new snapshots instead of comparing.")
@click.option("--list", "listing", is_flag=True, help="List the cases and run none.")
@click.option("-v", "--verbose", is_flag=True, help="A line for every case.")
@click.option("--junit", metavar="FILE", help="Write JUnit XML.")
@click.option("--coverage", is_flag=True, help="Tell which lines of the scripts under test ran.")
@click.option("--coverage-html", metavar="DIR", help="Write pages that show these lines.")
@click.option("--coverage-xml", metavar="FILE", help="Write them as Cobertura XML.")
@click.option("--timeout", type=Number(min=0, min_open=True), metavar="SECONDS", help="Time of one case.")
@limit_options
@policy_options
@json_option
def test(paths: tuple[str, ...], **values: Any) -> int:
    """Run the functions test_... in the files *_test.rhai below PATHS (by default, below this folder).

    Every case works in a folder and with a model store of its own. It may do nothing else outside unless an option
    grants it. Exit code 1 means that a case failed.
    """
    from horus_runtime.testing.selection import SelectionError

    as_json, verbose, listing = values.pop("as_json"), values.pop("verbose"), values.pop("listing")
    outputs = {name: values.pop(name) for name in ("junit", "coverage", "coverage_html", "coverage_xml")}
    try:
        plan = _plan(paths, values, trace=any(outputs[name] for name in ("coverage", "coverage_html", "coverage_xml")))
        if listing:
            return _list(plan)
        return _run(plan, outputs, as_json=as_json, verbose=verbose)
    except SelectionError as error:
        raise UsageError(str(error)) from None


def _plan(paths: tuple[str, ...], values: dict[str, Any], *, trace: bool) -> Plan:
    from horus_runtime.modules.policy import Policy
    from horus_runtime.testing.reports import LastFailed
    from horus_runtime.testing.running import Settings
    from horus_runtime.testing.suite import Plan

    keyword, stop, workers = values.pop("keyword"), values.pop("stop"), values.pop("workers")
    only = LastFailed(Path.cwd()).read() if values.pop("last_failed") else None
    update, seconds = values.pop("update"), values.pop("timeout")
    policy = take_policy(values, Policy.deny_all)
    limits = take_limits(values) | ({} if seconds is None else {"max_duration": seconds})
    settings = Settings(policy=policy, limits=limits, update=update)
    places = tuple(Path(path) for path in paths) or (Path(),)
    # An empty record of failures selects everything, as there is nothing to repeat.
    return Plan(places, settings, keyword, only or None, stop, workers, trace)


def _list(plan: Plan) -> int:
    from horus_runtime.testing.discovery import find_files
    from horus_runtime.testing.running import FileRunner

    wanted = plan.selector()
    for file in find_files(plan.paths):
        for case in FileRunner(file, plan.settings).file.cases:
            if wanted(case.id):
                click.echo(case.id)
    return exits.OK


def _run(plan: Plan, outputs: dict[str, Any], *, as_json: bool, verbose: bool) -> int:
    from horus_runtime.testing.reports import LastFailed, as_json_text, failure_text, summary, write_junit
    from horus_runtime.testing.running import BROKEN, FAILED
    from horus_runtime.testing.suite import run_suite

    report = _coverage_report() if plan.trace else None
    begin = time.perf_counter()
    with Progress("testing", silent=as_json) as progress:
        tell = _Marks(progress, verbose=verbose, silent=as_json)
        outcomes = run_suite(plan, tell, report.add if report is not None else lambda lines: None, progress.reach)
    seconds = time.perf_counter() - begin
    tell.finish()
    LastFailed(Path.cwd()).write(outcomes)
    if outputs["junit"]:
        write_junit(Path(outputs["junit"]), outcomes, seconds)
    covered = _write_coverage(report, outputs) if report is not None else ""
    failed = [outcome for outcome in outcomes if outcome.status in {FAILED, BROKEN}]
    if as_json:
        click.echo(as_json_text(outcomes, seconds))
    else:
        for outcome in failed:
            click.echo(f"\n{failure_text(outcome)}")
        if covered:
            click.echo(f"\n{covered}")
        click.echo(f"\n{summary(outcomes, seconds)}")
    return exits.SCRIPT_ERROR if failed else exits.OK


class _Marks:
    """A mark for every case, or a line. On a terminal a bar shows how far the files are, and what came of the cases."""

    def __init__(self, progress: Progress, *, verbose: bool, silent: bool) -> None:
        self._progress = progress
        self._counts: dict[str, int] = {}
        self._verbose = verbose
        self._silent = silent
        self._marks = 0

    def __call__(self, outcome: Outcome) -> None:
        from horus_runtime.testing.reports import MARKS

        if self._silent:
            return
        self._counts[outcome.status] = self._counts.get(outcome.status, 0) + 1
        counts = ", ".join(f"{count} {status}" for status, count in sorted(self._counts.items()))
        self._progress.step(0, label=f"testing: {counts}")
        if self._verbose:
            reason = f" ({outcome.message})" if outcome.status == "skipped" else ""
            click.echo(f"{outcome.case.id} {outcome.status}{reason}")
        elif not (self._progress.wanted and sys.stdout.isatty()):
            self._marks += 1
            sys.stdout.write(MARKS[outcome.status] + ("\n" if self._marks % 80 == 0 else ""))
            sys.stdout.flush()

    def finish(self) -> None:
        if self._marks % 80:
            sys.stdout.write("\n")


def _coverage_report() -> Report:
    from horus_runtime.testing.coverage import Report

    path = Path(DATA_FILE)
    path.parent.mkdir(exist_ok=True)
    return Report(path)


def _write_coverage(report: Report, outputs: dict[str, Any]) -> str:
    html, xml = outputs["coverage_html"], outputs["coverage_xml"]
    return report.write(html=Path(html) if html else None, xml=Path(xml) if xml else None)
