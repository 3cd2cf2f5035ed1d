"""Runs something over an overlay and tells what it would have done; nothing outside changes.

`plan_payload` is for texts, `plan_run` for whatever a host does with an engine. Both give a `Plan`, also when the
payload failed: then it says how far the run came, and the error.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.errors import HorusError
from horus_runtime.modules.host import masked
from horus_runtime.planning.changes import Change, changes_of
from horus_runtime.planning.contents import MEMORY
from horus_runtime.planning.effects import PLANNED, Action, Answers, PlannedEffects, WriteRecorder
from horus_runtime.planning.overlay import Overlay
from horus_runtime.planning.records import RecordChange, StoreCopy, copied_store

if TYPE_CHECKING:
    from horus_runtime.engine.engine import Engine
    from horus_runtime.runtime.scope import Scope

VERSION: Final = 1
"""Of the JSON form; it grows when a reader would have to change."""


@dataclass(slots=True)
class Plan:
    """What a payload would do."""

    changes: list[Change] = field(default_factory=list)
    """Files, directories and links, by path."""
    records: list[RecordChange] = field(default_factory=list)
    """Records of the model store, by namespace, model and id."""
    actions: list[Action] = field(default_factory=list)
    """Programs, requests, signals and calls of the model store, in order."""
    value: Any = None
    """What the payload gave."""
    error: HorusError | None = None
    """Why the plan ends where it ends."""
    store: str | None = None
    """The model store's file, where the run would make it."""

    @property
    def is_empty(self) -> bool:
        """Would the payload change nothing at all?"""
        done = any(action.answer == PLANNED and action.kind != "osiris" for action in self.actions)
        return not (self.changes or self.records or done or self.store)

    @property
    def exit_code(self) -> int:
        """The exit code that the payload ends with: 0, or that of its error."""
        return 0 if self.error is None else self.error.root().exit_code

    def counts(self) -> dict[str, int]:
        """How many changes of each kind there are, records and planned actions included."""
        kinds = ("create", "modify", "delete", "move", "mode", "touch")
        found = {kind: sum(change.kind == kind for change in self.changes) for kind in kinds}
        found["records"] = len(self.records)
        found["actions"] = sum(action.answer == PLANNED and action.kind != "osiris" for action in self.actions)
        return found

    def to_dict(self) -> dict[str, Any]:
        """The plan as JSON data; the guide to plans describes it."""
        return {
            "version": VERSION,
            "complete": self.error is None,
            "changes": [change.to_dict() for change in self.changes],
            "records": [record.to_dict() for record in self.records],
            "actions": [action.to_dict() for action in self.actions],
            "counts": self.counts(),
            **({"new_store": self.store} if self.store is not None else {}),
        }


def plan_payload(
    text: str,
    engine: Engine,
    *,
    name: str | None = None,
    hero: bool | None = None,
    database: str | os.PathLike[str] | None = None,
    scope: Scope | None = None,
    answers: Answers | None = None,
    allow_unavailable: Iterable[str] = (),
) -> Plan:
    """Run a script or Hero payload with an engine's rights, and tell what it would change.

    The engine is not changed: the run gets a copy of its services. Values in `scope` are copied, too.

    Args:
        name: the payload's file, for errors and for the paths of includes.
        hero: whether it is a Hero payload; by default one that has a line beginning like an action is.
        database: the model store's file, of which the run sees a copy; without one it sees the engine's own store,
            if that is a file.
        answers: what the run may really ask.
        allow_unavailable: actors whose missing service is a warning in a Hero payload.
    """
    own = None if scope is None else copy.deepcopy(scope)

    def run(private: Engine) -> Any:
        if hero if hero is not None else _holds_action(text):
            from horus_runtime.heroscript import run_payload

            return run_payload(text, private, name=name, allow_unavailable=allow_unavailable, scope=own)
        return private.eval_ast(private.compile(text, name=name), scope=own)

    return plan_run(engine, run, database=database, answers=answers)


plan = plan_payload
"""The public name: `hr.plan(text, engine)`."""


def plan_run(
    engine: Engine,
    run: Callable[[Engine], Any],
    *,
    database: str | os.PathLike[str] | None = None,
    answers: Answers | None = None,
    memory: int = MEMORY,
) -> Plan:
    """Call `run` with a copy of the engine whose runs change nothing outside, and tell what they would have changed.

    `run` must not keep the engine it is given. Errors of scripts are part of the plan; others go up.
    """
    overlay = Overlay(memory)
    found = Plan()
    with ExitStack() as cleanup:
        cleanup.callback(overlay.end)
        private = copy.copy(engine)
        effects = PlannedEffects(overlay, answers or Answers())
        found.actions = effects.actions
        private.services = hidden = {
            **engine.services, "disk": overlay, "effects": effects, "hidden": [],
            "audit": WriteRecorder(overlay, effects.actions, engine.services.get("audit")),
        }  # fmt: skip
        store = _copied_store(private, database, cleanup)
        try:
            # What the run leaves for its end, such as temporary files, goes before anybody looks.
            with ExitStack() as endings:
                private.services["cleanup"] = endings
                found.value = _run_with(private, run, store)
        except HorusError as error:
            found.error = error
        found.changes = changes_of(overlay, lambda text: masked(text, hidden["hidden"]))
        if store is not None:
            found.records = store.changes()
            found.store = os.fspath(store.original) if store.is_new else None
    return found


def _run_with(engine: Engine, run: Callable[[Engine], Any], store: StoreCopy | None) -> Any:
    if store is None:
        return run(engine)
    from horus_runtime.engine.presets import model_store

    with model_store(engine, store.path):
        return run(engine)


def _copied_store(engine: Engine, database: str | os.PathLike[str] | None, cleanup: ExitStack) -> StoreCopy | None:
    path = database
    if path is None and (own := engine.services.get("osiris")) is not None:
        path = own.path
    return None if path is None else cleanup.enter_context(copied_store(path))


def _holds_action(text: str) -> bool:
    from horus_runtime.heroscript.segments import holds_action

    return holds_action(text)
