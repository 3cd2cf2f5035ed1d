"""`play.include`: other files in the place of an action, found, read once, and never in a circle.

How a file is read is the caller's matter (`Reader`): the command line and the runners read under the policy.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from horus_runtime.errors import HorusError, ParseError
from horus_runtime.heroscript.actions import Action

NAME: Final = "play.include"
MAX_DEPTH: Final = 32

Reader = Callable[[str], str]
"""From a path to the text of the file; an error of the package when it cannot be read."""

_KNOWN: Final = ("path", "replace")
_REMOTE: Final = ("git_url", "git_pull", "git_reset")


def is_include(action: Action) -> bool:
    """True for the action that stands for another file."""
    return action.full_name == NAME


class Includes:
    """The files that one reading has opened: which are done, and which are open around each other."""

    def __init__(self, reader: Reader | None, path: str | None) -> None:
        self.reader = reader
        self.open_paths: list[str] = [posixpath.normpath(path)] if path else []
        self.done: set[str] = set(self.open_paths)

    def open(self, action: Action) -> Iterator[tuple[str, str]]:
        """Path and text of the included file, which counts as open until the iteration goes on; nothing if known."""
        path = self.path_of(action)
        if path in self.open_paths:
            circle = " -> ".join([*self.open_paths[self.open_paths.index(path) :], path])
            raise _wrong(action, f"files include each other in a circle: {circle}")
        if path in self.done:
            return
        if len(self.open_paths) >= MAX_DEPTH:
            raise _wrong(action, f"files include each other more than {MAX_DEPTH} deep")
        assert self.reader is not None
        self.done.add(path)
        try:
            text = self.reader(path)
        except HorusError as error:
            if error.position is None:
                error.position, error.source = action.position, action.source
            raise
        with self._opened(path):
            yield path, text

    @contextmanager
    def _opened(self, path: str) -> Iterator[None]:
        self.open_paths.append(path)
        try:
            yield
        finally:
            self.open_paths.pop()

    def path_of(self, action: Action) -> str:
        """The file that an include names, as seen from the file it stands in."""
        for key in action.params:
            if key in _REMOTE:
                raise _wrong(action, f"{NAME} reads files only: get the repository with git.clone first", key)
            if key not in _KNOWN:
                raise _wrong(action, f"unknown parameter '{key}' of {NAME}, which takes path and replace", key)
        path = action.params.get("path", "")
        if not path or action.params.args:
            raise _wrong(action, f"{NAME} needs the parameter 'path'")
        around = posixpath.dirname(self.open_paths[-1]) if self.open_paths else ""
        return posixpath.normpath(posixpath.join(around, path))


def included_words(action: Action) -> dict[str, str]:
    """What `replace:'k:v, k2:v2'` says."""
    found: dict[str, str] = {}
    for pair in action.params.get_list("replace", []):
        name, colon, word = pair.partition(":")
        if not colon or not name.strip():
            raise _wrong(action, f"'{pair}' is not a replacement: write name:word", "replace")
        found[name.strip()] = word.strip()
    return found


def _wrong(action: Action, message: str, key: str | None = None) -> ParseError:
    value = action.params.values.get(key) if key else None
    position = action.position
    if value is not None and value.offset >= 0 and action.source is not None:
        position = action.source.position_at(value.offset)
    return ParseError("InvalidAction", message, position, source=action.source)
