"""Talks to the oracle: the published Rhai engine behind the driver in `tests/differential/oracle`.

The driver answers one JSON line per request. It can die on a request (native stack or memory exhausted); then the
answer is `{"crash": "abort"}` and the next request gets a new process.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

Answer = dict[str, Any]

FOLDER = Path(__file__).resolve().parents[1] / "differential" / "oracle"
BINARY = FOLDER / "target" / "release" / "horus-oracle"
ENVIRONMENT = "HORUS_ORACLE"
MEMORY_BYTES = 4 * 1024**3


class NoOracleError(Exception):
    """There is no binary to ask; the text says what to do about it."""


def oracle_or_skip_reason() -> tuple[Path | None, str]:
    """The binary, or `None` and the reason why there is none."""
    named = os.environ.get(ENVIRONMENT)
    if named:
        path = Path(named)
        return (path, "") if path.is_file() else (None, f"{ENVIRONMENT} names {named}, which does not exist")
    if BINARY.is_file():
        return BINARY, ""
    if shutil.which("cargo") is None:
        return (
            None,
            f"the oracle is not built and cargo is not installed (set {ENVIRONMENT} to use a binary from elsewhere)",
        )
    return None, f"the oracle is not built: run `cargo build --release` in {FOLDER.relative_to(FOLDER.parents[2])}"


class Oracle:
    """A running driver, restarted whenever it dies; use it as a context manager."""

    def __init__(self, binary: Path | None = None) -> None:
        if binary is None:
            binary, reason = oracle_or_skip_reason()
            if binary is None:
                raise NoOracleError(reason)
        self._binary = binary
        self._process: subprocess.Popen[str] | None = None
        self.restarts = 0

    def start(self) -> subprocess.Popen[str]:
        """The live driver process, a new one if there is none."""
        if self._process is None:
            self._process = subprocess.Popen(
                [str(self._binary)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
            )
            _limit_memory(self._process.pid)
        return self._process

    def ask(self, script: str, *, source: str | None = None, **options: Any) -> Answer:
        """What the engine does with one script."""
        request = json.dumps({"id": 0, "script": script, "source": source, "options": options})
        process = self.start()
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(request + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line.endswith("\n"):
            self._drop()
            return {"crash": "abort"}
        answer: Answer = json.loads(line)
        del answer["id"]
        crash = answer.get("crash", "")
        if crash == "timeout":
            self._drop()
        if crash.startswith("bad request"):
            raise ValueError(crash)
        return answer

    def run(self, scripts: str | Iterable[str], **options: Any) -> list[Answer]:
        """The answers to several scripts under the same options."""
        return [self.ask(script, **options) for script in ([scripts] if isinstance(scripts, str) else scripts)]

    def close(self) -> None:
        """Ends the driver."""
        process, self._process = self._process, None
        if process is not None:
            process.communicate()

    def _drop(self) -> None:
        self.restarts += 1
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _limit_memory(process_id: int) -> None:
    if hasattr(resource, "prlimit"):  # Linux only; elsewhere the driver runs without this limit
        resource.prlimit(process_id, resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
