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
import linecache
import sys
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from horus_runtime import collector
from horus_runtime.analysis import types as ty
from horus_runtime.analysis.scopes import FunctionInfo, ProgramInfo, Variable
from horus_runtime.ast import nodes
from horus_runtime.codegen.config import CompileConfig
from horus_runtime.codegen.emitter import LOAD, STORE, place
from horus_runtime.codegen.functions import FunctionCompiler
from horus_runtime.codegen.inlining import Inliner
from horus_runtime.codegen.metering import SERVICES_OF, helper_functions
from horus_runtime.codegen.native.kernels import Kernel
from horus_runtime.codegen.native.selection import may_have_kernels
from horus_runtime.codegen.variants import Specialiser, TypeView, Variant
from horus_runtime.errors import Exceeded, ParseError
from horus_runtime.optimize.values import kind_of
from horus_runtime.runtime.abi import (
    Fault,
    FunctionMeta,
    Program,
)
from horus_runtime.source import Position, SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable


NESTING_HINT: Final = "at most 18 loops and try blocks can stand inside each other in one function"
PYTHON_BLOCKS: Final = 20
TOO_DEEP: Final = "Expression exceeds maximum complexity"
FILES_KEPT: Final = 1024
"""Compiled texts that Python's own tracebacks can show lines of."""

_numbers = itertools.count(1)
_files: deque[str] = deque()


class ProgramCompiler(Specialiser):
    """Compiles one script."""

    def __init__(self, script: nodes.Script, source: SourceFile, config: CompileConfig) -> None:
        super().__init__(script, source, config)
        self.source_name = source.name
        digest = hashlib.sha256(f"{source.name}\0{source.text}".encode("utf-8", "surrogatepass")).hexdigest()
        self.digest = digest
        self.faults: dict[tuple[str, int, int], Fault] = {}
        self.places: dict[tuple[int, int], Position] = {}
        self.frames: dict[str, tuple[str, str]] = {}
        self.loop_costs: dict[int, int] = {}
        self.closures: dict[int, str] = {}
        self.closure_names: dict[int, str] = {}
        self.closure_infos: list[FunctionInfo] = []
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
        self.inliner = Inliner(self)
        evaluated = config.has_parent and not config.rewind
        self.keeps_globals = bool(script.functions or self.info.closures or evaluated)
        """Rhai keeps constants for `global::` only where there is a function that could ask for them."""

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
        program.inlined = tuple(self.inliner.calls)
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
                tuple((view.slot, kind_of(view.literal) or "") for view in fn.literals if view.literal is not None),
            )
        )
        order.append(self.closure_maker(fn))

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
        names: list[pyast.expr] = [self.slot(name) for name in ("_ready", "_enter", "_offer")]
        self.emit(pyast.Assign([place(pyast.Tuple(names, STORE), self.loc)], call))


def _parsed(text: str) -> list[pyast.stmt]:
    """Statements of the compiler's own, placed at the start of the script."""
    found = pyast.parse(text).body
    for statement in found:
        for node in pyast.walk(statement):
            if isinstance(node, (pyast.expr, pyast.stmt, pyast.arg)):
                place(node, (1, 1))
    return found


def _arguments(names: list[str]) -> pyast.arguments:
    return pyast.arguments([], [place(pyast.arg(name), (1, 1)) for name in names], None, [], [], None, [])


def _variables_by_owner(info: ProgramInfo) -> dict[FunctionInfo, list[Variable]]:
    """The variables of every function."""
    owned: dict[FunctionInfo, list[Variable]] = {fn: list(fn.params) for fn in info.functions}
    for variable in dict.fromkeys((*info.bindings.values(), *info.second.values())):
        owned.setdefault(variable.owner, []).append(variable)
    return owned


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
