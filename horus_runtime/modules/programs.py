"""Rules for programs: a name or absolute path, perhaps with a pattern for every argument.

`git` allows git with any arguments. `systemctl status *` allows exactly one argument behind `status`, `git log **` any
number. A pattern is held against one whole argument, with `*`, `?` and `[abc]` as in file names. Words with blanks are
quoted as for a shell.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, Final

EVERYTHING: Final = "*"
REST: Final = "**"


def rule_text(field: str, item: Any) -> Any:
    """A rule as text; a table `{program = "git", args = ["log", "**"]}` of a policy file becomes one."""
    if not isinstance(item, Mapping):
        return item
    program, args = item.get("program"), item.get("args", [])
    if set(item) - {"program", "args"} or not isinstance(program, str) or not program or not isinstance(args, list):
        raise ValueError(f"a rule of policy field '{field}' has a program and perhaps a list args, not {dict(item)!r}")
    return shlex.join([program, *map(str, args)]) if args else program


@lru_cache(maxsize=512)
def _words(rule: str) -> tuple[str, ...]:
    """The program and the argument patterns of a rule."""
    if os.path.isabs(rule) and os.path.exists(rule):  # noqa: PTH110, PTH117 - a path may have blanks in it
        return (rule,)
    try:
        return tuple(shlex.split(rule)) or (rule,)
    except ValueError:
        return (rule,)


def rule_matches(rule: str, names: set[str], arguments: Sequence[str] | None, *, partly: bool) -> bool:
    """Does a rule speak of this program with these arguments?

    Without arguments a rule with patterns matches when `partly` is set: the program may be started in some way.
    """
    program, *patterns = _words(rule)
    if program != EVERYTHING and program not in names:
        return False
    if not patterns:
        return True
    if arguments is None:
        return partly
    if patterns[-1] == REST:
        patterns.pop()
        arguments = arguments[: len(patterns)] if len(arguments) >= len(patterns) else arguments
    return len(arguments) == len(patterns) and all(map(fnmatchcase, arguments, patterns))


def common_rules(mine: Sequence[str], theirs: Sequence[str]) -> tuple[str, ...]:
    """The rules that both lists grant: equal ones, and of a pair the one that the other covers as a whole."""
    common: dict[str, None] = {}
    for one in mine:
        for two in theirs:
            if one == two or _covers(two, one):
                common[one] = None
            elif _covers(one, two):
                common[two] = None
    return tuple(common)


def _covers(wide: str, narrow: str) -> bool:
    """A rule without patterns covers every rule of the same program."""
    program, *patterns = _words(wide)
    return not patterns and program in {EVERYTHING, _words(narrow)[0]}
