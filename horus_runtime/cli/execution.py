"""Runs scripts and Hero payloads for `run` and `eval`, with or without click in front.

Input: a text and `RunOptions`. Output: what the script prints, then its value or its error, and the exit code.
"""

from __future__ import annotations

import os
import time
from contextlib import AbstractContextManager, nullcontext

from horus_runtime.cli import exits
from horus_runtime.cli.guard import exit_code_of, started, write_output
from horus_runtime.cli.sources import Script, check_size, read_script
from horus_runtime.errors import HorusError
from horus_runtime.source import SourceFile
from horus_runtime.typing_names import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from horus_runtime.engine import Engine
    from horus_runtime.modules.policy import Policy
    from horus_runtime.planning.atomic import AtomicRun
    from horus_runtime.source import Position


class RunOptions:
    """What the command line grants and limits. The default grants nothing."""

    __slots__ = (
        "allow_unavailable", "as_json", "atomic", "atomic_run", "audit_file", "audit_only", "code_root", "database",
        "limits", "policy",
    )  # fmt: skip

    def __init__(
        self,
        *,
        limits: dict[str, Any] | None = None,
        policy: Policy | None = None,
        code_root: str | None = None,
        database: str | None = None,
        allow_unavailable: frozenset[str] = frozenset(),
        as_json: bool = False,
        audit_file: str | None = None,
        audit_only: bool = False,
    ) -> None:
        self.atomic: str | None = None
        """`files` or `strict`: changes become real together at the end."""
        self.atomic_run: AtomicRun | None = None
        """What an atomic run did, once it is over."""
        self.audit_file = audit_file
        self.audit_only = audit_only
        self.limits = limits or {}
        self.policy = policy
        self.code_root = code_root
        self.database = database
        self.allow_unavailable = allow_unavailable
        self.as_json = as_json


def run_file(path: str, options: RunOptions) -> int:
    """Run the script or Hero payload in a file, or on standard input for `-`."""
    return run_script(read_script(path), options, show=False)


def evaluate(text: str, options: RunOptions) -> int:
    """Evaluate a text and show its value."""
    source = SourceFile(check_size(text, "the expression", len(text.encode(errors="replace"))))
    return run_script(Script(source, is_hero=False), options, show=True)


def run_script(script: Script, options: RunOptions, *, show: bool) -> int:
    """Run a script and show what came of it; errors go up to the guard unless JSON was asked for."""
    if options.audit_file is not None or options.audit_only:
        from horus_runtime.cli.auditing import audited

        return audited(script, options, lambda engine: _run(engine, script, options, show=show))
    return _run(engine_for(options), script, options, show=show)


def _run(engine: Engine, script: Script, options: RunOptions, *, show: bool) -> int:
    if options.as_json:
        return _run_for_programs(engine, script, options)
    engine.on_print(say)
    engine.on_debug(say_debug)
    value = _value_of(engine, script, options)
    if show and value is not None:
        from horus_runtime.runtime.text import to_display

        say(to_display(value))
    return exits.OK


def engine_for(options: RunOptions) -> Engine:
    """An engine with the host modules, which can do what the options grant: by default nothing."""
    from horus_runtime.engine import Engine

    limits = None
    if options.limits:
        from horus_runtime.limits import Limits

        limits = Limits(**options.limits)
    services = {} if options.code_root is None else {"code_root": os.path.realpath(options.code_root)}
    return Engine.sal(options.policy, limits=limits, **services)


def _value_of(engine: Engine, script: Script, options: RunOptions) -> Any:
    """Parse, then open the model store, then run: a text with an error leaves no file behind."""
    if options.atomic is not None:
        from horus_runtime.cli.atomic import value_of

        return value_of(engine, script, options)
    text, name = script.source.text, script.source.name
    if script.is_hero:
        from horus_runtime.heroscript import check_payload, run_payload

        if options.database is not None:
            check_payload(text, engine, name=name)
        started()
        with open_store(engine, options):
            return run_payload(text, engine, name=name, allow_unavailable=options.allow_unavailable)
    tree = engine.compile(text, name=name)
    started()
    with open_store(engine, options):
        return engine.eval_ast(tree)


def open_store(engine: Engine, options: RunOptions) -> AbstractContextManager[None]:
    """The model store for as long as the script runs; without a file there is none."""
    if options.database is None:
        return nullcontext()
    from horus_runtime.engine.presets import model_store

    return model_store(engine, options.database)


def _run_for_programs(engine: Engine, script: Script, options: RunOptions) -> int:
    """As `run_script`, with everything in one JSON document."""
    from horus_runtime.cli.render import error_data, print_json, value_data
    from horus_runtime.jobs.console import Console
    from horus_runtime.jobs.runners import MAX_OUTPUT
    from horus_runtime.runtime.text import to_display

    console = Console(MAX_OUTPUT)
    engine.on_print(console.print)
    engine.on_debug(console.debug)
    started = time.monotonic()
    value, error, code = None, None, exits.OK
    try:
        value = value_data(_value_of(engine, script, options), to_display)
    except HorusError as failure:
        error, code = error_data(failure), exit_code_of(failure)
    seconds = round(time.monotonic() - started, 6)
    output = console.close()
    document = {"value": value, "output": output, "error": error, "exit_code": code, "duration": seconds}
    if options.atomic_run is not None:
        document["atomic"] = options.atomic_run.to_dict()
    print_json(document)
    return code


def say(text: str) -> None:
    write_output(f"{text}\n")


def say_debug(text: str, source: str | None, position: Position | None) -> None:
    from horus_runtime.jobs.console import debug_line

    say(debug_line(text, source, position))
