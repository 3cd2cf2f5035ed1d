"""Runs kernels: decides which of them pay, hands values in and out, and turns failures into script errors.

What does not work for whatever reason is not done: the Python of the same code runs on.
"""

from __future__ import annotations

import ast as pyast
import ctypes
import struct
import threading
from collections.abc import Callable
from functools import partial
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.codegen.native import kernels as k
from horus_runtime.codegen.native.kernels import Kernel
from horus_runtime.codegen.native.library import PAGE, POINTER, Arrays, Instance, Unavailable, library

if TYPE_CHECKING:
    from types import CodeType

PATIENCE: Final = 8
"""Strides that must have ended in a loop or function before it is compiled: some 4 ms of work."""
SHORT_TURN: Final = 50
"""Operations of a turn in which nothing else is a loop, at most as a rule."""
PATIENT: Final = 4
"""Some wait so many times longer, in the run that first asks for them."""
ALLOWED: Final = 0.005
SHARE: Final = 0.02
"""Preparing kernels may make a run slower by so many seconds, and by this share of its time; by more only when kernels
have saved it before."""
COMPILING: Final = 0.005
"""Seconds that compiling a kernel takes as a rule. Times are those of the thread: a busy machine changes little."""
COPYING: Final = 5e-8
"""Seconds that an element of an array takes on its way in and out."""
PYTHON: Final = 3e-8
"""Seconds that an operation takes in Python, at least."""
SHORT: Final = 4e-9
"""Seconds that it takes in loops over arrays, where most of them are reads of variables and literals."""
TRIAL: Final = 10_000
"""Operations that the use of a kernel must have cost before it is judged: the first calls of a recursion are the small
ones."""
CALL_COST: Final = 150
"""Operations of Python that take as long as calling a kernel."""
FORMATS: Final = {k.INT: "q", k.FLOAT: "d", k.BOOL: "?7x", k.ARRAY: "i4x"}
OPERATIONS: Final = struct.Struct("<q")
SETTINGS: Final = struct.Struct("<q32xi4x8xi4xi4xqi")
"""Operations, the greatest depth, the level, the first free address, the longest array that needs no check,
and whether a loop is in the middle of a turn."""


_compiling = threading.Lock()


class Compiled:
    """A kernel with what is known of its use. Instances wait in a pool for the next run."""

    seconds = COMPILING
    """What compiling has taken lately."""

    def __init__(self, kernel: Kernel, patience: int) -> None:
        self.kernel = kernel
        self.whole: Compiled | None = None
        """The function that this loop is part of, if that is a kernel, too."""
        self.polls = 0
        self.patience = patience
        self.module: Any = None
        self.free_module: Callable[[Any], None] | None = None
        self.useless = False
        """It does not work or does not pay: its code stays Python."""
        self.spent = 0
        self.cost = 0
        self.pool: list[Instance] = []
        self.take_in = struct.Struct("<" + "".join(FORMATS[kind[0]] for kind in kernel.inputs))
        self.arrays_in = [at for at, kind in enumerate(kernel.inputs) if kind[0] == k.ARRAY]
        self.out = struct.Struct("<" + FORMATS.get(kernel.result[0], "q"))

    def __del__(self) -> None:
        # At the end of the process names of this module are gone already.
        if self.free_module is not None:
            self.pool.clear()
            self.free_module(self.module)

    def is_due(self) -> bool:
        """Was it asked for often enough? Counts."""
        if self.useless:
            return False
        self.polls += 1
        return self.polls > self.patience * (PATIENT if self.kernel.waits else 1)

    def compile(self) -> None:
        try:
            lib = library()
            with _compiling:
                if self.module is None:
                    module = POINTER()
                    wasm = self.kernel.wasm
                    lib.check(lib.wasmtime_module_new(lib.engine, wasm, len(wasm), ctypes.byref(module)))
                    self.module, self.free_module = module, lib.wasmtime_module_delete
        except Unavailable:
            self.useless = True

    def instance(self) -> Instance | None:
        try:
            return self.pool.pop()
        except IndexError:
            pass
        try:
            return Instance(library(), self.module)
        except Unavailable:
            self.useless = True
            return None

    def note(self, spent: int, elements: int) -> None:
        """Judge by the first uses whether it pays."""
        if self.patience and self.cost < TRIAL:
            self.spent += spent
            self.cost += CALL_COST + elements // 2
            if self.spent < self.cost >= TRIAL:
                self.useless = True


class Kernels:
    """The kernels of one program; shared by its runs."""

    def __init__(self, kernels: tuple[Kernel, ...], patience: int = PATIENCE) -> None:
        self.compiled = [Compiled(kernel, patience) for kernel in kernels]
        whole = {item.kernel.name: item for item in self.compiled if item.kernel.is_function}
        for item in self.compiled:
            item.whole = None if item.kernel.is_function else whole.get(item.kernel.name)
        self.frames: dict[tuple[str, int, int, bool], Callable[[Callable[[], Any]], Any]] = {}

    def data(self) -> list[tuple[Any, ...]]:
        """The kernels as plain values, from which `from_data` makes them again."""
        return [tuple(getattr(item.kernel, name) for name in Kernel.__dataclass_fields__) for item in self.compiled]

    @classmethod
    def from_data(cls, data: list[tuple[Any, ...]]) -> Kernels:
        return cls(tuple(Kernel(*fields) for fields in data))

    def start(
        self, run: Any, program: Any, swap: Callable[[int], int], functions: tuple[tuple[int, Any, Any], ...]
    ) -> tuple[Callable[[int], bool], Callable[..., Any], Callable[[int], None]]:
        """What generated code calls: `ready` and `enter` for loops, `offer` for functions in which a stride ended.

        `swap` puts another number of operations left into the program's counter and gives the old one.
        """
        bound = Bound(self, run, program, swap, functions)
        bound.adopt()
        return bound.ready, bound.enter, bound.offer

    def frame(self, program: Any, site: tuple[str, str, int, int, str], *, continues: bool) -> Any:
        """A Python function that stands for a script's frame at a place: it calls what it is given."""
        _, _, line, column, name = site
        key = (name, line, column, continues)
        if key not in self.frames:
            code = _frame_code(program.filename, name, line, column, "_continues" if continues else "_next")
            space: dict[str, Any] = {"__builtins__": {}}
            exec(code, space)  # noqa: S102 - the code was made three lines above
            self.frames[key] = space[name]
        return self.frames[key]


def _frame_code(filename: str, name: str, line: int, column: int, argument: str) -> CodeType:
    load = pyast.Load()
    call = pyast.Call(pyast.Name(argument, load), [], [])
    arguments = pyast.arguments([], [pyast.arg(argument)], None, [], [], None, [])
    tree = pyast.Module([pyast.FunctionDef(name, arguments, [pyast.Return(call)], [], None)], [])
    for node in pyast.walk(tree):
        if isinstance(node, (pyast.expr, pyast.stmt, pyast.arg)):
            node.lineno = node.end_lineno = line
            node.col_offset, node.end_col_offset = column - 1, column
    return compile(tree, filename, "exec", dont_inherit=True)


class Bound:
    """The kernels of a program in one run."""

    def __init__(
        self, kernels: Kernels, run: Any, program: Any, swap: Callable[[int], int], functions: tuple[Any, ...]
    ) -> None:
        self.kernels = kernels
        self.started = perf_counter()
        self.run = run
        self.program = program
        self.swap = swap
        self.functions = {number: (function, replace) for number, function, replace in functions}
        self.replaced: set[int] = set()
        self.seen: dict[Compiled, tuple[int, int, int]] = {}
        """Where loops over arrays were when a stride last ended in them: turn, end, operations granted."""
        self.overhead = 0.0
        """Seconds that went into preparing kernels."""
        self.saved = 0.0
        """Seconds by which kernels were faster than Python, by a careful estimate; below zero: slower."""

    def affords(self, seconds: float) -> bool:
        """May the run get slower by so much?"""
        budget = ALLOWED + self.saved + SHARE * (perf_counter() - self.started)
        return self.overhead + seconds <= budget

    def is_ready(self, compiled: Compiled) -> bool:
        """Can a kernel run now? Compiles it when it is due; one for arrays not before it is known how long they are."""
        if compiled.module is not None or compiled.useless:
            return not compiled.useless
        if not compiled.is_due() or (compiled.patience and not self.affords(Compiled.seconds)):
            return False
        return bool(compiled.arrays_in and compiled.patience) or self.make(compiled)

    def make(self, compiled: Compiled) -> bool:
        """Compile a kernel. Does it work?"""
        start = thread_time()
        compiled.compile()
        taken = thread_time() - start
        self.overhead += taken
        Compiled.seconds = min(COMPILING, (Compiled.seconds + taken) / 2)
        return not compiled.useless

    # ---- loops ------------------------------------------------------------------------------------------------------

    def ready(self, number: int) -> bool:
        """Can a loop go on as a kernel?"""
        compiled = self.kernels.compiled[number]
        if compiled.whole is not None:
            compiled.whole.polls += 1
        return self.is_ready(compiled)

    def enter(
        self, number: int, depth: int, entered: bool, refund: int, values: tuple[Any, ...]
    ) -> tuple[Any, ...] | None:
        """Go on with a loop as a kernel. Returns `None` if that was not possible, else how the loop ended, then the
        variables that it changed: ended is `None`, or a function that returns the result or raises.

        Args:
            entered: a turn has begun.
            refund: operations that were paid for turns after it.
        """
        compiled = self.kernels.compiled[number]
        if compiled.patience and compiled.kernel.is_range and not self.pays(compiled, values, entered):
            return None
        done = self.execute(compiled, depth, values, entered, refund)
        if done is None:
            return None
        status, instance, arrays, inputs = done
        out = compiled.take_in.unpack_from(instance.page, k.VALUES)
        kinds = compiled.kernel.inputs
        changed = [
            self.written(arrays, values[at], inputs[at], out[at], kinds[at]) if kinds[at][0] == k.ARRAY else out[at]
            for at in compiled.kernel.outputs
        ]
        ended: Callable[[], Any] | None = None
        if status == k.RETURNED:
            kind = compiled.kernel.result
            value = None if kind == k.UNIT else compiled.out.unpack_from(instance.page, k.RESULT)[0]
            ended = partial(_same, value)
        elif status:
            ended = self.failure(compiled, instance)
        self.release(compiled, instance)
        return (ended, *changed)

    def pays(self, compiled: Compiled, values: tuple[Any, ...], entered: bool) -> bool:
        """Is what a loop over a range still has to do clearly worth the copying of its arrays?

        Turns without other loops in them, which are not entered, are short; what others take is seen from the second
        time on that a stride ends in the loop.
        """
        elements = sum(_size(values[at]) for at in compiled.arrays_in)
        turn, end = values[:2]
        if not elements:
            return True
        if not entered:
            return bool((end - turn) * SHORT_TURN * SHORT > 2 * elements * COPYING)
        granted = self.run.budget.granted
        before, self.seen[compiled] = self.seen.get(compiled), (turn, end, granted)
        if before is None or before[1] != end or before[0] >= turn:
            return False
        cost = (granted - before[2]) / (turn - before[0])
        return bool((end - turn) * cost * SHORT > 2 * elements * COPYING)

    @staticmethod
    def written(arrays: Arrays, value: list[Any], before: int, after: int, kind: str) -> list[Any]:
        """A changed array: the same list with other elements, or another list where the variable got another one."""
        made = arrays.get(after, kind)
        if before != after:
            return made
        value[:] = made
        return value

    # ---- functions --------------------------------------------------------------------------------------------------

    def adopt(self) -> None:
        """Functions that were hot in an earlier run are kernels from the start."""
        for number in self.functions:
            compiled = self.kernels.compiled[number]
            if compiled.module is not None or not compiled.patience or compiled.polls >= compiled.patience:
                compiled.polls += compiled.patience * PATIENT
                if self.is_ready(compiled):
                    self.replace(number)

    def offer(self, number: int) -> None:
        """A stride ended in a function: from now on its calls go to the kernel, if it is hot."""
        if number not in self.replaced and self.is_ready(self.kernels.compiled[number]):
            self.replace(number)

    def replace(self, number: int) -> None:
        function, replace = self.functions[number]
        self.replaced.add(number)
        replace(partial(self.call, self.kernels.compiled[number], function, replace))

    def call(self, compiled: Compiled, function: Any, replace: Any, depth: int, *values: Any) -> Any:
        """Call a function's kernel instead of the function."""
        done = self.execute(compiled, depth, values)
        if done is None:
            if compiled.useless:
                replace(function)
            return function(depth, *values)
        status, instance, arrays, _ = done
        if compiled.useless:
            replace(function)
        if status:
            failure = self.failure(compiled, instance)
            self.release(compiled, instance)
            return failure()
        kind = compiled.kernel.result
        value = None
        if kind != k.UNIT:
            value = compiled.out.unpack_from(instance.page, k.RESULT)[0]
            if kind[0] == k.ARRAY:
                value = arrays.get(value, kind)
        self.release(compiled, instance)
        return value

    # ---- both -------------------------------------------------------------------------------------------------------

    def execute(
        self, compiled: Compiled, depth: int, values: tuple[Any, ...], entered: bool = False, refund: int = 0
    ) -> tuple[int, Instance, Arrays, list[Any]] | None:
        """Run a kernel; `None` if it could not, and then nothing has happened."""
        elements = sum(_size(values[at]) for at in compiled.arrays_in)
        coming = elements * COPYING + (Compiled.seconds if compiled.module is None else 0.0)
        if coming and compiled.patience and not self.affords(coming):
            return None
        if compiled.module is None and not self.make(compiled):
            return None
        start = thread_time()
        instance = compiled.instance()
        if instance is None:
            return None
        arrays = Arrays(instance)
        inputs = list(values)
        run, budget = self.run, self.run.budget
        try:
            for at in compiled.arrays_in:
                inputs[at] = arrays.put(values[at], compiled.kernel.inputs[at])
            compiled.take_in.pack_into(instance.page, k.VALUES, *inputs)
        except (struct.error, OverflowError, TypeError, ValueError, Unavailable):
            self.release(compiled, instance)
            return None
        ops, granted = self.swap(0), budget.granted
        SETTINGS.pack_into(instance.page, 0, ops + refund, run.max_depth, depth, arrays.top, run.safe_array, entered)
        instance.run, instance.error = run, None
        run.handed_over += refund
        instance.longest = budget.longest_stride
        status = instance.call()
        longest = budget.longest_stride = min(budget.longest_stride, instance.longest)
        budget.stride = min(budget.stride, longest)
        run.handed_over -= refund
        if status < 0:
            # Out of memory or native stack: as if it had never run, the Python does it.
            compiled.useless = True
            budget.granted = granted
            self.swap(ops)
            return None
        instance.find_memory()
        (left,) = OPERATIONS.unpack_from(instance.page)
        if left > longest:
            budget.granted -= left - longest
            left = longest
        self.swap(left)
        spent = budget.granted - left - (granted - ops - refund)
        compiled.note(spent, arrays.elements)
        self.saved += spent * PYTHON - (thread_time() - start)
        return status, instance, arrays, inputs

    def release(self, compiled: Compiled, instance: Instance) -> None:
        instance.run = instance.error = None
        if instance.size <= 64 * PAGE:
            compiled.pool.append(instance)

    def failure(self, compiled: Compiled, instance: Instance) -> Callable[[], Any]:
        """A function that raises what the kernel failed with, out of frames like those of the Python of its code."""
        sites, page = compiled.kernel.sites, instance.page
        number, left, right = struct.unpack_from("<i4xqq", page, k.SITE)
        (length,) = struct.unpack_from("<i", page, k.TRACE_LENGTH)
        calls = struct.unpack_from(f"<{length}i", page, k.TRACE)
        what, which = sites[number][:2]
        # A call that is too deep fails where it is made, not in the function that is called.
        chain = [sites[at] for at in (calls if what == "depth" and calls else (number, *calls))]
        if instance.error is not None:
            raising: Callable[[], Any] = partial(_throw, instance.error)
        else:
            raising = partial(self.run.kernel_failure, what, which, left, right)
        for at, site in enumerate(chain):
            continues = at == len(chain) - 1 and not compiled.kernel.is_function
            frame: Callable[..., Any] = self.kernels.frame(self.program, site, continues=continues)
            raising = partial(frame, raising)
        return raising


def _size(value: list[Any]) -> int:
    """About how many elements an array has, those of arrays in it counted."""
    return len(value) * (len(value[0]) + 4) if value and type(value[0]) is list else len(value)


def _same(value: Any) -> Any:
    return value


def _throw(error: BaseException) -> Any:
    raise error


def nothing(*_: Any) -> None:
    """What `enter` and `offer` are in runs without kernels."""
