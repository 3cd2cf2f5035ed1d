"""Callbacks for expressions: literals, names, access, calls, operators, templates and closures."""

from __future__ import annotations

from typing import Any, Final, NoReturn

from horus_runtime.ast import nodes
from horus_runtime.source import Span
from horus_runtime.syntax import checks
from horus_runtime.syntax.grammar import ParseTable
from horus_runtime.syntax.levels import Levels, Link, Opener, Scope, position_of
from horus_runtime.syntax.literals import INT_MAX, INT_MIN
from horus_runtime.syntax.operators import Chain, Operator
from horus_runtime.syntax.options import ParseOptions
from horus_runtime.syntax.spans import (
    node_to_token,
    nodes_span,
    token_span,
    token_to_node,
    tokens_span,
)
from horus_runtime.syntax.tokens import PRECEDENCE, RawToken

Values = list[Any]

_new: Final = tuple.__new__


class Reject(Exception):
    """The rule does not apply to these values: the token after them is the fault."""


class MapEntries(list[nodes.MapEntry]):
    """Entries of a map literal with the keys met so far."""

    __slots__ = ("keys",)

    def __init__(self, entry: nodes.MapEntry) -> None:
        super().__init__([entry])
        self.keys = {entry.key}


class ExpressionBuilder(Levels):
    """Callbacks for expressions, named like the labels of the grammar."""

    def __init__(self, table: ParseTable, options: ParseOptions, *, careful: bool, expression: bool) -> None:
        super().__init__(table, options, careful=careful, expression=expression)
        self.precedence = {**PRECEDENCE, **dict(options.custom_operators)} if options.custom_operators else PRECEDENCE
        self.call_names: dict[int, RawToken] = {}  # where the names of calls with a path stand
        self.in_case = False
        self.open_case: list[nodes.Node] = []  # alternatives of the open case
        self.makes_names = False  # is there code that may declare variables by their text?

    # ---- literals and names ----------------------------------------------------------------------------------------

    def literal(self, a: Values) -> nodes.Node:
        token = a[0]
        node: nodes.Node = _LITERALS[token[0]](token)
        return node

    def string(self, a: Values) -> nodes.StringLit:
        token = a[0]
        return nodes.StringLit(_new(Span, token[2:]), token[1])

    def this(self, a: Values) -> nodes.This:
        if not self.scope.in_function:
            message = "'this' can only be used in functions"
            self.fail("BadInput", message, a[0], lexical="ImproperSymbol")
        return nodes.This(token_span(a[0]))

    def variable(self, a: Values) -> nodes.Variable:
        token = a[0]
        return nodes.Variable(_new(Span, token[2:]), token[1])

    def paren_name(self, a: Values) -> nodes.Variable:
        node = a[0]
        if type(node) is not nodes.Variable:
            raise Reject
        return node

    def path(self, a: Values) -> list[Any]:
        first, _colons, name = a
        if type(first) is list:
            first.append(name)
            return first
        return [first, name]

    def path_variable(self, a: Values) -> nodes.Variable:
        names = a[0]
        first, last = names[0], names[-1]
        span = tokens_span(first, last) if type(first) is tuple else node_to_token(first, last)
        return nodes.Variable(span, last[1], _namespace(names), token_span(last))

    # ---- calls -----------------------------------------------------------------------------------------------------

    def call(self, a: Values) -> nodes.Call:
        return self._call(a[0], a[1], False)

    def capturing_call(self, a: Values) -> nodes.Call:
        self._check_capture(a[0], a[1])
        return self._call(a[0], a[2], True)

    def module_capture(self, a: Values) -> NoReturn:
        self.fail("BadInput", "Unexpected '!'", a[1], lexical="UnexpectedInput")

    def _check_capture(self, callee: Any, bang: RawToken) -> None:
        """Refuses `!` behind a path: only functions without one may run in the caller's scope."""
        if type(callee) is list or (type(callee) is nodes.Variable and callee.namespace):
            self.module_capture([callee, bang])

    def _call(self, callee: Any, arguments: Any, captures: bool) -> nodes.Call:
        values, end = arguments
        self.makes_names = self.makes_names or captures
        if type(callee) is tuple:
            self.makes_names = self.makes_names or callee[1] == "eval"
            return nodes.Call(tokens_span(callee, end), callee[1], values, (), captures)
        if type(callee) is list:
            first = callee[0]
            span = tokens_span(first, end) if type(first) is tuple else node_to_token(first, end)
            name = callee[-1]
            self.makes_names = self.makes_names or name[1] == "eval"
            call = nodes.Call(span, name[1], values, _namespace(callee), captures, token_span(name))
            self.call_names[id(call)] = callee[-1]
            return call
        span = node_to_token(callee, end)
        self.makes_names = self.makes_names or callee.name == "eval"
        return nodes.Call(span, callee.name, values, callee.namespace, captures, callee.name_span)

    def arguments_start(self, a: Values) -> Opener:
        values = self.values
        captures = type(values[-1]) is tuple and values[-1][0] == "BANG"
        if captures:
            self._check_capture(values[-2], values[-1])
        below = -3 if captures else -2
        before = values[below] if len(values) >= -below else None
        method = type(before) is Link and not before.indices
        level = before.level if method else self.operand_level(below)  # type: ignore[union-attr]
        opener = Opener(a[0], self.level, self.scope, level)
        self.level = level + 2
        if self.level > self.limit:
            self.deep()
        return opener

    def no_arguments(self, a: Values) -> tuple[tuple[nodes.Node, ...], RawToken]:
        if len(a) > 1:
            self.leave(a[0])
        return (), a[-1]

    def arguments(self, a: Values) -> tuple[tuple[nodes.Node, ...], RawToken]:
        self.leave(a[0])
        return tuple(a[1]), a[-1]

    def first_item(self, a: Values) -> Values:
        return a

    def next_item(self, a: Values) -> Values:
        items: Values = a[0]
        items.append(a[2])
        return items

    # ---- access ----------------------------------------------------------------------------------------------------

    def link(self, a: Values) -> Link:
        dots = self._links_before()[0] + 1
        level = self.operand_level(-2) + dots
        if level > self.limit:
            self.deep((level, a[0]))
        return Link(a[0], level, dots, 0, self.level)

    def _links_before(self) -> tuple[int, int]:
        """How many dots the operand on the stack has already, and how many indices at its end."""
        link = self.last_link
        return (link.dots, link.indices) if link is not None and self.values[-1] is self.linked else (0, 0)

    def bracket(self, a: Values) -> Link:
        dots, indices = self._links_before()
        level = self.operand_level(-2) + dots + indices + 1
        link = Link(a[0], level, dots, indices + 1, self.level)
        self.level = level + 2
        if self.level > self.limit:
            self.deep((level, a[0]), (level + 1, a[0]))
        return link

    def property(self, a: Values) -> nodes.Property:
        target, link, name = a
        dot = link.token
        node = nodes.Property(
            node_to_token(target, name), target, name[1], token_span(name), token_span(dot), dot[0] == "SAFE_DOT"
        )
        self.linked, self.last_link = node, link
        return node

    def method_call(self, a: Values) -> nodes.MethodCall:
        target, link, name, (arguments, end) = a
        dot = link.token
        node = nodes.MethodCall(
            node_to_token(target, end),
            target,
            name[1],
            arguments,
            token_span(name),
            token_span(dot),
            dot[0] == "SAFE_DOT",
        )
        self.linked, self.last_link = node, link
        return node

    def method_capture(self, a: Values) -> NoReturn:
        message = "method-call style does not support running within the caller's scope"
        self.fail("MalformedCapture", message, a[2])

    def index(self, a: Values) -> nodes.Index:
        target, link, index, end = a
        self.check_index(target, index)
        self.level = link.outer
        bracket = link.token
        node = nodes.Index(node_to_token(target, end), target, index, token_span(bracket), bracket[0] == "SAFE_BRACKET")
        self.linked, self.last_link = node, link
        return node

    def check_index(self, target: Any, index: Any) -> None:
        """Refuses an index that cannot fit the literal before it."""
        fault = checks.index_fault(target, index)
        if fault:
            self.fail("MalformedIndexExpr", fault, checks.first_operand(index))

    # ---- brackets --------------------------------------------------------------------------------------------------

    def paren_start(self, a: Values) -> Opener:
        level = self.operand_level()
        opener = Opener(a[0], self.level, self.scope)
        self.level = level + 2
        if self.level > self.limit:
            self.deep((level + 1, a[0]))
        return opener

    def parenthesised(self, a: Values) -> nodes.Node:
        node: nodes.Node = a[1]
        self.leave(a[0])
        self.linked = None  # links behind the parenthesis are counted anew
        if self.makes_names and type(node) in _SCOPED:
            return nodes.Block(node.span, (node,))  # what `eval` declares in its condition ends with it
        return node

    def container_start(self, a: Values) -> Opener:
        level = self.operand_level()
        opener = Opener(a[0], self.level, self.scope)
        self.level = level + 3
        if self.level > self.limit:
            self.deep((level + 1, a[0]))
        return opener

    def array(self, a: Values) -> nodes.ArrayLit:
        self.leave(a[0])
        return nodes.ArrayLit(tokens_span(a[0].token, a[-1]), tuple(a[1]) if len(a) > 2 else ())

    def map(self, a: Values) -> nodes.MapLit:
        self.leave(a[0])
        return nodes.MapLit(tokens_span(a[0].token, a[-1]), tuple(a[1]) if len(a) > 2 else ())

    def key(self, a: Values) -> RawToken:
        token: RawToken = a[0]
        entries = self.values[-2] if len(self.values) > 1 else None
        if type(entries) is MapEntries and token[1] in entries.keys:
            self.fail("DuplicatedProperty", f"Duplicated property for object map literal: {token[1]}", token)
        return token

    def entry(self, a: Values) -> nodes.MapEntry:
        key, _colon, value = a
        return nodes.MapEntry(token_span(key), key[1], value)

    def first_entry(self, a: Values) -> MapEntries:
        return MapEntries(a[0])

    def next_entry(self, a: Values) -> MapEntries:
        entries: MapEntries = a[0]
        entry = a[2]
        entries.append(entry)
        entries.keys.add(entry.key)
        return entries

    # ---- templates -------------------------------------------------------------------------------------------------

    def template_start(self, a: Values) -> Values:
        """`[opener, last text token, parts]`."""
        token = a[0]
        level = self.operand_level()
        opener = Opener(token, self.level, self.scope)
        self.level = level + (3 if self.expression else 4)
        if self.level > self.limit:
            self.deep((level + 1, token), (level + 2, token))
        self.enter_scope()
        return [opener, token, [_template_text(token)] if token[1] else []]

    def template_middle(self, a: Values) -> Values:
        template: Values = a[0]
        self._interpolate(template, a[1:-1], a[-1])
        self.enter_scope()
        return template

    def template(self, a: Values) -> nodes.Template:
        template, token = a[0], a[-1]
        self._interpolate(template, a[1:-1], token)
        self.leave(template[0])
        return nodes.Template(tokens_span(template[0].token, token), tuple(template[2]))

    def expression_template(self, a: Values) -> nodes.Template:
        return self.template(a)

    def _interpolate(self, template: Values, statements: Values, token: RawToken) -> None:
        self.scope = template[0].scope
        before = template[1]
        # The block reaches from the `{` of `${` to its `}`.
        span = _new(Span, (before[4], before[5] - 1, token[2], token[3] + 1))
        template[2].append(nodes.Block(span, body_of(statements)))
        template[1] = token
        if token[1]:
            template[2].append(_template_text(token))

    # ---- operators -------------------------------------------------------------------------------------------------

    def sign(self, a: Values) -> Operator:
        level = self.operand_level() + 1
        if level > self.limit:
            self.deep((level, a[0]))
        return Operator(a[0], level)

    def unary(self, a: Values) -> nodes.Node:
        sign, operand = a[0].token, a[1]
        span = token_to_node(sign, operand)
        return _fold_sign(span, sign[1], operand) or nodes.Unary(span, sign[1], operand)

    def operator(self, a: Values) -> Operator:
        token = a[0]
        if self.in_case and token[0] == "PIPE":
            return self._separator(token)
        return self._operator_after(self.values[-1], token)

    def _operator_after(self, left: Any, token: RawToken) -> Operator:
        text = token[1]
        power = self.precedence[text]
        if type(left) is Chain:
            # Operators of the host group from the left, also one in place of `**`.
            name = "" if token[0] == "CUSTOM_OPERATOR" else text
            return Operator(token, left.accept(name, power, self.combine, self.level), power)
        return Operator(token, self.level, power)

    def flow_operator(self) -> Operator | None:
        """The `??` whose right side is a flow statement that starts now, or `None` if it starts a statement."""
        before = self.values[-1]
        if type(before) is tuple and before[0] == "COALESCE":
            self.values[-1] = before = self._operator_after(self.values[-2], before)
        return before if type(before) is Operator else None

    def _separator(self, token: RawToken) -> Operator:
        """A `|` in a `switch` case: legal only between alternatives."""
        if self.table.roles[self.states[-2]] != "arms":
            raise Reject
        self.take_alternative(self.values[-1])
        separator = Operator(token, self.level)
        separator.separates = True
        return separator

    def take_alternative(self, value: Any) -> None:
        """Keeps one alternative of a case."""
        self.open_case.append(value.finish(self.combine) if type(value) is Chain else value)

    def combine(self, left: Any, token: RawToken, right: Any) -> nodes.Node:
        """One operator with its operands."""
        text = token[1]
        if token[0] == "CUSTOM_OPERATOR" and text in PRECEDENCE:
            # The host disabled what the operator means in the language: it is a function now.
            return nodes.Call(nodes_span(left, right), text, (left, right))
        if text in checks.LOGICAL:
            self.check_bool(left)
            self.check_bool(right)
        at = token_span(token)
        if text in checks.SHORT_CIRCUIT and type(left) is nodes.Binary and left.op == text:
            at = left.op_span  # Rhai keeps one node for a whole chain of them
        return nodes.Binary(nodes_span(left, right), text, left, right, at)

    def check_bool(self, node: Any) -> None:
        """Refuses a literal that is no boolean."""
        name = checks.literal_name(node)
        if name and type(node) is not nodes.BoolLit:
            self.fail("MismatchedType", f"Expecting a boolean expression, not {name}", node)

    def binary(self, a: Values) -> nodes.Node:
        node: nodes.Node = a[0].finish(self.combine)
        return node

    def chain_start(self, a: Values) -> Chain:
        return self._extend(Chain(a[0]), a[1], a[2])

    def chain_more(self, a: Values) -> Chain:
        return self._extend(a[0], a[1], a[2])

    def _extend(self, chain: Chain, operator: Operator, right: Any) -> Chain:
        if operator.separates:
            return Chain(right)
        if operator.level >= self.limit:
            self.deep((operator.level + 1, chain.operands[-1]))
        chain.add(operator, right)
        return chain

    def chain_zeros(self, a: Values) -> Chain:
        operator, right = a
        return self._extend(operator.chain, operator, right)

    def chain_open(self, a: Values) -> Chain:
        left, operator = a
        return self._extend(left if type(left) is Chain else Chain(left), operator, _largest(operator.token, left))

    def range(self, a: Values) -> RawToken:
        token: RawToken = a[0]
        return token

    def zeros(self, a: Values) -> Operator:
        """The range operator with all that stands before it, its missing left side included."""
        token = a[-1]
        zero = _smallest(a[-2], token)
        power = self.precedence[token[1]]
        if len(a) == 2:
            chain, level = Chain(zero), self.level
        else:
            before = a[1] if len(a) == 4 else a[0]
            chain = before.chain or (a[0] if type(a[0]) is Chain else Chain(a[0]))
            chain = self._extend(chain, before, zero)
            level = chain.accept(token[1], power, self.combine, self.level)
        operator = Operator(token, level, power)
        operator.chain = chain
        return operator

    def zero_open(self, a: Values) -> Chain:
        a[-1] = a[-1].token
        operator = self.zeros(a)
        return self.chain_zeros([operator, _largest(operator.token)])

    def zero(self, a: Values) -> Values:
        """The signs before the missing integer, the last one first."""
        return []

    def signed_zero(self, a: Values) -> Values:
        signs: Values = a[1]
        signs.append(a[0].token)
        return signs

    # ---- closures --------------------------------------------------------------------------------------------------

    def closure_pipe(self, a: Values) -> Opener:
        token = a[0]
        if self.in_case:
            raise Reject
        return self._open_closure(token)

    def _open_closure(self, token: RawToken) -> Opener:
        if not self.options.allow_anonymous_fn:
            self.forbid_operand(token)
        self.count_function(token)
        level = self.operand_level()
        if level + 3 > self.limit:
            self.deep((level + 1, token))
        return Opener(token, self.level, self.scope, level)

    def declare_parameters(self, names: tuple[str, ...]) -> None:
        """Makes parameters known where it matters: they never are constants, but may be declared again."""
        if not self.options.allow_shadowing:
            for name in names:
                self.scope.declare(name, False)

    def closure_start(self, a: Values) -> tuple[Opener, tuple[str, ...]]:
        opener = a[0] if type(a[0]) is Opener else self._open_closure(a[0])
        names = tuple(a[1]) if len(a) > 2 else ()
        self.enter_scope(function=True)
        self.declare_parameters(names)
        self.level = opener.base + 3
        return opener, names

    def closure(self, a: Values) -> nodes.Closure:
        return self._closure(a[0], a[1])

    def empty_closure(self, a: Values) -> nodes.Closure:
        return self._closure(a[0], nodes.Block(token_span(a[1]), ()))

    def _closure(self, start: tuple[Opener, tuple[str, ...]], body: nodes.Node) -> nodes.Closure:
        opener, names = start
        self.functions_done += 1
        self.leave(opener)
        return nodes.Closure(token_to_node(opener.token, body), names, body)


def body_of(statements: Values) -> tuple[nodes.Node, ...]:
    """The statements of `[statements]`, `[statements, last statement]` or `[the only statement]`."""
    if type(statements[0]) is not list:
        return (statements[0],)
    if len(statements) > 1:
        statements[0].append(statements[1])
    return tuple(statements[0])


def _namespace(names: list[Any]) -> tuple[str, ...]:
    return tuple(name[1] if type(name) is tuple else name.name for name in names[:-1])


def _template_text(token: RawToken) -> nodes.StringLit:
    return nodes.StringLit(token_span(token), token[1])


def _fold_sign(span: Span, sign: str, operand: nodes.Node) -> nodes.Node | None:
    """A sign before a number literal makes another literal, as Rhai's parser does."""
    kind = type(operand)
    if kind is not nodes.IntLit and kind is not nodes.FloatLit:
        return None
    if sign == "+":
        return operand
    if sign != "-":
        return None
    if isinstance(operand, nodes.FloatLit):
        return nodes.FloatLit(span, -operand.value)
    assert isinstance(operand, nodes.IntLit)
    return nodes.IntLit(span, -operand.value) if operand.value != INT_MIN else nodes.FloatLit(span, float(2**63))


_SCOPED: Final = frozenset((nodes.If, nodes.Switch, nodes.While, nodes.Do, nodes.For))
"""Statements that declare nothing around them where they are operands."""


def _smallest(signs: Values, operator: RawToken) -> nodes.Node:
    """The missing left side of a range: 0, with the signs that were written before it."""
    line, column = operator[2:4]
    node: nodes.Node = nodes.IntLit(Span(line, column, line, column), 0)
    for sign in signs:
        span = token_to_node(sign, node)
        node = _fold_sign(span, sign[1], node) or nodes.Unary(span, sign[1], node)
    return node


def _largest(operator: RawToken, left: Any = None) -> nodes.IntLit | nodes.UnitLit:
    """The missing right side of a range: the greatest INT, but `()` behind `()`, which makes no range."""
    line, column = operator[4:6]
    span = Span(line, column, line, column)
    return nodes.UnitLit(span) if type(left) is nodes.UnitLit else nodes.IntLit(span, INT_MAX)


_LITERALS: Final[dict[str, Any]] = {
    "INT": lambda token: nodes.IntLit(_new(Span, token[2:]), token[1]),
    "FLOAT": lambda token: nodes.FloatLit(_new(Span, token[2:]), token[1]),
    "CHAR": lambda token: nodes.CharLit(_new(Span, token[2:]), token[1]),
    "TRUE": lambda token: nodes.BoolLit(_new(Span, token[2:]), True),
    "FALSE": lambda token: nodes.BoolLit(_new(Span, token[2:]), False),
    "UNIT": lambda token: nodes.UnitLit(_new(Span, token[2:])),
}

__all__ = ["ExpressionBuilder", "MapEntries", "Reject", "Scope", "Values", "body_of", "position_of"]
