"""A plan as text for people: diffs, then what would be done besides, then a line that sums up.

What comes from files and payloads is shown with its control characters made visible, so that no text of theirs can
work on the terminal.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from horus_runtime.planning.effects import ANSWERED, PLANNED, Action
from horus_runtime.runtime.visible import visible

if TYPE_CHECKING:
    from horus_runtime.planning.changes import Change, Facts
    from horus_runtime.planning.plan import Plan

_RED: Final = "31"
_GREEN: Final = "32"
_YELLOW: Final = "33"
_CYAN: Final = "36"
_BOLD: Final = "1"
_SIGNS: Final = {
    "create": ("+", _GREEN), "modify": ("~", _YELLOW), "delete": ("-", _RED), "move": (">", _CYAN),
    "mode": ("m", _YELLOW), "touch": ("t", _YELLOW),
}  # fmt: skip
_OPERATIONS: Final = {"create": "create", "update": "modify", "delete": "delete", "define": "mode"}
_WORDS: Final = (
    ("create", "created"), ("modify", "changed"), ("delete", "deleted"), ("move", "moved"), ("mode", "mode changed"),
    ("touch", "touched"),
)  # fmt: skip


def render_plan(plan: Plan, colour: bool = False, *, base: str | None = None) -> str:
    """The plan as text that ends with a line feed.

    Args:
        colour: with the colours of a terminal.
        base: paths below this directory are shown relative to it; by default the working directory.
    """
    return "".join(f"{line}\n" for line in _Renderer(plan, colour, base or os.getcwd()).lines())


def summary(counts: Mapping[str, int], *, complete: bool) -> str:
    """What a plan comes to, in one line."""
    parts = [f"{counts[kind]} {word}" for kind, word in _WORDS if counts[kind]]
    for name, word in (("records", "record"), ("actions", "action")):
        if counts[name]:
            parts.append(f"{counts[name]} {word}{'' if counts[name] == 1 else 's'}")
    found = ", ".join(parts) if parts else "nothing would change"
    return f"plan: {found}" if complete else f"plan up to the error: {found}"


class _Renderer:
    def __init__(self, plan: Plan, colour: bool, base: str) -> None:
        self.plan = plan
        self.colour = colour
        self.base = os.path.realpath(base).rstrip("/") + "/"

    def lines(self) -> Iterator[str]:
        """All lines."""
        plan = self.plan
        for change in plan.changes:
            yield from self.change(change)
        if plan.store is not None:
            yield self.entry("create", f"model store {self.path(plan.store)}")
        for record in plan.records:
            space = "" if record.space == "default" else f"{record.space}:"
            what = f"{'model' if record.operation == 'define' else 'record'} {space}{record.model} {record.id}"
            yield self.entry(_OPERATIONS[record.operation], what.rstrip(), f"({record.operation})")
        if plan.actions:
            yield self.paint("actions, in order:", _BOLD)
            yield from (self.action(number, action) for number, action in enumerate(plan.actions, 1))
        yield self.paint(summary(plan.counts(), complete=plan.error is None), _BOLD)

    def change(self, change: Change) -> Iterator[str]:
        """One entry, with its diff."""
        path = self.path(change.path) + ("/" if change.type == "dir" else "")
        if change.kind == "move":
            yield self.entry("move", f"{self.path(change.moved_from or '')} -> {path}", _line(change.line))
            return
        yield self.entry(change.kind, path, *self.facts(change), _line(change.line))
        if change.diff is not None:
            yield from (self.diff_line(line) for line in change.diff.split("\n")[2:] if line)

    def facts(self, change: Change) -> Iterator[str]:
        """What stands behind a path: modes, links, sizes and hashes where there is no diff."""
        before, after = change.before, change.after
        if change.kind == "mode" and before is not None and after is not None:
            yield f"mode {before.mode:04o} -> {after.mode:04o}"
            return
        if before is not None and after is not None and before.mode != after.mode:
            yield f"(mode {before.mode:04o} -> {after.mode:04o})"
        elif before is None and after is not None and change.type == "file":
            yield f"(mode {after.mode:04o})"
        if change.type == "link":
            yield " ".join(f"-> {visible(facts.target or '')}" for facts in (before, after) if facts is not None)
        elif change.type == "file" and change.diff is None:
            yield " -> ".join(_content(facts) for facts in (before, after) if facts is not None)

    def action(self, number: int, action: Action) -> str:
        """A line of the list of actions."""
        place = f" {_line(action.line)}" if action.line is not None else ""
        answer = "" if action.answer == PLANNED else f" [{action.answer}]"
        note = f" - {action.note}" if action.note else ""
        text = f"{number:>4}. {action.function}: {visible(action.subject)}".rstrip(": ")
        line = f"{text}{place}{answer}{note}"
        return self.paint(line, _CYAN) if action.answer == ANSWERED else line

    # --- pieces ------------------------------------------------------------------------------------------------------

    def entry(self, kind: str, *words: str) -> str:
        """A line with the sign of its kind in front."""
        sign, colour = _SIGNS[kind]
        return self.paint(" ".join((sign, *(word for word in words if word))), colour)

    def diff_line(self, line: str) -> str:
        """A line of a diff, indented."""
        colour = {"+": _GREEN, "-": _RED, "@": _CYAN}.get(line[0])
        text = f"    {visible(line)}"
        return text if colour is None else self.paint(text, colour)

    def path(self, path: str) -> str:
        """A path as it is shown."""
        return visible(path.removeprefix(self.base))

    def paint(self, text: str, colour: str) -> str:
        """The text in a colour of the terminal."""
        return f"\x1b[{colour}m{text}\x1b[0m" if self.colour else text


def _line(number: int | None) -> str:
    return "" if number is None else f"(line {number})"


def _content(facts: Facts) -> str:
    digest = f" sha256:{facts.sha256[:12]}" if facts.sha256 is not None else ""
    return f"{facts.size} bytes{digest}"
