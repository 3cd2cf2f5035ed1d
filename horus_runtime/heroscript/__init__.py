"""Heroscript: actions with typed parameters, alone or between script lines.

`run_payload` runs a payload on an engine, `check_payload` takes it through every stage but the last. `parse_playbook`
reads actions without script lines, `format_text` lays a payload out anew, `encode` and `decode` write and read objects.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from horus_runtime.heroscript.actions import Action
from horus_runtime.heroscript.params import Params
from horus_runtime.heroscript.run import Event, check_payload, parse_payload, run_payload
from horus_runtime.heroscript.segments import Payload, split_payload

if TYPE_CHECKING:
    from horus_runtime.heroscript.encoder import HeroField, decode, encode
    from horus_runtime.heroscript.format import format_text
    from horus_runtime.heroscript.playbook import Playbook, parse_playbook
    from horus_runtime.heroscript.registry import ActionCall, ActionParams, Actions, Flag

_LAZY = {
    "HeroField": "encoder", "decode": "encoder", "encode": "encoder", "format_text": "format", "Playbook": "playbook",
    "parse_playbook": "playbook", "ActionCall": "registry", "ActionParams": "registry", "Actions": "registry",
    "Flag": "registry",
}  # fmt: skip

__all__ = [
    "Action",
    "ActionCall",
    "ActionParams",
    "Actions",
    "Event",
    "Flag",
    "HeroField",
    "Params",
    "Payload",
    "Playbook",
    "check_payload",
    "decode",
    "encode",
    "format_text",
    "parse_payload",
    "parse_playbook",
    "run_payload",
    "split_payload",
]


def __getattr__(name: str) -> Any:
    """Load what running a payload does not need (pydantic among it) when it is first asked for."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
