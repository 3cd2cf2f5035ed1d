"""Types: what is certain to fail when it runs, as far as type inference knows.

Inference finds every class of value that an expression can have when it succeeds. What no operator, function, property
or index exists for, whichever of these classes it gets, fails. It is an error where every run of the script comes to
that place, and a warning elsewhere: in a branch, a loop, or a function that some calls reach. What stands in the body
of a `try` is not reported: it may fail there on purpose.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from itertools import product
from typing import Final, Protocol

from horus_runtime.analysis import types as ty
from horus_runtime.analysis.inference import Inference
from horus_runtime.analysis.lints.finding import ERROR, WARNING, Finding, Surroundings
from horus_runtime.analysis.scopes import FunctionInfo, ProgramInfo
from horus_runtime.analysis.type_text import class_text
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import Visitor, children, walk
from horus_runtime.source import Span

CODES: Final = {
    "type-error": "An operator, a condition, a loop or an index that is not defined for such values.",
    "argument-type": "A function is given values of types that none of its forms takes.",
    "unknown-method": "A value has no method of this name.",
    "unknown-property": "A value has no property of this name.",
}

SPECIAL: Final = frozenset(
    {"print", "debug", "eval", "call", "curry", "type_of", "is_shared", "is_def_var", "is_def_fn", "Fn", "exit"}
)
"""Functions of the language itself, which no table of natives lists."""
_OPERATORS: Final = frozenset({"+", "-", "*", "/", "%", "**", "<<", ">>", "&", "|", "^", "..", "..="})
_WALKABLE: Final = ty.ARRAY | ty.STR | ty.BLOB | ty.RANGE | ty.OTHER
_INDEXED: Final = ((ty.ARRAY | ty.BLOB, ty.INT), (ty.STR | ty.INT, ty.INT | ty.RANGE), (ty.MAP, ty.STR))
"""What can be indexed, and by what."""
_INDEX_NAMES: Final = {ty.INT: "i64", ty.INT | ty.RANGE: "i64 or a range", ty.STR: "string"}
_LIBRARY: Final = "std/"


class Typed(Protocol):
    """The types of one variant of a function."""

    @property
    def inference(self) -> Inference: ...


class TypedProgram(Protocol):
    """A script whose types were inferred."""

    @property
    def info(self) -> ProgramInfo: ...
    @property
    def main_inference(self) -> Inference: ...
    def has_function(self, name: str) -> bool: ...
    def function(self, name: str, count: int) -> FunctionInfo | None: ...
    def direct_method(self, name: str, count: int) -> FunctionInfo | None: ...
    def variant(self, fn: FunctionInfo, arg_types: tuple[int, ...], this: int = ty.ANY) -> Typed: ...
    def closure_state(self, node: nodes.Closure) -> Typed: ...


class Checked(Inference):
    """Inference that knows what fails: of an operator that is not defined nothing comes out."""

    has_operator: Callable[..., bool]

    def binary_type(self, op: str, left: int, right: int) -> int:
        known = op not in _OPERATORS or self.has_operator(op, left, right)
        return super().binary_type(op, left, right) if known else ty.NONE

    def assign_type(self, op: str, left: int, right: int) -> int:
        known = op not in _OPERATORS or self.has_operator(f"{op}=", left, right)
        return super().assign_type(op, left, right) if known else ty.NONE


def inference_for(around: Surroundings) -> Callable[..., Inference]:
    """What infers types for `check`."""
    return type("Checking", (Checked,), {"has_operator": staticmethod(Rules(around).has_operator)})


def check(program: TypedProgram, around: Surroundings) -> list[Finding]:
    """Findings about types."""
    script = program.info.script
    rules = Rules(around)
    report = _Report(program, rules, _names_of(script))
    _Walk(report, program.main_inference, sure=not _may_stop(script)).visit_all(script.body)
    for fn in program.info.functions:
        _Walk(report, program.variant(fn, (ty.ANY,) * len(fn.params)).inference, sure=False).visit(fn.node)
    return list(report.found.values())


def _may_stop(script: nodes.Script) -> bool:
    """Could the script end at places that its own text does not tell?"""
    return any(
        isinstance(node, nodes.CustomSyntax)
        or (isinstance(node, nodes.Call) and node.name in {"exit", "eval"})
        or (isinstance(node, nodes.StringLit) and node.value == "exit")
        or (isinstance(node, nodes.Import) and not _is_library(node.path))
        for node in walk(script)
    )


def _is_library(path: nodes.Node) -> bool:
    return isinstance(path, nodes.StringLit) and path.value.startswith(_LIBRARY)


def _names_of(script: nodes.Script) -> frozenset[str]:
    """Names that may hold functions: a call of one may mean that."""
    found: set[str] = set()
    for node in walk(script):
        if isinstance(node, nodes.Let):
            found.add(node.name)
        elif isinstance(node, (nodes.Closure, nodes.FnDef)):
            found.update(node.params)
    return frozenset(found)


class Rules:
    """What is defined for which types. Every answer is `True` where something may be unknown."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around

    def has_operator(self, op: str, *operands: int) -> bool:
        """Is the operator defined for some of the classes that the operands can have?"""
        names = [ty.type_names(t) for t in operands]
        if any(not found for found in names):
            return True  # hosts' own types, or code that was not reached
        return any(self.around.has_operator(op, *choice) for choice in product(*map(sorted, names)))  # type: ignore[arg-type]

    def takes(self, name: str, types: Iterable[int]) -> bool:
        """Does a native function of this name take such arguments?"""
        wanted = [ty.type_names(t) for t in types]
        return any(_fits(params, wanted) for params in self.around.parameters(name, len(wanted)))

    def has_native(self, name: str, receiver: int, most: int = 8) -> list[int]:
        """The numbers of arguments with which natives of this name take such a receiver."""
        names = ty.type_names(receiver)
        return [
            count
            for count in range(most)
            if any(_fits(params[:1], [names]) for params in self.around.parameters(name, count + 1))
        ]


def _fits(params: tuple[str, ...], wanted: list[frozenset[str] | None]) -> bool:
    return all(param == "any" or names is None or param in names for param, names in zip(params, wanted, strict=True))


class _Report:
    """What was found, once for each place."""

    def __init__(self, program: TypedProgram, rules: Rules, names: frozenset[str]) -> None:
        self.program = program
        self.rules = rules
        self.names = names
        self.found: dict[tuple[Span, str], Finding] = {}
        self.walked: set[tuple[int, bool]] = set()

    def add(self, code: str, span: Span, message: str, hint: str, *, sure: bool) -> None:
        # Whether every run comes to a place is known before code is looked at that only some runs reach.
        self.found.setdefault((span, code), Finding(code, span, message, ERROR if sure else WARNING, hint))


class _Walk(Visitor):
    """One body with its types, in the order in which it runs."""

    def __init__(self, report: _Report, inference: Inference, *, sure: bool) -> None:
        self.report = report
        self.program = report.program
        self.rules = report.rules
        self.inference = inference
        self.sure = sure
        """Does every run of the script come here?"""
        self.quiet = False
        self.null_safe: set[int] = set()
        """Places that `()` may be at, since what is taken from them is asked for with `?`."""
        self.memo: dict[tuple[int, int], int] = {}

    def type_of(self, node: nodes.Node) -> int:
        key = (id(node), len(self.inference.narrowed))
        if key not in self.memo:
            self.memo[key] = self.inference.expr(node)
        return self.memo[key]

    def add(self, code: str, span: Span, message: str, hint: str = "") -> None:
        if not self.quiet:
            self.report.add(code, span, message, hint, sure=self.sure)

    # ---- walking ----------------------------------------------------------------------------------------------------

    def perhaps(self, *items: nodes.Node | None, loop: bool = False) -> None:
        """Code that some runs come to; what follows it is certain only if it cannot leave."""
        sure, self.sure = self.sure, False
        for item in items:
            self.visit(item)
        self.sure = sure and not any(item is not None and _leaves(item, in_loop=loop) for item in items)

    def callee(self, unit: Typed, node: nodes.Node) -> None:
        """A function that is called here for certain: its body runs, too."""
        if self.sure and not self.quiet and (id(unit), True) not in self.report.walked:
            self.report.walked.add((id(unit), True))
            _Walk(self.report, unit.inference, sure=True).visit(node)

    def visit_FnDef(self, node: nodes.FnDef) -> None:
        self.visit(node.body)

    def visit_Closure(self, node: nodes.Closure) -> None:
        if self.quiet or (id(node), False) in self.report.walked:
            return
        self.report.walked.add((id(node), False))
        _Walk(self.report, self.program.closure_state(node).inference, sure=False).visit(node.body)

    def visit_CustomSyntax(self, node: nodes.CustomSyntax) -> None:
        """What a construct of the host does with its parts is not known."""

    def visit_If(self, node: nodes.If) -> None:
        self.condition(node.condition)
        sure = self.sure
        narrowed = self.inference.narrow(node.condition)
        self.perhaps(node.then)
        self.inference.end_narrow(narrowed)
        then, self.sure = self.sure, sure
        self.perhaps(node.orelse)
        self.sure = self.sure and then

    def visit_Switch(self, node: nodes.Switch) -> None:
        self.visit(node.value)
        sure, still = self.sure, self.sure
        for arm in node.arms:
            self.sure = False
            if arm.guard is not None:
                self.condition(arm.guard)
            self.sure = sure
            self.perhaps(arm.body)
            still = still and self.sure
        self.sure = still

    def visit_While(self, node: nodes.While) -> None:
        self.condition(node.condition)
        self.perhaps(node.body, loop=True)

    def visit_For(self, node: nodes.For) -> None:
        self.visit(node.iterable)
        over = self.type_of(node.iterable)
        if over & ty.LOW and not over & _WALKABLE:
            self.add("type-error", node.iterable.span, f"'for' cannot walk through {class_text(over)}")
        self.perhaps(node.body, loop=True)

    def visit_Loop(self, node: nodes.Loop) -> None:
        sure = self.sure
        self.visit(node.body)
        self.sure = sure and not _leaves(node.body, in_loop=True)

    def visit_Do(self, node: nodes.Do) -> None:
        self.visit_Loop(nodes.Loop(node.span, node.body))
        sure = self.sure
        self.sure = sure and not _leaves(node.body, in_loop=False)
        self.condition(node.condition)
        self.sure = sure

    def visit_Try(self, node: nodes.Try) -> None:
        sure, quiet = self.sure, self.quiet
        self.quiet = True
        self.visit(node.body)
        self.quiet = quiet
        self.sure = sure
        self.perhaps(node.handler)
        self.sure = self.sure and not _leaves(node.body, in_loop=False)

    def visit_Return(self, node: nodes.Return) -> None:
        self.visit(node.value)
        self.sure = False

    visit_Throw = visit_Break = visit_Return  # noqa: N815 - methods are named after nodes

    def visit_Continue(self, _node: nodes.Continue) -> None:
        self.sure = False

    # ---- what can fail ----------------------------------------------------------------------------------------------

    def condition(self, node: nodes.Node) -> None:
        """Something that must be true or false."""
        self.visit(node)
        t = self.type_of(node)
        if t & ty.LOW and not t & (ty.BOOL | ty.OTHER):
            self.add("type-error", node.span, f"this must be true or false, and is {class_text(t)}")

    def visit_Binary(self, node: nodes.Binary) -> None:
        if node.op in {"&&", "||"}:
            self.condition(node.left)
            sure, self.sure = self.sure, False
            self.condition(node.right)
            self.sure = sure and not _leaves(node.right, in_loop=False)
            return
        self.visit(node.left)
        if node.op == "??":
            self.perhaps(node.right)
            return
        self.visit(node.right)
        if node.op in _OPERATORS:
            self.operator(node.op, node.op_span, self.type_of(node.left), self.type_of(node.right))

    def operator(self, op: str, span: Span, *operands: int) -> None:
        if not self.rules.has_operator(op, *operands):
            types = " and ".join(map(class_text, operands))
            plain = op if op in _OPERATORS else op.removesuffix("=")
            self.add("type-error", span, f"'{plain}' is not defined for {types}")

    def visit_Unary(self, node: nodes.Unary) -> None:
        self.visit(node.operand)
        if node.op in {"!", "-", "+"}:
            self.operator(node.op, node.span, self.type_of(node.operand))

    def visit_Assign(self, node: nodes.Assign) -> None:
        self.visit(node.value)
        if node.op == "=":
            self.place(node.target)
            return
        self.visit(node.target)
        self.operator(node.op, node.op_span, self.type_of(node.target), self.type_of(node.value))

    def place(self, node: nodes.Node) -> None:
        """What is assigned to: it is not read itself, but what it stands in is."""
        if isinstance(node, nodes.Property):
            self.visit(node.target)
            self.property(node, "set$", ty.ANY)
        elif not isinstance(node, nodes.Variable):
            self.visit(node)

    def target(self, node: nodes.Property | nodes.Index | nodes.MethodCall) -> None:
        """What something is taken from."""
        if node.null_safe:
            self.null_safe.add(id(node.target))
        self.visit(node.target)

    def may_be_unit(self, node: nodes.Property | nodes.Index) -> bool:
        return node.null_safe or (id(node) in self.null_safe and self.type_of(node.target) & ty.LOW == ty.UNIT)

    def visit_Property(self, node: nodes.Property) -> None:
        self.target(node)
        self.property(node, "get$")

    def property(self, node: nodes.Property, prefix: str, *values: int) -> None:
        t = self.type_of(node.target)
        if self.may_be_unit(node) or not t & ty.LOW or t & (ty.MAP | ty.OTHER):
            return
        if not self.rules.takes(prefix + node.name, (t, *values)):
            names = [name[len(prefix) :] for name in self.rules.around.function_names() if name.startswith(prefix)]
            message = f"{class_text(t)} has no property '{node.name}'{' to set' if values else ''}"
            self.add("unknown-property", node.name_span, message, self.nearest(node.name, names))

    def visit_Index(self, node: nodes.Index) -> None:
        self.target(node)
        if self.may_be_unit(node):
            self.perhaps(node.index)
            return
        self.visit(node.index)
        self.index(node, self.type_of(node.target), self.type_of(node.index))

    def index(self, node: nodes.Index, t: int, by: int) -> None:
        if not (t & ty.LOW and by & ty.LOW) or (t | by) & ty.OTHER or self.rules.takes("index$get$", (t, by)):
            return
        wanted = [index for target, index in _INDEXED if t & target]
        if not wanted:
            self.add("type-error", node.bracket_span, f"{class_text(t)} cannot be indexed")
        elif not any(by & index for index in wanted):
            names = " or ".join(_INDEX_NAMES[index] for index in wanted)
            message = f"{class_text(t)} is indexed by {names}, not by {class_text(by)}"
            self.add("type-error", node.index.span, message)

    # ---- calls ------------------------------------------------------------------------------------------------------

    def visit_Call(self, node: nodes.Call) -> None:
        self.visit_all(node.args)
        if node.namespace or node.captures_scope or node.name in self.report.names:
            return
        types = tuple(self.type_of(arg) for arg in node.args)
        fn = self.program.function(node.name, len(types))
        if fn is not None:
            self.callee(self.program.variant(fn, types), fn.node)
        elif types and node.name not in SPECIAL and not self.program.has_function(node.name):
            self.native(node, types)

    def native(self, node: nodes.Call | nodes.MethodCall, types: tuple[int, ...]) -> None:
        """A call of a native function: does any of its forms take such arguments?"""
        forms = self.rules.around.parameters(node.name, len(types))
        if forms and all(t & ty.LOW for t in types) and not self.rules.takes(node.name, types):
            shown = ", ".join(map(class_text, types))
            hint = "; ".join(f"{node.name}({', '.join(form)})" for form in sorted(set(forms))[:4])
            message = f"'{node.name}' does not take ({shown})"
            self.add("argument-type", node.name_span or node.span, message, f"it takes {hint}")

    def visit_MethodCall(self, node: nodes.MethodCall) -> None:
        self.target(node)
        if node.null_safe:
            self.perhaps(*node.args)
            return
        self.visit_all(node.args)
        receiver = self.type_of(node.target)
        types = tuple(self.type_of(arg) for arg in node.args)
        fn = self.program.direct_method(node.name, len(types))
        if fn is not None:
            self.callee(self.program.variant(fn, types, receiver), fn.node)
        elif not (
            self.program.has_function(node.name)
            or node.name in SPECIAL
            or not receiver & ty.LOW
            or receiver & (ty.MAP | ty.OTHER)
        ):
            self.method(node, receiver, types)

    def method(self, node: nodes.MethodCall, receiver: int, types: tuple[int, ...]) -> None:
        """A method of a value that is no map, whose properties may be functions."""
        counts = self.rules.has_native(node.name, receiver)
        if len(types) in counts:
            self.native(node, (receiver, *types))
            return
        if counts:
            wanted = " or ".join(map(str, counts))
            message = f"'{node.name}' of {class_text(receiver)} takes {wanted} argument{'s' * (wanted != '1')}"
            self.add("argument-type", node.name_span, f"{message}, not {len(types)}")
            return
        names = [name for name in self.rules.around.function_names() if self.rules.has_native(name, receiver)]
        message = f"{class_text(receiver)} has no method '{node.name}'"
        self.add("unknown-method", node.name_span, message, self.nearest(node.name, names))

    @staticmethod
    def nearest(name: str, names: list[str]) -> str:
        near = difflib.get_close_matches(name, names, n=1)
        return f"did you mean '{near[0]}'?" if near else ""


def _leaves(node: nodes.Node, *, in_loop: bool) -> bool:
    """May code leave what stands around it, other than by an error? `in_loop`: it is the body of a loop."""
    if isinstance(node, nodes.Return):
        return True
    if isinstance(node, (nodes.Break, nodes.Continue)):
        return not in_loop
    if isinstance(node, nodes.Closure):
        return False
    loop = in_loop or isinstance(node, (nodes.While, nodes.Loop, nodes.Do, nodes.For))
    return any(_leaves(child, in_loop=loop) for child in children(node))
