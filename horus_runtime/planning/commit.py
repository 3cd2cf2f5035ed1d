"""Makes the pending changes of an overlay real: all of them or none, also when the process is killed on the way.

The order: journal (`staging`), new contents on the right file systems, journal (`prepared`, with every step and how to
undo it), the steps, and then the point from which the changes stand: the model store's commit, which holds the
journal's name, or else the journal's own mark `committed`. Whoever comes after a crash undoes what is `prepared`,
unless the store has the name.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from horus_runtime.errors import HostFailure
from horus_runtime.modules.policy import Policy
from horus_runtime.planning.conflicts import conflicts
from horus_runtime.planning.journal import (
    COMMITTED,
    PREPARED,
    STAGING,
    UNDONE,
    Crash,
    Journal,
    JournalError,
    locked,
    no_crash,
    sync_folder,
)
from horus_runtime.planning.overlay import Overlay
from horus_runtime.planning.staging import Staging
from horus_runtime.planning.steps import Step, UndoError

MARK: Final = "atomic:"
"""How the names of commits begin in the model store's table `osiris_meta`."""

_KINDS: Final = {
    errno.ESTALE: "Conflict", errno.EEXIST: "Conflict", errno.EACCES: "PermissionDenied",
    errno.EPERM: "PermissionDenied", errno.EROFS: "PermissionDenied",
}  # fmt: skip

Decide = Callable[[str], None]
"""Makes a transaction final under the name of the journal that it gets."""


def commit(
    overlay: Overlay,
    policy: Policy,
    state: Path,
    *,
    database: str | None = None,
    decide: Decide | None = None,
    effects: Sequence[str] = (),
    crash: Crash = no_crash,
) -> int:
    """Make the changes of an overlay real. Gives the number of steps.

    Args:
        policy: its roots say where old and new files may be kept meanwhile.
        state: the directory for the journal.
        database: the model store whose transaction takes part; `decide` commits it.
        effects: what the run did besides, for the journal.
        crash: called in front of everything that touches the disk.

    Raises:
        HostFailure: `Conflict`, with `paths`, when a file is not any more as the run found it; or what the system said.
            Everything is as it was.
        JournalError: changes could not be undone; `horus recover` tells how it stands.
    """
    with locked(state):
        journal = Journal.new(state)
        journal.database, journal.effects = database, list(effects)
        staging = Staging(overlay, policy, journal, crash)
        _refuse_conflicts(overlay)
        staging.survey()
        if not overlay.has_changes and decide is None:
            return 0
        try:
            journal.write(STAGING, crash)
            journal.steps = staging.stage()
            _refuse_conflicts(overlay)
            journal.write(PREPARED, crash)
            _take(journal, crash)
            crash("decide")
            if decide is not None:
                decide(journal.id)
        except BaseException as error:
            if not stands(journal):
                undo(journal, crash=crash)
                raise _explained(error) from None
            if not isinstance(error, Exception):
                raise  # what is left to do is for `recover`
        # From here on the changes stand, whatever happens.
        with suppress(OSError):
            crash("decided")
            journal.write(COMMITTED, crash)
            journal.clean_up(crash)
        return len(journal.steps)


def _take(journal: Journal, crash: Crash) -> None:
    """Take all steps, and see to it that they reach the disk; without a store the journal then says so."""
    for step in journal.steps:
        crash(f"{step.kind} {step.path}")
        step.do()
    _sync(journal.steps, crash)
    if journal.database is None:
        journal.write(COMMITTED, crash)


def _sync(steps: Sequence[Step], crash: Crash) -> None:
    for folder in sorted({os.path.dirname(path) for step in steps for path in (step.path, step.slot) if path}):
        crash(f"sync {folder}")
        with suppress(FileNotFoundError, NotADirectoryError):  # it moved with what is around it
            sync_folder(folder)


def _refuse_conflicts(overlay: Overlay) -> None:
    found = conflicts(overlay)
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        message = f"'{found[0]}'{more} was changed by another program while the payload ran; nothing was changed"
        raise HostFailure("Conflict", message, module="atomic", function="commit", paths=found)


def undo(journal: Journal, *, crash: Crash = no_crash) -> None:
    """Take back all steps that were taken, those taken last first, and remove what was staged.

    Raises:
        JournalError: something cannot be taken back; the journal stays.
    """
    for step in reversed(journal.steps):
        crash(f"undo {step.kind} {step.path}")
        try:
            step.undo()
        except (UndoError, OSError) as error:
            raise JournalError(f"the atomic run {journal.id} cannot be undone: {error}") from None
    _sync(journal.steps, crash)
    if not journal.folder.exists():
        return
    with suppress(OSError):  # a full disk: what is undone stays undone without it
        journal.write(UNDONE, crash)
    try:
        journal.clean_up(crash)
    except OSError as error:
        message = f"the atomic run {journal.id} is undone, but its journal cannot be removed: {error}"
        raise JournalError(message) from None


def stands(journal: Journal) -> bool:
    """Is the commit beyond the point from which its changes stand? The disk says it, not what we believe we did.

    Raises:
        JournalError: the model store that has to say it cannot be read.
    """
    phase = Journal.load(journal.folder).phase
    return phase == COMMITTED or (phase == PREPARED and journal.database is not None and _is_marked(journal))


def _is_marked(journal: Journal) -> bool:
    """Does the model store hold the commit?"""
    path = Path(str(journal.database))
    if not path.exists():
        return False
    try:
        address = f"{path.absolute().as_uri()}?mode=rw"  # so that SQLite recovers its own journal first
        with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
            return bool(connection.execute("SELECT 1 FROM osiris_meta WHERE name = ?", (MARK + journal.id,)).fetchall())
    except sqlite3.Error as error:
        message = f"the model store '{path}' of the atomic run {journal.id} cannot be read: {error}"
        raise JournalError(message) from None


def _explained(error: BaseException) -> BaseException:
    """The system's errors as those that scripts have."""
    if not isinstance(error, OSError):
        return error
    kind = _KINDS.get(error.errno or 0, "StorageError")
    place = f"'{error.filename}': " if error.filename else ""
    message = f"{place}{(error.strerror or str(error)).lower()}; nothing was changed"
    return HostFailure(kind, message, module="atomic", function="commit", path=str(error.filename or ""))
