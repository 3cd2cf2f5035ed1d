"""Mixed payloads: which lines are actions and which are script, decided before anything runs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from horus_runtime.heroscript.actions import Action, parse_action
from horus_runtime.heroscript.includes import Includes, Reader, included_words, is_include
from horus_runtime.heroscript.placeholders import replace_words
from horus_runtime.heroscript.scanner import Scanner
from horus_runtime.heroscript.tokens import BLANKS, column_of, line_end
from horus_runtime.source import Position, SourceFile

_HEAD: Final = re.compile(r"!{2,4}[A-Za-z_][A-Za-z0-9_-]*\.[A-Za-z_][A-Za-z0-9_-]*(?=[ \t\r\n]|\Z)")
_FLUSH: Final = re.compile(rf"^[^{BLANKS}\n]", re.MULTILINE)
"""A line with content and without indentation."""
_ACTION_LINE: Final = re.compile(rf"^[ \t]*{_HEAD.pattern}", re.MULTILINE)


def holds_action(text: str) -> bool:
    """Does a line of the text begin like an action?"""
    return _ACTION_LINE.search(text) is not None


class Segment(NamedTuple):
    """A stretch of the payload: an action, or script lines (then `action` is `None`)."""

    start: int
    end: int
    action: Action | None = None
    included: Payload | None = None
    """The payload that an action `play.include` stands for."""


class Warning_(NamedTuple):  # noqa: N801 - Warning is Python's
    """Something that is legal but probably not meant."""

    position: Position
    message: str


@dataclass(slots=True)
class Payload:
    """A payload taken apart. The segments cover the text completely, in order."""

    source: SourceFile
    segments: list[Segment] = field(default_factory=list)
    warnings: list[Warning_] = field(default_factory=list)

    @property
    def actions(self) -> list[Action]:
        """The actions, in order, those of included files in the place of the include."""
        found: list[Action] = []
        for segment in self.segments:
            if segment.included is not None:
                found.extend(segment.included.actions)
            elif segment.action is not None:
                found.append(segment.action)
        return found

    def scripts(self) -> list[str]:
        """The script segments' texts, in order."""
        text = self.source.text
        return [text[segment.start : segment.end] for segment in self.segments if segment.action is None]


def split_payload(text: str, name: str | None = None, *, reader: Reader | None = None) -> Payload:
    """Take a payload apart; a wrong action is a `ParseError` with its place.

    With a reader the files of `play.include` are taken apart, too, in the place of the action.
    """
    payload = _split(text, name)
    if reader is not None:
        _include(payload, Includes(reader, name))
        for number, action in enumerate(payload.actions, 1):
            action.id = number
    return payload


def _split(text: str, name: str | None) -> Payload:
    payload = Payload(SourceFile(normal_text(text), name))
    _Splitter(payload).run()
    return payload


def _include(payload: Payload, includes: Includes) -> None:
    for at, segment in enumerate(payload.segments):
        action = segment.action
        if action is None or not is_include(action):
            continue
        included = Payload(payload.source)
        for path, text in includes.open(action):
            included = _split(replace_words(text, included_words(action)), path)
            _include(included, includes)
        payload.segments[at] = segment._replace(included=included)
        payload.warnings.extend(included.warnings)


def normal_text(text: str) -> str:
    """The text without byte-order mark and carriage returns, a first `#!` line blanked; line numbers stay."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    return text[line_end(text, 0) :] if text.startswith("#!") else text


def base_column(text: str) -> int:
    """The indentation that all lines with content share."""
    if _FLUSH.search(text):
        return 0
    columns = []
    start = 0
    while start < len(text):
        end = line_end(text, start)
        if text[start:end].strip(BLANKS):
            columns.append(column_of(text, start))
        start = end + 1
    return min(columns, default=0)


class _Splitter:
    """Walks through the lines; what is not an action is script."""

    def __init__(self, payload: Payload) -> None:
        self.payload = payload
        self.text = payload.source.text
        self.base = base_column(self.text)
        self.script_start = 0
        self.actions = 0

    def run(self) -> None:
        scanner = Scanner(self.text)
        line: int | None = 0
        while line is not None:
            if scanner.complete and self.is_action(line):
                scanner.at = self.take(line)
                scanner.complete = True
                line = scanner.at if scanner.at < len(self.text) else None
            else:
                line = scanner.next_line()
        self.close_script(len(self.text))
        self.warn()

    def is_action(self, line: int) -> bool:
        if column_of(self.text, line) != self.base:
            return False
        return _HEAD.match(self.text, self.first_sign(line)) is not None

    def first_sign(self, line: int) -> int:
        while line < len(self.text) and self.text[line] in " \t":
            line += 1
        return line

    def take(self, line: int) -> int:
        """Take the action of this line; the offset of the first line after it."""
        self.actions += 1
        action, end = parse_action(self.payload.source, self.first_sign(line), self.base, self.actions, mixed=True)
        above = self.comments_above(line)
        action.comments, action.comments_above = above + action.comments, len(above)
        self.close_script(line)
        self.payload.segments.append(Segment(line, end, action))
        self.script_start = end
        return end

    def close_script(self, end: int) -> None:
        if self.script_start < end:
            self.payload.segments.append(Segment(self.script_start, end))

    def comments_above(self, line: int) -> list[str]:
        """The `//` lines right above an action; blank lines may be between."""
        found: list[str] = []
        end = line
        while end > self.script_start:
            start = self.text.rfind("\n", self.script_start, end - 1) + 1 or self.script_start
            content = self.text[start:end].strip(BLANKS + "\n")
            if content.startswith("//"):
                found.append(content.lstrip("/").strip(BLANKS))
            elif content:
                break
            end = start
        return found[::-1]

    def warn(self) -> None:
        """Lines that look like actions and are not, at places where they can have no other sense."""
        for segment in self.payload.segments:
            if segment.action is not None:
                continue
            last = self.text[segment.start : segment.end].rstrip(BLANKS + "\n").rfind("\n") + segment.start + 1
            if self.is_action(last):
                position = self.payload.source.position_at(self.first_sign(last))
                message = "this line continues the script above it, so it is not an action"
                self.payload.warnings.append(Warning_(position, message))
