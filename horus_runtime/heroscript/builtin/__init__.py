"""The actions that come with the package, on top of the host modules. Each prints what it found and gives it back."""

from __future__ import annotations

from functools import cache

from horus_runtime.heroscript.builtin.natives import include_reader
from horus_runtime.heroscript.registry import Actions

__all__ = ["builtin_actions", "include_reader"]


@cache
def builtin_actions() -> Actions:
    """The actions of the package; `copy()` it to add others."""
    from horus_runtime.heroscript.builtin import containers, http, osal, osiris, play, repositories

    found = Actions()
    for module in (repositories, containers, play, osal, http, osiris):
        found.specs.update(module.ACTIONS.specs)
    return found
