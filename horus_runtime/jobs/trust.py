"""Whose signatures count, how many are needed, and whether a job is new.

Without a list of keys anybody's valid signature counts: it then proves only that the job is whole. Age and repetition
are judged only where keys are listed and signatures are required, since a signature that anybody may make does not
keep anybody from signing the job again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from horus_runtime.errors import JobError
from horus_runtime.jobs.model import now
from horus_runtime.jobs.signing import is_public_key
from horus_runtime.jobs.violations import SIGNATURE, Violation, invalid_job

if TYPE_CHECKING:
    from horus_runtime.jobs.model import Job

DEFAULT_MAX_AGE: Final = 86_400
"""Seconds after which a signed job is stale."""
MAX_SKEW: Final = 300
"""Seconds by which the signer's clock may be ahead of ours."""
FORMAT: Final = 1


class SeenIds(Protocol):
    """Remembers which jobs ran. An id needs to be kept only until its job is stale anyway."""

    def contains(self, job_id: str) -> bool:
        """Was this id claimed?"""

    def claim(self, job_id: str, expires: int | None) -> bool:
        """Remember the id until `expires`; false when it is already there. Must be atomic."""


class SeenInMemory:
    """The memory of one process."""

    def __init__(self, clock: Callable[[], int] = now) -> None:
        self._expires: dict[str, int | None] = {}
        self._clock = clock
        self._lock = Lock()

    def contains(self, job_id: str) -> bool:
        return job_id in self._expires

    def claim(self, job_id: str, expires: int | None) -> bool:
        with self._lock:
            time = self._clock()
            self._expires = {name: end for name, end in self._expires.items() if end is None or end >= time}
            if job_id in self._expires:
                return False
            self._expires[job_id] = expires
            return True


class TrustStore:
    """The signers one host listens to. `keys` maps public keys to names for messages; `None` means every key."""

    def __init__(
        self,
        keys: Mapping[str, str] | Iterable[str] | None = None,
        *,
        required: int | None = None,
        max_age: int | None = DEFAULT_MAX_AGE,
        seen: SeenIds | None = None,
        clock: Callable[[], int] = now,
    ) -> None:
        self.keys = None if keys is None else _checked_keys(keys)
        self.required = (0 if keys is None else 1) if required is None else required
        self.max_age = max_age
        self.clock = clock
        self.seen: SeenIds = SeenInMemory(clock) if seen is None else seen
        if self.required < 0:
            raise JobError("trust", f"the number of required signatures must not be negative, got {self.required}")
        if self.keys is not None and self.required > len(self.keys):
            message = (
                f"the number of required signatures is {self.required}, but only {len(self.keys)} keys are trusted"
            )
            raise JobError("trust", message)

    @property
    def judges_age(self) -> bool:
        """Are stale and repeated jobs refused?"""
        return self.keys is not None and self.required > 0

    def faults(self, job: Job) -> list[str]:
        """Why the signatures of a job do not admit it."""
        return job.signature_faults() or [*self._missing(job), *self._age_faults(job)]

    def signature_report(self, job: Job) -> list[str]:
        """As `faults`, without age and repetition: what `verify` asks, of a job that may have run long ago."""
        return job.signature_faults() or self._missing(job)

    def claim(self, job: Job) -> None:
        """Use the job up, so that it is admitted once. Call it right before the job runs."""
        if not self.judges_age:
            return
        expires = None if self.max_age is None else job.created_at + self.max_age + MAX_SKEW
        if not self.seen.claim(job.id, expires):
            raise invalid_job([Violation(SIGNATURE, _replayed(job))])

    def _missing(self, job: Job) -> list[str]:
        signers = {entry.public_key for entry in job.signatures}
        counted = signers if self.keys is None else signers & self.keys.keys()
        if len(counted) >= self.required:
            return []
        return missing_signatures(self.required, len(counted), strangers=sorted(signers - counted))

    def _age_faults(self, job: Job) -> list[str]:
        if not self.judges_age:
            return []
        faults = []
        age = self.clock() - job.created_at
        if age < -MAX_SKEW:
            faults.append(f"the job is dated {-age} seconds ahead of this machine's clock")
        elif self.max_age is not None and age > self.max_age:
            faults.append(f"the job is stale: it is {age} seconds old, {self.max_age} are allowed")
        if self.seen.contains(job.id):
            faults.append(_replayed(job))
        return faults

    def to_json(self) -> str:
        """The store as the text of its file."""
        data = {"version": FORMAT, "required": self.required, "max_age": self.max_age, "keys": self.keys}
        return json.dumps(data, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str, *, seen: SeenIds | None = None) -> Self:
        """The store of a file's content."""
        try:
            data: Any = json.loads(text)
        except (ValueError, RecursionError):
            raise JobError("trust", "the trust store is not JSON") from None
        fields = {"version", "required", "max_age", "keys"}
        if not isinstance(data, dict) or data.keys() != fields or data["version"] != FORMAT:
            raise JobError("trust", f"a trust store has the fields {', '.join(sorted(fields))}, with version {FORMAT}")
        required, max_age, keys = data["required"], data["max_age"], data["keys"]
        if type(required) is not int or not (max_age is None or type(max_age) is int) or not isinstance(keys, dict):
            raise JobError("trust", "in a trust store 'required' and 'max_age' are integers and 'keys' is an object")
        return cls(keys, required=required, max_age=max_age, seen=seen)


def missing_signatures(required: int, counted: int, strangers: list[str]) -> list[str]:
    """The sentence for a job with too few signatures that count."""
    wanted = "a signature is required" if required == 1 else f"{required} signatures are required"
    if strangers:
        return [f"{wanted}, {counted} count: not trusted is {', '.join(strangers)}"]
    if counted:
        return [f"{wanted}, the job carries {counted}"]
    return [f"{wanted}, the job carries none"]


def _checked_keys(keys: Mapping[str, str] | Iterable[str]) -> dict[str, str]:
    named = dict(keys) if isinstance(keys, Mapping) else dict.fromkeys(keys, "")
    for key, name in named.items():
        if not isinstance(key, str) or not isinstance(name, str) or not is_public_key(key):
            raise JobError("trust", f"{key!a} is not a public key: expected 'ed25519:' and 64 hexadecimal digits")
    return named


def _replayed(job: Job) -> str:
    return f"the job is a repetition: {job.id} was already run"
