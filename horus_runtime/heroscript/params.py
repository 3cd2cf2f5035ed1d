"""`Params`: what an action was given: named values in order, positional arguments, and their comments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from horus_runtime.heroscript.names import name_fix
from horus_runtime.heroscript.texts import TRIM, joined_items


@dataclass(slots=True)
class Value:
    """One named value: its text, its items when it was written as a list, and comments that belong to it."""

    text: str
    items: list[str] | None = None
    comments: list[str] = field(default_factory=list)
    offset: int = -1
    """Where its key stands in the payload; -1 for values that were set."""

    def as_list(self) -> list[str]:
        """The items; a single value is a list of one, an empty one a list of none."""
        if self.items is not None:
            return list(self.items)
        return [self.text] if self.text else []


@dataclass(slots=True)
class Argument:
    """One positional argument."""

    text: str
    comments: list[str] = field(default_factory=list)
    offset: int = -1


class Params:
    """Named values by their normalised keys, the last one of a name winning, and positional arguments."""

    __slots__ = ("args", "values")

    def __init__(self, values: Mapping[str, Any] | None = None, args: Iterable[str] = ()) -> None:
        self.values: dict[str, Value] = {}
        self.args: list[Argument] = [Argument(text) for text in args]
        for key, value in (values or {}).items():
            self.set(key, value)

    def put(self, key: str, value: Value) -> None:
        """Store a parsed value; a repeated key moves to the end."""
        name = name_fix(key)
        self.values.pop(name, None)
        self.values[name] = value

    def set(self, key: str, value: Any) -> None:
        """Set a value from Python: texts, numbers, truth values, and lists of these."""
        if isinstance(value, (list, tuple)):
            items = [_text(item) for item in value]
            self.put(key, Value(joined_items(items), items))
        else:
            self.put(key, Value(_text(value)))

    def delete(self, key: str) -> None:
        """Remove a value; nothing happens when there is none."""
        self.values.pop(name_fix(key), None)

    def merge(self, other: Params) -> None:
        """Take over the values of `other`, which win, and its arguments that are not here yet."""
        for key, value in other.values.items():
            self.put(key, value)
        known = {argument.text for argument in self.args}
        self.args.extend(argument for argument in other.args if argument.text not in known)

    def get(self, key: str, default: str | None = None) -> str | None:
        """The text of a value, or the default."""
        value = self.values.get(name_fix(key))
        return default if value is None else value.text

    def get_list(self, key: str) -> list[str]:
        """The items of a value; none when it is missing."""
        value = self.values.get(name_fix(key))
        return [] if value is None else value.as_list()

    def arguments(self) -> list[str]:
        """The positional arguments."""
        return [argument.text for argument in self.args]

    def to_dict(self) -> dict[str, str]:
        """All named values as texts, in order."""
        return {key: value.text for key, value in self.values.items()}

    def __contains__(self, key: str) -> bool:
        return name_fix(key) in self.values

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Params)
            and list(self.to_dict().items()) == list(other.to_dict().items())
            and self.arguments() == other.arguments()
            and all(self.values[key].as_list() == other.values[key].as_list() for key in self.values)
        )

    __hash__ = None  # type: ignore[assignment]  # params change

    def __repr__(self) -> str:
        return f"Params({self.to_dict()!r}, {self.arguments()!r})"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip(TRIM)
