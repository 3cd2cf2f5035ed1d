"""The error that leaves a native function when a function pointer it called has failed."""

from __future__ import annotations

from horus_runtime.errors import EvalError


class CallbackError(EvalError):
    """`<text of the inner error>` and, on the next line, `in call to function 'map'`.

    The whole text names places and scripts that only the tracebacks know: `tracing.explain` composes it. `cause` is
    what the callback raised, which compiled code may leave as one of Python's own exceptions.
    """

    def __init__(self, function: str, cause: Exception) -> None:
        super().__init__("ErrorInFunctionCall", f"{cause}\nin call to function '{function}'")
        self.function = function
        self.cause = cause
        self.explained = False
