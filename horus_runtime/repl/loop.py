"""What the prompt does with a line: a command of its own, or an input of the session and a report of its outcome."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.errors import HorusError
from horus_runtime.repl.commands import COMMANDS, CommandError, Leave, run_command
from horus_runtime.repl.completion import Completer
from horus_runtime.repl.show import Shower
from horus_runtime.repl.wording import seconds
from horus_runtime.runtime.visible import visible

if TYPE_CHECKING:
    from horus_runtime.jobs.model import Job
    from horus_runtime.repl.output import Output
    from horus_runtime.repl.session import Cell, Session
    from horus_runtime.repl.surroundings import Surroundings

_GRANT: Final = re.compile(r"(?<=hint: )run with --allow-")
"""How a hint names the option of a command line; at the prompt it is a command."""
GREETING: Final = "horus {version}, a Rhai-compatible prompt. :help lists the commands, Ctrl-D leaves."


class Repl:
    """A session with somebody in front of it.

    Args:
        session: where inputs run.
        surroundings: the user's files and keys.
        output: where results are shown.
        quiet: show values only, without types and timings (for piped input).
    """

    def __init__(self, session: Session, output: Output, surroundings: Surroundings, *, quiet: bool = False) -> None:
        self.session = session
        self.output = output
        self.surroundings = surroundings
        self.quiet = quiet
        self.failed = False
        """Did any input fail?"""
        self.loaded: list[str] = []
        """Files that `:load` ran, for `:reload`."""
        self.job: Job | None = None
        self.ask: Callable[[str], str | None] = lambda prompt: None
        """Reads a line while a script stands still; `None` when there is nobody to ask."""
        self.completer = Completer(session, [(name, command.summary) for name, command in COMMANDS.items()])

    def handle(self, text: str) -> bool:
        """Do what an input asks for; `False` when it asks to leave."""
        if not text.strip():
            return True
        if text.lstrip().startswith(":") and not text.lstrip().startswith("::"):
            return self._command(text.strip()[1:])
        self.report(self.session.run(text))
        return True

    def _command(self, text: str) -> bool:
        try:
            run_command(self, text)
        except Leave:
            return False
        except CommandError as error:
            self.fail(str(error))
        except HorusError as error:
            self.fail(error.render())
        except KeyboardInterrupt:
            self.fail("interrupted")
        return True

    def fail(self, message: str) -> None:
        """Show an error."""
        self.failed = True
        self.output.line(visible(_GRANT.sub(":allow ", message)), "error")

    def report(self, cell: Cell) -> None:
        """Show what came of an input."""
        if cell.interrupted:
            self.fail(f"interrupted after {seconds(cell.seconds)}, {cell.operations:,} operations; the session goes on")
        elif cell.error is not None:
            self.fail(cell.error.render())
        elif cell.value is not None:
            self.show(cell.value)
        if not self.quiet and not cell.interrupted:
            self.output.line(self._facts(cell), "dim")

    def show(self, value: Any, *, whole: bool = False) -> None:
        """Show a value."""
        text = visible(Shower(self.session.engine, self.output.width, whole=whole).show(value))
        self.output.page(self.output.code(text))

    def _facts(self, cell: Cell) -> str:
        facts = [seconds(cell.seconds), f"{cell.operations:,} operations"]
        if cell.ok and cell.value is not None:
            facts.insert(0, Shower(self.session.engine).type_line(cell.value))
        return f"[{cell.number}] {', '.join(facts)}"
