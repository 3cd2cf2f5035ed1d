"""Programs that run beside the script: `process.start` and the handle `Job`. All of them end with the script."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from contextlib import suppress
from typing import IO, Any, Final

from horus_runtime.modules.host import HostCall
from horus_runtime.modules.sal import commands
from horus_runtime.modules.sal.commands import Command

MAX_AT_ONCE: Final = 8
_STEP: Final = 0.02
_BLOCK: Final = 1 << 16


class Job:
    """A program that was started, and what it printed so far, at most so much of each stream."""

    __slots__ = ("child", "command", "errors", "killed", "limit", "output", "readers", "started", "truncated")

    def __init__(self, child: subprocess.Popen[bytes], command: Command) -> None:
        self.child = child
        self.command = command
        self.started = time.monotonic()
        self.limit = command.max_output
        self.output = bytearray()
        self.errors = bytearray()
        self.truncated = False
        self.killed = False
        self.readers = [self._reader(child.stdout, self.output), self._reader(child.stderr, self.errors)]

    def __repr__(self) -> str:
        return f"Job({self.child.pid})"

    def _reader(self, stream: IO[bytes] | None, kept: bytearray) -> threading.Thread:
        thread = threading.Thread(target=self._drain, args=(stream, kept), name="horus-spawned", daemon=True)
        thread.start()
        return thread

    def _drain(self, stream: IO[bytes] | None, kept: bytearray) -> None:
        """Read all there is, so that the program never waits for us, and keep the beginning."""
        if stream is None:
            return
        with suppress(OSError, ValueError), stream:
            while block := os.read(stream.fileno(), _BLOCK):
                room = self.limit - len(kept)
                kept += block[: max(room, 0)]
                self.truncated = self.truncated or len(block) > room

    def running(self) -> bool:
        """Is the program still there?"""
        return self.child.poll() is None

    def end(self) -> None:
        """End the whole process group, and wait until all of it is gone and read."""
        commands.end_group(self.child, polite=self.running())
        for thread in self.readers:
            thread.join(1.0)

    def outcome(self, *, timed_out: bool = False) -> commands.Outcome:
        """The command result as it is now."""
        code = -1 if self.child.returncode is None or timed_out else self.child.returncode
        seconds = time.monotonic() - self.started
        return commands.Outcome(
            self.command.argv, bytes(self.output), bytes(self.errors), code, timed_out, self.truncated, seconds
        )


class _NoChild:
    """Stands for the process of a program that is only planned."""

    pid = 0
    returncode = 0


class PlannedJob(Job):
    """A program that is only planned: it has ended, and said nothing."""

    __slots__ = ()

    def __init__(self, command: Command) -> None:  # the handle without the process: nothing of `Job` is started
        self.child: Any = _NoChild()
        self.command = command
        self.output, self.errors = bytearray(), bytearray()
        self.truncated = self.killed = False

    def running(self) -> bool:
        """It is not there."""
        return False

    def end(self) -> None:
        """There is nothing to end."""

    def outcome(self, *, timed_out: bool = False) -> commands.Outcome:
        """Success, and no word."""
        return commands.nothing_done(self.command)


def spawn(call: HostCall, command: Command) -> Job:
    """Start a program; it is ended when the run ends, at the latest with this process."""
    running = [job for job in _jobs(call) if job.running()]
    if len(running) >= MAX_AT_ONCE:
        raise call.fail("LimitExceeded", f"{MAX_AT_ONCE} programs are running beside the script already")
    if commands.postponed(call, command):
        return PlannedJob(command)
    child = commands.start(call, command)
    job = Job(child, command)
    if child.stdin is not None:
        with suppress(OSError), child.stdin:
            child.stdin.write(command.stdin)
    call.context.services["spawned"] = [*running, job]
    call.at_end(job.end)
    return job


def _jobs(call: HostCall) -> list[Job]:
    found: list[Job] = call.context.services.get("spawned") or []
    return found


def started_here(call: HostCall, pid: int) -> Job | None:
    """The program of this run with this process id."""
    return next((job for job in _jobs(call) if job.child.pid == pid), None)


def wait(call: HostCall, job: Job, timeout: float | None) -> dict[str, Any]:
    """The command result, as soon as the program ended; after the timeout the one so far, `timed_out`."""
    seconds = call.seconds(timeout)
    end = None if seconds is None else time.monotonic() + seconds
    while job.running():
        call.context.charge(1)
        if end is not None and time.monotonic() >= end:
            call.context.charge(1)
            return job.outcome(timed_out=True).to_map(job.command.encoding)
        call.context.pause(_STEP)
    job.end()
    return job.outcome().to_map(job.command.encoding)
