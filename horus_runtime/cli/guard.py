"""The outermost frame of every command: turns whatever happens into one message and an exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from horus_runtime.cli import exits
from horus_runtime.errors import HorusError


class OutputLost(BaseException):
    """Standard output takes nothing more. No handler of a running script may hold this up, hence the base class."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(cause)
        self.cause = cause


def write_output(text: str) -> None:
    """Write to standard output from inside a running script."""
    try:
        sys.stdout.write(text)
    except OSError as error:
        raise OutputLost(error) from None


def guarded(action: Callable[[], int]) -> int:
    """The exit code of `action`, or of the failure that ended it. Standard output is flushed here."""
    _prepare_streams()
    try:
        code = action()
        sys.stdout.flush()
    except OutputLost as lost:
        return _output_lost(lost.cause)
    except BrokenPipeError as error:
        return _output_lost(error)
    except KeyboardInterrupt:
        code = _tell("cancelled", exits.CANCELLED)
    except HorusError as error:
        code = _tell(error.render("<eval>"), exit_code_of(error))
    except Exception as error:  # noqa: BLE001 - the last frame: what is not foreseen must not show a traceback
        code = _unforeseen(error)
    return _flushed(code)


@contextmanager
def starting() -> Iterator[None]:
    """Hold the garbage collector back until `started`: what is imported stays, and looking at it takes a tenth of the
    time that a short script runs.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def started() -> None:
    """From here on the script runs. What is there by now is never looked at again, at the end neither."""
    if not gc.get_freeze_count():
        gc.freeze()
    gc.enable()


def exit_code_of(error: HorusError) -> int:
    """The exit code an error asks for: a refusal inside a function call is still a refusal."""
    return error.root().exit_code


def _unforeseen(error: Exception) -> int:
    if os.environ.get("HORUS_DEBUG"):
        import traceback

        traceback.print_exception(error)
    if isinstance(error, OSError) and error.filename is None and error.errno is not None:
        # Files are opened by code that names them in its errors: what is left is a stream, a full disk behind it.
        return _output_lost(error)
    if isinstance(error, MemoryError):
        return _tell("out of memory", exits.LIMIT)
    kind = type(error).__name__
    said = f"{kind}: {error}" if str(error) else kind
    return _tell(
        f"internal error: {said}\nhint: this is a defect of horus, not of the script; HORUS_DEBUG=1 shows where",
        exits.INTERNAL,
    )


def _output_lost(error: OSError) -> int:
    """A reader that went away needs no message; a full disk does."""
    _silence(sys.stdout)
    if isinstance(error, BrokenPipeError):
        return exits.BROKEN_PIPE
    return _tell(f"cannot write the output: {(error.strerror or '').lower()}", exits.SCRIPT_ERROR)


def _tell(message: str, code: int) -> int:
    """Write a message for people behind everything that was printed before it."""
    try:
        sys.stdout.flush()
    except OSError:
        _silence(sys.stdout)
    try:
        from horus_runtime.cli.render import visible

        sys.stderr.write(visible(message) + "\n")
    except OSError:
        _silence(sys.stderr)
    return code


def _flushed(code: int) -> int:
    try:
        sys.stdout.flush()
    except OSError:
        _silence(sys.stdout)
        return code or exits.BROKEN_PIPE
    return code


def _silence(stream: object) -> None:
    """Send what is still buffered nowhere, so that the interpreter does not complain on its way out."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())  # type: ignore[attr-defined]  # standard streams have one; tests' do not
        os.close(nowhere)
    except (OSError, AttributeError, ValueError):
        pass


def _prepare_streams() -> None:
    """A character that the terminal cannot show is shown as an escape; a stream that is closed takes everything."""
    if sys.stdout is None or sys.stderr is None:
        nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - lives as long as the program
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
