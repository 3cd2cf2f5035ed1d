"""What trees are made of: functions as hosts see them, and the texts that a tree is put together from.

Apart from `handle`, as running a script needs none of this.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from horus_runtime.engine.handle import parse_text
from horus_runtime.source import Position

if TYPE_CHECKING:
    from horus_runtime.ast import nodes
    from horus_runtime.syntax.options import ParseOptions


class FunctionInfo(NamedTuple):
    """A function of a script as hosts see it."""

    name: str
    params: tuple[str, ...]
    private: bool
    this_type: str | None
    """The type that `fn type.name()` is defined for."""
    doc: str
    """Its doc comments, without the comment signs."""
    comments: tuple[str, ...]
    """Its doc comments as they are written."""
    position: Position

    @property
    def access(self) -> str:
        """`"public"` or `"private"`."""
        return "private" if self.private else "public"

    @property
    def signature(self) -> str:
        """`name(a, b)`, with the type in front where there is one."""
        owner = f"{self.this_type}." if self.this_type else ""
        return f"{owner}{self.name}({', '.join(self.params)})"

    @property
    def key(self) -> tuple[str | None, str, int]:
        """What tells it from others: type, name, number of parameters."""
        return self.this_type, self.name, len(self.params)


FunctionFilter = Callable[[FunctionInfo], bool]


class Part(NamedTuple):
    """A text and what of it belongs to a tree: how a tree is made again elsewhere."""

    text: str
    name: str | None
    expression_only: bool
    statements: bool = True
    functions: frozenset[tuple[str | None, str, int]] | None = None
    """The functions that are kept; `None` keeps all."""


def restricted(parts: tuple[Part, ...], kept: set[Any], *, statements: bool = True) -> tuple[Part, ...]:
    """The parts of a tree of which only some functions are kept. The last part that has a function provides it."""
    left = set(kept)
    found = []
    for part in reversed(parts):
        own = frozenset(left if part.functions is None else left & part.functions)
        left = left if part.functions is None else left - part.functions
        found.append(Part(part.text, part.name, part.expression_only, part.statements and statements, own))
    return tuple(reversed(found))


def parse_parts(parts: tuple[Part, ...], options: ParseOptions | None) -> nodes.Script:
    from horus_runtime.ast import nodes

    body: tuple[nodes.Node, ...] = ()
    functions: dict[Any, nodes.FnDef] = {}
    span = None
    for part in parts:
        script = parse_text(part.text, part.name, options, expression=part.expression_only)
        span = span or script.span
        if part.statements:
            body += script.body
        for function in script.functions:
            key = info_of(function).key
            if part.functions is None or key in part.functions:
                functions.pop(key, None)
                functions[key] = function
    assert span is not None
    return nodes.Script(span, body, tuple(functions.values()))


def info_of(function: nodes.FnDef) -> FunctionInfo:
    return FunctionInfo(
        function.name,
        function.params,
        function.private,
        function.this_type,
        "\n".join(map(uncommented, function.doc)),
        function.doc,
        function.name_span.start,
    )


def uncommented(comment: str) -> str:
    """A doc comment without its signs: `/// text`, `/** text */`."""
    if comment.startswith("///"):
        return comment[3:].removeprefix(" ").rstrip()
    lines = comment.removeprefix("/**").removesuffix("*/").strip().splitlines()
    return "\n".join(line.strip().removeprefix("*").removeprefix(" ") for line in lines)
