"""The whole exception tree.

A script can catch exactly `EvalError` and its children; everything else passes through a script's `try`.
`kind` is Rhai's name for the error (`"ErrorArithmetic"`, `"MissingToken"`, ...), `message` the full text without the
position suffix of the outermost error, `position` the place or `None`.
"""

from __future__ import annotations

from horus_runtime.typing_names import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from horus_runtime.source import Position, SourceFile


Hint: TypeAlias = "str | Callable[[], str | None] | None"
"""A line of advice, or a function that looks for one when it is wanted."""


class Unset:
    """The type of `UNSET`: marks a position that the innermost script frame still has to supply."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()
"""Position of an error whose place is read from the traceback of the generated code."""


class HorusError(Exception):
    """Base of every error that this package raises on purpose."""

    catchable = False
    """May a script catch it?"""
    exit_code = 1
    """What the command line returns when this error ends a run."""

    def __init__(
        self,
        kind: str,
        message: str,
        position: Position | Unset | None = None,
        *,
        fields: dict[str, Any] | None = None,
        source: SourceFile | None = None,
        hint: Hint = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self._position = position
        self.fields: dict[str, Any] = fields or {}
        self.source = source
        self._hint = hint
        self.script_traceback: list[tuple[str, Position | None]] = []

    @property
    def position(self) -> Position | None:
        """Line and column of the error, or `None` where Rhai reports none."""
        return None if isinstance(self._position, Unset) else self._position

    @position.setter
    def position(self, value: Position | None | Unset) -> None:
        self._position = value

    @property
    def hint(self) -> str | None:
        """What may help, for people; never part of `message`."""
        hint = self._hint
        if callable(hint):
            hint = self._hint = hint()
        return hint

    @hint.setter
    def hint(self, value: Hint) -> None:
        self._hint = value

    @property
    def pending_hint(self) -> Hint:
        """The hint, or what looks for one when somebody reads it: most errors that scripts catch are never shown."""
        return self._hint

    @property
    def needs_position(self) -> bool:
        """True while the innermost frame has not yet said where the error happened."""
        return self._position is UNSET

    def root(self) -> HorusError:
        """The innermost error; only errors of running scripts have others inside them."""
        return self

    def __str__(self) -> str:
        """The message with Rhai's position suffix."""
        return f"{self.message} ({self.position})" if self.position else self.message

    def render(self, name: str | None = None) -> str:
        """The message for people: source line, caret, message, and a hint where there is one.

        `name` says what to call a source that has no name of its own. Where Rhai reports no position, the place that
        the traceback knows is shown.
        """
        position = self.position
        if position is None and self.script_traceback:
            position = self.script_traceback[-1][1]
        if position is None or self.source is None or not (self.source.text or self.source.name):
            text = f"{self.message} ({position})" if position else self.message
        else:
            text = self.source.excerpt(position, self.message)
            shown = self.source.name or name
            if shown:
                text = f"{shown}:{position.line}:{position.column}\n{text}"
        return f"{text}\nhint: {self.hint}" if self.hint else text

    def to_dict(self) -> dict[str, Any]:
        """The error as plain data for JSON output and job results."""
        position = self.position
        data: dict[str, Any] = {"kind": self.kind, "message": self.message}
        if position is not None:
            data["line"], data["column"] = position
        if self.source is not None and self.source.name:
            data["source"] = self.source.name
        if self.hint:
            data["hint"] = self.hint
        return data

    def __reduce__(self) -> Any:
        # The default would call cls(message) and fail: state travels as the instance dictionary.
        self._hint = self.hint
        return _restore, (type(self), dict(self.__dict__), self.args)


def _restore(cls: type[HorusError], state: dict[str, Any], args: tuple[Any, ...]) -> HorusError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error


class Exceeded:
    """A limit that was gone over: its name, what it allows, and what was wanted, at least."""

    __slots__ = ("limit", "name", "usage")

    def __init__(self, name: str, limit: float, usage: float) -> None:
        self.name = name
        self.limit = limit
        self.usage = usage

    @property
    def hint(self) -> str:
        """The line for people."""
        return f"{self.name} is {self.limit}, wanted {self.usage}"


class ParseError(HorusError):
    """The script's text is wrong. `kind` is the parse error's name, e.g. `"MissingToken"`.

    One that is about a limit (`exceeded`) has `limit` and `usage` among its `fields` and names the limit in its hint.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        position: Position | Unset | None = None,
        *,
        fields: dict[str, Any] | None = None,
        source: SourceFile | None = None,
        hint: Hint = None,
        exceeded: Exceeded | None = None,
    ) -> None:
        if exceeded is not None:
            fields = {**(fields or {}), "limit": exceeded.limit, "usage": exceeded.usage}
            hint = hint or exceeded.hint
        super().__init__(kind, message, position, fields=fields, source=source, hint=hint)

    def to_dict(self) -> dict[str, Any]:
        """Adds limit and usage to the plain data of an error that is about a limit."""
        kept = {name: self.fields[name] for name in ("limit", "usage") if name in self.fields}
        return super().to_dict() | kept

    def as_runtime_text(self) -> str:
        """The message as Rhai words it when a script is compiled while another one runs."""
        return f"Syntax error: {self.message}"


class EvalError(HorusError):
    """A run-time error that scripts may catch.

    `value` is what `throw` threw (for `kind == "ErrorRuntime"`); `inner` is the wrapped error for
    `ErrorInFunctionCall` and `ErrorInModule`.
    """

    catchable = True

    def __init__(
        self,
        kind: str,
        message: str,
        position: Position | Unset | None = UNSET,
        *,
        fields: dict[str, Any] | None = None,
        value: Any = None,
        inner: HorusError | None = None,
        source: SourceFile | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(kind, message, position, fields=fields, source=source, hint=hint)
        self.value = value
        self.inner = inner

    def root(self) -> HorusError:
        """The innermost error, with function and module wrappers taken off."""
        error: HorusError = self
        while isinstance(error, EvalError) and error.inner is not None:
            error = error.inner
        return error


class LightError(EvalError):
    """A base for errors made cheap, since scripts catch many of them: the exception's arguments are all they store.

    Everything else is the class's own until somebody sets it; Python's own constructor takes half the time.
    """

    kind = ""
    inner = None
    source = None
    fields: dict[str, Any] = {}  # noqa: RUF012 - read only
    script_traceback: list[tuple[str, Position | None]] = []  # noqa: RUF012 - replaced, never changed
    _hint = None
    _position = UNSET

    __init__ = Exception.__init__


class HostFailure(EvalError):
    """A host function failed in a way it foresaw; scripts catch a map with `kind`, `message`, `module`, `function`.

    `failure` is that kind (`"NotFound"`, `"Unavailable"`, ...). Rhai sees an `ErrorRuntime` whose value is the map.
    """

    def __init__(
        self, failure: str, message: str, *, module: str = "", function: str = "", hint: str | None = None, **extra: Any
    ) -> None:
        value = {"kind": failure, "message": message, "module": module, "function": function, **extra}
        if hint:
            value["hint"] = hint
        super().__init__("ErrorRuntime", f"{failure}: {message}", value=value, hint=hint)
        self.failure = failure


class PolicyError(HostFailure):
    """A host function was refused by the policy; the message names the missing capability."""

    exit_code = 4

    def __init__(self, message: str, *, capability: str, module: str = "", function: str = "", **extra: Any) -> None:
        super().__init__("PolicyDenied", message, module=module, function=function, capability=capability, **extra)
        self.capability = capability


class PolicyStop(HorusError):
    """A refusal under a policy for which refusals are fatal: no script catches it."""

    exit_code = 4

    def __init__(self, refusal: PolicyError) -> None:
        super().__init__("PolicyDenied", refusal.message, UNSET, hint=refusal.hint)
        self.capability = refusal.capability


class LimitError(HorusError):
    """A limit was hit: operations, time, depth, sizes, or the host stopped the run. Scripts cannot catch it."""

    exit_code = 3

    def __init__(
        self,
        kind: str,
        message: str,
        position: Position | Unset | None = UNSET,
        *,
        limit: float | None = None,
        usage: float | None = None,
        fields: dict[str, Any] | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(kind, message, position, fields=fields, hint=hint)
        self.limit = limit
        self.usage = usage

    @property
    def ends_run(self) -> bool:
        """Is the run over, its time or operations used up or stopped by the host? Nothing may wrap such an error."""
        return self.kind in ("ErrorTooManyOperations", "ErrorTerminated")

    def to_dict(self) -> dict[str, Any]:
        """Adds the limit and the usage to the plain data."""
        data = super().to_dict()
        if self.limit is not None:
            data["limit"] = self.limit
        if self.usage is not None:
            data["usage"] = self.usage
        return data


class ScriptSizeError(LimitError):
    """A text has more than `max_script_size` bytes, also that of an `eval` or of a module: nothing of it is read."""

    ends_run = True


def script_too_large(limit: int, size: int) -> ScriptSizeError:
    """A text of `size` bytes is more than is compiled."""
    hint = f"max_script_size is {limit} bytes, wanted {size}"
    return ScriptSizeError("ErrorDataTooLarge", "Size of script too large", limit=limit, usage=size, hint=hint)


class DataLimitError(LimitError):
    """All values of the run together take more than `max_data_size` bytes."""

    ends_run = True


class DeadlineError(LimitError):
    """The run's time is over."""

    exit_code = 124


class TerminatedError(LimitError):
    """The host stopped the run (`ErrorTerminated`); `token` is the value it gave."""

    exit_code = 130

    def __init__(self, message: str = "Script terminated", *, token: Any = None) -> None:
        super().__init__("ErrorTerminated", message)
        self.token = token


class JobError(HorusError):
    """A job is not valid or cannot be run; `kind` is the stable code of the violated rule."""

    exit_code = 5


class InternalError(HorusError):
    """A defect of this package, never of the script. The cause is chained."""

    exit_code = 70
