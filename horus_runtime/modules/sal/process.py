"""The script module `process`: run programs without a shell, look at and end processes."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any, Final

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

PROCESS = HostModule("process", "Programs and processes.")

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
    call.require(call.policy.program(name, found), "run", name)
    if found is None:
        raise call.fail("CommandNotFound", f"there is no program '{name}'", command=name)
    # SAFETY: a program that the script could have written would make allow-run pointless.
    real = os.path.realpath(found)
    if _writable(call, real) and real not in call.policy.run:
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
    directory = allowed_path(call, opts.cwd, "read") if opts.cwd else _directory(call)
    return Command(
        (program, *arguments[1:]), directory, checked_overlay(call, opts.env), opts.stdin.encode("utf-8"),
        opts.timeout, opts.max_output, opts.merge_stderr,
    )  # fmt: skip


def _directory(call: HostCall) -> str | None:
    directory = call.context.services.get("cwd")
    return directory if isinstance(directory, str) else None


def _result(call: HostCall, outcome: Outcome, opts: RunOptions, *, check: bool) -> dict[str, Any]:
    result = outcome.to_map()
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
    data = opts.stdin.encode("utf-8")
    result: dict[str, Any] = {}
    for stage in stages:
        if not isinstance(stage, (str, list)):
            raise call.invalid("stages", "must be an array of commands")
        command = _command(call, stage, opts)
        outcome = run(
            call,
            Command(
                command.argv, command.directory, command.environment, data, command.timeout, command.max_output,
                command.merge_stderr,
            ),
        )  # fmt: skip
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
    directory = allowed_path(call, opts.cwd, "read") if opts.cwd else _directory(call)
    command = Command(
        (program, "-c", script), directory, checked_overlay(call, opts.env), opts.stdin.encode("utf-8"),
        opts.timeout, opts.max_output, opts.merge_stderr,
    )  # fmt: skip
    return _result(call, run(call, command), opts, check=opts.check)


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
    found = []
    for pid in _pids(call):
        facts = _facts(pid)
        if facts is not None and (filter in facts["name"] or filter in facts["command"]):
            found.append(facts)
    return found


@PROCESS.fn(capability="sys")
def info(call: HostCall, pid: int) -> dict[str, Any]:
    """What is known about a process."""
    facts = _facts(pid) if pid > 0 else None
    if facts is None:
        raise call.fail("NotFound", f"there is no process {pid}")
    return facts


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


@PROCESS.fn(capability="kill")
def kill(call: HostCall, pid: int, opts: KillOptions) -> bool:
    """Send a signal (term, kill, int, hup) to a process; after `grace` seconds kill it. False when it was gone."""
    import signal

    signals = {"term": signal.SIGTERM, "kill": signal.SIGKILL, "int": signal.SIGINT, "hup": signal.SIGHUP}
    if opts.signal not in signals:
        raise call.invalid("signal", f"is one of {', '.join(signals)}")
    if pid <= 1 or pid == os.getpid():
        raise call.invalid("pid", "is not a process that may be ended")
    call.require(Decision(call.policy.kill_user, "kill_user"), "kill", str(pid))
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
        time.sleep(0.02)
    return True


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _pids(call: HostCall) -> list[int]:
    try:
        return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
    except OSError:
        raise call.fail("Unavailable", "this system does not show its processes") from None


def _facts(pid: int) -> dict[str, Any] | None:
    """What `/proc` says of a process; nothing when it is gone."""
    import pwd

    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
            status = dict(line.split(":", 1) for line in file.read().splitlines() if ":" in line)
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            command = file.read(4096).replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except (OSError, ValueError):
        return None
    facts: dict[str, Any] = {"pid": pid, "name": status.get("Name", "").strip(), "command": command}
    uid = int(status.get("Uid", "0").split()[0])
    try:
        facts["user"] = pwd.getpwuid(uid).pw_name
    except KeyError:
        facts["user"] = str(uid)
    memory = status.get("VmRSS", "0").split()
    facts["memory"] = int(memory[0]) * 1024 if memory else 0
    return facts
