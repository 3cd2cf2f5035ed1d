"""`horus run` and `horus eval`."""

from __future__ import annotations

from typing import Any

import click

from horus_runtime.cli.app import Command
from horus_runtime.cli.numbers import Number
from horus_runtime.cli.options import (
    audit_options,
    json_option,
    limit_options,
    place_options,
    policy_options,
    take_run_options,
)

TIMEOUT_OPTION = click.option(
    "--timeout", type=Number(min=0, min_open=True), metavar="SECONDS", help="Wall-clock time (default 60)."
)


@click.command(cls=Command)
@click.argument("file")
@TIMEOUT_OPTION
@click.option(
    "--atomic",
    type=click.Choice(["files", "strict"]),
    metavar="[=files|strict]",
    help="Make all changes to files and records at the end, or none; 'strict' refuses what cannot be undone.",
)
@limit_options
@policy_options
@audit_options
@place_options
@json_option
def run(file: str, **values: Any) -> int:
    """Run FILE, a script (.rhai) or a Hero payload (.hero); '-' reads standard input.

    Nothing outside the script is touched unless an option grants it.
    """
    from horus_runtime.cli.execution import run_file

    atomic = values.pop("atomic")
    options = take_run_options(values)
    options.atomic = atomic
    return run_file(file, options)


@click.command("eval", cls=Command)
@click.argument("expr")
@TIMEOUT_OPTION
@limit_options
@policy_options
@audit_options
@place_options
@json_option
def eval_(expr: str, **values: Any) -> int:
    """Evaluate EXPR, an expression or a short script, and print its value."""
    from horus_runtime.cli.execution import evaluate

    return evaluate(expr, take_run_options(values))
