"""Which runner takes which job: a registry from runner ids to what runs their payloads, and with which rights.

A job names a runner id and nothing else; policy, database and code root are the host's choice. So a job can never ask
for more than its runner has.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from horus_runtime.errors import JobError

if TYPE_CHECKING:
    from horus_runtime.modules.policy import Policy

DEFAULT_DATABASE: Final = Path("osiris.db")
MAX_TIMEOUT: Final = 86_400
"""Seconds that a job may ask for, unless a registry says otherwise."""
MAX_OUTPUT: Final = 1024 * 1024
"""Characters of printed output that a result keeps."""


class RunnerKind(StrEnum):
    """What a runner understands."""

    HERO = "hero"
    """Heroscript, mixed with script lines."""
    SAL = "sal"
    """Scripts with the SAL modules."""
    OSIRIS = "osiris"
    """Scripts with the model store."""


class RunMode(StrEnum):
    """What becomes of the effects of a payload."""

    RUN = "run"
    """They take place as they come."""
    PLAN = "plan"
    """They are told in the result, and none takes place."""
    ATOMIC = "atomic"
    """Files and records change at the end, all or none."""
    STRICT = "strict"
    """As `atomic`, and what cannot be undone is refused."""


@dataclass(frozen=True, slots=True)
class Runner:
    """A runner kind with the options of one host. `None` leaves an option to the kind's default."""

    kind: RunnerKind
    policy: Policy | None = None
    """What payloads may do. By default the workspace: the working directory, the code root, temporary files."""
    database: Path | None = None
    """The model store's file."""
    code_root: Path | None = None
    """Below it `git.list` looks for repositories."""
    allow_unavailable: frozenset[str] = frozenset()
    """Actors whose missing service is a warning in a Hero payload, not an error."""
    limits: Mapping[str, Any] = field(default_factory=dict)
    """Limits of the engine that differ from its defaults, by name."""
    max_output: int = MAX_OUTPUT
    mode: RunMode = RunMode.RUN
    """Whether payloads do what they say, only plan it, or do all or nothing of it."""
    journals: Path | None = None
    """The directory for the journals of atomic jobs, which mode `atomic` and `strict` need."""
    audit: Path | None = None
    """A log to which every decision of the policy but granted reads is added, as JSON lines with the job's id."""

    def fault(self) -> str | None:
        """Why the runner is not available; `None` when it is."""
        if self.code_root is not None and not self.code_root.is_dir():
            return f"its code root {self.code_root} is not a directory"
        if self.audit is not None and not os.access(self.audit.parent, os.W_OK):
            return f"its audit log {self.audit} cannot be written"
        if self.mode in {RunMode.ATOMIC, RunMode.STRICT} and self.journals is None:
            return "it has no directory for the journals of atomic jobs"
        if self.kind is RunnerKind.OSIRIS:
            return _database_fault(self.database or DEFAULT_DATABASE)
        return None

    def granted(self) -> Policy:
        """The policy that applies."""
        if self.policy is not None:
            return self.policy
        from horus_runtime.modules.policy import Policy

        roots = [str(Path.cwd())] if self.code_root is None else [str(self.code_root)]
        return Policy.hero(*roots) if self.kind is RunnerKind.HERO else Policy.workspace(*roots)


class RunnerRegistry:
    """The runners of one host by runner id."""

    def __init__(self, runners: Mapping[str, Runner] | None = None, *, max_timeout: int = MAX_TIMEOUT) -> None:
        self._runners: dict[str, Runner] = {}
        self.max_timeout = max_timeout
        """The largest timeout this host takes."""
        for runner_id, runner in (runners or {}).items():
            self.register(runner_id, runner)

    @classmethod
    def default(cls, **options: Any) -> Self:
        """The runner ids `hero`, `sal` and `osiris`, all with the same options (see `Runner`)."""
        return cls({kind.value: Runner(kind, **options) for kind in RunnerKind})

    def register(self, runner_id: str, runner: Runner) -> None:
        """Add a runner; an id that is taken is an error, since the other runner may have fewer rights."""
        if not runner_id or not runner_id.isprintable():
            raise JobError("runner", f"{runner_id!a} is no name for a runner")
        if runner_id in self._runners:
            raise JobError("runner", f"there is a runner '{runner_id}' already")
        self._runners[runner_id] = runner

    def get(self, runner_id: str) -> Runner:
        """The runner of this id."""
        fault = self.fault(runner_id)
        if fault is not None:
            raise JobError("runner", fault)
        return self._runners[runner_id]

    def fault(self, runner_id: str) -> str | None:
        """Why no job for this id can run now; `None` when it can."""
        runner = self._runners.get(runner_id)
        if runner is None:
            known = ", ".join(sorted(self._runners)) or "none"
            return f"there is no runner {_quoted(runner_id)}; known runners: {known}"
        fault = runner.fault()
        return None if fault is None else f"runner '{runner_id}' is not available: {fault}"

    def __contains__(self, runner_id: str) -> bool:
        return runner_id in self._runners

    def __iter__(self) -> Iterator[str]:
        return iter(self._runners)


def _database_fault(path: Path) -> str | None:
    if path.is_dir():
        return f"its database {path} is a directory"
    if not path.parent.is_dir():
        return f"the directory of its database, {path.parent}, is not there"
    return None


def _quoted(text: str) -> str:
    shown = text if len(text) <= 60 else f"{text[:57]}..."
    return f"'{shown}'" if shown.isprintable() else ascii(shown)
