"""The record of a commit that is under way, from which `horus recover` learns how to finish or undo it.

A journal is a folder in the state directory with one file, `journal.json`, that is only ever replaced as a whole. It
names the stages: private directories (`.horus-journal-ID`) on the file systems of the changed files, which hold new
contents before, and old ones after they are exchanged.

Phases, in order: `staging` (nothing is changed), `prepared` (steps may have been taken; unless the model store has the
commit's mark, they are to be undone), `committed` (only cleaning up is left); or after `prepared` `undone` (the same).
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from horus_runtime.errors import HorusError
from horus_runtime.modules.disk import REAL, remove_all
from horus_runtime.planning.steps import Step

STAGING: Final = "staging"
PREPARED: Final = "prepared"
COMMITTED: Final = "committed"
UNDONE: Final = "undone"
STAGE_PREFIX: Final = ".horus-journal-"
_FILE: Final = "journal.json"
_VERSION: Final = 1

Crash = Callable[[str], None]
"""Called with a name in front of everything that touches the disk: a test ends the process, or raises, in it."""


def no_crash(name: str) -> None:
    """The hook of everybody but tests."""


class JournalError(HorusError):
    """A journal that stands in the way, or cannot be read."""

    exit_code = 11

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__("journal", message, hint=hint)


@dataclass(slots=True)
class Journal:
    """One commit under way."""

    folder: Path
    phase: str = STAGING
    stages: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    database: str | None = None
    """The model store whose mark decides."""
    effects: list[str] = field(default_factory=list)
    """What the run did besides, and cannot be undone."""

    @property
    def id(self) -> str:
        """The commit's name."""
        return self.folder.name

    @classmethod
    def new(cls, state: Path) -> Journal:
        """A journal with a name of its own; nothing is written."""
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        return cls(state / f"{now}-{secrets.token_hex(4)}")

    @classmethod
    def load(cls, folder: Path) -> Journal:
        """The journal in a folder.

        Raises:
            JournalError: it cannot be read.
        """
        try:
            data = json.loads((folder / _FILE).read_text(encoding="utf-8"))
            if data["version"] != _VERSION:
                raise ValueError(f"version {data['version']}")
            steps = [Step.from_dict(item) for item in data["steps"]]
            return cls(folder, data["phase"], data["stages"], steps, data["database"], data["effects"])
        except FileNotFoundError:
            return cls(folder)  # the folder was made, and nothing after it
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise JournalError(f"the journal '{folder}' cannot be read: {error}") from None

    def write(self, phase: str, crash: Crash = no_crash) -> None:
        """Make the journal say this on the disk: after this it does, also after a power failure."""
        self.phase = phase
        data = {
            "version": _VERSION, "phase": phase, "stages": self.stages, "database": self.database,
            "effects": self.effects, "steps": [step.to_dict() for step in self.steps],
        }  # fmt: skip
        crash(f"journal {phase}: write")
        self.folder.mkdir(mode=0o700, exist_ok=True)
        temporary = self.folder / f"{_FILE}.new"
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            view = memoryview(json.dumps(data).encode())
            while view:
                view = view[os.write(handle, view) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        crash(f"journal {phase}: rename")
        temporary.rename(self.folder / _FILE)
        sync_folder(str(self.folder))
        sync_folder(str(self.folder.parent))
        crash(f"journal {phase}: written")

    def clean_up(self, crash: Crash = no_crash) -> None:
        """Remove the stages, then the journal; what cannot be removed is left, and the journal with it."""
        for stage in self.stages:
            crash(f"remove {stage}")
            remove_stage(stage, crash)
        for name in (f"{_FILE}.new", _FILE):
            crash(f"remove {name}")
            (self.folder / name).unlink(missing_ok=True)
        crash("remove the journal's folder")
        with suppress(FileNotFoundError):
            self.folder.rmdir()


def remove_stage(path: str, crash: Crash = no_crash) -> None:
    """Remove a stage with what is left in it, directories that nobody may write to included."""
    assert os.path.basename(path).startswith(STAGE_PREFIX)
    for folder, _, _ in os.walk(path):
        with suppress(OSError):
            os.chmod(folder, 0o700)
    for name in sorted(_names(path)):
        crash(f"remove {path}/{name}")
        remove_all(REAL, f"{path}/{name}")
    crash(f"remove {path} itself")
    with suppress(FileNotFoundError):
        os.rmdir(path)


def sync_folder(path: str) -> None:
    """Let the names in a directory reach the disk."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def unfinished(state: Path) -> list[Journal]:
    """The journals in a state directory, oldest first."""
    if not state.is_dir():
        return []
    return [Journal.load(folder) for folder in sorted(state.iterdir()) if folder.is_dir()]


@contextmanager
def locked(state: Path) -> Iterator[None]:
    """Keep others from committing and recovering in a state directory; waits for those who are at it."""
    import fcntl

    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(state / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def refuse_unfinished(state: Path, roots: tuple[str, ...]) -> None:
    """Raise `JournalError` when a commit was interrupted here: in this state directory, or in one of these roots."""
    with locked(state):
        found = unfinished(state)
    if found:
        names = ", ".join(journal.id for journal in found)
        message = f"an atomic run was interrupted while it committed ({names})"
        raise JournalError(message, hint=f"horus recover --state={state} finishes or undoes it")
    for root in roots:
        stage = next((name for name in _names(root) if name.startswith(STAGE_PREFIX)), None)
        if stage is not None:
            message = f"'{root}' holds '{stage}', of an atomic run that was interrupted while it committed"
            raise JournalError(message, hint=_owner_hint(Path(root, stage)))


def _owner_hint(stage: Path) -> str:
    try:
        return f"horus recover --state={(stage / 'owner').read_text(encoding='utf-8').strip()}"
    except OSError:
        return "horus recover, as the user who ran it"


def _names(root: str) -> list[str]:
    try:
        return os.listdir(root)
    except OSError:
        return []


def describe(journal: Journal) -> dict[str, Any]:
    """What a journal is about, as JSON data."""
    return {"id": journal.id, "phase": journal.phase, "stages": journal.stages, "database": journal.database}
