"""`horus fmt`: lays scripts and Hero payloads out anew."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

import click

from horus_runtime.cli import exits
from horus_runtime.cli.app import Command
from horus_runtime.cli.sources import STDIN, STDIN_NAME, is_hero, read_text


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--check", is_flag=True, help="Change nothing; exit code 1 when a file is not formatted.")
@click.option("--diff", "as_diff", is_flag=True, help="Change nothing; show what would change.")
def fmt(files: tuple[str, ...], check: bool, as_diff: bool) -> int:
    """Format scripts (.rhai) and Hero payloads (.hero, .heroscript, .hs) in place; '-' reads and prints.

    Only blanks and line ends change; comments stay where they are. A file with an error is left as it is.
    """
    changed = False
    for file in files:
        changed |= _format(file, check=check, as_diff=as_diff)
    return exits.SCRIPT_ERROR if changed and (check or as_diff) else exits.OK


def _format(file: str, *, check: bool, as_diff: bool) -> bool:
    text = read_text(file)
    formatted = _formatted(text, file)
    if as_diff:
        lines = difflib.unified_diff(text.splitlines(True), formatted.splitlines(True), file, f"{file} (formatted)")
        sys.stdout.writelines(lines)
    elif file == STDIN and not check:
        sys.stdout.write(formatted)
    elif text != formatted:
        if not check:
            from horus_runtime.jobs.files import write_whole

            write_whole(Path(file), formatted)
        click.echo(f"{'would change' if check else 'formatted'}: {file}")
    return text != formatted


def _formatted(text: str, file: str) -> str:
    from horus_runtime.syntax.formatting import format_script

    if is_hero(file, text):
        from horus_runtime.heroscript.format import format_text

        return format_text(text, file, script=format_script)
    return format_script(text, name=STDIN_NAME if file == STDIN else file)
