"""The error that leaves a native function when a function pointer it called has failed."""

from __future__ import annotations

from horus_runtime.errors import EvalError


class CallbackError(EvalError):
    """`<text of the inner error>` and, on the next line, `in call to function 'map'`.

    The whole text names places and scripts that only the tracebacks know: `tracing.explain` composes it. What is here
    is the text without them.
    """

    def __init__(self, function: str, inner: EvalError) -> None:
        message = f"{inner.message}\nin call to function '{function}'"
        super().__init__("ErrorInFunctionCall", message, fields={"function": function, "source": ""}, inner=inner)
        self.function = function
        self.explained = False
