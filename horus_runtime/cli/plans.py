"""`horus plan`: what a payload would do, as text or JSON, with an exit code that tells whether there is anything."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from horus_runtime.cli import exits
from horus_runtime.cli.execution import RunOptions, engine_for, say, say_debug
from horus_runtime.cli.guard import started
from horus_runtime.cli.sources import Script, read_script
from horus_runtime.errors import ParseError

if TYPE_CHECKING:
    from horus_runtime.engine import Engine
    from horus_runtime.planning import Answers, Plan


def plan_file(path: str, options: RunOptions, answers: Answers, *, tell: bool) -> int:
    """Plan the payload in a file; `tell` makes a plan with changes end with its own exit code."""
    script = read_script(path)
    if options.audit_file is not None or options.audit_only:
        from horus_runtime.cli.auditing import audited

        return audited(script, options, lambda engine: _planned(engine, script, options, answers, tell=tell))
    return _planned(engine_for(options), script, options, answers, tell=tell)


def _planned(engine: Engine, script: Script, options: RunOptions, answers: Answers, *, tell: bool) -> int:
    if options.as_json:
        plan = _for_programs(engine, script, options, answers)
    else:
        engine.on_print(say)
        engine.on_debug(say_debug)
        plan = _made(engine, script, options, answers)
        if not isinstance(plan.error, ParseError):
            _show(plan)  # a text that is wrong did nothing at all
    if plan.error is not None:
        if not options.as_json:
            raise plan.error
        return plan.exit_code
    return exits.CHANGES if tell and not plan.is_empty else exits.OK


def _made(engine: Engine, script: Script, options: RunOptions, answers: Answers) -> Plan:
    from horus_runtime.planning import plan_payload

    started()
    with _ended_by_signals():
        return plan_payload(
            script.source.text,
            engine,
            name=script.source.name,
            hero=script.is_hero,
            database=options.database,
            answers=answers,
            allow_unavailable=options.allow_unavailable,
        )


def _for_programs(engine: Engine, script: Script, options: RunOptions, answers: Answers) -> Plan:
    """Everything in one JSON document."""
    from horus_runtime.cli.render import error_data, print_json
    from horus_runtime.jobs.console import Console
    from horus_runtime.jobs.runners import MAX_OUTPUT

    console = Console(MAX_OUTPUT)
    engine.on_print(console.print)
    engine.on_debug(console.debug)
    plan = _made(engine, script, options, answers)
    document: dict[str, Any] = {**plan.to_dict(), "output": console.close()}
    error = None if plan.error is None else error_data(plan.error)
    print_json({**document, "error": error, "exit_code": plan.exit_code})
    return plan


def _show(plan: Plan) -> None:
    from horus_runtime.planning import render_plan
    from horus_runtime.repl.output import wants_color

    sys.stdout.write(render_plan(plan, wants_color(sys.stdout)))
    sys.stdout.flush()


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let the usual signals end the run in an orderly way, so that the copy of a model store is removed."""

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    signals = (signal.SIGTERM, signal.SIGHUP) if hasattr(signal, "SIGHUP") else (signal.SIGTERM,)
    try:
        before = {number: signal.signal(number, end) for number in signals}
    except ValueError:  # not the main thread: a host decides about signals
        before = {}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
