"""Builds the LALR(1) parse table from `grammars/rhai.lark` with Lark, and shapes it for the parse loop.

The table is plain data, so it can be kept on disk: Lark itself is needed only when the grammar changed. Chains of
alternatives that only hand a value on are short-cut here, once, instead of at every parse.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from horus_runtime import resources
from horus_runtime.cache import remembered
from horus_runtime.syntax.custom import Syntaxes, grammar_rules

START: Final = "script"
EXPRESSION_START: Final = "expression_script"

PASS: Final = ""
"""Label of an alternative that hands its only value on."""

SHORTCUT: Final = 1 << 20
"""Steps from this number on stand for a shift that completes a rule, see `ParseTable.shortcuts`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One alternative: the rule it belongs to, the builder's callback, and the symbols."""

    origin: str
    label: str
    symbols: tuple[str, ...]


class Place(NamedTuple):
    """A place within a rule where a state may stand: the rule, what was read of it, and what comes next."""

    origin: str
    label: str
    read: int
    next: str


@dataclass(frozen=True, slots=True)
class ParseTable:
    """States of the automaton.

    `steps[state][kind]` is a number: below zero `~n` reduces rule n; up to `SHORTCUT` it shifts to that state; above,
    `shortcuts[step - SHORTCUT]` is `(rule, symbols on the stack, next state)`: the token completes a rule and nothing
    else could follow, so shift and reduction are one step. The next state is -1 if it depends on the stack.
    """

    rules: tuple[Rule, ...]
    steps: tuple[dict[str, int], ...]
    gotos: tuple[dict[str, int], ...]
    shortcuts: tuple[tuple[int, int, int], ...]
    places: tuple[tuple[Place, ...], ...]
    """Unfinished rules per state."""
    complete: tuple[int, ...]
    """The rule that a state completes whatever follows, or -1."""
    starts: dict[str, int]
    ends: dict[str, int]
    roles: tuple[str, ...]
    """What a state is for, where the builder must know: see `_ROLES`."""
    bodies: tuple[tuple[str, int] | None, ...]
    """In a state that expects a construct's block: the construct's label, and how many symbols lie before the block."""


_ROLES: Final = {
    "if_:1": "condition",
    "while_:1": "condition",
    "do:3": "condition",
    "case:2": "condition",
    "for_:3": "condition",
    "for_counted:4": "condition",
    "if_:2": "tested",
    "while_:2": "tested",
    "do:4": "tested",
    "case:3": "tested",
    "switch:3": "arms",
    "switch:4": "arms",
    "array:1": "array",
    "array:2": "items",
    "array:3": "items",
    "map:1": "map",
    "entry:2": "entry",
    "no_arguments:1": "arguments",
    "valued_flow:1": "flow",
    "export:1": "export",
    "export_declaration:1": "export",
}
"""Roles by label and number of symbols read. States without one are "statement", "expression" or nothing special."""


@lru_cache(maxsize=16)
def rhai_table(syntaxes: Syntaxes = ()) -> ParseTable:
    """The table of the language with a host's constructs: from the cache on disk, or made by Lark.

    Raises:
        ValueError: the constructs do not fit into the language.
    """
    what = b"parse table" + repr(syntaxes).encode() if syntaxes else b"parse table"
    return _unpack(remembered(what, lambda: _pack(build_table(syntaxes))))


def _pack(table: ParseTable) -> tuple[Any, ...]:
    """The table as plain data."""
    rules = [(rule.origin, rule.label, rule.symbols) for rule in table.rules]
    places = [[tuple(place) for place in state] for state in table.places]
    return (
        rules,
        table.steps,
        table.gotos,
        table.shortcuts,
        places,
        table.complete,
        table.starts,
        table.ends,
        table.roles,
        table.bodies,
    )


def _unpack(data: tuple[Any, ...]) -> ParseTable:
    rules, steps, gotos, shortcuts, places, *others = data
    return ParseTable(
        tuple(Rule(*rule) for rule in rules),
        steps,
        gotos,
        shortcuts,
        tuple(tuple(Place(*place) for place in state) for state in places),
        *others,
    )


def build_table(syntaxes: Syntaxes = ()) -> ParseTable:
    """Runs Lark over the grammar."""
    from lark import Lark
    from lark.exceptions import GrammarError
    from lark.lexer import Lexer

    class NoLexer(Lexer):
        """Stands in for our lexer, which works without Lark."""

        __future_interface__ = 1

        def __init__(self, _conf: Any) -> None:
            pass

        def lex(self, *_: Any) -> Any:
            raise NotImplementedError

    try:
        lark = Lark(
            resources.grammar_text("rhai") + grammar_rules(syntaxes),
            source_path=str(resources.grammar_path("rhai")),
            parser="lalr",
            lexer=NoLexer,
            start=[START, EXPRESSION_START],
            maybe_placeholders=False,
            keep_all_tokens=True,
        )
    except GrammarError as error:
        if not syntaxes:
            raise
        shown = "; ".join(" ".join(symbols) for symbols in syntaxes)
        raise ValueError(f"custom syntax does not fit into the language: {shown}") from error
    return _shape(lark.parser.parser._parse_table, lark.rules)  # noqa: SLF001 - Lark has no public name for it


def _shape(table: Any, lark_rules: Any) -> ParseTable:
    rules = [
        Rule(str(rule.origin.name), _label(rule), tuple(str(symbol.name) for symbol in rule.expansion))
        for rule in lark_rules
    ]
    numbers = {id(rule): number for number, rule in enumerate(lark_rules)}
    by_value = {rule: number for number, rule in enumerate(lark_rules)}
    actions: list[dict[str, int]] = []
    gotos: list[dict[str, int]] = []
    for state in range(len(table.states)):
        shifts: dict[str, int] = {}
        jumps: dict[str, int] = {}
        for key, (action, argument) in table.states[state].items():
            symbol = str(key)  # Lark's names are tokens
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
    steps, shortcuts = _shortcut(rules, actions, gotos)
    return ParseTable(
        tuple(rules),
        tuple(steps),
        tuple(gotos),
        tuple(shortcuts),
        tuple(_places(rules, kernel) for kernel in kernels),
        tuple(_completed(rules, kernel) for kernel in kernels),
        dict(table.start_states),
        dict(table.end_states),
        tuple(_role(rules, kernel, row) for kernel, row in zip(kernels, steps, strict=True)),
        tuple(_body(rules, kernel) for kernel in kernels),
    )


def _role(rules: list[Rule], kernel: tuple[tuple[int, int], ...], row: dict[str, int]) -> str:
    for number, dot in kernel:
        role = _ROLES.get(f"{rules[number].label}:{dot}")
        if role:
            return role
    if "LET" in row:
        return "statement"
    expected = {rules[number].symbols[dot] for number, dot in kernel if dot < len(rules[number].symbols)}
    return "expression" if expected & {"expr", "import_path", "inline"} else ""


def _body(rules: list[Rule], kernel: tuple[tuple[int, int], ...]) -> tuple[str, int] | None:
    for number, dot in kernel:
        if dot < len(rules[number].symbols) and rules[number].symbols[dot] == "block":
            return rules[number].label, dot
    return None


def _places(rules: list[Rule], kernel: tuple[tuple[int, int], ...]) -> tuple[Place, ...]:
    unfinished = ((rules[number], dot) for number, dot in kernel if dot < len(rules[number].symbols))
    return tuple(dict.fromkeys(Place(rule.origin, rule.label, dot, rule.symbols[dot]) for rule, dot in unfinished))


def _completed(rules: list[Rule], kernel: tuple[tuple[int, int], ...]) -> int:
    """The rule to complete when no token fits: a name is a variable then, and nothing ends a script early."""
    done = [number for number, dot in kernel if dot == len(rules[number].symbols)]
    done = [number for number in done if rules[number].origin not in {START, EXPRESSION_START}]
    done.sort(key=lambda number: (rules[number].origin != "atom", rules[number].origin == "inline_target"))
    return done[0] if done else -1


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
) -> tuple[list[dict[str, int]], list[tuple[int, int, int]]]:
    """Skips the states in which there is nothing to do but to reduce one rule."""
    only = [_only_rule(row) for row in actions]
    for jumps in gotos:
        for symbol in list(jumps):
            jumps[symbol] = _resolve(jumps, symbol, only, rules)
    shortcuts: dict[tuple[int, int, int], int] = {}
    steps: list[dict[str, int]] = []
    for state, row in enumerate(actions):
        new_row: dict[str, int] = {}
        for kind, target in row.items():
            number = only[target] if target >= 0 else None
            if number is None:
                new_row[kind] = target
                continue
            before = len(rules[number].symbols) - 1
            shortcut = (number, before, -1 if before else gotos[state][rules[number].origin])
            new_row[kind] = SHORTCUT + shortcuts.setdefault(shortcut, len(shortcuts))
        steps.append(new_row)
    return steps, list(shortcuts)


def _only_rule(row: dict[str, int]) -> int | None:
    targets = set(row.values())
    target = targets.pop() if len(targets) == 1 else 0
    return ~target if target < 0 else None


def _resolve(jumps: dict[str, int], symbol: str, only: list[int | None], rules: list[Rule]) -> int:
    target = jumps[symbol]
    number = only[target]
    if number is None or rules[number].label != PASS or len(rules[number].symbols) != 1:
        return target
    return _resolve(jumps, rules[number].origin, only, rules)
