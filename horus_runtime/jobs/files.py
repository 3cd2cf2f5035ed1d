"""Job files, key files and trust stores on disk: bounded reading, whole-or-nothing writing.

SAFETY: a private key file is created for its owner alone and refused when anybody else can read it.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.errors import JobError
from horus_runtime.jobs.document import job_from_text, read_document
from horus_runtime.jobs.model import Job
from horus_runtime.jobs.signing import SigningKey
from horus_runtime.jobs.violations import STRUCTURE

if TYPE_CHECKING:
    from horus_runtime.jobs.trust import SeenIds, TrustStore

MAX_JOB_FILE: Final = 8 * 1024 * 1024
"""Bytes of a job file: the largest payload with every character escaped, and room for the rest."""
MAX_KEY_FILE: Final = 4096
MAX_TRUST_FILE: Final = 1024 * 1024


def load_job(path: Path) -> Job:
    """The job in a file; a `JobError` names the file and everything that is wrong with its structure."""
    return job_from_text(Job, read_job_bytes(path), str(path))


def load_document(path: Path) -> dict[str, Any]:
    """The JSON object in a job file, for a report of all rules even when it is no job."""
    return read_document(read_job_bytes(path), str(path))


def read_job_bytes(path: Path) -> bytes:
    """The content of a job file, or a `JobError` that says why there is none."""
    return _read(path, MAX_JOB_FILE, STRUCTURE, "job file")


def save_job(job: Job, path: Path) -> None:
    """Write a job file, replacing an older one whole."""
    write_whole(path, job.to_json())


def load_key(path: Path) -> SigningKey:
    """The private key in a file that only its owner can read."""
    content = _read(path, MAX_KEY_FILE, "key", "key file", private=True)
    try:
        return SigningKey.from_text(content.decode("ascii"))
    except (UnicodeDecodeError, JobError):
        raise JobError("key", f"'{path}' is not a private key file: no line 'ed25519-private:...' in it") from None


def save_new_key(key: SigningKey, path: Path) -> None:
    """Write a new key file with mode 0600. A file that is there already is never overwritten."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except FileExistsError:
        raise JobError("key", f"'{path}' exists already; a key is never overwritten") from None
    except OSError as error:
        raise JobError("key", f"cannot write '{path}': {_reason(error)}") from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key.to_text())
        file.flush()
        os.fsync(file.fileno())


def load_trust(path: Path, *, seen: SeenIds | None = None) -> TrustStore:
    """The trust store in a file that nobody else can change."""
    from horus_runtime.jobs.trust import TrustStore

    content = _read(path, MAX_TRUST_FILE, "trust", "trust store", guarded=True)
    try:
        return TrustStore.from_json(content.decode(), seen=seen)
    except UnicodeDecodeError:
        raise JobError("trust", f"the trust store '{path}' is not UTF-8 text") from None
    except JobError as error:
        raise JobError("trust", f"the trust store '{path}' cannot be used: {error.message}") from None


def write_whole(path: Path, text: str) -> None:
    """Replace a file's content so that a reader sees the old one or the new one, never a part."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise JobError("file", f"cannot write '{path}': {_reason(error)}") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), _mode_for(path))
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        if isinstance(error, OSError):
            raise JobError("file", f"cannot write '{path}': {_reason(error)}") from None
        raise


def _mode_for(path: Path) -> int:
    """A replaced file keeps its mode. A new one is the owner's alone: payloads and variables may be private."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0o600


def _read(path: Path, limit: int, code: str, what: str, *, private: bool = False, guarded: bool = False) -> bytes:
    try:
        # Without O_NONBLOCK opening a pipe that nobody writes to would wait for ever.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise JobError(code, f"cannot read '{path}': {_reason(error)}") from None
    try:
        status = os.fstat(handle)
        _refuse_odd_file(status, path, code, what)
        if private:
            _refuse_shared_key(status, path)
        if guarded and stat.S_IMODE(status.st_mode) & 0o022:
            raise JobError(code, f"'{path}' can be changed by others; run: chmod go-w '{path}'")
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(limit + 1)
    finally:
        os.close(handle)
    if len(content) > limit:
        raise JobError(code, f"'{path}' is too large for a {what}: {limit} bytes are allowed")
    return content


def _refuse_odd_file(status: os.stat_result, path: Path, code: str, what: str) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise JobError(code, f"'{path}' is a directory, not a {what}")
    if not stat.S_ISREG(status.st_mode):
        raise JobError(code, f"'{path}' is not a regular file")


def _refuse_shared_key(status: os.stat_result, path: Path) -> None:
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise JobError("key", f"'{path}' can be read by others (mode {mode:04o}); run: chmod 600 '{path}'")
    if status.st_uid not in {os.geteuid(), 0}:
        raise JobError("key", f"'{path}' belongs to another user")


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
