"""Runs the git command line so that a repository cannot run programs through it.

A repository is input that can name programs: in its configuration (file-system monitor, filters, diff drivers, ssh
command) and in its hooks. So every call switches these off, reads the local configuration first and overrides what
it names, passes data only after `--end-of-options` or as values, and never prompts.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from horus_runtime.errors import HostFailure
from horus_runtime.modules.disk import entry_status
from horus_runtime.modules.host import HostCall
from horus_runtime.modules.sal.commands import Command, Outcome, find_program, run
from horus_runtime.modules.sal.paths import SAFE_OPEN, allowed_path

TIMEOUT: Final = 60.0
REMOTE_TIMEOUT: Final = 600.0

_SWITCHES: Final = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "core.askPass=",
    "core.pager=cat",
    "core.editor=true",
    "protocol.ext.allow=never",
    "protocol.git.allow=never",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "commit.gpgSign=false",
    "tag.gpgSign=false",
    "log.showSignature=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "advice.detachedHead=false",
    "init.defaultBranch=main",
    "safe.bareRepository=explicit",
)
_ENVIRONMENT: Final[Mapping[str, str]] = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_EDITOR": "true",
    "GIT_SEQUENCE_EDITOR": "true",
    "GIT_PAGER": "cat",
    "GIT_ALLOW_PROTOCOL": "https:http:ssh:file",
    "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
    "GIT_LFS_SKIP_SMUDGE": "1",
}
_PROGRAM_KEYS: Final = re.compile(
    r"filter\..*\.(clean|smudge|process)|diff\..*\.(command|textconv)|merge\..*\.driver|credential(\..*)?\.helper"
    r"|gpg(\..*)?\.program|core\.(sshcommand|gitproxy)|uploadpack\.packobjectshook|sequence\.editor"
)
_DRIVERS: Final = re.compile(r"(filter\..*)\.(?:clean|smudge|process|required)")

_KINDS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (
        "Conflict",
        (
            "merge conflict", "would be overwritten", "not possible to fast-forward", "diverg", "non-fast-forward",
            "[rejected]", "unmerged", "nothing to commit", "please commit your changes",
        ),
    ),
    ("AlreadyExists", ("already exists",)),
    (
        "PermissionDenied",
        (
            "dubious ownership", "permission denied", "authentication failed", "could not read username",
            "terminal prompts disabled",
        ),
    ),
    (
        "NetworkError",
        (
            "could not resolve host", "could not read from remote", "unable to access", "connection refused",
            "connection timed out", "host key verification failed",
        ),
    ),
    (
        "NotFound",
        (
            "not a git repository", "did not match any", "unknown revision", "does not exist", "not found",
            "no such remote", "invalid reference", "bad revision", "needed a single revision", "couldn't find",
        ),
    ),
)  # fmt: skip


class Repository(NamedTuple):
    """A working tree that the run may look at, with the parts of its configuration that matter."""

    path: str
    """As the script wrote it."""
    real: str
    settings: Mapping[str, str]
    """The local configuration, keys in lower case, the last value of each."""
    switches: tuple[str, ...]
    """Settings given on the command line on top of the fixed ones."""

    @property
    def remote(self) -> str | None:
        """The address of `origin` without user and password."""
        url = self.settings.get("remote.origin.url")
        return without_secrets(url) if url else None


def open_repository(call: HostCall, path: str, access: str = "read") -> Repository:
    """The repository whose top directory is `path`; one that names places outside of the roots is refused."""
    real = allowed_path(call, path, access)
    marker = os.path.join(real, ".git")
    found = entry_status(call.disk, marker)
    if found is None:
        raise call.fail("NotFound", f"'{path}' is not the top directory of a git repository", path=path)
    if not stat.S_ISDIR(found.st_mode):
        _check_outside_directory(call, path, real, marker)
    settings = _settings(call, path, real)
    if "core.worktree" in settings:
        raise call.fail("InvalidArgument", f"the repository '{path}' keeps its files somewhere else", path=path)
    switches = [f"{key}=" for key in settings if _PROGRAM_KEYS.fullmatch(key)]
    drivers = {match[1] for key in settings if (match := _DRIVERS.fullmatch(key))}
    switches += [f"{driver}.required=false" for driver in sorted(drivers)]
    return Repository(path, real, settings, tuple(switches))


def git(
    call: HostCall, repository: Repository, *arguments: str, timeout: float = TIMEOUT, stdin: bytes = b""
) -> Outcome:
    """Run git in a repository; a failure becomes the kind that its words tell."""
    outcome = start_git(call, repository.real, arguments, repository.switches, timeout=timeout, stdin=stdin)
    return checked(call, outcome, arguments[0], repository.path)


def start_git(
    call: HostCall,
    directory: str,
    arguments: Sequence[str],
    switches: Sequence[str] = (),
    *,
    timeout: float = TIMEOUT,
    stdin: bytes = b"",
) -> Outcome:
    """Run git with the fixed switches and environment; the caller looks at the outcome."""
    program = find_program(call, "git")
    if program is None:
        raise call.fail("CommandNotFound", "git is not installed", command="git")
    settings = [part for switch in (*_SWITCHES, *switches) for part in ("-c", switch)]
    environment = {**_ENVIRONMENT, **_identity(call), "GIT_CEILING_DIRECTORIES": os.path.dirname(directory)}
    argv = (program, "--no-pager", *settings, *arguments)
    return run(call, Command(argv, directory, environment, stdin, timeout))


def checked(call: HostCall, outcome: Outcome, verb: str, path: str) -> Outcome:
    """The outcome, or the error for a git command that failed."""
    if outcome.timed_out:
        raise call.fail("Timeout", f"git {verb} in '{path}' did not end in time", path=path)
    if outcome.success:
        return outcome
    raise failure(call, outcome, verb, path)


def failure(call: HostCall, outcome: Outcome, verb: str, path: str) -> HostFailure:
    """The error for a git command that failed, with the first line of what git said and no credentials in it."""
    said = (outcome.stderr.strip() or outcome.stdout.strip()).decode("utf-8", "replace")
    text = said.lower()
    kind = next((kind for kind, signs in _KINDS if any(sign in text for sign in signs)), "CommandFailed")
    lines = [line for line in said.splitlines() if not line.startswith(("hint:", "Cloning into"))]
    first = without_secrets(lines[0] if lines else f"exit code {outcome.code}")
    first = re.sub(r"^(fatal|error|warning): ", "", first)
    return call.fail(kind, f"git {verb} in '{path}': {first}", path=path, code=outcome.code, command=f"git {verb}")


def text_of(outcome: Outcome) -> str:
    """What git printed, without the last line end."""
    return outcome.stdout.decode("utf-8", "replace").rstrip("\n")


def check_word(call: HostCall, argument: str, value: str) -> str:
    """A reference, path or address from a script, which must not be taken for an option."""
    if not value or value.startswith("-") or "\0" in value or "\n" in value:
        raise call.invalid(argument, f"has the value '{value}', which git could take for something else")
    return value


def without_secrets(text: str) -> str:
    """A text in which addresses have lost their user and password."""
    return re.sub(r"(\w+://)[^/@\s]*@", r"\1", text)


def _settings(call: HostCall, path: str, real: str) -> dict[str, str]:
    arguments = ("-C", real, "config", "--local", "--includes", "--null", "--list")
    outcome = checked(call, start_git(call, real, arguments), "config", path)
    pairs = (item.partition("\n") for item in outcome.stdout.decode("utf-8", "replace").split("\0") if item)
    return {key: value for key, _, value in pairs}


def _check_outside_directory(call: HostCall, path: str, real: str, marker: str) -> None:
    """A `.git` that is a file or a link names another directory, which must be inside the roots too."""
    found = entry_status(call.disk, marker)
    if found is not None and stat.S_ISLNK(found.st_mode):
        allowed_path(call, f"{path}/.git", "read")
        return
    handle = call.disk.open(marker, os.O_RDONLY | os.O_NOFOLLOW | SAFE_OPEN)
    try:
        text = call.disk.read(handle, 4096).decode("utf-8", "replace")
    finally:
        call.disk.close(handle)
    if not text.startswith("gitdir:"):
        raise call.fail("NotFound", f"'{path}' is not the top directory of a git repository", path=path)
    allowed_path(call, os.path.join(real, text[len("gitdir:") :].strip()), "read")


def _identity(call: HostCall) -> dict[str, str]:
    """Who commits: the job's own variables or the host's git configuration, else a neutral name."""
    home = os.path.expanduser("~")
    identity = {"HOME": home} if os.path.isfile(os.path.join(home, ".gitconfig")) else {}
    job = call.context.services.get("env") or {}
    names = [f"GIT_{who}_{what}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")]
    return {**identity, **{name: str(job[name]) for name in names if name in job}}
