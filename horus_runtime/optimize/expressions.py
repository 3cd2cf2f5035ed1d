"""What becomes of expressions: operators, calls and parts of constants are folded, constants inserted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from operator import is_
from typing import Any, Final

from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import child_fields, method_names, walk
from horus_runtime.errors import HorusError
from horus_runtime.optimize.effects import (
    changed_variable,
    hides_names,
    is_eval,
    mention,
    unwrapped,
)
from horus_runtime.optimize.logic import chain, deciding, first_value, operands_of, without_units
from horus_runtime.optimize.values import (
    COMPARISONS,
    CONTAINERS,
    LITERALS,
    LOST_CLOSURE,
    compared,
    constant_value,
    is_copied,
    is_fixed,
    is_valued,
    item_of,
    joins_text,
    kind_of,
    literal_of,
    only_value,
    placed,
    value_of,
)
from horus_runtime.runtime.operators import BINARY, UNARY
from horus_runtime.runtime.text import host_debug, to_display
from horus_runtime.source import Span
from horus_runtime.syntax.captures import captured_names, captures
from horus_runtime.syntax.checks import CHAINED, SHORT_CIRCUIT

Native = Callable[[str, tuple[Any, ...]], Any]
"""Calls a native for level `full`; raises `LookupError` where it must not or cannot be called."""

MAX_TEXT: Final = 10_000
"""Folding makes no longer strings than this."""

Environment = dict[str, "nodes.Node | None"]
"""What is known of the names in a block: the literal or the closure that a constant holds, or `None`."""


_REFUSED: Final = {"array": ("extract", "get"), "blob": ("extract",), "range": ("contains",), "range=": ("contains",)}
"""Methods that change nothing, and that Rhai still refuses to call on constants."""
_STATEMENTS: Final = method_names("stmt_")
_EXPRESSIONS: Final = method_names("expr_")


class Expressions:
    """The part of the walk that is about expressions; `blocks` holds what is known of the names around the node."""

    def __init__(self, script: nodes.Script, native: Native | None, folds: bool, max_text: int) -> None:
        self.script = script
        self.folds = folds
        self.max_text = min(MAX_TEXT, max_text) if max_text else MAX_TEXT
        self.owed: dict[str, nodes.Variable] | None = None
        """Names that the innermost closure captures because its text has them, though what had them is dropped."""
        self.bound: list[str] = []
        """Variables of loops and handlers around the node."""
        self.own_blocks = 0
        """Where the blocks of the innermost closure start."""
        self.curried_constants: set[str] = set()
        """Constants that hold closures over nothing but constants with literal values."""
        self.native = native
        self.functions = {(f.name, len(f.params)) for f in script.functions}
        self.names = {f.name for f in script.functions}
        self.blocks: list[Environment] = [{}]
        self.held: set[str] = set()
        """Names that a constant with a known value has had so far: all others are just what they are."""
        self.evaluates = hides_names(script)
        """Is there an `eval`, which may declare variables that hide constants?"""
        self.propagates = True
        """Constants are inserted: no `eval` stands before the node in its block."""

    def block(self, node: nodes.Block, *, keeps_value: bool, is_function: bool = False) -> nodes.Block:
        """A block in a scope of its own."""
        raise NotImplementedError

    def statement(self, node: nodes.Node, *, keeps_value: bool) -> nodes.Node:
        """A node in statement position."""
        raise NotImplementedError

    def drop(self, *gone: nodes.Node | None) -> None:
        """Note what a closure still captures of what is dropped inside it."""
        if self.owed is None:
            return
        for node in filter(None, gone):
            free = captured_names(nodes.Closure(node.span, (), node))
            free -= {*self.bound, *(name for block in self.blocks[self.own_blocks :] for name in block)}
            for part in walk(node) if free - self.owed.keys() else ():
                if type(part) is nodes.Variable and part.name in free:
                    self.owed.setdefault(part.name, part)

    def address(self, node: nodes.Node, *, last: bool = True) -> nodes.Node:
        """The target of an assignment: only its indices are expressions."""
        if isinstance(node, nodes.Index):
            target, index = self.address(node.target, last=False), self.index(node.index, last=last)
            return node if target is node.target and index is node.index else replace(node, target=target, index=index)
        if isinstance(node, nodes.Property):
            target = self.address(node.target, last=False)
            return node if target is node.target else replace(node, target=target)
        return node if isinstance(node, (nodes.Variable, nodes.This)) else self.expr(node)

    def index(self, node: nodes.Node, *, last: bool) -> nodes.Node:
        """What stands in brackets.

        In the last ones of a chain Rhai leaves what a method call says of a constant and the closures in constant maps,
        and reads the constant closure that a chain begins with.
        """
        inner = only_value(node) if last and type(node) is nodes.Block else node
        if not last or type(inner) not in CHAINED:
            return self.read(node)
        first: Any = inner
        while type(first) in CHAINED:
            first = first.target
        if type(first) is nodes.Variable and type(self.variable(first)) is nodes.Call:
            return self.variable(first)
        changed = self.changed_copy(inner, first)
        node, inner = (node, inner) if changed is inner else (changed, changed)
        if type(inner) is nodes.MethodCall or self.lost_item(inner) is not None:  # type: ignore[arg-type]
            return self.link(inner, whole=True)
        return self.read(node)

    def changed_copy(self, node: Any, first: nodes.Node) -> nodes.Node:
        """A chain that may change the constant it begins with: Rhai has the value in the place of the name there.

        Some methods change nothing, but are refused on constants as well.
        """
        known = self.resolved(first)
        if known is first or kind_of(known) is None:
            return node  # type: ignore[no-any-return]
        links = [node]
        while links[-1].target is not first:
            links.append(links[-1].target)
        refused = _REFUSED.get(kind_of(known) or "", ())
        if not any(changed_variable(link, self.names) or getattr(link, "name", "") in refused for link in links):
            return node  # type: ignore[no-any-return]
        result = placed(known, first.span)
        for link in reversed(links):
            result = replace(link, target=result)
        return result

    def read(self, node: nodes.Node) -> nodes.Node:
        """An expression of which only the value is used: a constant may stand for itself."""
        kind = type(node)
        if kind in LITERALS or (kind is nodes.Variable and node.name not in self.held):  # type: ignore[attr-defined]
            return node
        done = self.expr(node)
        return self.inserted(done) if type(done) is nodes.Variable else done

    def read_all(self, items: tuple[nodes.Node, ...]) -> tuple[nodes.Node, ...]:
        """As `read`, of several; the tuple itself where all stay what they are."""
        done = tuple(map(self.read, items))
        return items if all(map(is_, done, items)) else done

    def inserted(self, done: nodes.Node) -> nodes.Node:
        """The literal of a constant, or the node itself.

        Beside `eval`, and where a loop or a handler binds the name again, arrays and the like are inserted as well: the
        name means something else when it is read. So are maps that methods may add properties to.
        """
        if type(done) is not nodes.Variable:
            return done
        known = self.constant(done)
        if known is done or not (
            type(known) in LITERALS or self.evaluates or done.name in self.bound or self.grows(done.name, known)
        ):
            return done
        return placed(known, done.span)

    def grows(self, name: str, known: nodes.Node) -> bool:
        """May a method add properties to this constant?"""
        if type(known) is not nodes.MapLit and type(known) is not nodes.ArrayLit:
            return False
        called = self.called_on.get(name, frozenset())
        return bool(called) and not called.isdisjoint({"call", *self.names, *_keys(known)})

    @cached_property
    def called_on(self) -> dict[str, frozenset[str]]:
        """The methods called on each variable and its parts, in scripts where functions set properties of `this`."""
        every = list(walk(self.script))
        if not any(type(node) is nodes.Assign and type(_root(node.target)) is nodes.This for node in every):
            return {}
        found: dict[str, set[str]] = {}
        for node in every:
            first = _root(node) if type(node) is nodes.MethodCall else node
            if type(node) is nodes.MethodCall and type(first) is nodes.Variable:
                found.setdefault(first.name, set()).add(node.name)
        return {name: frozenset(methods) for name, methods in found.items()}

    def constant(self, done: nodes.Node) -> nodes.Node:
        """What a constant was declared with, as far as that is known, or the node itself."""
        if type(done) is not nodes.Variable or done.name not in self.held or done.namespace or not self.propagates:
            return done
        # A closure receives the constants around it when it is made.
        return self.known(done.name, self.own_blocks) or done

    def resolved(self, done: nodes.Node) -> nodes.Node:
        """A node with what constants hold in the place of their names, in arrays and maps as well."""
        known = self.constant(done)
        if known is not done:
            return self.resolved(known)
        if type(done) is nodes.ArrayLit and not all(type(item) in LITERALS for item in done.items):
            return replace(done, items=tuple(map(self.resolved, done.items)))
        if type(done) is nodes.MapLit and not all(type(entry.value) in LITERALS for entry in done.entries):
            entries = (replace(entry, value=self.resolved(entry.value)) for entry in done.entries)
            return replace(done, entries=tuple(entries))
        if type(done) is nodes.If and type(done.condition) is nodes.Variable:
            return replace(done, condition=self.resolved(done.condition))
        return done

    def is_fixed(self, done: nodes.Node) -> bool:
        """Is this a constant, by name or by value?"""
        return type(done) in LITERALS or is_fixed(self.resolved(done))

    def is_value(self, done: nodes.Node) -> bool:
        """Is this a constant, and no statement of constants?"""
        return type(done) not in (nodes.If, nodes.Switch) and self.is_fixed(done)

    def known(self, name: str, outermost: int = 0) -> nodes.Node | None:
        """What a constant holds that was declared in this block or one around it, up to the outermost."""
        for at in range(len(self.blocks) - 1, -1, -1):
            if name in self.blocks[at]:
                return self.blocks[at][name] if at >= outermost else None
        return None

    def variable(self, node: nodes.Variable) -> nodes.Node:
        """A variable that is read, but not by a call, an index or a property right behind it."""
        if node.name not in self.held:
            return node
        if not node.namespace and self.propagates and type(self.known(node.name, self.own_blocks)) is nodes.Closure:
            return nodes.Call(node.span, LOST_CLOSURE, ())
        return node

    def root(self, node: nodes.Node) -> nodes.Node:
        """What a link of a chain of calls, indices and properties goes on from.

        A constant that is left of something else, as in `(a ?? b).push(1)`, is its value there.
        """
        if type(node) in CHAINED:
            return self.link(node)
        if type(node) is nodes.Variable:
            return node
        done = self.expr(node)
        known = self.resolved(done) if type(done) is nodes.Variable else done
        if known is not done and kind_of(known) is not None:
            return placed(known, done.span)
        first = _root(done)
        constant = type(first) is nodes.Variable and not first.namespace and self.known(first.name) is not None
        if constant and type(node) in (nodes.Block, nodes.If):
            return nodes.Block(done.span, (nodes.ExprStmt(done.span, done),))  # a copy, which is no constant
        return done

    def owner(self, node: nodes.Node) -> nodes.Node:
        """As `root`, before the only property or index: a constant map stands for itself where `eval` could hide it."""
        hidden = self.evaluates or (type(node) is nodes.Variable and node.name in self.bound)
        known = self.constant(node) if hidden else node
        if known is not node and type(known) is nodes.MapLit:
            return replace(known, span=node.span)
        return self.root(node)

    def expr(self, node: nodes.Node) -> nodes.Node:
        """A node in expression position."""
        kind = type(node)
        if kind in LITERALS:
            return node
        if kind is nodes.Variable:
            return self.variable(node)  # type: ignore[arg-type]
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
            new: Any = old
            if type(old) is tuple:
                new = self.read_all(old)
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
        done = self.shown(parts)
        if all(type(part) is nodes.StringLit for part in done) and parts:
            text = "".join(part.value for part in done if type(part) is nodes.StringLit)
            if len(text.encode()) <= MAX_TEXT:  # Rhai does not ask for the host's limit here
                return nodes.StringLit(node.span, text)
        return node if all(a is b for a, b in zip(done, node.parts, strict=True)) else replace(node, parts=done)

    def template_part(self, part: nodes.Node) -> nodes.Node:
        if not isinstance(part, nodes.Block):
            return part
        if self.evaluates and len(part.body) == 1 and type(part.body[0]) is nodes.ExprStmt:
            return self.read(part.body[0].expr)
        return self.block(part, keeps_value=True)

    def shown(self, parts: tuple[nodes.Node, ...]) -> tuple[nodes.Node, ...]:
        """The parts of a template of constants as texts; Rhai shows arrays and maps among them in its internal form."""
        found: list[nodes.Node] = []
        for part in parts:
            inner = only_value(part) if type(part) is nodes.Block else part
            inner = None if inner is None else self.resolved(inner)
            if inner is None or kind_of(inner) is None or not is_valued(inner):
                return parts
            is_shown = type(inner) in LITERALS or type(inner) in CONTAINERS
            found.append(nodes.StringLit(part.span, self.text_of(inner)) if is_shown else part)
        return tuple(found)

    @staticmethod
    def text_of(constant: nodes.Node) -> str:
        value = constant_value(constant)
        return host_debug(value) if type(constant) in CONTAINERS else to_display(value)

    def expr_Index(self, node: nodes.Index) -> nodes.Node:
        """An index into a constant is the item itself, where there is one and nothing goes on from it."""
        if (lost := self.lost_item(node)) is not None:
            return lost
        done = self.link(node, last=True, whole=True)
        if type(done) is not nodes.Index:
            return done
        if type(done.index) is nodes.StringLit:
            return self.entry(done.target, done.index.value) or done
        if type(done.index) is not nodes.IntLit or done.null_safe:
            return done
        if type(done.target) is nodes.ArrayLit and not self.is_fixed(done.target):
            return done
        return item_of(done.target, done.index.value) or done

    def expr_Property(self, node: nodes.Property) -> nodes.Node:
        """A property of a constant map is its value."""
        if (lost := self.lost_item(node)) is not None:
            return lost
        done = self.link(node, whole=True)
        return (type(done) is nodes.Property and self.entry(done.target, done.name)) or done

    def lost_item(self, node: nodes.Index | nodes.Property) -> nodes.Node | None:
        """The closure in a constant map, read like a constant that holds a closure."""
        held = self.constant(node.target)
        if held is node.target or type(held) is not nodes.MapLit:
            return None
        key = node.name if isinstance(node, nodes.Property) else value_of(node.index)
        lost = any(entry.key == key and type(entry.value) is nodes.Closure for entry in held.entries)
        return nodes.Call(node.target.span, LOST_CLOSURE, ()) if lost else None

    def entry(self, target: nodes.Node, name: str) -> nodes.Node | None:
        """What a constant map holds, by value or by name: `()` where there is nothing."""
        known = self.constant(target)
        if type(known) is not nodes.MapLit or not self.is_fixed(known):
            return None
        held = (placed(entry.value, target.span) for entry in known.entries if entry.key == name)
        found = next(held, nodes.UnitLit(target.span))
        return found if known is target or type(found) in LITERALS else None

    def expr_MethodCall(self, node: nodes.MethodCall) -> nodes.Node:
        done = self.link(node)
        if type(done) is not nodes.MethodCall or done.args or (done.null_safe and type(done.target) is nodes.UnitLit):
            return done
        if type(done.target) is not nodes.Variable:
            return self.told(done.name_span, done.name, done.target) or done
        return done

    def told(self, span: Span, name: str, value: nodes.Node) -> nodes.Node | None:
        """What `type_of` and `is_shared` say about a constant."""
        if name not in ("type_of", "is_shared") or (name, 1) in self.functions:
            return None
        value = self.resolved(value)
        kind = kind_of(value)
        if kind is None or not is_valued(value):
            return None
        return nodes.BoolLit(span, False) if name == "is_shared" else nodes.StringLit(span, kind)

    def link(self, node: Any, *, last: bool = False, whole: bool = False) -> nodes.Node:
        """One link of a chain of calls, indices and properties; what it goes on from stays a link.

        `whole`: the chain ends with it.
        """
        kind = type(node)
        result: nodes.Node = node
        if kind is nodes.MethodCall:
            target, args = self.root(node.target), self.read_all(node.args)
            if target is not node.target or args is not node.args:
                result = replace(node, target=target, args=args)
            return result
        target = self.owner(node.target) if whole else self.root(node.target)
        if kind is nodes.Index:
            index = self.index(node.index, last=last)
            if target is not node.target or index is not node.index:
                result = replace(node, target=target, index=index)
        elif target is not node.target:
            result = replace(node, target=target)
        return result

    def expr_ArrayLit(self, node: nodes.ArrayLit) -> nodes.Node:
        items = self.read_all(node.items)
        return node if items is node.items else replace(node, items=items)

    def expr_MapEntry(self, node: nodes.MapEntry) -> nodes.Node:
        value = self.read(node.value)
        return node if value is node.value else replace(node, value=value)

    def expr_Closure(self, node: nodes.Closure) -> nodes.Node:
        lost = self.lost_capture(node)
        if lost is not None:
            return lost
        copies = self.copied_constants(node)
        if copies:
            node = replace(node, copies=copies)
        outer = self.own_blocks, self.propagates, self.owed, self.bound
        self.own_blocks, self.propagates, self.owed, self.bound = len(self.blocks), True, {}, []
        self.blocks.append(dict.fromkeys(node.params))
        body = self.closure_body(node.body)
        self.blocks.pop()
        if self.owed:
            body = nodes.Block(body.span, (mention(_captured(node)), *_parts(body)))
        self.own_blocks, self.propagates, self.owed, self.bound = outer
        if not self.propagates:
            return replace(node, body=body, captures_constants=True)
        return node if body is node.body else replace(node, body=body)

    def closure_body(self, body: nodes.Node) -> nodes.Node:
        if isinstance(body, nodes.Block):
            return self.block(body, keeps_value=True, is_function=True)
        return self.statement(body, keeps_value=True)

    def lost_capture(self, node: nodes.Closure) -> nodes.Node | None:
        """What is left of a closure that names a constant which holds a closure: to capture it is to read it.

        The other variables are captured first.
        """
        held = self.propagates and any(
            type(value) is nodes.Closure for block in self.blocks for value in block.values()
        )
        if not held:
            return None
        captured = _captured(node)
        lost = {part.name for part in captured if type(self.known(part.name, self.own_blocks)) is nodes.Closure}
        if not lost:
            return None
        read = nodes.Call(next(part.span for part in captured if part.name in lost), LOST_CLOSURE, ())
        others = [part for part in captured if part.name not in lost]
        if not others:
            return read
        body = nodes.Block(node.span, (mention(others),))
        made = nodes.ExprStmt(node.span, nodes.Closure(node.span, (), body))
        return nodes.Block(node.span, (made, nodes.ExprStmt(read.span, read)))

    def is_curried(self, value: nodes.Node) -> bool:
        """Is this a closure that captures nothing but constants with literal values?"""
        if type(value) is not nodes.Closure or not self.propagates:
            return False
        names = captured_names(value)
        return bool(names) and all(type(self.known(name, self.own_blocks)) in LITERALS for name in names)

    def copied_constants(self, node: nodes.Closure) -> tuple[str, ...]:
        """The constant arrays and the like that a closure may change: each call changes its own copy.

        Those it only reads stay captured, so that calls need not copy them.
        """
        changed = {name for part in walk(node.body) if (name := changed_variable(part, self.names)) is not None}
        found = sorted(changed and captured_names(node) & changed) if self.propagates else ()
        return tuple(
            name for name in found if is_copied(self.known(name, self.own_blocks)) or name in self.curried_constants
        )

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
        if node.op in SHORT_CIRCUIT:
            return self.short_circuit(node)
        left, right = self.read(node.left), self.read(node.right)
        if self.folds:
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
        if node.op not in COMPARISONS:
            return None
        result = compared(node.op, self.constant(left), self.constant(right))
        return None if result is None else nodes.BoolLit(node.op_span, result)

    def short_circuit(self, node: nodes.Binary) -> nodes.Node:
        """`&&`, `||` or `??`: what is left of it loses the check of its type with the others."""
        old = operands_of(node)
        operands = list(map(self.read, old))
        if node.op == "??":
            kept = first_value(without_units(old, operands), self.is_value)
        else:
            kept = deciding(operands, self.is_fixed, neutral=node.op == "&&")
        left = set(map(id, kept))
        self.drop(*(source for source, part in zip(old, operands, strict=True) if id(part) not in left))
        if not kept:
            return nodes.BoolLit(node.span, node.op == "&&")  # of `() ?? ()`, too
        if len(kept) == len(old) and all(a is b for a, b in zip(kept, old, strict=True)):
            return node
        return chain(node, kept)

    def expr_Call(self, node: nodes.Call) -> nodes.Node:
        if is_eval(node):
            self.propagates = False
            return node
        args = self.read_all(node.args)
        made = self.called_early(node, args)
        if made is None and len(args) == 1 and not node.namespace:
            made = self.told(node.span, node.name, args[0])
        if made is not None:
            return made
        return node if args is node.args else replace(node, args=args)

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


def _captured(node: nodes.Closure) -> list[nodes.Variable]:
    """Where a closure first names each of the variables that it captures."""
    found: dict[str, nodes.Variable] = {}
    for part in sorted(captures(node), key=lambda variable: variable.span[:2]):
        found.setdefault(part.name, part)
    return list(found.values())


def _parts(body: nodes.Node) -> tuple[nodes.Node, ...]:
    """The statements of a closure's body."""
    return body.body if isinstance(body, nodes.Block) else (body,)


def _root(node: nodes.Node) -> nodes.Node:
    """What a chain begins with."""
    while isinstance(node, (nodes.Property, nodes.Index, nodes.MethodCall)):
        node = node.target
    return node


def _keys(node: nodes.Node) -> set[str]:
    """The names of all properties in a literal."""
    return {entry.key for part in walk(node) if isinstance(part, nodes.MapLit) for entry in part.entries}
