"""`Debugger`: stop scripts, look at their variables, change them, and go on step by step.

An engine with a debugger compiles scripts a second time, with a look at the debugger before every statement; without
one nothing of this exists in the compiled code. The callback is called on the script's thread whenever it stops, and
says how to go on; it may wait for somebody as long as it likes: that time is not the script's.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING, Any

from horus_runtime.errors import EvalError, HorusError, TerminatedError
from horus_runtime.runtime.conversion import to_script
from horus_runtime.runtime.values import Cell, copy_value
from horus_runtime.source import Position

if TYPE_CHECKING:
    from horus_runtime.runtime.environment import EvalScope
    from horus_runtime.runtime.run import Run
    from horus_runtime.runtime.state import Linked

See = Callable[[], "EvalScope"]


class Action(Enum):
    """How a script goes on after a stop."""

    CONTINUE = "continue"
    """To the next breakpoint or the end."""
    STEP_INTO = "step into"
    """To the next statement, in whatever function that is."""
    STEP_OVER = "step over"
    """To the next statement of this function or of its caller; functions that are called run through."""
    STEP_OUT = "step out"
    """To the end of this function."""
    TERMINATE = "terminate"
    """End the run with a `TerminatedError`."""


class Event(Enum):
    """Why a script stopped."""

    START = "start"
    STEP = "step"
    BREAKPOINT = "breakpoint"
    PAUSE = "pause"
    FUNCTION_EXIT = "function exit"
    FUNCTION_ERROR = "function error"
    END = "end"
    """The run is over, where it was being stepped through: nothing runs any more, whatever the answer."""


class Breakpoint:
    """Where to stop. Exactly one of `line`, `function` and `property` is set.

    Attributes:
        enabled: a breakpoint that is off is passed.
        condition: an expression in the script's own language; the script stops where it is `true`.
        ignore: how many more times to pass it.
        hits: how often the script came here with the condition met.
    """

    def __init__(
        self,
        *,
        line: int | None = None,
        source: str | None = None,
        function: str | None = None,
        args: int | None = None,
        name: str | None = None,
        condition: str | None = None,
        ignore: int = 0,
    ) -> None:
        self.line = line
        self.source = source
        self.function = function
        self.args = args
        self.property = name
        self.condition = condition
        self.ignore = ignore
        self.enabled = True
        self.hits = 0

    def __str__(self) -> str:
        """As the debugger of Rhai lists it: `file:3`, `f (...)`, `f (_, _)`, `.name`."""
        if self.line is not None:
            return f"{self.source or ''}:{self.line}"
        if self.function is not None:
            shown = "..." if self.args is None else ", ".join("_" * self.args)
            return f"{self.function} ({shown})"
        return f".{self.property}"


class Frame:
    """An active function of the script, or its main part (`name` is empty then)."""

    __slots__ = ("_depth", "_linked", "_run", "_see", "args", "name", "position", "source")

    def __init__(self, run: Run, name: str, args: tuple[Any, ...]) -> None:
        self._run = run
        self._see: See | None = None
        self._linked: Linked | None = None
        self._depth = 0
        self.name = name
        self.args = args
        """The arguments as they were given."""
        self.position: Position | None = None
        """The statement that is about to run."""
        self.source: str | None = None

    def _scope(self) -> EvalScope:
        if self._see is None:
            raise LookupError(f"'{self.name}' has not reached a statement yet")
        return self._see()

    @property
    def variables(self) -> dict[str, Any]:
        """Copies of the visible variables by name, of the innermost where names repeat."""
        return {name: copy_value(value) for name, _, value in self._scope()}

    def set(self, name: str, value: Any) -> None:
        """Give a variable another value.

        Raises:
            KeyError: there is no such variable.
            EvalError: it is a constant.
        """
        scope = self._scope()
        if name not in scope:
            raise KeyError(name)
        if scope.is_constant(name):
            raise EvalError("ErrorAssignmentToConstant", f"Cannot modify constant {name}", None)
        cell = scope.raw(name)
        given = to_script(value)
        if type(cell) is Cell:
            cell.v = given
        else:
            scope.assign(name, given)
            scope.keep()

    def evaluate(self, text: str) -> Any:
        """The value of an expression or of statements, with this frame's variables; assignments stay.

        Raises:
            HorusError: the text is wrong, or what it does fails.
        """
        assert self._linked is not None
        watching, self._run.debugging = self._run.debugging, None
        try:
            return self._run.eval(self._linked, self._depth + 1, self._scope(), text)
        except HorusError as error:
            raise error.root() from None
        finally:
            self._run.debugging = watching


class Stop:
    """A stop of a script, as the debugger's callback gets it."""

    __slots__ = ("breakpoint", "error", "event", "frames", "value")

    def __init__(
        self,
        event: Event,
        frames: list[Frame],
        breakpoint_: Breakpoint | None = None,
        value: Any = None,
        error: BaseException | None = None,
    ) -> None:
        self.event = event
        self.frames = frames
        """The call stack, the innermost function first."""
        self.breakpoint = breakpoint_
        self.value = value
        """What a function returns (`FUNCTION_EXIT`), or what the run gives (`END`)."""
        self.error = error
        """What a function fails with (`FUNCTION_ERROR`), or the run (`END`)."""

    @property
    def frame(self) -> Frame:
        """The innermost frame."""
        return self.frames[0]

    @property
    def position(self) -> Position | None:
        """The statement that is about to run."""
        return self.frame.position

    def throw(self, value: Any) -> None:
        """Raise a script error with this value where the script stands; the script can catch it."""
        shown = str(value)
        raise EvalError("ErrorRuntime", f"Runtime error: {shown}", value=to_script(value))


class Debugger:
    """Stops the scripts of an engine: `engine.debugger = hr.Debugger(on_stop)`.

    Args:
        on_stop: called with a `Stop`; returns the `Action` to take (`None` means `Action.CONTINUE`).
        stop_at_start: stop before the first statement.
    """

    def __init__(self, on_stop: Callable[[Stop], Action | None], *, stop_at_start: bool = False) -> None:
        self.on_stop = on_stop
        self.stop_at_start = stop_at_start
        self.breakpoints: list[Breakpoint] = []
        self._pause = False

    def break_at(
        self, line: int, source: str | None = None, *, condition: str | None = None, ignore: int = 0
    ) -> Breakpoint:
        """Stop before statements that begin on a line; `source` is the name the script was compiled with."""
        return self._add(Breakpoint(line=line, source=source, condition=condition, ignore=ignore))

    def break_on_call(self, name: str, args: int | None = None, *, condition: str | None = None) -> Breakpoint:
        """Stop before the first statement of a function, `args` limits that to one number of parameters."""
        return self._add(Breakpoint(function=name, args=args, condition=condition))

    def break_on_property(self, name: str, *, condition: str | None = None) -> Breakpoint:
        """Stop before statements that read or write a property of this name."""
        return self._add(Breakpoint(name=name, condition=condition))

    def _add(self, made: Breakpoint) -> Breakpoint:
        self.breakpoints.append(made)
        return made

    def remove(self, made: Breakpoint) -> None:
        """Forget a breakpoint."""
        self.breakpoints.remove(made)

    def pause(self) -> None:
        """Stop at the next statement; may be called from any thread."""
        self._pause = True

    def take_pause(self) -> bool:
        """Was a pause asked for? It is forgotten then."""
        wanted, self._pause = self._pause, False
        return wanted

    def session(self, run: Run) -> Session:
        """The debugging of one run."""
        return Session(self, run)


class Session:
    """What is known of one run: its call stack, and where to stop next."""

    def __init__(self, debugger: Debugger, run: Run) -> None:
        self.debugger = debugger
        self.run = run
        self.begin()

    def begin(self) -> None:
        """A run begins; one that is used again knows nothing of its last use."""
        self.frames: list[Frame] = [Frame(self.run, "", ())]
        """The outermost first."""
        self.action = Action.STEP_INTO if self.debugger.stop_at_start else Action.CONTINUE
        self.level = 0
        """For `STEP_OVER` and `STEP_OUT`: the number of frames at the last stop."""
        self.entered: Breakpoint | None = None
        self.started = False

    def end(self, value: Any, error: BaseException | None) -> None:
        """A run is over: who stepped to its end is told."""
        if self.started and self.action not in (Action.CONTINUE, Action.TERMINATE):
            del self.frames[1:]
            self.debugger.on_stop(Stop(Event.END, self.frames[:], None, value, error))

    # ---- called by compiled code ------------------------------------------------------------------------------------

    def step(self, linked: Linked, depth: int, place: tuple[int, int], see: See, properties: tuple[str, ...]) -> None:
        """A statement is about to run."""
        frame = self.frames[-1]
        frame.position = Position(*place)
        frame.source = linked.program.source.name
        frame._see, frame._linked, frame._depth = see, linked, depth  # noqa: SLF001 - frames are this class's own
        found = self._breakpoint(frame, properties)
        if found is not None:
            self._stop(Event.BREAKPOINT, found)
        elif self.debugger.take_pause():
            self._stop(Event.PAUSE)
        elif not self.started and self.action is Action.STEP_INTO:
            self._stop(Event.START)
        elif self.action is Action.STEP_INTO or (self.action is Action.STEP_OVER and len(self.frames) <= self.level):
            self._stop(Event.STEP)
        self.started = True

    def watch(self, name: str, first: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorator of compiled functions: keeps the call stack. Script arguments begin at the index `first`."""

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any) -> Any:
                self.enter(name, args[first:])
                try:
                    value = function(*args)
                except Exception as error:
                    self.leave(None, error)
                    raise
                except BaseException:
                    self.frames.pop()
                    raise
                self.leave(value, None)
                return value

            return call

        return decorate

    def enter(self, name: str, args: tuple[Any, ...]) -> None:
        """A function is called."""
        self.frames.append(Frame(self.run, name, args))
        for candidate in self.debugger.breakpoints:
            if candidate.function == name and candidate.args in (None, len(args)):
                self.entered = candidate

    def leave(self, value: Any, error: BaseException | None) -> None:
        """A function ends."""
        try:
            if self.action is Action.STEP_OUT and len(self.frames) == self.level:
                self.action = Action.STEP_INTO
                event = Event.FUNCTION_EXIT if error is None else Event.FUNCTION_ERROR
                self._stop(event, value=value, error=None if error is None else self.run.explain(error))
        finally:
            self.frames.pop()

    # ---- deciding ---------------------------------------------------------------------------------------------------

    def _breakpoint(self, frame: Frame, properties: tuple[str, ...]) -> Breakpoint | None:
        entered, self.entered = self.entered, None
        for candidate in self.debugger.breakpoints:
            if candidate.line is not None:
                here = candidate.line == frame.position.line and candidate.source in (None, frame.source)  # type: ignore[union-attr]
            elif candidate.property is not None:
                here = candidate.property in properties
            else:
                here = candidate is entered
            if here and candidate.enabled and self._counts(candidate, frame):
                return candidate
        return None

    @staticmethod
    def _counts(candidate: Breakpoint, frame: Frame) -> bool:
        """Is the condition met, and has it been passed often enough?"""
        if candidate.condition is not None:
            try:
                if frame.evaluate(candidate.condition) is not True:
                    return False
            except HorusError:
                return False
        candidate.hits += 1
        return candidate.hits > candidate.ignore

    def _stop(
        self,
        event: Event,
        breakpoint_: Breakpoint | None = None,
        value: Any = None,
        error: BaseException | None = None,
    ) -> None:
        budget = self.run.budget
        begun = monotonic()
        try:
            action = self.debugger.on_stop(Stop(event, self.frames[::-1], breakpoint_, value, error))
        finally:
            if budget.deadline is not None:
                budget.deadline += monotonic() - begun
        self.action = action or Action.CONTINUE
        self.level = len(self.frames)
        if self.action is Action.TERMINATE:
            raise TerminatedError("Script terminated by the debugger")
