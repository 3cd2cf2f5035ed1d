"""How the prompt shows a value: in the language's own literals, over several lines when long, cut when huge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.runtime.text import quote
from horus_runtime.runtime.values import Char

if TYPE_CHECKING:
    from horus_runtime.engine.engine import Engine

WIDTH: Final = 88
MAX_ITEMS: Final = 60
"""Elements of one array or map that are shown, unless everything was asked for."""
MAX_DEPTH: Final = 6
MAX_TEXT: Final = 2000
"""Characters of one string."""
SHORT: Final = 24
"""Elements of at most this many characters share lines."""
INDENT: Final = "  "


class Shower:
    """Lays values out for one width.

    Args:
        width: columns of the terminal.
        whole: show everything, however long it is.
    """

    def __init__(self, engine: Engine, width: int = WIDTH, *, whole: bool = False) -> None:
        self.engine = engine
        self.width = max(20, width)
        self.max_items = 10**9 if whole else MAX_ITEMS
        self.max_text = 10**9 if whole else MAX_TEXT
        self.max_depth = 60 if whole else MAX_DEPTH

    def show(self, value: Any) -> str:
        """The value over as many lines as it needs."""
        return "\n".join(self._lines(value, self.width, 0))

    def type_line(self, value: Any) -> str:
        """The type, with a size where there is one: `array of 3`, `string of 5 characters`."""
        name = self.engine.type_name(value)
        unit = _UNITS.get(type(value))
        if unit is None:
            return name
        count = len(value)
        return f"{name} of {count} {unit if count == 1 else _plural(unit)}"

    def _lines(self, value: Any, width: int, depth: int) -> list[str]:
        if not isinstance(value, (list, dict)) or not value:
            return [self._leaf(value)]
        if depth >= self.max_depth:
            return ["[...]" if isinstance(value, list) else "#{...}"]
        brackets = "[]" if isinstance(value, list) else ("#{", "}")
        items = self._items(value, width, depth)
        line = f"{brackets[0]}{', '.join(item[0] for item in items)}{brackets[1]}"
        if all(len(item) == 1 for item in items) and len(line) <= width:
            return [line]
        if isinstance(value, list) and all(len(item) == 1 and len(item[0]) <= SHORT for item in items):
            return [brackets[0], *self._filled([item[0] for item in items], width), brackets[1]]
        lines = [brackets[0]]
        for item in items:
            lines += [INDENT + part for part in item[:-1]]
            lines.append(f"{INDENT}{item[-1]}{'' if item is items[-1] else ','}")
        lines.append(brackets[1])
        return lines

    def _filled(self, items: list[str], width: int) -> list[str]:
        """Short elements, as many on a line as fit."""
        lines = [INDENT]
        for at, item in enumerate(items):
            part = item if at == len(items) - 1 else f"{item},"
            if len(lines[-1]) + len(part) > width and lines[-1] != INDENT:
                lines.append(INDENT)
            lines[-1] += part if lines[-1] == INDENT else f" {part}"
        return lines

    def _items(self, value: list[Any] | dict[str, Any], width: int, depth: int) -> list[list[str]]:
        """The elements, each as its lines; what is left out is counted in the last of them."""
        shown: list[list[str]] = []
        inner = width - len(INDENT) - 1
        if isinstance(value, dict):
            for key in list(value)[: self.max_items]:
                name = key if _is_name(key) else quote(key)
                first, *rest = self._lines(value[key], inner - len(name) - 2, depth + 1)
                shown.append([f"{name}: {first}", *rest])
        else:
            shown.extend(self._lines(item, inner, depth + 1) for item in value[: self.max_items])
        left = len(value) - len(shown)
        if left:
            shown.append([f"... {left} more"])
        return shown

    def _leaf(self, value: Any) -> str:
        if isinstance(value, str) and len(value) > self.max_text:
            return f"{quote(value[: self.max_text])} ... {len(value) - self.max_text} more characters"
        if isinstance(value, bytearray) and len(value) > self.max_text:
            return f"{self.engine.to_debug(value[: self.max_text])} ... {len(value) - self.max_text} more bytes"
        if isinstance(value, Char):
            return f"'{value}'" if value.isprintable() and value not in "'\\" else f"'{quote(str(value))[1:-1]}'"
        return self.engine.to_debug(value)


_UNITS: Final[Mapping[type, str]] = {str: "character", list: "element", dict: "property", bytearray: "byte"}


def _plural(unit: str) -> str:
    return "properties" if unit == "property" else f"{unit}s"


def _is_name(key: str) -> bool:
    return key.isidentifier() and key.isascii()
