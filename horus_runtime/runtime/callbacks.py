"""The error that leaves a native function when a function pointer it called has failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from horus_runtime.errors import EvalError

if TYPE_CHECKING:
    from horus_runtime.errors import _Unset
    from horus_runtime.source import Position


class CallbackError(EvalError):
    """`<text of the inner error>` and, on the next line, `in call to function 'map'`.

    The text names the place of the inner error, which only the calling script frame knows: it is composed anew when
    the position is set. `origin` is the name of the script, where it has one.
    """

    def __init__(self, function: str, inner: EvalError, *, origin: str = "") -> None:
        super().__init__("ErrorInFunctionCall", "", fields={"function": function, "source": origin}, inner=inner)
        self.function = function
        self.origin = origin
        self._compose(inner)

    @property
    def position(self) -> Position | None:
        """Where the native function was called."""
        return super().position

    @position.setter
    def position(self, value: Position | _Unset | None) -> None:
        self._position = value
        inner = self.inner
        if isinstance(inner, EvalError):
            if inner.needs_position:
                inner.position = self.position
            self._compose(inner)

    def _compose(self, inner: EvalError) -> None:
        at = f" @ '{self.origin}'" if self.origin else ""
        position = f" ({inner.position})" if inner.position else ""
        origin = f" (from '{self.origin}')" if self.origin else ""
        self.message = f"{inner.message}{at}{position}\nin call to function '{self.function}'{origin}"
        self.args = (self.message,)
