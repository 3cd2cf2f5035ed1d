"""Histories: an append-only table of what changed in the models that asked for one, by whom and when.

From it come the states of a record, the state of a whole model at a point in time, and the feed of changes for hosts.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.modules.osiris import catalog
from horus_runtime.modules.osiris.faults import fault, shown
from horus_runtime.modules.osiris.filters import Condition
from horus_runtime.modules.osiris.names import literal, table
from horus_runtime.modules.osiris.query import Query
from horus_runtime.modules.osiris.records import read_record

if TYPE_CHECKING:
    from horus_runtime.modules.osiris.model import Model
    from horus_runtime.modules.osiris.store import Store

_INTO: Final = "INSERT INTO osiris_history (model, action, pk, id, doc, version, created_at, at, by)"
BLOCK: Final = 500


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a record."""

    seq: int
    """Grows with every change of the store; give it to `watch` to go on behind this change."""
    model: str
    id: str
    action: str
    """`create`, `update`, `delete`, or `start` for what was there when the history began."""
    record: dict[str, Any] | None
    """The record after the change, nothing when it was deleted."""
    version: int
    at: str
    by: str

    def to_map(self) -> dict[str, Any]:
        """The change as scripts see it."""
        return {
            "seq": self.seq, "id": self.id, "action": self.action, "record": self.record, "version": self.version,
            "at": self.at, "by": self.by,
        }  # fmt: skip


def note(store: Store, model: str, action: str, pk: int, row: tuple[str, str, int, str, str]) -> None:
    """Add a change of a record, in the transaction that makes it."""
    key, doc, version, created, updated = row
    store.change(
        f"{_INTO} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (model, action, pk, key, doc or None, version, created, updated, store.running.actor),
    )


def keep(model: Model, *, on: bool = True) -> bool:
    """Begin to record changes, or stop and forget them. True when that was not so before."""
    store, name = model.store, model.name
    with store.transaction():
        info = model.info()
        if (info.history is not None) is on:
            return False
        catalog.make_table(store, name)
        now = store.clock()
        if on:
            store.change(
                f"{_INTO} SELECT ?, 'start', pk, id, doc, version, created_at, updated_at, ?"
                f" FROM {table(name)} ORDER BY pk",
                (name, store.running.actor),
            )
        else:
            store.change("DELETE FROM osiris_history WHERE model = ?", (name,))
        catalog.save_info(store, name, info._replace(history=now if on else None))
    return True


def of_record(model: Model, key: str, limit: int = 1000) -> list[Change]:
    """The changes of a record, the oldest first; the newest `limit` of them."""
    _began(model)
    rows = model.store.rows(
        f"SELECT {_CHANGE} FROM osiris_history WHERE model = ? AND id = ? ORDER BY seq DESC LIMIT ?",
        (model.name, key, limit),
    )
    return [_read(row) for row in reversed(rows)]


def at(model: Model, moment: str) -> Query:
    """The records as they were at a moment, to be queried like the present ones. Indexes do not help here."""
    moment = check_moment(moment)
    if moment < _began(model):
        raise fault(
            "InvalidArgument",
            f"the history of '{model.name}' begins at {_began(model)}, after {moment}",
            model=model.name,
        )
    # The document of a moment comes with the columns that a model's own table has, so that every query works on it.
    newest = f"SELECT max(seq) FROM osiris_history WHERE model = {literal(model.name)} AND at <= ? GROUP BY id"
    source = (
        "(SELECT pk, id, doc, version, created_at, at AS updated_at FROM osiris_history"
        f" WHERE seq IN ({newest}) AND doc IS NOT NULL)"
    )
    return Query(model, source=Condition(source, (moment,)))


def check_moment(moment: Any) -> str:
    """A point in time in the form in which records have it."""
    from datetime import UTC, datetime

    try:
        parsed = datetime.fromisoformat(moment)
    except (TypeError, ValueError):
        raise fault("InvalidArgument", f"{shown(moment)} is not a time such as 2024-01-31T12:00:00Z") from None
    parsed = parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    return parsed.isoformat(timespec="microseconds").replace("+00:00", "Z")


def changes(store: Store, model: str, since: int, limit: int = BLOCK) -> list[Change]:
    """The next changes of a model behind a sequence number."""
    rows = store.rows(
        f"SELECT {_CHANGE} FROM osiris_history WHERE model = ? AND seq > ? ORDER BY seq LIMIT ?", (model, since, limit)
    )
    return [_read(row) for row in rows]


def next_changes(model: Model, since: int) -> list[Change]:
    """The next changes of a model behind a sequence number."""
    _began(model)
    return changes(model.store, model.name, since)


def watch(model: Model, since: int = 0, *, timeout: float | None = None, poll: float = 0.05) -> Iterator[Change]:
    """Changes as they come, those behind `since` first. Ends when there was nothing for `timeout` seconds.

    Changes of other processes are seen, too; nothing is missed and nothing is given twice.
    """
    _began(model)
    return _watching(model, since, timeout, poll)


def _watching(model: Model, since: int, timeout: float | None, poll: float) -> Iterator[Change]:
    quiet_since = time.monotonic()
    while True:
        found = changes(model.store, model.name, since)
        for change in found:
            since = change.seq
            yield change
        if found:
            quiet_since = time.monotonic()
        elif timeout is not None and time.monotonic() - quiet_since >= timeout:
            return
        else:
            time.sleep(poll)


def last_seq(store: Store) -> int:
    """The sequence number of the newest change."""
    return int(store.rows("SELECT coalesce(max(seq), 0) FROM osiris_history")[0][0])


def _began(model: Model) -> str:
    began = model.info().history
    if began is None:
        raise fault(
            "InvalidArgument", f"'{model.name}' has no history", hint="begin one with keep_history()", model=model.name
        )
    return began


_CHANGE: Final = "seq, model, id, action, doc, version, created_at, at, by"


def _read(row: Any) -> Change:
    seq, model, key, action, doc, version, created, moment, by = row
    record = None if doc is None else read_record((key, doc, version, created, moment))
    return Change(seq, model, key, action, record, version, moment, by)
