"""What a run asked of its policy: as JSON lines for a log, and as the smallest policy that would have done.

Both are callables for the service `audit`, which gets a record of every decision: capability, function, subject as the
script wrote it, allowed, and the rule that decided. Secrets of the run are masked before a record is made.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import FrameType
from typing import IO, Any, Final

from horus_runtime.modules.policy import LEVELS, SWITCHES, Policy, split_path

Record = dict[str, Any]
Audit = Callable[[Record], None]

QUIET: Final = frozenset({"read", "sys", "env"})
"""Capabilities whose granted uses are left out of a log unless it is asked for all of them."""


class AuditLog:
    """Writes one JSON document a line: time, job, place in the script, and the record.

    Denials are always written. Granted uses are written for everything but reading, or with `everything` for all.
    """

    def __init__(self, stream: IO[str], *, job: str | None = None, everything: bool = False) -> None:
        self.stream = stream
        self.job = job
        self.everything = everything

    def __call__(self, record: Record) -> None:
        if record["allowed"] and record["capability"] in QUIET and not self.everything:
            return
        line: dict[str, Any] = {"time": datetime.now(UTC).isoformat(timespec="milliseconds")}
        if self.job is not None:
            line["job"] = self.job
        self.stream.write(json.dumps({**line, **record}, ensure_ascii=False) + "\n")
        self.stream.flush()


def script_place(context: Any) -> dict[str, Any]:
    """Line, column and source of the script code that is calling now; nothing when that is not known."""
    programs: Mapping[str, Any] = getattr(context, "programs", None) or {}
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - only the place is read, as a traceback would
    while frame is not None and programs:
        program = programs.get(frame.f_code.co_filename)
        if program is not None:
            from horus_runtime.runtime.tracing import position_of

            place = position_of(frame.f_code, frame.f_lasti)
            found = {} if place is None else {"line": place.line, "column": place.column}
            source = getattr(getattr(program, "source", None), "name", None)
            return {**found, "source": source} if source else found
        frame = frame.f_back
    return {}


@dataclass(slots=True)
class Needs:
    """Collects what a run asks for, and says which policy would grant that and nothing more."""

    cwd: str = field(default_factory=os.getcwd)
    records: list[Record] = field(default_factory=list)

    def __call__(self, record: Record) -> None:
        if not record["rule"].startswith("deny_"):
            self.records.append(record)

    def policy(self) -> Policy:
        """The smallest policy for what was asked so far, granted or not; denials by a rule are not undone."""
        fields: dict[str, Any] = {}
        for record in self.records:
            self._add(fields, record["capability"], str(record["subject"]), record.get("level"))
        for name in ("read", "write"):
            if name in fields:
                fields[name] = _outermost(fields[name])
        return Policy.from_dict({name: sorted(value) if isinstance(value, set) else value
                                 for name, value in fields.items()})  # fmt: skip

    def _add(self, fields: dict[str, Any], capability: str, subject: str, level: str | None) -> None:
        if capability in LEVELS:
            steps = LEVELS[capability]
            wanted = level or steps[1]
            fields[capability] = max(fields.get(capability, "off"), wanted, key=steps.index)
        elif capability == "namespaces":
            fields.setdefault("namespaces", set()).add(subject)
        elif capability == "kill":
            fields["kill_user"] = True
        elif capability in SWITCHES:
            fields[capability] = True
        elif capability in {"read", "write"}:
            if subject:
                fields.setdefault(capability, set()).add(os.path.join(self.cwd, subject))  # noqa: PTH118 - texts
        elif subject:
            fields.setdefault(capability, set()).add(subject)


def _outermost(paths: set[str]) -> tuple[str, ...]:
    """The paths without those that lie below another one."""
    normal = sorted({os.path.normpath(path) for path in paths})
    kept: list[str] = []
    for path in normal:
        parts = split_path(path)
        if not any(parts[: len(split_path(above))] == split_path(above) for above in kept):
            kept.append(path)
    return tuple(kept)


def as_flags(policy: Policy) -> list[str]:
    """The command-line flags that grant what a policy grants."""
    plain = Policy()
    flags: list[str] = []
    for name, value in policy.to_dict().items():
        if name.startswith("deny_") or value == getattr(plain, name) or value == list(getattr(plain, name) or ()):
            continue
        option = f"--allow-{name.replace('_', '-')}"
        if isinstance(value, list):
            flags.append(f"{option}={','.join(value)}")
        else:
            flags.append(option if value is True else f"{option}={value}")
    return flags


def as_toml(policy: Policy) -> str:
    """The policy as the TOML that `--policy` reads: only what it grants."""
    plain = Policy().to_dict()
    lines = [f"{name} = {json.dumps(value)}" for name, value in policy.to_dict().items() if value != plain[name]]
    return "\n".join(lines) + "\n" if lines else ""
