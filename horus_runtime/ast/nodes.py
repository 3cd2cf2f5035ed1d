"""The syntax tree: frozen, slotted dataclasses, one per construct, each with the span of its text.

`span.start` is the position Rhai reports for the node unless the page of error positions says otherwise: the first
character of the node's first token. Operators carry the span of their sign besides. Blocks, `if`, `switch` and the
loops are both statements and expressions; `return`, `throw`, `break` and `continue` may also stand right of `??`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

from horus_runtime.source import Span

_Class = TypeVar("_Class")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def node_class(cls: type[_Class]) -> type[_Class]:
    """A slotted dataclass, frozen for type checkers only.

    Classes that are frozen at run time set every field through `object.__setattr__`, which makes their objects take
    three times as long to build.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)


@node_class
class Node:
    """Base of every node."""

    span: Span


@node_class
class Expr(Node):
    """Something that has a value and stands where an operand may stand."""


@node_class
class Stmt(Node):
    """Something that stands in a statement list."""


# ---- literals -------------------------------------------------------------------------------------------------------


@node_class
class IntLit(Expr):
    """`42`, `0xff`, `-5` (a negative literal is one token)."""

    value: int


@node_class
class FloatLit(Expr):
    """`1.5`, `2e3`, and integers too large for 64 bits."""

    value: float


@node_class
class BoolLit(Expr):
    """`true` or `false`."""

    value: bool


@node_class
class CharLit(Expr):
    """`'x'`: exactly one character."""

    value: str


@node_class
class StringLit(Expr):
    """`"..."`, a raw string, or a template without `${`; escapes are already decoded."""

    value: str


@node_class
class UnitLit(Expr):
    """`()`."""


@node_class
class Template(Expr):
    """`` `a ${b} c` ``: text parts are `StringLit` (never empty), the others `Block`."""

    parts: tuple[Node, ...]


@node_class
class ArrayLit(Expr):
    """`[a, b]`."""

    items: tuple[Node, ...]


@node_class
class MapEntry(Node):
    """`key: value` of a map literal; the span is the key's."""

    key: str
    value: Node


@node_class
class MapLit(Expr):
    """`#{a: 1, "b c": 2}`: entries in source order, keys unique."""

    entries: tuple[MapEntry, ...]


# ---- names and access -----------------------------------------------------------------------------------------------


@node_class
class Variable(Expr):
    """`x`, or `m::n::x` with `namespace == ("m", "n")`; the span starts at the first name."""

    name: str
    namespace: tuple[str, ...] = ()
    name_span: Span | None = None
    """Where the last name of a path stands."""


@node_class
class This(Expr):
    """`this`."""


@node_class
class Property(Expr):
    """`target.name` or `target?.name`; the span starts at the target."""

    target: Node
    name: str
    name_span: Span
    dot_span: Span
    null_safe: bool = False


@node_class
class Index(Expr):
    """`target[index]` or `target?[index]`; `bracket_span` is the opening bracket's."""

    target: Node
    index: Node
    bracket_span: Span
    null_safe: bool = False


@node_class
class Call(Expr):
    """`f(a)`, `m::f(a)`, or `f!(a)` (`captures_scope`); the span starts at the (first) name."""

    name: str
    args: tuple[Node, ...]
    namespace: tuple[str, ...] = ()
    captures_scope: bool = False
    name_span: Span | None = None
    """Where the last name of a path stands."""


@node_class
class MethodCall(Expr):
    """`target.f(a)` or `target?.f(a)`."""

    target: Node
    name: str
    args: tuple[Node, ...]
    name_span: Span
    dot_span: Span
    null_safe: bool = False


# ---- operators ------------------------------------------------------------------------------------------------------


@node_class
class Unary(Expr):
    """`-x`, `+x`, `!x`; the span starts at the sign."""

    op: str
    operand: Node


@node_class
class Binary(Expr):
    """`a op b` for every infix operator: `&&`, `||`, `??`, `in`, `!in`, `..`, `..=` and custom ones included.

    A missing lower bound of a range is the literal 0, a missing upper bound the largest integer.
    """

    op: str
    left: Node
    right: Node
    op_span: Span


@node_class
class Closure(Expr):
    """`|a, b| body`: the body is one statement; a bare expression stands in an `ExprStmt`."""

    params: tuple[str, ...]
    body: Node
    captures_constants: bool = False
    """Captures constants with a literal value like variables; else it receives the value."""
    copies: tuple[str, ...] = ()
    """Constant arrays, maps, ranges and pointers that it may change: each call changes a copy of its own."""


@node_class
class CustomSyntax(Expr):
    """A construct that the host registered: its first symbol, the symbols met, and the inputs in order."""

    key: str
    symbols: tuple[str, ...]
    parts: tuple[Node, ...]
    state: str | None = None
    """What the host's parse function noted, as JSON; `None` where the symbols were fixed beforehand."""

    @property
    def markers(self) -> tuple[str, ...]:
        """The symbols that stand for the inputs, such as `$expr$`, and the tag `$$name` of a variant."""
        return tuple(s for s in self.symbols if len(s) > 2 and s[0] == "$" and (s[-1] == "$" or s[1] == "$"))


# ---- blocks and flow: statements and expressions alike --------------------------------------------------------------


@node_class
class Block(Stmt):
    """`{ ... }`; empty statements are dropped by the parser."""

    body: tuple[Node, ...]


@node_class
class If(Stmt):
    """`if c { } else { }`; `orelse` is a `Block`, another `If`, or `None`."""

    condition: Node
    then: Block
    orelse: Node | None = None


@node_class
class RangePattern(Node):
    """`1..5` or `1..=5` as a `switch` alternative; open ends are 0 and the largest integer."""

    start: int
    end: int
    inclusive: bool


@node_class
class SwitchArm(Node):
    """`a | b if guard => body`; patterns are literal expressions or `RangePattern`, none at all means `_`.

    The body is a statement; a bare expression stands in an `ExprStmt`, an empty arm is an empty `Block`.
    """

    patterns: tuple[Node, ...]
    guard: Node | None
    body: Node


@node_class
class Switch(Stmt):
    """`switch v { ... }`; the default arm, if any, is the last one."""

    value: Node
    arms: tuple[SwitchArm, ...]


@node_class
class While(Stmt):
    """`while c { }`."""

    condition: Node
    body: Block


@node_class
class Loop(Stmt):
    """`loop { }`."""

    body: Block


@node_class
class Do(Stmt):
    """`do { } while c` or `do { } until c` (`until`)."""

    body: Block
    condition: Node
    until: bool


@node_class
class For(Stmt):
    """`for x in e { }` or `for (x, i) in e { }` (`counter`)."""

    variable: str
    counter: str | None
    iterable: Node
    body: Block
    variable_span: Span
    counter_span: Span | None = None


# ---- statements only ------------------------------------------------------------------------------------------------


@node_class
class ExprStmt(Stmt):
    """An expression as a statement. Blocks, `if`, `switch` and loops stand in a body bare, without this wrapper."""

    expr: Node


@node_class
class Let(Stmt):
    """`let x = v;` or `const X = v;` (`constant`); `value` is `None` when there is no initialiser."""

    name: str
    value: Node | None
    constant: bool
    name_span: Span


@node_class
class Assign(Stmt):
    """`target = v`, `target += v`; `op` is the token's text. Targets: `Variable`, `This`, `Property`, `Index`."""

    target: Node
    op: str
    value: Node
    op_span: Span


@node_class
class Return(Stmt):
    """`return [v]`."""

    value: Node | None


@node_class
class Throw(Stmt):
    """`throw [v]`."""

    value: Node | None


@node_class
class Break(Stmt):
    """`break [v]`."""

    value: Node | None


@node_class
class Continue(Stmt):
    """`continue`."""


@node_class
class Try(Stmt):
    """`try { } catch (e) { }`; `variable` is `None` without a name."""

    body: Block
    variable: str | None
    handler: Block
    variable_span: Span | None = None


@node_class
class Import(Stmt):
    """`import path [as alias]`."""

    path: Node
    alias: str | None
    alias_span: Span | None = None


@node_class
class Export(Stmt):
    """`export x [as y]`, or `export let/const x = v` with the declaration in `declaration`."""

    name: str
    alias: str | None
    declaration: Let | None = None
    name_span: Span | None = None


# ---- definitions ----------------------------------------------------------------------------------------------------


@node_class
class FnDef(Node):
    """`[private] fn name(params) { }`, or a typed method `fn type.name(...)`.

    `this_type` is the run-time type name: `int` and `float` are already mapped to `i64` and `f64`.
    """

    name: str
    params: tuple[str, ...]
    body: Block
    name_span: Span
    private: bool = False
    this_type: str | None = None
    doc: tuple[str, ...] = ()


@node_class
class Script(Node):
    """A whole script: statements in order, and the hoisted functions in source order."""

    body: tuple[Node, ...]
    functions: tuple[FnDef, ...]
    names_are_known: bool = field(default=False, repr=False, compare=False)
    """The parser has seen no `eval`, no call in the caller's scope and no construct of a host in it."""
