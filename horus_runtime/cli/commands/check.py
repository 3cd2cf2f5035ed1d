"""`horus check`: looks at a script without running it, and shows what the stages of the compiler made of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from horus_runtime.cli import exits
from horus_runtime.cli.app import Command
from horus_runtime.cli.options import json_option
from horus_runtime.cli.sources import STDIN, Script, UsageError, read_script

if TYPE_CHECKING:
    from horus_runtime.analysis.lints import Finding
    from horus_runtime.engine import Engine
    from horus_runtime.errors import HorusError
    from horus_runtime.modules.policy import Policy

STAGES = ("tokens", "ast", "types", "py")


@click.command(cls=Command)
@click.argument("files", nargs=-1, metavar="FILE...")
@click.option("--emit", type=click.Choice(STAGES), help="Show what this stage makes of the script.")
@click.option("--fix", is_flag=True, help="Make the changes that are safe.")
@click.option("--policy", "policy_file", metavar="FILE", help="Report functions that this policy does not allow.")
@click.option("--ignore", multiple=True, metavar="CODE,...", help="Leave these warnings out.")
@click.option("--strict", is_flag=True, help="Exit code 1 for warnings, too.")
@click.option("--codes", is_flag=True, help="List the codes of all warnings.")
@json_option
def check(files: tuple[str, ...], emit: str | None, codes: bool, as_json: bool, **options: Any) -> int:
    """Look for errors and for what is suspicious in scripts and Hero payloads; nothing runs. '-' is standard input.

    Errors, and what is certain to fail, end with exit code 1. Of a Hero payload the script lines are looked at, too. A
    comment `// lint: allow(CODE)` silences a warning.
    """
    if codes:
        return _list_codes()
    if not files:
        raise UsageError("name a file to check, or - for standard input")
    if emit is not None:
        if as_json:
            raise UsageError("--emit is text for people; it cannot stand beside --json")
        for file in files:
            script = read_script(file)
            if script.is_hero:
                raise UsageError("--emit shows the stages of a script; a Hero payload is checked without it")
            sys.stdout.writelines(f"{line}\n" for line in emitted(script.source.text, script.source.name, emit))
        return exits.OK
    checks = [_Check(file, **options) for file in files]
    return _tell_programs(checks) if as_json else _tell_people(checks)


def _list_codes() -> int:
    from horus_runtime.analysis.lints import CODES

    width = max(map(len, CODES))
    for code, meaning in sorted(CODES.items()):
        click.echo(f"{code.ljust(width)}  {meaning}")
    return exits.OK


class _Check:
    """One file: its error, or its findings, and whether it was changed."""

    def __init__(self, file: str, *, fix: bool, policy_file: str | None, ignore: tuple[str, ...], strict: bool) -> None:
        from horus_runtime.errors import HorusError

        self.script = read_script(file)
        self.error: HorusError | None = None
        self.findings: list[Finding] = []
        self.strict = strict
        try:
            _compile(self.script)
            self._lint(file, policy_file, {code for group in ignore for code in group.split(",")}, fix=fix)
        except HorusError as error:
            self.error = error

    def _lint(self, file: str, policy_file: str | None, ignored: set[str], *, fix: bool) -> None:
        from horus_runtime.analysis.lints import CODES, apply_edits
        from horus_runtime.cli.options import policy_from

        unknown = sorted(ignored - set(CODES))
        if unknown:
            raise UsageError(f"there is no warning '{unknown[0]}'; --codes lists them")
        policy = None if policy_file is None else policy_from(Path(policy_file))
        found = _findings(self.script, policy)
        edits = [finding.edit for finding in found if finding.edit is not None and finding.code not in ignored]
        if fix and edits and file != STDIN and not self.script.is_hero:
            from horus_runtime.jobs.files import write_whole

            write_whole(Path(file), apply_edits(self.script.source.text, edits))
            self.script = read_script(file)
            found = _findings(self.script, policy)
        self.findings = [finding for finding in found if finding.code not in ignored]

    @property
    def code(self) -> int:
        """The exit code that this file asks for."""
        from horus_runtime.cli.guard import exit_code_of

        if self.error is not None:
            return exit_code_of(self.error)
        fails = any(self.strict or finding.severity == "error" for finding in self.findings)
        return exits.SCRIPT_ERROR if fails else exits.OK


def _findings(script: Script, policy: Policy | None) -> list[Finding]:
    from horus_runtime.engine.linting import lint_script

    engine = _engine()
    if not script.is_hero:
        return lint_script(engine, engine.compile(script.source.text, name=script.source.name), policy)
    from horus_runtime.heroscript.run import script_of_payload

    found = script_of_payload(script.source.text, engine, name=script.source.name)
    if found is None:
        return []  # parts of it are in other files, which are checked by their own names
    tree, actions = found
    return [finding for finding in lint_script(engine, tree, policy) if finding.span.line not in actions]


def _tell_people(checks: list[_Check]) -> int:
    from horus_runtime.cli.render import visible
    from horus_runtime.source import Position

    for check in checks:
        source = check.script.source
        if check.error is not None:
            click.echo(visible(check.error.render(STDIN)), err=True)
        for finding in check.findings:
            where = Position(finding.span.line, finding.span.column)
            message = f"{finding.severity}: {finding.message} [{finding.code}]"
            text = f"{source.name}:{where.line}:{where.column}\n{source.excerpt(where, message)}"
            click.echo(visible(f"{text}\nhint: {finding.hint}" if finding.hint else text))
        if check.error is None:
            click.echo(f"{source.name}: {_counted(check.findings)}")
    return max(check.code for check in checks)


def _counted(findings: list[Finding]) -> str:
    """`no errors`, `1 error, 2 warnings`."""
    errors = sum(finding.severity == "error" for finding in findings)
    warnings = len(findings) - errors
    words = [
        f"{count} {word}{'s' * (count != 1)}" for count, word in ((errors, "error"), (warnings, "warning")) if count
    ]
    return ", ".join(words) or "no errors"


def _tell_programs(checks: list[_Check]) -> int:
    from horus_runtime.cli.render import error_data, print_json

    errors = [error_data(check.error) for check in checks if check.error is not None]
    findings = [
        {
            "file": check.script.source.name,
            "code": finding.code,
            "severity": finding.severity,
            "message": finding.message,
            "line": finding.span.line,
            "column": finding.span.column,
            "end_line": finding.span.end_line,
            "end_column": finding.span.end_column,
            "hint": finding.hint or None,
        }
        for check in checks
        for finding in check.findings
    ]
    code = max(check.code for check in checks)
    print_json({"ok": code == exits.OK, "errors": errors, "findings": findings})
    return code


def _engine() -> Engine:
    """An engine that knows the names of all host modules; nothing is run, so it needs no rights."""
    from horus_runtime.cli.execution import RunOptions, engine_for
    from horus_runtime.engine.presets import add_osiris_names

    return add_osiris_names(engine_for(RunOptions()))


def _compile(script: Script) -> None:
    """Take the script through every stage up to code objects."""
    from horus_runtime.runtime.scope import Scope

    if script.is_hero:
        from horus_runtime.heroscript import check_payload

        check_payload(script.source.text, _engine(), name=script.source.name)
        return
    engine = _engine()
    engine.program(engine.compile(script.source.text, name=script.source.name), Scope())


def emitted(text: str, name: str | None, stage: str) -> Iterator[str]:
    """What a stage makes of a script, as lines of text."""
    if stage == "tokens":
        from horus_runtime.syntax.rhai import tokenize

        for token in tokenize(text, name=name):
            yield f"{token.span.line}:{token.span.column} {token.kind} {token.value!r}"
    elif stage == "ast":
        from horus_runtime.ast.printer import dump

        yield dump(_engine().compile(text, name=name).script)
    elif stage == "types":
        from horus_runtime.codegen.report import types_of

        engine = _engine()
        tree = engine.compile(text, name=name)
        yield from types_of(engine.optimized(tree.script), tree.source_file, engine.compile_config())
    else:
        yield _python_of(text, name)


def _python_of(text: str, name: str | None) -> str:
    from horus_runtime.codegen.program import compile_script, dump

    engine = _engine()
    tree = engine.compile(text, name=name)
    return dump(compile_script(tree.script, tree.source_file, engine.compile_config(keep_tree=True)))
