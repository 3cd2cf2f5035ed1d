"""Values over several lines, one element on each, so that a difference shows as a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horus_runtime.runtime.text import quote

if TYPE_CHECKING:
    from horus_runtime.engine.engine import Engine


def laid_out(value: Any, engine: Engine) -> str:
    """The value in its debug form; arrays and maps with an element on every line, maps sorted by key."""
    return "\n".join(_lines(value, engine))


def _lines(value: Any, engine: Engine) -> list[str]:
    if isinstance(value, list) and value:
        items = [_lines(item, engine) for item in value]
        return ["[", *_indented(items), "]"]
    if isinstance(value, dict) and value:
        pairs = [_keyed(key, _lines(value[key], engine)) for key in sorted(value)]
        return ["#{", *_indented(pairs), "}"]
    return [engine.to_debug(value)]


def _keyed(key: str, lines: list[str]) -> list[str]:
    return [f"{quote(key)}: {lines[0]}", *lines[1:]]


def _indented(items: list[list[str]]) -> list[str]:
    return [f"  {line}{',' if at == len(item) - 1 else ''}" for item in items for at, line in enumerate(item)]
