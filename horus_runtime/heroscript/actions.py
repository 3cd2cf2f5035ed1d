"""Actions as they stand in a text: kind, actor, name, parameters, place. Parsing of heads."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any, Final

from horus_runtime.errors import ParseError
from horus_runtime.heroscript.names import name_fix
from horus_runtime.heroscript.params import Params
from horus_runtime.heroscript.parser import parse_tokens
from horus_runtime.heroscript.tokens import lex_parameters, line_end, syntax_error
from horus_runtime.source import Position, SourceFile

KINDS: Final = ("dal", "sal", "macro", "wal")
"""By the number of `!`: data layer, system layer, macro, and the fourth kind, which has no words."""
DEFAULT_ACTOR: Final = "core"
DEFAULT_PRIORITY: Final = 50

_BANGS: Final = re.compile(r"!+")
_PART: Final = r"[A-Za-z_][A-Za-z0-9_-]*"
_HEAD: Final = re.compile(rf"({_PART})(?:\.({_PART}))?(?=[ \t\r\n]|$)")


@dataclass(slots=True)
class Action:
    """One action of a payload."""

    kind: str
    actor: str
    name: str
    params: Params = field(default_factory=Params)
    comments: list[str] = field(default_factory=list)
    comments_above: int = field(default=0, compare=False)
    """How many of the comments stand above the head; the others stand between or behind the parameters."""
    id: int = field(default=0, compare=False)
    """Its number in the playbook, from 1."""
    position: Position = field(default=Position(1, 1), compare=False)
    offset: int = field(default=0, compare=False)
    source: SourceFile | None = field(default=None, compare=False, repr=False)
    """The text it stands in."""
    priority: int = field(default=DEFAULT_PRIORITY, compare=False)
    done: bool = field(default=False, compare=False)
    result: Any = field(default=None, compare=False)

    @property
    def full_name(self) -> str:
        """`actor.name`."""
        return f"{self.actor}.{self.name}"

    def export(self) -> str:
        """The action as text that reads back as the same, comments included; without a line end."""
        from horus_runtime.heroscript.export import export_action

        return export_action(self)

    def hash(self) -> str:
        """BLAKE2b-160 of the exported text without comments, in hex."""
        from horus_runtime.heroscript.export import head_of, one_line

        text = f"{head_of(self)} {one_line(self.params)}"
        return hashlib.blake2b(text.encode(), digest_size=20).hexdigest()


def parse_action(source: SourceFile, at: int, base: int, number: int, *, mixed: bool) -> tuple[Action, int]:
    """The action whose first `!` is at `at`, and the offset of the first line after it."""
    bangs = _BANGS.match(source.text, at)
    assert bangs is not None
    if len(bangs[0]) > len(KINDS):
        raise syntax_error(source, f"an action begins with 1 to {len(KINDS)} '!', not {len(bangs[0])}", at)
    head = _HEAD.match(source.text, bangs.end())
    if head is None:
        raise _wrong_head(source, bangs.end())
    actor, name = (head[1], head[2]) if head[2] else (DEFAULT_ACTOR, head[1])
    lexed = lex_parameters(source, head.end(), base, mixed=mixed)
    params, comments = parse_tokens(source, lexed.tokens)
    # An export writes the number of the action as its id; that one says nothing, any other is the author's.
    if params.get("id", "") == str(number):
        params.delete("id")
    kind = KINDS[len(bangs[0]) - 1]
    action = Action(
        kind, name_fix(actor), name_fix(name), params, comments,
        id=number, position=source.position_at(at), offset=at, source=source,
    )  # fmt: skip
    return action, lexed.end


def _wrong_head(source: SourceFile, at: int) -> ParseError:
    text = source.text[at : line_end(source.text, at)]
    word = text.split()[0] if text.split() else ""
    if not word:
        return syntax_error(source, "an action needs a name: actor.name", at)
    if text[0] in " \t":
        return syntax_error(source, "no blanks between '!' and the action's name", at)
    if word.count(".") > 1:
        return syntax_error(source, f"'{word}' has too many parts: an action is actor.name", at)
    return syntax_error(
        source, f"'{word}' is not the name of an action: actor.name of letters, digits, '_' and '-'", at
    )
