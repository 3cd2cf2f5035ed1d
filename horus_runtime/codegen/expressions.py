"""Expressions: literals, names, operators, calls. One method per node; each returns a Python expression.

A method may first emit statements into `out` (blocks and loops as operands); evaluation order is kept by moving what
was computed before into temporaries. With `owned=True` the value may be stored: arrays, maps and blobs that somebody
else holds are copied; otherwise the value is borrowed and only looked at.
"""

from __future__ import annotations

import ast as pyast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.analysis import types as ty
from horus_runtime.analysis.scopes import FunctionInfo, Variable
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import children, method_names
from horus_runtime.codegen.emitter import Emitter, place
from horus_runtime.optimize.values import is_constant, is_literal, only_value
from horus_runtime.runtime.abi import THIS_NONE
from horus_runtime.source import Span

if TYPE_CHECKING:
    from horus_runtime.codegen.program import ProgramCompiler

LIGHT: Final = ty.INT | ty.FLOAT | ty.BOOL | ty.CHAR | ty.UNIT | ty.RANGE
ATOMIC: Final = (pyast.Name, pyast.Constant, pyast.NamedExpr)
NEEDS_COPY: Final = ty.ARRAY | ty.MAP | ty.BLOB
EXPRESSION_METHODS: Final = method_names("expr_")
LITERALS: Final = (nodes.IntLit, nodes.FloatLit, nodes.BoolLit, nodes.StringLit, nodes.CharLit, nodes.UnitLit)
JUMPS: Final = (nodes.Return, nodes.Throw, nodes.Break, nodes.Continue)


class Expressions(Emitter):
    """Compiles expressions of one function variant."""

    program: ProgramCompiler
    types: Any
    intervals: Any

    # provided by the other parts of the function compiler
    def stmt(self, node: nodes.Node, dest: str | None) -> None:
        raise NotImplementedError

    # ---- helpers ----------------------------------------------------------------------------------------------------

    type: Callable[[nodes.Node], int]
    """The type of an expression."""

    def use(self, service: str) -> str:
        return self.program.use(service)

    def service(self, name: str, *args: pyast.expr) -> pyast.expr:
        """Call a service of the run, bound in the program's prelude."""
        return self.call(self.use(name), *args)

    def level(self) -> pyast.expr:
        """The call level of this function."""
        if self.host is not None:
            level: pyast.expr = self.host.next_level(checked=False)
            return level
        return self.name("_d")

    host: Any = None
    """The compiler of the code that this one's is inlined into."""
    this_name = "_this"

    def home(self) -> pyast.expr:
        return self.name("_linked")

    def is_stable(self, expr: pyast.expr) -> bool:
        """Evaluates to the same thing whenever it is evaluated later: constants and temporaries."""
        return isinstance(expr, pyast.Constant) or (isinstance(expr, pyast.Name) and expr.id[0] == "_")

    def spill(self, expr: pyast.expr, at: int | None = None) -> pyast.expr:
        """Put a value into a temporary; `at` is where in `out` the assignment goes."""
        name = self.temp()
        statement = self.assignment(name, expr)
        self.out.insert(len(self.out) if at is None else at, statement)
        return self.name(name)

    def atom(self, expr: pyast.expr) -> tuple[pyast.expr, pyast.expr]:
        """A pair for an operand that is needed twice: the first occurrence evaluates it, the second reads it again."""
        if isinstance(expr, (pyast.Constant, pyast.Name)):
            return expr, expr
        name = self.temp()
        return self.walrus(name, expr), self.name(name)

    def operands(self, items: Sequence[nodes.Node], owned: bool = False) -> list[pyast.expr]:
        """Several operands, evaluated left to right."""
        done: list[pyast.expr] = []
        for item in items:
            mark = len(self.out)
            expr = self.expr(item, owned)
            if len(self.out) > mark:
                for position, earlier in enumerate(done):
                    if not self.is_stable(earlier):
                        done[position] = self.spill(earlier, mark)
                        mark += 1
            done.append(expr)
        return self.keep_in_sight(items, done) if len(done) > 1 else done

    def keep_in_sight(self, items: Sequence[nodes.Node], done: list[pyast.expr]) -> list[pyast.expr]:
        """Operands that wait while a later one is computed: what is large among them gets a name.

        The account of the run's data sees variables only, not the stack that Python computes on.
        """
        makes = False
        for at in range(len(items) - 1, -1, -1):
            if makes and not isinstance(done[at], ATOMIC) and self.type(items[at]) & ty.LOW & ~LIGHT:
                name = self.temp()
                self.waiting.append(name)
                done[at] = self.walrus(name, done[at])
            makes = makes or (not isinstance(done[at], ATOMIC) and makes_values(items[at]))
        return done

    waiting: list[str]
    """Names of operands that wait, to be forgotten at the end of the statement."""

    def captured_block(self, node: nodes.Node, owned: bool) -> tuple[list[pyast.stmt], pyast.expr]:
        """An expression with the statements it needs kept apart, for operands that may not be evaluated."""
        outer, self.out = self.out, []
        with self.intervals.branch():
            expr = self.expr(node, owned)
        inner, self.out = self.out, outer
        return inner, expr

    def own(self, expr: pyast.expr, t: int) -> pyast.expr:
        """Copy a borrowed value unless its type never needs a copy."""
        low = t & ty.LOW
        if low & (NEEDS_COPY | ty.OTHER) == 0:
            return expr
        if low & ~NEEDS_COPY == 0:
            return self.call(_copier(t), expr)
        first, again = self.atom(expr)
        scalar = self.compare(self.call("type", first), (pyast.In(), self.name("_SCALARS")))
        return self.choose(scalar, again, self.call("_copy", again))

    def is_local(self, node: nodes.Node) -> bool:
        """A value that nobody else can change while a callee looks at it: a literal, or a variable of this function."""
        if isinstance(node, nodes.Variable):
            variable = self.program.info.bindings.get(id(node))
            return variable is not None and not variable.is_cell and variable.kind != "external"
        return isinstance(node, LITERALS)

    keeps_right: int | None = None
    """The operator may keep its right operand, which is of this type and borrowed."""

    def kept(self, right: pyast.expr) -> pyast.expr:
        """The right operand for an operator that may keep it."""
        return right if self.keeps_right is None else self.own(right, self.keeps_right)

    def error_span(self, node: nodes.Node) -> Span:
        """Where "expecting bool" is reported: the operator, the dot or the bracket, else the first token."""
        if isinstance(node, nodes.Binary):
            return node.op_span
        if isinstance(node, nodes.Variable) and node.name_span:
            return node.name_span
        first = None
        while isinstance(node, (nodes.Property, nodes.MethodCall, nodes.Index)):
            first, node = node, node.target
        if first is None:
            return node.span
        return first.bracket_span if isinstance(first, nodes.Index) else first.dot_span

    @staticmethod
    def operand_span(node: nodes.Node) -> Span:
        """Where an operand of the wrong type is reported: its operator, but for those that decide what is evaluated."""
        root = node
        while isinstance(root, (nodes.Property, nodes.MethodCall, nodes.Index)):
            root = root.target
        while isinstance(root, nodes.Binary):
            if root.op not in ("&&", "||", "??"):
                return root.op_span
            root = root.left
        return root.span

    def condition(self, node: nodes.Node) -> pyast.expr:
        """An expression whose truth is the condition's; anything but a bool raises."""
        if isinstance(node, nodes.Unary) and node.op == "!" and self.program.config.fast_operators:
            return self.negated_condition(node)
        expr = self.expr(node)
        if ty.is_only(self.type(node), ty.BOOL):
            return expr
        self.at(self.error_span(node))
        decided = self.decided(expr)
        if decided is not None:
            return decided
        first, again = self.atom(expr)
        checked = self.call("_truth", again)
        cell = self.captured_cell(node)
        if cell is not None:
            checked = self.call("_shared_truth", cell)
        elif cells := self.passed_cells(node):
            checked = self.call("_shared_truth_of", again, *cells)
        return self.either(self.compare(first, (pyast.Is(), self.const(True))), checked)

    def is_inlined(self, variable: Variable) -> bool:
        """Does Rhai put the value of a constant where it is used? Then nothing of it is shared or locked."""
        raise NotImplementedError

    def decided(self, expr: pyast.expr) -> pyast.expr | None:
        """A condition that is a comparison in place, or else by a service: only what that gives may be no bool."""
        if not isinstance(expr, pyast.IfExp) or not isinstance(expr.body, pyast.Compare):
            return None
        return self.choose(expr.test, expr.body, self.decided(expr.orelse) or self.call("_truth", expr.orelse))

    def negated_condition(self, node: nodes.Unary) -> pyast.expr:
        """`!x` as a condition: `x` is asked for a bool before the general operator is."""
        operand = self.expr(node.operand)
        self.at(node.span)
        if ty.is_only(self.type(node.operand), ty.BOOL):
            return self.negate(operand)
        first, again = self.atom(operand)
        negated = self.service("_not_op", again)
        self.at(self.error_span(node))
        general = self.both(self.compare(again, (pyast.IsNot(), self.const(True))), self.call("_truth", negated))
        return self.either(self.compare(first, (pyast.Is(), self.const(False))), general)

    def passed_cells(self, node: nodes.Node) -> list[pyast.expr]:
        """The captured variables whose cells Rhai hands on as what `??` or `switch` gives."""
        parts: list[nodes.Node] = []
        if isinstance(node, nodes.Binary) and node.op == "??":
            parts = [node.left, node.right]
        elif isinstance(node, nodes.Switch) and self.program.config.optimized:
            parts = [arm.body for arm in node.arms]
        cells: list[pyast.expr] = []
        for part in parts:
            only = only_value(part)
            cell = self.captured_cell(part if only is None else only)
            cells += self.passed_cells(part if only is None else only) if cell is None else [cell]
        return cells

    def captured_cell(self, node: nodes.Node) -> pyast.expr | None:
        """The cell of a captured variable, if the node is one."""
        if not isinstance(node, nodes.Variable) or node.namespace:
            return None
        variable = self.program.info.bindings.get(id(node))
        if variable is None or not variable.is_cell or variable.kind == "external" or self.is_inlined(variable):
            return None
        cell = self.name(variable.py)
        if not self.dynamic:
            return cell
        found = self.compare(self.const(variable.name), (pyast.In(), self.name("_dyn")))
        made = self.call("_Cell", self.subscript(self.name("_dyn"), self.const(variable.name)))
        return self.choose(found, made, cell)

    # ---- dispatch ---------------------------------------------------------------------------------------------------

    def expr(self, node: nodes.Node, owned: bool = False) -> pyast.expr:
        """Compile an expression."""
        method = getattr(self, EXPRESSION_METHODS[type(node)], None)
        if method is not None:
            result: pyast.expr = method(node, owned)
            return result
        if isinstance(node, JUMPS):
            self.stmt(node, None)
            self.at(node.span)
            return self.const(None)
        return self.statement_value(node)

    def statement_value(self, node: nodes.Node) -> pyast.expr:
        """A block, `if`, `switch` or loop as an operand: its value goes through a temporary."""
        name = self.temp()
        if isinstance(node, nodes.Block):
            self.stmt(node, name)
        else:
            self.declaring_body([node], name)
        self.at(node.span)
        return self.name(name)

    def declaring_body(self, body: Sequence[nodes.Node], dest: str | None) -> None:
        """Statements; what `eval` declares in them ends with them."""
        raise NotImplementedError

    # ---- literals ---------------------------------------------------------------------------------------------------

    def expr_IntLit(self, node: nodes.IntLit, _owned: bool) -> pyast.expr:
        self.at(node.span)
        return self.const(node.value)

    def expr_FloatLit(self, node: nodes.FloatLit, _owned: bool) -> pyast.expr:
        self.at(node.span)
        return self.const(node.value)

    def expr_BoolLit(self, node: nodes.BoolLit, _owned: bool) -> pyast.expr:
        self.at(node.span)
        return self.const(node.value)

    def expr_StringLit(self, node: nodes.StringLit, _owned: bool) -> pyast.expr:
        self.at(node.span)
        return self.const(node.value)

    def expr_UnitLit(self, node: nodes.UnitLit, _owned: bool) -> pyast.expr:
        self.at(node.span)
        return self.const(None)

    def expr_CharLit(self, node: nodes.CharLit, _owned: bool) -> pyast.expr:
        self.at(node.span)
        if id(node) in self.plain_literals:
            return self.const(node.value)
        return self.name(self.program.char(node.value))

    plain_literals: set[int]
    """Identities of character literals that are compared with Python's own characters."""

    def expr_Template(self, node: nodes.Template, _owned: bool) -> pyast.expr:
        if self.program.config.exact_sizes:
            return self.growing_template(node)
        self.at(node.span)
        pieces: list[pyast.expr] = []
        grows = False
        parts = self.shown_parts(node)
        for part, expr in zip(node.parts, self.operands(parts), strict=True):
            self.at(part.span)
            if isinstance(part, nodes.StringLit):
                pieces.append(expr)
                continue
            t = self.type(part)
            grows = grows or not ty.is_only(t, ty.INT)
            shown = expr if ty.is_only(t, ty.STR | ty.CHAR | ty.INT) else self.service("_display", expr)
            pieces.append(place(pyast.FormattedValue(shown, -1, None), self.loc))
        self.at(node.span)
        made: pyast.expr = place(pyast.JoinedStr(pieces), self.loc)
        return self.sized_text(made) if grows else made

    def shown_parts(self, node: nodes.Template) -> list[nodes.Node]:
        """The parts of a template; of blocks that are only looked at what is in them, so that nothing is copied."""
        parts = list(node.parts)
        for at in range(len(parts) - 1, -1, -1):
            inner = _only_expression(parts[at])
            if inner is None or self.dynamic or self.program.config.debug:
                break
            parts[at] = inner
            if has_effects(inner):
                break  # which may change what was evaluated before
        return parts

    def growing_template(self, node: nodes.Template) -> pyast.expr:
        """A template under size limits of the host: every part is checked at its own place."""
        text: pyast.expr = self.const("")
        for part, expr in zip(node.parts, self.operands(node.parts), strict=True):
            inner = part.body[0] if isinstance(part, nodes.Block) and len(part.body) == 1 else part
            line, column = inner.span[:2]
            # Behind an interpolation the text of a template starts with its closing brace.
            self.loc = (line, column + (isinstance(part, nodes.StringLit) and part is not node.parts[0]))
            shown = expr if isinstance(part, nodes.StringLit) else self.service("_display", expr)
            text = self.service("_grow", text, shown)
        return text

    def sized_items(self, made: pyast.expr, items: Sequence[nodes.Node]) -> pyast.expr:
        """A literal under size limits of the host; in functions the call is to blame."""
        places = [self.tuple_of([self.const(x) for x in item.span[:2]]) for item in items] if self.is_main else []
        return self.service("_sized_items", made, self.tuple_of(places))

    is_main = False

    def sized_text(self, made: pyast.expr, check: str = "_priced") -> pyast.expr:
        """A new string; a long one is paid for and checked against the size limit."""
        name = self.temp()
        short = self.compare(
            self.call("len", self.walrus(name, made)), (pyast.LtE(), self.name(self.use("_short_string")))
        )
        return self.choose(short, self.name(name), self.service(check, self.name(name)))

    def expr_ArrayLit(self, node: nodes.ArrayLit, _owned: bool) -> pyast.expr:
        items = self.operands(node.items, owned=not self.lends)
        self.at(node.span)
        made = self.with_pointers(self.list_of(items), node, node.items)
        return self.sized_items(made, node.items) if self.checks_literal(node) else made

    lends = False
    """The array or map literal in hand is only looked at; its items are variables and literals."""

    def with_pointers(self, made: pyast.expr, node: nodes.Node, inner: tuple[nodes.Node, ...]) -> pyast.expr:
        """A container just made; Rhai's optimizer takes function pointers in it for literals, where all else is."""
        holds = any(type(part) in (nodes.Closure, nodes.Call) for part in inner)
        return self.call("_literal_pointers", made) if holds and self.is_whole_literal(node) else made

    def is_whole_literal(self, node: nodes.Node) -> bool:
        return self.program.config.optimized and is_literal(node)

    def checks_literal(self, node: nodes.ArrayLit | nodes.MapLit) -> bool:
        """Is the size of a literal looked at when it is built? Not where Rhai's optimizer makes a constant of it."""
        return self.program.config.exact_sizes and not (self.program.config.optimized and is_constant(node))

    def expr_MapLit(self, node: nodes.MapLit, _owned: bool) -> pyast.expr:
        values = self.operands([entry.value for entry in node.entries], owned=not self.lends)
        self.at(node.span)
        keys: list[pyast.expr | None] = [self.const(entry.key) for entry in node.entries]
        inner = tuple(entry.value for entry in node.entries)
        made = self.with_pointers(place(pyast.Dict(keys, values), self.loc), node, inner)
        if self.checks_literal(node):
            return self.sized_items(made, [entry.value for entry in node.entries])
        return made

    # ---- names ------------------------------------------------------------------------------------------------------

    def expr_Variable(self, node: nodes.Variable, owned: bool) -> pyast.expr:
        self.loc = node.span[:2]
        if node.namespace:
            return self.module_variable(node, owned)
        variable = self.program.info.bindings.get(id(node))
        expr = self.free_name(node.name) if variable is None else self.read(variable)
        if self.program.config.watches_reads:
            expr = self.asked(node, expr)
        return self.own(expr, self.type(node)) if owned and variable is not None else expr

    def asked(self, node: nodes.Variable, otherwise: pyast.expr) -> pyast.expr:
        """A variable whose value the host may want to give."""
        self.at(node.span)
        answer = self.temp()
        asked = self.walrus(answer, self.question(node))
        none = self.compare(asked, (pyast.Is(), self.name(self.use("_nothing"))))
        return self.choose(none, otherwise, self.name(answer))

    def question(self, node: nodes.Variable, service: str = "_ask_variable") -> pyast.expr:
        """Asks the host for a variable."""
        if not self.program.config.shows_scope or id(node) not in self.fn.visible:
            return self.service(service, self.const(node.name))
        see = place(pyast.Lambda(pyast.arguments([], [], None, [], [], None, []), self.refreshed_scope(node)), self.loc)
        this = "_this" if self.program.this_mode(self.fn) != THIS_NONE else "_MISSING"
        return self.service(service, self.const(node.name), see, self.name(this), self.level())

    def refreshed_scope(self, node: nodes.Node) -> pyast.expr:
        """The variables that are visible at a node, as a scope; calls in the caller's scope know how to make one."""
        raise NotImplementedError

    def read(self, variable: Variable) -> pyast.expr:
        """The variable's value, borrowed."""
        if self.dynamic:
            return self.read_dynamic(variable)
        if variable.kind == "external":
            return self.read_external(variable)
        return self.cell_value(variable.py) if variable.is_cell else self.name(variable.py)

    def read_external(self, variable: Variable) -> pyast.expr:
        value = self.cell_value(variable.py) if variable.is_cell else self.name(variable.py)
        present = self.compare(self.name(variable.py), (pyast.IsNot(), self.name("_MISSING")))
        return self.choose(present, value, self.absent(variable.name))

    def constness(self, variable: Variable) -> pyast.expr:
        """Is a variable a constant?"""
        return self.foreign_constant(variable) if variable.foreign else self.const(variable.constant)

    def foreign_constant(self, variable: Variable) -> pyast.expr:
        """Is a variable of the host's a constant?"""
        if variable.kind != "external":
            return self.attribute(self.name(variable.py), "constant")
        if variable.name not in self.host_constants:  # asked once: nothing changes what the host has said
            self.host_constants[variable.name] = flag = self.temp()
            statements, at = self.start
            asked = self.service("_is_host_constant", self.name("_scope"), self.const(variable.name))
            statements.insert(at, self.assignment(flag, asked))
        return self.name(self.host_constants[variable.name])

    start: tuple[list[pyast.stmt], int]
    """Where the main code has taken in the variables of the host."""
    host_constants: dict[str, str]
    """Names of the host's variables to the flags that tell which of them are constants."""

    def absent(self, name: str) -> pyast.expr:
        """What an unknown name means: the engine's hook or global modules may know it, else it is an error."""
        return self.service("_unknown", self.home(), self.const(name))

    def read_dynamic(self, variable: Variable) -> pyast.expr:
        """In code with `eval`, a variable made there may shadow the static one."""
        static = self.cell_value(variable.py)
        if variable.kind == "external":
            static = self.read_external(variable)
        found = self.compare(self.const(variable.name), (pyast.In(), self.name("_dyn")))
        return self.choose(found, self.subscript(self.name("_dyn"), self.const(variable.name)), static)

    def free_name(self, name: str) -> pyast.expr:
        """A name without declaration: a script function as a pointer, or nothing."""
        if self.program.has_function(name):
            pointer = self.call("_bare_pointer", self.const(name))
        else:
            pointer = self.absent(name)
        if self.dynamic:
            found = self.compare(self.const(name), (pyast.In(), self.name("_dyn")))
            return self.choose(found, self.subscript(self.name("_dyn"), self.const(name)), pointer)
        return pointer

    dynamic = False

    def module_variable(self, node: nodes.Variable, owned: bool) -> pyast.expr:
        value = self.service("_module_variable", self.home(), self.path(node.namespace), self.const(node.name))
        return self.own(value, ty.ANY) if owned else value

    def path(self, names: tuple[str, ...]) -> pyast.expr:
        """The path of a module. Where the code imports several modules under one name, it sees the first of them."""
        first = self.const(names[0])
        if self.fn.imports.count(names[0]) > 1:
            first = self.service("_pin", first, self.name("_imported"))
        return self.tuple_of([first, *map(self.const, names[1:])])

    fn: FunctionInfo

    def expr_This(self, node: nodes.This, owned: bool) -> pyast.expr:
        self.at(node.span)
        value = self.this_value()
        return self.own(value, ty.ANY) if owned else value

    this_is_cell = False

    this_is_bound = False
    """`this` was checked on every path to here."""
    root_out: list[pyast.stmt] | None = None
    """The function's own statement list: what is emitted there runs on every path."""

    def this_value(self) -> pyast.expr:
        """The value of `this`, checked to be bound."""
        if self.is_main:  # a function that runs in its caller's scope
            return self.call("_unbound")
        if self.this_is_bound:
            return self.cell_value("_this") if self.this_is_cell else self.name(self.this_name)
        self.this_is_bound = self.out is self.root_out
        if self.this_is_cell:
            name = self.temp()
            bound = self.compare(self.walrus(name, self.cell_value("_this")), (pyast.IsNot(), self.name("_MISSING")))
            return self.choose(bound, self.name(name), self.call("_unbound"))
        bound = self.compare(self.name("_this"), (pyast.IsNot(), self.name("_MISSING")))
        return self.choose(bound, self.name("_this"), self.call("_unbound"))

    # ---- unary ------------------------------------------------------------------------------------------------------


def is_plain(expr: pyast.expr) -> bool:
    """A name or a constant: free to evaluate, any number of times."""
    return isinstance(expr, (pyast.Name, pyast.Constant))


def is_same(left: pyast.expr, right: pyast.expr) -> bool:
    """Are both the same variable?"""
    return isinstance(left, pyast.Name) and isinstance(right, pyast.Name) and left.id == right.id


def _copier(t: int) -> str:
    """What copies arrays and maps of this type; the deeper it looks, the longer it takes."""
    held = t >> ty.WIDTH
    if t & ty.BLOB or not held & ty.LOW:
        return "_copy"
    if held & ty.LOW & ~ty.SCALAR == 0:
        return "_copy_flat"
    rows = ty.is_only(t, ty.ARRAY) and ty.is_only(held, ty.ARRAY | ty.MAP)
    return "_copy_rows" if rows and ty.is_only(held >> ty.WIDTH, ty.SCALAR) else "_copy"


def has_effects(node: nodes.Node) -> bool:
    """Might evaluating the node do something that others can see?"""
    if isinstance(node, _EFFECTIVE):
        return True
    return not isinstance(node, nodes.Closure) and any(map(has_effects, children(node)))


_EFFECTIVE: Final = (
    nodes.Call, nodes.MethodCall, nodes.Block, nodes.If, nodes.Switch, nodes.Loop, nodes.While, nodes.CustomSyntax,
)  # fmt: skip


def _only_expression(part: nodes.Node) -> nodes.Node | None:
    """What a part of a template shows, if that is a text or a single expression."""
    if not isinstance(part, nodes.Block):
        return part
    only = part.body[0] if len(part.body) == 1 else None
    return only.expr if isinstance(only, nodes.ExprStmt) else None


def makes_values(node: nodes.Node) -> bool:
    """Could large values come into being while this is computed?"""
    if isinstance(node, (nodes.Call, nodes.MethodCall, nodes.Template)):
        return True
    if isinstance(node, nodes.Binary) and node.op == "+":
        return True
    return any(map(makes_values, children(node)))
