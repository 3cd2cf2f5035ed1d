"""Builds tree nodes: one callback per label of `grammars/rhai.lark`, called with the values of the rule's symbols.

A token's value is the raw token tuple, a rule's value whatever its callback returned. Lists are handed on and grown in
place, so that long scripts cost one append per item.
"""

from __future__ import annotations

from typing import Any, Final

from horus_runtime.ast import nodes
from horus_runtime.source import Span
from horus_runtime.syntax.literals import INT_MAX
from horus_runtime.syntax.operators import climb
from horus_runtime.syntax.options import ParseOptions
from horus_runtime.syntax.tokens import RawToken

Values = list[Any]

_new: Final = tuple.__new__
_BARE_STATEMENTS: Final = frozenset((nodes.Block, nodes.If, nodes.Switch, nodes.While, nodes.Loop, nodes.Do, nodes.For))
_TYPE_ALIASES: Final = {"int": "i64", "float": "f64"}


def token_span(token: RawToken) -> Span:
    """The stretch of one token."""
    return _new(Span, token[2:])


def span_of(value: Any) -> Span:
    """The stretch of a token or node."""
    return _new(Span, value[2:]) if type(value) is tuple else value.span


def join(first: Any, last: Any) -> Span:
    """The stretch from one token or node to another."""
    start, end = span_of(first), span_of(last)
    return _new(Span, (start[0], start[1], end[2], end[3]))


def token_join(first: RawToken, last: RawToken) -> Span:
    """The stretch from one token to another."""
    return _new(Span, (first[2], first[3], last[4], last[5]))


class Builder:
    """State of one parse: the functions found so far, and the callbacks."""

    def __init__(self, options: ParseOptions, precedence: dict[str, int]) -> None:
        self.options = options
        self.precedence = precedence
        self.functions: list[nodes.FnDef] = []

    # ---- scripts, statement lists, blocks --------------------------------------------------------------------------

    def script(self, a: Values) -> nodes.Script:
        body = self._body(a)
        last = body[-1].span if body else Span(1, 1, 1, 1)
        return nodes.Script(Span(1, 1, last[2], last[3]), body, tuple(self.functions))

    def expression_script(self, a: Values) -> nodes.Node:
        node: nodes.Node = a[0]
        return node

    def _body(self, a: Values) -> tuple[nodes.Node, ...]:
        """The statements of `[statements]` or `[statements, last statement]`."""
        if len(a) > 1:
            a[0].append(a[1])
        return tuple(a[0])

    def no_statements(self, a: Values) -> list[nodes.Node]:
        return []

    def empty_statement(self, a: Values) -> list[nodes.Node]:
        statements: list[nodes.Node] = a[0]
        return statements

    def add_statement(self, a: Values) -> list[nodes.Node]:
        statements: list[nodes.Node] = a[0]
        if a[1] is not None:
            statements.append(a[1])
        return statements

    def block(self, a: Values) -> nodes.Block:
        return nodes.Block(token_join(a[0], a[-1]), self._body(a[1:-1]))

    def expression_statement(self, a: Values) -> nodes.Node:
        node: nodes.Node = a[0]
        return node if type(node) in _BARE_STATEMENTS else nodes.ExprStmt(node.span, node)

    def if_(self, a: Values) -> nodes.If:
        if len(a) == 3:
            return nodes.If(join(a[0], a[2]), a[1], a[2])
        return nodes.If(join(a[0], a[4]), a[1], a[2], a[4])

    def while_(self, a: Values) -> nodes.While:
        return nodes.While(join(a[0], a[2]), a[1], a[2])

    def loop(self, a: Values) -> nodes.Loop:
        return nodes.Loop(join(a[0], a[1]), a[1])

    def for_(self, a: Values) -> nodes.For:
        return nodes.For(join(a[0], a[4]), a[1][1], None, a[3], a[4], token_span(a[1]))

    def for_counted(self, a: Values) -> nodes.For:
        variable, counter = a[2], a[4]
        return nodes.For(
            join(a[0], a[8]), variable[1], counter[1], a[7], a[8], token_span(variable), token_span(counter)
        )

    def do(self, a: Values) -> nodes.Do:
        return nodes.Do(join(a[0], a[3]), a[1], a[3], a[2][0] == "UNTIL")

    def try_(self, a: Values) -> nodes.Try:
        if len(a) == 4:
            return nodes.Try(join(a[0], a[3]), a[1], None, a[3])
        return nodes.Try(join(a[0], a[6]), a[1], a[4][1], a[6], token_span(a[4]))

    # ---- functions -------------------------------------------------------------------------------------------------

    def public_word(self, a: Values) -> tuple[RawToken, bool]:
        return a[0], False

    def private_word(self, a: Values) -> tuple[RawToken, bool]:
        return a[0], True

    def function_start(self, a: Values) -> tuple[RawToken, bool, str | None, RawToken]:
        return (*a[0], None, a[1])

    def method_start(self, a: Values) -> tuple[RawToken, bool, str | None, RawToken]:
        kind, name = a[1][:2]
        return (*a[0], _TYPE_ALIASES.get(name, name) if kind == "NAME" else name, a[3])

    def no_parameters(self, a: Values) -> list[RawToken]:
        return []

    def parameters(self, a: Values) -> list[RawToken]:
        names: list[RawToken] = a[1]
        return names

    def first_name(self, a: Values) -> list[RawToken]:
        return [a[0]]

    def next_name(self, a: Values) -> list[RawToken]:
        names: list[RawToken] = a[0]
        names.append(a[2])
        return names

    def function(self, a: Values) -> None:
        (word, private, this_type, name), parameters, body = a
        self.functions.append(
            nodes.FnDef(
                join(word, body),
                name[1],
                tuple(parameter[1] for parameter in parameters),
                body,
                token_span(name),
                private,
                this_type,
                word[1] if type(word[1]) is tuple else (),
            )
        )

    # ---- simple statements -----------------------------------------------------------------------------------------

    def declaration(self, a: Values) -> nodes.Let:
        word, name = a[0], a[1]
        value = a[3] if len(a) > 2 else None
        return nodes.Let(join(word, a[-1]), name[1], value, word[0] == "CONST", token_span(name))

    def assignment(self, a: Values) -> nodes.Assign:
        target, operator, value = a
        return nodes.Assign(join(target, value), target, operator[1], value, token_span(operator))

    def return_(self, a: Values) -> nodes.Return:
        return nodes.Return(join(a[0], a[-1]), a[1] if len(a) > 1 else None)

    def throw(self, a: Values) -> nodes.Throw:
        return nodes.Throw(join(a[0], a[-1]), a[1] if len(a) > 1 else None)

    def break_(self, a: Values) -> nodes.Break:
        return nodes.Break(join(a[0], a[-1]), a[1] if len(a) > 1 else None)

    def continue_(self, a: Values) -> nodes.Continue:
        return nodes.Continue(token_span(a[0]))

    def import_(self, a: Values) -> nodes.Import:
        if len(a) == 2:
            return nodes.Import(join(a[0], a[1]), a[1], None)
        return nodes.Import(join(a[0], a[3]), a[1], a[3][1], token_span(a[3]))

    def export(self, a: Values) -> nodes.Export:
        return nodes.Export(token_join(a[0], a[-1]), a[1][1], a[3][1] if len(a) > 2 else None)

    def export_declaration(self, a: Values) -> nodes.Export:
        return nodes.Export(join(a[0], a[1]), a[1].name, None, a[1])

    # ---- switch ----------------------------------------------------------------------------------------------------

    def switch(self, a: Values) -> nodes.Switch:
        arms = a[3]
        if len(a) == 6:
            arms.append(a[4])
        return nodes.Switch(join(a[0], a[-1]), a[1], tuple(arms))

    def no_arms(self, a: Values) -> list[nodes.SwitchArm]:
        return []

    def add_arm(self, a: Values) -> list[nodes.SwitchArm]:
        arms: list[nodes.SwitchArm] = a[0]
        arms.append(a[1])
        return arms

    def arm(self, a: Values) -> nodes.SwitchArm:
        (start, patterns, guard), _arrow, body = a
        return nodes.SwitchArm(join(start, body), patterns, guard, body)

    def empty_arm(self, a: Values) -> nodes.SwitchArm:
        (start, patterns, guard), _arrow, semicolon = a
        return nodes.SwitchArm(join(start, semicolon), patterns, guard, nodes.Block(token_span(semicolon), ()))

    def case(self, a: Values) -> tuple[Any, tuple[nodes.Node, ...], nodes.Node | None]:
        patterns = a[0]
        return patterns[0], tuple(patterns), a[2] if len(a) > 1 else None

    def default_case(self, a: Values) -> tuple[Any, tuple[nodes.Node, ...], nodes.Node | None]:
        return a[0], (), None

    def alternatives(self, a: Values) -> list[nodes.Node]:
        """Cuts the chain at `|`, which separates alternatives here."""
        chain = a[0]
        if type(chain) is not list:
            return [_pattern(chain)]
        patterns: list[nodes.Node] = []
        start = 0
        for at in range(1, len(chain) + 1, 2):
            if at == len(chain) or chain[at][0] == "PIPE":
                patterns.append(_pattern(climb(chain[start:at], self.precedence)))
                start = at + 1
        return patterns

    # ---- operators -------------------------------------------------------------------------------------------------

    def binary(self, a: Values) -> nodes.Node:
        return climb(a[0], self.precedence)

    def chain_start(self, a: Values) -> Values:
        return a

    def chain_more(self, a: Values) -> Values:
        chain: Values = a[0]
        chain.append(a[1])
        chain.append(a[2])
        return chain

    def chain_open(self, a: Values) -> Values:
        a.append(_largest(a[1]))
        return a

    def chain_more_open(self, a: Values) -> Values:
        chain: Values = a[0]
        chain += (a[1], _largest(a[1]))
        return chain

    def zero_start(self, a: Values) -> Values:
        a[0] = _smallest(a[0], a[1])
        return a

    def zero_open(self, a: Values) -> Values:
        return [_smallest(a[0], a[1]), a[1], _largest(a[1])]

    def chain_start_zero(self, a: Values) -> Values:
        a[2] = _smallest(a[2], a[3])
        return a

    def chain_more_zero(self, a: Values) -> Values:
        chain: Values = a[0]
        chain += (a[1], _smallest(a[2], a[3]), a[3], a[4])
        return chain

    def chain_start_zero_open(self, a: Values) -> Values:
        return [a[0], a[1], _smallest(a[2], a[3]), a[3], _largest(a[3])]

    def chain_more_zero_open(self, a: Values) -> Values:
        chain: Values = a[0]
        chain += (a[1], _smallest(a[2], a[3]), a[3], _largest(a[3]))
        return chain

    def zero(self, a: Values) -> Values:
        """The signs before the missing integer, the last one first."""
        return []

    def signed_zero(self, a: Values) -> Values:
        signs: Values = a[1]
        signs.append(a[0])
        return signs

    # ---- operands --------------------------------------------------------------------------------------------------

    def unary(self, a: Values) -> nodes.Node:
        sign, operand = a
        return nodes.Unary(join(sign, operand), sign[1], operand)

    def closure_start(self, a: Values) -> tuple[RawToken, list[RawToken]]:
        return a[0], a[1] if len(a) > 2 and type(a[1]) is list else []

    def closure(self, a: Values) -> nodes.Closure:
        (start, parameters), body = a
        return nodes.Closure(join(start, body), tuple(name[1] for name in parameters), body)

    def empty_closure(self, a: Values) -> nodes.Closure:
        (start, parameters), semicolon = a
        body = nodes.Block(token_span(semicolon), ())
        return nodes.Closure(join(start, semicolon), tuple(name[1] for name in parameters), body)

    def property(self, a: Values) -> nodes.Property:
        target, dot, name = a
        return nodes.Property(
            join(target, name), target, name[1], token_span(name), token_span(dot), dot[0] == "SAFE_DOT"
        )

    def method_call(self, a: Values) -> nodes.MethodCall:
        target, dot, name, (arguments, end) = a
        return nodes.MethodCall(
            join(target, end), target, name[1], arguments, token_span(name), token_span(dot), dot[0] == "SAFE_DOT"
        )

    def index(self, a: Values) -> nodes.Index:
        target, bracket, index, end = a
        return nodes.Index(join(target, end), target, index, token_span(bracket), bracket[0] == "SAFE_BRACKET")

    def literal(self, a: Values) -> nodes.Node:
        token = a[0]
        return _LITERALS[token[0]](token)

    def this(self, a: Values) -> nodes.This:
        return nodes.This(token_span(a[0]))

    def variable(self, a: Values) -> nodes.Variable:
        token = a[0]
        return nodes.Variable(_new(Span, token[2:]), token[1])

    def path(self, a: Values) -> list[RawToken]:
        first, _colons, name = a
        if type(first) is list:
            first.append(name)
            return first
        return [first, name]

    def path_variable(self, a: Values) -> nodes.Variable:
        names = a[0]
        namespace = tuple(_name_text(name) for name in names[:-1])
        return nodes.Variable(join(names[0], names[-1]), names[-1][1], namespace)

    def call(self, a: Values) -> nodes.Call:
        return self._call(a[0], a[1], False)

    def capturing_call(self, a: Values) -> nodes.Call:
        return self._call(a[0], a[2], True)

    def _call(self, callee: Any, arguments: Any, captures: bool) -> nodes.Call:
        values, end = arguments
        if type(callee) is list:
            namespace = tuple(_name_text(name) for name in callee[:-1])
            return nodes.Call(join(callee[0], end), callee[-1][1], values, namespace, captures)
        if type(callee) is tuple:
            return nodes.Call(token_join(callee, end), callee[1], values, (), captures)
        return nodes.Call(join(callee, end), callee.name, values, callee.namespace, captures)

    def no_arguments(self, a: Values) -> tuple[tuple[nodes.Node, ...], RawToken]:
        return (), a[-1]

    def arguments(self, a: Values) -> tuple[tuple[nodes.Node, ...], RawToken]:
        return tuple(a[1]), a[-1]

    def first_item(self, a: Values) -> Values:
        return a

    def next_item(self, a: Values) -> Values:
        items: Values = a[0]
        items.append(a[2])
        return items

    def parenthesised(self, a: Values) -> nodes.Node:
        node: nodes.Node = a[1]
        return node

    def array(self, a: Values) -> nodes.ArrayLit:
        return nodes.ArrayLit(token_join(a[0], a[-1]), tuple(a[1]) if len(a) > 2 else ())

    def map(self, a: Values) -> nodes.MapLit:
        return nodes.MapLit(token_join(a[0], a[-1]), tuple(a[1]) if len(a) > 2 else ())

    def entry(self, a: Values) -> nodes.MapEntry:
        key, _colon, value = a
        return nodes.MapEntry(token_span(key), key[1], value)

    # ---- templates -------------------------------------------------------------------------------------------------

    def template_start(self, a: Values) -> Values:
        """`[opening token, end of the last text token, parts]`."""
        opening = a[0]
        return [opening, opening, [_template_text(opening)] if opening[1] else []]

    def template_middle(self, a: Values) -> Values:
        template: Values = a[0]
        _interpolate(template, self._body(a[1:-1]), a[-1])
        return template

    def template(self, a: Values) -> nodes.Template:
        template, token = a[0], a[-1]
        _interpolate(template, self._body(a[1:-1]), token)
        return nodes.Template(token_join(template[0], token), tuple(template[2]))


def _interpolate(template: Values, body: tuple[nodes.Node, ...], token: RawToken) -> None:
    before = template[1]
    # The block reaches from the `{` of `${` to its `}`.
    span = _new(Span, (before[4], max(before[5] - 1, 1), token[2], token[3] + 1))
    template[2].append(nodes.Block(span, body))
    template[1] = token
    if token[1]:
        template[2].append(_template_text(token))


def _template_text(token: RawToken) -> nodes.StringLit:
    return nodes.StringLit(token_span(token), token[1])


def _smallest(signs: Values, operator: RawToken) -> nodes.Node:
    """The missing left side of a range: 0, with the signs that were written before it."""
    line, column = operator[2:4]
    node: nodes.Node = nodes.IntLit(Span(line, column, line, column), 0)
    for sign in signs:
        node = nodes.Unary(join(sign, node), sign[1], node)
    return node


def _largest(operator: RawToken) -> nodes.Node:
    """The missing right side of a range."""
    line, column = operator[4:6]
    return nodes.IntLit(Span(line, column, line, column), INT_MAX)


def _pattern(node: nodes.Node) -> nodes.Node:
    """A `switch` alternative: ranges of integers become patterns, everything else stays what it is."""
    if type(node) is nodes.Binary and node.op in {"..", "..="}:
        left, right = node.left, node.right
        if type(left) is nodes.IntLit and type(right) is nodes.IntLit:
            return nodes.RangePattern(node.span, left.value, right.value, node.op == "..=")
    return node


def _name_text(name: Any) -> str:
    text: str = name[1] if type(name) is tuple else name.name
    return text


_LITERALS: Final[dict[str, Any]] = {
    "INT": lambda token: nodes.IntLit(_new(Span, token[2:]), token[1]),
    "FLOAT": lambda token: nodes.FloatLit(_new(Span, token[2:]), token[1]),
    "CHAR": lambda token: nodes.CharLit(_new(Span, token[2:]), token[1]),
    "STRING": lambda token: nodes.StringLit(_new(Span, token[2:]), token[1]),
    "TRUE": lambda token: nodes.BoolLit(_new(Span, token[2:]), True),
    "FALSE": lambda token: nodes.BoolLit(_new(Span, token[2:]), False),
    "UNIT": lambda token: nodes.UnitLit(_new(Span, token[2:])),
}
