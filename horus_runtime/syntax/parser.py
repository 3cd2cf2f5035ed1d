"""The parse loop: drives Lark's LALR table over our tokens and calls the builder at every reduction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from horus_runtime.syntax.grammar import PASS, ParseTable
from horus_runtime.syntax.tokens import END, RawToken

Callback = Callable[[list[Any]], Any]


class UnexpectedToken(Exception):
    """No rule goes on with this token; the stacks say where the parser stood."""

    def __init__(self, token: RawToken, states: list[int], values: list[Any]) -> None:
        super().__init__(token)
        self.token = token
        self.states = states
        self.values = values


def parse(table: ParseTable, start: str, builder: object, batches: Iterator[list[RawToken]]) -> Any:
    """Parses all tokens and returns the value of the start rule."""
    callbacks: list[Callback | None] = [
        None if rule.label == PASS else getattr(builder, rule.label) for rule in table.rules
    ]
    sizes = [len(rule.symbols) for rule in table.rules]
    origins = [rule.origin for rule in table.rules]
    actions, gotos, shortcuts = table.actions, table.gotos, table.shortcuts
    state = table.starts[start]
    end_state = table.ends[start]
    states = [state]
    values: list[Any] = []
    push_state, push_value = states.append, values.append
    for batch in batches:
        for token in batch:
            kind = token[0]
            shortcut = shortcuts[state].get(kind)
            while shortcut is None:
                action = actions[state].get(kind)
                if action is None:
                    if state == end_state and kind == END:
                        return values[0]
                    raise UnexpectedToken(token, states, values)
                if action >= 0:
                    state = action
                    push_state(state)
                    push_value(token)
                    break
                number = ~action
                size = sizes[number]
                callback = callbacks[number]
                if callback is not None:
                    if size:
                        arguments = values[-size:]
                        del values[-size:]
                        del states[-size:]
                    else:
                        arguments = []
                    push_value(callback(arguments))
                else:
                    states.pop()
                state = gotos[states[-1]][origins[number]]
                push_state(state)
                shortcut = shortcuts[state].get(kind)
            else:
                number, state = shortcut
                callback = callbacks[number]
                push_state(state)
                push_value(token if callback is None else callback([token]))
    raise AssertionError("the lexer ends with $END or an error token")
