"""Migrations: named steps that change a store once, in order, each in a transaction of its own.

Input: a list of names with functions; output: the names that were applied now. The store remembers names and hashes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from horus_runtime.errors import EvalError, HostFailure
from horus_runtime.modules.osiris.faults import fault, shown

if TYPE_CHECKING:
    from horus_runtime.modules.osiris.store import Store


class Migration(NamedTuple):
    """A step. `text` is what it was made of, so that a later change of it is noticed; may be empty."""

    name: str
    up: Callable[[], Any]
    text: str = ""

    @property
    def hash(self) -> str:
        """A short digest of the text."""
        from hashlib import sha256

        return sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()[:32] if self.text else ""


@dataclass(slots=True)
class Outcome:
    """What came of a list of migrations."""

    applied: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    """Names of steps that were applied before with another text."""
    counts: list[dict[str, Any]] = field(default_factory=list)
    """`#{name, changes}` of each applied step: rows that it wrote."""


class _DryRunError(Exception):
    """Ends a rehearsal, and thereby undoes it."""


def migrate(store: Store, steps: Sequence[Migration], *, dry_run: bool = False, strict: bool = False) -> Outcome:
    """Apply the steps that were not applied before. A failing one is undone, those before it stay.

    Raises:
        HostFailure: `MigrationFailed` with the step's name and its cause; `InvalidArgument` for a name that stands
            twice; with `strict` also `MigrationFailed` for an applied step whose text has changed.
    """
    _check_names(steps)
    outcome = Outcome()
    if not dry_run:
        _apply_all(store, steps, outcome, strict=strict)
        return outcome
    try:
        with store.transaction():
            _apply_all(store, steps, outcome, strict=strict)
            raise _DryRunError
    except _DryRunError:
        return outcome


def _check_names(steps: Sequence[Migration]) -> None:
    seen: set[str] = set()
    for step in steps:
        if type(step.name) is not str or not step.name or len(step.name) > 200 or not step.name.isprintable():
            raise fault("InvalidArgument", f"{shown(step.name)} cannot be a migration's name")
        if step.name in seen:
            raise fault("InvalidArgument", f"the migration '{step.name}' stands twice")
        seen.add(step.name)


def _apply_all(store: Store, steps: Sequence[Migration], outcome: Outcome, *, strict: bool) -> None:
    for step in steps:
        with store.transaction():
            known = store.rows("SELECT hash FROM osiris_migrations WHERE name = ?", (step.name,))
            if not known:
                outcome.counts.append({"name": step.name, "changes": _apply(store, step)})
                outcome.applied.append(step.name)
            elif known[0][0] and step.hash and known[0][0] != step.hash:
                if strict:
                    message = f"the migration '{step.name}' was changed after it had been applied"
                    raise fault("MigrationFailed", message, name=step.name)
                outcome.changed.append(step.name)


def _apply(store: Store, step: Migration) -> int:
    before = store.total_changes
    try:
        step.up()
    except HostFailure as failure:
        if failure.failure == "PolicyDenied":
            raise
        message = f"the migration '{step.name}' failed: {failure.message}"
        raise fault("MigrationFailed", message, name=step.name, cause=failure.value) from failure
    except EvalError as error:
        message = f"the migration '{step.name}' failed: {error.message}"
        raise fault("MigrationFailed", message, name=step.name, cause=error.message) from error
    changes = store.total_changes - before
    store.change("INSERT INTO osiris_migrations VALUES (?, ?, ?)", (step.name, step.hash, store.clock()))
    return changes


def applied(store: Store) -> list[dict[str, Any]]:
    """The steps that were applied, in that order: maps with name, applied_at, hash."""
    rows = store.rows("SELECT name, applied_at, hash FROM osiris_migrations ORDER BY applied_at, rowid")
    return [{"name": name, "applied_at": at, "hash": digest} for name, at, digest in rows]
