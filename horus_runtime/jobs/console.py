"""What a payload prints: kept up to a bound, and shown while it comes if somebody looks on."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from horus_runtime.source import Position


def debug_line(text: str, source: str | None, position: Position | None) -> str:
    """How `debug` is shown: the place, and the text behind it."""
    place = f"{position.line}:{position.column}" if position is not None else ""
    return f"{source} @ {place} | {text}" if source else f"{place} | {text}"


class Console:
    """Collects printed lines. After `close` it takes no more, so that a run that was given up cannot add any."""

    def __init__(self, limit: int, echo: Callable[[str], None] | None = None) -> None:
        self._limit = limit
        self._echo = echo
        self._parts: list[str] = []
        self._size = 0
        self._full = False
        self._closed = False
        self._lock = Lock()

    def print(self, text: str) -> None:
        """Take one printed line."""
        self.write(f"{text}\n")

    def debug(self, text: str, source: str | None, position: Position | None) -> None:
        """Take what `debug` printed, with the place it came from."""
        self.write(f"{debug_line(text, source, position)}\n")

    def write(self, text: str) -> None:
        """Take text as it is; what goes beyond the bound is dropped, with one notice."""
        with self._lock:
            if self._closed or self._full:
                return
            room = self._limit - self._size
            if len(text) > room:
                self._full = True
                text = f"{text[:room]}\n[output ends here: {self._limit} characters are kept]\n"
            self._parts.append(text)
            self._size += len(text)
        if self._echo is not None:
            self._echo(text)

    def close(self) -> str:
        """Everything that was kept; nothing is taken any more."""
        with self._lock:
            self._closed = True
            return "".join(self._parts)
