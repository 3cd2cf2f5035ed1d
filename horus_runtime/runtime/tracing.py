"""From a Python exception to the error a script or host sees.

Generated code keeps no books about positions: its `ast` nodes carry script lines and columns, so the traceback says
where a failure happened and through which calls. This module reads it: it fills in the innermost position, adds Rhai's
"in call to function" wrappers, and turns the Python exceptions that inlined fast paths raise into Rhai's errors.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice, takewhile
from types import CodeType, FrameType, TracebackType

from horus_runtime.errors import EvalError, HorusError, InternalError, LimitError, ParseError, Unset
from horus_runtime.runtime import faults, operators
from horus_runtime.runtime.callbacks import CallbackError
from horus_runtime.runtime.indexing import NO_INDEXER, get_index, set_index
from horus_runtime.runtime.program import INLINED, Program
from horus_runtime.runtime.values import Cell, type_name
from horus_runtime.source import Position, SourceFile
from horus_runtime.typing_names import Any, Final

HELPERS: Final = frozenset({
    "_pay", "_buy", "_owe", "_refuel", "_turns", "_turns_of", "_turns_to", "_poll",
    "_pay_light", "_owe_light", "_turns_light", "_turns_to_light", "_trim", "_turns_due", "_pay_due",
    "_pay_all",
})  # fmt: skip
"""Functions in generated code that stand for no place of the script."""
Frame = tuple[Program, str, str, Position | None, TracebackType]

CONTINUES = "_continues"
"""The parameter of frames that stand for kernels of loops: they take the place of the frame that entered them."""

_position_cache: dict[tuple[CodeType, int], Position | None] = {}


def position_of(code: CodeType, lasti: int) -> Position | None:
    """The script position of the instruction at byte offset `lasti`."""
    found = _place_of(code, lasti)
    return found if found is None or found.line < INLINED else found._replace(line=found.line % INLINED)


def _place_of(code: CodeType, lasti: int) -> Position | None:
    """As `position_of`; the lines of inlined functions tell the call as well."""
    key = (code, lasti)
    if key not in _position_cache:
        if len(_position_cache) > 50_000:
            _position_cache.clear()
        line, _, column, _ = next(islice(code.co_positions(), lasti // 2, None))
        _position_cache[key] = None if line is None or column is None else Position(line, column + 1)
    return _position_cache[key]


def script_frames(traceback: TracebackType | None, programs: dict[str, Program]) -> list[Frame]:
    """The script frames of a traceback, outermost first."""
    found: list[Frame] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        program = programs.get(code.co_filename)
        if program is not None and code.co_name not in HELPERS:
            kind, name = program.frames.get(code.co_name, ("part", ""))
            if code.co_varnames[:1] == (CONTINUES,) and found:
                found.pop()  # the same function, whose loop went on as a kernel
            while found and found[-1][4].tb_frame is traceback.tb_frame:
                found.pop()  # where an error was raised again that nobody may catch
            place = _place_of(code, traceback.tb_lasti)
            if place is None or place.line < INLINED:
                found.append((program, kind, name, place, traceback))
            else:
                found += _inlined_frames(program, kind, name, place, traceback)
        traceback = traceback.tb_next
    return found


def _inlined_frames(
    program: Program, kind: str, name: str, place: Position, traceback: TracebackType
) -> Iterator[Frame]:
    """A frame, and those that calls would have which are inlined in its code; outermost first."""
    calls: list[tuple[str, str, Position]] = []
    while place.line >= INLINED:
        call = program.inlined[place.line // INLINED - 1]
        calls.append((call.kind, call.name, place._replace(line=place.line % INLINED)))
        place = Position(call.line, call.column)
    calls.append((kind, name, place))
    return ((program, *call, traceback) for call in reversed(calls))


def source_of(frame: Frame) -> SourceFile:
    """The text that a frame's code stands in."""
    return frame[0].source_of("" if frame[1] == "main" else frame[2])


def explain(error: BaseException, programs: dict[str, Program]) -> HorusError:
    """The error as seen from the outermost script frame of its traceback."""
    frames = script_frames(error.__traceback__, programs)
    found = error if isinstance(error, HorusError) else translate(error, frames)
    if isinstance(found, (LimitError, ParseError)):
        return _place_at_outermost(found, frames)
    if not frames:
        return found
    if isinstance(found, CallbackError) and not found.explained:
        unwrapped = _explain_callback(found, frames, programs)
        if unwrapped is not None:
            return unwrapped
    if found.needs_position:
        found.position = frames[-1][3]
        if isinstance(found, faults.PointerError) and found.position is not None:
            found.position = frames[-1][0].places.get(found.position, found.position)
    if found.source is None:
        found.source = source_of(frames[-1])
    if found.kind == "ErrorVariableNotFound" and found.pending_hint is None:
        found.hint = _variable_hint(found.fields.get("variable", ""), frames)
    return wrap_calls(found, frames) if isinstance(found, EvalError) else found


def _variable_hint(name: str, frames: list[Frame]) -> str | partial[str | None]:
    """Functions do not see the variables around them, which is the usual mistake; else a near name."""
    if frames[-1][1] == "function" and any(name in _visible_names(frame[4]) for frame in frames if frame[1] == "main"):
        return f"functions do not see variables of the script around them: pass '{name}' as an argument"
    return partial(faults.suggestion, name, [*_visible_names(frames[-1][4]), "true", "false"])


def _visible_names(traceback: TracebackType) -> list[str]:
    """The script's variables where an error happened."""
    local = traceback.tb_frame.f_locals
    names = [name.removeprefix("v_") for name in local if not name.startswith(("_", "fn_", "anon_", "part_"))]
    return names + [name for name, _, _ in local.get("_scope") or ()]


def _explain_callback(error: CallbackError, callers: list[Frame], programs: dict[str, Program]) -> HorusError | None:
    """Complete an error out of a callback: its own calls and places first, then the native function around them.

    Returns the error instead when it is one that passes function boundaries as it is.
    """
    caller, source = callers[-1], source_names(callers)[-1]
    place = caller[3]
    frames = script_frames(error.cause.__traceback__, programs)
    inner = explain(error.cause, programs)
    if isinstance(inner, ParseError) or (isinstance(inner, LimitError) and not inner.ends_run):
        inner.position = place
    elif not isinstance(inner, EvalError):
        return inner
    elif frames and frames[0][1] not in {"part", "main"}:
        inner = wrap_call(inner, frames[0][2], place, source_names([caller, frames[0]], source)[1])
    if inner.needs_position:
        inner.position = place
    origin = f" (from '{source}')" if source else ""
    error.message = f"{nested_text(inner, source)}\nin call to function '{error.function}'{origin}"
    error.args = (error.message,)
    error.fields = {"function": error.function, "source": source or ""}
    error.inner = inner
    error.hint = inner.pending_hint
    error.explained = True
    return None


def _place_at_outermost(error: LimitError | ParseError, frames: list[Frame]) -> HorusError:
    """Limits and refused names of functions pass function boundaries unwrapped and stand at the outermost call."""
    kinds = [frame[1] for frame in frames]
    passed = "function" in kinds[1:] or "closure" in kinds[1:]
    called = passed or "function" in kinds or "closure" in kinds
    if frames and (error.needs_position or passed or (error.position is None and called)):
        outermost = takewhile(lambda frame: frame[1] == "part" and frame[0] is frames[0][0], frames[1:])
        caller = [frames[0], *outermost][-1]
        error.position = caller[3]
        error.source = source_of(caller)
        error.script_traceback = [(name or kind, position) for _, kind, name, position, _ in frames]
    return error


def wrap_calls(error: EvalError, frames: list[Frame]) -> EvalError:
    """Add one wrapper per script function between the failure and the outermost frame."""
    error.script_traceback = [(name or kind, position) for _, kind, name, position, _ in frames]
    current = error
    names = source_names(frames)
    for at in range(len(frames) - 1, 0, -1):
        _, kind, name, _, _ = frames[at]
        if kind in ("part", "main"):
            continue
        current = wrap_call(current, name, frames[at - 1][3], names[at], source_of(frames[at - 1]))
    return current


def source_names(frames: list[Frame], first: str | None = None) -> list[str | None]:
    """The names under which errors show the texts of frames.

    A closure of a text without a name goes by that of its caller. A module without a name of its own goes by the path
    of its import where importers enter it, and inside has none. `first` is what is known of the first frame.
    """
    names: list[str | None] = []
    for at, (program, kind, _, _, _) in enumerate(frames):
        name = program.source.name
        if not at:
            name = first or name
        elif kind == "closure" and (name is None or program.source.lent):
            name = names[-1] if name is None else None
        elif program.source.lent and kind == "function" and frames[at - 1][0] is program:
            name = None
        names.append(name)
    return names


def wrap_call(
    inner: HorusError,
    name: str,
    position: Position | Unset | None,
    source: str | None,
    caller: SourceFile | None = None,
) -> EvalError:
    """`ErrorInFunctionCall` around `inner`."""
    origin = f" (from '{source}')" if source else ""
    what = "in closure call" if name.startswith("anon$") else f"in call to function '{name}'"
    message = f"{nested_text(inner, source)}\n{what}{origin}"
    error = EvalError(
        "ErrorInFunctionCall", message, position, fields={"function": name, "source": source or ""}, inner=inner
    )
    error.source = caller if caller is not None else inner.source
    error.script_traceback = inner.script_traceback
    error.hint = inner.pending_hint
    return error


def entered_name(frame: FrameType | None, programs: dict[str, Program]) -> str | None:
    """The name of the text that runs in a frame: for the text of an `eval`, that of the text around it."""
    while frame is not None:
        program = programs.get(frame.f_code.co_filename)
        kind = program.frames.get(frame.f_code.co_name, ("part", ""))[0] if program is not None else "part"
        frame = frame.f_back
        if program is None or (kind == "main" and program.source.name is None):
            continue
        inside = kind == "closure" or (frame is not None and frame.f_code.co_filename in programs)
        return None if program.source.lent and inside else program.source.name
    return None


def nested_text(inner: HorusError, source: str | None) -> str:
    """An inner error's text inside a wrapper: message, source name, position."""
    text = inner.as_runtime_text() if isinstance(inner, ParseError) else inner.message
    if source:
        text += f" @ '{source}'"
    return f"{text} ({inner.position})" if inner.position else text


def translate(error: BaseException, frames: list[Frame]) -> HorusError:
    """A Python exception out of generated code, as the error it stands for."""
    redone = _redo(frames[-1], error) if frames else None
    if redone is not None:
        return redone
    if isinstance(error, IndexError) and frames and frames[-1][4].tb_next is None:
        return faults.stack_overflow(len(frames[-1][4].tb_frame.f_locals.get("_deeper", ())))
    if isinstance(error, RecursionError):
        return faults.frames_overflow()
    if isinstance(error, MemoryError):
        return faults.out_of_memory()
    if isinstance(error, AttributeError) and isinstance(error.obj, Cell) and error.name == "v":
        return EvalError("ErrorDataRace", "Data race detected", None, fields={"variable": ""})
    internal = InternalError("InternalError", f"internal error: {type(error).__name__}: {error}")
    internal.__cause__ = error
    return internal


def _redo(frame: Frame, error: BaseException) -> HorusError | None:
    """Run the failed operation again by its slow helper, which raises the right error."""
    program, _, _, position, traceback = frame
    code = traceback.tb_frame.f_code
    where = code.co_name
    if isinstance(error, TypeError):
        where += "!"
    place = _place_of(code, traceback.tb_lasti)
    if position is None or place is None or traceback.tb_next is not None:
        return None
    local = traceback.tb_frame.f_locals
    for name in (where, f"{where}?"):
        fault = program.faults.get((name, *place))
        found = None if fault is None else _repeated(fault, local, position)
        if found is not None:
            return found
    return None


def _repeated(fault: Any, local: dict[str, Any], position: Position) -> HorusError | None:
    """What a failed operation raises when it is run once more, or `None`."""
    try:
        _SLOW[fault.helper](*[_operand(operand, local) for operand in fault.operands])
    except LookupError:
        return None
    except HorusError as found:
        found.__traceback__ = None
        if found.needs_position:
            found.position = position if fault.at is None else Position(*fault.at)
        return found
    return None


def _operand(operand: Any, local: dict[str, Any]) -> Any:
    """The value of an operand of a fault."""
    if isinstance(operand, str):
        return local[operand]
    if len(operand) == 1:
        return operand[0]
    target, index = (_operand(part, local) for part in operand[:2])
    try:
        return target.get(index) if type(target) is dict else get_index(target, index)
    except HorusError as found:
        found.position = Position(*operand[2])
        raise


def _refusing(op: str) -> Any:
    """The operator, which has no meaning for its operands."""

    def apply(left: Any, right: Any) -> None:
        raise faults.function_not_found(op, [left, right])

    return apply


def _creating(op: str) -> Any:
    """The operator of a compound assignment, whose target is missing and comes to be before the operator fails."""

    def apply(target: dict[str, Any], name: str, right: Any) -> None:
        raise faults.function_not_found(op, [target.setdefault(name), right])

    return apply


def _no_property(target: Any, name: str) -> None:
    raise faults.unknown_property(name, type_name(target))


def _index(target: Any, index: Any, bracket: tuple[int, int] | None = None) -> None:
    if get_index(target, index) is NO_INDEXER and bracket is not None:
        error = faults.indexer_unavailable(f"{type_name(target)} [{type_name(index)}]")
        error.position = Position(*bracket)
        raise error


_SLOW: dict[str, Any] = {
    "index": _index,
    "set_index": set_index,
    "property": _no_property,
    **{op: _refusing(op) for op in operators.BINARY},
    **{f"create{op}": _creating(op) for op in operators.BINARY},
}
