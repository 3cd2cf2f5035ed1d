"""The actions `osiris.*`: records of the model store. Values are texts, unless they are written as JSON."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ConfigDict, Field

from horus_runtime.heroscript.builtin.natives import use
from horus_runtime.heroscript.registry import ActionCall, ActionParams, Actions

ACTIONS = Actions()


class Record(ActionParams):
    """A record: every parameter but those named here is a field."""

    model_config = ConfigDict(extra="allow", frozen=True)
    model: str
    json_: str = Field("", alias="json", description="fields as a JSON object; others are added as texts")

    def fields(self, call: ActionCall) -> dict[str, Any]:
        """The record."""
        given = use(call, "json.parse", self.json_) if self.json_ else {}
        if not isinstance(given, dict):
            raise call.fail("InvalidArgument", "the parameter 'json' is not an object")
        return {**given, **{key: value for key, value in (self.model_extra or {}).items() if value != ""}}


def _model(call: ActionCall, name: str) -> Any:
    return use(call, "osiris.model", name)


@ACTIONS.action("osiris.create")
def create(call: ActionCall, params: Record) -> Any:
    """Store a new record; gives it with its id."""
    return use(call, "osiris.create", _model(call, params.model), params.fields(call))


@ACTIONS.action("osiris.save")
def save(call: ActionCall, params: Record) -> Any:
    """Store a record under the id it has, or as a new one."""
    return use(call, "osiris.save", _model(call, params.model), params.fields(call))


class OneRecord(ActionParams):
    """A record by its id."""

    model: str
    id: str


@ACTIONS.action("osiris.get")
def get(call: ActionCall, params: OneRecord) -> Any:
    """Print a record."""
    found = use(call, "osiris.get", _model(call, params.model), params.id)
    call.print(json.dumps(found, ensure_ascii=False, default=str))
    return found


@ACTIONS.action("osiris.delete")
def delete(call: ActionCall, params: OneRecord) -> Any:
    """Delete a record; true when it was there."""
    return use(call, "osiris.delete", _model(call, params.model), params.id)


class Update(Record):
    """Parameters of `osiris.update`."""

    id: str


@ACTIONS.action("osiris.update")
def update(call: ActionCall, params: Update) -> Any:
    """Change fields of a record; gives the record."""
    return use(call, "osiris.update", _model(call, params.model), params.id, params.fields(call))


class Find(Record):
    """Parameters of `osiris.find`."""


@ACTIONS.action("osiris.find", "osiris.list")
def find(call: ActionCall, params: Find) -> Any:
    """Print the records whose fields have these values; all of a model when no field is named."""
    found = use(call, "osiris.find", _model(call, params.model), params.fields(call))
    for record in found:
        call.print(json.dumps(record, ensure_ascii=False, default=str))
    return found


class Count(Record):
    """Parameters of `osiris.count`."""


@ACTIONS.action("osiris.count")
def count(call: ActionCall, params: Count) -> Any:
    """Say how many records have these values."""
    found = use(call, "osiris.find", _model(call, params.model), params.fields(call))
    call.print(f"{params.model}: {len(found)}")
    return len(found)
