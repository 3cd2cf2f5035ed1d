"""`horus repl`: the prompt."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from horus_runtime.cli import exits
from horus_runtime.cli.app import Command
from horus_runtime.cli.numbers import Number
from horus_runtime.cli.options import limit_options, place_options, policy_options, take_run_options

if TYPE_CHECKING:
    from horus_runtime.cli.execution import RunOptions
    from horus_runtime.jobs.runners import RunnerRegistry
    from horus_runtime.modules.policy import Policy
    from horus_runtime.repl.loop import Repl


class UserSurroundings:
    """The files, keys and runners of the user at this machine."""

    def __init__(self, options: RunOptions) -> None:
        self._options = options

    def read_script(self, path: Path) -> str:
        from horus_runtime.cli.sources import read_script

        return read_script(str(path)).source.text

    def read_policy(self, path: Path) -> Policy:
        from horus_runtime.cli.options import policy_from

        return policy_from(path)

    def key_path(self, name: str) -> Path:
        from horus_runtime.cli.home import key_path

        return key_path(name)

    def registry(self, policy: Policy | None) -> RunnerRegistry:
        from horus_runtime.jobs.runners import RunnerRegistry

        database, root = self._options.database, self._options.code_root
        return RunnerRegistry.default(
            policy=policy,
            database=None if database is None else Path(database),
            code_root=None if root is None else Path(root),
            allow_unavailable=self._options.allow_unavailable,
        )

    def run_tests(self, paths: list[Path], policy: Policy | None) -> tuple[str, bool]:
        return run_tests(paths, policy)

    def history_path(self) -> Path:
        from horus_runtime.cli.home import home

        return home() / "history"


def run_tests(paths: list[Path], policy: Policy | None) -> tuple[str, bool]:
    """The report of a test run, and whether everything passed."""
    import time

    from horus_runtime.testing.reports import failure_text, summary
    from horus_runtime.testing.running import BROKEN, FAILED, Settings
    from horus_runtime.testing.suite import Plan, run_suite

    begin = time.perf_counter()
    outcomes = run_suite(Plan(tuple(paths), Settings(policy=policy)), lambda outcome: None, lambda lines: None)
    failed = [outcome for outcome in outcomes if outcome.status in {FAILED, BROKEN}]
    report = [*map(failure_text, failed), summary(outcomes, time.perf_counter() - begin)]
    return "\n".join(report), not failed


@click.command(cls=Command)
@click.argument("files", nargs=-1)
@click.option("--timeout", type=Number(min=0, min_open=True), metavar="SECONDS", help="Time of one input (default 60).")
@limit_options
@policy_options
@place_options
def repl(files: tuple[str, ...], **values: Any) -> int:
    """Start the prompt. FILES are run first: their variables and functions are there.

    At the prompt :help lists the commands. Without a terminal, inputs are read from standard input and only printed
    lines and values are shown.
    """
    return start(files, take_run_options({**values, "as_json": False}))


def start(files: tuple[str, ...], options: RunOptions) -> int:
    """Run the prompt for standard input, and give its exit code: 1 when an input without a terminal failed."""
    from horus_runtime.cli.execution import engine_for, open_store
    from horus_runtime.cli.guard import write_output
    from horus_runtime.repl.loop import GREETING, Repl
    from horus_runtime.repl.output import Output, wants_color
    from horus_runtime.repl.session import Session

    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    engine = engine_for(options)
    with ExitStack() as cleanup, open_store(engine, options):
        engine.services["cleanup"] = cleanup  # temporary files and programs last for the session, not for one input
        session = Session(engine, lambda text: write_output(f"{text}\n"), allow_unavailable=options.allow_unavailable)
        color = wants_color(sys.stdout)
        pager = click.echo_via_pager if is_terminal and color else None
        output = Output(sys.stdout, color=color, pager=pager)
        prompt = Repl(session, output, UserSurroundings(options), quiet=not is_terminal)
        if is_terminal:
            from horus_runtime import __version__

            output.line(GREETING.format(version=__version__), "dim")
        for file in files:
            prompt.handle(f":load {file}")
        _talk(prompt, is_terminal=is_terminal)
        return exits.SCRIPT_ERROR if prompt.failed and not is_terminal else exits.OK


def _talk(prompt: Repl, *, is_terminal: bool) -> None:
    from horus_runtime.cli.guard import started

    if is_terminal and os.environ.get("TERM", "dumb") != "dumb":
        from horus_runtime.repl.terminal import run_terminal

        run_terminal(prompt, started)
        return
    from horus_runtime.repl.plain import run_plain

    started()
    run_plain(prompt, sys.stdin, show_prompt=is_terminal)
