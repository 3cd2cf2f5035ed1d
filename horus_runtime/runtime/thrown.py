"""The error that `throw` raises, made cheap: most are caught by the script, which wants the value only."""

from __future__ import annotations

from horus_runtime.errors import LightError
from horus_runtime.runtime import text
from horus_runtime.typing_names import Any


class ThrownError(LightError):
    """`ErrorRuntime` with any value, the exception's only argument; the message is worded when somebody reads it."""

    kind = "ErrorRuntime"

    @property
    def value(self) -> Any:
        """What was thrown."""
        return self.args[0]

    @property
    def message(self) -> str:  # type: ignore[override]  # computed here, stored in other errors
        """`Runtime error: VALUE`, or `Runtime error` for `()` and the empty string."""
        shown = text.host_display(self.value)
        return f"Runtime error: {shown}" if self.value is not None and shown else "Runtime error"
