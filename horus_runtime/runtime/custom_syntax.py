"""Constructs that the host adds to the language, at run time: what the host's function gets, and how it is called.

The compiler makes a Python function of every input, so that the host may evaluate it any number of times in the place
where it stands: with the variables of the script, its `this`, and its `return`, `break` and `continue`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.errors import HorusError
from horus_runtime.runtime.context import CallContext
from horus_runtime.runtime.scope import MISSING, Scope
from horus_runtime.runtime.values import Cell
from horus_runtime.source import Position

if TYPE_CHECKING:
    from horus_runtime.runtime.environment import EvalScope
    from horus_runtime.runtime.run import Run

NO_LITERAL: Final = MISSING


class PartReturn(BaseException):
    """An input executed `return`: the function around the construct returns `value`."""

    def __init__(self, value: Any = None) -> None:
        super().__init__()
        self.value = value


class PartBreak(PartReturn):
    """An input executed `break`: the loop around the construct ends with `value`."""


class PartContinue(PartReturn):
    """An input executed `continue`."""


class SyntaxDefinition:
    """A construct that the host registered.

    Args:
        symbols: words, symbols and markers, the first of which tells the construct.
        function: called with an `EvalContext` and the inputs; its result is the value of the construct.
        changes_scope: it may add variables to the scope.
    """

    __slots__ = ("changes_scope", "function", "symbols")

    def __init__(self, symbols: tuple[str, ...], function: Callable[..., Any], *, changes_scope: bool) -> None:
        self.symbols = symbols
        self.function = function
        self.changes_scope = changes_scope


class SyntaxInput:
    """What stood at one marker of a construct."""

    __slots__ = ("_context", "_thunk", "literal", "marker", "name", "position")

    def __init__(self, context: EvalContext, marker: str, given: tuple[Any, ...]) -> None:
        self._context = context
        self.marker = marker
        """`"$expr$"`, `"$ident$"`, ..."""
        name, literal, line, column, self._thunk = given
        self.name: str | None = name
        """The name of a variable or the text of a string or symbol; `None` for all else."""
        self.literal: Any = None if literal is NO_LITERAL else literal
        """The value of a literal; `None` for what has to be evaluated."""
        self.position = Position(line, column)

    def eval(self, context: EvalContext | None = None) -> Any:
        """The value of the input now, in the place where it stands.

        Raises:
            HorusError: the script's own error, which the host may let pass or handle.
        """
        return (context or self._context).evaluate(self._thunk)

    def __repr__(self) -> str:
        return f"SyntaxInput({self.marker} {self.name or ''}@ {self.position})"


class EvalContext(CallContext):
    """The place in a script where a construct of the host stands, or a variable that the host is asked for: its scope,
    `this`, source and functions.
    """

    __slots__ = ("_given", "_this", "depth")

    def __init__(self, run: Run, name: str, scope: EvalScope | Callable[[], EvalScope], this: Any, depth: int) -> None:
        super().__init__(run, name)
        self._given = scope
        self._this = this
        self.depth = depth

    @property
    def scope(self) -> Scope:
        """The variables that the construct sees; new ones are known to the script from here on."""
        return self._scope

    @property
    def _scope(self) -> EvalScope:
        """The scope, made when it is first asked for."""
        if callable(self._given):
            self._given = self._given()
        return self._given

    def place_of(self, name: str) -> int:
        """Where a variable stands, counted from the end of the scope: 1 is the latest; 0 means that there is none."""
        at = self._scope.find(name)
        return 0 if at < 0 else len(self._scope) - at

    def settle(self) -> None:
        """The host is through: what it added to the scope stays."""
        if not callable(self._given):
            self._given.keep()

    @property
    def this(self) -> Any:
        """The value of `this`; `None` where it is not bound."""
        value = self._this.v if type(self._this) is Cell else self._this
        return None if value is MISSING else value

    def eval(self, node: SyntaxInput) -> Any:
        """As `node.eval()`."""
        return node.eval(self)

    def evaluate(self, thunk: Callable[[], Any]) -> Any:
        self._scope.keep()
        try:
            return self._guarded(thunk)
        finally:
            self._scope.refresh()


def call_construct(
    run: Run,
    definition: SyntaxDefinition,
    scope: EvalScope,
    this: Any,
    depth: int,
    given: Sequence[tuple[Any, ...]],
    markers: Sequence[str],
    state: str | None,
) -> Any:
    """Call the host's function for one construct; `state` is what its parse function noted, if it has one."""
    context = EvalContext(run, definition.symbols[0], scope, this, depth)
    inputs = [SyntaxInput(context, marker, parts) for marker, parts in zip(markers, given, strict=True)]
    outer, run.depth = run.depth, depth
    try:
        noted = () if state is None else (json.loads(state),)
        value = run.convert(definition.function(context, inputs, *noted))
    except HorusError:
        raise
    except Exception as error:
        from horus_runtime.runtime.host_errors import host_error

        raise host_error(definition.symbols[0], error, run) from error
    finally:
        run.depth = outer
        if definition.changes_scope:
            scope.keep()
    return value
