"""Function pointers from names: which texts may name a function, and what Rhai says of the others."""

from __future__ import annotations

from horus_runtime.errors import UNSET, EvalError, HorusError, ParseError
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.typing_names import Final

# DIVERGENCE: Names may begin with an underscore, as in every Rhai but 1.26.
_NAME: Final = r"_*[A-Za-z][A-Za-z0-9_]*\Z"

_KEYWORDS: Final = frozenset(
    (
        "true false let const if else switch do while until loop for in fn private continue break return throw try "
        "catch import export as async await case default go goto is match module new nil null package protected public "
        "shared spawn static super sync thread use var void with yield this Fn call curry debug eval is_def_fn "
        "is_def_var is_shared print type_of"
    ).split()
)
_SYMBOLS: Final = frozenset(
    (
        "_ !in + - * / % ** << >> & | ^ == != < <= > >= && || ! = += -= *= /= %= **= <<= >>= &= |= ^= ? ?? ?. ?[ # #! "
        "#{ === !== ... .. ..= := :; ++ -- -> <- <| |> ~ !. @ $ ::< (* *) { } ( ) [ ] , ; : :: . => ()"
    ).split()
)


def pointer_to(name: str, *, strict: bool = False) -> FnPtr:
    """A pointer to the function of this name, which need not exist; raises for a text that cannot be a name.

    `strict` refuses names that begin with an underscore, as Rhai 1.26 does.
    """
    if may_name(name) and not (strict and name[0] == "_"):
        return FnPtr(name)
    raise _not_a_name(name)


def may_name(text: str) -> bool:
    """Can a function have this name?"""
    import re

    return re.match(_NAME, text) is not None and text not in _KEYWORDS


def _not_a_name(name: str) -> HorusError:
    if name in _KEYWORDS or name in _SYMBOLS:
        kind = "keyword" if name in _KEYWORDS else "symbol"
        return ParseError("Reserved", f"'{name}' is a reserved {kind}", UNSET)
    # Rhai shows the bare name here, without argument types.
    return EvalError("ErrorFunctionNotFound", f"Function not found: {name}", fields={"function": name})
