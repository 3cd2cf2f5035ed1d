"""What a script gets to know of an exception that the host's own code raised.

By default that is little: the text of the exceptions that say what is wrong with an argument (`ValueError`, arithmetic
and lookup errors, and what the host lists), as long as it shows nothing of Python; of all others only the name of the
function that failed. The exception itself is kept as the cause of the error, for the host to log.
"""

from __future__ import annotations

from horus_runtime.errors import EvalError
from horus_runtime.typing_names import Any, Final

PLAIN: Final = frozenset(
    {ValueError, ArithmeticError, ZeroDivisionError, OverflowError, LookupError, KeyError, IndexError, TimeoutError}
)
"""Exceptions whose text is meant for the caller. Subclasses that libraries define are not."""

_INSIDES: Final = (
    r"(?i) at 0x[0-9a-f]|<[\w.]+ object"
    r"|<(?:class|function|module|frame|code|built-in|bound|slot|method|generator|coroutine)\b"
    r"|__\w+__|Traceback|File \"|(?:^|[\s'\"(])/(?:\w[\w.-]*/)+|\b\w+\.py\b"
)
"""Traces of Python in a text: addresses, representations of objects, dunder names, files."""


class HostError(EvalError):
    """`ErrorRuntime` in place of a Python exception; that one is `original`, and is not pickled."""

    def __init__(self, message: str, original: BaseException) -> None:
        super().__init__("ErrorRuntime", f"Runtime error: {message}", value=message)
        self.original: BaseException | None = original

    def __reduce__(self) -> Any:
        restore, (cls, state, args) = super().__reduce__()
        return restore, (cls, state | {"original": None}, args)


def _shows_python(text: str) -> bool:
    import re

    return re.search(_INSIDES, text) is not None


def host_error(name: str, error: BaseException, run: Any = None) -> HostError:
    """The script error for an exception out of the host function `name`; the settings of the run say how open it is."""
    settings = getattr(run, "settings", run)
    if getattr(settings, "show_host_errors", False):
        text = str(error)
        return HostError(f"{type(error).__name__}: {text}" if text else type(error).__name__, error)
    public: tuple[type[BaseException], ...] = getattr(settings, "public_errors", ())
    if type(error) in PLAIN or isinstance(error, public):
        text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
        if text and (isinstance(error, public) or not _shows_python(text)):
            return HostError(text, error)
    return HostError(f"function '{name}' of the host failed", error)
