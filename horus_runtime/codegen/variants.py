"""Variants: functions specialised on the types of their arguments, and the inference of all types to a fixpoint."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from horus_runtime.analysis import results
from horus_runtime.analysis import types as ty
from horus_runtime.analysis.inference import Inference
from horus_runtime.analysis.intervals import Definition, definitions
from horus_runtime.analysis.scopes import FunctionInfo, Variable
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import walk
from horus_runtime.codegen.config import CompileConfig
from horus_runtime.codegen.cost import block_cost
from horus_runtime.codegen.emitter import unused
from horus_runtime.codegen.knowledge import Knowledge
from horus_runtime.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable


MAX_VARIANTS: Final = 4
MOST_REPEATED: Final = 500
"""Nodes of the functions of a script that are compiled again for arguments other than numbers, which gain less by that.
The last function may go beyond it.
"""
DEEPEST: Final = 8
"""So many functions are inferred one inside of the other, when a call asks for what the next one returns."""
_SHORT: Final = {ty.INT: "int", ty.FLOAT: "float", ty.BOOL: "bool", ty.STR: "str", ty.CHAR: "char", ty.UNIT: "unit"}
_PLAIN: Final = ty.INT | ty.FLOAT | ty.BOOL | ty.STR | ty.CHAR | ty.UNIT


class TypeView:
    """The finished types of one variant; what inference has not kept is looked at once."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        # Some look at an expression from outside the conditions that stand around it and say more of its variables.
        self.memo = inference.found
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

    __slots__ = (
        "callers",
        "fn",
        "inference",
        "params",
        "py",
        "returns",
        "running",
        "stale",
        "this",
        "this_after",
        "used",
    )

    def __init__(self, fn: FunctionInfo, params: tuple[int, ...], this: int, inference: Inference) -> None:
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
        self.running = False
        """Are its types being inferred?"""
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

    inference: Inference
    params: list[int]
    returns: int = ty.NONE
    stale: bool = True
    running: bool = False
    callers: set[Any] = field(default_factory=set)
    """Whose types depend on what it returns."""

    def infer(self) -> bool:
        """Infer its types again; does it return more than was known?"""
        known = self.returns
        self.returns |= self.inference.run(tuple(self.params))
        return self.returns != known


Unit = TypeVar("Unit", Variant, ClosureState)


class Specialiser(Knowledge):
    """Finds the variants of a script's functions and the types in all of them."""

    def __init__(self, script: nodes.Script, source: SourceFile, config: CompileConfig) -> None:
        super().__init__(script, source, config)
        self.variants: dict[tuple[int, tuple[int, ...], int], Variant] = {}
        self.variants_of: dict[FunctionInfo, list[Variant]] = {}
        self.inferring: Variant | ClosureState | None = None
        """Whose types are being inferred; `None`: those of main."""
        self.main_asked: set[Variant | ClosureState] = set()
        self.closure_states: dict[int, ClosureState] = {}
        self.fields = ty.Fields()
        self.defined: dict[FunctionInfo, list[Definition]] = {}
        self.costs: dict[FunctionInfo, int] = {}

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
                if len(known) >= MAX_VARIANTS or not self.affords(fn, (this, *params)):
                    self.variants[key] = self.variant(fn, generic)
                    return self.variants[key]
            found = Variant(fn, params, this, self.infer(fn))
            self.variants[key] = found
            known.append(found)
            self.more_is_used = True
            if self.named:
                self.name_variants()
        return found

    def affords(self, fn: FunctionInfo, types: tuple[int, ...]) -> bool:
        """Is the function to be compiled for these types, too? For numbers always, else while the script is small."""
        if any(map(_has_numbers, types)):
            return True
        if self.nodes_left <= 0:
            return False
        self.nodes_left -= sum(1 for _ in walk(fn.node))
        return True

    nodes_left = MOST_REPEATED
    """How much may still be compiled again for arguments other than numbers."""

    @staticmethod
    def widened(known: list[Variant], params: tuple[int, ...], this: int) -> Variant | None:
        """A variant for the same classes of arguments, which from now on takes what these hold, too.

        Types of elements grow while they are inferred: a variant for every stage would soon use up all that there are.
        """
        for variant in known:
            pairs = [(variant.this, this), *zip(variant.params, params, strict=True)]
            if all(_may_join(old, new) for old, new in pairs):
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

    new_inference: Callable[..., Inference] = Inference

    def infer(self, fn: FunctionInfo) -> Inference:
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
        wider = [old | new for old, new in zip(state.params, arg_types, strict=True)]
        if wider != state.params and not self.named:
            state.params = wider
            state.stale = True
        self._asked(state)
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
        """The types in hand depend on this variant's or closure's, which is inferred now if it has not been yet."""
        if unit.stale and not (self.named or unit.running) and self.nesting < DEEPEST:
            self.infer_unit(unit)
        if self.inferring is None:
            self.main_asked.add(unit)
        else:
            unit.callers.add(self.inferring)
        return unit

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
                self.infer_unit(unit)
                again = self.redo_readers() or again
            again, self.main_stale = again or self.main_stale, False

    main_stale = False
    """Has something grown that main has asked for?"""
    nesting = 0
    """How many variants and closures are being inferred, each because another one asked for it."""

    def infer_unit(self, unit: Variant | ClosureState) -> None:
        """Infer the types of a variant or closure, and note who has to be looked at again."""
        outer, reader = self.inferring, self.fields.reader
        self.inferring = self.fields.reader = unit
        unit.stale, unit.running = False, True
        self.nesting += 1
        grown = unit.infer()
        self.nesting -= 1
        unit.running = False
        self.inferring, self.fields.reader = outer, reader
        if grown:
            for caller in unit.callers:
                caller.stale = True
            self.main_stale = self.main_stale or unit in self.main_asked

    def units(self) -> list[Variant | ClosureState]:
        return [*dict.fromkeys(self.variants.values()), *self.closure_states.values()]

    def redo_readers(self) -> bool:
        """Properties hold more than what was read of them: read them again. Was main among the readers?"""
        touched, self.fields.touched = self.fields.touched, set()
        for unit in touched:
            if unit is not None:
                unit.stale = True
        return None in touched

    def py_function(self, base: str) -> str:
        """A Python name for a function of the program."""
        return unused(base, self.py_names)

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


def _normal(t: int) -> int:
    """The parameter type a variant is made for: one known class, one of several of plain values, or anything."""
    low = t & ty.LOW
    if low and low & ~_PLAIN == 0:
        return low
    return t if low in (ty.ARRAY, ty.MAP) else ty.ANY


def _has_numbers(t: int) -> bool:
    """Is a value of this type a number, or does it hold numbers and no more than them?"""
    while t and t != ty.ANY:
        low = t & ty.LOW
        if low & ty.NUMBER and low & ~(ty.NUMBER | ty.UNIT) == 0:
            return True
        t >>= ty.WIDTH
    return False


def _may_join(old: int, new: int) -> bool:
    """Does a variant for one type do for the other, too, perhaps for both together?"""
    if (old == ty.ANY) != (new == ty.ANY):
        return False
    low, other = old & ty.LOW, new & ty.LOW
    return low == other or (_is_mixed(low) and other & ~_PLAIN == 0 and (_is_mixed(other) or other & ~low == 0))


def _is_mixed(low: int) -> bool:
    """Several classes of plain values."""
    return low & (low - 1) != 0 and low & ~_PLAIN == 0


def _short(t: int) -> str:
    if t == ty.ANY:
        return "any"
    if t & ty.LOW & ~_PLAIN == 0:
        return "_or_".join(name for bit, name in _SHORT.items() if t & bit)
    return f"{'map' if t & ty.MAP else 'array'}{t >> ty.WIDTH:x}"
