"""What a native function may ask of the run it is called from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol

from horus_runtime.limits import Limits
from horus_runtime.runtime.fn_ptr import FnPtr

if TYPE_CHECKING:
    from horus_runtime.errors import HorusError
    from horus_runtime.runtime.values import Cell


class NativeCallContext(Protocol):
    """The running engine as a native function sees it."""

    @property
    def limits(self) -> Limits: ...

    @property
    def services(self) -> dict[str, Any]:
        """What the host wired in for its modules: policy, store, environment, working directory."""

    def print(self, value: Any = "") -> Any:
        """Print a value as the script's `print` does: to the host's callback."""

    def charge(self, operations: int) -> None:
        """Spend operations and look at the deadline; call it once per hundred or so steps of a long loop."""

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

    def callable(self, pointer: FnPtr, count: int) -> Callable[..., Any]:
        """A Python function of `count` arguments that calls the pointer; resolve once, call often."""

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

    def check_array(self, length: int) -> None:
        """Raise `LimitError` when an array or blob of so many elements is not allowed."""

    def check_map(self, length: int) -> None:
        """Raise `LimitError` when a map of so many properties is not allowed."""
