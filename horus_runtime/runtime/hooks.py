"""Callbacks of the host: what they are handed, and what becomes of their answers and of their exceptions."""

from __future__ import annotations

from collections.abc import Callable

from horus_runtime.errors import HorusError
from horus_runtime.runtime.definitions import NOTHING
from horus_runtime.runtime.host_errors import host_error
from horus_runtime.typing_names import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from horus_runtime.runtime.custom_syntax import EvalContext


class Hook:
    """A callback with its name; `wants_context` says that it takes the context of the run as a last argument."""

    __slots__ = ("callback", "name", "wants_context")

    def __init__(self, name: str, callback: Callable[..., Any], arguments: int) -> None:
        self.name = name
        self.callback = callback
        self.wants_context = _takes(callback, arguments + 1)

    def __call__(self, run: Any, *args: Any) -> Any:
        """Ask the host.

        Raises:
            HorusError: the callback raised one, or another exception that stands for one.
        """
        if self.wants_context:
            from horus_runtime.runtime.context import CallContext

            args = (*args, CallContext(run, self.name))
        try:
            return self.callback(*args)
        except HorusError:
            raise
        except Exception as error:
            raise host_error(self.name, error, run) from error

    def value(self, run: Any, *args: Any) -> Any:
        """The host's answer as a script value, or `NOTHING`."""
        answer = self(run, *args)
        return answer if answer is NOTHING else run.convert(answer)


class VariableHook(Hook):
    """The callback that is asked for variables: of (name), (name, context) or (name, index, context)."""

    __slots__ = ("wants_index",)

    def __init__(self, callback: Callable[..., Any]) -> None:
        super().__init__("on_var", callback, 1)
        self.wants_index = _takes(callback, 3)

    @property
    def shows_scope(self) -> bool:
        """Does it want to see the scope?"""
        return self.wants_context or self.wants_index

    def ask(self, run: Any, name: str, context: EvalContext) -> Any:
        """What the host gives for a variable that it wants to see the scope of, or `NOTHING`."""
        index = (context.place_of(name),) if self.wants_index else ()
        try:
            answer = self.callback(name, *index, context)
        except HorusError:
            raise
        except Exception as error:
            raise host_error(self.name, error, run) from error
        finally:
            context.settle()
        return answer if answer is NOTHING else run.convert(answer)


def _takes(callback: Callable[..., Any], count: int) -> bool:
    """Does a callback want so many arguments? One with defaults or `*args` does not: it works with fewer."""
    from inspect import Parameter, signature

    try:
        parameters = signature(callback).parameters.values()
    except (TypeError, ValueError):
        return False
    needed = [
        parameter
        for parameter in parameters
        if parameter.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
        and parameter.default is Parameter.empty
    ]
    return len(needed) == count
