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
from typing import Any, Final

from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import child_fields, method_names, walk
from horus_runtime.errors import HorusError
from horus_runtime.optimize.cases import chosen
from horus_runtime.optimize.effects import (
    alone,
    changed_variable,
    dissolved,
    does_nothing,
    hides_names,
    is_all_units,
    is_call,
    is_eval,
    is_private,
    is_pure,
    is_same,
    only_value,
    unwrapped,
)
from horus_runtime.optimize.values import (
    COMPARISONS,
    CONTAINERS,
    LITERALS,
    LOST_CLOSURE,
    compared,
    constant_value,
    is_constant,
    is_constant_range,
    is_empty,
    is_literal,
    is_nothing,
    item_of,
    joins_text,
    kind_of,
    literal_of,
    value_of,
)
from horus_runtime.runtime.operators import ASSIGN, BINARY, UNARY
from horus_runtime.runtime.text import host_debug, to_display
from horus_runtime.source import Span
from horus_runtime.syntax.captures import captured_names

Native = Callable[[str, tuple[Any, ...]], Any]
"""Calls a native for level `full`; raises `LookupError` where it must not or cannot be called."""

JUMPS: Final = frozenset({nodes.Return, nodes.Throw, nodes.Break, nodes.Continue})
MAX_TEXT: Final = 10_000
"""Folding makes no longer strings than this."""

Environment = dict[str, "nodes.Node | None"]
"""What is known of the names in a block: the literal or the closure that a constant holds, or `None`."""


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


_STATEMENTS: Final = method_names("stmt_")
_EXPRESSIONS: Final = method_names("expr_")


class _Optimizer:
    """One walk; `blocks` holds what is known of the names around the current node."""

    def __init__(self, script: nodes.Script, native: Native | None, folds: bool, max_text: int) -> None:
        self.script = script
        self.folds = folds
        self.max_text = min(MAX_TEXT, max_text) if max_text else MAX_TEXT
        self.closures = 0
        """Closures around the node. A closure captures what its text names, so nothing with a name is pruned there."""
        self.own_blocks = 0
        """Where the blocks of the innermost closure start."""
        self.native = native
        self.functions = {(f.name, len(f.params)) for f in script.functions}
        self.blocks: list[Environment] = [{}]
        self.evaluates = hides_names(script)
        """Is there an `eval`, which may declare variables that hide constants?"""
        self.propagates = True
        """Constants are inserted: no `eval` stands before the node in its block."""

    def run(self) -> nodes.Script:
        script = self.script
        body = self.statements(script.body, keeps_value=True)
        functions = []
        for definition in script.functions:
            self.blocks, self.propagates = [dict.fromkeys(definition.params)], True
            inner = self.block(definition.body, keeps_value=True, is_function=True)
            functions.append(definition if inner is definition.body else replace(definition, body=inner))
        if body == script.body and all(a is b for a, b in zip(functions, script.functions, strict=True)):
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
            if not wanted and not self.closures and is_pure(done):
                continue
            kept.append(done)
            if type(done) in JUMPS and not self.closures:
                break
        return body if len(kept) == len(body) and all(a is b for a, b in zip(kept, body, strict=True)) else tuple(kept)

    def each(self, body: tuple[nodes.Node, ...], keeps_value: bool) -> Iterable[nodes.Node]:
        """The statements, optimized one after the other."""
        if self.evaluates:
            return self.in_rounds(body, keeps_value)
        last = len(body) - 1
        return (self.statement(node, keeps_value=keeps_value and at == last) for at, node in enumerate(body))

    def in_rounds(self, body: tuple[nodes.Node, ...], keeps_value: bool) -> list[nodes.Node]:
        """As `each`, beside `eval`: constants are no longer inserted behind it.

        Rhai gets to calls that are statements only when it has seen all the others, and so to an `eval` among them;
        last come the conditions that are all that is left of an `if`.
        """
        done = list(body)
        last, inserts = len(body) - 1, self.propagates
        calls: list[tuple[int, Environment]] = []
        conditions: list[tuple[int, Environment]] = []
        hidden = len(body)
        for at, node in enumerate(body):
            if is_call(node):
                calls.append((at, dict(self.blocks[-1])))
                continue
            if type(node) is nodes.If and does_nothing(node) and not (keeps_value and at == last):
                done[at] = nodes.ExprStmt(node.condition.span, node.condition)
                conditions.append((at, dict(self.blocks[-1])))
                continue
            done[at] = alone(self.statement(node, keeps_value=keeps_value and at == last))
            if not self.propagates:
                hidden = min(hidden, at)
        known, self.propagates = self.blocks[-1], inserts
        for at, self.blocks[-1] in (*calls, *conditions):
            self.propagates = self.propagates and at < hidden
            done[at] = self.statement(done[at], keeps_value=keeps_value and at == last)
        self.blocks[-1], self.propagates = known, inserts
        return done

    def block(
        self, node: nodes.Block, *, keeps_value: bool, names: tuple[str | None, ...] = (), is_function: bool = False
    ) -> nodes.Block:
        """A block in a scope of its own, in which `names` are variables.

        One that only declares, or imports by a literal name, is nothing at all.
        """
        self.blocks.append({name: None for name in names if name is not None})
        body = self.statements(node.body, keeps_value=keeps_value)
        self.blocks.pop()
        if body and not is_function and not self.closures:
            *before, last = body
            if all(map(is_private, before)):
                if is_private(last):
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
        if type(condition) is nodes.BoolLit and not self.closures:
            if condition.value:
                return self.block(node.then, keeps_value=keeps_value)
            if node.orelse is None:
                return nodes.Block(node.span, ())
            return self.statement(node.orelse, keeps_value=keeps_value)
        then = self.block(node.then, keeps_value=keeps_value)
        orelse = None if node.orelse is None else self.statement(node.orelse, keeps_value=keeps_value)
        if all(map(is_nothing, then.body)) and is_empty(orelse):
            # Nobody looks at the condition's type any more.
            left = nodes.ExprStmt(condition.span, condition)
            unit = nodes.ExprStmt(node.span, nodes.UnitLit(node.span))
            return nodes.Block(node.span, (left, unit) if keeps_value else (left,))
        if condition is node.condition and then is node.then and orelse is node.orelse:
            return node
        return replace(node, condition=condition, then=then, orelse=orelse)

    def stmt_Switch(self, node: nodes.Switch, _keeps_value: bool) -> nodes.Node:
        value = self.read(node.value)
        arms = []
        for arm in node.arms:
            guard = None if arm.guard is None else self.read(arm.guard)
            self.blocks.append({})
            body = self.statement(arm.body, keeps_value=True)
            self.blocks.pop()
            same = guard is arm.guard and body is arm.body
            arms.append(arm if same else replace(arm, guard=guard, body=body))
        taken = None if self.closures else chosen(self.constant(value), tuple(arms))
        if taken is not None:
            return taken[0].body if taken else nodes.Block(node.span, ())
        if value is node.value and all(a is b for a, b in zip(arms, node.arms, strict=True)):
            return node
        return replace(node, value=value, arms=tuple(arms))

    def stmt_While(self, node: nodes.While, _keeps_value: bool) -> nodes.Node:
        condition = self.read(node.condition)
        if type(condition) is nodes.BoolLit and not condition.value and not self.closures:
            return nodes.Block(node.span, ())
        return self.with_body(node, self.block(node.body, keeps_value=False), condition=condition)

    def stmt_Loop(self, node: nodes.Loop, _keeps_value: bool) -> nodes.Node:
        return self.with_body(node, self.block(node.body, keeps_value=False))

    def stmt_Do(self, node: nodes.Do, _keeps_value: bool) -> nodes.Node:
        body = self.block(node.body, keeps_value=False)
        return self.with_body(node, body, condition=self.read(node.condition))

    def stmt_For(self, node: nodes.For, _keeps_value: bool) -> nodes.Node:
        iterable = self.read(node.iterable)
        body = self.block(node.body, keeps_value=False)  # a constant of the name of a loop variable hides it
        if not body.body and not self.closures and is_constant_range(iterable):
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
        if not self.closures and all(is_pure(part) or is_private(part) for part in body.body):
            return nodes.Block(node.span, ())
        handler = self.block(node.handler, keeps_value=False)  # as for loops
        return node if body is node.body and handler is node.handler else replace(node, body=body, handler=handler)

    def stmt_Let(self, node: nodes.Let, _keeps_value: bool) -> nodes.Node:
        value = None if node.value is None else self.read(node.value)
        known = value if value is not None else nodes.UnitLit(node.span)
        self.blocks[-1][node.name] = known if node.constant and kind_of(known) is not None else None
        return node if value is node.value else replace(node, value=value)

    def stmt_Export(self, node: nodes.Export, _keeps_value: bool) -> nodes.Node:
        if node.declaration is None:
            return node
        declaration = self.stmt_Let(node.declaration, False)
        assert isinstance(declaration, nodes.Let)
        return node if declaration is node.declaration else replace(node, declaration=declaration)

    def stmt_Assign(self, node: nodes.Assign, _keeps_value: bool) -> nodes.Node:
        value, target = self.read(node.value), self.address(node.target)
        op, op_span = node.op, node.op_span
        if op == "=" and type(value) is nodes.Binary and f"{value.op}=" in ASSIGN and is_same(target, value.left):
            op, op_span, value = f"{value.op}=", value.op_span, value.right
        if value is node.value and target is node.target:
            return node
        return nodes.Assign(node.span, target, op, value, op_span)

    # ---- expressions ------------------------------------------------------------------------------------------------

    def address(self, node: nodes.Node) -> nodes.Node:
        """The target of an assignment: only its indices are expressions."""
        if isinstance(node, nodes.Index):
            target, index = self.address(node.target), self.expr(node.index)
            return node if target is node.target and index is node.index else replace(node, target=target, index=index)
        if isinstance(node, nodes.Property):
            target = self.address(node.target)
            return node if target is node.target else replace(node, target=target)
        return node if isinstance(node, (nodes.Variable, nodes.This)) else self.expr(node)

    def read(self, node: nodes.Node) -> nodes.Node:
        """An expression of which only the value is used: a constant may stand for itself."""
        return self.inserted(self.expr(node))

    def inserted(self, done: nodes.Node) -> nodes.Node:
        """The literal of a constant, or the node itself.

        Beside `eval`, arrays and the like are inserted as well: their names may mean something else when they are read.
        """
        known = self.constant(done)
        if known is done or not (type(known) in LITERALS or self.evaluates):
            return done
        if type(known) is nodes.Binary:
            return replace(known, span=done.span, op_span=done.span)
        return replace(known, span=done.span)

    def constant(self, done: nodes.Node) -> nodes.Node:
        """What a constant was declared with, as far as that is known, or the node itself."""
        if type(done) is not nodes.Variable or done.namespace or not self.propagates:
            return done
        # A closure receives the constants around it when it is made.
        return self.known(done.name, self.own_blocks) or done

    def known(self, name: str, outermost: int = 0) -> nodes.Node | None:
        """What a constant holds that was declared in this block or one around it, up to the outermost."""
        for at in range(len(self.blocks) - 1, -1, -1):
            if name in self.blocks[at]:
                return self.blocks[at][name] if at >= outermost else None
        return None

    def variable(self, node: nodes.Variable) -> nodes.Node:
        """A variable that is read, but not by a call, an index or a property right behind it."""
        if not node.namespace and self.propagates and type(self.known(node.name, self.own_blocks)) is nodes.Closure:
            return nodes.Call(node.span, LOST_CLOSURE, ())
        return node

    def root(self, node: nodes.Node) -> nodes.Node:
        """What a chain of calls, indices and properties begins with."""
        return node if type(node) is nodes.Variable else self.expr(node)

    def owner(self, node: nodes.Node) -> nodes.Node:
        """As `root`, before a property or index: a constant map stands for itself where `eval` could hide it."""
        known = self.constant(node) if self.evaluates else node
        if known is not node and type(known) is nodes.MapLit:
            return replace(known, span=node.span)
        return self.root(node)

    def expr(self, node: nodes.Node) -> nodes.Node:
        """A node in expression position."""
        kind = type(node)
        if kind in LITERALS:
            return node
        if isinstance(node, nodes.Variable):
            return self.variable(node)
        method = getattr(self, _EXPRESSIONS[kind], None)
        if method is not None:
            result: nodes.Node = method(node)
            return result
        if hasattr(self, _STATEMENTS[kind]):
            return self.statement_value(node)
        return self.rebuild(node)

    def statement_value(self, node: nodes.Node) -> nodes.Node:
        """A statement in expression position."""
        if type(node) is nodes.Block and len(node.body) == 1 and type(node.body[0]) is nodes.ExprStmt:
            return self.expr(node.body[0].expr)
        done = unwrapped(self.statement(node, keeps_value=True))
        return replace(done, span=node.span) if type(done) is nodes.Block and done.span != node.span else done

    def rebuild(self, node: nodes.Node) -> nodes.Node:
        """The node with its children optimized."""
        changes: dict[str, Any] = {}
        for name in child_fields(type(node)):
            old = getattr(node, name)
            if type(old) is tuple:
                new: Any = tuple(map(self.read, old))
                if any(a is not b for a, b in zip(new, old, strict=True)):
                    changes[name] = new
            elif old is not None:
                new = self.read(old)
                if new is not old:
                    changes[name] = new
        return replace(node, **changes) if changes else node

    def expr_CustomSyntax(self, node: nodes.CustomSyntax) -> nodes.Node:
        """What the inputs of a host's construct mean is the host's business."""
        return node

    def expr_Template(self, node: nodes.Template) -> nodes.Node:
        """The parts of a template stay blocks, but for single expressions beside `eval`: what it declares stays."""
        parts = tuple(self.template_part(part) for part in node.parts)
        text = self.constant_text(parts)
        if text is not None:
            return nodes.StringLit(node.span, text)
        return node if all(a is b for a, b in zip(parts, node.parts, strict=True)) else replace(node, parts=parts)

    def template_part(self, part: nodes.Node) -> nodes.Node:
        if not isinstance(part, nodes.Block):
            return part
        if self.evaluates and len(part.body) == 1 and type(part.body[0]) is nodes.ExprStmt:
            return self.read(part.body[0].expr)
        return self.block(part, keeps_value=True)

    def constant_text(self, parts: tuple[nodes.Node, ...]) -> str | None:
        """The text of a template of constants; Rhai shows arrays and maps among them in its internal form."""
        shown: list[str] = []
        folds = False
        for part in parts:
            inner = only_value(part) if type(part) is nodes.Block else part
            if inner is None:
                return None
            inner = self.constant(inner)
            if not is_constant(inner) and not (type(inner) in CONTAINERS and is_literal(inner)):
                return None
            folds = folds or type(part) is not nodes.StringLit
            value = constant_value(inner)
            shown.append(host_debug(value) if type(inner) in CONTAINERS else to_display(value))
        text = "".join(shown)
        return text if folds and len(text.encode()) <= self.max_text else None

    def expr_Index(self, node: nodes.Index) -> nodes.Node:
        """An index into a constant is the item itself, where there is one."""
        target, index = self.owner(node.target), self.read(node.index)
        if type(index) is nodes.IntLit and not node.null_safe:
            item = item_of(target, index.value)
            if item is not None:
                return replace(item, span=target.span)
        return node if target is node.target and index is node.index else replace(node, target=target, index=index)

    def expr_Property(self, node: nodes.Property) -> nodes.Node:
        """A property of a constant map is its value."""
        target = self.owner(node.target)
        if type(target) is nodes.MapLit and not node.null_safe and is_constant(target):
            for entry in target.entries:
                if entry.key == node.name:
                    return replace(entry.value, span=target.span)
        return node if target is node.target else replace(node, target=target)

    def expr_MethodCall(self, node: nodes.MethodCall) -> nodes.Node:
        target, args = self.root(node.target), tuple(map(self.read, node.args))
        if target is node.target and all(a is b for a, b in zip(args, node.args, strict=True)):
            return node
        return replace(node, target=target, args=args)

    def expr_ArrayLit(self, node: nodes.ArrayLit) -> nodes.Node:
        items = tuple(map(self.read, node.items))
        return node if all(a is b for a, b in zip(items, node.items, strict=True)) else replace(node, items=items)

    def expr_MapEntry(self, node: nodes.MapEntry) -> nodes.Node:
        value = self.read(node.value)
        return node if value is node.value else replace(node, value=value)

    def expr_Closure(self, node: nodes.Closure) -> nodes.Node:
        lost = self.lost_capture(node)
        if lost is not None:
            return nodes.Call(lost, LOST_CLOSURE, ())
        own = self.own_constants(node)
        if own:
            inner = node.body.body if isinstance(node.body, nodes.Block) else (node.body,)
            node = replace(node, body=nodes.Block(node.body.span, (*own, *inner)))
        outer, self.own_blocks = self.own_blocks, len(self.blocks)
        inserts, self.propagates = self.propagates, True
        self.blocks.append(dict.fromkeys(node.params))
        self.closures += 1
        body = self.statement(node.body, keeps_value=True)
        self.closures -= 1
        self.own_blocks, self.propagates = outer, inserts
        self.blocks.pop()
        if not inserts:
            return replace(node, body=body, captures_constants=True)
        return node if body is node.body else replace(node, body=body)

    def lost_capture(self, node: nodes.Closure) -> Span | None:
        """Where a closure first names a constant that holds a closure: to capture it is to read it."""
        held = self.propagates and any(
            type(value) is nodes.Closure for block in self.blocks for value in block.values()
        )
        if not held:
            return None
        lost = {name for name in captured_names(node) if type(self.known(name, self.own_blocks)) is nodes.Closure}
        return next((part.span for part in walk(node.body) if type(part) is nodes.Variable and part.name in lost), None)

    def own_constants(self, node: nodes.Closure) -> list[nodes.Node]:
        """Declarations of the constant arrays and maps that a closure may change: each call changes its own copy.

        Those it only reads stay captured, so that calls need not copy them.
        """
        changed = {name for part in walk(node.body) if (name := changed_variable(part)) is not None}
        found: list[nodes.Node] = []
        for name in sorted(changed and captured_names(node) & changed):
            known = self.known(name, self.own_blocks) if self.propagates else None
            if known is not None and type(known) in CONTAINERS and is_constant(known):
                found.append(nodes.Let(node.span, name, known, constant=False, name_span=node.span))
        return found

    def expr_Unary(self, node: nodes.Unary) -> nodes.Node:
        operand = self.read(node.operand)
        if self.folds and type(operand) in LITERALS:
            span = operand.span if node.op == "!" else node.span
            folded = self.folded(span, UNARY.get(node.op), operand)
            if folded is not None:
                return folded
        return node if operand is node.operand else replace(node, operand=operand)

    def folded(self, span: Span, operator: Callable[..., Any] | None, *operands: nodes.Node) -> nodes.Node | None:
        """The literal that an operator yields; `None` where it raises or has another kind of result."""
        if operator is None:
            return None
        try:
            return self.literal(span, operator(*map(value_of, operands)))
        except HorusError:
            return None

    def literal(self, span: Span, value: Any) -> nodes.Node | None:
        """The literal of a value, or `None`."""
        if type(value) is str and len(value.encode()) > self.max_text:
            return None
        return literal_of(span, value)

    def expr_Binary(self, node: nodes.Binary) -> nodes.Node:
        if node.op == "??" and is_all_units(node):
            return nodes.BoolLit(node.span, False)  # Rhai's optimizer leaves nothing of it, and takes that for `false`
        if node.op == "??" and is_all_units(node.left):
            return self.expr(node.right)
        left, right = self.read(node.left), self.read(node.right)
        if node.op in ("&&", "||"):
            return self.logical(node, left, right)
        if node.op == "??":
            if type(left) is nodes.UnitLit and type(right) is not nodes.UnitLit:
                return right
            if type(left) is not nodes.UnitLit and kind_of(self.constant(left)) is not None:
                return left
        elif self.folds:
            folded = self.folded_binary(node, left, right)
            if folded is not None:
                return folded
        return node if left is node.left and right is node.right else replace(node, left=left, right=right)

    def folded_binary(self, node: nodes.Binary, left: nodes.Node, right: nodes.Node) -> nodes.Node | None:
        """The literal that an operator yields for two constants, where Rhai knows it without a look at functions."""
        if type(left) in LITERALS and type(right) in LITERALS:
            if joins_text(node.op, left, right):
                return None
            return self.folded(node.op_span, BINARY.get(node.op), left, right)
        result = compared(node.op, self.constant(left), self.constant(right)) if node.op in COMPARISONS else None
        return None if result is None else nodes.BoolLit(node.op_span, result)

    def logical(self, node: nodes.Binary, left: nodes.Node, right: nodes.Node) -> nodes.Node:
        """A literal operand decides, or goes away and takes the check of the other one with it."""
        neutral = node.op == "&&"
        if type(left) is nodes.BoolLit and (left.value is neutral or not self.closures):
            return right if left.value is neutral else left
        if type(right) is nodes.BoolLit and right.value is neutral:
            return left
        return node if left is node.left and right is node.right else replace(node, left=left, right=right)

    def expr_Call(self, node: nodes.Call) -> nodes.Node:
        if is_eval(node):
            self.propagates = False
            return node
        args = tuple(map(self.read, node.args))
        made = self.asked_early(node, args) or self.called_early(node, args)
        if made is not None:
            return made
        return node if all(a is b for a, b in zip(args, node.args, strict=True)) else replace(node, args=args)

    def asked_early(self, node: nodes.Call, args: tuple[nodes.Node, ...]) -> nodes.Node | None:
        """What `type_of` and `is_shared` say of constants."""
        if node.namespace or len(args) != 1 or node.name not in ("type_of", "is_shared") or node.captures_scope:
            return None
        kind = kind_of(self.constant(args[0]))
        if kind is None or (node.name, 1) in self.functions:
            return None
        return nodes.BoolLit(node.span, False) if node.name == "is_shared" else nodes.StringLit(node.span, kind)

    def called_early(self, node: nodes.Call, args: tuple[nodes.Node, ...]) -> nodes.Node | None:
        """The literal that a native yields for literals, at level `full`."""
        if self.native is None or node.namespace or (node.name, len(args)) in self.functions:
            return None
        if not args or any(type(value) not in LITERALS for value in args):
            return None
        try:
            return self.literal(node.span, self.native(node.name, tuple(map(value_of, args))))
        except (LookupError, HorusError):
            return None
