"""Progress of long work: a bar on standard error, on a terminal only, and only when the work takes long enough."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress as Bar

T = TypeVar("T")
DELAY = 0.4
"""Seconds before there is a bar: what is faster needs none."""


def has_terminal() -> bool:
    """Is there a terminal that can show a bar?"""
    return sys.stderr.isatty() and (os.environ.get("TERM") or "dumb") != "dumb"


class Progress:
    """Counts steps of something whose end is known, or not.

    Args:
        label: what is being done.
        total: how many steps there will be; `None` where nobody knows.
        silent: show nothing, also on a terminal.
    """

    def __init__(self, label: str, total: float | None = None, *, silent: bool = False) -> None:
        self._label = label
        self._total = total
        self.wanted = not silent and has_terminal()
        """Will there be a bar when the work takes long?"""
        self._show_at = time.monotonic() + DELAY
        self._done = 0.0
        self._bar: Bar | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def step(self, count: float = 1, *, label: str | None = None) -> None:
        """So much more is done."""
        self.reach(self._done + count, label=label)

    def reach(self, done: float, total: float | None = None, *, label: str | None = None) -> None:
        """So much is done by now, of so much."""
        if not self.wanted:
            return
        self._done, self._total, self._label = done, total or self._total, label or self._label
        if self._bar is None:
            if time.monotonic() < self._show_at:
                return
            self._bar = self._make_bar()
        self._bar.update(self._bar.task_ids[0], completed=done, total=self._total, description=self._label)

    def _make_bar(self) -> Bar:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

        text = TextColumn("{task.description}", markup=False)
        bar = Progress(
            text,
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=sys.stdout.isatty(),  # lines appear above the bar
        )
        bar.add_task(self._label, total=self._total)
        bar.start()
        return bar


def watched(items: Iterable[T], progress: Progress) -> Iterator[T]:
    """The items, each a step."""
    for item in items:
        yield item
        progress.step()
