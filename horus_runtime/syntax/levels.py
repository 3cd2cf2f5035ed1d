"""What the parser keeps track of besides the tree: the depth of nesting, and the scopes of names.

Depth is counted as Rhai counts it: parsing functions nest, and each call adds a level. `level` is the level at which
an expression would be read at the current place. Statements of a list are read one level below their expressions.

Exact accounting needs a look at every token, so there are two ways to parse. The fast one only makes sure that no
level comes near the limit, and gives up with `DeepNesting` if one does; the careful one then looks at every token.
"""

from __future__ import annotations

from typing import Any, Final, NoReturn

from horus_runtime.ast import nodes
from horus_runtime.errors import Exceeded, ParseError
from horus_runtime.source import Position
from horus_runtime.syntax.checks import CHAINED
from horus_runtime.syntax.grammar import ParseTable
from horus_runtime.syntax.operators import Operator
from horus_runtime.syntax.options import ParseOptions
from horus_runtime.syntax.tokens import RawToken

ABSURD_DEPTH: Final = 400
"""Deeper nesting is refused even without a limit, so that passes over the tree may recurse."""

MAX_LOOP_NESTING: Final = 18
"""Loops and `try` nested deeper in one function cannot be compiled: CPython allows about twenty."""
TOO_DEEP: Final = "Expression exceeds maximum complexity"

_FLOW_WORDS: Final = frozenset(("RETURN", "THROW", "BREAK"))
_UNREAD: Final = frozenset(("LBRACKET", "MAP_START", "LBRACE", "IF", "SWITCH", "DO", "FOR", "TEMPLATE_START"))
_UNREAD_LOOPS: Final = frozenset(("WHILE", "LOOP"))

_MARGIN: Final = 3
"""Levels an expression may reach by itself before any construct reports in."""


class DeepNesting(Exception):
    """The script comes near a depth limit, so it has to be parsed carefully."""


class NoOperand(Exception):
    """`return`, `throw` or `break` ends before this token, which may not start an operand."""

    def __init__(self, token: RawToken) -> None:
        super().__init__(token[1])
        self.token = token


class Scope:
    """Names of one block. `names` maps the declared ones to whether they are constants."""

    __slots__ = ("barrier", "in_function", "in_loop", "is_global", "names", "nesting", "parent")

    def __init__(self, parent: Scope | None, *, function: bool = False, loop: bool = False) -> None:
        self.parent = parent
        self.names: dict[str, bool] | None = None
        self.barrier = function  # names outside cannot be assigned from here
        self.is_global = parent is None
        self.in_function: bool = function or (parent is not None and parent.in_function)
        self.in_loop: bool = loop or (not function and parent is not None and parent.in_loop)
        self.nesting: int = 0 if function or parent is None else parent.nesting

    def declare(self, name: str, constant: bool) -> None:
        """Makes a name known from here to the end of the block."""
        if self.names is None:
            self.names = {}
        self.names[name] = constant

    def find(self, name: str) -> bool | None:
        """Whether the visible declaration of the name is a constant's; `None` when there is none in this function."""
        scope: Scope | None = self
        while scope is not None:
            if scope.names is not None and name in scope.names:
                return scope.names[name]
            if scope.barrier:
                return None
            scope = scope.parent
        return None


class Opener:
    """The token that opens a construct, with what is to be restored when the construct is complete."""

    __slots__ = ("base", "level", "scope", "token")

    def __init__(self, token: RawToken, level: int, scope: Scope, base: int = 0) -> None:
        self.token = token
        self.level = level
        self.scope = scope
        self.base = base


class Link:
    """A `.` or `[` behind an operand: its level, and the dots and the run of indices the operand has with it."""

    __slots__ = ("dots", "indices", "level", "outer", "token")

    def __init__(self, token: RawToken, level: int, dots: int, indices: int, outer: int) -> None:
        self.token = token
        self.level = level
        self.dots = dots
        self.indices = indices
        self.outer = outer  # the level to restore


class Levels:
    """Depth, scopes and the parser's stacks; the builders add the callbacks."""

    def __init__(self, table: ParseTable, options: ParseOptions, *, careful: bool, expression: bool) -> None:
        self.options = options
        self.careful = careful
        self.table = table
        self.values: list[Any] = []
        self.states: list[int] = []
        self.scope = Scope(None)
        self.functions_done = 0
        self.constants: set[str] = set()
        self.expression = expression  # the text may hold only one expression
        self.level = 1 if expression else 2  # a statement is read at level 1, its expression at level 2
        self.maximum = 0
        self.limit = 0
        self.set_maximum(options.max_expr_depth)
        self.linked: nodes.Node | None = None  # the last operand with links, and the last of them
        self.last_link: Link | None = None

    def set_maximum(self, maximum: int) -> None:
        """Switches to another limit, as a function's body does."""
        self.maximum = min(maximum or ABSURD_DEPTH, ABSURD_DEPTH)
        self.limit = -1 if self.careful else self.maximum - _MARGIN

    def operand_level(self, below: int = -1) -> int:
        """The level of an operand that starts now; `below` is where the value before it lies on the stack."""
        if len(self.values) < -below:
            return self.level
        before = self.values[below]
        return before.level if type(before) is Operator else self.level

    def deep(self, *checks: tuple[int, Any]) -> None:
        """Compares levels with the limit, each with the token or node at whose place an excess is reported."""
        if not self.careful:
            raise DeepNesting
        for number, (level, place) in enumerate(checks):
            if level > self.maximum:
                if self._starts_flow_operand(place, number):
                    raise NoOperand(place)
                self.fail("ExprTooDeep", TOO_DEEP, place, exceeded=self._too_deep(level))

    def _too_deep(self, level: int) -> Exceeded:
        names = ["max_expr_depth", "max_function_expr_depth"]
        if self.scope.in_function:
            names.reverse()
        found = (name for name in names if getattr(self.options, name) == self.maximum)
        return Exceeded(next(found, "the deepest nesting possible"), self.maximum, level)

    def _starts_flow_operand(self, place: Any, check: int) -> bool:
        """Rhai takes an operand of `return` that is too deep for no operand if it has not read its first token yet."""
        if type(place) is not tuple or not self.starts_flow_operand():
            return False
        return place[0] in _UNREAD_LOOPS or (place[0] in _UNREAD and check == 0)

    def fail(
        self, kind: str, message: str, place: Any, *, lexical: str = "", exceeded: Exceeded | None = None
    ) -> NoReturn:
        """Raises the parse error at a token or node; `exceeded` is the limit that it is about."""
        fields = {"lexical": lexical} if lexical else None
        raise ParseError(kind, message, position_of(place), fields=fields, exceeded=exceeded)

    # ---- places ----------------------------------------------------------------------------------------------------

    def at_operand(self) -> bool:
        """Whether a block, `if`, `switch` or loop that starts now is an operand and not a statement."""
        state = self.states[-1]
        return "LET" not in self.table.steps[state] and not self.table.bodies[state]

    def starts_flow_operand(self) -> bool:
        """Whether the operand that starts now is that of `return`, `throw` or `break`."""
        before = self.values[-1] if self.values else None
        return type(before) is Opener and before.token[0] in _FLOW_WORDS

    def forbid_operand(self, token: RawToken) -> NoReturn:
        """Refuses a construct that the options forbid as an operand."""
        if self.starts_flow_operand() and not self.expression:
            raise NoOperand(token)
        self.fail("BadInput", f"Unexpected '{token[1]}'", token, lexical="UnexpectedInput")

    def allows_operand(self, allowed: bool) -> bool:
        """Whether a block or loop may be an operand here: never in an expression, but in the closures it holds."""
        return allowed and (not self.expression or self.scope.in_function)

    def count_function(self, token: RawToken) -> None:
        """Refuses another function or closure when the limit is reached."""
        limit = self.options.max_functions
        if limit is not None and self.functions_done >= limit:
            exceeded = Exceeded("max_functions", limit, self.functions_done + 1)
            self.fail("TooManyFunctions", "Number of functions defined exceeds maximum limit", token, exceeded=exceeded)

    def enter_scope(self, *, function: bool = False, loop: bool = False) -> None:
        """Opens a scope; the opener remembers the one to return to."""
        self.scope = Scope(self.scope, function=function, loop=loop)

    def leave(self, opener: Opener) -> None:
        """Restores level and scope of the place where the construct began."""
        self.level = opener.level
        self.scope = opener.scope


def position_of(place: Any) -> Position:
    """Where Rhai says a token or node is: operators stand for their expressions."""
    if isinstance(place, tuple):
        return Position(place[2], place[3])
    while True:
        if type(place) is nodes.Binary:
            return place.op_span.start
        if type(place) in CHAINED:
            place = place.target
            continue
        start: Position = place.span.start
        return start
