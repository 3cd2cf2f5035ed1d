"""The parse loop: drives Lark's LALR table over our tokens and calls the builder at every reduction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from horus_runtime.ast.nodes import CustomSyntax
from horus_runtime.errors import ParseError
from horus_runtime.syntax import depth, diagnostics
from horus_runtime.syntax.builder import Builder
from horus_runtime.syntax.custom import LABEL, ends_itself, words
from horus_runtime.syntax.expressions import Reject
from horus_runtime.syntax.grammar import PASS, SHORTCUT, ParseTable
from horus_runtime.syntax.levels import NoOperand, position_of
from horus_runtime.syntax.tokens import END, ERROR, RawToken

if TYPE_CHECKING:
    from horus_runtime.syntax.dynamic import Constructs

Callback = Callable[[list[Any]], Any]


class Parser:
    """One run over the tokens of one text."""

    def __init__(self, table: ParseTable, builder: Builder) -> None:
        self.table = table
        self.builder = builder
        self.values = builder.values
        self.states = builder.states
        self.callbacks: list[Callback | None] = [
            None if rule.label == PASS else _callback(builder, rule.label) for rule in table.rules
        ]
        self.sizes = [len(rule.symbols) for rule in table.rules]
        self.origins = [rule.origin for rule in table.rules]
        self.constructs: Constructs | None = None
        """Constructs of the host that are read as a function of the host wants."""

    def run(self, start: str, tokens: Iterator[RawToken]) -> Any:
        """Parses all tokens and returns the value of the start rule."""
        self.states.append(self.table.starts[start])
        if self.builder.options.custom_syntaxes:
            tokens = self._adapted(tokens)
        try:
            return self._loop_checked(self.table.ends[start], tokens)
        except ParseError as error:
            raise diagnostics.in_case(self.builder, error) from None

    def _loop_checked(self, end_state: int, tokens: Iterator[RawToken]) -> Any:
        try:
            return self._loop(end_state, tokens)
        except NoOperand as left:
            raise self._without_operand(left.token) from None

    def _without_operand(self, token: RawToken) -> ParseError:
        """The error for the first token of an operand of `return` that Rhai takes for none: what may follow instead."""
        missing = ParseError("MissingToken", "Expecting ';' to terminate this statement", position_of(token))
        opener = self.values.pop()
        self.states.pop()
        self.builder.leave(opener)
        self.values.append(self.builder.bare_flow([opener.token]))
        bare = next(number for number, rule in enumerate(self.table.rules) if rule.label == "bare_flow")
        self.states.append(self.table.gotos[self.states[-1]][self.origins[bare]])
        if self.accepts(token[0]):
            token = ("LET", "let", *token[2:])  # Rhai has decided before it looks for an operator
        error = self._unexpected(token)
        return error if error.kind == "MissingToken" or token[0] == ERROR else missing

    def _adapted(self, tokens: Iterator[RawToken]) -> Iterator[RawToken]:
        """The tokens as the constructs of the host want them, each decided on when the parser has come to it.

        Words of constructs are names wherever no construct expects them, and a statement that is a construct which
        ends with a block, `}` or `;` needs no `;` behind it.
        """
        syntaxes = self.builder.options.custom_syntaxes
        firsts = words(syntaxes)
        for token in tokens:
            if self.constructs is not None and (yield from self.constructs.before(token)):
                continue
            kind = token[0]
            if kind in firsts and not self.accepts(kind) and not (firsts[kind] and self._after_dot()):
                kind = "NAME"
            if self._needs_semicolon(kind):
                yield ("SEMICOLON", ";", *token[2:4], *token[2:4])
                if token[0] in firsts and self.accepts(token[0]):
                    kind = token[0]
            if self.constructs is not None:
                self.constructs.took(token, kind)
            yield token if kind == token[0] else (kind, *token[1:])

    def _needs_semicolon(self, kind: str) -> bool:
        """Is there a whole statement before the token that ends itself?"""
        number = self.table.complete[self.states[-1]]
        if number >= 0 and self.table.rules[number].label.startswith(LABEL):
            self._reduce(number, (END, "", 0, 0, 0, 0))
        last = self.values[-1] if self.values else None
        if type(last) is not CustomSyntax or not ends_itself(last.symbols) or len(self.states) < 2:
            return False
        return "LET" in self.table.steps[self.states[-2]] and not self.accepts(kind)

    def _after_dot(self) -> bool:
        return any(place.label == "property" and place.read == 2 for place in self.table.places[self.states[-1]])

    def accepts(self, kind: str) -> bool:
        """Would the parser take a token of this kind now?"""
        states = list(self.states)
        while True:
            step = self.table.steps[states[-1]].get(kind)
            if step is None or step >= 0:
                return step is not None
            number = ~step
            del states[len(states) - self.sizes[number] :]
            states.append(self.table.gotos[states[-1]][self.origins[number]])

    def _loop(self, end_state: int, tokens: Iterator[RawToken]) -> Any:  # noqa: PLR0915 - flat for speed
        steps, gotos, shortcuts = self.table.steps, self.table.gotos, self.table.shortcuts
        callbacks, sizes, origins = self.callbacks, self.sizes, self.origins
        values, states = self.values, self.states
        push_value, push_state = values.append, states.append
        careful = self.builder.careful
        for token in tokens:
            kind = token[0]
            if careful:
                self._settle(token)
                depth.check_sizes(self.builder, token)
                depth.check_depth(self.builder, token)
            state = states[-1]  # the token before it may have been reduced by now
            while True:
                step = steps[state].get(kind, end_state)
                if step == end_state:
                    if state == end_state and kind == END:
                        return values[0]
                    raise self._unexpected(token)
                if step < 0:
                    number = ~step
                    size = sizes[number]
                    callback = callbacks[number]
                    if callback is None:
                        states.pop()
                    elif size:
                        arguments = values[-size:]
                        del values[-size:]
                        del states[-size:]
                        try:
                            push_value(callback(arguments))
                        except Reject:
                            self._restore(number, arguments)
                            raise self._unexpected(token) from None
                    else:
                        push_value(callback([]))
                    state = gotos[states[-1]][origins[number]]
                    push_state(state)
                    continue
                if step < SHORTCUT:
                    push_value(token)
                    state = step
                    push_state(state)
                    break
                number, before, state = shortcuts[step - SHORTCUT]
                callback = callbacks[number]
                if before:
                    arguments = values[-before:]
                    arguments.append(token)
                    del values[-before:]
                    del states[-before:]
                    push_value(callback(arguments))  # type: ignore[misc]
                    state = gotos[states[-1]][origins[number]]
                else:
                    try:
                        push_value(token if callback is None else callback([token]))
                    except Reject:
                        raise self._unexpected(token) from None
                push_state(state)
                break
        raise AssertionError("the lexer ends with $END or an error token")

    def _settle(self, token: RawToken) -> None:
        """Does the reductions that the token causes, so that the state shows what the token starts."""
        while True:
            step = self.table.steps[self.states[-1]].get(token[0])
            if step is None or step >= 0 or self.table.rules[~step].label == "zero":
                return
            self._reduce(~step, token)

    def _reduce(self, number: int, token: RawToken) -> None:
        size = self.sizes[number]
        callback = self.callbacks[number]
        arguments = self.values[len(self.values) - size :]
        del self.values[len(self.values) - size :]
        del self.states[len(self.states) - size :]
        try:
            self.values.append(arguments[0] if callback is None else callback(arguments))
        except Reject:
            self._restore(number, arguments)
            raise self._unexpected(token) from None
        self.states.append(self.table.gotos[self.states[-1]][self.origins[number]])

    def _restore(self, number: int, arguments: list[Any]) -> None:
        """Puts the symbols of a rejected rule back on the stacks."""
        for symbol, value in zip(self.table.rules[number].symbols, arguments, strict=True):
            state = self.states[-1]
            self.states.append(self.table.gotos[state][symbol])
            self.values.append(value)

    def _unexpected(self, token: RawToken) -> ParseError:
        """Completes what can be completed before the token, as Rhai has by then, and says what is missing."""
        while True:
            error = diagnostics.early_fault(self.builder, token)
            if error is not None:
                return error
            number = self.table.complete[self.states[-1]]
            if number < 0:
                return diagnostics.unexpected(self.builder, token)
            self._reduce(number, token)


def _callback(builder: Builder, label: str) -> Callback:
    if label.startswith(LABEL):
        return partial(builder.custom_syntax, int(label[len(LABEL) :]))
    callback: Callback = getattr(builder, label)
    return callback
