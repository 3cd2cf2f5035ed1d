"""`:break` and `:step`: stop scripts and look around."""

from __future__ import annotations

from typing import TYPE_CHECKING

from horus_runtime.repl.commands.base import Command, CommandError, required

if TYPE_CHECKING:
    from horus_runtime.engine.debugger import Debugger
    from horus_runtime.repl.loop import Repl


def _break(repl: Repl, argument: str) -> None:
    """Stops scripts where a function begins: `:break NAME`, or before a property is used: `:break .NAME`.

    `:break NAME if EXPRESSION` stops only where the expression is true. `:break` lists the breakpoints, `:break off`
    forgets them. While a script stands still, `h` lists what can be done.
    """
    debugger = _debugger(repl)
    where, _, condition = argument.partition(" if ")
    where = where.strip()
    if not where:
        for number, known in enumerate(debugger.breakpoints, 1):
            shown = f" if {known.condition}" if known.condition else ""
            repl.output.line(f"{number}  {known}{shown}, hit {known.hits} time{'s' * (known.hits != 1)}")
        if not debugger.breakpoints:
            repl.output.line("no breakpoints yet")
    elif where == "off":
        repl.session.engine.debugger = None
    elif where.startswith(".") and where[1:].isidentifier():
        debugger.break_on_property(where[1:], condition=condition.strip() or None)
    elif where.isidentifier():
        debugger.break_on_call(where, condition=condition.strip() or None)
    else:
        raise CommandError(f"'{where}' is no name of a function, and no .NAME of a property")


def _step(repl: Repl, argument: str) -> None:
    """Runs a text statement by statement; `h` lists what can be done at every stop."""
    text = required(argument, "step TEXT")
    debugger = _debugger(repl)
    debugger.stop_at_start = True
    try:
        repl.report(repl.session.run(text))
    finally:
        debugger.stop_at_start = False
        if not debugger.breakpoints:
            repl.session.engine.debugger = None


def _debugger(repl: Repl) -> Debugger:
    """The engine's debugger, made when it is first needed: without one scripts run at full speed."""
    from horus_runtime.engine.debugger import Debugger
    from horus_runtime.repl.stops import Stopper

    engine = repl.session.engine
    if engine.debugger is None:
        engine.debugger = Debugger(Stopper(repl))
    debugger: Debugger = engine.debugger
    return debugger


COMMANDS = (
    Command("break [NAME|.NAME|off]", "Stops scripts in a function or at a property.", _break),
    Command("step TEXT", "Runs a text statement by statement.", _step),
)
