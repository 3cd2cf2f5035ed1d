"""The one guarded runner of programs: argument lists, a built environment, a time limit, an output limit.

Nothing else in the package starts a program for a script. The child gets its own process group, which is ended as a
whole: at the time limit, when the script is stopped, and when the program leaves helpers behind.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Any, Final

from horus_runtime.modules.host import HostCall

if TYPE_CHECKING:  # heavy, and only needed once a program is started
    import selectors
    import subprocess

DEFAULT_TIMEOUT: Final = 60.0
MAX_OUTPUT: Final = 8 * 1024 * 1024
MAX_OPEN_FILES: Final = 4096
GRACE: Final = 2.0
"""Seconds between the polite and the final signal."""
READ: Final = 1
WRITE: Final = 2
"""The events of `selectors`."""
_POLL: Final = 0.05
_BLOCK: Final = 1 << 16
_REFUSED: Final = ("LD_", "DYLD_", "PYTHON", "PERL5", "GIT_")
_REFUSED_NAMES: Final = frozenset({"PATH", "BASH_ENV", "ENV", "IFS", "NODE_OPTIONS", "RUBYOPT", "SHELLOPTS"})
_GIT_NAMES: Final = frozenset(
    {f"GIT_{who}_{what}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL", "DATE")}
)


@dataclass(frozen=True, slots=True)
class Command:
    """What to start: the program's absolute path first, then its arguments."""

    argv: tuple[str, ...]
    directory: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to the built environment; names that change what programs run are refused before."""
    stdin: bytes = b""
    timeout: float | None = DEFAULT_TIMEOUT
    max_output: int = MAX_OUTPUT
    """Bytes kept of each stream; the rest is read and dropped."""
    merge_stderr: bool = False
    encoding: str = "utf-8"
    """Of the texts that it reads and prints."""
    max_memory: int = 0
    """Bytes of address space that each of its processes may have; 0: what the system and the host allow."""
    max_file_size: int = 0
    """Bytes of the largest file that it may write; 0: as for memory."""


@dataclass(slots=True)
class Outcome:
    """How a program ended."""

    command: tuple[str, ...]
    stdout: bytes
    stderr: bytes
    code: int
    timed_out: bool
    truncated: bool
    seconds: float
    simulated: bool = False
    """The program was not started: this run only plans."""

    @property
    def success(self) -> bool:
        """True when the program said so."""
        return self.code == 0 and not self.timed_out

    def to_map(self, encoding: str = "utf-8") -> dict[str, Any]:
        """The one shape in which scripts see every command result; bytes that are no text become replacement signs."""
        return {
            "stdout": self.stdout.decode(encoding, "replace"),
            "stderr": self.stderr.decode(encoding, "replace"),
            "code": self.code,
            "success": self.success,
            "timed_out": self.timed_out,
            "truncated": self.truncated,
            "duration_ms": int(self.seconds * 1000),
            "command": list(self.command),
            **({"simulated": True} if self.simulated else {}),
        }


def search_path(call: HostCall) -> str:
    """Where programs are looked up: chosen by the host, never by the script."""
    chosen = call.context.services.get("search_path")
    return chosen if isinstance(chosen, str) else os.environ.get("PATH", os.defpath)


def find_program(call: HostCall, name: str) -> str | None:
    """The absolute path of a program; only absolute names and names without a slash are looked at."""
    import shutil

    if not name or "\0" in name or ("/" in name and not name.startswith("/")):
        return None
    if "fake_programs" in call.context.services:
        return name if name.startswith("/") else f"/fake/{name}"
    found = shutil.which(name, path=search_path(call))
    return os.path.abspath(found) if found else None


def built_environment(call: HostCall, overlay: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a child sees: the host's search path, the job's variables, allowed names, the script's overlay."""
    environment = {"PATH": search_path(call), "LANG": "C.UTF-8", "HOME": str(_home(call))}
    if "TZ" in os.environ:
        environment["TZ"] = os.environ["TZ"]
    environment |= {
        name: value
        for name, value in os.environ.items()
        if not is_refused_name(name) and call.policy.variable(name).allowed
    }
    job = call.context.services.get("env") or {}
    environment.update({name: value for name, value in job.items() if not is_refused_name(name)})
    environment.update(overlay or {})
    if "effects" in call.services:
        environment["GIT_OPTIONAL_LOCKS"] = "0"  # a look at a repository must not write its index
    return environment


def is_refused_name(name: str) -> bool:
    """True for variables that make programs load or run something else; no overlay may set them."""
    if not name or "=" in name or "\0" in name or name in _REFUSED_NAMES or name.upper().endswith("_PROXY"):
        return True
    return name.startswith(_REFUSED) and name not in _GIT_NAMES


def _home(call: HostCall) -> Any:
    import tempfile

    return call.context.services.get("temp_dir") or tempfile.gettempdir()


def run(call: HostCall, command: Command) -> Outcome:
    """Start a program and wait for its end, at most for the command's timeout and the script's own deadline."""
    if postponed(call, command):
        return nothing_done(command)
    fakes = call.context.services.get("fake_programs")
    if fakes is not None:
        return masked(call, _faked(command, fakes(command.argv)))
    started = time.monotonic()
    limit = call.seconds(command.timeout)
    child = start(call, command)
    reader = _Reader(command.max_output)
    timed_out = False
    try:
        timed_out = reader.run(call, child, command.stdin, None if limit is None else started + limit)
    finally:
        end_group(child, polite=timed_out)
        reader.close(child)
    call.context.charge(1)  # a script that is out of time stops here, not with a caught error
    code = -1 if timed_out else child.returncode
    return masked(call, Outcome(
        command.argv, bytes(reader.stdout), bytes(reader.stderr), code, timed_out, reader.truncated,
        time.monotonic() - started,
    ))  # fmt: skip


def postponed(call: HostCall, command: Command) -> bool:
    """Is the program only planned, not started?"""
    name = " ".join((os.path.basename(command.argv[0]), *command.argv[1:]))
    return call.postponed("run", call.masked(name), argv=command.argv, directory=command.directory)


def nothing_done(command: Command) -> Outcome:
    """What stands for the outcome of a program that was only planned: success, and no word."""
    return Outcome(command.argv, b"", b"", 0, False, False, 0.0, simulated=True)


def _faked(command: Command, answer: Mapping[str, Any]) -> Outcome:
    """What a test says that the program does; nothing is started."""
    stdout, stderr = str(answer.get("stdout", "")).encode(), str(answer.get("stderr", "")).encode()
    return Outcome(command.argv, stdout, stderr, int(answer.get("code", 0)), False, False, 0.0)


def masked(call: HostCall, outcome: Outcome) -> Outcome:
    """An outcome in which the run's secrets are replaced by `***`, those of its environment and of vaults."""
    secrets = [secret.encode() for secret in call.context.services.get("secrets", ())]
    if not secrets:
        return outcome
    stdout, stderr = outcome.stdout, outcome.stderr
    for secret in secrets:
        stdout, stderr = stdout.replace(secret, b"***"), stderr.replace(secret, b"***")
    command = tuple(call.masked(word) for word in outcome.command)
    return replace(outcome, stdout=stdout, stderr=stderr, command=command)


def start(call: HostCall, command: Command) -> subprocess.Popen[bytes]:
    """Start a program in a process group of its own; the caller sees to it that it ends."""
    import subprocess

    call.count("processes")
    try:
        child = subprocess.Popen(
            command.argv,
            cwd=command.directory,
            env=built_environment(call, command.environment),
            stdin=subprocess.PIPE if command.stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if command.merge_stderr else subprocess.PIPE,
            start_new_session=True,
        )
        _restrain(call, child.pid, command)
        return child
    except (FileNotFoundError, NotADirectoryError):
        message = f"there is no program '{command.argv[0]}'"
        raise call.fail("CommandNotFound", message, command=command.argv[0]) from None
    except PermissionError:
        message = f"the operating system does not permit starting '{command.argv[0]}'"
        raise call.fail("PermissionDenied", message, command=command.argv[0]) from None
    except (OSError, ValueError) as error:
        raise call.fail("CommandFailed", f"'{command.argv[0]}' cannot be started: {error}", code=-1) from None


def _restrain(call: HostCall, pid: int, command: Command) -> None:
    """The system's own limits for the program and all that it starts: no core dumps, open files, processor time, and
    memory and the size of files where the script or the host said so (`program_limits` of the engine's services).

    They are the second line behind the time limit, set from outside because code between fork and exec is not safe in
    a process with threads. Where the system does not know them, there are none.
    """
    import resource

    if not hasattr(resource, "prlimit"):
        return
    wanted = {resource.RLIMIT_CORE: 0, resource.RLIMIT_NOFILE: MAX_OPEN_FILES}
    if command.timeout is not None:
        wanted[resource.RLIMIT_CPU] = int(command.timeout * (os.cpu_count() or 1)) + 5
    host: Mapping[str, int] = call.context.services.get("program_limits") or {}
    chosen = {"memory": command.max_memory, "file_size": command.max_file_size, "processes": 0}
    for name, kind in zip(chosen, (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC), strict=True):
        if numbers := [number for number in (chosen[name], host.get(name, 0)) if number > 0]:
            wanted[kind] = min(numbers)
    for kind, number in wanted.items():
        with suppress(OSError, ValueError):  # it has ended already, or may not be restrained
            _, hard = resource.prlimit(pid, kind)
            limit = number if hard == resource.RLIM_INFINITY else min(number, hard)
            resource.prlimit(pid, kind, (limit, limit))


class _Reader:
    """Feeds and reads a child without ever blocking, and without keeping more than the limit."""

    def __init__(self, limit: int) -> None:
        import selectors

        self.limit = limit
        self.stdout = bytearray()
        self.stderr = bytearray()
        self.truncated = False
        self.selector = selectors.DefaultSelector()

    def run(self, call: HostCall, child: subprocess.Popen[bytes], stdin: bytes, end: float | None) -> bool:
        """Read until the child is gone; true when the time was over first."""
        self.watch(child.stdout, READ, self.stdout)
        self.watch(child.stderr, READ, self.stderr)
        self.watch(child.stdin, WRITE, memoryview(stdin))
        gone_since: float | None = None
        while True:
            call.context.charge(1)
            now = time.monotonic()
            if child.poll() is not None:
                gone_since = gone_since or now
                # Helpers left behind may hold the pipes open: what the program itself wrote is here by now.
                if not self.selector.get_map() or now - gone_since > _POLL * 4:
                    return False
            if end is not None and now >= end:
                return child.poll() is None
            self.step(_POLL if end is None else min(_POLL, max(end - now, 0.001)), child)

    def watch(self, stream: IO[bytes] | None, event: int, data: Any) -> None:
        if stream is not None:
            os.set_blocking(stream.fileno(), False)
            self.selector.register(stream, event, data)

    def step(self, seconds: float, child: subprocess.Popen[bytes]) -> None:
        if not self.selector.get_map():
            _wait(child, seconds)
            return
        for key, event in self.selector.select(seconds):
            if event & WRITE:
                self.write(key)
            else:
                self.read(key)

    def read(self, key: selectors.SelectorKey) -> None:
        try:
            block = os.read(key.fd, _BLOCK)
        except BlockingIOError:
            return
        if not block:
            self.selector.unregister(key.fileobj)
            return
        kept = self.limit - len(key.data)
        key.data.extend(block[:kept] if kept > 0 else b"")
        self.truncated = self.truncated or len(block) > kept

    def write(self, key: selectors.SelectorKey) -> None:
        rest: memoryview = key.data
        try:
            rest = rest[os.write(key.fd, rest[:_BLOCK]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            rest = rest[:0]
        if rest:
            self.selector.modify(key.fileobj, WRITE, rest)
            return
        self.selector.unregister(key.fileobj)
        key.fileobj.close()  # type: ignore[union-attr]  # it was registered as a stream

    def close(self, child: subprocess.Popen[bytes]) -> None:
        self.selector.close()
        for stream in (child.stdin, child.stdout, child.stderr):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()


def end_group(child: subprocess.Popen[bytes], *, polite: bool) -> None:
    """End the child's whole process group; after this nothing of it runs and the child is waited for."""
    import signal

    if polite and child.poll() is None:
        _signal_group(child.pid, signal.SIGTERM)
        _wait(child, GRACE)
    _signal_group(child.pid, signal.SIGKILL)
    child.wait()


def _wait(child: subprocess.Popen[bytes], seconds: float) -> None:
    import subprocess

    with suppress(subprocess.TimeoutExpired):
        child.wait(seconds)


def _signal_group(pid: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def checked_overlay(call: HostCall, given: Mapping[str, Any]) -> dict[str, str]:
    """A script's environment overlay with its names and values checked."""
    for name, value in given.items():
        if is_refused_name(name):
            raise call.invalid("env", f"must not set '{name}'")
        if type(value) is not str or "\0" in value:
            raise call.invalid("env", f"must have texts as values, '{name}' is not one")
    return dict(given)


def check_arguments(call: HostCall, argv: Sequence[Any], argument: str = "argv") -> tuple[str, ...]:
    """An argument list from a script: texts without NUL, at least one."""
    if not argv:
        raise call.invalid(argument, "is empty")
    for item in argv:
        if not isinstance(item, str) or "\0" in item:
            raise call.invalid(argument, "must be an array of texts without NUL characters")
    return tuple(str(item) for item in argv)
