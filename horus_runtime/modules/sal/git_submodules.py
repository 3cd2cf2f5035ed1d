"""Submodules of a clone: each cloned by itself, by the rules of `git.clone`, at the commit that the parent records.

git's own submodule commands are not used: `.gitmodules` comes from the repository, and may name programs (`update`),
places outside of the tree, and addresses that nobody granted. Here its paths and addresses are data. Every address
passes the policy, every place is looked at by directory handles, and what arrives is a repository of its own.
"""

from __future__ import annotations

import os
import re
import stat
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from horus_runtime.modules.host import HostCall
from horus_runtime.modules.sal import git_runner, trees
from horus_runtime.modules.sal.files import status_at
from horus_runtime.modules.sal.git_repo import remote_allowed
from horus_runtime.modules.sal.git_runner import checked, open_repository, start_git, text_of
from horus_runtime.modules.sal.paths import located

MAX_DEPTH: Final = 8
"""Submodules of submodules of submodules."""
MAX_COUNT: Final = 128
"""Submodules of one clone, at all depths."""
_KEY: Final = re.compile(r"submodule\.(?P<name>.+)\.(?P<what>path|url)", re.DOTALL)


class Submodule(NamedTuple):
    """What a repository says of one of its submodules."""

    path: str
    url: str
    commit: str


class Fetching:
    """One `git.clone` with submodules: how many there were so far."""

    def __init__(self, call: HostCall) -> None:
        self.call = call
        self.count = 0

    def fill(self, path: str, url: str, depth: int = 1) -> None:
        """Clone the submodules of the repository at `path`, which came from `url`, and theirs."""
        call = self.call
        repository = open_repository(call, path)
        for found in self.listed(path, repository.real):
            self.count += 1
            if depth > MAX_DEPTH or self.count > MAX_COUNT:
                limit = f"{MAX_DEPTH} levels" if depth > MAX_DEPTH else f"{MAX_COUNT} submodules"
                raise call.fail("LimitExceeded", f"the submodules of '{path}' are more than {limit}", path=path)
            address = absolute_address(call, found.url, url)
            remote_allowed(call, address)
            place = trees.join(path, found.path)
            self.clone(place, address, found.commit)
            self.fill(place, address, depth + 1)

    def listed(self, path: str, real: str) -> list[Submodule]:
        """The submodules that are recorded in the commit and described in `.gitmodules`, by path."""
        call = self.call
        with located(call, trees.join(path, ".gitmodules"), "read", follow=False) as place:
            status = status_at(place)
        if status is None:
            return []
        if not stat.S_ISREG(status.st_mode):
            raise call.fail("InvalidArgument", f"'.gitmodules' of '{path}' is not a file", path=path)
        arguments = ("config", "--file", ".gitmodules", "--no-includes", "--null", "--list")
        said = checked(call, start_git(call, real, arguments), "config", path).stdout.decode("utf-8", "replace")
        described: dict[str, dict[str, str]] = {}
        for item in said.split("\0"):
            key, _, value = item.partition("\n")
            if match := _KEY.fullmatch(key):
                described.setdefault(match["name"], {})[match["what"]] = value
        commits = self.commits(path, real)
        return sorted(
            Submodule(_checked_path(call, path, known["path"]), known["url"], commits[known["path"]])
            for known in described.values()
            if known.get("url") and known.get("path") in commits
        )

    def commits(self, path: str, real: str) -> dict[str, str]:
        """The recorded commits of the submodules, by path."""
        outcome = checked(self.call, start_git(self.call, real, ("ls-tree", "-r", "-z", "HEAD")), "ls-tree", path)
        found = {}
        for item in outcome.stdout.decode("utf-8", "replace").split("\0"):
            facts, _, name = item.partition("\t")
            if facts.startswith("160000 commit "):
                found[name] = facts.split()[2]
        return found

    def clone(self, place: str, url: str, commit: str) -> None:
        """Fetch a repository into the empty directory that stands for it, and go to the commit."""
        call = self.call
        with located(call, place, "write", follow=False) as where:
            status = status_at(where)
            if status is None or not stat.S_ISDIR(status.st_mode) or call.disk.listdir(where.real):
                raise call.fail("Conflict", f"'{place}' is not the empty directory of a submodule", path=place)
            real = where.real
        words = ["clone", "--quiet", "--template=", "--no-recurse-submodules", "--no-checkout"]
        words += ["--upload-pack=git-upload-pack", "--", url, real]
        outcome = start_git(call, os.path.dirname(real), words, timeout=git_runner.REMOTE_TIMEOUT)
        checked(call, outcome, "clone", git_runner.without_secrets(url))
        repository = open_repository(call, place, "write")
        git_runner.git(call, repository, "checkout", "--quiet", "--detach", commit, "--")
        if text_of(git_runner.git(call, repository, "rev-parse", "HEAD")) != commit:
            raise call.fail("Conflict", f"'{place}' is not at the commit that is recorded for it", path=place)


def _checked_path(call: HostCall, repository: str, path: str) -> str:
    """A path inside of the working tree, in its plain form."""
    parts = path.split("/")
    if any(part in {"", ".", ".."} or part.lower() in {".git", "git~1"} or "\\" in part for part in parts):
        raise call.fail("InvalidArgument", f"'{repository}' has a submodule at '{path}', which is no place in it")
    if path.startswith("-") or any(ord(sign) < 32 for sign in path):
        raise call.fail("InvalidArgument", f"'{repository}' has a submodule at '{path!r}', which is no place in it")
    return path


def absolute_address(call: HostCall, url: str, parent: str) -> str:
    """The address of a submodule; `./` and `../` start from the parent's, as for git."""
    if not url.startswith(("./", "../")):
        return url
    head, path = _split(parent.rstrip("/"))
    parts = path.split("/")
    for step in url.split("/"):
        if step == "..":
            if not parts:
                raise call.invalid("url", f"'{url}' leads out of '{git_runner.without_secrets(parent)}'")
            parts.pop()
        elif step not in {"", "."}:
            parts.append(step)
    return head + "/".join(parts)


def _split(url: str) -> tuple[str, str]:
    """What stays of an address, such as `https://host/`, and the path behind it."""
    if "://" in url:
        address = urlsplit(url)
        return f"{address.scheme}://{address.netloc}/", address.path.lstrip("/")
    host, colon, path = url.partition(":")
    if colon and "/" not in host:
        return f"{host}:", path
    return ("/", url.lstrip("/")) if url.startswith("/") else ("", url)
