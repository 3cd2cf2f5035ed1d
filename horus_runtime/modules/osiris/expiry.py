"""Records that go by themselves: noted in a table of their own, swept when a store is opened or when asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from horus_runtime.modules.osiris.faults import fault, shown

if TYPE_CHECKING:
    from horus_runtime.modules.osiris.model import Model
    from horus_runtime.modules.osiris.store import Store


def expire(model: Model, key: str, seconds: float) -> str:
    """Note when a record goes. Gives the time."""
    if type(seconds) not in {int, float} or not 0 <= seconds <= 3_000_000_000:
        raise fault("InvalidArgument", f"expire needs a number of seconds from 0, not {shown(seconds)}")
    store = model.store
    with store.transaction():
        model.get(key)
        moment = datetime.fromisoformat(store.clock()) + timedelta(seconds=seconds)
        text = moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
        store.change("INSERT OR REPLACE INTO osiris_expiry VALUES (?, ?, ?)", (model.name, key, text))
    return text


def sweep(store: Store) -> int:
    """Delete the records whose time has come. Gives how many."""
    due = store.rows("SELECT model, id FROM osiris_expiry WHERE at <= ? ORDER BY at", (store.clock(),))
    if not due:
        return 0
    with store.transaction():
        return sum(store.model(name).delete(key) for name, key in due)
