"""Runs a payload whose changes to files and to the model store become real together at its end, or not at all."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.modules.host import HostCall
from horus_runtime.modules.policy import Policy
from horus_runtime.planning.commit import MARK, Decide, commit
from horus_runtime.planning.effects import Action, action
from horus_runtime.planning.journal import Crash, no_crash, refuse_unfinished
from horus_runtime.planning.overlay import Overlay
from horus_runtime.planning.readonly import git_words, is_read_only

if TYPE_CHECKING:
    from horus_runtime.engine.engine import Engine
    from horus_runtime.engine.presets import Store

DONE: Final = "done"
"""The answer of an effect that took place, and stays whatever becomes of the run."""


_KEPT: Final = timedelta(days=30)
"""How long the model store remembers which commits it holds."""


@dataclass(slots=True)
class AtomicRun:
    """What an atomic run did."""

    value: Any = None
    steps: int = 0
    """How many single steps the commit took."""
    effects: list[Action] = field(default_factory=list)
    """Programs, requests and signals: they took place at once, and cannot be undone."""

    def to_dict(self) -> dict[str, Any]:
        """The commit and the effects as JSON data."""
        return {"steps": self.steps, "not_undoable": [effect.to_dict() for effect in self.effects]}


class AtomicEffects:
    """The service `effects` of an atomic run: lists what cannot be undone, or refuses it."""

    def __init__(self, overlay: Overlay, effects: list[Action], *, strict: bool) -> None:
        self.overlay = overlay
        self.effects = effects
        self.strict = strict

    def __call__(self, call: HostCall, kind: str, subject: str, facts: dict[str, Any]) -> bool:
        """False: the effect takes place."""
        if kind == "run":
            argv = facts["argv"]
            self._check_directory(call, facts["directory"])
            if is_read_only(argv, trusted=call.module in {"git", "docker"}):
                return False
            if call.module == "git":
                subject = call.masked(" ".join(["git", *git_words(argv[1:])]))
                self._check_repository(call, facts["directory"])
        if kind == "net" or (kind == "http" and facts["method"] in {"GET", "HEAD", "OPTIONS"}):
            return False
        if self.strict:
            message = f"{call.module}.{call.function} cannot be undone ({subject}), and this run is strictly atomic"
            raise call.fail("Unavailable", message, hint="run it with --atomic, which does it at once")
        note = "saw the files as they were before the run" if kind == "run" and self.overlay.has_changes else ""
        self.effects.append(action(call, kind, subject, DONE, note))
        return False

    def _check_repository(self, call: HostCall, directory: str | None) -> None:
        """A commit without what the payload wrote is not what anybody wants."""
        if directory is not None and self.overlay.changes_below(directory):
            message = f"git would not see what this run changed in '{directory}': that becomes real only at its end"
            raise call.fail("Unavailable", message, path=directory, hint="do it without --atomic, or in a second run")

    def _check_directory(self, call: HostCall, directory: str | None) -> None:
        """Programs know nothing of the overlay."""
        if directory is not None and not os.path.isdir(directory):
            message = f"'{directory}' is made at the end of the run: programs see the files as they were before it"
            raise call.fail("Unavailable", message, path=directory)


def run_atomic(
    engine: Engine,
    run: Callable[[Engine], Any],
    state: str | os.PathLike[str],
    *,
    database: str | os.PathLike[str] | None = None,
    strict: bool = False,
    ready: Callable[[], None] = lambda: None,
    crash: Crash = no_crash,
    result: AtomicRun | None = None,
) -> AtomicRun:
    """Call `run` with a copy of the engine, and make its changes real when it returns; an error leaves all as it was.

    Args:
        engine: whose policy, services and functions the run has; it is not changed.
        run: must not keep the engine it is given.
        state: a directory for journals, which only the user can read; it is made when it is needed.
        database: the model store's file; its transaction is part of the commit.
        strict: refuse programs, requests and signals that may change something.
        ready: called in front of the commit; what it raises stops it, and nothing is changed.
        crash: for tests, see `commit`.
        result: filled instead of a new one, so that it also tells what a run that fails did besides.

    Raises:
        HorusError: what the run raised, or `Conflict` when another program changed a file meanwhile; nothing changed.
        JournalError: a commit was interrupted before, or could not be undone now: `recover`.
    """
    place, found = Path(state), AtomicRun() if result is None else result
    policy: Policy = engine.services.get("policy") or Policy()
    refuse_unfinished(place, policy.write)
    overlay = Overlay()
    with ExitStack() as cleanup:
        cleanup.callback(overlay.end)
        private = copy.copy(engine)
        effects = AtomicEffects(overlay, found.effects, strict=strict)
        private.services = {**engine.services, "disk": overlay, "effects": effects}
        with _transaction(private, database) as (path, decide):
            with ExitStack() as endings:
                private.services["cleanup"] = endings
                found.value = run(private)
            ready()
            done = [f"{effect.function}: {effect.subject}" for effect in found.effects]
            found.steps = commit(overlay, policy, place, database=path, decide=decide, effects=done, crash=crash)
    return found


class _Transaction:
    """The open transaction of a model store, which the commit makes final."""

    def __init__(self, engine: Engine, path: str) -> None:
        self._engine = engine
        self._path = os.path.abspath(path)
        self._is_new = not os.path.exists(path)
        self._stack = ExitStack()
        self._ended = False

    def __enter__(self) -> tuple[str, Decide]:
        from horus_runtime.engine.presets import atomic_store

        self._store: Store = self._stack.enter_context(atomic_store(self._engine, self._path))
        self._inner = self._store.transaction()
        self._inner.__enter__()
        self._store.sweep()
        return self._path, self._decide

    def _decide(self, name: str) -> None:
        old = (datetime.now(UTC) - _KEPT).isoformat()
        self._store.change("DELETE FROM osiris_meta WHERE name LIKE ? AND value < ?", (f"{MARK}%", old))
        sql = "INSERT OR REPLACE INTO osiris_meta (name, value) VALUES (?, ?)"
        self._store.change(sql, (MARK + name, self._store.clock()))
        self._ended = True
        self._inner.__exit__(None, None, None)
        self._is_new = False  # from now on it stays

    def __exit__(
        self, cls: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._stack:
            if not self._ended:
                self._inner.__exit__(cls or RuntimeError, error, traceback)
        if self._is_new:
            for side in ("", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    os.unlink(self._path + side)


def _transaction(engine: Engine, database: str | os.PathLike[str] | None) -> Any:
    return nullcontext((None, None)) if database is None else _Transaction(engine, os.fspath(database))
