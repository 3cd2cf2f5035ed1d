"""The syntax tree: frozen, slotted dataclasses, one per construct, each with the span of its text.

`span.start` is the position Rhai reports for the node unless the page of error positions says otherwise: the first
character of the node's first token. Operators carry the span of their sign besides. Blocks, `if`, `switch` and the
loops are both statements and expressions; `return`, `throw`, `break` and `continue` may also stand right of `??`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from horus_runtime.source import Span


@dataclass(frozen=True, slots=True)
class Node:
    """Base of every node."""

    span: Span


@dataclass(frozen=True, slots=True)
class Expr(Node):
    """Something that has a value and stands where an operand may stand."""


@dataclass(frozen=True, slots=True)
class Stmt(Node):
    """Something that stands in a statement list."""


# ---- literals -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IntLit(Expr):
    """`42`, `0xff`, `-5` (a negative literal is one token)."""

    value: int


@dataclass(frozen=True, slots=True)
class FloatLit(Expr):
    """`1.5`, `2e3`, and integers too large for 64 bits."""

    value: float


@dataclass(frozen=True, slots=True)
class BoolLit(Expr):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class CharLit(Expr):
    """`'x'`: exactly one character."""

    value: str


@dataclass(frozen=True, slots=True)
class StringLit(Expr):
    """`"..."`, a raw string, or a template without `${`; escapes are already decoded."""

    value: str


@dataclass(frozen=True, slots=True)
class UnitLit(Expr):
    """`()`."""


@dataclass(frozen=True, slots=True)
class Template(Expr):
    """`` `a ${b} c` ``: text parts are `StringLit` (never empty), the others `Block`."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ArrayLit(Expr):
    """`[a, b]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapEntry(Node):
    """`key: value` of a map literal; the span is the key's."""

    key: str
    value: Node


@dataclass(frozen=True, slots=True)
class MapLit(Expr):
    """`#{a: 1, "b c": 2}`: entries in source order, keys unique."""

    entries: tuple[MapEntry, ...]


# ---- names and access -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Variable(Expr):
    """`x`, or `m::n::x` with `namespace == ("m", "n")`; the span starts at the first name."""

    name: str
    namespace: tuple[str, ...] = ()
    name_span: Span | None = None
    """Where the last name of a path stands."""


@dataclass(frozen=True, slots=True)
class This(Expr):
    """`this`."""


@dataclass(frozen=True, slots=True)
class Property(Expr):
    """`target.name` or `target?.name`; the span starts at the target."""

    target: Node
    name: str
    name_span: Span
    dot_span: Span
    null_safe: bool = False


@dataclass(frozen=True, slots=True)
class Index(Expr):
    """`target[index]` or `target?[index]`; `bracket_span` is the opening bracket's."""

    target: Node
    index: Node
    bracket_span: Span
    null_safe: bool = False


@dataclass(frozen=True, slots=True)
class Call(Expr):
    """`f(a)`, `m::f(a)`, or `f!(a)` (`captures_scope`); the span starts at the (first) name."""

    name: str
    args: tuple[Node, ...]
    namespace: tuple[str, ...] = ()
    captures_scope: bool = False
    name_span: Span | None = None
    """Where the last name of a path stands."""


@dataclass(frozen=True, slots=True)
class MethodCall(Expr):
    """`target.f(a)` or `target?.f(a)`."""

    target: Node
    name: str
    args: tuple[Node, ...]
    name_span: Span
    dot_span: Span
    null_safe: bool = False


# ---- operators ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unary(Expr):
    """`-x`, `+x`, `!x`; the span starts at the sign."""

    op: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary(Expr):
    """`a op b` for every infix operator: `&&`, `||`, `??`, `in`, `!in`, `..`, `..=` and custom ones included.

    A missing lower bound of a range is the literal 0, a missing upper bound the largest integer.
    """

    op: str
    left: Node
    right: Node
    op_span: Span


@dataclass(frozen=True, slots=True)
class Closure(Expr):
    """`|a, b| body`: the body is one statement; a bare expression stands in an `ExprStmt`."""

    params: tuple[str, ...]
    body: Node
    captures_constants: bool = False
    """Captures constants with a literal value like variables; else it receives the value."""
    copies: tuple[str, ...] = ()
    """Constant arrays, maps, ranges and pointers that it may change: each call changes a copy of its own."""


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Block(Stmt):
    """`{ ... }`; empty statements are dropped by the parser."""

    body: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class If(Stmt):
    """`if c { } else { }`; `orelse` is a `Block`, another `If`, or `None`."""

    condition: Node
    then: Block
    orelse: Node | None = None


@dataclass(frozen=True, slots=True)
class RangePattern(Node):
    """`1..5` or `1..=5` as a `switch` alternative; open ends are 0 and the largest integer."""

    start: int
    end: int
    inclusive: bool


@dataclass(frozen=True, slots=True)
class SwitchArm(Node):
    """`a | b if guard => body`; patterns are literal expressions or `RangePattern`, none at all means `_`.

    The body is a statement; a bare expression stands in an `ExprStmt`, an empty arm is an empty `Block`.
    """

    patterns: tuple[Node, ...]
    guard: Node | None
    body: Node


@dataclass(frozen=True, slots=True)
class Switch(Stmt):
    """`switch v { ... }`; the default arm, if any, is the last one."""

    value: Node
    arms: tuple[SwitchArm, ...]


@dataclass(frozen=True, slots=True)
class While(Stmt):
    """`while c { }`."""

    condition: Node
    body: Block


@dataclass(frozen=True, slots=True)
class Loop(Stmt):
    """`loop { }`."""

    body: Block


@dataclass(frozen=True, slots=True)
class Do(Stmt):
    """`do { } while c` or `do { } until c` (`until`)."""

    body: Block
    condition: Node
    until: bool


@dataclass(frozen=True, slots=True)
class For(Stmt):
    """`for x in e { }` or `for (x, i) in e { }` (`counter`)."""

    variable: str
    counter: str | None
    iterable: Node
    body: Block
    variable_span: Span
    counter_span: Span | None = None


# ---- statements only ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ExprStmt(Stmt):
    """An expression as a statement. Blocks, `if`, `switch` and loops stand in a body bare, without this wrapper."""

    expr: Node


@dataclass(frozen=True, slots=True)
class Let(Stmt):
    """`let x = v;` or `const X = v;` (`constant`); `value` is `None` when there is no initialiser."""

    name: str
    value: Node | None
    constant: bool
    name_span: Span


@dataclass(frozen=True, slots=True)
class Assign(Stmt):
    """`target = v`, `target += v`; `op` is the token's text. Targets: `Variable`, `This`, `Property`, `Index`."""

    target: Node
    op: str
    value: Node
    op_span: Span


@dataclass(frozen=True, slots=True)
class Return(Stmt):
    """`return [v]`."""

    value: Node | None


@dataclass(frozen=True, slots=True)
class Throw(Stmt):
    """`throw [v]`."""

    value: Node | None


@dataclass(frozen=True, slots=True)
class Break(Stmt):
    """`break [v]`."""

    value: Node | None


@dataclass(frozen=True, slots=True)
class Continue(Stmt):
    """`continue`."""


@dataclass(frozen=True, slots=True)
class Try(Stmt):
    """`try { } catch (e) { }`; `variable` is `None` without a name."""

    body: Block
    variable: str | None
    handler: Block
    variable_span: Span | None = None


@dataclass(frozen=True, slots=True)
class Import(Stmt):
    """`import path [as alias]`."""

    path: Node
    alias: str | None
    alias_span: Span | None = None


@dataclass(frozen=True, slots=True)
class Export(Stmt):
    """`export x [as y]`, or `export let/const x = v` with the declaration in `declaration`."""

    name: str
    alias: str | None
    declaration: Let | None = None
    name_span: Span | None = None


# ---- definitions ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Script(Node):
    """A whole script: statements in order, and the hoisted functions in source order."""

    body: tuple[Node, ...]
    functions: tuple[FnDef, ...]
    names_are_known: bool = field(default=False, repr=False, compare=False)
    """The parser has seen no `eval`, no call in the caller's scope and no construct of a host in it."""
