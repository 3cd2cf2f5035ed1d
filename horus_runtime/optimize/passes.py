"""The optimizer: a tree in, a tree out that does the same with less, but for what Rhai's own optimizer changes.

Level `none` leaves a script alone. `simple` folds operators on literals, inserts constants with a literal value where
they are read, prunes branches that are never taken, drops statements without effect and rewrites `x = x + y` to
`x += y`. `full` also calls natives with literal arguments. What would raise is left for run time.

Some of it shows, as it does in Rhai: `v && true` is `v` whatever its type, an unknown variable that is a statement of
its own is dropped with it, `try { 5 } catch {}` has no value. `grammars/DIVERGENCES.md` lists where Rhai goes further.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from operator import is_
from typing import Any, Final

from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import method_names
from horus_runtime.optimize.cases import chosen
from horus_runtime.optimize.effects import (
    alone,
    dissolved,
    does_nothing,
    is_call,
    is_private,
    is_pure,
    is_pure_value,
    is_same,
)
from horus_runtime.optimize.expressions import Environment, Expressions, Native
from horus_runtime.optimize.values import (
    is_constant,
    is_constant_range,
    is_empty,
    is_fixed,
    is_nothing,
    is_settled,
    kind_of,
)
from horus_runtime.runtime.operators import ASSIGN
from horus_runtime.syntax.checks import SHORT_CIRCUIT


def optimize(
    script: nodes.Script, level: str, native: Native | None = None, *, folds: bool = True, max_text: int = 0
) -> nodes.Script:
    """The script at a level: `"none"`, `"simple"` or `"full"`.

    Args:
        script: the tree as parsed.
        level: how much is done.
        native: at level `full`, calls natives ahead of time.
        folds: operators on literals mean what they mean in the language: no host redefines them.
        max_text: bytes a string may have; 0: any number.
    """
    if level == "none":
        return script
    return _Optimizer(script, native if level == "full" else None, folds, max_text).run()


JUMPS: Final = frozenset({nodes.Return, nodes.Throw, nodes.Break, nodes.Continue})
_STATEMENTS: Final = method_names("stmt_")
_LEAVING: Final = frozenset({nodes.Try, nodes.Loop, nodes.While, nodes.Do, nodes.For})
"""Statements whose value Rhai does not expect, though they may have one."""
_NEUTRAL: Final[dict[str, Callable[[nodes.Node], bool]]] = {
    "&&": lambda node: type(node) is nodes.BoolLit and node.value,
    "||": lambda node: type(node) is nodes.BoolLit and not node.value,
    "??": lambda node: type(node) is nodes.UnitLit,
}
"""Which first operands leave the second one."""


class _Optimizer(Expressions):
    """One walk."""

    def run(self) -> nodes.Script:
        script = self.script
        body = self.statements(script.body, keeps_value=True)
        functions = []
        for definition in script.functions:
            self.blocks, self.propagates = [dict.fromkeys(definition.params)], True
            inner = self.block(definition.body, keeps_value=True, is_function=True)
            functions.append(definition if inner is definition.body else replace(definition, body=inner))
        if body == script.body and all(map(is_, functions, script.functions)):
            return script
        return replace(script, body=body, functions=tuple(functions))

    # ---- statement lists --------------------------------------------------------------------------------------------

    def statements(self, body: tuple[nodes.Node, ...], *, keeps_value: bool) -> tuple[nodes.Node, ...]:
        """A statement list without what has no effect; `keeps_value` says that the last value is looked at."""
        if self.evaluates:
            body = dissolved(body)
        kept: list[nodes.Node] = []
        last = len(body) - 1
        while last > 0 and is_nothing(body[last]):
            last -= 1
        for at, done in enumerate(self.each(body[: last + 1], keeps_value)):
            wanted = keeps_value and at == last
            if not wanted and (is_pure(done) or (type(done) is nodes.ExprStmt and self.is_named(done.expr))):
                self.drop(body[at])
                continue
            kept.append(done)
            if type(done) in JUMPS:
                self.drop(nodes.Block(done.span, body[at + 1 :]))
                break
        while keeps_value and len(kept) > 1 and is_nothing(kept[-1]) and type(kept[-2]) in _LEAVING:
            kept.pop()  # what these leave becomes the value of the list
        while not keeps_value and kept:
            if not self.is_private(kept[-1]):
                break
            kept.pop()
        return body if len(kept) == len(body) and all(map(is_, kept, body)) else tuple(kept)

    def is_named(self, value: nodes.Node | None) -> bool:
        """Is this a constant by name, or of constants by name?"""
        if type(value) is nodes.Binary and value.op in SHORT_CIRCUIT:
            return self.is_named(value.left) and self.is_named(value.right)
        return value is not None and self.is_fixed(value)

    def is_private(self, node: nodes.Node) -> bool:
        """Does the statement change nothing outside its block, constants by name included?"""
        return is_private(node) or (isinstance(node, nodes.Let) and self.is_named(node.value))

    def each(self, body: tuple[nodes.Node, ...], keeps_value: bool) -> Iterable[nodes.Node]:
        """The statements, optimized one after the other."""
        if self.evaluates:
            return self.in_rounds(body, keeps_value)
        last = len(body) - 1
        return (self.statement(node, keeps_value=keeps_value and at == last) for at, node in enumerate(body))

    def in_rounds(self, body: tuple[nodes.Node, ...], keeps_value: bool) -> list[nodes.Node]:
        """As `each`, beside `eval`: constants are no longer inserted behind it.

        Rhai gets to calls that are statements only when it has seen all the others, and so to an `eval` among them;
        conditions that are all that is left of an `if`, and calls that are all that is left of `&&` and the like, come
        apart from both.
        """
        done = list(body)
        last, inserts = len(body) - 1, self.propagates
        calls: list[tuple[int, Environment]] = []
        late: list[tuple[int, Environment]] = []
        hidden = len(body)
        for at, node in enumerate(body):
            if is_call(node):
                calls.append((at, dict(self.blocks[-1])))
                continue
            left_over = self.left_of(node.expr) if type(node) is nodes.ExprStmt else None
            if left_over is not None and is_call(call := nodes.ExprStmt(node.span, left_over)):
                done[at] = call
                late.append((at, dict(self.blocks[-1])))
                continue
            if type(node) is nodes.If and does_nothing(node) and not (keeps_value and at == last):
                done[at] = nodes.ExprStmt(node.condition.span, node.condition)
                late.append((at, dict(self.blocks[-1])))
                continue
            left = self.statement(node, keeps_value=keeps_value and at == last)
            is_arm = type(node) is nodes.Switch and type(left) is nodes.Block and len(left.body) == 1
            done[at] = left.body[0] if is_arm else alone(left)  # type: ignore[attr-defined]
            if not self.propagates:
                hidden = min(hidden, at)
        known, self.propagates = self.blocks[-1], inserts
        for queue in (calls, late):
            self.propagates = inserts
            for at, self.blocks[-1] in queue:
                self.propagates = self.propagates and at < hidden
                done[at] = self.statement(done[at], keeps_value=keeps_value and at == last)
        self.blocks[-1], self.propagates = known, inserts
        return done

    def left_of(self, node: nodes.Node) -> nodes.Node:
        """What is left of `&&`, `||` or `??` behind operands that go: Rhai sees that before it looks into the rest."""
        if type(node) is not nodes.Binary or node.op not in _NEUTRAL:
            return node
        first = self.inserted(self.left_of(node.left))
        return self.left_of(node.right) if _NEUTRAL[node.op](first) else node

    def block(
        self, node: nodes.Block, *, keeps_value: bool, bound: tuple[str | None, ...] = (), is_function: bool = False
    ) -> nodes.Block:
        """A block in a scope of its own, in which loops and handlers bind names.

        One that only declares, or imports by a literal name, is nothing at all.
        """
        outer = len(self.bound)
        self.bound += filter(None, bound)
        self.blocks.append({})
        body = self.statements(node.body, keeps_value=keeps_value)
        self.blocks.pop()
        del self.bound[outer:]
        if body and not is_function:
            *before, last = body
            if all(map(self.is_private, before)):
                if self.is_private(last):
                    body = ()
                elif before and type(last) is nodes.ExprStmt and kind_of(last.expr) is not None:
                    body = (last,)
        return node if body is node.body else replace(node, body=body)

    def statement(self, node: nodes.Node, *, keeps_value: bool) -> nodes.Node:
        """A node in statement position."""
        method = getattr(self, _STATEMENTS[type(node)], None)
        if method is not None:
            result: nodes.Node = method(node, keeps_value)
            return result
        return self.rebuild(node)

    def stmt_CustomSyntax(self, node: nodes.CustomSyntax, _keeps_value: bool) -> nodes.Node:
        """What the inputs of a host's construct mean is the host's business."""
        return node

    def stmt_ExprStmt(self, node: nodes.ExprStmt, _keeps_value: bool) -> nodes.Node:
        expr = self.read(node.expr)
        if isinstance(expr, nodes.Variable) and not expr.namespace and self.propagates:
            known = self.known(expr.name, self.own_blocks)
            expr = expr if known is None or not is_constant(known) else replace(known, span=expr.span)
        return node if expr is node.expr else nodes.ExprStmt(node.span, expr)

    def stmt_Block(self, node: nodes.Block, keeps_value: bool) -> nodes.Node:
        return self.block(node, keeps_value=keeps_value)

    def stmt_If(self, node: nodes.If, keeps_value: bool) -> nodes.Node:
        condition = self.read(node.condition)
        if type(condition) is nodes.BoolLit:
            taken, other = (node.then, node.orelse) if condition.value else (node.orelse, node.then)
            self.drop(node.condition, other)
            if taken is None:
                return nodes.Block(node.span, ())
            return replace(self.statement(taken, keeps_value=keeps_value), span=node.span)
        then = self.block(node.then, keeps_value=keeps_value)
        orelse = None if node.orelse is None else self.statement(node.orelse, keeps_value=keeps_value)
        if all(map(is_nothing, then.body)) and is_empty(orelse):
            # Nobody looks at the condition's type any more.
            self.drop(node.then, node.orelse)
            if is_pure_value(condition):
                self.drop(node.condition)
                return nodes.Block(node.span, ())
            left = nodes.ExprStmt(condition.span, condition)
            unit = nodes.ExprStmt(node.span, nodes.UnitLit(node.span))
            return nodes.Block(node.span, (left, unit) if keeps_value else (left,))
        if condition is node.condition and then is node.then and orelse is node.orelse:
            return node
        return replace(node, condition=condition, then=then, orelse=orelse)

    def stmt_Switch(self, node: nodes.Switch, keeps_value: bool) -> nodes.Node:
        value = self.read(node.value)
        left = chosen(node, self.resolved(value))
        if left is not None:
            self.drop(node)
            return self.statement(left, keeps_value=keeps_value)
        arms = []
        for arm in node.arms:
            guard = None if arm.guard is None else self.read(arm.guard)
            self.blocks.append({})
            body = self.statement(arm.body, keeps_value=True)
            self.blocks.pop()
            same = guard is arm.guard and body is arm.body
            arms.append(arm if same else replace(arm, guard=guard, body=body))
        if value is node.value and all(map(is_, arms, node.arms)):
            return node
        return replace(node, value=value, arms=tuple(arms))

    def stmt_While(self, node: nodes.While, _keeps_value: bool) -> nodes.Node:
        condition = self.read(node.condition)
        if type(condition) is nodes.BoolLit and not condition.value:
            self.drop(node)
            return nodes.Block(node.span, ())
        return self.with_body(node, self.block(node.body, keeps_value=False), condition=condition)

    def stmt_Loop(self, node: nodes.Loop, _keeps_value: bool) -> nodes.Node:
        return self.with_body(node, self.block(node.body, keeps_value=False))

    def stmt_Do(self, node: nodes.Do, _keeps_value: bool) -> nodes.Node:
        body = self.block(node.body, keeps_value=False)
        return self.with_body(node, body, condition=self.read(node.condition))

    def stmt_For(self, node: nodes.For, _keeps_value: bool) -> nodes.Node:
        iterable = self.read(node.iterable)
        # A constant of the name of a loop variable hides it.
        body = self.block(node.body, keeps_value=False, bound=(node.variable, node.counter))
        if not body.body and (is_constant_range(iterable) or is_settled(iterable)):
            self.drop(node)
            return nodes.Block(node.span, ())
        return self.with_body(node, body, iterable=iterable)

    @staticmethod
    def with_body(node: Any, body: nodes.Block, **parts: nodes.Node) -> nodes.Node:
        same = body is node.body and all(getattr(node, name) is part for name, part in parts.items())
        result: nodes.Node = node if same else replace(node, body=body, **parts)
        return result

    def stmt_Try(self, node: nodes.Try, _keeps_value: bool) -> nodes.Node:
        """Rhai looks neither at the value of the `try` block nor at that of the handler."""
        body = self.block(node.body, keeps_value=False)
        if all(is_pure(part) or self.is_private(part) for part in body.body):
            self.drop(node)
            return nodes.Block(node.span, ())
        handler = self.block(node.handler, keeps_value=False, bound=(node.variable,))  # as for loops
        return node if body is node.body and handler is node.handler else replace(node, body=body, handler=handler)

    def stmt_Let(self, node: nodes.Let, _keeps_value: bool) -> nodes.Node:
        value = None if node.value is None else self.read(node.value)
        known = value if value is not None else nodes.UnitLit(node.span)
        is_known = kind_of(known) is not None or (type(known) is nodes.Template and is_fixed(known))
        self.blocks[-1][node.name] = known if node.constant and is_known else None
        if node.constant and is_known:
            self.held.add(node.name)
        self.curried_constants.discard(node.name)
        if node.constant and self.is_curried(known):
            self.curried_constants.add(node.name)
        return node if value is node.value else replace(node, value=value)

    def stmt_Export(self, node: nodes.Export, _keeps_value: bool) -> nodes.Node:
        if node.declaration is None:
            return node
        declaration = self.stmt_Let(node.declaration, False)
        assert isinstance(declaration, nodes.Let)
        return node if declaration is node.declaration else replace(node, declaration=declaration)

    def stmt_Assign(self, node: nodes.Assign, _keeps_value: bool) -> nodes.Node:
        target, value = self.address(node.target), self.read(node.value)
        op, op_span = node.op, node.op_span
        if op == "=" and type(value) is nodes.Binary and f"{value.op}=" in ASSIGN and is_same(target, value.left):
            op, op_span, value = f"{value.op}=", value.op_span, value.right
        if value is node.value and target is node.target:
            return node
        return nodes.Assign(node.span, target, op, value, op_span)
