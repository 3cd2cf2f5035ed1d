"""Builds the LALR(1) parse table from `grammars/rhai.lark` with Lark, and shapes it for the parse loop.

The table is plain data, so it can be kept on disk: Lark itself is needed only when the grammar changed. Chains of
alternatives that only hand a value on are short-cut here, once, instead of at every parse.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from horus_runtime import resources

START: Final = "script"
EXPRESSION_START: Final = "expression_script"

PASS: Final = ""
"""Label of an alternative that hands its only value on."""

Item = tuple[str, int, int]
"""A place in a rule: its origin, the rule's number, and how many symbols lie before the dot."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One alternative: the rule it belongs to, the builder's callback, and the symbols."""

    origin: str
    label: str
    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ParseTable:
    """States of the automaton.

    `actions[state][kind]` is a number: `n >= 0` shifts to state n; `~n` reduces rule n. `shortcuts[state][kind]` holds
    `(rule, next state)` where a token alone makes up the rule, so that shift and reduction are one step.
    """

    rules: tuple[Rule, ...]
    actions: tuple[dict[str, int], ...]
    gotos: tuple[dict[str, int], ...]
    shortcuts: tuple[dict[str, tuple[int, int]], ...]
    kernels: tuple[tuple[tuple[int, int], ...], ...]
    starts: dict[str, int]
    ends: dict[str, int]


@cache
def rhai_table() -> ParseTable:
    """The table of the plain language."""
    return build_table()


def build_table() -> ParseTable:
    """Runs Lark over the grammar."""
    from lark import Lark
    from lark.lexer import Lexer

    class NoLexer(Lexer):
        """Stands in for our lexer, which works without Lark."""

        __future_interface__ = 1

        def __init__(self, _conf: Any) -> None:
            pass

        def lex(self, *_: Any) -> Any:
            raise NotImplementedError

    lark = Lark.open(
        str(resources.grammar_path("rhai")),
        parser="lalr",
        lexer=NoLexer,
        start=[START, EXPRESSION_START],
        maybe_placeholders=False,
        keep_all_tokens=True,
    )
    return _shape(lark.parser.parser._parse_table, lark.rules)  # noqa: SLF001 - Lark has no public name for it


def _shape(table: Any, lark_rules: Any) -> ParseTable:
    rules = [
        Rule(rule.origin.name, _label(rule), tuple(symbol.name for symbol in rule.expansion)) for rule in lark_rules
    ]
    numbers = {id(rule): number for number, rule in enumerate(lark_rules)}
    by_value = {rule: number for number, rule in enumerate(lark_rules)}
    actions: list[dict[str, int]] = []
    gotos: list[dict[str, int]] = []
    for state in range(len(table.states)):
        shifts: dict[str, int] = {}
        jumps: dict[str, int] = {}
        for symbol, (action, argument) in table.states[state].items():
            if action.name == "Reduce":
                number = numbers.get(id(argument))
                shifts[symbol] = ~(by_value[argument] if number is None else number)
            elif symbol.isupper() or symbol.startswith("$"):
                shifts[symbol] = argument
            else:
                jumps[symbol] = argument
        actions.append(shifts)
        gotos.append(jumps)
    kernels = _kernels(rules, actions, gotos, table.start_states)
    shortcuts = _shortcut(rules, actions, gotos)
    return ParseTable(
        tuple(rules),
        tuple(actions),
        tuple(gotos),
        tuple(shortcuts),
        kernels,
        dict(table.start_states),
        dict(table.end_states),
    )


def _label(rule: Any) -> str:
    if rule.alias:
        return str(rule.alias)
    if len(rule.expansion) != 1:
        raise ValueError(f"an alternative of several symbols needs a label: {rule}")
    return PASS


def _kernels(
    rules: list[Rule], actions: list[dict[str, int]], gotos: list[dict[str, int]], starts: dict[str, int]
) -> tuple[tuple[tuple[int, int], ...], ...]:
    """For every state the places in rules that led to it: (rule, symbols read)."""
    by_origin: dict[str, list[int]] = {}
    for number, rule in enumerate(rules):
        by_origin.setdefault(rule.origin, []).append(number)
    kernels: list[tuple[tuple[int, int], ...] | None] = [None] * len(actions)
    todo: list[tuple[int, tuple[tuple[int, int], ...]]] = [
        (state, tuple((number, 0) for number in by_origin[start])) for start, state in starts.items()
    ]
    while todo:
        state, kernel = todo.pop()
        if kernels[state] is not None:
            continue
        kernels[state] = kernel
        moves: dict[str, set[tuple[int, int]]] = {}
        for number, dot in _closure(kernel, rules, by_origin):
            symbols = rules[number].symbols
            if dot < len(symbols):
                moves.setdefault(symbols[dot], set()).add((number, dot + 1))
        for symbol, items in moves.items():
            target = gotos[state].get(symbol, actions[state].get(symbol, -1))
            if target >= 0:
                todo.append((target, tuple(sorted(items))))
    return tuple(kernel or () for kernel in kernels)


def _closure(
    kernel: tuple[tuple[int, int], ...], rules: list[Rule], by_origin: dict[str, list[int]]
) -> set[tuple[int, int]]:
    found = set(kernel)
    todo = list(kernel)
    while todo:
        number, dot = todo.pop()
        symbols = rules[number].symbols
        if dot < len(symbols):
            for other in by_origin.get(symbols[dot], ()):
                if (other, 0) not in found:
                    found.add((other, 0))
                    todo.append((other, 0))
    return found


def _shortcut(
    rules: list[Rule], actions: list[dict[str, int]], gotos: list[dict[str, int]]
) -> list[dict[str, tuple[int, int]]]:
    """Skips the states in which the only thing to do is to reduce an alternative of one symbol."""
    only: list[int | None] = []
    for row in actions:
        targets = set(row.values())
        number = ~next(iter(targets)) if len(targets) == 1 else -1
        only.append(number if number >= 0 and len(rules[number].symbols) == 1 else None)
    for jumps in gotos:
        for symbol in list(jumps):
            jumps[symbol] = _resolve(jumps, symbol, only, rules)
    shortcuts: list[dict[str, tuple[int, int]]] = []
    for state, row in enumerate(actions):
        shortcut: dict[str, tuple[int, int]] = {}
        for kind, target in row.items():
            alone = only[target] if target >= 0 else None
            if alone is not None:
                shortcut[kind] = (alone, gotos[state][rules[alone].origin])
        shortcuts.append(shortcut)
    return shortcuts


def _resolve(jumps: dict[str, int], symbol: str, only: list[int | None], rules: list[Rule]) -> int:
    target = jumps[symbol]
    number = only[target]
    if number is None or rules[number].label != PASS:
        return target
    return _resolve(jumps, rules[number].origin, only, rules)
