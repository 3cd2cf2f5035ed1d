"""Records as tables for people. Whatever is in them cannot steer the terminal: control characters are shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.cli.render import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_FIRST: Final = ("id",)
_LAST: Final = ("created_at", "updated_at", "_version", "_score")
_PIPED_WIDTH: Final = 200
MAX_CELL: Final = 60


def print_table(records: Sequence[Mapping[str, Any]], *, empty: str = "") -> None:
    """One row per record, one column per field; nothing (or a sentence) when there are none."""
    from rich.text import Text

    if not records:
        if empty:
            sys.stdout.write(f"{empty}\n")
        return
    table = _table()
    names = columns_of(records)
    for name in names:
        numbers = all(type(record.get(name)) in {int, float, type(None)} for record in records)
        table.add_column(Text(visible(name)), justify="right" if numbers else "left", overflow="fold")
    for record in records:
        table.add_row(*(Text(cell(record[name], MAX_CELL)) if name in record else "" for name in names))
    _console().print(table)


def print_record(record: Mapping[str, Any]) -> None:
    """One line per field."""
    from rich.text import Text

    table = _table()
    table.show_header = False
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in record.items():
        table.add_row(Text(visible(name)), Text(cell(value, None)))
    _console().print(table)


def columns_of(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """All fields in the order in which they are met; the id first, what the store sets last."""
    names = list(dict.fromkeys(name for record in records for name in record))
    middle = [name for name in names if name not in _FIRST + _LAST]
    return [name for name in _FIRST if name in names] + middle + [name for name in _LAST if name in names]


def cell(value: Any, limit: int | None) -> str:
    """A value in a table: texts as they are, everything else as JSON, shortened."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    shown = visible(text)
    return shown if limit is None or len(shown) <= limit else f"{shown[: limit - 1]}…"


def _table() -> Table:
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)


def _console() -> Console:
    """A pipe gets lines long enough to be read by programs, too."""
    from rich.console import Console

    piped = not sys.stdout.isatty()
    return Console(file=sys.stdout, width=_PIPED_WIDTH if piped else None, highlight=False, markup=False, emoji=False)
