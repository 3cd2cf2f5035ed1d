"""Filters of a playbook: which actions a text such as `git.`, `git.list,docker.ps` or `g*.[^r]*` names."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import translate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from horus_runtime.heroscript.actions import Action

_GLOB_SIGNS: Final = frozenset("*?[")

Part = Callable[[str], object]


def compiled_filter(text: str) -> Callable[[Action], bool]:
    """A test for actions. The empty filter names the actions of `core`."""
    pairs = [_pair(item.strip()) for item in (text or ".").split(",")]
    return lambda action: any(actor(action.actor) and name(action.name) for actor, name in pairs)


def _pair(item: str) -> tuple[Part, Part]:
    """Actor before the first dot, name behind the last one; without a dot the actor is `core`."""
    words = item.lower().replace(":", ".")
    if words == ".":
        return _part("core"), _part("")
    if "." not in words:
        return _part("core"), _part(words)
    return _part(words.partition(".")[0]), _part(words.rpartition(".")[2])


def _part(word: str) -> Part:
    if not word:
        return lambda _: True
    if _GLOB_SIGNS.isdisjoint(word):
        return word.__eq__
    return re.compile(translate(word.replace("[^", "[!"))).match
