"""Functions that generated code brings along to pay for turns of loops, as they have to see its counter.

`_pay` pays for up to so many turns and tells how many. `_buy` gives the turns of an endless loop, `_owe` those of a
loop with a condition: at the end of the budget it lends one turn, marked by `True`, as the condition may end the loop.
`_turns` is for sequences, `_turns_to` for ranges of loops that may go on as kernels, `_turns_of` for any value.
`_turns_due` is for sequences whose turns also pay for bodies in them; at the end of the budget, a turn that there is
enough for without these gets them on credit.
`_refuel` pays for calls of functions that cost the same.

Large values shorten the strides, as operations on them may take long. Loops whose turns never do that take their turns
in strips of full length nevertheless (`_owe_light`, `_turns_light`, `_turns_to_light`), and `_trim` takes back what is
left of those.
"""

from __future__ import annotations

import ast as pyast
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from horus_runtime.codegen.emitter import place

_SOURCE: Final = """
def _pay(cost, most):
    nonlocal _ops
    turns = _ops // cost
    if turns > 0:
        if turns > most:
            turns = most
        _ops -= cost * turns
        return turns
    _ops -= cost
    _ops = _poll(_ops)
    turns = _ops // cost
    if turns >= most:
        turns = most - 1
    _ops -= cost * turns
    return turns + 1

def _buy(cost):
    nonlocal _ops
    turns = _ops // cost
    if turns > 0:
        _ops -= cost * turns
        return _repeat(None, turns)
    return _repeat(None, _pay(cost, 65536))

def _refuel(cost):
    return _repeat(None, _pay(cost, 256) - 1)

def _owe(cost):
    nonlocal _ops
    turns = _ops // cost
    if turns > 0:
        _ops -= cost * turns
        return _repeat(None, turns)
    if _ops >= 0 and _exhausted(cost):
        _ops -= cost
        return _repeat(True, 1)
    return _repeat(None, _pay(cost, 65536))

def _turns(items, cost):
    nonlocal _ops
    try:
        left = _ops - cost * len(items)
    except _OverflowError:
        left = -1
    if left >= 0:
        _ops = left
        return _iter(items)
    return _strips(_pay, items, cost)

def _turns_to(items, cost, number):
    nonlocal _ops
    try:
        left = _ops - cost * len(items)
    except _OverflowError:
        left = -1
    if left >= 0:
        _ops = left
        return _iter(items)
    return _strips(_pay, items, cost, None if number < 0 else lambda: _ready(number))

def _turns_to_light(items, cost, number):
    nonlocal _ops
    try:
        left = _ops - cost * len(items)
    except _OverflowError:
        left = -1
    if left >= 0:
        _ops = left
        return _iter(items)
    return _strips(_pay_light, items, cost, None if number < 0 else lambda: _ready(number))

def _pay_due(cost, most, due):
    nonlocal _ops
    if 0 <= _ops < cost and _exhausted(cost) and not _exhausted(cost - due):
        _overdraw(cost - _ops)
        _ops = 0
        return 1
    return _pay(cost, most)

def _turns_due(items, cost, due):
    nonlocal _ops
    try:
        left = _ops - cost * len(items)
    except _OverflowError:
        left = -1
    if left >= 0:
        _ops = left
        return _iter(items)

    def _pay_all(cost, most):
        return _pay_due(cost, most, due)

    return _strips(_pay_all, items, cost)

def _turns_of(value, cost):
    return _any_turns(_pay, _turns, value, cost)

def _pay_light(cost, most):
    nonlocal _ops, _long
    turns = _pay(cost, most)
    left = _stretch(_ops)
    if left > _ops:
        _long = True
        more = left // cost
        if more > most - turns:
            more = most - turns
        _ops = left - cost * more
        turns += more
    return turns

def _owe_light(cost):
    nonlocal _ops
    if _ops < cost:
        if _ops >= 0 and _exhausted(cost):
            _ops -= cost
            return _repeat(True, 1)
        return _repeat(None, _pay_light(cost, 65536))
    turns = _ops // cost
    _ops -= cost * turns
    return _repeat(None, turns)

def _turns_light(items, cost):
    nonlocal _ops
    try:
        left = _ops - cost * len(items)
    except _OverflowError:
        left = -1
    if left >= 0:
        _ops = left
        return _iter(items)
    return _strips(_pay_light, items, cost)

def _trim():
    nonlocal _ops, _long
    _long = False
    _ops = _shorten(_ops)
"""
_NEEDS: Final = {
    "_pay": (), "_buy": ("_pay",), "_owe": ("_pay",), "_refuel": ("_pay",), "_turns": ("_pay",),
    "_turns_to": ("_pay",), "_turns_to_light": ("_pay", "_pay_light"), "_turns_of": ("_pay", "_turns"),
    "_turns_due": ("_pay", "_pay_due"), "_pay_due": ("_pay",),
    "_pay_light": ("_pay",), "_owe_light": ("_pay", "_pay_light"), "_turns_light": ("_pay", "_pay_light"), "_trim": (),
}  # fmt: skip
SERVICES_OF: Final = {
    "_pay": ("_poll",),
    "_buy": ("_poll",),
    "_refuel": ("_poll",),
    "_owe": ("_poll", "_exhausted"),
    "_turns": ("_poll", "_strips"),
    "_turns_due": ("_poll", "_strips", "_exhausted", "_overdraw"),
    "_turns_to": ("_poll", "_strips"),
    "_turns_to_light": ("_poll", "_strips", "_stretch"),
    "_turns_of": ("_poll", "_strips", "_any_turns"),
    "_owe_light": ("_poll", "_exhausted", "_stretch"),
    "_turns_light": ("_poll", "_strips", "_stretch"),
    "_trim": ("_shorten",),
}
"""Services of the run that a helper calls."""


def helper_functions(names: Iterable[str]) -> list[pyast.stmt]:
    """The definitions of these helpers and of those they need, in a fixed order."""
    wanted = {needed for name in names for needed in (name, *_NEEDS[name])}
    return [definition for name, definition in _definitions() if name in wanted]


@lru_cache(maxsize=1)
def _parsed() -> tuple[pyast.stmt, ...]:
    found = pyast.parse(_SOURCE).body
    for definition in found:
        for node in pyast.walk(definition):
            if isinstance(node, (pyast.expr, pyast.stmt, pyast.arg)):
                place(node, (1, 1))
    return tuple(found)


def _definitions() -> list[tuple[str, pyast.stmt]]:
    """Nobody changes a tree that is compiled, so that all programs may share these."""
    return [(definition.name, definition) for definition in _parsed() if isinstance(definition, pyast.FunctionDef)]


__all__ = ["SERVICES_OF", "helper_functions"]
