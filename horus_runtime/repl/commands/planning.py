"""`:plan`: what a file, the session or an input would do outside; nothing is done."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from horus_runtime.repl.actions import holds_action
from horus_runtime.repl.commands.base import Command, CommandError, required

if TYPE_CHECKING:
    from horus_runtime.engine import Engine
    from horus_runtime.planning import Plan
    from horus_runtime.repl.loop import Repl

USAGE = "plan FILE|session|TEXT"


def _plan(repl: Repl, argument: str) -> None:
    """Shows what something would change outside, and changes nothing: files with their differences, then actions.

    `:plan FILE` plans a script or Hero payload, `:plan session` the inputs that went well, and `:plan TEXT` an input
    such as `os.write("a.txt", "b")` or `!!git.list`. It has the rights that scripts at the prompt have.
    """
    from horus_runtime.planning import render_plan

    wanted = required(argument, USAGE)
    plan = _of_input(repl, wanted) if "(" in wanted or holds_action(wanted) else _of_payload(repl, wanted)
    repl.output.page(render_plan(plan, repl.output.color).rstrip("\n"))
    if plan.error is not None:
        raise plan.error


def _of_payload(repl: Repl, wanted: str) -> Plan:
    from horus_runtime.planning import plan_payload
    from horus_runtime.repl.transcript import payload

    engine = repl.session.engine
    if wanted == "session":
        text = payload(repl.session)
        if not text.strip():
            raise CommandError("there is nothing to plan yet")
        return plan_payload(text, engine, name="session", allow_unavailable=repl.session.allow_unavailable)
    text = repl.surroundings.read_script(Path(wanted).expanduser())
    return plan_payload(text, engine, name=wanted, allow_unavailable=repl.session.allow_unavailable)


def _of_input(repl: Repl, text: str) -> Plan:
    """An input with the session's variables and functions, which keep their values."""
    from horus_runtime.planning import plan_payload, plan_run

    session = repl.session
    if holds_action(text):
        return plan_payload(text, session.engine, scope=session.scope, allow_unavailable=session.allow_unavailable)
    tree = session.compile(text)

    def run(engine: Engine) -> Any:
        return engine.eval_ast(tree, scope=copy.deepcopy(session.scope))

    return plan_run(session.engine, run)


COMMANDS = (Command(USAGE, "Shows what would be done outside, and does nothing.", _plan),)
