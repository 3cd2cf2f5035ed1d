"""The prompt's own commands: `:name argument`. A table, so that help and completion know what runs."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from horus_runtime.repl.commands import (
    debugging,
    files,
    inspecting,
    jobs,
    measuring,
    planning,
    settings,
    store,
    testing,
)
from horus_runtime.repl.commands.base import Command, CommandError, Leave

if TYPE_CHECKING:
    from horus_runtime.repl.loop import Repl

__all__ = ["COMMANDS", "Command", "CommandError", "Leave", "run_command"]


def _help(repl: Repl, argument: str) -> None:
    """`:help` lists the commands, `:help NAME` explains one."""
    if argument:
        command = find(argument.lstrip(":"))
        repl.output.line(f":{command.usage}", "heading")
        repl.output.line(command.explanation)
        return
    rows = [(f":{command.usage}", command.summary) for command in COMMANDS.values()]
    repl.output.table(rows, ("COMMAND", "WHAT IT DOES"))
    repl.output.line(
        "Everything else is a script, or a Heroscript action that begins with `!!`. `_` is the last result."
    )


def _quit(repl: Repl, argument: str) -> None:
    """Leave the prompt, as Ctrl-D does."""
    raise Leave


COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        Command("help [NAME]", "Lists the commands, or explains one.", _help),
        *inspecting.COMMANDS,
        *measuring.COMMANDS,
        *debugging.COMMANDS,
        *files.COMMANDS,
        *settings.COMMANDS,
        *planning.COMMANDS,
        *testing.COMMANDS,
        *jobs.COMMANDS,
        *store.COMMANDS,
        Command("quit", "Leaves the prompt (Ctrl-D).", _quit),
    )
}


def find(name: str) -> Command:
    """The command of a name, or of the beginning of one.

    Raises:
        CommandError: there is none, or several begin so.
    """
    if name in COMMANDS:
        return COMMANDS[name]
    begun = [command for known, command in COMMANDS.items() if name and known.startswith(name)]
    if len(begun) == 1:
        return begun[0]
    if begun:
        raise CommandError(f":{name} may mean {', '.join(f':{command.name}' for command in begun)}")
    near = difflib.get_close_matches(name, COMMANDS, n=1)
    guess = f"; did you mean :{near[0]}?" if near else "; :help lists them"
    raise CommandError(f"there is no command :{name}{guess}")


def run_command(repl: Repl, text: str) -> None:
    """Run a command from its text without the colon."""
    name, _, argument = text.partition(" ")
    find(name).run(repl, argument.strip())
