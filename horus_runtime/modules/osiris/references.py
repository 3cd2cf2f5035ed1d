"""References between models: what a `ref(model)` field may hold, and what happens when its record is deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horus_runtime.modules.osiris.catalog import info_of
from horus_runtime.modules.osiris.faults import fault, shown
from horus_runtime.modules.osiris.schema import Field, Schema

if TYPE_CHECKING:
    from horus_runtime.modules.osiris.store import Store


def check(store: Store, model: str, schema: Schema, record: dict[str, Any]) -> None:
    """Every reference of a record must lead to a record, which may be itself."""
    for field in schema.references():
        key = record.get(field.name)
        if key is None or (field.of == model and key == record.get("id")):
            continue
        if not store.model(field.of).exists(key):
            message = f"'{field.name}' of a record of '{model}' names no record of '{field.of}': {shown(key)}"
            raise fault("ReferenceViolation", message, model=model, field=field.name, id=key)


def release(store: Store, model: str, key: str) -> None:
    """Do for every record that refers to one being deleted what its field's rule says."""
    for owner, field in referring(store, model):
        found = store.model(owner).where(field.name, "==", key)
        if field.on_delete == "cascade":
            store.model(owner).delete_many(found.ids())
        elif field.on_delete == "set_null":
            for other in found.ids():
                store.model(owner).update(other, {field.name: None})
        elif found.exists():
            message = f"the record {shown(key)} of '{model}' is used by {found.count()} of '{owner}'"
            raise fault("ReferenceViolation", message, model=model, id=key, field=f"{owner}.{field.name}")


def referring(store: Store, model: str) -> list[tuple[str, Field]]:
    """The models and fields that refer to a model."""
    found: list[tuple[str, Field]] = []
    for (owner,) in store.rows("SELECT model FROM osiris_models WHERE schema IS NOT NULL ORDER BY model"):
        schema = info_of(store, owner).schema
        if schema is not None:
            found.extend((owner, field) for field in schema.references() if field.of == model)
    return found
