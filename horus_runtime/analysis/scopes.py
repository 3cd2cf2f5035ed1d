"""Names to variables: which declaration every name means, and what is done to it.

Input: a `Script`. Output: a `ProgramInfo` with one `FunctionInfo` per function, closure and main body, and a table
from node identity to `Variable` records. A variable that a closure captures becomes a shared cell, decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from horus_runtime.analysis.lifetimes import Lifetimes, root_of
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import LEAVES, READERS, methods_by_class
from horus_runtime.source import Span

MethodPredicate = Callable[[str, int], bool]

FLOW = frozenset({nodes.Block, nodes.If, nodes.Switch, nodes.While, nodes.Loop, nodes.Do, nodes.For, nodes.Try})
"""Statements that evaluate their parts one after the other."""


@dataclass(slots=True, eq=False)
class Variable:
    """One declaration: a parameter, a `let`, a loop or catch variable, or a name supplied from outside."""

    name: str
    kind: str
    """`param`, `local`, `loop`, `catch`, `external`, `capture` (a closure's view of an outer variable), `literal`, or
    `missing`: what a closure wants to capture is declared nowhere."""
    owner: FunctionInfo
    constant: bool = False
    captured: bool = False
    mutated: bool = False
    """Changed in place: element or property written, mutating method called, or compound assignment."""
    lent: bool = True
    """Nothing changes it in place but calls like `x.f.call(..)`, which do so only where `x.f` is no pointer."""
    assigned: bool = False
    """Assigned after its declaration."""
    read: bool = False
    exported: bool = False
    foreign: bool = False
    """The host's, or a closure's view of one of those: whether it is a constant shows when the code runs."""
    py: str = ""
    type: int = 0
    depth: int = 0
    """Block depth of the declaration; 0 is the function's own level."""
    literal: nodes.Node | None = None
    """The literal a constant was declared with, which closures receive by value."""
    initial: nodes.Node | None = None
    """What a constant was declared with."""
    slot: int = 0
    """How many variables of its function live already when it is declared, captured ones aside."""
    shadows: bool = False
    """Another variable of its function has the same name where it is declared."""
    borrowed: bool = False
    """Looks at a part of another variable's value instead of a copy: see `lifetimes`."""
    born: int = 0
    last: int = 0
    changes: list[int] = field(default_factory=list)
    """When it is made, last used, and changed in place, by the clock of the analysis."""
    is_cell: bool = field(init=False)
    """Lives in a `Cell`: captured by a closure or seen by `eval`."""

    def __post_init__(self) -> None:
        self.is_cell = self.captured or self.owner.dynamic

    def capture(self) -> None:
        """A closure captures it."""
        self.captured = self.is_cell = True


@dataclass(slots=True, eq=False)
class FunctionInfo:
    """What is known of one function body: `main`, a named function, or a closure."""

    name: str
    node: nodes.Script | nodes.FnDef | nodes.Closure
    parent: FunctionInfo | None
    params: list[Variable] = field(default_factory=list)
    captures: list[Variable] = field(default_factory=list)
    """Closures: the captured variables in the order of first use, as this closure sees them."""
    capture_sources: list[Variable] = field(default_factory=list)
    """The same variables as the creator sees them."""
    capture_spans: list[Span] = field(default_factory=list)
    literals: list[Variable] = field(default_factory=list)
    """Closures: constants of the surroundings that are copied in as literals."""
    externals: dict[str, Variable] = field(default_factory=dict)
    toplevel: list[Variable] = field(default_factory=list)
    """Main: variables declared at global level, in order."""
    uses_this: bool = False
    writes_this: bool = False
    changes_this: bool = False
    """Changes what `this` holds in place, or may call something that does."""
    dynamic: bool = False
    """Contains `eval` or a call in the caller's scope: variables must be reachable by name."""
    calls: set[str] = field(default_factory=set)
    visible: dict[int, list[Variable]] = field(default_factory=dict)
    """For dynamic constructs: what is visible at the node, oldest first."""
    global_evals: set[int] = field(default_factory=set)
    """Main: the `eval` calls outside all blocks."""
    imports: list[str] = field(default_factory=list)
    """The names that the body's `import` statements give, in order."""
    loops: int = 0
    """How many loops and `try` blocks it has."""

    @property
    def is_main(self) -> bool:
        return self.parent is None and isinstance(self.node, nodes.Script)


@dataclass(slots=True, eq=False)
class ProgramInfo:
    """The outcome of scope analysis for one script."""

    script: nodes.Script
    main: FunctionInfo
    functions: list[FunctionInfo]
    closures: dict[int, FunctionInfo]
    bindings: dict[int, Variable]
    """Identity of a `Variable` node or of a declaring node to its variable; absent: not a variable."""
    second: dict[int, Variable]
    """Identity of a `For` node to its counter variable."""
    constant_receivers: bool = False
    """Constants are receivers of methods that may change them: functions must ask whether `this` is a constant."""
    lent_walks: set[int] = field(default_factory=set)
    """Identities of `For` nodes whose array nobody changes during the loop."""


class _Analyzer:
    """One walk over the tree. The stack of blocks maps names to variables, innermost last."""

    def __init__(
        self,
        script: nodes.Script,
        is_pure: MethodPredicate,
        may_replace: MethodPredicate,
        shared: frozenset[str],
        modules: frozenset[str],
        slots: bool,
        literals: bool,
        watched: bool = False,
    ) -> None:
        self.script = script
        self.constant_receivers = False
        self.slots = slots
        self.literals = literals
        self.watched = watched
        self.modules = modules
        self.is_pure = is_pure
        self.may_replace = may_replace
        self.shared = shared
        self.bindings: dict[int, Variable] = {}
        self.second: dict[int, Variable] = {}
        self.closures: dict[int, FunctionInfo] = {}
        self.functions: list[FunctionInfo] = []
        self.function_at = {f.name: f.span[:2] for f in reversed(script.functions)}
        self.fn: FunctionInfo
        self.blocks: list[dict[str, Variable]] = []
        self.lifetimes = Lifetimes()
        self.stack: list[tuple[FunctionInfo, list[dict[str, Variable]]]] = []

    # ---- declarations -----------------------------------------------------------------------------------------------

    def declare(self, name: str, kind: str, node: Any, *, constant: bool = False) -> Variable:
        variable = Variable(name, kind, self.fn, constant, depth=len(self.blocks) - 1)
        if self.slots:
            # A second declaration in the same block takes the place of the first.
            others = [v for block in self.blocks for v in block.values() if v.kind not in {"capture", "literal"}]
            variable.slot = len(others) - (name in self.blocks[-1])
            variable.shadows = any(name in block for block in self.blocks)
        self.blocks[-1][name] = variable
        self.lifetimes.make(variable)
        if node is not None:
            self.bindings[id(node)] = variable
        return variable

    def external(self, name: str) -> Variable:
        """A name that main does not declare: the host's scope may hold it."""
        main = self.stack[0][0] if self.stack else self.fn
        variable = main.externals.get(name)
        if variable is None:
            variable = Variable(name, "external", main, foreign=True)
            if name in self.shared:
                variable.capture()
            main.externals[name] = variable
        return variable

    # ---- lookup -----------------------------------------------------------------------------------------------------

    def lookup(self, name: str, span: Span) -> Variable | None:
        for block in reversed(self.blocks):
            if name in block:
                return block[name]
        if isinstance(self.fn.node, nodes.Closure):
            return self.capture(name, span)
        if self.fn.is_main and not self.is_function(name):
            return self.external(name)
        return None

    def is_function(self, name: str) -> bool:
        return name in self.function_at

    def capture(self, name: str, span: Span) -> Variable | None:
        """Find `name` outside the current closure and hand it down as a captured cell."""
        if self.is_function(name) and self.function_at[name] < span[:2]:
            return None
        fn, blocks = self.fn, self.blocks
        self.fn, self.blocks = self.stack.pop()
        source = self.lookup(name, span)
        self.stack.append((self.fn, self.blocks))
        self.fn, self.blocks = fn, blocks
        if name in self.modules and (source is None or source.kind == "external"):
            return None
        if source is None:
            source = Variable(name, "missing", self.stack[-1][0], py="_MISSING")
        literal = source.literal if source.kind != "literal" and not _keeps_constants(fn) else None
        if isinstance(fn.node, nodes.Closure) and name in fn.node.copies:
            literal = source.initial
        if literal is not None:
            # Rhai inserts constants with a literal value into closures: by value, and assignable there.
            view = Variable(name, "literal", fn, literal=literal)
            view.slot = len(fn.captures) + len(fn.literals)
            fn.literals.append(view)
            blocks[0][name] = view
            return view
        source.capture()
        source.read = True
        view = Variable(name, "capture", fn, source.constant, True, foreign=source.foreign, initial=source.initial)
        fn.captures.append(view)
        fn.capture_sources.append(source)
        fn.capture_spans.append(span)
        blocks[0][name] = view
        return view

    # ---- walking ----------------------------------------------------------------------------------------------------

    def run(self) -> ProgramInfo:
        main = FunctionInfo("main", self.script, None)
        self.fn, self.blocks = main, [{}]
        self.mark_dynamic(main, self.script.body)
        self.statements(self.script.body)
        main.toplevel = [v for v in self.all_of(main) if v.depth == 0 and v.kind == "local"]
        for definition in self.script.functions:
            self.function(definition)
        return ProgramInfo(
            self.script,
            main,
            self.functions,
            self.closures,
            self.bindings,
            self.second,
            self.constant_receivers,
            self.lifetimes.settle(),
        )

    def all_of(self, fn: FunctionInfo) -> list[Variable]:
        seen: dict[int, Variable] = {}
        for variable in self.bindings.values():
            if variable.owner is fn:
                seen.setdefault(id(variable), variable)
        return list(seen.values())

    def function(self, definition: nodes.FnDef) -> None:
        info = FunctionInfo(definition.name, definition, None)
        self.functions.append(info)
        self.fn, self.blocks = info, [{}]
        self.mark_dynamic(info, definition.body.body)
        info.params = [self.declare(p, "param", None) for p in definition.params]
        self.blocks.append({})
        self.statements(definition.body.body)
        self.blocks.pop()

    def mark_dynamic(self, info: FunctionInfo, body: Iterable[nodes.Node]) -> None:
        info.dynamic = self.watched or (not self.script.names_are_known and _needs_names(body))
        # What code there calls methods on, or declares, may be a constant.
        self.constant_receivers = self.constant_receivers or (info.dynamic and not self.watched)

    def block(self, body: Iterable[nodes.Node]) -> None:
        self.blocks.append({})
        self.statements(body)
        self.blocks.pop()

    def statements(self, body: Iterable[nodes.Node]) -> None:
        for node in body:
            if self.watched:
                self.note_statement(node)
            flows = node.expr if type(node) is nodes.ExprStmt else node
            if type(flows) in FLOW:
                self.visit(flows)
            else:
                self.evaluate(flows)

    def note_statement(self, node: nodes.Node) -> None:
        """Remember what a debugger may show before the statement."""
        self.fn.visible[id(node)] = [v for block in self.blocks for v in block.values()]

    def visit(self, node: nodes.Node | None) -> None:
        method = _METHODS.get(type(node))
        if method is not None:
            method(self, node)

    def evaluate(self, node: nodes.Node | None) -> None:
        """Visit a statement or expression that needs everything in it until it is done."""
        method = _METHODS.get(type(node))
        if method is not None:
            stretch = self.lifetimes.begin()
            method(self, node)
            self.lifetimes.end(stretch)

    def visit_all(self, items: Iterable[nodes.Node]) -> None:
        for item in items:
            self.visit(item)

    # names

    def visit_Variable(self, node: nodes.Variable) -> None:
        if node.namespace:
            return
        variable = self.lookup(node.name, node.span)
        if variable is not None:
            variable.read = True
            self.bindings[id(node)] = variable
            self.lifetimes.use(variable)
        if self.watched:
            self.fn.visible[id(node)] = [v for block in self.blocks for v in block.values()]

    def visit_This(self, node: nodes.This) -> None:
        self.fn.uses_this = True

    # composites

    def visit_Template(self, node: nodes.Template) -> None:
        self.visit_all(node.parts)

    def visit_ArrayLit(self, node: nodes.ArrayLit) -> None:
        self.visit_all(node.items)

    def visit_MapLit(self, node: nodes.MapLit) -> None:
        for entry in node.entries:
            self.visit(entry.value)

    def visit_Property(self, node: nodes.Property) -> None:
        self.visit(node.target)

    def visit_Index(self, node: nodes.Index) -> None:
        self.visit(node.target)
        self.visit(node.index)

    def visit_Unary(self, node: nodes.Unary) -> None:
        self.visit(node.operand)

    def visit_Binary(self, node: nodes.Binary) -> None:
        self.visit(node.left)
        self.visit(node.right)

    def visit_CustomSyntax(self, node: nodes.CustomSyntax) -> None:
        self.fn.visible[id(node)] = [v for block in self.blocks for v in block.values()]
        for marker, part in zip(node.markers, node.parts, strict=True):
            # A name may be that of a variable to come, which a closure around cannot capture.
            if marker == "$ident$" and isinstance(part, nodes.Variable) and self.stack:
                if any(part.name in block for block in self.blocks):
                    self.visit(part)
            else:
                self.visit(part)

    def visit_Call(self, node: nodes.Call) -> None:
        self.fn.calls.add(node.name)
        self.note_visible(node)
        self.visit_all(node.args)
        first = node.args[0] if node.args else None
        if isinstance(first, nodes.This):
            self.touch_this(node.name, len(node.args))
        elif isinstance(first, nodes.Variable) and not self.is_pure(node.name, len(node.args)):
            self.touch(first)

    def visit_MethodCall(self, node: nodes.MethodCall) -> None:
        self.fn.calls.add(node.name)
        self.visit(node.target)
        self.visit_all(node.args)
        count = len(node.args) + 1
        if isinstance(node.target, nodes.This):
            self.touch_this(node.name, count)
        elif not self.is_pure(node.name, count):
            self.touch(node.target, lent=_is_pointer_call(node))
            self.lend_external(node)

    def lend_external(self, node: nodes.MethodCall) -> None:
        """A function of the script may get a constant of the host as its object."""
        if self.constant_receivers or (node.name != "call" and all(f.name != node.name for f in self.script.functions)):
            return
        variable = self.bindings.get(id(node.target))
        self.constant_receivers = variable is not None and variable.foreign

    def touch_this(self, name: str, count: int) -> None:
        """A function gets `this` by reference, as the first of so many arguments."""
        lends = name == "call" and count > 1  # to a function that may change it
        self.fn.writes_this = self.fn.writes_this or lends or self.may_replace(name, count)
        self.fn.changes_this = self.fn.changes_this or lends or not self.is_pure(name, count)

    def note_visible(self, node: nodes.Call) -> None:
        if _is_dynamic_call(node):
            if node.name == "eval" and any(isinstance(a, nodes.This) for a in node.args):
                self.fn.uses_this = True
            self.fn.visible[id(node)] = [v for block in self.blocks for v in block.values()]
            if node.name == "eval" and self.fn.is_main and len(self.blocks) == 1:
                self.fn.global_evals.add(id(node))

    def touch(self, target: nodes.Node, *, lent: bool = False) -> None:
        """Mark the root of an access chain as changed in place, or, where it is only `lent`, as maybe changed."""
        link = target
        while isinstance(target, (nodes.Property, nodes.Index)):
            link, target = target, target.target
        if isinstance(target, nodes.Variable) and not target.namespace:
            variable = self.bindings.get(id(target)) or self.lookup(target.name, target.span)
            if variable is not None:
                variable.mutated = True
                variable.lent = variable.lent and lent
                self.lifetimes.change(variable)
                foreign = variable.foreign and link is not target
                self.constant_receivers = self.constant_receivers or variable.constant or foreign
        elif isinstance(target, nodes.Variable):
            self.constant_receivers = True
        elif isinstance(target, nodes.This):
            self.fn.uses_this = self.fn.changes_this = True
            # A property is written into the object itself; an index may mean a string or an int, which are replaced, as
            # are values that get a tag.
            into = isinstance(link, nodes.Property) and link.name != "tag"
            self.fn.writes_this = self.fn.writes_this or not into

    def visit_Closure(self, node: nodes.Closure) -> None:
        outer = (self.fn, self.blocks)
        info = FunctionInfo("", node, self.fn)
        self.closures[id(node)] = info
        self.stack.append(outer)
        self.fn, self.blocks = info, [{}]
        self.mark_dynamic(info, [node.body])
        info.params = [self.declare(p, "param", None) for p in node.params]
        self.blocks.append({})
        if self.watched:
            self.note_statement(node.body)
        self.visit(node.body)
        self.stack.pop()
        self.fn, self.blocks = outer
        self.fn.calls |= info.calls

    # blocks and flow

    def visit_Block(self, node: nodes.Block) -> None:
        self.block(node.body)

    def visit_If(self, node: nodes.If) -> None:
        self.evaluate(node.condition)
        self.visit(node.then)
        self.visit(node.orelse)

    def visit_Switch(self, node: nodes.Switch) -> None:
        self.evaluate(node.value)
        for arm in node.arms:
            self.evaluate(arm.guard)
            self.blocks.append({})
            self.visit(arm.body)
            self.blocks.pop()

    def visit_While(self, node: nodes.While) -> None:
        self.fn.loops += 1
        stretch = self.lifetimes.begin()
        self.evaluate(node.condition)
        self.visit(node.body)
        self.lifetimes.end(stretch)

    def visit_Loop(self, node: nodes.Loop) -> None:
        self.fn.loops += 1
        stretch = self.lifetimes.begin()
        self.visit(node.body)
        self.lifetimes.end(stretch)

    def visit_Do(self, node: nodes.Do) -> None:
        self.fn.loops += 1
        stretch = self.lifetimes.begin()
        self.visit(node.body)
        self.evaluate(node.condition)
        self.lifetimes.end(stretch)

    def visit_For(self, node: nodes.For) -> None:
        self.fn.loops += 1
        self.evaluate(node.iterable)
        start = self.lifetimes.clock
        stretch = self.lifetimes.begin()
        self.blocks.append({})
        if node.counter is not None:
            self.second[id(node)] = self.declare(node.counter, "loop", None)
        self.declare(node.variable, "loop", node)
        self.visit(node.body)
        self.blocks.pop()
        self.lifetimes.end(stretch)
        root = self.bound_root(node.iterable)
        if root is not None:
            self.lifetimes.walked(node, root, start)

    # statements

    def visit_ExprStmt(self, node: nodes.ExprStmt) -> None:
        self.visit(node.expr)

    def visit_Let(self, node: nodes.Let) -> None:
        self.visit(node.value)
        root = self.bound_root(node.value)
        variable = self.declare(node.name, "local", node, constant=node.constant)
        if node.constant:
            variable.initial = node.value
        if variable.depth or not self.fn.is_main:
            # What the outermost block of the main body declares goes into the host's scope.
            self.lifetimes.let(variable, root)
        if self.literals and node.constant:
            value = nodes.UnitLit(node.span) if node.value is None else node.value
            variable.literal = value if is_literal(value) else None

    def bound_root(self, place: nodes.Node | None) -> Variable | None:
        """The variable that a place is a part of."""
        root = root_of(place)
        return None if root is None else self.bindings.get(id(root))

    def visit_Assign(self, node: nodes.Assign) -> None:
        target = node.target
        self.visit(target)
        self.visit(node.value)
        if isinstance(target, nodes.Variable):
            variable = self.bindings.get(id(target))
            if variable is not None:
                variable.assigned = True
                if node.op != "=":
                    variable.mutated, variable.lent = True, False
                    self.lifetimes.change(variable)
        elif isinstance(target, nodes.This):
            self.fn.writes_this = True
        else:
            self.touch(target)

    def visit_Return(self, node: nodes.Return) -> None:
        self.visit(node.value)

    visit_Throw = visit_Break = visit_Return  # noqa: N815 - named after the nodes

    def visit_Try(self, node: nodes.Try) -> None:
        self.fn.loops += 1
        self.visit(node.body)
        self.blocks.append({})
        if node.variable is not None:
            self.declare(node.variable, "catch", node)
        self.visit(node.handler)
        self.blocks.pop()

    def visit_Import(self, node: nodes.Import) -> None:
        self.visit(node.path)
        self.fn.imports.append(node.alias or "")

    def visit_Export(self, node: nodes.Export) -> None:
        if node.declaration is not None:
            self.visit(node.declaration)
        variable = self.lookup(node.name, node.span)
        if variable is not None:
            variable.read = variable.exported = True
            self.bindings[id(node)] = variable


_METHODS: Final = methods_by_class(_Analyzer, "visit_")


def is_literal(node: nodes.Node | None) -> bool:
    """Is this a literal whose value a constant can carry around?"""
    return isinstance(
        node, (nodes.IntLit, nodes.FloatLit, nodes.BoolLit, nodes.CharLit, nodes.StringLit, nodes.UnitLit)
    )


def _keeps_constants(fn: FunctionInfo) -> bool:
    """Is the function a closure that captures constants like variables?"""
    return isinstance(fn.node, nodes.Closure) and fn.node.captures_constants


def _is_pointer_call(node: nodes.MethodCall) -> bool:
    """Is this `x.call(..)` or `x.a.b.call(..)`?"""
    links: list[nodes.MethodCall | nodes.Property] = [node]
    target = node.target
    while isinstance(target, nodes.Property):
        links.append(target)
        target = target.target
    return node.name == "call" and isinstance(target, nodes.Variable) and not any(link.null_safe for link in links)


def _is_dynamic_call(node: nodes.Node) -> bool:
    if not isinstance(node, nodes.Call):
        return False
    if node.captures_scope or node.name == "eval":
        return True
    return node.name == "is_def_var"


def _needs_names(body: Iterable[nodes.Node]) -> bool:
    """Does the code contain `eval` or a call in the caller's scope (closures aside)?"""
    pending = list(body)
    for current in pending:
        kind = type(current)
        if kind in LEAVES:
            continue
        if kind is nodes.CustomSyntax:
            return True
        if kind is nodes.Call and (current.captures_scope or current.name == "eval"):  # type: ignore[attr-defined]
            return True
        if kind is not nodes.Closure:
            pending += READERS[kind](current)
    return False


def analyze(
    script: nodes.Script,
    is_pure: MethodPredicate,
    may_replace: MethodPredicate,
    shared: frozenset[str] = frozenset(),
    modules: frozenset[str] = frozenset(),
    *,
    slots: bool = False,
    literals: bool = True,
    watched: bool = False,
) -> ProgramInfo:
    """Bind every name of `script`.

    Args:
        is_pure: tells whether a call of this name with so many arguments (receiver included) surely leaves its first
            argument unchanged.
        may_replace: tells whether such a call could put another value into its first argument.
        shared: names that the caller's scope holds as shared cells.
        modules: names of static modules, which closures do not capture unless the script declares a variable.
        slots: count variables at their declarations, for hosts that limit or watch them.
        literals: closures receive constants with a literal value by value, as Rhai's optimizer has it.
        watched: variables must be reachable by name before every statement, for a debugger.
    """
    return _Analyzer(script, is_pure, may_replace, shared, modules, slots, literals, watched).run()
