"""`horus recover`: finishes or undoes commits that were interrupted. Doing it twice does no harm."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from horus_runtime.planning.commit import stands, undo
from horus_runtime.planning.journal import COMMITTED, Crash, Journal, locked, no_crash, unfinished


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was done with one journal."""

    id: str
    outcome: str
    """`finished`: the run's changes stand. `undone`: everything is as it was before."""
    phase: str
    """Where the commit was interrupted."""
    steps: int
    effects: tuple[str, ...]
    """What the run did besides, and cannot be undone."""

    def to_dict(self) -> dict[str, object]:
        """As JSON data."""
        return {
            "id": self.id, "outcome": self.outcome, "phase": self.phase, "steps": self.steps,
            "effects": list(self.effects),
        }  # fmt: skip


def recover(state: str | os.PathLike[str], *, crash: Crash = no_crash) -> list[Recovered]:
    """Finish or undo every interrupted commit of a state directory, oldest first.

    Raises:
        JournalError: one cannot be undone (the others before it are done), or cannot be read.
    """
    place = Path(state)
    if not place.is_dir():
        return []
    with locked(place):
        return [_recovered(journal, crash) for journal in unfinished(place)]


def _recovered(journal: Journal, crash: Crash) -> Recovered:
    phase = journal.phase
    final = stands(journal)
    if final:
        journal.write(COMMITTED, crash)
        journal.clean_up(crash)
    else:
        undo(journal, crash=crash)
    outcome = "finished" if final else "undone"
    return Recovered(journal.id, outcome, phase, len(journal.steps), tuple(journal.effects))
