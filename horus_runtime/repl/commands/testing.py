"""`:test`: tests written in the language, run from the prompt."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from horus_runtime.repl.commands.base import Command, CommandError

if TYPE_CHECKING:
    from horus_runtime.repl.loop import Repl


def _test(repl: Repl, argument: str) -> None:
    """Runs the tests in files or below folders, by default below the working directory.

    They may do what scripts at the prompt may do, and each works in a folder of its own.
    """
    try:
        paths = [Path(word).expanduser() for word in shlex.split(argument)] or [Path()]
    except ValueError as error:
        raise CommandError(f"the file names cannot be read: {str(error).lower()}") from None
    report, passed = repl.surroundings.run_tests(paths, repl.session.engine.services.get("policy"))
    if passed:
        repl.output.line(report)
    else:
        repl.fail(report)


COMMANDS = (Command("test [FILE ...]", "Runs tests written in the language.", _test),)
