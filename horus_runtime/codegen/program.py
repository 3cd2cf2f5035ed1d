"""The whole program: analysis, variants, prelude, and the code object.

The emitted Python is one factory per script:

    def _program(_rt, _linked):
        _ops = 0                       # operations left in the current stride
        _native = _rt.native           # services of the run, only those used
        def fn_fib(n, _d): ...         # one function per script function and variant
        def main(_scope, _d): ...
        def _left(): return _ops
        return (fn_fib, ...), main, _left
"""

from __future__ import annotations

import ast as pyast
import hashlib
import itertools
import keyword
import linecache
import re
import sys
from collections import defaultdict, deque
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar

from horus_runtime import collector
from horus_runtime.analysis import results
from horus_runtime.analysis import types as ty
from horus_runtime.analysis.intervals import Definition, definitions
from horus_runtime.analysis.scopes import FunctionInfo, ProgramInfo, Variable, analyze
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import children, walk
from horus_runtime.codegen.cost import block_cost
from horus_runtime.codegen.emitter import LOAD, STORE, Emitter, place
from horus_runtime.codegen.functions import FunctionCompiler
from horus_runtime.codegen.metering import SERVICES_OF, helper_functions
from horus_runtime.codegen.native.kernels import Kernel
from horus_runtime.codegen.native.selection import may_have_kernels
from horus_runtime.codegen.thresholds import float_limit
from horus_runtime.errors import Exceeded, ParseError
from horus_runtime.runtime.abi import (
    EXPORTS,
    THIS_CELL,
    THIS_NONE,
    THIS_VALUE,
    Fault,
    FunctionMeta,
    Program,
)
from horus_runtime.source import Position, SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from horus_runtime.runtime.abi import NativeFn

MAX_VARIANTS: Final = 4
CALLING: Final = (
    nodes.Call, nodes.MethodCall, nodes.Closure, nodes.Template, nodes.Import, nodes.CustomSyntax, nodes.This,
)  # fmt: skip
"""What code that calls nothing does not have."""
COMPILER_PREFIXES: Final = ("_", "fn_", "anon_", "v_")
"""How names in generated code begin that are no variable of the script."""
KEEPERS: Final = frozenset({"push", "insert", "pad", "set", "append", "splice", "mixin", "fill_with", "take"})
"""Standard functions that store an argument: it must be the callee's own. Unknown functions are treated alike."""
NESTING_HINT: Final = "at most 18 loops and try blocks can stand inside each other in one function"
PYTHON_BLOCKS: Final = 20
TOO_DEEP: Final = "Expression exceeds maximum complexity"
FILES_KEPT: Final = 1024
"""Compiled texts that Python's own tracebacks can show lines of."""

TAGS: Final = re.compile(r"\.\s*tag\b|set_tag")
"""What a script contains that attaches tags to values."""

_numbers = itertools.count(1)
_files: deque[str] = deque()

OPERATOR_NAMES: Final = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "%": "mod", "**": "power", "<<": "shl", ">>": "shr",
    "&": "bit_and", "|": "bit_or", "^": "bit_xor", "==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt",
    ">=": "ge", "..": "range", "..=": "range_inclusive",
}  # fmt: skip


@dataclass(slots=True)
class CompileConfig:
    """What compiled code depends on besides the text."""

    table: Any
    modules: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    scope_names: frozenset[str] = frozenset()
    metered: bool = True
    strips: bool = True
    """Pay for the turns of loops in advance."""
    bounds: bool = True
    """Leave out overflow checks where bounds of values prove them unnecessary."""
    infer: bool = True
    """Infer the types of variables."""
    fast_operators: bool = True
    fail_on_invalid_map_property: bool = False
    exact_sizes: bool = False
    max_call_levels: int = 64
    has_parent: bool = False
    specialise: bool = True
    keep_tree: bool = False
    globals: frozenset[str] = frozenset()
    """Variables of global modules."""
    rewind: bool = False
    """Drop what main declares at global level: it is the body of a function."""
    optimized: bool = True
    """Show what Rhai's optimizer changes about results; off at its level None."""
    allow_shadowing: bool = True
    max_variables: int | None = None
    watches_definitions: bool = False
    """The host wants to be asked before a variable is declared."""
    watches_reads: bool = False
    """The host wants to be asked before a variable is read."""
    shows_scope: bool = False
    """The same, and wants to see and change the other variables then."""
    host_properties: bool = False
    """Objects of the host have properties or indexers: what those give may have to be handed back."""
    watches_indexes: bool = False
    """The host wants to be asked about items that are not there."""
    debug: bool = False
    """Look at the debugger before every statement and around every call."""
    native: bool = False
    """Prepare hot numeric code for WebAssembly."""
    kernel_patience: int = 8
    """Strides that must end in a loop or function before its kernel is made; 0: at once, and no kernel is given up."""

    @property
    def checks_definitions(self) -> bool:
        return self.watches_definitions or not self.allow_shadowing or self.max_variables is not None

    def has_module(self, name: str) -> bool:
        return name in self.modules


class TypeView:
    """The finished types of one variant; expressions are looked at once."""

    def __init__(self, inference: ty.Inference) -> None:
        self.inference = inference
        # Some look at an expression from outside the conditions that stand around it and say more of its variables.
        self.memo: dict[int, int] = {}
        self.memos: defaultdict[int, dict[int, int]] = defaultdict(dict)
        self.look = inference.expr
        inference.expr = self.of  # type: ignore[method-assign] # parts of expressions are looked at once, too

    def of(self, node: nodes.Node | None) -> int:
        narrowed = self.inference.narrowed
        memo = self.memos[len(narrowed)] if narrowed else self.memo
        found = memo.get(id(node))
        if found is None:
            found = memo[id(node)] = self.look(node)
        return found

    def close(self) -> None:
        """All is compiled: part the two, which point at each other."""
        del self.inference.expr

    def variable(self, variable: Variable) -> int:
        return self.inference.type_of_variable(variable)


class Variant:
    """A function compiled for certain parameter types."""

    __slots__ = ("callers", "fn", "inference", "params", "py", "returns", "stale", "this", "this_after", "used")

    def __init__(self, fn: FunctionInfo, params: tuple[int, ...], this: int, inference: ty.Inference) -> None:
        self.fn = fn
        self.params = params
        self.this = this
        """The type of the receiver, for functions that use `this`."""
        self.py = ""
        self.used = self.is_generic
        """Does compiled code call it?"""
        self.inference = inference
        self.inference.this = this
        self.stale = True
        """Its types have to be inferred, for the first time or because those of a callee grew."""
        self.callers: set[Any] = set()
        self.returns = ty.NONE
        self.this_after = ty.NONE
        """What the receiver may be afterwards."""

    def widen(self, types: list[int]) -> None:
        """Take the receiver and arguments of these types, too."""
        this, *params = types
        if (this, tuple(params)) != (self.this, self.params):
            self.this, self.params = this, tuple(params)
            self.inference.this |= this
            self.stale = True

    @property
    def is_generic(self) -> bool:
        return self.this == ty.ANY and all(t == ty.ANY for t in self.params)

    def infer(self) -> bool:
        """Infer its types again; is there more than was known of what it returns and makes of its receiver?"""
        known = (self.returns, self.this_after)
        self.returns |= self.inference.run(self.params)
        self.this_after |= self.inference.this
        return known != (self.returns, self.this_after)


@dataclass(slots=True, eq=False)
class ClosureState:
    """Types of a closure's calls, as far as they are found."""

    inference: ty.Inference
    params: list[int]
    returns: int = ty.NONE
    stale: bool = True
    callers: set[Any] = field(default_factory=set)
    """Whose types depend on what it returns."""

    def infer(self) -> bool:
        """Infer its types again; does it return more than was known?"""
        known = self.returns
        self.returns |= self.inference.run(tuple(self.params))
        return self.returns != known


Unit = TypeVar("Unit", Variant, ClosureState)


class ProgramCompiler(Emitter):
    """Compiles one script."""

    def __init__(self, script: nodes.Script, source: SourceFile, config: CompileConfig) -> None:
        super().__init__()
        self.config = config
        self.source = source
        self.source_name = source.name
        self.by_key = {(f.name, len(f.params)): f for f in script.functions if f.this_type is None}
        self.names = {f.name for f in script.functions}
        self.typed = {f.name for f in script.functions if f.this_type is not None}
        self.method_keys = {(f.name, len(f.params)) for f in script.functions}
        digest = hashlib.sha256(f"{source.name}\0{source.text}".encode("utf-8", "surrogatepass")).hexdigest()
        self.digest = digest
        self.pure_calls: dict[tuple[str, int], bool] = {}
        self.info = analyze(
            script,
            self.is_pure_call,
            self.may_replace_receiver,
            config.shared,
            (config.modules | config.globals) - config.scope_names,
            slots=config.checks_definitions,
            literals=config.optimized,
            watched=config.debug or config.shows_scope,
        )
        self.infos = {id(f.node): f for f in self.info.functions}
        self.faults: dict[tuple[str, int, int], Fault] = {}
        self.places: dict[tuple[int, int], Position] = {}
        self.frames: dict[str, tuple[str, str]] = {}
        self.prelude: dict[str, pyast.expr] = {}
        self.helpers: set[str] = set()
        self.fuels: set[int] = set()
        self.chars: dict[str, str] = {}
        self.variants: dict[tuple[int, tuple[int, ...], int], Variant] = {}
        self.variants_of: dict[FunctionInfo, list[Variant]] = {}
        self.inferring: Variant | ClosureState | None = None
        """Whose types are being inferred; `None`: those of main."""
        self.main_asked: set[Variant | ClosureState] = set()
        self.closure_states: dict[int, ClosureState] = {}
        self.fields = ty.Fields()
        self.defined: dict[FunctionInfo, list[Definition]] = {}
        self.costs: dict[FunctionInfo, int] = {}
        self.loop_costs: dict[int, int] = {}
        self.closures: dict[int, str] = {}
        self.closure_names: dict[int, str] = {}
        self.closure_infos: list[FunctionInfo] = []
        self.py_names: set[str] = set(EXPORTS) | {"main", "_ops", "_rt", "_linked", "_left", "_program", "_this"}
        self.py_names |= {"_ready", "_enter", "_offer", "_swap", "_refill"}
        self.modes: dict[int, int] = {}
        self.depth_checked = self.find_depth_checked()
        self.owned = _variables_by_owner(self.info)
        self.defs: list[pyast.stmt] = []
        self.has_kernels = may_have_kernels(self)
        self.kernels: list[Kernel] = []
        self.kernel_functions: dict[int, str] = {}
        """Numbers of kernels that replace functions, with the Python names of these."""
        self.bells = 0
        """Functions whose outermost loops, or which themselves, wait for a stride to end; each has a bell."""
        self.unqualified: list[tuple[tuple[int, int], str]] = []
        """Loops and functions that did not become kernels, and why."""
        self.keeps_globals = bool(script.functions or self.info.closures)
        """Rhai keeps constants for `global::` only where there is a function that could ask for them."""

    @cached_property
    def tags(self) -> bool:
        """May the script attach tags to values?"""
        return TAGS.search(self.source.text) is not None

    # ---- what the function compilers ask ----------------------------------------------------------------------------

    def is_pure_call(self, name: str, count: int) -> bool:
        found = self.pure_calls.get((name, count))
        if found is None:
            found = self.pure_calls[name, count] = self._is_pure_call(name, count)
        return found

    def _is_pure_call(self, name: str, count: int) -> bool:
        if (name, count) in self.method_keys or (name, count - 1) in self.method_keys:
            return (name, count) in self.by_key and (name, count - 1) not in self.method_keys
        if name == "type_of" and count == 1:
            return not self.config.table.is_overridden(name, count, ty.type_names(ty.ANY))
        return bool(self.config.table.is_pure(name, count))

    def may_replace_receiver(self, name: str, count: int) -> bool:
        """Could a method of this name (receiver counted) put another value into its receiver?"""
        return (name, count - 1) in self.method_keys or bool(self.config.table.may_replace(name, count))

    @property
    def sees_all(self) -> bool:
        """Does the host give no values of its own for variables and elements?"""
        return not (self.config.watches_reads or self.config.watches_indexes)

    def borrows(self, variable: Variable) -> bool:
        """Does the variable look at a part of another one's value instead of a copy?"""
        return variable.borrowed and self.sees_all

    def lends(self, node: nodes.For) -> bool:
        """Does the loop walk an array in its place, because nobody changes it meanwhile?"""
        return id(node) in self.info.lent_walks and self.sees_all

    def overridden(self, name: str, count: int, receiver: int = ty.ANY) -> bool:
        """Does the script or the host define a function that could be meant instead of the standard one?

        `receiver` is the type of the first argument, as far as it is known.
        """
        if (name, count) in self.by_key or (name, count - 1) in self.method_keys or self.config.has_parent:
            return True
        if self.config.exact_sizes:
            return True  # every call of a native has to look at sizes
        return bool(self.config.table.is_overridden(name, count, ty.type_names(receiver)))

    def is_standard(self, name: str) -> bool:
        return bool(self.config.table.is_standard(name))

    def keeps_arguments(self, name: str, count: int) -> bool:
        """May a native of this name, with so many arguments in all, change or keep those after the first?"""
        return name in KEEPERS or not (self.is_standard(name) or self.config.table.borrows(name, count))

    def function(self, name: str, count: int) -> FunctionInfo | None:
        definition = self.by_key.get((name, count))
        return self.infos.get(id(definition)) if definition is not None else None

    def has_function(self, name: str) -> bool:
        return name in self.names

    def has_method(self, name: str, count: int) -> bool:
        return (name, count) in self.method_keys or self.config.has_parent

    def has_typed(self, name: str) -> bool:
        return name in self.typed or self.config.has_parent

    def in_host_scope(self, name: str) -> bool:
        return name in self.config.scope_names

    def this_mode(self, fn: FunctionInfo) -> int:
        if not fn.uses_this:
            return THIS_NONE
        asks = fn.changes_this and self.info.constant_receivers
        return THIS_CELL if fn.writes_this or fn.dynamic or asks else THIS_VALUE

    def checks_depth(self, fn: FunctionInfo) -> bool:
        return isinstance(fn.node, nodes.Closure) or id(fn) in self.depth_checked

    def find_depth_checked(self) -> set[int]:
        """Functions that can recurse, or that code of unknown depth can reach; the others cannot go too deep."""
        infos = self.info.functions
        if len(infos) + 2 >= self.config.max_call_levels:
            return {id(f) for f in infos}
        by_name: dict[str, list[FunctionInfo]] = {}
        for fn in infos:
            by_name.setdefault(fn.name, []).append(fn)

        def reach(start: set[str]) -> set[int]:
            seen: set[int] = set()
            pending = [f for name in start for f in by_name.get(name, ())]
            while pending:
                fn = pending.pop()
                if id(fn) not in seen:
                    seen.add(id(fn))
                    pending.extend(f for name in fn.calls for f in by_name.get(name, ()))
            return seen

        open_ended = bool(self.info.closures) or any(
            _takes_pointers(f.node, self.names) for f in (*infos, self.info.main)
        )
        if open_ended:
            return {id(f) for f in infos}
        recursive = [fn for fn in infos if id(fn) in reach(fn.calls)]
        return {id(fn) for fn in recursive} | {i for fn in recursive for i in reach(fn.calls)}

    def is_reserved(self, name: str) -> bool:
        """Could this name be taken for one that the compiler makes up? Variants and closures are named late, so that
        their prefixes are out of bounds altogether; so is `v_`, which marks renamed variables.
        """
        return name.startswith(COMPILER_PREFIXES) or keyword.iskeyword(name) or name in self.py_names

    def threshold(self, op: str, literal: float) -> float | None:
        return float_limit(op, literal)

    # ---- services and constants -------------------------------------------------------------------------------------

    def use(self, service: str) -> str:
        """Bind a service of the run in the prelude; returns the name it has in generated code."""
        if service not in self.prelude:
            attribute = SERVICES.get(service, service[1:])
            self.prelude[service] = place(pyast.Attribute(self.name("_rt"), attribute, LOAD), (1, 1))
        return service

    def use_site(self, kind: str, name: str, count: int) -> str:
        """What remembers the natives that the calls of a name lead to; `kind` is `method_site` or `native_site`."""
        shown = name if name.isidentifier() and name.isascii() else name.encode("utf-8", "surrogatepass").hex()
        site = f"_{'to' if kind == 'method_site' else 'of'}_{shown}_{count}"
        if site not in self.prelude:
            make = place(pyast.Attribute(self.name("_rt"), kind, LOAD), (1, 1))
            home = [self.name("_linked")] if kind == "method_site" else []
            self.prelude[site] = place(pyast.Call(make, [*home, self.const(name), self.const(count)], []), (1, 1))
        return site

    def use_helper(self, name: str) -> str:
        """A function that generated code needs at its own counter."""
        self.helpers.add(name)
        return name

    def use_fuel(self, cost: int) -> str:
        """The iterator that counts the calls of functions with this cost; what it has left is paid for."""
        self.fuels.add(cost)
        return f"_fuel_{cost}"

    def use_operator(self, op: str) -> str:
        """The slow path of an infix operator."""
        name = f"_{OPERATOR_NAMES.get(op, 'op_' + op.encode().hex())}"
        if name not in self.prelude:
            self.prelude[name] = self.rt_call("binary", op)
        return name

    def use_open_operator(self, op: str) -> str:
        """An operator that hosts may redefine for all types: looked up like a function."""
        name = f"_open_{OPERATOR_NAMES.get(op, op.encode().hex())}"
        if name not in self.prelude:
            self.prelude[name] = self.rt_call("open_binary", op)
        return name

    def use_assign(self, op: str) -> str:
        name = f"_assign_{OPERATOR_NAMES[op[:-1]]}"
        if name not in self.prelude:
            self.prelude[name] = self.rt_call("assign", op)
        return name

    def rt_call(self, method: str, *args: Any) -> pyast.expr:
        function = place(pyast.Attribute(self.name("_rt"), method, LOAD), (1, 1))
        return place(pyast.Call(function, [self.const(arg) for arg in args], []), (1, 1))  # type: ignore[no-any-return]

    def use_token(self, count: int) -> str:
        """The mark of function pointers that take `count` arguments."""
        name = f"_takes_{count}"
        if name not in self.prelude:
            self.prelude[name] = self.rt_call("arity_token", count)
        return name

    def use_native(self, name: str, types: tuple[str, ...]) -> str:
        """A standard function chosen at compile time."""
        base = "_" + "_".join((name, *("unit" if t == "()" else t for t in types)))
        if base not in self.prelude:
            method = place(pyast.Attribute(self.name("_rt"), "bind", LOAD), (1, 1))
            args = [self.const(name), self.tuple_of([self.const(t) for t in types])]
            self.prelude[base] = place(pyast.Call(method, args, []), (1, 1))
        return base

    def native(self, name: str, types: tuple[str, ...]) -> NativeFn | None:
        """The native that these types mean, where nothing can stand in its way."""
        return self.config.table.find_types(name, types)  # type: ignore[no-any-return]

    def char(self, text: str) -> str:
        """A character literal is made once per run."""
        if text not in self.chars:
            name = f"_char_{len(self.chars) + 1}"
            self.chars[text] = name
            self.prelude[name] = place(pyast.Call(self.name("_Char"), [self.const(text)], []), (1, 1))
        return self.chars[text]

    # ---- variants ---------------------------------------------------------------------------------------------------

    def variant_name(self, fn: FunctionInfo, arg_types: tuple[int, ...], this: int = ty.ANY) -> str:
        """The Python function to call for these argument types."""
        variant = self.variant(fn, arg_types, this)
        if not variant.used:
            variant.used = self.more_is_used = True
        return variant.py

    def variant(self, fn: FunctionInfo, arg_types: tuple[int, ...], this: int = ty.ANY) -> Variant:
        """The function compiled for these types, which is made when it is first asked for."""
        special = self.config.specialise and not fn.dynamic
        params = tuple(map(_normal, arg_types)) if special else (ty.ANY,) * len(arg_types)
        this = _normal(this) if special and fn.uses_this else ty.ANY
        key = (id(fn), params, this)
        found = self.variants.get(key)
        if found is None:
            generic = (ty.ANY,) * len(arg_types)
            known = self.variants_of.setdefault(fn, [])
            if params != generic or this != ty.ANY:
                wider = None if self.named else self.widened(known, params, this)
                if wider is not None:
                    self.variants[key] = wider
                    return wider
                if len(known) >= MAX_VARIANTS:
                    return self.variant(fn, generic)
            found = Variant(fn, params, this, self.infer(fn))
            self.variants[key] = found
            known.append(found)
            self.more_is_used = True
            if self.named:
                self.name_variants()
        return found

    @staticmethod
    def widened(known: list[Variant], params: tuple[int, ...], this: int) -> Variant | None:
        """A variant for the same classes of arguments, which from now on takes what these hold, too.

        Types of elements grow while they are inferred: a variant for every stage would soon use up all that there are.
        """
        for variant in known:
            pairs = [(variant.this, this), *zip(variant.params, params, strict=True)]
            if all(old & ty.LOW == new & ty.LOW and (old == ty.ANY) == (new == ty.ANY) for old, new in pairs):
                variant.widen([old | new for old, new in pairs])
                return variant
        return None

    named = False
    more_is_used = False
    """Is there a variant that compiled code calls, and that was not compiled itself when last looked?"""

    def definitions(self, fn: FunctionInfo, body: tuple[nodes.Node, ...]) -> list[Definition]:
        """What is assigned in a function, found once for all its variants."""
        if fn not in self.defined:
            self.defined[fn] = definitions(body, self.info, self.is_pure_call)
        return self.defined[fn]

    def body_cost(self, fn: FunctionInfo, body: tuple[nodes.Node, ...]) -> int:
        """Operations of a function's body, counted once for all its variants."""
        if fn not in self.costs:
            self.costs[fn] = block_cost(body)
        return self.costs[fn]

    new_inference: Callable[..., ty.Inference] = ty.Inference

    def infer(self, fn: FunctionInfo) -> ty.Inference:
        inference = self.new_inference(self.info, fn, self.overridden, self.call_type, self.method_type)
        inference.is_pure = self.is_pure_call
        inference.fields = self.fields
        inference.closure_type = self.closure_type
        inference.escape = self.escape
        inference.opaque = self.config.watches_reads or not self.config.infer
        inference.open_operators = not self.config.fast_operators
        return inference

    def call_type(self, node: nodes.Call, arg_types: list[int]) -> int:
        fn = self.function(node.name, len(node.args))
        if fn is None:
            return self.native_type(node, arg_types)
        if any(t & ty.LOW == ty.NONE for t in arg_types):
            return ty.NONE
        return self._asked(self.variant(fn, tuple(arg_types))).returns

    def closure_state(self, node: nodes.Closure) -> ClosureState:
        """What is known of the calls of a closure."""
        state = self.closure_states.get(id(node))
        if state is None:
            fn = self.info.closures[id(node)]
            state = self.closure_states[id(node)] = ClosureState(self.infer(fn), [ty.NONE] * len(fn.params))
        return state

    def closure_type(self, node: nodes.Closure, arg_types: tuple[int, ...]) -> int:
        """A closure is called with such arguments: what does it return?"""
        state = self.closure_state(node)
        self._asked(state)
        wider = [old | new for old, new in zip(state.params, arg_types, strict=True)]
        if wider != state.params and not self.named:
            state.params = wider
            state.stale = True
        return state.returns if self.config.infer else ty.ANY

    def escape(self, node: nodes.Closure) -> None:
        """A closure is a value that could be called from anywhere."""
        if not self.named:
            self.closure_type(node, (ty.ANY,) * len(node.params))

    def method_type(self, node: nodes.MethodCall, receiver: int, arg_types: list[int]) -> tuple[int, int] | None:
        """What a method of the script gives and makes of its receiver; `None` where it is not known which one runs."""
        fn = self.direct_method(node.name, len(arg_types))
        if fn is None:
            return None
        if any(t & ty.LOW == ty.NONE for t in (receiver, *arg_types)):
            return ty.NONE, ty.NONE
        variant = self._asked(self.variant(fn, tuple(arg_types), receiver))
        return variant.returns, variant.this_after if fn.uses_this else ty.NONE

    def _asked(self, unit: Unit) -> Unit:
        """The types in hand depend on this variant's or closure's."""
        if self.inferring is None:
            self.main_asked.add(unit)
        else:
            unit.callers.add(self.inferring)
        return unit

    def direct_method(self, name: str, count: int) -> FunctionInfo | None:
        """The script function that a method call means, if it surely does and never replaces `this`."""
        info = self.function(name, count)
        if info is None or self.has_typed(name) or self.this_mode(info) == THIS_CELL:
            return None
        return info

    def native_type(self, node: nodes.Call, arg_types: list[int]) -> int:
        if any(t & ty.LOW == ty.NONE for t in arg_types):
            return ty.NONE
        found = results.FUNCTIONS.get((node.name, len(arg_types)))
        first = arg_types[0] if arg_types else ty.ANY
        if found is not None and not self.overridden(node.name, len(arg_types), first):
            return found
        if not arg_types or self.overridden(node.name, len(arg_types), first):
            return ty.ANY
        return ty.method_result(arg_types[0], node.name)

    def infer_all(self) -> None:
        """Types of main and of every variant and closure, to a common fixpoint."""
        main = self.main_inference = self.infer(self.info.main)
        again = True
        while again or any(unit.stale for unit in self.units()):
            if again:
                main.run(())
                again = self.redo_readers()
            for unit in [unit for unit in self.units() if unit.stale]:
                unit.stale = False
                self.inferring = self.fields.reader = unit
                grown = unit.infer()
                self.inferring = self.fields.reader = None
                if grown:
                    for caller in unit.callers:
                        caller.stale = True
                again = again or (grown and unit in self.main_asked)
                again = self.redo_readers() or again

    def units(self) -> list[Variant | ClosureState]:
        return [*dict.fromkeys(self.variants.values()), *self.closure_states.values()]

    def redo_readers(self) -> bool:
        """Properties hold more than what was read of them: read them again. Was main among the readers?"""
        touched, self.fields.touched = self.fields.touched, set()
        for unit in touched:
            if unit is not None:
                unit.stale = True
        return None in touched

    # ---- output -----------------------------------------------------------------------------------------------------

    def py_function(self, base: str) -> str:
        name, number = base, 1
        while name in self.py_names:
            number += 1
            name = f"{base}_{number}"
        self.py_names.add(name)
        return name

    def closure_function(self, fn: FunctionInfo) -> str:
        """The Python function of a closure."""
        name = self.closure_names.get(id(fn))
        if name is None:
            name = self.closure_names[id(fn)] = self.py_function(f"anon_{fn.node.span.line}_{fn.node.span.column}")
        return name

    def closure(self, fn: FunctionInfo) -> str:
        """The script name of a closure; its function is compiled when it is first met."""
        name = self.closures.get(id(fn))
        if name is None:
            line, column = fn.node.span[:2]
            name = "anon$" + hashlib.sha256(f"{self.digest}:{line}:{column}".encode()).hexdigest()[:16]
            self.closures[id(fn)] = name
            fn.name = name
            self.closure_infos.append(fn)
        return name

    def build(self) -> Program:
        """Compile everything to a code object."""
        for fn in self.info.functions:
            self.variant(fn, (ty.ANY,) * len(fn.params))
        self.infer_all()
        self.name_variants()
        self.named = True
        metas: list[FunctionMeta] = []
        order: list[str] = []
        main_def = FunctionCompiler(self, self.info.main, "main", TypeView(self.main_inference)).compile()
        self.frames["main"] = ("main", "")
        self.emit_functions(metas, order)
        tree = self.assemble(main_def, order)
        filename = f"<rhai {self.digest[:16]}{'-' + self.source_name if self.source_name else ''}>"
        if self.config.has_parent or self.config.shared:
            filename = f"{filename[:-1]} {next(_numbers)}>"
        code = compile(tree, filename, "exec", dont_inherit=True)
        _remember(filename, self.source.text)
        program = Program(
            code,
            filename,
            self.source,
            tuple(metas),
            self.frames,
            self.faults,
            self.places,
            self.info.script,
            frozenset(self.info.main.externals),
            self.config.shared,
            bool(self.info.script.body),
        )
        program.tree = tree if self.config.keep_tree else None
        if self.kernels:
            from horus_runtime.codegen.native.bridge import Kernels

            program.kernels = Kernels(tuple(self.kernels), self.config.kernel_patience)
        return program

    def emit_functions(self, metas: list[FunctionMeta], order: list[str]) -> None:
        """Compile variants and closures; each may call for more of them."""
        done: set[int] = set()
        at = 0
        while True:
            waiting: list[Variant] = []
            if self.more_is_used:
                waiting = [v for v in dict.fromkeys(self.variants.values()) if v.used and id(v) not in done]
                self.more_is_used = False
            if not waiting and at == len(self.closure_infos):
                return
            for variant in waiting:
                done.add(id(variant))
                self.emit_variant(variant, metas, order)
            if at < len(self.closure_infos):
                self.emit_closure(self.closure_infos[at], metas, order)
                at += 1

    def name_variants(self) -> None:
        """Generic variants get the plain name, specialised ones a suffix that tells the types."""
        overloads: dict[str, int] = {}
        for fn in self.info.functions:
            overloads[fn.name] = overloads.get(fn.name, 0) + 1
        for variant in self.variants.values():
            if variant.py:
                continue
            base = f"fn_{variant.fn.name}"
            if overloads[variant.fn.name] > 1:
                base += f"_{len(variant.params)}"
            if any(t != ty.ANY for t in variant.params):
                base += "__" + "_".join(_short(t) for t in variant.params)
            if variant.this != ty.ANY:
                base += f"__on_{_short(variant.this)}"
            variant.py = self.py_function(base)

    def emit_variant(self, variant: Variant, metas: list[FunctionMeta], order: list[str]) -> None:
        if variant.returns == ty.NONE:
            variant.inference.run(variant.params)
        for variable in self.owned[variant.fn]:
            variable.py = ""
        compiler = FunctionCompiler(self, variant.fn, variant.py, TypeView(variant.inference), variant)
        compiler.this_is_bound = variant.this != ty.ANY
        self.defs.append(compiler.compile())
        node = variant.fn.node
        assert isinstance(node, nodes.FnDef)
        self.frames[variant.py] = ("function", node.name)
        if variant.is_generic:
            metas.append(
                FunctionMeta(
                    node.name, node.params, variant.py, self.this_mode(variant.fn), node.private, node.this_type,
                    node.doc, 0, node.span.line,
                )
            )  # fmt: skip
            order.append(variant.py)

    def emit_closure(self, fn: FunctionInfo, metas: list[FunctionMeta], order: list[str]) -> None:
        node = fn.node
        assert isinstance(node, nodes.Closure)
        py = self.closure_function(fn)
        inference = self.closure_state(node).inference
        compiler = FunctionCompiler(self, fn, py, TypeView(inference))
        definition = compiler.compile()
        if fn.captures:
            definition = self.maker_of(fn, definition, list(compiler.noted.values()))
        self.defs.append(definition)
        self.frames[py] = ("closure", fn.name)
        metas.append(
            FunctionMeta(
                fn.name,
                node.params,
                py,
                self.this_mode(fn),
                True,
                None,
                (),
                len(fn.captures),
                node.span.line,
                tuple((variable.slot, _LITERAL_TYPES[type(variable.literal)]) for variable in fn.literals),
            )
        )
        order.append(self.closure_maker(fn))

    def is_leaf(self, fn: FunctionInfo) -> bool:
        """Does a closure call nothing that could call back, and does nobody assign to what it captures? Then it cannot
        come to use the variable that holds it.
        """
        if self.assigned is None:
            sources = {
                view: source
                for info in self.info.closures.values()
                for view, source in zip(info.captures, info.capture_sources, strict=True)
            }
            self.sources = sources
            variables = {*self.info.bindings.values(), *sources}
            self.assigned = {self.origin(v) for v in variables if v.assigned or v.mutated}
        body = fn.node.body
        assert isinstance(body, nodes.Node)
        return not any(isinstance(node, CALLING) for node in walk(body)) and self.assigned.isdisjoint(
            map(self.origin, fn.captures)
        )

    sources: dict[Variable, Variable]
    assigned: set[Variable] | None = None

    def origin(self, variable: Variable) -> Variable:
        """The variable itself of a closure's view of it."""
        while variable in self.sources:
            variable = self.sources[variable]
        return variable

    def closure_maker(self, fn: FunctionInfo) -> str:
        """The Python function of a closure, or the one that makes it from its captured variables."""
        name = self.closure_function(fn)
        return f"_with_{name}" if fn.captures else name

    def maker_of(self, fn: FunctionInfo, definition: pyast.FunctionDef, notes: list[pyast.stmt]) -> pyast.FunctionDef:
        """A function of the captured variables that gives the closure's own."""
        arguments = _arguments([variable.py for variable in fn.captures])
        self.at(fn.node.span)
        body: list[pyast.stmt] = [*notes, definition, place(pyast.Return(self.name(definition.name)), self.loc)]
        return place(pyast.FunctionDef(self.closure_maker(fn), arguments, body, [], None), self.loc)  # type: ignore[no-any-return]

    def assemble(self, main_def: pyast.FunctionDef, order: list[str]) -> pyast.Module:
        """The factory around all functions."""
        self.loc = (1, 1)
        self.out = []
        self.assign("_ops", self.const(0))
        for cost in sorted(self.fuels):
            self.assign(f"_fuel_{cost}", self.call("_repeat", self.const(None), self.const(0)))
        if "_trim" in self.helpers:
            self.assign("_long", self.const(False))
        helpers = helper_functions(self.helpers)
        for service in sorted({name for helper in self.helpers for name in SERVICES_OF[helper]}):
            self.use(service)
        if self.kernels:
            self.emit_bells()
        for name, value in self.prelude.items():
            self.assign(name, value)
        self.out.extend(helpers)
        self.out.extend(self.defs)
        self.out.append(main_def)
        # A counter below zero is an overdraft that the budget knows of already.
        none_left = self.compare(self.name("_ops"), (pyast.Lt(), self.const(0)))
        unspent = self.choose(none_left, self.const(0), self.name("_ops"))
        for cost in sorted(self.fuels):
            calls = place(pyast.Call(self.attribute(self.name(f"_fuel_{cost}"), "__length_hint__"), [], []), (1, 1))
            unspent = self.binop(unspent, pyast.Add(), self.binop(calls, pyast.Mult(), self.const(cost)))
        left = pyast.FunctionDef("_left", _arguments([]), [place(pyast.Return(unspent), (1, 1))], [], None)
        self.emit(left)
        if self.kernels:
            self.emit_kernels()
        functions = self.tuple_of([self.name(py) for py in order])
        self.give_back(self.tuple_of([functions, self.name("main"), self.name("_left")]))
        factory = pyast.FunctionDef("_program", _arguments(["_rt", "_linked"]), self.out, [], None)
        return pyast.Module([place(factory, (1, 1))], [])

    def emit_bells(self) -> None:
        """The bells, and what rings them whenever a stride ends."""
        bells = [f"_bell_{number}" for number in range(1, self.bells + 1)]
        for name in bells:
            self.assign(name, self.const(False))
        if "_poll" in self.prelude:
            self.prelude["_refill"] = self.prelude.pop("_poll")
            self.out += _parsed(
                "def _poll(_left):\n    nonlocal " + ", ".join(bells) + "\n    " + " = ".join([*bells, "True"])
                + "\n    return _refill(_left)"
                if bells
                else "def _poll(_left):\n    return _refill(_left)"
            )  # fmt: skip

    def emit_kernels(self) -> None:
        """What hands loops and functions over to kernels: the counter's contents, and the cells of functions."""
        self.out += _parsed("def _swap(_new):\n    nonlocal _ops\n    _old = _ops\n    _ops = _new\n    return _old")
        parts = []
        for number, name in self.kernel_functions.items():
            self.out += _parsed(f"def _replace_{number}(_new):\n    nonlocal {name}\n    {name} = _new")
            parts.append(self.tuple_of([self.const(number), self.name(name), self.name(f"_replace_{number}")]))
        start = place(pyast.Attribute(self.name("_rt"), "start_kernels", LOAD), self.loc)
        call = place(pyast.Call(start, [self.name("_linked"), self.name("_swap"), self.tuple_of(parts)], []), self.loc)
        names = [place(pyast.Name(name, STORE), self.loc) for name in ("_ready", "_enter", "_offer")]
        self.emit(pyast.Assign([place(pyast.Tuple(names, STORE), self.loc)], call))


def _parsed(text: str) -> list[pyast.stmt]:
    """Statements of the compiler's own, placed at the start of the script."""
    found = pyast.parse(text).body
    for statement in found:
        for node in pyast.walk(statement):
            if isinstance(node, (pyast.expr, pyast.stmt, pyast.arg)):
                place(node, (1, 1))
    return found


_LITERAL_TYPES: Final[dict[type, str]] = {
    nodes.IntLit: "i64",
    nodes.FloatLit: "f64",
    nodes.BoolLit: "bool",
    nodes.CharLit: "char",
    nodes.StringLit: "string",
    nodes.UnitLit: "()",
}

SERVICES: Final = {
    "_import": "import_module",
    "_caught": "caught_value",
    "_seen": "catch_value",
    "_step": "debug_step",
    "_watch": "debug_watch",
}
"""Services whose method has another name than the service without its underscore."""


def _arguments(names: list[str]) -> pyast.arguments:
    return pyast.arguments([], [place(pyast.arg(name), (1, 1)) for name in names], None, [], [], None, [])


def _normal(t: int) -> int:
    """The parameter type a variant is made for: one known class, or anything."""
    low = t & ty.LOW
    if low in (ty.INT, ty.FLOAT, ty.BOOL, ty.STR, ty.CHAR):
        return low
    return t if low in (ty.ARRAY, ty.MAP) else ty.ANY


_SHORT: Final = {ty.INT: "int", ty.FLOAT: "float", ty.BOOL: "bool", ty.STR: "str", ty.CHAR: "char"}


def _short(t: int) -> str:
    if t == ty.ANY:
        return "any"
    return _SHORT.get(t) or f"{'map' if t & ty.MAP else 'array'}{t >> ty.WIDTH:x}"


def _variables_by_owner(info: ProgramInfo) -> dict[FunctionInfo, list[Variable]]:
    """The variables of every function."""
    owned: dict[FunctionInfo, list[Variable]] = {fn: list(fn.params) for fn in info.functions}
    for variable in (*info.bindings.values(), *info.second.values()):
        owned.setdefault(variable.owner, []).append(variable)
    return owned


def _takes_pointers(node: nodes.Node, names: set[str]) -> bool:
    """Does the code make function pointers by name, or hide calls in text?"""
    pending: list[nodes.Node] = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, nodes.Variable) and current.name in names:
            return True
        if isinstance(current, nodes.Call) and (current.name in ("Fn", "eval", "call") or current.captures_scope):
            return True
        if isinstance(current, (nodes.Import, nodes.CustomSyntax)):
            return True
        pending.extend(children(current))
    return False


def compile_script(
    script: nodes.Script, source: SourceFile, config: CompileConfig, _hook: Callable[..., Any] | None = None
) -> Program:
    """Compile a syntax tree to a program.

    Raises:
        ParseError: `ExprTooDeep`, where CPython cannot nest as deeply as the script does.
    """
    try:
        with collector.paused():
            compiler = ProgramCompiler(script, source, config)
            try:
                return compiler.build()
            finally:
                # The compiler and what it made point at each other; parted, they go now and not by a search for them.
                compiler.__dict__.clear()
    except RecursionError:
        frames = sys.getrecursionlimit()
        exceeded = Exceeded("Python's recursion limit", frames, frames + 1)
        raise ParseError("ExprTooDeep", TOO_DEEP, source=source, exceeded=exceeded) from None
    except SyntaxError as error:
        if error.msg != "too many statically nested blocks":
            raise
        place = Position(error.lineno or 1, error.offset or 1)
        blocks = Exceeded("Python's limit of nested blocks", PYTHON_BLOCKS, PYTHON_BLOCKS + 1)
        raise ParseError("ExprTooDeep", TOO_DEEP, place, source=source, hint=NESTING_HINT, exceeded=blocks) from None


def _remember(filename: str, text: str) -> None:
    """Let Python's tracebacks show script lines; only of the latest scripts, as a host may compile any number."""
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    _files.append(filename)
    while len(_files) > FILES_KEPT:
        linecache.cache.pop(_files.popleft(), None)


def dump(program: Program) -> str:
    """The emitted Python as text, for `--emit=py`."""
    if program.tree is None:
        return ""
    return pyast.unparse(pyast.fix_missing_locations(program.tree))


__all__ = ["STORE", "CompileConfig", "compile_script", "dump"]
