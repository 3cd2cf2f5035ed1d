"""The closed list of names that generated code may use, besides the services of its run.

SAFETY: generated code has no builtins; what is neither in `EXPORTS` nor in the program's prelude does not exist.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import repeat
from operator import add, mul, sub

from horus_runtime.errors import HorusError
from horus_runtime.runtime import faults, operators
from horus_runtime.runtime.fn_names import pointer_to
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.module import NativeFn
from horus_runtime.runtime.program import (
    INLINED,
    THIS_CELL,
    THIS_NONE,
    THIS_VALUE,
    Fault,
    FunctionMeta,
    InlinedCall,
    Program,
)
from horus_runtime.runtime.scope import MISSING, Scope
from horus_runtime.runtime.thrown import ThrownError
from horus_runtime.runtime.turns import DUE, MORE, NONE_LEFT, Turns
from horus_runtime.runtime.values import (
    INT_MAX,
    INT_MIN,
    SCALARS,
    TAGGED,
    Cell,
    Char,
    LockedCell,
    Range,
    Temporary,
    chars,
    copy_flat,
    copy_rows,
    copy_value,
    full_type_name,
    holds,
    item_cell,
    retag,
    untagged,
)
from horus_runtime.typing_names import Any, Final

SHARED_TYPE: Final = "alloc::rc::Rc<core::cell::RefCell<rhai::types::dynamic::Dynamic>>"
OPERATORS: Final = operators.BINARY
"""What the compiler may evaluate ahead of time."""


def truth(value: Any) -> bool:
    """A condition must be a bool."""
    if value is True or value is False:
        return value is True
    raise faults.mismatch(full_type_name(value), "bool")


def shared_truth(cell: Cell) -> bool:
    """A condition that is a captured variable: Rhai then names the type of the variable's cell."""
    value = cell.v
    if value is True or value is False:
        return value is True
    raise faults.mismatch(SHARED_TYPE if cell.shared else full_type_name(value), "bool")


def shared_truth_of(value: Any, *cells: Any) -> bool:
    """A condition whose value may have come out of one of these captured variables, as it was."""
    if value is True or value is False:
        return value is True
    for cell in cells:
        if type(cell) is Cell and cell.shared and type(cell.v) is type(value) and cell.v == value:
            raise faults.mismatch(SHARED_TYPE, "bool")
    raise faults.mismatch(full_type_name(value), "bool")


def missing(name: str) -> Any:
    """A variable that does not exist was used."""
    raise faults.variable_not_found(name)


def constant_error(name: str) -> Any:
    """A constant was to be changed."""
    raise faults.cannot_modify_constant(name)


def unbound_this() -> Any:
    """`this` was used in a function that was not called as a method."""
    raise faults.unbound_this()


def share(cell: Any, name: str) -> Cell:
    """A captured variable, marked as shared from now on."""
    if cell is MISSING:
        raise faults.variable_not_found(name)
    if type(cell) is LockedCell:
        return cell.v  # type: ignore[no-any-return]
    cell.shared = True
    return cell  # type: ignore[no-any-return]


def external_cell(scope: Scope, name: str) -> Any:
    """A variable of the host's scope as a cell, put into the scope so that both sides see the same."""
    at = scope.find(name)
    if at < 0:
        return MISSING
    value = scope.raw(name)
    constant = bool(scope.is_constant(name))
    if type(value) is Cell:
        value.constant = value.constant or constant
        return value
    cell = Cell(value, constant)
    scope.set_entry(at, cell, constant)
    return cell


def leave(scope: Scope, base: int, declared: tuple[tuple[str, Any, bool], ...]) -> None:
    """Put the variables that a script declared at global level into the host's scope."""
    places = scope.places_from(base)
    for name, value, constant in declared:
        if value is MISSING:
            continue
        at = places.get(name)
        if at is not None:
            scope.set_entry(at, value, constant)
        else:
            places[name] = len(scope)
            scope.add(name, value, constant)


_EXACT: Final[dict[str, Callable[[int, int], int]]] = {"+": add, "-": sub, "*": mul}
_OVERFLOWS: Final = {"+": "Addition", "-": "Subtraction", "*": "Multiplication"}


def overflow(op: str, left: int, right: int) -> Any:
    """An inlined integer operation whose result seems to need more than 64 bits: only the lowest INT does not."""
    if _EXACT[op](left, right) == INT_MIN:
        return INT_MIN
    raise faults.PlainFault(f"{_OVERFLOWS[op]} overflow: {left} {op} {right}")


def overflow_at(op: str, left: int, right: int) -> Any:
    """As `overflow`, for compound assignments, which report a position."""
    if _EXACT[op](left, right) == INT_MIN:
        return INT_MIN
    raise faults.ArithmeticFault(f"{_OVERFLOWS[op]} overflow: {left} {op} {right}")


def same(value: Any, literal: Any) -> bool:
    """Does a `switch` value equal a literal, type and content alike?"""
    cls = type(value)
    if cls is not type(literal):
        return cls in TAGGED and same(untagged(value), literal)
    if cls is float:
        return bool(value.hex() == literal.hex())
    if cls is list:
        return len(value) == len(literal) and all(map(same, value, literal))
    if cls is dict:
        return value.keys() == literal.keys() and all(same(item, literal[key]) for key, item in value.items())
    if cls is FnPtr:
        return bool(value.name == literal.name and not value.curried)
    return bool(value == literal)


def in_range(value: Any, start: int, end: int, inclusive: bool) -> bool:
    """Does a `switch` value lie in a range arm, or is it that very range?"""
    if type(value) is Range:
        return value.start == start and value.end == end and value.inclusive == inclusive
    if type(value) is not int and type(value) is not float:
        return type(value) in TAGGED and in_range(untagged(value), start, end, inclusive)
    return start <= value <= end if inclusive else start <= value < end


def text_of(value: Any, name_type: Callable[[Any], str]) -> str:
    """The text that `Fn`, `eval` and the like are given, or the cell of a captured variable that holds it."""
    if type(value) is str:
        return value
    plain = untagged(value.v if isinstance(value, Cell) else value)
    if type(plain) is not str:
        raise faults.mismatch(SHARED_TYPE if plain is not value and value.shared else name_type(plain), "string")
    return plain


def make_pointer(name: Any, type_name: Callable[[Any], str], *, strict: bool = False) -> FnPtr:
    """`Fn(name)`: the name must be an identifier that is no reserved word; the function need not exist."""
    return pointer_to(text_of(name, type_name), strict=strict)


def closure(
    name: str,
    cells: tuple[Cell, ...],
    program: Program,
    function: Callable[..., Any] | None,
    token: object,
    keep: Callable[..., Any] | None = None,
) -> FnPtr:
    """A pointer to a closure; without `function` (it uses `this`) calls take the long way.

    Where there are captured variables, `function` makes the Python function that has them. `keep` goes around it.
    """
    pointer = FnPtr(name, cells, program)
    if function is not None:
        target = function(*cells) if cells else function
        pointer.target = target if keep is None else keep(target)
        pointer.token = token
        pointer.reaches = bool(cells)
    return pointer


def leaf(name: str, cells: tuple[Cell, ...], program: Program, function: Callable[..., Any], token: object) -> FnPtr:
    """A pointer to a closure that calls nothing, and whose captured variables are never assigned."""
    pointer = closure(name, cells, program, function, token)
    pointer.reaches = False
    return pointer


def held(cell: Any, token: object) -> tuple[Any, Any]:
    """The pointer that a captured variable holds and its function, if it is one that `token` stands for and that cannot
    come to use the variable; else what no variable holds.
    """
    pointer = cell.v if type(cell) is Cell else None
    if type(pointer) is FnPtr and pointer.token is token and not pointer.reaches:
        return pointer, pointer.target
    return token, None


def bare_pointer(name: str) -> FnPtr:
    """The bare name of a script function."""
    pointer = FnPtr(name)
    pointer.mark = "*+"
    return pointer


def literal_pointers(container: Any) -> Any:
    """An array or map of nothing but literals, just made: the function pointers in it are told from others."""
    for item in container if type(container) is list else container.values():
        if type(item) is FnPtr:
            item.mark = ""
    return container


def lost_closure() -> Any:
    """A constant that holds a closure was read."""
    raise faults.lost_closure()


BUILT_IN: Final = SCALARS | {list, dict, bytearray, FnPtr}
"""Classes of the language's own whose values are `()` or differ from it, whatever the host registers."""

EXPORTS: Final[dict[str, Any]] = {
    "__builtins__": {},
    "type": type,
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "list": list,
    "dict": dict,
    "len": len,
    "range": range,
    "enumerate": enumerate,
    "Exception": Exception,
    "_MISSING": MISSING,
    "_SCALARS": SCALARS,
    "_BUILT_IN": BUILT_IN,
    "_Cell": Cell,
    "_Temporary": Temporary,
    "_item_cell": item_cell,
    "_holds": holds,
    "_retag": retag,
    "_untagged": untagged,
    "_Char": Char,
    "_FnPtr": FnPtr,
    "_bare_pointer": bare_pointer,
    "_literal_pointers": literal_pointers,
    "_lost_closure": lost_closure,
    "_Range": Range,
    "_Scope": Scope,
    "_HorusError": HorusError,
    "_copy": copy_value,
    "_copy_flat": copy_flat,
    "_copy_rows": copy_rows,
    "_truth": truth,
    "_shared_truth": shared_truth,
    "_shared_truth_of": shared_truth_of,
    "_missing": missing,
    "_constant": constant_error,
    "_unbound": unbound_this,
    "_share": share,
    "_external_cell": external_cell,
    "_leave": leave,
    "_overflow": overflow,
    "_overflow_at": overflow_at,
    "_int_div": operators.int_div,
    "_int_mod": operators.int_mod,
    "_INF": float("inf"),
    "_NINF": float("-inf"),
    "_same": same,
    "_in_range": in_range,
    "_closure": closure,
    "_leaf": leaf,
    "_held": held,
    "_Turns": Turns,
    "_DONE": NONE_LEFT,
    "_chars": chars,
    "_sqrt": math.sqrt,
    "_repeat": repeat,
    "_Thrown": ThrownError,
    "_iter": iter,
    "_OverflowError": OverflowError,
    "_dict_get": dict.get,
    "_setdefault": dict.setdefault,
}

__all__ = [
    "DUE",
    "EXPORTS",
    "INLINED",
    "INT_MAX",
    "INT_MIN",
    "MORE",
    "OPERATORS",
    "THIS_CELL",
    "THIS_NONE",
    "THIS_VALUE",
    "Fault",
    "FunctionMeta",
    "InlinedCall",
    "NativeFn",
    "Program",
    "make_pointer",
]
