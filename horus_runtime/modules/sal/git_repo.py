"""What a script can do with one repository: the handle `GitRepo` and its methods."""

from __future__ import annotations

import os
from typing import Any, Final

from horus_runtime.modules.host import HostCall, HostModule, Options
from horus_runtime.modules.sal.git_runner import (
    REMOTE_TIMEOUT,
    Repository,
    check_word,
    failure,
    git,
    open_repository,
    start_git,
    text_of,
)
from horus_runtime.modules.sal.paths import allowed_path

METHODS = HostModule("git", "Git repositories: list, inspect, clone, commit, pull and push.")
_FIELDS: Final = "%H%x1f%h%x1f%an%x1f%ae%x1f%aI%x1f%s%x1f%b%x1e"


class GitRepo:
    """A repository by the path of its top directory; every method looks at the real state."""

    __slots__ = ("place",)

    def __init__(self, place: str) -> None:
        self.place = place

    def __repr__(self) -> str:
        return f"GitRepo({self.place})"


METHODS.module.types[GitRepo] = "GitRepo"


def _open(call: HostCall, repo: GitRepo, level: str = "read") -> Repository:
    """The gate of every method: the level, and the right to read (or write) the place."""
    call.require_level("git", level, repo.place)
    return open_repository(call, repo.place, "read" if level == "read" else "write")


# --- looking ---------------------------------------------------------------------------------------------------------


@METHODS.fn(capability="git", handle="GitRepo")
def path(call: HostCall, repo: GitRepo) -> str:
    """The path of the repository."""
    return repo.place


@METHODS.fn(capability="git", handle="GitRepo")
def status(call: HostCall, repo: GitRepo) -> dict[str, Any]:
    """A map with branch, upstream, ahead, behind, clean, detached, and lists of paths by their state."""
    return status_of(call, _open(call, repo))


@METHODS.fn(capability="git", handle="GitRepo")
def has_changes(call: HostCall, repo: GitRepo) -> bool:
    """True when something is not committed; files that git does not know yet count."""
    return not status_of(call, _open(call, repo))["clean"]


@METHODS.fn(capability="git", handle="GitRepo")
def branch(call: HostCall, repo: GitRepo) -> str:
    """The name of the current branch; empty when no branch is checked out."""
    return text_of(git(call, _open(call, repo), "branch", "--show-current"))


@METHODS.fn(capability="git", handle="GitRepo")
def branches(call: HostCall, repo: GitRepo) -> list[str]:
    """The local branches, sorted."""
    return _references(call, repo, "refs/heads")


@METHODS.fn(capability="git", handle="GitRepo")
def tags(call: HostCall, repo: GitRepo) -> list[str]:
    """The tags, sorted."""
    return _references(call, repo, "refs/tags")


@METHODS.fn(capability="git", handle="GitRepo")
def remotes(call: HostCall, repo: GitRepo) -> dict[str, str]:
    """The remotes by name, with their addresses; user and password are left out."""
    from horus_runtime.modules.sal.git_runner import without_secrets

    found = {
        key[len("remote.") : -len(".url")]: without_secrets(value)
        for key, value in _open(call, repo).settings.items()
        if key.startswith("remote.") and key.endswith(".url")
    }
    return dict(sorted(found.items()))


@METHODS.fn(capability="git", handle="GitRepo")
def head(call: HostCall, repo: GitRepo) -> str:
    """The id of the current commit."""
    return text_of(git(call, _open(call, repo), "rev-parse", "--verify", "HEAD"))


class LogOptions(Options):
    """Options of `GitRepo.log`."""

    limit: int = 20
    since: str = ""
    path: str = ""


@METHODS.fn(capability="git", handle="GitRepo")
def log(call: HostCall, repo: GitRepo, opts: LogOptions) -> list[Any]:
    """The last commits, newest first: id, short, author, email, date, subject, body."""
    if opts.limit < 0:
        raise call.invalid("limit", "must not be negative")
    since = [f"--since={opts.since}"] if opts.since else []
    place = ["--", check_word(call, "path", opts.path)] if opts.path else []
    repository = _open(call, repo)
    arguments = ("log", f"--max-count={opts.limit}", f"--format={_FIELDS}", "--no-ext-diff", *since, *place)
    outcome = start_git(call, repository.real, arguments, repository.switches)
    if not outcome.success and b"does not have any commits yet" in outcome.stderr:
        return []
    if not outcome.success:
        raise failure(call, outcome, "log", repo.place)
    names = ("id", "short", "author", "email", "date", "subject", "body")
    records = [record.strip("\n") for record in text_of(outcome).split("\x1e")]
    return [
        dict(zip(names, (*parts[:-1], parts[-1].strip()), strict=True))
        for parts in (record.split("\x1f") for record in records if record)
    ]


class DiffOptions(Options):
    """Options of `GitRepo.diff`."""

    staged: bool = False
    ref: str = ""
    path: str = ""


@METHODS.fn(capability="git", handle="GitRepo")
def diff(call: HostCall, repo: GitRepo, opts: DiffOptions) -> str:
    """The changes as a unified diff: of the working tree, the index (`staged`), or against `ref`."""
    arguments = ["diff", "--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=all"]
    arguments += ["--cached"] if opts.staged else []
    arguments += [check_word(call, "ref", opts.ref)] if opts.ref else []
    arguments += ["--", *([check_word(call, "path", opts.path)] if opts.path else [])]
    return git(call, _open(call, repo), *arguments).stdout.decode("utf-8", "replace")


@METHODS.fn(capability="git", handle="GitRepo")
def show(call: HostCall, repo: GitRepo, ref: str, path: str) -> str:
    """The text of a file as it was at a reference."""
    from horus_runtime.modules.sal.files import decode

    name = f"{check_word(call, 'ref', ref)}:{check_word(call, 'path', path)}"
    content = git(call, _open(call, repo), "cat-file", "blob", name).stdout
    return decode(call, content, path)


def _references(call: HostCall, repo: GitRepo, kind: str) -> list[str]:
    output = text_of(git(call, _open(call, repo), "for-each-ref", "--format=%(refname:lstrip=2)", kind))
    return sorted(output.splitlines())


def status_of(call: HostCall, repository: Repository) -> dict[str, Any]:
    """The state of a working tree, read from git's machine format."""
    arguments = ("status", "--porcelain=v2", "--branch", "--untracked-files=all", "--ignore-submodules=all", "-z")
    fields = iter(git(call, repository, *arguments).stdout.decode("utf-8", "replace").split("\0"))
    facts: dict[str, Any] = {"branch": "", "ahead": 0, "behind": 0, "detached": False}
    paths: dict[str, list[str]] = {"staged": [], "modified": [], "untracked": [], "conflicted": []}
    for line in fields:
        kind, _, rest = line.partition(" ")
        if kind == "#":
            _header(facts, rest)
        elif kind in {"1", "2"}:
            states, name = rest[:2], rest.split(" ", 7 if kind == "1" else 8)[-1]
            if kind == "2":
                next(fields, None)  # a renamed file's former name
            if states[0] != ".":
                paths["staged"].append(name)
            if states[1] != ".":
                paths["modified"].append(name)
        elif kind == "u":
            paths["conflicted"].append(rest.split(" ", 9)[-1])
        elif kind == "?":
            paths["untracked"].append(rest)
    return {**facts, "clean": not any(paths.values()), **{name: sorted(found) for name, found in paths.items()}}


def _header(facts: dict[str, Any], text: str) -> None:
    name, _, value = text.partition(" ")
    if name == "branch.head":
        facts["detached"] = value == "(detached)"
        facts["branch"] = "" if facts["detached"] else value
    elif name == "branch.upstream":
        facts["upstream"] = value
    elif name == "branch.ab":
        ahead, behind = value.split(" ")
        facts["ahead"], facts["behind"] = int(ahead), -int(behind)


# --- changing --------------------------------------------------------------------------------------------------------


@METHODS.fn(capability="git", handle="GitRepo")
def add(call: HostCall, repo: GitRepo, paths: list[Any]) -> GitRepo:
    """Put the present content of files into the next commit."""
    names = [check_word(call, "paths", str(name)) for name in paths]
    git(call, _open(call, repo, "local"), "add", "--", *names)
    return repo


class CommitOptions(Options):
    """Options of `GitRepo.commit`."""

    all_: bool = True
    paths: list[Any] = []  # noqa: RUF012 - options are read, never changed
    author: str = ""
    allow_empty: bool = False


@METHODS.fn(capability="git", handle="GitRepo")
def commit(call: HostCall, repo: GitRepo, message: str, opts: CommitOptions) -> str:
    """Commit all changes (or `paths`, or with `all: false` what was added). Gives the id of the commit."""
    if not message.strip():
        raise call.invalid("message", "is empty")
    repository = _open(call, repo, "local")
    added = [check_word(call, "paths", str(name)) for name in opts.paths]
    planned = False
    if added or opts.all_:
        planned = git(call, repository, "add", *(["--", *added] if added else ["--all"])).simulated
    if not opts.allow_empty and not planned and not status_of(call, repository)["staged"]:
        raise call.fail("Conflict", f"there is nothing to commit in '{repo.place}'", path=repo.place)
    arguments = ["commit", "--quiet", "--no-verify", "--file=-", *_author(call, opts), *_who(call, repository)]
    if opts.allow_empty:
        arguments.append("--allow-empty")
    git(call, repository, *arguments, stdin=message.encode("utf-8"))
    return head(call, repo)


def _author(call: HostCall, opts: CommitOptions) -> list[str]:
    return [f"--author={check_word(call, 'author', opts.author)}"] if opts.author else []


def _who(call: HostCall, repository: Repository) -> list[str]:
    """A neutral author where git knows none, so that a commit in a fresh place does not fail."""
    known = start_git(call, repository.real, ("var", "GIT_COMMITTER_IDENT"), repository.switches)
    if known.success:
        return []
    raise failure(call, known, "commit", repository.path)


class PullOptions(Options):
    """Options of `GitRepo.pull`."""

    rebase: bool = False


@METHODS.fn(capability="git", handle="GitRepo")
def pull(call: HostCall, repo: GitRepo, opts: PullOptions) -> GitRepo:
    """Take over what is new on the remote branch, only forward unless `rebase`; not over uncommitted changes."""
    repository = _open(call, repo, "remote")
    _refuse_dirty(call, repository)
    _check_remotes(call, repository)
    how = "--rebase" if opts.rebase else "--ff-only"
    arguments = ("pull", "--quiet", how, "--no-recurse-submodules", "--upload-pack=git-upload-pack")
    git(call, repository, *arguments, timeout=REMOTE_TIMEOUT)
    return repo


@METHODS.fn(capability="git", handle="GitRepo")
def fetch(call: HostCall, repo: GitRepo) -> GitRepo:
    """Look at what is new on the remote without changing the working tree."""
    repository = _open(call, repo, "remote")
    _check_remotes(call, repository)
    arguments = ("fetch", "--quiet", "--no-recurse-submodules", "--upload-pack=git-upload-pack")
    git(call, repository, *arguments, timeout=REMOTE_TIMEOUT)
    return repo


class PushOptions(Options):
    """Options of `GitRepo.push`."""

    force: bool = False
    tags: bool = False


@METHODS.fn(capability="git", handle="GitRepo")
def push(call: HostCall, repo: GitRepo, opts: PushOptions) -> GitRepo:
    """Send the current branch to the remote and follow it from now on. Never forces unless told."""
    repository = _open(call, repo, "remote")
    _check_remotes(call, repository)
    name = branch(call, repo)
    if not name:
        raise call.fail("Conflict", f"no branch is checked out in '{repo.place}'", path=repo.place)
    force = ["--force-with-lease"] if opts.force else []
    with_tags = ["--tags"] if opts.tags else []
    arguments = ["push", "--quiet", "--no-verify", "--receive-pack=git-receive-pack", "--set-upstream"]
    git(call, repository, *arguments, *force, *with_tags, "--", _remote_name(repository, name), name,
        timeout=REMOTE_TIMEOUT)  # fmt: skip
    return repo


class ResetOptions(Options):
    """Options of `GitRepo.reset`."""

    ref: str = "HEAD"
    force: bool = False


@METHODS.fn(capability="git", handle="GitRepo")
def reset(call: HostCall, repo: GitRepo, opts: ResetOptions) -> GitRepo:
    """Go back to a reference and drop everything that is not committed, which needs `force` when there is something."""
    repository = _open(call, repo, "local")
    if not opts.force:
        _refuse_dirty(call, repository, hint="use #{force: true} to drop the changes")
    git(call, repository, "reset", "--quiet", "--hard", check_word(call, "ref", opts.ref))
    git(call, repository, "clean", "--quiet", "-d", "--force")
    return repo


@METHODS.fn(capability="git", handle="GitRepo")
def create_branch(call: HostCall, repo: GitRepo, name: str) -> GitRepo:
    """Make a branch at the current commit and go to it."""
    git(call, _open(call, repo, "local"), "switch", "--quiet", "--create", check_word(call, "name", name))
    return repo


@METHODS.fn(capability="git", handle="GitRepo")
def checkout(call: HostCall, repo: GitRepo, ref: str) -> GitRepo:
    """Go to a branch, tag or commit. Changes that are not committed refuse it."""
    repository = _open(call, repo, "local")
    _refuse_dirty(call, repository)
    git(call, repository, "checkout", "--quiet", check_word(call, "ref", ref), "--")
    return repo


@METHODS.fn(capability="git", handle="GitRepo")
def create_tag(call: HostCall, repo: GitRepo, name: str) -> GitRepo:
    """Give the current commit a name."""
    git(call, _open(call, repo, "local"), "tag", "--", check_word(call, "name", name))
    return repo


@METHODS.fn(capability="git", handle="GitRepo")
def stash(call: HostCall, repo: GitRepo) -> bool:
    """Put the changes that are not committed aside; false when there are none."""
    repository = _open(call, repo, "local")
    if status_of(call, repository)["clean"]:
        return False
    git(call, repository, "stash", "push", "--quiet", "--include-untracked")
    return True


@METHODS.fn(capability="git", handle="GitRepo")
def stash_pop(call: HostCall, repo: GitRepo) -> bool:
    """Take back what was put aside last; false when nothing was."""
    repository = _open(call, repo, "local")
    if not text_of(git(call, repository, "stash", "list")):
        return False
    git(call, repository, "stash", "pop", "--quiet")
    return True


class DeleteOptions(Options):
    """Options of `GitRepo.delete`."""

    force: bool = False


@METHODS.fn(capability="git", handle="GitRepo")
def delete(call: HostCall, repo: GitRepo, opts: DeleteOptions) -> bool:
    """Remove the repository with its working tree; needs `force` when something in it is not committed."""
    from horus_runtime.modules.sal.trees import delete_repository

    repository = _open(call, repo, "local")
    if not opts.force:
        _refuse_dirty(call, repository, hint="use #{force: true} to drop the changes")
    return delete_repository(call, repo.place)


def _refuse_dirty(call: HostCall, repository: Repository, hint: str = "commit or reset them first") -> None:
    if not status_of(call, repository)["clean"]:
        message = f"'{repository.path}' has changes that are not committed"
        raise call.fail("Conflict", message, path=repository.path, hint=hint)


def _remote_name(repository: Repository, branch_name: str) -> str:
    return repository.settings.get(f"branch.{branch_name}.remote", "origin")


def _check_remotes(call: HostCall, repository: Repository) -> None:
    """Every address that git could use here, after git's own rewriting of addresses, must be allowed."""
    names = {key.split(".")[1] for key in repository.settings if key.startswith("remote.") and key.count(".") >= 2}
    if not names:
        raise call.fail("NotFound", f"the repository '{repository.path}' has no remote", path=repository.path)
    for name in sorted(names):
        for kind in ((), ("--push",)):
            arguments = ("remote", "get-url", "--all", *kind, "--", name)
            for url in text_of(git(call, repository, *arguments)).splitlines():
                remote_allowed(call, url)


def remote_allowed(call: HostCall, url: str) -> None:
    """The gate for addresses: https, http and ssh hosts by the `net` rules, local places by the read roots."""
    import re

    from horus_runtime.modules.sal.git_runner import without_secrets

    check_word(call, "url", url)
    shown = without_secrets(url)
    if re.match(r"[\w+.-]+::", url):
        raise call.invalid("url", f"'{shown}' names a transport program")
    match = re.fullmatch(r"(https?|ssh)://(?:[^/@]*@)?(\[[^\]]+\]|[^/:]+)(?::(\d+))?(/.*)?", url)
    scp = re.fullmatch(r"(?:[\w.-]+@)?([\w.-]+):(?!//)(.+)", url)
    if match is not None:
        port = int(match[3]) if match[3] else {"https": 443, "http": 80, "ssh": 22}[match[1]]
        host = match[2]
    elif scp is not None and not os.path.isabs(url):
        host, port = scp[1], 22
    elif "://" in url and not url.startswith("file://"):
        raise call.invalid("url", f"'{shown}' has a scheme that is not https, http, ssh or file")
    else:
        allowed_path(call, url.removeprefix("file://"), "read")
        return
    if host.startswith("-"):
        raise call.invalid("url", f"'{shown}' has a host that a program could take for an option")
    call.require(call.policy.host(host, port), "net", f"{host}:{port}")
