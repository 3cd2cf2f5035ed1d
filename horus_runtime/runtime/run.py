"""One run of compiled scripts: the state they share and the services generated code calls.

A `Run` is made per evaluation and never shared between threads; programs, function tables and limits are shared. It
also is the `NativeCallContext` that native functions get. Its parts: `state`, `calls`, `access`, `environment`.
"""

from __future__ import annotations

import sys

from horus_runtime.errors import UNSET, EvalError, HorusError, LimitError, ParseError
from horus_runtime.runtime import abi, text
from horus_runtime.runtime.access import Accessing
from horus_runtime.runtime.environment import Environment
from horus_runtime.runtime.faults import ArithmeticFault, PlainFault
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.host_errors import host_error
from horus_runtime.runtime.state import Host, Linked, RunSettings
from horus_runtime.runtime.thrown import ThrownError
from horus_runtime.runtime.tracing import entered_name, position_of
from horus_runtime.runtime.values import TAGGED, copy_value, untagged
from horus_runtime.source import Position
from horus_runtime.typing_names import Any, Final

_NOTHING: Final = object()
_PLAIN: Final = (EvalError, ArithmeticFault, PlainFault)
"""Errors as services raise them: nothing but their place has to be found out."""


class Run(Accessing, Environment):
    """State and services of one evaluation."""

    # ---- text -------------------------------------------------------------------------------------------------------

    def to_display(self, value: Any) -> str:
        if text.is_host_value(value):
            return self._host_text("to_string", value)
        if type(value) is list or type(value) is dict:
            self.weigh(value)
        return text.to_display(value, self)

    def to_debug(self, value: Any) -> str:
        if text.is_host_value(value):
            return self._host_text("to_debug", value)
        if type(value) is list or type(value) is dict:
            self.weigh(value)
        return text.to_debug(value, self)

    def _host_text(self, name: str, value: Any) -> str:
        """The text of a host value: by an overload for its type, else the type's name. Of a tagged value, its own."""
        if type(value) in TAGGED:
            plain = untagged(value)
            return self.to_display(plain) if name == "to_string" else self.to_debug(plain)
        own = (self.type_name(value),)
        fn = self.table.find_types(name, own)
        if fn is None or self.table.params_of(fn) != own:
            return self.type_name(value)
        shown = fn.call(self, value) if fn.context else fn.call(value)
        return shown if type(shown) is str else self.to_display(shown)

    def print(self, value: Any = "") -> None:
        """`print(x)`: the display text goes to the host's callback."""
        shown = value if type(value) is str else self.to_display(value)
        if self.settings.on_print is not None:
            try:
                self.settings.on_print(shown)
            except (HorusError, OSError):
                raise
            except Exception as error:
                raise host_error("print", error, self) from error

    def debug(self, source: str | None, position: tuple[int, int], value: Any = _NOTHING) -> None:
        """`debug(x)`: the debug text, source name and position go to the host's callback."""
        if self.settings.on_debug is not None:
            shown = "" if value is _NOTHING else self.to_debug(value)
            if source is None:
                source = entered_name(sys._getframe(1), self.programs)  # noqa: SLF001 - there is no other way
            try:
                self.settings.on_debug(shown, source, Position(*position))
            except (HorusError, OSError):
                raise
            except Exception as error:
                raise host_error("debug", error, self) from error

    def display(self, value: Any) -> str:
        """A part of a template as text."""
        cls = type(value)
        if cls is str:
            return value  # type: ignore[no-any-return]
        return str(value) if cls is int else self.to_display(value)

    def join(self, *parts: str) -> str:
        """The text of a template, priced before it is built."""
        if sum(map(len, parts)) > self.safe_string:
            self.check_string(sum(len(part.encode("utf-8", "surrogatepass")) for part in parts))
        return "".join(parts)

    def make_pointer(self, name: Any) -> FnPtr:
        """`Fn(name)`."""
        return abi.make_pointer(name, self.full_type_name, strict=self.settings.strict_identifiers)

    # ---- errors -----------------------------------------------------------------------------------------------------

    throw = staticmethod(ThrownError)
    """`throw value` raises this."""

    def catch(self, error: Exception) -> HorusError:
        """What a script's `catch` gets to see; raises again what scripts cannot catch."""
        if isinstance(error, ThrownError):
            thrown: EvalError = error
            return thrown  # its value is all that `catch` shows; the rest is explained if it is thrown again
        if isinstance(error, (LimitError, ParseError)):
            raise error  # as it is: where it stands is not known before the outermost call
        if isinstance(error, EvalError) and type(error) in _PLAIN and self._place_here(error):
            return error
        found = self.explain(error)
        if not isinstance(found, EvalError):
            raise error
        return found

    def _place_here(self, error: EvalError) -> bool:
        """Place an error that a service raised for the very code that catches it; no call lies between."""
        traceback = error.__traceback__
        if traceback is None or (program := self.programs.get(traceback.tb_frame.f_code.co_filename)) is None:
            return False
        inner = traceback.tb_next
        while inner is not None:
            if inner.tb_frame.f_code.co_filename in self.programs:
                return False
            inner = inner.tb_next
        if error.needs_position:
            error.position = position_of(traceback.tb_frame.f_code, traceback.tb_lasti)
        if error.source is None:
            kind, name = program.frames.get(traceback.tb_frame.f_code.co_name, ("part", ""))
            error.source = program.source_of("" if kind == "main" else name)
        return True

    def catch_value(self, error: Exception, source: str | None = None) -> Any:
        """What `catch (e)` binds where nobody throws the error again; `source` is the name of the script's text."""
        if type(error) is PlainFault and _is_own(error):
            value = {"error": "ErrorArithmetic", "message": error.args[0]}
            if source:
                value["source"] = source
            return value
        found = self.catch(error)
        assert isinstance(found, EvalError)
        return self.caught_value(found)

    def caught_value(self, error: EvalError) -> Any:
        """The value bound by `catch (e)`."""
        root = error.root()
        if isinstance(root, EvalError) and root.kind == "ErrorRuntime":
            return copy_value(root.value)
        value: dict[str, Any] = {"error": error.kind, "message": error.message}
        if error.source is not None and error.source.name:
            value["source"] = error.source.name
        if error.position is not None:
            value["line"], value["position"] = error.position
        value.update(error.fields)
        return value

    def rethrow(self, error: EvalError, *outer: EvalError) -> EvalError:
        """`throw;` in a `catch` block: the same error at another place.

        Where that is itself a thrown `()`, it means the error of the handler around, and so on.
        """
        for further in outer:
            if error.kind != "ErrorRuntime" or getattr(error, "value", None) is not None:
                break
            error = further
        found = self.explain(error) if type(error) is ThrownError else error
        assert isinstance(found, EvalError)
        found.position = UNSET
        return found.with_traceback(None)


def _is_own(error: Exception) -> bool:
    """Was the function that failed called by the very code that catches? Then there is no call to tell of."""
    traceback = error.__traceback__
    return traceback is not None and (inner := traceback.tb_next) is not None and inner.tb_next is None


__all__ = ["Host", "Linked", "Run", "RunSettings"]
