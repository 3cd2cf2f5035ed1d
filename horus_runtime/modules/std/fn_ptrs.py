"""Function pointers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from horus_runtime.modules.std.signature import BOOL, FN, STRING
from horus_runtime.runtime.module import Module

if TYPE_CHECKING:
    from horus_runtime.runtime.fn_ptr import FnPtr

PACKAGE = Module("fn_ptrs", "Functions of function pointers.")


@PACKAGE.native_getter("name", FN, returns=STRING)
@PACKAGE.native("name", FN, returns=STRING)
def name(pointer: FnPtr) -> str:
    """The name of the function; for a closure the one made up for it."""
    return pointer.name


@PACKAGE.native_getter("is_anonymous", FN, returns=BOOL)
@PACKAGE.native("is_anonymous", FN, returns=BOOL)
def is_anonymous(pointer: FnPtr) -> bool:
    """Was the pointer made from a closure."""
    return pointer.is_anonymous
