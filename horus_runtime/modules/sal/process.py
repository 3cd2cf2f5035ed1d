"""The script module `process`: run programs without a shell, look at and end processes."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.modules.host import HostCall, HostModule, Options
from horus_runtime.modules.policy import Decision
from horus_runtime.modules.sal.commands import (
    DEFAULT_TIMEOUT,
    MAX_OUTPUT,
    Command,
    Outcome,
    check_arguments,
    checked_overlay,
    find_program,
    run,
)
from horus_runtime.modules.sal.paths import allowed_path
from horus_runtime.modules.sal.spawned import Job, spawn, started_here, wait

if TYPE_CHECKING:  # loaded when processes are looked at
    import psutil

PROCESS = HostModule("process", "Programs and processes.")
PROCESS.module.types[Job] = "Job"

SHELLS: Final = frozenset({"sh", "bash", "dash", "zsh", "ksh", "fish"})
_SHELL_SIGNS: Final = frozenset("|&;<>`$")


class RunOptions(Options):
    """Options of `process.run` and its siblings."""

    check: bool = True
    echo: bool = False
    cwd: str = ""
    env: dict[str, Any] = {}  # noqa: RUF012 - options are read, never changed
    stdin: str = ""
    timeout: float = DEFAULT_TIMEOUT
    max_output: int = MAX_OUTPUT
    merge_stderr: bool = False
    encoding: str = "utf-8"
    max_memory: int = 0
    max_file_size: int = 0


def _arguments(call: HostCall, argv: Any) -> tuple[str, ...]:
    """An argument list as it is; a text split by quoting rules, in which signs of a shell are refused."""
    import shlex

    if isinstance(argv, list):
        return check_arguments(call, argv)
    try:
        lexer = shlex.shlex(argv, posix=True, punctuation_chars="|&;<>`")
        lexer.whitespace_split = True
        words = list(lexer)
    except ValueError as error:
        raise call.invalid("argv", f"cannot be split: {str(error).lower()}") from None
    if any(word and set(word) <= _SHELL_SIGNS for word in words):
        raise call.invalid("argv", "has signs of a shell, and there is none; use process.pipe or an array")
    return check_arguments(call, words)


def _program(call: HostCall, argv: Sequence[str]) -> str:
    """The gate for starting a program: found by us, allowed by name or path, not writable for the script."""
    name = argv[0]
    found = find_program(call, name)
    decision = call.policy.program(name, found, argv[1:])
    flag = None
    if not decision.allowed and call.policy.program(name, found).allowed:
        import shlex

        flag = f"--allow-run={shlex.quote(shlex.join(argv))}"  # the program is known, with other arguments
    call.require(decision, "run", name, flag=flag)
    if found is None:
        raise call.fail("CommandNotFound", f"there is no program '{name}'", command=name)
    # SAFETY: a program that the script could have written would make allow-run pointless.
    real = os.path.realpath(found)
    places = {found, real}  # a link that the script could change is as good as the program behind it
    if any(_writable(call, place) for place in places) and places.isdisjoint(call.policy.run):
        rule = Decision(False, "deny_run: writable for the script")
        call.require(rule, "run", name)
    return found


def _writable(call: HostCall, real: str) -> bool:
    from horus_runtime.modules.policy import EVERYTHING, root_of, split_path

    if EVERYTHING in call.policy.run and call.policy.shell:
        return False  # everything may be started anyway
    root = root_of(call.policy, "write", split_path(real))
    return root is not None and call.policy.path("write", real).allowed


def _command(call: HostCall, argv: Any, opts: RunOptions) -> Command:
    arguments = _arguments(call, argv)
    program = _program(call, arguments)
    if opts.timeout <= 0 or opts.max_output < 0:
        raise call.invalid("timeout" if opts.timeout <= 0 else "max_output", "must be positive")
    return _prepared(call, (program, *arguments[1:]), opts)


def _prepared(call: HostCall, argv: tuple[str, ...], opts: RunOptions) -> Command:
    """What to start, as the options say."""
    directory = allowed_path(call, opts.cwd, "read") if opts.cwd else _directory(call)
    for name in ("max_memory", "max_file_size"):
        if getattr(opts, name) < 0:
            raise call.invalid(name, "must be positive")
    return Command(
        argv, directory, checked_overlay(call, opts.env), _input(call, opts), opts.timeout, opts.max_output,
        opts.merge_stderr, opts.encoding, opts.max_memory, opts.max_file_size,
    )  # fmt: skip


def _input(call: HostCall, opts: RunOptions) -> bytes:
    """The text for the program's standard input as bytes of its encoding."""
    try:
        return opts.stdin.encode(opts.encoding)
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        sign = opts.stdin[start : start + 1]
        raise call.fail("InvalidEncoding", f"'{sign}' cannot be written in {opts.encoding}") from None
    except (LookupError, ValueError):
        # Python also has codecs from bytes to bytes, which it refuses here, too.
        message = f"has the value '{opts.encoding}', which is not a known encoding of texts"
        raise call.invalid("encoding", message) from None


def _directory(call: HostCall) -> str | None:
    directory = call.context.services.get("cwd")
    return directory if isinstance(directory, str) else None


def _result(call: HostCall, outcome: Outcome, opts: RunOptions, *, check: bool) -> dict[str, Any]:
    result = outcome.to_map(opts.encoding)
    if opts.echo:
        for line in result["stdout"].splitlines():
            call.context.print(line)
    if check and outcome.timed_out:
        message = f"'{outcome.command[0]}' did not end within {opts.timeout:g} s"
        raise call.fail("Timeout", message, command=list(outcome.command), result=result)
    if check and not outcome.success:
        said = (result["stderr"] or result["stdout"]).strip().splitlines()
        reason = f": {said[-1]}" if said else ""
        message = f"'{os.path.basename(outcome.command[0])}' ended with code {outcome.code}{reason}"
        raise call.fail("CommandFailed", message, command=list(outcome.command), code=outcome.code, result=result)
    return result


@PROCESS.fn(capability="run", name="run")
def run_(call: HostCall, argv: str | list[Any], opts: RunOptions) -> dict[str, Any]:
    """Run a program and wait for it. Gives the command result; a code other than 0 fails unless `check: false`."""
    return _result(call, run(call, _command(call, argv, opts)), opts, check=opts.check)


@PROCESS.fn(capability="run")
def try_run(call: HostCall, argv: str | list[Any], opts: RunOptions) -> dict[str, Any]:
    """Run a program and wait for it. Gives the command result, also for a program that fails or is too slow."""
    return _result(call, run(call, _command(call, argv, opts)), opts, check=False)


@PROCESS.fn(capability="run")
def output(call: HostCall, argv: str | list[Any], opts: RunOptions) -> str:
    """What a program prints, without the last line end."""
    text: str = _result(call, run(call, _command(call, argv, opts)), opts, check=opts.check)["stdout"]
    return text.removesuffix("\n")


@PROCESS.fn(capability="run")
def lines(call: HostCall, argv: str | list[Any], opts: RunOptions) -> list[str]:
    """The lines that a program prints."""
    return output(call, argv, opts).splitlines()


@PROCESS.fn(capability="run")
def pipe(call: HostCall, stages: list[Any], opts: RunOptions) -> dict[str, Any]:
    """Run programs one after the other, each reading what the one before printed; fails if any of them fails."""
    if not stages:
        raise call.invalid("stages", "is empty")
    codes: list[int] = []
    data = _input(call, opts)
    result: dict[str, Any] = {}
    for stage in stages:
        if not isinstance(stage, (str, list)):
            raise call.invalid("stages", "must be an array of commands")
        command = _command(call, stage, opts)
        outcome = run(call, replace(command, stdin=data))
        codes.append(outcome.code)
        result = {**_result(call, outcome, opts, check=opts.check), "codes": list(codes)}
        data = outcome.stdout
    result["success"] = not any(codes)
    return result


@PROCESS.fn(capability="shell")
def shell(call: HostCall, script: str, opts: RunOptions) -> dict[str, Any]:
    """Hand a script to `sh`. Everything that the user may do, the script may do then."""
    call.require(Decision(call.policy.shell, "shell"), "shell", "")
    program = find_program(call, "sh")
    if program is None:
        raise call.fail("CommandNotFound", "there is no program 'sh'", command="sh")
    return _result(call, run(call, _prepared(call, (program, "-c", script), opts)), opts, check=opts.check)


@PROCESS.fn(capability="run")
def which(call: HostCall, name: str) -> str | None:
    """Where a program that may be started is, or `()`."""
    call.require(call.policy.program(name, find_program(call, name)), "run", name)
    return find_program(call, name)


@PROCESS.fn(capability="run")
def exists(call: HostCall, name: str) -> bool:
    """True when there is a program of this name."""
    return which(call, name) is not None


@PROCESS.fn(capability="run")
def require(call: HostCall, names: list[Any]) -> None:
    """Fail with one error that lists every program that is missing."""
    missing = [name for name in check_arguments(call, names, "names") if which(call, name) is None]
    if missing:
        raise call.fail("CommandNotFound", f"these programs are missing: {', '.join(missing)}", missing=missing)


# --- processes -------------------------------------------------------------------------------------------------------


@PROCESS.fn(capability="sys", name="list")
def list_(call: HostCall, filter: str = "") -> list[Any]:  # noqa: A002 - the script's own word
    """The processes whose name or command contains a text, by pid: pid, name, user, memory, command."""
    return _processes(filter)


@PROCESS.fn(capability="sys")
def info(call: HostCall, pid: int) -> dict[str, Any]:
    """What is known about a process."""
    import psutil

    try:
        return _facts(psutil.Process(pid))
    except (psutil.NoSuchProcess, ValueError, OverflowError):
        raise call.fail("NotFound", f"there is no process {pid}") from None


@PROCESS.fn(capability="sys")
def find(call: HostCall, pattern: str) -> dict[str, Any]:
    """The one process whose name or command contains a text."""
    found = list_(call, pattern)
    if len(found) != 1:
        kind, what = ("Ambiguous", f"{len(found)} processes match") if found else ("NotFound", "no process matches")
        raise call.fail(kind, f"{what} '{pattern}'", count=len(found))
    return dict(found[0])


class KillOptions(Options):
    """Options of `process.kill`."""

    signal: str = "term"
    grace: float = 0.0
    tree: bool = False


@PROCESS.fn(capability="kill")
def kill(call: HostCall, pid: int, opts: KillOptions) -> bool:
    """Send a signal (term, kill, int, hup) to a process; after `grace` seconds kill it, with `tree` also all that it
    started. False when it was gone. A process that the script itself started needs no further right.
    """
    import signal

    signals = {"term": signal.SIGTERM, "kill": signal.SIGKILL, "int": signal.SIGINT, "hup": signal.SIGHUP}
    if opts.signal not in signals:
        raise call.invalid("signal", f"is one of {', '.join(signals)}")
    if pid <= 1 or pid == os.getpid():
        raise call.invalid("pid", "is not a process that may be ended")
    if (job := started_here(call, pid)) is not None:
        call.require(Decision(True, "own process"), "kill", str(pid))
        return kill_(call, job)
    call.require(Decision(call.policy.kill_user, "kill_user"), "kill", str(pid))
    if call.postponed("kill", f"{opts.signal} {pid}", pid=pid, signal=opts.signal):
        return _alive(pid)
    if opts.tree:
        for below in _descendants(pid):
            _signal(call, below, signals[opts.signal])
    try:
        os.kill(pid, signals[opts.signal])
    except ProcessLookupError:
        return False
    except PermissionError:
        raise call.fail("PermissionDenied", f"the operating system does not permit ending process {pid}") from None
    end = time.monotonic() + min(opts.grace, 3600.0)
    while opts.grace > 0 and _alive(pid):
        call.context.charge(1)
        if time.monotonic() >= end:
            os.kill(pid, signal.SIGKILL)
            break
        call.context.pause(0.02)
    return True


def _signal(call: HostCall, pid: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _descendants(pid: int) -> list[int]:
    import psutil

    try:
        return [process.pid for process in psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return []


@PROCESS.fn(capability="kill")
def kill_matching(call: HostCall, pattern: str, opts: KillOptions) -> int:
    """End all processes whose name or command contains a text. Gives how many there were."""
    if len(pattern.strip()) < 3:
        raise call.invalid("pattern", "must have 3 characters at least: a short one fits many processes")
    call.require(Decision(call.policy.kill_user, "kill_user"), "kill", pattern)
    found = [facts["pid"] for facts in _processes(pattern) if facts["pid"] not in {os.getpid(), os.getppid(), 1}]
    return sum(kill(call, pid, opts) for pid in found)


@PROCESS.fn(capability="run")
def start(call: HostCall, argv: str | list[Any], opts: RunOptions) -> Job:
    """Start a program beside the script. Gives a handle; the program ends with the script at the latest."""
    return spawn(call, _command(call, argv, opts))


@PROCESS.fn(capability="run", handle="Job")
def pid(call: HostCall, job: Job) -> int:
    """The program's process id."""
    return job.child.pid


@PROCESS.fn(capability="run", handle="Job")
def is_running(call: HostCall, job: Job) -> bool:
    """True while the program has not ended."""
    return job.running()


@PROCESS.fn(capability="run", name="wait", handle="Job")
def wait_(call: HostCall, job: Job, timeout: float = DEFAULT_TIMEOUT) -> dict[str, Any]:
    """Wait for the program's end. Gives the command result; `timed_out` when it still runs after the timeout."""
    return wait(call, job, timeout)


@PROCESS.fn(capability="run", name="output", handle="Job")
def output_(call: HostCall, job: Job) -> str:
    """What the program printed so far."""
    return call.masked(bytes(job.output).decode("utf-8", "replace"))


@PROCESS.fn(capability="run", name="kill", handle="Job")
def kill_(call: HostCall, job: Job) -> bool:
    """End the program and everything that it started; false when it had ended."""
    running = job.running()
    job.end()
    return running


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _processes(text: str) -> list[Any]:
    """Facts of all processes whose name or command contains a text, by pid."""
    import psutil

    found = []
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess):
            facts = _facts(process)
            if text in facts["name"] or text in facts["command"]:
                found.append(facts)
    return sorted(found, key=lambda facts: facts["pid"])


def _facts(process: psutil.Process) -> dict[str, Any]:
    """What the system says of a process; what it does not say is empty."""
    import psutil

    facts: dict[str, Any] = {"pid": process.pid, "name": "", "command": "", "user": "", "memory": 0, "cpu_seconds": 0.0}
    with process.oneshot():
        facts["name"] = process.name()
        with suppress(psutil.AccessDenied, psutil.ZombieProcess):
            facts["command"] = " ".join(process.cmdline())[:4096]
        with suppress(psutil.AccessDenied, KeyError):
            facts["user"] = process.username()
        with suppress(psutil.AccessDenied, psutil.ZombieProcess):
            facts["memory"] = process.memory_info().rss
            times = process.cpu_times()
            facts["cpu_seconds"] = round(times.user + times.system, 2)
    return facts
