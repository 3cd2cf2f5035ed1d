"""`Playbook`: the actions of texts without script lines, in order, with everything that is asked of them.

Input: texts, files or directories. Output: actions to look for, sort, change, hash and write. Nothing is run here;
`run` does that for payloads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from horus_runtime.errors import ParseError
from horus_runtime.heroscript.actions import DEFAULT_PRIORITY, Action, parse_action
from horus_runtime.heroscript.filters import compiled_filter
from horus_runtime.heroscript.includes import Includes, Reader, included_words, is_include
from horus_runtime.heroscript.params import Params
from horus_runtime.heroscript.placeholders import replace_words
from horus_runtime.heroscript.segments import base_column, normal_text
from horus_runtime.heroscript.tokens import BLANKS, column_of, line_end
from horus_runtime.source import Position, SourceFile

SUFFIXES: Final = (".md", ".hero", ".heroscript")
"""Files of a directory, in this order."""
HIGHEST_OWN: Final = 49
"""Priorities that a filter may give; what no filter names gets `DEFAULT_PRIORITY`."""


class OtherText(NamedTuple):
    """A line that is no action and no part of one."""

    position: Position
    text: str
    source: str | None = None


class Note(NamedTuple):
    """A warning: something legal that was probably not meant."""

    position: Position
    message: str


@dataclass(slots=True)
class Playbook:
    """Actions in the order of their texts."""

    actions: list[Action] = field(default_factory=list)
    other_text: list[OtherText] = field(default_factory=list)
    warnings: list[Note] = field(default_factory=list)
    reader: Reader | None = None
    """How `play.include` gets a file; without one includes stay actions."""
    _sorted: bool = False

    # --- filling -----------------------------------------------------------------------------------------------------

    def add(self, text: str, path: str | None = None, replace: Mapping[str, str] | None = None) -> Playbook:
        """Add the actions of a text, after its placeholders are replaced. A wrong action is a `ParseError`."""
        self._add(replace_words(text, replace or {}), path, Includes(self.reader, path))
        return self

    def add_path(self, path: str | Path, replace: Mapping[str, str] | None = None) -> Playbook:
        """Add a file, or a directory: all below it, first `.md`, then `.hero`, then `.heroscript`, each sorted."""
        place = Path(path)
        files = [place]
        if place.is_dir():
            files = [file for suffix in SUFFIXES for file in sorted(place.rglob(f"*{suffix}")) if file.is_file()]
        for file in files:
            self.add(file.read_text(encoding="utf-8-sig"), str(file), replace)
        return self

    def append(self, action: Action) -> None:
        """Add an action at the end; it gets the next number."""
        action.id = len(self.actions) + 1
        if action.params.get("id", "") == str(action.id):
            action.params.delete("id")
        self.actions.append(action)

    def _add(self, text: str, path: str | None, includes: Includes) -> None:
        for item in _Lines(SourceFile(normal_text(text), path), self).read():
            if includes.reader is not None and is_include(item):
                for name, included in includes.open(item):
                    self._add(replace_words(included, included_words(item)), name, includes)
            else:
                self.append(item)

    # --- looking -----------------------------------------------------------------------------------------------------

    def find(self, filter_: str = "", *, include_done: bool = False) -> list[Action]:
        """The actions that a filter names, in order: `git.`, `git.list,docker.ps`, `g*.[cl]*`."""
        matches = compiled_filter(filter_)
        return [action for action in self.actions if matches(action) and (include_done or not action.done)]

    def get(self, filter_: str) -> Action:
        """The one action that a filter names."""
        found = self.find(filter_)
        if len(found) != 1:
            raise _refused(f"exactly one action '{filter_}' is expected, there are {len(found)}", found)
        return found[0]

    ensure_once = get

    def exists(self, filter_: str) -> bool:
        """True when there is at least one."""
        return bool(self.find(filter_))

    def exists_once(self, filter_: str) -> bool:
        """True when there is exactly one."""
        return len(self.find(filter_)) == 1

    def max_once(self, filter_: str) -> bool:
        """True when there is one, false when there is none, an error when there are more."""
        found = self.find(filter_)
        if len(found) > 1:
            raise _refused(f"at most one action '{filter_}' is expected, there are {len(found)}", found[1:])
        return bool(found)

    def params_get(self, filter_: str) -> Params:
        """The parameters of all that a filter names in one, later ones winning."""
        merged = Params()
        for action in self.find(filter_):
            merged.merge(action.params)
        return merged

    def names(self) -> list[str]:
        """The names of all actions, without their actors."""
        return [action.name for action in self.actions]

    def ensure_processed(self, filter_: str) -> None:
        """An error when an action that the filter names is not done."""
        self._refuse_open(self.find(filter_))

    def empty_check(self) -> None:
        """An error that lists every action that is not done."""
        self._refuse_open([action for action in self.actions if not action.done])

    @staticmethod
    def _refuse_open(left: list[Action]) -> None:
        if left:
            places = ", ".join(f"{action.full_name} (line {action.position.line})" for action in left)
            raise _refused(f"not all actions are done: {places}", left)

    # --- order -------------------------------------------------------------------------------------------------------

    def filtersort(self, priorities: Mapping[int, str]) -> list[Action]:
        """Give every action the first priority whose filter names it, and all others 50; gives them in that order.

        Raises:
            ValueError: a priority is not between 0 and 49.
        """
        for priority in priorities:
            if not 0 <= priority <= HIGHEST_OWN:
                raise ValueError(f"a priority is 0 to {HIGHEST_OWN}, not {priority}")
        filters = [(priority, compiled_filter(priorities[priority])) for priority in sorted(priorities)]
        for action in self.actions:
            matching = (priority for priority, matches in filters if matches(action))
            action.priority = next(matching, DEFAULT_PRIORITY)
        self._sorted = True
        return self.actions_sorted()

    def actions_sorted(self, *, prio_only: bool = False) -> list[Action]:
        """By priority, then in order; `prio_only` leaves out those that no filter named. As written when not sorted."""
        found = sorted(self.actions, key=lambda action: action.priority) if self._sorted else list(self.actions)
        return [action for action in found if not (prio_only and action.priority == DEFAULT_PRIORITY)]

    # --- changing and writing ----------------------------------------------------------------------------------------

    def replace(self, words: Mapping[str, str]) -> None:
        """Put words in the place of `{NAME}` in the values of all actions that are not done."""
        for action in self.actions:
            if not action.done:
                action.params.replace(words)

    def export(self, *, include_done: bool = False) -> str:
        """All actions as text, blank lines between them; done ones are left out."""
        texts = [action.export() for action in self.actions if include_done or not action.done]
        return "\n\n".join(texts) + "\n" if texts else ""

    def hash(self) -> str:
        """BLAKE2b-160 of the actions' hashes, in hex."""
        joined = "\n".join(action.hash() for action in self.actions)
        return hashlib.blake2b(joined.encode(), digest_size=20).hexdigest()

    def __iter__(self) -> Iterator[Action]:
        return iter(self.actions)

    def __len__(self) -> int:
        return len(self.actions)


def parse_playbook(
    text: str, *, path: str | None = None, replace: Mapping[str, str] | None = None, reader: Reader | None = None
) -> Playbook:
    """The playbook of a text without script lines; lines that are no actions are kept as `other_text`."""
    return Playbook(reader=reader).add(text, path, replace)


def _refused(message: str, actions: Iterable[Action]) -> ParseError:
    first = next(iter(actions), None)
    position, source = (None, None) if first is None else (first.position, first.source)
    return ParseError("InvalidPlaybook", message, position, source=source)


class _Lines:
    """The line pass over one text: which lines are actions, which are their comments, and which are other text."""

    def __init__(self, source: SourceFile, playbook: Playbook) -> None:
        self.source = source
        self.text = source.text
        self.playbook = playbook
        self.base = base_column(self.text)
        self.comments: list[tuple[int, str]] = []
        self.after_action = False

    def read(self) -> Iterator[Action]:
        at = 0
        while at < len(self.text):
            end = line_end(self.text, at)
            content = self.text[at:end].strip(BLANKS)
            if content.startswith("!") and not content.startswith("!["):
                start = self.text.index("!", at)
                number = len(self.playbook.actions) + 1
                action, at = parse_action(self.source, start, self.base, number, mixed=False)
                action.comments = [text for _, text in self.comments] + action.comments
                action.comments_above = len(self.comments)
                self.comments, self.after_action = [], True
                yield action
                continue
            self.line(at, content)
            at = end + 1
        self.drop_comments()

    def line(self, at: int, content: str) -> None:
        if not content:
            return
        if content.startswith("//"):
            self.comments.append((at, content.lstrip("/").strip(BLANKS)))
            return
        self.drop_comments()
        if self.after_action and column_of(self.text, at) > self.base:
            self.warn(at)
        self.keep(at, content)

    def warn(self, at: int) -> None:
        message = "this line is indented, but no action is above it to which it could belong"
        self.playbook.warnings.append(Note(self.source.position_at(at), message))

    def drop_comments(self) -> None:
        """Comments that no action follows are text like any other."""
        for at, text in self.comments:
            self.keep(at, text)
        self.comments = []

    def keep(self, at: int, text: str) -> None:
        self.playbook.other_text.append(OtherText(self.source.position_at(at), text, self.source.name))
