"""What a host may say about names: whether a variable may be declared, and what a name means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


class _Nothing:
    """The answer of a callback that has none."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Final = _Nothing()
"""Returned by a host's callback: go on as if it had not been asked. (`None` is a value: the unit.)"""


@dataclass(frozen=True, slots=True)
class Definition:
    """What a host's `on_def_var` is told about a declaration."""

    name: str
    is_const: bool
    nesting_level: int
    """Blocks around it; 0 is the global level or a function's own."""
    will_shadow: bool
