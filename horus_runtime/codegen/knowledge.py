"""What the whole script and its host say about names: which calls are pure, standard, overridden or methods."""

from __future__ import annotations

import keyword
import re
from functools import cached_property
from typing import TYPE_CHECKING, Final

from horus_runtime.analysis import types as ty
from horus_runtime.analysis.scopes import FunctionInfo, Variable, analyze
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import children, walk
from horus_runtime.codegen.config import CompileConfig
from horus_runtime.codegen.prelude import Prelude
from horus_runtime.codegen.thresholds import float_limit
from horus_runtime.runtime.abi import (
    EXPORTS,
    THIS_CELL,
    THIS_NONE,
    THIS_VALUE,
)
from horus_runtime.source import SourceFile

if TYPE_CHECKING:
    from horus_runtime.runtime.abi import NativeFn

CALLING: Final = (
    nodes.Call, nodes.MethodCall, nodes.Closure, nodes.Template, nodes.Import, nodes.CustomSyntax, nodes.This,
)  # fmt: skip
"""What code that calls nothing does not have."""
COMPILER_PREFIXES: Final = ("_", "fn_", "anon_", "v_")
"""How names in generated code begin that are no variable of the script."""
KEEPERS: Final = frozenset({"push", "insert", "pad", "set", "append", "splice", "mixin", "fill_with", "take"})
"""Standard functions that store an argument: it must be the callee's own. Unknown functions are treated alike."""

TAGS: Final = re.compile(r"\.\s*tag\b|set_tag")
"""What a script contains that attaches tags to values."""


class Knowledge(Prelude):
    """Answers of one script's compiler to the compilers of its functions."""

    def __init__(self, script: nodes.Script, source: SourceFile, config: CompileConfig) -> None:
        super().__init__()
        self.config = config
        self.source = source
        self.by_key = {(f.name, len(f.params)): f for f in script.functions if f.this_type is None}
        self.names = {f.name for f in script.functions}
        self.typed = {f.name for f in script.functions if f.this_type is not None}
        self.method_keys = {(f.name, len(f.params)) for f in script.functions}
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
        self.py_names: set[str] = set(EXPORTS) | {"main", "_ops", "_rt", "_linked", "_left", "_program", "_this"}
        self.py_names |= {"_ready", "_enter", "_offer", "_swap", "_refill"}
        self.depth_checked = self.find_depth_checked()
        self.overriding: dict[tuple[str, int, int], bool] = {}

    @cached_property
    def tags(self) -> bool:
        """May the script attach tags to values?"""
        return TAGS.search(self.source.text) is not None

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
        key = (name, count, receiver & ty.LOW)
        found = self.overriding.get(key)
        if found is None:
            found = self.overriding[key] = self._overridden(name, count, receiver)
        return found

    def _overridden(self, name: str, count: int, receiver: int) -> bool:
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
        if isinstance(fn.node, nodes.Closure):
            return True
        body = fn.node.body
        return id(fn) in self.depth_checked and not (isinstance(body, nodes.Block) and not body.body)

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

    def native(self, name: str, types: tuple[str, ...]) -> NativeFn | None:
        """The native that these types mean, where nothing can stand in its way."""
        return self.config.table.find_types(name, types)  # type: ignore[no-any-return]

    def direct_method(self, name: str, count: int) -> FunctionInfo | None:
        """The script function that a method call means, if it surely does and never replaces `this`."""
        info = self.function(name, count)
        if info is None or self.has_typed(name) or self.this_mode(info) == THIS_CELL:
            return None
        return info

    def is_leaf(self, fn: FunctionInfo) -> bool:
        """Does a closure call nothing that could call back, and does nobody assign to what it captures? Then it cannot
        come to use the variable that holds it.
        """
        body = fn.node.body
        assert isinstance(body, nodes.Node)
        if any(isinstance(node, CALLING) for node in walk(body)):
            return False
        self.find_assigned()
        return self.assigned.isdisjoint(map(self.origin, fn.captures))

    def replaces(self, variable: Variable) -> bool:
        """Does anything in the script assign to a variable, or change its value in place, if it is a pointer?"""
        self.find_assigned()
        return self.origin(variable) in self.replaced

    def find_assigned(self) -> None:
        """Find out which variables are changed, whoever does it."""
        if self.sources is None:
            sources = {
                view: source
                for info in self.info.closures.values()
                for view, source in zip(info.captures, info.capture_sources, strict=True)
            }
            self.sources = sources
            variables = {*self.info.bindings.values(), *sources}
            self.assigned = {self.origin(v) for v in variables if v.assigned or v.mutated}
            # `f.call(x)` changes `f` only where that is no pointer.
            self.replaced = {self.origin(v) for v in variables if v.assigned or (v.mutated and not v.lent)}

    sources: dict[Variable, Variable] | None = None
    """The variable behind each closure's view of one."""
    assigned: set[Variable]
    replaced: set[Variable]

    def origin(self, variable: Variable) -> Variable:
        """The variable itself of a closure's view of it."""
        sources = self.sources or {}
        while variable in sources:
            variable = sources[variable]
        return variable


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
