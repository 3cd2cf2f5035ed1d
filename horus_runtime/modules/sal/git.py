"""The script module `git`: real repositories, through the guarded git command line."""

from __future__ import annotations

import os
import stat
from typing import Any, Final

from horus_runtime.errors import HostFailure
from horus_runtime.modules.disk import entry_status, remove_all
from horus_runtime.modules.host import HostCall, Options
from horus_runtime.modules.sal import git_runner, trees
from horus_runtime.modules.sal.files import status_at
from horus_runtime.modules.sal.git_repo import METHODS, GitRepo, remote_allowed, status_of
from horus_runtime.modules.sal.git_runner import Repository, check_word, checked, open_repository, start_git, text_of
from horus_runtime.modules.sal.paths import allowed_path, located

GIT = METHODS

SEARCH_DEPTH: Final = 5
"""How far below a code root repositories are looked for: provider/account/name and some room."""


class GitTree:
    """A directory below which repositories are found."""

    __slots__ = ("base",)

    def __init__(self, base: str) -> None:
        self.base = base

    def __repr__(self) -> str:
        return f"GitTree({self.base})"


GIT.module.types[GitTree] = "GitTree"


class GitListOptions(Options):
    """Options of `git.list`: which repositories, and whether to look at their working trees."""

    root: str = ""
    filter_: str = ""
    name: str = ""
    account: str = ""
    provider: str = ""
    status: bool = True


@GIT.fn(capability="git", name="list")
def list_(call: HostCall, opts: GitListOptions) -> list[Any]:
    """The repositories below the code root (or `root`), sorted by path, as maps with branch, dirty, ahead, behind.

    `filter` keeps those whose provider/account/name contains a text; `name`, `account`, `provider` are exact.
    """
    call.require_level("git", "read")
    found: list[Any] = []
    for path, below in _repositories(call, opts.root or code_root(call)):
        call.context.charge(1)
        labels = _labels(below)
        if _selected(opts, labels, "/".join(below)):
            found.append({"path": path, **labels, **_facts(call, open_repository(call, path), opts.status)})
    return found


def code_root(call: HostCall) -> str:
    """Where repositories are kept: set by the host or by `git.define`, else `~/code`."""
    root = call.context.services.get("code_root")
    return str(root) if root else os.path.join(os.path.expanduser("~"), "code")


def _repositories(call: HostCall, root: str) -> list[tuple[str, list[str]]]:
    """Paths of all repositories below a directory (or the directory itself); repositories inside are not entered."""
    found: list[tuple[str, list[str]]] = []
    inside: set[str] = set()
    for visited in trees.walk(call, root, max_depth=SEARCH_DEPTH, skip=inside.__contains__):
        if any(entry.name == ".git" for entry in visited.entries):
            inside.update(trees.join(visited.below, entry.name) for entry in visited.entries)
            parts = visited.below.split("/") if visited.below else [os.path.basename(os.path.abspath(root))]
            found.append((trees.join(root, visited.below) if visited.below else root, parts))
    return sorted(found)


def _labels(below: list[str]) -> dict[str, str]:
    """Name, account and provider as the directories say them: provider/account/name."""
    labels = {"name": below[-1]}
    if len(below) > 1:
        labels["account"] = below[-2]
    if len(below) > 2:
        labels["provider"] = below[-3]
    return labels


def _selected(opts: GitListOptions, labels: dict[str, str], joined: str) -> bool:
    exact = (("name", opts.name), ("account", opts.account), ("provider", opts.provider))
    return opts.filter_ in joined and all(not wanted or labels.get(key) == wanted for key, wanted in exact)


def _facts(call: HostCall, repository: Repository, status: bool) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if status:
        state = status_of(call, repository)
        facts = {"branch": state["branch"], "dirty": not state["clean"]}
        facts |= {key: state[key] for key in ("ahead", "behind")}
        if state["detached"]:
            facts |= _tag(call, repository)
    if repository.remote:
        facts["remote"] = repository.remote
    return facts


def _tag(call: HostCall, repository: Repository) -> dict[str, str]:
    arguments = ("describe", "--tags", "--exact-match", "HEAD")
    outcome = start_git(call, repository.real, arguments, repository.switches)
    return {"tag": text_of(outcome)} if outcome.success else {}


# --- single repositories ---------------------------------------------------------------------------------------------


@GIT.fn(capability="git", name="open")
def open_(call: HostCall, path: str) -> GitRepo:
    """The repository whose top directory is `path`."""
    call.require_level("git", "read", path)
    open_repository(call, path)
    return GitRepo(path)


@GIT.fn(capability="git")
def is_repo(call: HostCall, path: str) -> bool:
    """True when `path` is the top directory of a repository."""
    call.require_level("git", "read", path)
    try:
        with located(call, trees.join(path, ".git"), "read", follow=False) as place:
            return status_at(place) is not None
    except HostFailure as failure:
        if failure.failure in {"NotFound", "NotADirectory"}:
            return False
        raise


@GIT.fn(capability="git")
def root(call: HostCall, path: str) -> str | None:
    """The top directory of the repository that contains `path`, or `()`."""
    call.require_level("git", "read", path)
    current = allowed_path(call, path, "read")
    while not entry_status(call.disk, os.path.join(current, ".git")):
        parent = os.path.dirname(current)
        if parent == current:
            return None
        current = parent
    return allowed_path(call, current, "read")


@GIT.fn(capability="git")
def init(call: HostCall, path: str) -> GitRepo:
    """Make an empty repository in a directory, which is made too."""
    from horus_runtime.modules.sal.files import make_directory

    call.require_level("git", "local", path)
    make_directory(call, path)
    real = allowed_path(call, path, "write")
    outcome = checked(call, start_git(call, real, ("init", "--quiet", "--template=")), "init", path)
    if outcome.simulated:
        make_directory(call, trees.join(path, ".git"))  # the mark of a repository, for what the script does next
    return GitRepo(path)


class CloneOptions(Options):
    """Options of `git.clone`."""

    branch: str = ""
    depth: int = 0
    recursive: bool = False


_PLAIN_CLONE: Final = CloneOptions()


@GIT.fn(capability="git")
def clone(call: HostCall, url: str, path: str = "", opts: CloneOptions = _PLAIN_CLONE) -> GitRepo:
    """Clone a repository, without a path to provider/account/name below the code root. Gives the repository.

    With `recursive` its submodules come along, each with its history and at the commit that is recorded for it. Their
    addresses must be granted, too.
    """
    call.require_level("git", "remote", git_runner.without_secrets(url))
    remote_allowed(call, url)
    target = path or trees.join(code_root(call), "/".join(place_of(call, url)))
    return _clone(call, url, target, opts)


def _clone(call: HostCall, url: str, target: str, opts: CloneOptions) -> GitRepo:
    from horus_runtime.modules.sal.files import make_directory, make_parents

    make_parents(call, target)
    with located(call, target, "write", follow=False) as place:
        if status_at(place) is not None:
            raise call.fail("AlreadyExists", f"'{target}' exists already", path=target)
        real = place.real
    arguments = ["clone", "--quiet", "--template=", "--no-recurse-submodules", "--upload-pack=git-upload-pack"]
    arguments += ["--branch", check_word(call, "branch", opts.branch)] if opts.branch else []
    arguments += ["--depth", str(opts.depth)] if opts.depth > 0 else []
    arguments += ["--", url, real]
    outcome = start_git(call, os.path.dirname(real), arguments, timeout=git_runner.REMOTE_TIMEOUT)
    if outcome.simulated:
        make_directory(call, trees.join(target, ".git"))  # the mark of a repository, for what the script does next
        return GitRepo(target)
    checked(call, outcome, "clone", git_runner.without_secrets(url))
    if opts.recursive:
        from horus_runtime.modules.sal.git_submodules import Fetching

        try:
            Fetching(call).fill(target, url)
        except BaseException:
            remove_all(call.disk, real)  # all of it or nothing
            raise
    return GitRepo(target)


def place_of(call: HostCall, url: str) -> tuple[str, str, str]:
    """Provider, account and name that an address stands for: where below a code root it belongs."""
    import re

    match = re.fullmatch(r"(?:\w+://(?:[^/@]*@)?|[\w.-]+@)([\w.-]+)(?::\d+)?[:/](.+?)/?(?:\.git)?/?", url)
    parts = [part for part in match[2].split("/") if part] if match else []
    if match is None or len(parts) < 2 or any(part in {".", ".."} for part in parts):
        raise call.invalid("url", f"'{git_runner.without_secrets(url)}' does not name an account and a repository")
    provider = {"github.com": "github", "gitlab.com": "gitlab"}.get(match[1].lower(), match[1].lower())
    return provider, parts[-2], parts[-1]


# --- trees -----------------------------------------------------------------------------------------------------------


@GIT.fn(capability="git")
def tree(call: HostCall, base: str) -> GitTree:
    """The repositories below a directory as one thing to search."""
    call.require_level("git", "read", base)
    with located(call, base, "read") as place:
        status = status_at(place)
        if status is None or not stat.S_ISDIR(status.st_mode):
            kind = "NotFound" if status is None else "NotADirectory"
            raise call.fail(kind, f"'{base}' is not a directory", path=base)
    return GitTree(base)


@GIT.fn(capability="git", name="list", handle="GitTree")
def tree_list(call: HostCall, tree: GitTree) -> list[str]:
    """The paths of all repositories of the tree."""
    call.require_level("git", "read", tree.base)
    return [path for path, _ in _repositories(call, tree.base)]


@GIT.fn(capability="git", name="find", handle="GitTree")
def tree_find(call: HostCall, tree: GitTree, pattern: str) -> list[str]:
    """The paths of the repositories whose name, or path below the base, matches a pattern with `*`."""
    call.require_level("git", "read", tree.base)
    matches = trees.glob_matcher(call, pattern)
    return [
        path
        for path, below in _repositories(call, tree.base)
        if matches(below[-1]) or matches("/".join(below)) or matches(path)
    ]


@GIT.fn(capability="git", name="get", handle="GitTree")
def tree_get(call: HostCall, tree: GitTree, name: str) -> GitRepo:
    """The one repository of a name; an address is cloned into the tree when it is not there yet."""
    call.require_level("git", "read", name)
    if "://" in name or "@" in name:
        target = trees.join(tree.base, "/".join(place_of(call, name)))
        if is_repo(call, target):
            open_repository(call, target)
            return GitRepo(target)
        call.require_level("git", "remote", git_runner.without_secrets(name))
        remote_allowed(call, name)
        return _clone(call, name, target, _PLAIN_CLONE)
    found = [path for path, below in _repositories(call, tree.base) if name in {below[-1], "/".join(below), path}]
    if len(found) != 1:
        kind, text = ("Ambiguous", f"{len(found)} repositories are") if found else ("NotFound", "no repository is")
        raise call.fail(kind, f"{text} called '{name}' in '{tree.base}'", count=len(found))
    return GitRepo(found[0])
