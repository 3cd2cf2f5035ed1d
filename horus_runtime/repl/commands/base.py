"""What a command of the prompt is."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from horus_runtime.repl.loop import Repl


class CommandError(Exception):
    """A command cannot do what it was asked for; the text says why."""


class Leave(Exception):
    """The prompt is to end."""


class Command(NamedTuple):
    """A command: how it is written, what it does in a line, and the function that does it."""

    usage: str
    summary: str
    run: Callable[[Repl, str], None]

    @property
    def name(self) -> str:
        """The word behind the colon."""
        return self.usage.partition(" ")[0]

    @property
    def explanation(self) -> str:
        """The text that `:help NAME` shows."""
        return inspect.getdoc(self.run) or self.summary


def required(argument: str, usage: str) -> str:
    """The argument, unless it is missing."""
    if not argument:
        raise CommandError(f"usage: :{usage}")
    return argument
