"""`horus check`: looks at a script without running it, and shows what the stages of the compiler made of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from horus_runtime.cli import exits
from horus_runtime.cli.app import Command
from horus_runtime.cli.options import json_option
from horus_runtime.cli.sources import Script, UsageError, read_script

if TYPE_CHECKING:
    from horus_runtime.engine import Engine

STAGES = ("tokens", "ast", "py")


@click.command(cls=Command, epilog="Example: horus check --emit=py loop.rhai")
@click.argument("file")
@click.option("--emit", type=click.Choice(STAGES), help="Show what this stage makes of the script.")
@json_option
def check(file: str, emit: str | None, as_json: bool) -> int:
    """Check the script or Hero payload FILE without running it; '-' reads standard input."""
    if as_json and emit:
        raise UsageError("--emit is text for people; it cannot stand beside --json")
    script = read_script(file)
    if as_json:
        return _check_for_programs(script)
    if emit is not None:
        sys.stdout.writelines(f"{line}\n" for line in _emitted(script, emit))
    else:
        _compile(script)
        click.echo(f"{script.source.name}: no errors")
    return exits.OK


def _check_for_programs(script: Script) -> int:
    from horus_runtime.cli.guard import exit_code_of
    from horus_runtime.cli.render import error_data, print_json
    from horus_runtime.errors import HorusError

    try:
        _compile(script)
    except HorusError as error:
        print_json({"ok": False, "errors": [error_data(error)]})
        return exit_code_of(error)
    print_json({"ok": True, "errors": []})
    return exits.OK


def _engine() -> Engine:
    """An engine that knows the names of all host modules; nothing is run, so it needs no rights."""
    from horus_runtime.cli.execution import RunOptions, engine_for

    return engine_for(RunOptions())


def _compile(script: Script) -> None:
    """Take the script through every stage up to code objects."""
    from horus_runtime.runtime.scope import Scope

    if script.is_hero:
        from horus_runtime.heroscript import check_payload

        check_payload(script.source.text, _engine(), name=script.source.name)
        return
    engine = _engine()
    engine.program(engine.compile(script.source.text, name=script.source.name), Scope())


def _emitted(script: Script, stage: str) -> Iterator[str]:
    if script.is_hero:
        raise UsageError("--emit shows the stages of a script; a Hero payload is checked without it")
    text, name = script.source.text, script.source.name
    if stage == "tokens":
        from horus_runtime.syntax.rhai import tokenize

        for token in tokenize(text, name=name):
            yield f"{token.span.line}:{token.span.column} {token.kind} {token.value!r}"
    elif stage == "ast":
        from horus_runtime.ast.printer import dump

        yield dump(_engine().compile(text, name=name).script)
    else:
        yield _python_of(text, name)


def _python_of(text: str, name: str | None) -> str:
    from horus_runtime.codegen.program import compile_script, dump

    engine = _engine()
    tree = engine.compile(text, name=name)
    return dump(compile_script(tree.script, tree.source_file, engine.compile_config(keep_tree=True)))
