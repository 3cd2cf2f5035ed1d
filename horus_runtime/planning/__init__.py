"""Plan and undo: runs whose effects are first collected, then shown (`horus plan`) or made real as a whole
(`horus run --atomic`).

`plan_payload` runs a payload over an overlay and tells what it would change; `render_plan` lays that out for people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from horus_runtime.planning.atomic import AtomicRun as AtomicRun
    from horus_runtime.planning.atomic import run_atomic as run_atomic
    from horus_runtime.planning.effects import Answers as Answers
    from horus_runtime.planning.plan import Plan as Plan
    from horus_runtime.planning.plan import plan_payload as plan_payload
    from horus_runtime.planning.plan import plan_run as plan_run
    from horus_runtime.planning.recovery import recover as recover
    from horus_runtime.planning.render import render_plan as render_plan

__all__ = ["Answers", "AtomicRun", "Plan", "plan_payload", "plan_run", "recover", "render_plan", "run_atomic"]

_HOMES = {
    "Answers": "effects", "AtomicRun": "atomic", "recover": "recovery", "run_atomic": "atomic",
    "Plan": "plan", "plan_payload": "plan", "plan_run": "plan", "render_plan": "render",
}  # fmt: skip


def __getattr__(name: str) -> object:
    """Load what is asked for; hosts that plan nothing load nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
