"""Builds tree nodes: one callback per label of `grammars/rhai.lark`, called with the values of the rule's symbols.

A token's value is the raw token tuple, a rule's value whatever its callback returned. Lists are handed on and grown in
place, so that long scripts cost one append per item. What Rhai refuses while it parses is refused here, in the order
of the text; `expressions` holds the callbacks for expressions, this module those for statements.
"""

from __future__ import annotations

from typing import Any, Final

from horus_runtime.ast import nodes
from horus_runtime.errors import Exceeded
from horus_runtime.source import Span
from horus_runtime.syntax import checks
from horus_runtime.syntax.custom import MARKERS, STATE
from horus_runtime.syntax.expressions import ExpressionBuilder, Values, body_of
from horus_runtime.syntax.grammar import ParseTable
from horus_runtime.syntax.levels import MAX_LOOP_NESTING, TOO_DEEP, Opener
from horus_runtime.syntax.options import ParseOptions
from horus_runtime.syntax.spans import (
    node_to_token,
    nodes_span,
    token_span,
    token_to_node,
    tokens_span,
)
from horus_runtime.syntax.tokens import RawToken

_BARE_STATEMENTS: Final = frozenset((nodes.Block, nodes.If, nodes.Switch, nodes.While, nodes.Loop, nodes.Do, nodes.For))
_JUMPS: Final = frozenset(("BREAK", "BREAK_BARE", "CONTINUE"))
_LOOP_WORDS: Final = frozenset(("WHILE", "LOOP", "FOR", "DO"))
_LOOPS: Final = frozenset(("while_", "loop", "for_", "for_counted", "do"))
_TYPE_ALIASES: Final = {"int": "i64", "float": "f64"}
_PATTERN_NUMBERS: Final = frozenset((nodes.IntLit, nodes.FloatLit))


class Arms(list[nodes.SwitchArm]):
    """The arms of a `switch` so far, with what later arms depend on."""

    __slots__ = ("default", "has_range")

    def __init__(self) -> None:
        super().__init__()
        self.default: RawToken | None = None
        self.has_range = False


class Builder(ExpressionBuilder):
    """State of one parse: the functions found so far, and the callbacks for statements."""

    def __init__(self, table: ParseTable, options: ParseOptions, *, careful: bool, expression: bool) -> None:
        super().__init__(table, options, careful=careful, expression=expression)
        self.functions: dict[tuple[str | None, str, int], nodes.FnDef] = {}

    # ---- scripts, statement lists, blocks --------------------------------------------------------------------------

    def script(self, a: Values) -> nodes.Script:
        body = body_of(a)
        last = body[-1].span if body else Span(1, 1, 1, 1)
        return nodes.Script(Span(1, 1, last[2], last[3]), body, tuple(self.functions.values()), not self.makes_names)

    def expression_script(self, a: Values) -> nodes.Node:
        node: nodes.Node = a[0]
        return node

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

    def block_start(self, a: Values) -> Opener:
        token = a[0]
        state = self.states[-1]
        if self.table.roles[state] == "condition":
            self.fail("ExprExpected", "Expecting a boolean expression", token)
        opener = Opener(token, self.level, self.scope)
        label, read = self.table.bodies[state] or ("", 0)
        inner = 1 if self.expression else 2
        if not label and self.at_operand():
            if not self.allows_operand(self.options.allow_statement_expression):
                self.forbid_operand(token)
            level = self.operand_level()
            self.level = level + inner + 2
            if self.level > self.limit:
                self.deep((level + 1, token), (level + 2, token))
        else:
            if not label and self.level > self.limit:
                self.deep((self.level, token))
            self.level += inner
            if self.level > self.limit:
                self.deep()
        self.enter_scope(loop=label in _LOOPS)
        if label:
            self._enter_body(label, read, token)
        return opener

    def _enter_body(self, label: str, read: int, token: RawToken) -> None:
        """Checks and declares what stands before the body of a construct."""
        values = self.values
        if label in _LOOPS or label == "try_":
            self.scope.nesting += 1
            if self.scope.nesting > MAX_LOOP_NESTING:
                deepest = Exceeded("the deepest nesting of loops and try blocks", MAX_LOOP_NESTING, self.scope.nesting)
                self.fail("ExprTooDeep", TOO_DEEP, token, exceeded=deepest)
        if label in {"while_", "if_"}:
            if read == 2:
                self.check_bool(values[-1])
        elif label == "for_":
            self.check_iterable(values[-1])
            self._shadow(values[-3])
        elif label == "for_counted":
            self.check_iterable(values[-1])
            for name in values[-4]:
                self._shadow(name)
        elif label == "try_" and read > 4:
            self._shadow(values[-2])

    def _shadow(self, name: RawToken) -> None:
        """Makes a variable known where it matters: when it hides a constant, or must not be declared again."""
        if name[1] in self.constants or not self.options.allow_shadowing:
            self.scope.declare(name[1], False)

    def check_iterable(self, node: Any) -> None:
        """Refuses a literal that no `for` can run over."""
        if type(node) in checks.NOT_ITERABLE:
            name = checks.KIND_NAMES[type(node)]
            self.fail("MismatchedType", f"Expecting an iterable value, not {name}", node)

    def block(self, a: Values) -> nodes.Block:
        opener = a[0]
        self.leave(opener)
        return nodes.Block(tokens_span(opener.token, a[-1]), body_of(a[1:-1]))

    def expression_block(self, a: Values) -> nodes.Block:
        return self.block(a)

    def expression_statement(self, a: Values) -> nodes.Node:
        node: nodes.Node = a[0]
        return node if type(node) in _BARE_STATEMENTS else nodes.ExprStmt(node.span, node)

    # ---- constructs with a body ------------------------------------------------------------------------------------

    def word(self, a: Values) -> Opener:
        """The first word of a construct that goes on with a condition, a value or a name."""
        return self._word(a[0], 0)

    def body_word(self, a: Values) -> Opener:
        """The first word of a construct that goes on with a block."""
        return self._word(a[0], 1)

    def _word(self, token: RawToken, further: int) -> Opener:
        opener = Opener(token, self.level, self.scope)
        if token[0] in _LOOP_WORDS and not self.options.allow_looping:
            self.forbid_operand(token)
        if self.at_operand():
            if not self._is_allowed(token[0]):
                self.forbid_operand(token)
            base = self.operand_level()
            if base + 3 > self.limit:
                self.deep((base + 1, token), (base + 2 + further, token))
        else:
            base = self.level - 2
            if base + 3 > self.limit:
                self.deep((base + 2 + further, token))
        self.level = base + 3
        return opener

    def _is_allowed(self, kind: str) -> bool:
        """Whether a construct may be an operand under the options."""
        if kind == "IF":
            return self.options.allow_if_expression
        if kind == "SWITCH":
            return self.options.allow_switch_expression
        return self.allows_operand(self.options.allow_loop_expressions)

    def if_(self, a: Values) -> nodes.If:
        opener = a[0]
        self.leave(opener)
        return nodes.If(token_to_node(opener.token, a[-1]), a[1], a[2], a[4] if len(a) > 3 else None)

    def while_(self, a: Values) -> nodes.While:
        self.leave(a[0])
        return nodes.While(token_to_node(a[0].token, a[2]), a[1], a[2])

    def loop(self, a: Values) -> nodes.Loop:
        self.leave(a[0])
        return nodes.Loop(token_to_node(a[0].token, a[1]), a[1])

    def for_pair(self, a: Values) -> tuple[RawToken, RawToken]:
        variable, counter = a[1], a[3]
        if variable[1] == counter[1]:
            self.fail("DuplicatedVariable", f"Duplicated variable name: {counter[1]}", counter)
        return variable, counter

    def for_(self, a: Values) -> nodes.For:
        opener, variable, _in, iterable, body = a
        self.leave(opener)
        return nodes.For(token_to_node(opener.token, body), variable[1], None, iterable, body, token_span(variable))

    def for_counted(self, a: Values) -> nodes.For:
        opener, (variable, counter), _close, _in, iterable, body = a
        self.leave(opener)
        return nodes.For(
            token_to_node(opener.token, body),
            variable[1],
            counter[1],
            iterable,
            body,
            token_span(variable),
            token_span(counter),
        )

    def do(self, a: Values) -> nodes.Do:
        opener, body, word, condition = a
        self.check_bool(condition)
        self.leave(opener)
        return nodes.Do(token_to_node(opener.token, condition), body, condition, word[0] == "UNTIL")

    def try_(self, a: Values) -> nodes.Try:
        opener = a[0]
        self.leave(opener)
        variable = a[4] if len(a) > 4 else None
        return nodes.Try(
            token_to_node(opener.token, a[-1]),
            a[1],
            variable[1] if variable else None,
            a[-1],
            token_span(variable) if variable else None,
        )

    # ---- functions -------------------------------------------------------------------------------------------------

    def function_word(self, a: Values) -> tuple[Opener, RawToken, bool]:
        first, word = a[0], a[-1]
        if not self.scope.is_global:
            message = "Function definitions must be at global level and cannot be inside a block or another function"
            self.fail("WrongFnDefinition", message, first)
        self.count_function(word)
        opener = Opener(first, self.level, self.scope)
        self.set_maximum(self.options.max_function_expr_depth)
        self.level = 2
        if self.level > self.limit:
            self.deep((self.level, word))
        return opener, word, len(a) > 1

    def function_start(self, a: Values) -> tuple[Opener, RawToken, bool, str | None, RawToken]:
        return (*a[0], None, a[1])

    def method_start(self, a: Values) -> tuple[Opener, RawToken, bool, str | None, RawToken]:
        name = a[1][1]
        return (*a[0], _TYPE_ALIASES.get(name, name), a[3])

    def no_parameters(self, a: Values) -> tuple[str, ...]:
        self.enter_scope(function=True)
        return ()

    def parameters(self, a: Values) -> tuple[str, ...]:
        self.enter_scope(function=True)
        names = tuple(a[1])
        self.declare_parameters(names)
        return names

    def first_name(self, a: Values) -> dict[str, RawToken]:
        token = a[0]
        return {token[1]: token}

    def next_name(self, a: Values) -> dict[str, RawToken]:
        names: dict[str, RawToken] = a[0]
        token = a[2]
        if token[1] in names:
            start = self.values[-2] if len(self.values) > 1 else None
            function = start[4][1] if type(start) is tuple and len(start) == 5 else ""
            self.fail("FnDuplicatedParam", f"Duplicated parameter {token[1]} for function {function}", token)
        names[token[1]] = token
        return names

    def function(self, a: Values) -> None:
        (opener, word, private, this_type, name), parameters, body = a
        self.leave(opener)
        self.set_maximum(self.options.max_expr_depth)
        key = (this_type, name[1], len(parameters))
        if key in self.functions:
            self.fail("FnDuplicatedDefinition", f"Function {name[1]} {_count(len(parameters))} already exists", word)
        self.functions_done += 1
        doc = opener.token[1]
        self.functions[key] = nodes.FnDef(
            token_to_node(opener.token, body),
            name[1],
            parameters,
            body,
            token_span(name),
            private,
            this_type,
            doc if type(doc) is tuple else (),
        )

    # ---- constructs of the host ------------------------------------------------------------------------------------

    def custom_start(self, a: Values) -> Opener:
        return self._raise_level(a[0])

    def custom_syntax(self, number: int, a: Values) -> nodes.CustomSyntax:
        opener = a[0]
        symbols = self.options.custom_syntaxes[number]
        self.makes_names = True
        self.leave(opener)
        if STATE in symbols:
            return self._dynamic_syntax(opener.token, *a[1:])
        parts = [_part(self, marker, value) for marker, value in zip(symbols, a, strict=True) if marker in MARKERS]
        last = a[-1]
        end = opener.token if last is opener else last
        start = opener.token
        span = tokens_span(start, end) if type(end) is tuple else token_to_node(start, end)
        return nodes.CustomSyntax(span, symbols[0], symbols, tuple(parts))

    def _dynamic_syntax(self, start: RawToken, parts: list[nodes.Node], end: RawToken) -> nodes.CustomSyntax:
        construct = end[1]
        if construct.tag is not None:
            parts.append(nodes.StringLit(token_span(start), construct.tag))
        span = tokens_span(start, end)
        return nodes.CustomSyntax(span, start[1], tuple(construct.answers), tuple(parts), construct.kept_state())

    def custom_no_parts(self, _a: Values) -> list[nodes.Node]:
        return []

    def custom_token_part(self, a: Values) -> list[nodes.Node]:
        parts: list[nodes.Node] = a[0]
        if a[1][1] is not None:
            parts.append(_part(self, *a[1][1]))
        return parts

    def custom_part(self, a: Values) -> list[nodes.Node]:
        parts: list[nodes.Node] = a[0]
        parts.append(_part(self, a[1][1], a[2]))
        return parts

    # ---- simple statements -----------------------------------------------------------------------------------------

    def declaration_start(self, a: Values) -> tuple[Any, ...]:
        word, name, _assign = a
        self._check_new(name)
        if self.level >= self.limit:
            self.deep((self.level, word))
        self.level += 1
        return word, name

    def declaration(self, a: Values) -> nodes.Let:
        word, name = a
        self._check_new(name)
        return self._declare(word, name, None, tokens_span(word, name))

    def valued_declaration(self, a: Values) -> nodes.Let:
        (word, name), value = a
        self.level -= 1
        return self._declare(word, name, value, token_to_node(word, value))

    def _check_new(self, name: RawToken) -> None:
        if not self.options.allow_shadowing and self.scope.find(name[1]) is not None:
            self.fail("VariableExists", f"Variable already defined: {name[1]}", name)

    def _declare(self, word: RawToken, name: RawToken, value: nodes.Node | None, span: Span) -> nodes.Let:
        constant = word[0] == "CONST"
        if constant:
            self.constants.add(name[1])
            self.scope.declare(name[1], True)
        else:
            self._shadow(name)
        return nodes.Let(span, name[1], value, constant, token_span(name))

    def assignment(self, a: Values) -> nodes.Assign:
        target, operator, value = a
        self._check_target(target, operator)
        return nodes.Assign(nodes_span(target, value), target, operator[1], value, token_span(operator))

    def _check_target(self, target: Any, operator: RawToken) -> None:
        kind = type(target)
        if kind is nodes.Variable:
            if target.name in self.constants and not target.namespace and self.scope.find(target.name):
                self.fail("AssignmentToConstant", f"Cannot assign to constant {target.name}", target)
        elif checks.is_constant(target):
            self.fail("AssignmentToConstant", "Cannot assign to a constant value", target)
        elif kind is nodes.Binary and operator[0] == "ASSIGN" and target.op in checks.SHORT_CIRCUIT:
            self.fail("BadInput", "Possibly a typo of '=='?", operator, lexical="ImproperSymbol")
        else:
            place = _unassignable(target)
            if place is not None:
                place = self.call_names.get(id(place), place)
                self.fail("AssignmentToInvalidLHS", "Expression cannot be assigned to", place)

    def bare_flow(self, a: Values) -> nodes.Node:
        token = a[0]
        self._check_loop(token)
        operator = self.flow_operator()
        if operator is not None and operator.level >= self.limit:
            self.deep((operator.level + 1, token))
        if token[0] == "CONTINUE":
            return nodes.Continue(token_span(token))
        node: nodes.Node = _FLOW[token[1]](token_span(token), None)
        return node

    def flow_word(self, a: Values) -> Opener:
        token = a[0]
        self._check_loop(token)
        opener = Opener(token, self.level, self.scope)
        operator = self.flow_operator()
        if operator is not None:
            # The right side of `??` is read like a statement one level below it.
            self.level = operator.level + 2
            if self.level > self.limit:
                self.deep((self.level - 1, token))
        return opener

    def _check_loop(self, token: RawToken) -> None:
        if not self.options.allow_looping and token[0] in _JUMPS:
            self.forbid_operand(token)
        if not self.scope.in_loop and token[0] in _JUMPS:
            self.fail("LoopBreak", "Break statement should only be used inside a loop", token)

    def valued_flow(self, a: Values) -> nodes.Node:
        opener, value = a
        self.leave(opener)
        node: nodes.Node = _FLOW[opener.token[1]](token_to_node(opener.token, value), value)
        return node

    def import_word(self, a: Values) -> Opener:
        return self._raise_level(a[0])

    def _raise_level(self, token: RawToken) -> Opener:
        opener = Opener(token, self.level, self.scope)
        if self.level >= self.limit:
            self.deep((self.level, token))
        self.level += 1
        return opener

    def import_(self, a: Values) -> nodes.Import:
        opener, path = a[:2]
        self.leave(opener)
        if len(a) == 2:
            return nodes.Import(token_to_node(opener.token, path), path, None)
        return nodes.Import(tokens_span(opener.token, a[3]), path, a[3][1], token_span(a[3]))

    def export_word(self, a: Values) -> Opener:
        if not self.scope.is_global:
            self.fail("WrongExport", "Export statement can only appear at global level", a[0])
        opener = Opener(a[0], self.level, self.scope)
        self.level += 1
        return opener

    def export(self, a: Values) -> nodes.Export:
        self.leave(a[0])
        alias = a[3][1] if len(a) > 2 else None
        return nodes.Export(tokens_span(a[0].token, a[-1]), a[1][1], alias, None, token_span(a[1]))

    def export_declaration(self, a: Values) -> nodes.Export:
        self.leave(a[0])
        return nodes.Export(token_to_node(a[0].token, a[1]), a[1].name, None, a[1])

    # ---- switch ----------------------------------------------------------------------------------------------------

    def arms_start(self, a: Values) -> RawToken:
        token: RawToken = a[0]
        if self.level >= self.limit:
            self.deep()
        return token

    def switch(self, a: Values) -> nodes.Switch:
        opener, value, _start, arms = a[:4]
        if len(a) > 5:
            arms.append(a[4])
        self.in_case = False
        self.leave(opener)
        return nodes.Switch(tokens_span(opener.token, a[-1]), value, tuple(arms))

    def no_arms(self, a: Values) -> Arms:
        self.in_case = True
        return Arms()

    def add_arm(self, a: Values) -> Arms:
        arms: Arms = a[0]
        arms.append(a[1])
        self.in_case = True
        return arms

    def arm(self, a: Values) -> nodes.SwitchArm:
        (start, alternatives, guard), arrow, body = a
        self.level -= not self.expression
        patterns = self._patterns(alternatives)
        if body is None:  # a function definition: the arm does nothing
            body = nodes.Block(token_span(arrow), ())
        span = token_to_node(start, body) if type(start) is tuple else nodes_span(start, body)
        return nodes.SwitchArm(span, patterns, guard, body)

    def empty_arm(self, a: Values) -> nodes.SwitchArm:
        return self.arm([*a[:2], nodes.Block(token_span(a[2]), ())])

    def expression_arm(self, a: Values) -> nodes.SwitchArm:
        return self.arm([*a[:2], self.expression_statement([a[2]])])

    def _patterns(self, alternatives: tuple[nodes.Node, ...]) -> tuple[nodes.Node, ...]:
        """Insists on literals, and on numbers before ranges; Rhai does so when the arm is complete."""
        arms: Arms = self.values[-1]
        patterns = []
        for node in alternatives:
            pattern = checks.pattern(node)
            if pattern is None:
                start = checks.first_operand(node)
                self.fail("ExprExpected", "Expecting a literal expression", self.call_names.get(id(start), start))
            if type(pattern) is nodes.RangePattern:
                arms.has_range = arms.has_range or not _is_empty(pattern)
            elif arms.has_range and type(pattern) in _PATTERN_NUMBERS:
                self.fail("WrongSwitchIntegerCase", "Numeric switch case cannot follow a range case", pattern)
            patterns.append(pattern)
        return tuple(patterns)

    def alternatives(self, a: Values) -> tuple[nodes.Node, ...]:
        self.take_alternative(a[0])
        self.in_case = False
        self.check_default()
        alternatives, self.open_case = tuple(self.open_case), []
        return alternatives

    def check_default(self) -> None:
        """Refuses any further case when there was a `_`."""
        arms = next((value for value in reversed(self.values) if type(value) is Arms), None)
        if arms is not None and arms.default is not None:
            self.fail("WrongSwitchDefaultCase", "Default switch case must be the last", arms.default)

    def case(self, a: Values) -> tuple[Any, tuple[nodes.Node, ...], nodes.Node | None]:
        alternatives = a[0]
        guard = a[2] if len(a) > 1 else None
        if guard is not None:
            self.check_bool(guard)
        self.level += not self.expression
        return alternatives[0], alternatives, guard

    def default_case(self, a: Values) -> tuple[Any, tuple[nodes.Node, ...], nodes.Node | None]:
        self.in_case = False
        self.check_default()
        self.values[-1].default = a[0]
        self.level += not self.expression
        return a[0], (), None


_FLOW: Final[dict[str, Any]] = {"return": nodes.Return, "throw": nodes.Throw, "break": nodes.Break}


def _part(builder: Builder, marker: str, value: Any) -> nodes.Node:
    """The node for what stands at a marker."""
    if marker == "$func$":
        return _function_part(builder, value)
    if type(value) is not tuple:
        node: nodes.Node = value
        return node
    if marker in {"$symbol$", "$token$"}:
        text = f'"{value[1]}"' if value[0] == "STRING" else str(value[1])
        return nodes.StringLit(token_span(value), text)
    if marker == "$ident$":
        return builder.variable([value])
    return builder.string([value]) if marker == "$string$" else builder.literal([value])


def _function_part(builder: Builder, value: Any) -> nodes.Node:
    if type(value) is nodes.Closure:
        return value
    if type(value) is nodes.Block:
        return nodes.Closure(value.span, (), value)
    return builder.fail("MissingSymbol", "Expecting '{' or '|'", value)


def _count(parameters: int) -> str:
    if parameters == 0:
        return "with no parameters"
    return "with 1 parameter" if parameters == 1 else f"with {parameters} parameters"


def _is_empty(pattern: nodes.RangePattern) -> bool:
    return pattern.start > pattern.end or (pattern.start == pattern.end and not pattern.inclusive)


def _unassignable(target: Any) -> Any:
    """The node or span that makes an expression no target of an assignment, or `None`."""
    call = None
    while type(target) in checks.CHAINED:
        if type(target) is nodes.MethodCall:
            call = target
        target = target.target
    if call is not None:
        return ("NAME", call.name, *call.name_span)
    return None if type(target) in _ROOTS else target


_ROOTS: Final = frozenset((nodes.Variable, nodes.This))

__all__ = ["Builder", "node_to_token"]
