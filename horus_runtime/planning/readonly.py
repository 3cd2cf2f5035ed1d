"""Which programs only look: those may really be started while a run is only planned.

A command is read-only when its program and verb stand here and none of its options makes it write or start something
else. Hosts and users mark further ones with rules in the spelling of `--allow-run`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

_GIT: Final = frozenset(
    {
        "status", "log", "diff", "show", "rev-parse", "rev-list", "ls-files", "ls-tree", "describe", "cat-file",
        "for-each-ref", "var", "blame", "shortlog", "show-ref", "merge-base", "name-rev", "version", "--version",
    }
)  # fmt: skip
_GIT_LISTING: Final[Mapping[str, frozenset[str]]] = {
    "branch": frozenset({"--show-current", "--list", "-l"}),
    "tag": frozenset({"--list", "-l"}),
    "config": frozenset({"--list", "-l", "--get", "--get-all", "--get-regexp"}),
    "remote": frozenset({"get-url"}),
    "stash": frozenset({"list", "show"}),
    "worktree": frozenset({"list"}),
}
"""Verbs that list when one of these words comes first among what is no plain option, and write without."""
_GIT_BARE: Final = frozenset({"branch", "tag", "remote"})
"""Verbs that list when nothing but plain options follows."""
_GIT_PLAIN: Final = frozenset(
    {
        "-v", "-vv", "-a", "--all", "-r", "--remotes", "--local", "--global", "--includes", "--null", "-z", "--push",
        "--no-color", "--porcelain", "--",
    }
)  # fmt: skip
"""Options that change only how a list looks, or what is in it."""
_GIT_REFUSED: Final = (
    "--output", "--ext-diff", "--textconv", "--filters", "--exec-path", "--config-env", "--git-dir", "--work-tree",
    "--show-signature", "--open-files-in-pager",
)  # fmt: skip
"""Options that write a file or start a program, whatever the verb is."""
_CONTAINERS: Final = frozenset({"docker", "podman", "nerdctl"})
_CONTAINER_VERBS: Final = frozenset({"ps", "images", "inspect", "version", "info", "logs", "port", "top", "diff"})
_CONTAINER_GROUPS: Final = frozenset({"container", "image", "network", "volume", "system"})
_GROUP_VERBS: Final = frozenset({"ls", "list", "ps", "inspect", "logs", "history", "df", "info"})
_SYSTEMCTL: Final = frozenset({"status", "is-active", "is-enabled", "is-failed", "show", "cat", "list-units"})
_PLAIN: Final = frozenset({"uname", "df", "du", "id", "whoami", "uptime", "nproc", "arch"})
"""Programs that only tell facts, whatever their arguments are."""


def is_read_only(argv: Sequence[str], *, trusted: bool = False) -> bool:
    """Does a command only look? `trusted`: its switches in front of the verb are ours, not a script's."""
    name, arguments = argv[0].rpartition("/")[2], list(argv[1:])
    if name == "git":
        return _git(arguments, trusted=trusted)
    if name in _CONTAINERS:
        return _container(arguments)
    if name == "systemctl":
        return bool(arguments) and arguments[0] in _SYSTEMCTL
    return name in _PLAIN


def git_words(arguments: Sequence[str]) -> list[str]:
    """The arguments of git from its verb on."""
    left = list(arguments)
    while left and (left[0] in {"-c", "-C"} or left[0] in {"--no-pager", "--no-optional-locks", "-P"}):
        del left[: 2 if left[0] in {"-c", "-C"} else 1]
    return left


def _git(arguments: list[str], *, trusted: bool) -> bool:
    words = git_words(arguments)
    if not words or (not trusted and "-c" in arguments[: len(arguments) - len(words)]):
        return False
    options = words[1 : words.index("--")] if "--" in words else words[1:]
    if any(option.startswith(_GIT_REFUSED) for option in options):
        return False
    if words[0] in _GIT:
        return True
    left = [word for word in words[1:] if word not in _GIT_PLAIN and not word.startswith(("--format=", "--sort="))]
    if not left:
        return words[0] in _GIT_BARE and "--" not in words
    listing = _GIT_LISTING.get(words[0], frozenset())
    return left[0] in listing and not any(word.startswith("-") and word not in listing for word in left[1:])


def _container(arguments: list[str]) -> bool:
    if not arguments:
        return False
    if arguments[0] in _CONTAINER_GROUPS:
        return len(arguments) > 1 and arguments[1] in _GROUP_VERBS
    return arguments[0] in _CONTAINER_VERBS
