"""What a host may say about names: whether a variable may be declared, and what a name means."""

from __future__ import annotations

from horus_runtime.typing_names import Final


class _Nothing:
    """The answer of a callback that has none."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Final = _Nothing()
"""Returned by a host's callback: go on as if it had not been asked. (`None` is a value: the unit.)"""


class Definition:
    """What a host's `on_def_var` is told about a declaration.

    Args:
        nesting_level: blocks around it; 0 is the global level or a function's own.
    """

    __slots__ = ("is_const", "name", "nesting_level", "will_shadow")

    def __init__(self, name: str, is_const: bool, nesting_level: int, will_shadow: bool) -> None:
        self.name = name
        self.is_const = is_const
        self.nesting_level = nesting_level
        self.will_shadow = will_shadow

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Definition) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        return f"Definition{self._values()}"

    def _values(self) -> tuple[str, bool, int, bool]:
        return self.name, self.is_const, self.nesting_level, self.will_shadow
