"""`horus plan`."""

from __future__ import annotations

from typing import Any

import click

from horus_runtime.cli.app import Command
from horus_runtime.cli.commands.run import TIMEOUT_OPTION
from horus_runtime.cli.options import (
    audit_options,
    json_option,
    limit_options,
    place_options,
    policy_options,
    take_run_options,
)


@click.command(cls=Command)
@click.argument("file")
@click.option("--exit-code", is_flag=True, help="End with 10 when the payload would change something.")
@click.option(
    "--answer-run", multiple=True, metavar="COMMAND", help="Really start this command: it only looks (as --allow-run)."
)
@click.option("--answer-get", is_flag=True, help="Really send requests that only look, and really look at ports.")
@TIMEOUT_OPTION
@limit_options
@policy_options
@audit_options
@place_options
@json_option
def plan(file: str, **values: Any) -> int:
    """Show what FILE would do, and do nothing.

    The payload runs with the same rights as under `horus run`. What it writes stays in memory, where its own later
    steps see it; programs, requests and signals are listed. Commands that are known to look only, such as git status
    or docker ps, are really started when they are granted.
    """
    from horus_runtime.cli.plans import plan_file
    from horus_runtime.planning import Answers

    answers = Answers(run=tuple(values.pop("answer_run")), get=values.pop("answer_get"))
    tell = values.pop("exit_code")
    return plan_file(file, take_run_options(values), answers, tell=tell)
