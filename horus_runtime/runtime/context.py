"""What a native function may ask of the run it is called from."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from horus_runtime.errors import EvalError, HorusError, InternalError
from horus_runtime.limits import Limits
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.scope import MISSING
from horus_runtime.runtime.tracing import position_of
from horus_runtime.runtime.values import Cell
from horus_runtime.source import Position
from horus_runtime.typing_names import TYPE_CHECKING, Any, Final, Protocol, Self

if TYPE_CHECKING:
    from horus_runtime.runtime.module import Module
    from horus_runtime.runtime.program import Program


ENDINGS: Final = "endings"
"""The service in which functions leave what has to be done when the run is over, as a list of callables."""


class NativeCallContext(Protocol):
    """The running engine as a native function sees it."""

    @property
    def limits(self) -> Limits: ...

    @property
    def services(self) -> dict[str, Any]:
        """What the host wired in for its modules: policy, store, environment, working directory."""

    @property
    def calls(self) -> dict[Any, Any]:
        """What functions of host modules keep from one call to the next one of this run, each under its own key."""

    def print(self, value: Any = "") -> Any:
        """Print a value as the script's `print` does: to the host's callback."""

    def charge(self, operations: int) -> None:
        """Spend operations and look at the deadline; call it once per hundred or so steps of a long loop."""

    def grew(self, size: int) -> None:
        """Say that a value of so many bytes is about to be made. `check_*` and `charge` do so for what they price.

        Raises:
            LimitError: there is no room for it.
        """

    def making(self, size: int) -> None:
        """Say that work on so many bytes is under way that no variable of the script holds; raises as `grew`."""

    def pause(self, seconds: float) -> None:
        """Sleep; the deadline and a cancellation end it, and other tasks of an event loop run meanwhile."""

    def wait_for(self, awaitable: Awaitable[Any], name: str) -> Any:
        """The result of an awaitable, for scripts that an event loop drives; an `EvalError` elsewhere.

        `name` is what the error calls the function that made the awaitable.
        """

    def remaining_seconds(self) -> float | None:
        """Seconds until the deadline, `None` without one."""

    def arity(self, pointer: FnPtr) -> int | None:
        """Parameters a pointer to a *script* function still wants (curried ones taken off); `None` for natives."""

    def call(self, pointer: FnPtr, *args: Any) -> Any:
        """Call a function pointer with `this` unbound. Arguments are handed over, not copied."""

    def call_with_this(self, pointer: FnPtr, this: Cell, *args: Any) -> Any:
        """Call with `this` bound to a cell; what the function assigns to `this` is in `this.v` afterwards."""

    def is_fixed(self, value: Any) -> bool:
        """Is this the array or map of a constant, the receiver of a native at work? Then `this` is a constant, too."""

    def callable(self, pointer: FnPtr, count: int) -> Callable[..., Any]:
        """A Python function of `count` arguments that calls the pointer; resolve once, call often."""

    def borrows(self, pointer: FnPtr) -> bool:
        """Does the pointer lead to compiled code that cannot reach what its arguments are part of?"""

    def explain(self, error: BaseException) -> HorusError:
        """The error that an exception out of a callback stands for; compiled code may raise Python's own."""

    def find_function(self, name: str, count: int) -> bool:
        """Is there a script function, or any native, of this name and argument count?"""

    def script_functions(self) -> list[Any]:
        """A map per script function that can be called, as `get_fn_metadata_list` gives them: `name`, `access`,
        `is_anonymous`, `params`, and where they apply `namespace` and `this_type`.
        """

    def type_name(self, value: Any) -> str:
        """The script type name, host types included."""

    def to_display(self, value: Any) -> str:
        """`to_string` of any value, overloads for host types included."""

    def to_debug(self, value: Any) -> str:
        """`to_debug` of any value."""

    def equals(self, left: Any, right: Any) -> bool:
        """The `==` operator with all its rules; raises where Rhai has no `==` for the pair."""

    def check_string(self, length: int) -> None:
        """Raise `LimitError` when a string of so many UTF-8 bytes is not allowed."""

    def check_array(self, length: int, more: int | None = None) -> None:
        """Raise `LimitError` when an array or blob of so many elements is not allowed.

        `more` is how many of them are new, where the value exists already.
        """

    def check_map(self, length: int, more: int | None = None) -> None:
        """Raise `LimitError` when a map of so many properties is not allowed."""


class CallContext:
    """The call that a host function is running for: what it may ask, and how it calls back into the script.

    A function gets one by a parameter annotated `NativeCallContext`. It may be used until the function returns.
    """

    __slots__ = ("_run", "_source", "fn_name")

    def __init__(self, run: Any, fn_name: str) -> None:
        self._run = run
        self._source: str | None = None
        self.fn_name = fn_name
        """The name under which the function was called."""

    # ---- facts ------------------------------------------------------------------------------------------------------

    @property
    def engine(self) -> Any:
        """The engine that runs the script."""
        return self._run.settings.host

    @property
    def limits(self) -> Limits:
        """The limits of the run."""
        limits: Limits = self._run.limits
        return limits

    @property
    def services(self) -> dict[str, Any]:
        """What the host wired in for its modules, by name; a run may change its own."""
        services: dict[str, Any] = self._run.services
        return services

    @property
    def tag(self) -> Any:
        """The host's own value for this run: `engine.default_tag`, or what `call_fn(tag=...)` gave."""
        return self._run.tag

    @tag.setter
    def tag(self, value: Any) -> None:
        self._run.tag = value

    @property
    def level(self) -> int:
        """How many script calls are active."""
        level: int = self._run.depth
        return level

    @property
    def operations(self) -> int:
        """Operations spent so far."""
        spent: int = self._run.budget.spent
        return spent

    @property
    def position(self) -> Position | None:
        """Where in the script the call stands."""
        frame = self._caller()
        return None if frame is None else position_of(frame[1].f_code, frame[1].f_lasti)

    @property
    def source(self) -> str | None:
        """The name of the script that the call stands in."""
        if self._source is not None:
            return self._source
        frame = self._caller()
        return None if frame is None else frame[0].source.name

    def _caller(self) -> tuple[Program, Any] | None:
        """The innermost frame of compiled code."""
        frame = sys._getframe(1)  # noqa: SLF001 - the documented way to one's own callers
        programs = self._run.programs
        while frame is not None:
            program = programs.get(frame.f_code.co_filename)
            if program is not None:
                return program, frame
            frame = frame.f_back  # type: ignore[assignment]  # None ends the loop
        return None

    @property
    def imports(self) -> list[tuple[str, Any]]:
        """The modules imported where the call stands, by name, the latest last."""
        return list(self._run.imports)

    @property
    def namespaces(self) -> list[Any]:
        """The modules whose functions need no prefix, the winning ones last."""
        return list(self._run.table.layers)

    # ---- calling back -----------------------------------------------------------------------------------------------

    def call_fn(self, name: str, *args: Any) -> Any:
        """Call a function by name: of the script, else of the engine.

        Raises:
            EvalError: there is none for these arguments, or it failed.
        """
        return self._guarded(self._run.call_by_name, name, self._converted(args))

    def call_native_fn(self, name: str, *args: Any) -> Any:
        """Call a function of the engine by name, not one of the script."""
        return self._guarded(self._run.native_named, self._run.depth, name, self._converted(args))

    def call_method(self, this: Any, name: str, *args: Any) -> Any:
        """Call a method on a value of the script; arrays, maps, blobs and objects are changed in place.

        `this` may be a `Ref`, which then holds what the method made of it.
        """
        return self._guarded(self._run.call_method_by_name, as_cell(this), name, self._converted(args))

    def call(self, pointer: FnPtr, *args: Any, this: Any = MISSING) -> Any:
        """Call a function pointer.

        Args:
            this: what `this` is bound to in the function; a `Ref` tells what the function assigned to it.
        """
        given = self._converted(args)
        if this is MISSING:
            return self._guarded(self._run.call, pointer, *given)
        return self._guarded(self._run.call_with_this, pointer, as_cell(this), *given)

    def bound(self, pointer: FnPtr) -> Callable[..., Any]:
        """The pointer as a Python function, for as long as this call lasts."""

        def call(*args: Any) -> Any:
            return self.call(pointer, *args)

        call.__name__ = pointer.name
        return call

    def _converted(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        convert = self._run.convert
        return tuple(convert(arg) for arg in args)

    def _guarded(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call into the script; compiled code may raise Python's own exceptions, the host sees `HorusError`s."""
        try:
            return function(*args)
        except Exception as error:
            found: HorusError = self._run.explain(error)
            if isinstance(found, EvalError):
                raise found.with_traceback(None) from None
            if isinstance(found, InternalError):
                raise found from error
            raise found from None

    @contextmanager
    def frame(
        self,
        *,
        source: str | None = None,
        tag: Any = MISSING,
        imports: Mapping[str, Module] | None = None,
        namespaces: Iterable[Module] = (),
        deeper: bool = False,
    ) -> Iterator[Self]:
        """Call and evaluate under other circumstances, until the `with` block ends.

        Args:
            source: what `source` says meanwhile.
            tag: the host's own value meanwhile; whatever it becomes in the block is forgotten.
            imports: modules that are known by these names, as if the script had imported them.
            namespaces: modules whose functions need no prefix where the script and the engine have no such function;
                the last one wins.
            deeper: one call level below.

        Raises:
            LimitError: `deeper`, and that is beyond `max_call_levels`.
        """
        run = self._run
        kept = (run.depth, run.tag, len(run.imports), len(run.namespaces), self._source)
        if deeper:
            run.depth = run.next_level(run.depth)
        if tag is not MISSING:
            run.tag = tag
        self._source = source or self._source
        run.imports.extend((imports or {}).items())
        run.namespaces.extend(namespaces)
        try:
            yield self
        finally:
            run.depth, run.tag, imported, named, self._source = kept
            del run.imports[imported:], run.namespaces[named:]

    # ---- the rest ---------------------------------------------------------------------------------------------------

    def print(self, value: Any = "") -> None:
        """Print a value as the script's `print` does."""
        self._run.print(self._run.convert(value))

    def charge(self, operations: int) -> None:
        """Spend operations and look at the limits; call it once per hundred or so steps of a long loop.

        Raises:
            LimitError: the operations or the time of the run are used up, or it was cancelled.
        """
        self._run.charge(operations)

    def remaining_seconds(self) -> float | None:
        """Seconds until the run's deadline; `None` when it has none."""
        seconds: float | None = self._run.remaining_seconds()
        return seconds

    def type_name(self, value: Any) -> str:
        """The script type of a value."""
        name: str = self._run.type_name(value)
        return name

    def check_size(self, value: Any) -> None:
        """Raise `LimitError` when a value is larger than the limits allow; everything nested in it counts."""
        self._run.check_sizes(value)


class Ref:
    """A value that a script function may replace: hand it over as `this`, and read `.value` afterwards."""

    __slots__ = ("cell",)

    def __init__(self, value: Any) -> None:
        self.cell = Cell(value)

    @classmethod
    def of(cls, cell: Cell) -> Ref:
        """The value that a variable of a script shares with closures."""
        ref = cls.__new__(cls)
        ref.cell = cell
        return ref

    @property
    def value(self) -> Any:
        """What the script made of it."""
        return self.cell.v

    @value.setter
    def value(self, value: Any) -> None:
        self.cell.v = value

    def __repr__(self) -> str:
        return f"Ref({self.cell.v!r})"


def as_cell(this: Any) -> Cell:
    """What a script function gets as `this`."""
    if isinstance(this, Ref):
        return this.cell
    return this if type(this) is Cell else Cell(this)
