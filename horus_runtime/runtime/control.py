"""Control flow that leaves a script from any depth."""

from __future__ import annotations

from horus_runtime.typing_names import Any


class ScriptExit(BaseException):
    """The script called `exit`: the run ends with `value`, and no `try` of the script can stop it.

    Not an error, and not an `Exception`, so that nothing catches it by accident.
    """

    def __init__(self, value: Any = None) -> None:
        super().__init__()
        self.value = value
