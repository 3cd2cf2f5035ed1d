"""A terminal with a program in it: keys go in, the screen comes out."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pexpect
import pyte

CTRL_C, CTRL_D, CTRL_R, TAB, ENTER, UP, RIGHT = "\x03", "\x04", "\x12", "\t", "\r", "\x1b[A", "\x1b[C"
PATIENCE = 30
"""Seconds that a screen has to become what a test waits for, on a machine that is busy."""


class Terminal:
    """Starts a program on a screen of its own; use it as a context manager."""

    def __init__(self, command: list[str], *, folder: Path, rows: int = 40, columns: int = 100, **env: str) -> None:
        self._screen = pyte.HistoryScreen(columns, rows, history=2000)
        self._stream = pyte.ByteStream(self._screen)
        environment = {**os.environ, "TERM": "xterm-256color", "HORUS_HOME": str(folder / "home"), **env}
        environment.pop("NO_COLOR", None)
        self._process = pexpect.spawn(
            command[0],
            command[1:],
            dimensions=(rows, columns),
            env={**environment, **env},
            cwd=str(folder),
            timeout=PATIENCE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self._process.close(force=True)

    def type(self, keys: str) -> None:
        """Press keys."""
        self._process.send(keys)

    @property
    def screen(self) -> str:
        """The lines that can be seen now."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    def cells(self, row: int) -> list[pyte.screens.Char]:
        """The characters of a line with their colours."""
        return [self._screen.buffer[row][column] for column in range(self._screen.columns)]

    def wait(self, wanted: str | Callable[[str], bool]) -> str:
        """Wait until the screen holds a text, or is as it should be, and return it."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if wanted in self.screen if isinstance(wanted, str) else wanted(self.screen):
                return self.screen
            self._read()
        raise AssertionError(f"waited for {wanted!r} in vain; the screen is:\n{self.screen}")

    def run(self, text: str, wanted: str | Callable[[str], bool]) -> str:
        """Type a line, press Enter, and wait."""
        self.type(f"{text}{ENTER}")
        return self.wait(wanted)

    def end(self) -> int:
        """Wait for the program to end and return its exit code."""
        end = time.monotonic() + PATIENCE
        while self._process.isalive() and time.monotonic() < end:
            self._read()
        self._process.close()
        return int(self._process.exitstatus if self._process.exitstatus is not None else -1)

    def _read(self) -> None:
        try:
            data = self._process.read_nonblocking(65536, timeout=0.05)
        except pexpect.TIMEOUT:
            return
        except pexpect.EOF:
            return
        self._stream.feed(data)
        if b"\x1b[6n" in data:  # the program asks where the cursor is
            self._process.send(f"\x1b[{self._screen.cursor.y + 1};{self._screen.cursor.x + 1}R")


def without_times(screen: str) -> str:
    """The screen with durations and operation counts replaced, so that whole screens can be compared."""
    counted = re.sub(r"[\d,]+ operations", "N operations", screen)
    return re.sub(r"\d[\d.,]* (us|ms|s)(?=[,;]| |$)", "T", counted, flags=re.MULTILINE)
