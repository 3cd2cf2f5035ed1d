"""`horus run --atomic`: changes become real at the end of the run, all or none."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from horus_runtime.cli.execution import RunOptions
from horus_runtime.cli.guard import started
from horus_runtime.cli.home import home
from horus_runtime.cli.sources import Script

if TYPE_CHECKING:
    from horus_runtime.engine import Engine
    from horus_runtime.planning.atomic import AtomicRun


def state_folder() -> Path:
    """Where the journals of this user's atomic runs are."""
    return home() / "atomic"


def value_of(engine: Engine, script: Script, options: RunOptions) -> Any:
    """What the payload gives; its changes are real then. What cannot be undone is told, also when it failed."""
    from horus_runtime.planning.atomic import AtomicRun, run_atomic

    def run(private: Engine) -> Any:
        text, name = script.source.text, script.source.name
        if script.is_hero:
            from horus_runtime.heroscript import run_payload

            return run_payload(text, private, name=name, allow_unavailable=options.allow_unavailable)
        return private.eval_ast(private.compile(text, name=name))

    result = options.atomic_run = AtomicRun()
    started()
    strict = options.atomic == "strict"
    try:
        run_atomic(engine, run, state_folder(), database=options.database, strict=strict, result=result)
    finally:
        if result.effects and not options.as_json:
            _warn(result)
    return result.value


def _warn(result: AtomicRun) -> None:
    from horus_runtime.cli.render import visible

    sys.stdout.flush()
    lines = [
        f"  {effect.function}: {effect.subject}"
        + (f" (line {effect.line})" if effect.line is not None else "")
        + (f" - {effect.note}" if effect.note else "")
        for effect in result.effects
    ]
    sys.stderr.write(visible("\n".join(["warning: this was done at once and cannot be undone:", *lines])) + "\n")
