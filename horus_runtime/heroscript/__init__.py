"""Heroscript: actions with typed parameters, alone or between script lines.

`run_payload` runs a payload on an engine, `check_payload` takes it through every stage but the last.
"""

from __future__ import annotations

from horus_runtime.heroscript.run import Event, check_payload, parse_payload, run_payload
from horus_runtime.heroscript.segments import Payload, split_payload

__all__ = ["Event", "Payload", "check_payload", "parse_payload", "run_payload", "split_payload"]
