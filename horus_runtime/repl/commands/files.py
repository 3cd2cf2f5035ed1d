"""Commands around files: run one, run it again, save the session, edit an input, look back."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from horus_runtime.repl.commands.base import Command, CommandError, required

if TYPE_CHECKING:
    from horus_runtime.repl.loop import Repl


def _load(repl: Repl, argument: str) -> None:
    """Runs a file as an input: its variables and functions stay."""
    path = required(argument, "load FILE")
    _run_file(repl, path)
    if path in repl.loaded:
        repl.loaded.remove(path)
    repl.loaded.append(path)


def _reload(repl: Repl, argument: str) -> None:
    """Runs the loaded files again, in their order."""
    if not repl.loaded:
        raise CommandError("no file was loaded yet: use :load FILE")
    for path in repl.loaded:
        _run_file(repl, path)


def _run_file(repl: Repl, path: str) -> None:
    repl.report(repl.session.run(repl.surroundings.read_script(Path(path).expanduser())))


def _save(repl: Repl, argument: str) -> None:
    """Saves the inputs that went well as a payload: `:save FILE`. `:save --test FILE` saves a test of their results.

    A payload with Heroscript actions should be called `NAME.hero`, a script `NAME.rhai`, a test `NAME_test.rhai`.
    """
    from horus_runtime.repl import transcript

    words = shlex.split(argument)
    as_test = "--test" in words
    names = [word for word in words if word != "--test"]
    if len(names) != 1:
        raise CommandError("usage: :save [--test] FILE")
    text = transcript.test_script(repl.session) if as_test else transcript.payload(repl.session)
    if not text.strip():
        raise CommandError("there is nothing to save yet")
    _write(repl, names[0], text)


def _export(repl: Repl, argument: str) -> None:
    """Writes the whole session, errors and all, to read it: `:export FILE.md`, or for programs `:export FILE.json`."""
    from horus_runtime.repl import transcript

    path = required(argument, "export FILE.md|FILE.json")
    if path.endswith(".json"):
        _write(repl, path, transcript.as_json(repl.session))
    elif path.endswith(".md"):
        _write(repl, path, transcript.markdown(repl.session))
    else:
        raise CommandError("the name must end in .md or .json")


def _write(repl: Repl, name: str, text: str) -> None:
    path = Path(name).expanduser()
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"cannot write '{name}': {(error.strerror or str(error)).lower()}") from None
    lines = text.count("\n")
    repl.output.line(f"wrote {name}: {lines} line{'s' * (lines != 1)}")


def _edit(repl: Repl, argument: str) -> None:
    """Opens an input in your editor ($VISUAL or $EDITOR) and runs what you saved.

    `:edit` opens the last input, `:edit 3` the third.
    """
    cells = repl.session.cells
    if argument and not (argument.isdigit() and 1 <= int(argument) <= len(cells)):
        raise CommandError(f"there is no input {argument}; there are {len(cells)}")
    text = cells[int(argument) - 1].text if argument else (cells[-1].text if cells else "")
    changed = _edited(text)
    if changed.strip():
        repl.output.line(repl.output.code(changed.rstrip()))
        repl.handle(changed.rstrip())


def _edited(text: str) -> str:
    """The text as the user's editor leaves it."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input.rhai"
        path.write_text(f"{text.rstrip()}\n", encoding="utf-8")
        try:
            # The user's own editor, as the user wrote it: a program with arguments.
            code = subprocess.run([*shlex.split(editor), str(path)], check=False).returncode
        except OSError as error:
            raise CommandError(
                f"cannot start the editor '{editor}': {(error.strerror or str(error)).lower()}"
            ) from None
        if code != 0:
            raise CommandError(f"the editor '{editor}' ended with {code}; nothing was run")
        return path.read_text(encoding="utf-8")


def _history(repl: Repl, argument: str) -> None:
    """Lists the inputs of the session; `:history 3` runs the third one again."""
    cells = repl.session.cells
    if argument:
        if not (argument.isdigit() and 1 <= int(argument) <= len(cells)):
            raise CommandError(f"there is no input {argument}; there are {len(cells)}")
        repl.handle(cells[int(argument) - 1].text)
        return
    for cell in cells:
        mark = " " if cell.ok else "!"
        first, *rest = cell.text.strip().split("\n")
        repl.output.line(f"[{cell.number}]{mark}{repl.output.code(first)}")
        for line in rest:
            repl.output.line(f"{' ' * (len(str(cell.number)) + 3)}{repl.output.code(line)}")


COMMANDS = (
    Command("load FILE", "Runs a file; its variables and functions stay.", _load),
    Command("reload", "Runs the loaded files again.", _reload),
    Command("save [--test] FILE", "Saves the session as a payload, or as a test.", _save),
    Command("export FILE", "Writes the whole session as Markdown or JSON.", _export),
    Command("edit [N]", "Opens an input in your editor and runs it.", _edit),
    Command("history [N]", "Lists the inputs, or runs one again.", _history),
)
