"""A payload as one script: every action a call, script lines as they are, included files in the place of their action.

Without includes the script has the payload's own lines. With them `Composed` remembers where each line came from, so
that errors name the file and line that the author wrote.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from horus_runtime.heroscript.actions import Action
from horus_runtime.heroscript.placeholders import names_in
from horus_runtime.heroscript.tokens import BLANKS
from horus_runtime.source import Position, SourceFile

if TYPE_CHECKING:
    from horus_runtime.heroscript.segments import Payload, Segment

_DOC_COMMENT: Final = re.compile(r"[ \t]*//(/|!)")

Call = Callable[[int, Action], str]
"""The script text that runs an action, by its number from 0."""


class Mark(NamedTuple):
    """From this line of the composed script on, lines are those of a file from `line` on."""

    at: int
    source: SourceFile
    line: int


@dataclass(slots=True)
class Composed:
    """The script and where its lines came from."""

    text: str = ""
    marks: list[Mark] = field(default_factory=list)
    places: dict[int, Position] = field(default_factory=dict)
    """Where the call of an action stands in the script, by the action's number."""

    @property
    def single(self) -> bool:
        """True when all lines are at their own places in one file."""
        return all(mark.source is self.marks[0].source and mark.at == mark.line for mark in self.marks)

    def locate(self, line: int) -> tuple[SourceFile, int]:
        """The file and its line behind a line of the script."""
        found = self.marks[max(bisect_right(self.marks, line, key=lambda mark: mark.at) - 1, 0)]
        return found.source, found.line + line - found.at


def compose(payload: Payload, call: Call) -> Composed:
    """The payload as one script; the value of the script is that of the payload's last element."""
    composer = _Composer(call)
    composer.add(payload)
    return Composed("".join(composer.pieces), composer.marks, composer.places)


class _Composer:
    def __init__(self, call: Call) -> None:
        self.call = call
        self.pieces: list[str] = []
        self.marks: list[Mark] = []
        self.places: dict[int, Position] = {}
        self.line = 1
        self.number = 0

    def put(self, text: str) -> None:
        self.pieces.append(text)
        self.line += text.count("\n")

    def add(self, payload: Payload) -> None:
        source = payload.source
        content_end = len(source.text.rstrip())
        for at, segment in enumerate(payload.segments):
            self.marks.append(Mark(self.line, source, source.line_at(segment.start)))
            piece = source.text[segment.start : segment.end]
            last = at == len(payload.segments) - 1 or segment.end >= content_end
            if segment.included is not None:
                self.include(source, segment, piece, last=last)
            elif segment.action is None:
                follows_action = at + 1 < len(payload.segments)
                self.put(_without_doc_comments(piece) if follows_action else piece)
            else:
                self.action(segment, segment.action, piece, last=last)

    def action(self, segment: Segment, action: Action, piece: str, *, last: bool) -> None:
        """A `;` in front ends a statement that has none; the last call has none behind it: its value is the payload's.

        The lines of the action's text follow, so that what stands below keeps its line.
        """
        column = action.offset - segment.start
        self.places[self.number] = Position(self.line, column + 1)
        ends = "" if last else ";"
        self.put(" " * column + f";{self.call(self.number, action)}{ends}" + "\n" * piece.count("\n"))
        self.number += 1

    def include(self, outer: SourceFile, segment: Segment, piece: str, *, last: bool) -> None:
        assert segment.included is not None
        self.put(";\n")
        self.add(segment.included)
        if self.pieces[-1][-1:] != "\n":
            self.put("\n")
        self.marks.append(Mark(self.line, outer, outer.line_at(segment.start)))
        self.put(("" if last else ";") + "\n" * max(piece.count("\n"), 1))


def _without_doc_comments(script: str) -> str:
    """Blank the doc comments right above an action: in scripts they may stand before functions only."""
    lines = script.split("\n")
    for at in range(len(lines) - 1, -1, -1):
        if _DOC_COMMENT.match(lines[at]):
            lines[at] = ""
        elif lines[at].strip(BLANKS) and not lines[at].lstrip(BLANKS).startswith("//"):
            break
    return "\n".join(lines)


def placeholders(action: Action) -> list[str]:
    """The names in `{name}` of an action's values and arguments."""
    texts = [argument.text for argument in action.params.args]
    for value in action.params.values.values():
        texts.extend(value.items if value.items is not None else [value.text])
    return names_in(texts)


def filled(action: Action, meaning: Callable[[str], str | None]) -> Action:
    """The action with `{name}` replaced where the name has a meaning."""
    from dataclasses import replace

    from horus_runtime.heroscript.params import Argument, Params
    from horus_runtime.heroscript.placeholders import fill

    params = Params()
    for key, value in action.params.values.items():
        params.values[key] = value.changed(lambda text: fill(text, meaning))
    params.args = [Argument(fill(item.text, meaning), item.comments, item.offset) for item in action.params.args]
    return replace(action, params=params)
