"""Runs kernels: the C library of wasmtime, compiled modules, instances, values in and out, failures as script errors.

The library is used through its C interface alone. Importing the Python package around it takes 45 ms, loading the
library 1 ms; a call takes 2 microseconds instead of 30. What does not work for whatever reason is not done: the
Python of the same code runs on.
"""

from __future__ import annotations

import ast as pyast
import ctypes
import struct
import threading
from array import array
from collections.abc import Callable
from functools import cache, partial
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.codegen.native import kernels as k
from horus_runtime.codegen.native.kernels import Kernel

if TYPE_CHECKING:
    from types import CodeType

POINTER: Final = ctypes.c_void_p
SUPPORTED: Final = range(40, 51)
"""Major versions of wasmtime whose C interface is the one that is used here."""
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
MEMORY_LIMIT: Final = 512 << 20
"""Bytes that a kernel may use; one that needs more is given up."""
STRIDE: Final = 20_000
"""Operations between two looks of a kernel at the clock, at least once it runs for some time."""
RESERVED: Final = 1 << 20
"""Bytes of addresses that a kernel's memory has at first; it moves when it grows beyond them."""
PAGE: Final = 65536


class Unavailable(Exception):
    """wasmtime is not installed, or something about it is not as expected."""


class _Function(ctypes.Structure):
    _fields_ = (("store", ctypes.c_uint64), ("private", POINTER))


class _Instance(ctypes.Structure):
    _fields_ = (("store", ctypes.c_uint64), ("private", ctypes.c_size_t))


class _Memory(ctypes.Structure):
    _fields_ = (("store", ctypes.c_uint64), ("one", ctypes.c_uint64), ("two", ctypes.c_uint64))


class _Of(ctypes.Union):
    _fields_ = (("function", _Function), ("memory", _Memory), ("room", ctypes.c_uint64 * 3))


class _Extern(ctypes.Structure):
    _fields_ = (("kind", ctypes.c_uint8), ("of", _Of))


class _Vector(ctypes.Structure):
    _fields_ = (("size", ctypes.c_size_t), ("data", POINTER))


CALLBACK: Final = ctypes.CFUNCTYPE(ctypes.c_size_t, POINTER, POINTER, ctypes.POINTER(ctypes.c_int64), ctypes.c_size_t)
SIGNATURES: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "wasm_config_new": (POINTER, ()),
    "wasmtime_config_parallel_compilation_set": (None, (POINTER, ctypes.c_bool)),
    "wasmtime_config_signals_based_traps_set": (None, (POINTER, ctypes.c_bool)),
    "wasmtime_config_memory_reservation_set": (None, (POINTER, ctypes.c_uint64)),
    "wasmtime_config_memory_guard_size_set": (None, (POINTER, ctypes.c_uint64)),
    "wasm_engine_new_with_config": (POINTER, (POINTER,)),
    "wasmtime_module_new": (POINTER, (POINTER, ctypes.c_char_p, ctypes.c_size_t, POINTER)),
    "wasmtime_module_delete": (None, (POINTER,)),
    "wasmtime_store_new": (POINTER, (POINTER, POINTER, POINTER)),
    "wasmtime_store_delete": (None, (POINTER,)),
    "wasmtime_store_context": (POINTER, (POINTER,)),
    "wasmtime_store_limiter": (None, (POINTER, *(ctypes.c_int64,) * 5)),
    "wasmtime_func_new_unchecked": (None, (POINTER, POINTER, CALLBACK, POINTER, POINTER, POINTER)),
    "wasmtime_func_call_unchecked": (POINTER, (POINTER, POINTER, POINTER, ctypes.c_size_t, POINTER)),
    "wasmtime_instance_new": (POINTER, (POINTER, POINTER, POINTER, ctypes.c_size_t, POINTER, POINTER)),
    "wasmtime_instance_export_get": (
        ctypes.c_bool,
        (POINTER, POINTER, ctypes.c_char_p, ctypes.c_size_t, POINTER),
    ),
    "wasmtime_memory_data": (POINTER, (POINTER, POINTER)),
    "wasmtime_memory_data_size": (ctypes.c_size_t, (POINTER, POINTER)),
    "wasmtime_memory_grow": (POINTER, (POINTER, POINTER, ctypes.c_uint64, POINTER)),
    "wasmtime_error_delete": (None, (POINTER,)),
    "wasm_trap_delete": (None, (POINTER,)),
    "wasm_valtype_new": (POINTER, (ctypes.c_uint8,)),
    "wasm_valtype_vec_new": (None, (POINTER, ctypes.c_size_t, POINTER)),
    "wasm_functype_new": (POINTER, (POINTER, POINTER)),
    "wasm_functype_delete": (None, (POINTER,)),
}
I32_TYPE: Final = 0
I64_TYPE: Final = 1
FUNCTION_KIND: Final = 0


@cache
def library_path() -> str | None:
    """Where wasmtime's C library is, if a usable version is installed. Does not load anything."""
    import os.path  # not pathlib: importing that would be most of the time a first kernel takes
    from importlib.util import find_spec

    try:
        spec = find_spec("wasmtime")
    except (ImportError, ValueError):
        return None
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        names = os.listdir(os.path.dirname(place))  # noqa: PTH120, PTH208 - see above
        versions = [
            name.split("-")[1] for name in names if name.startswith("wasmtime-") and name.endswith(".dist-info")
        ]
        if not any(version.split(".")[0].isdigit() and int(version.split(".")[0]) in SUPPORTED for version in versions):
            continue
        for folder in sorted(os.listdir(place)):  # noqa: PTH208
            for name in ("_libwasmtime.so", "_libwasmtime.dylib", "_wasmtime.dll"):
                found = os.path.join(place, folder, name)  # noqa: PTH118
                if os.path.isfile(found):  # noqa: PTH113
                    return found
    return None


class Library:
    """The C library with one engine, shared by the whole process."""

    def __init__(self) -> None:
        path = library_path()
        if path is None:
            raise Unavailable("wasmtime is not installed")
        try:
            library = ctypes.CDLL(path)
            for name, (result, arguments) in SIGNATURES.items():
                function = getattr(library, name)
                function.restype, function.argtypes = result, arguments
                setattr(self, name, function)
        except (OSError, AttributeError) as problem:
            raise Unavailable(str(problem)) from None
        config = self.wasm_config_new()
        self.wasmtime_config_parallel_compilation_set(config, False)
        # The process belongs to the host: no signal handlers, and no gigabytes of reserved addresses per kernel, which
        # would not work under a limit for them anyway. Kernels check their indices, so that this costs little.
        self.wasmtime_config_signals_based_traps_set(config, False)
        self.wasmtime_config_memory_reservation_set(config, RESERVED)
        self.wasmtime_config_memory_guard_size_set(config, 0)
        self.engine = self.wasm_engine_new_with_config(config)
        if not self.engine:
            raise Unavailable("no engine")

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def check(self, error: Any) -> None:
        """Raise `Unavailable` for an error of the library."""
        if error:
            self.wasmtime_error_delete(error)
            raise Unavailable("wasmtime refused something")

    def function_type(self, params: tuple[int, ...], results: tuple[int, ...]) -> Any:
        vectors = []
        for kinds in (params, results):
            vector = _Vector()
            made = (POINTER * max(1, len(kinds)))(*map(self.wasm_valtype_new, kinds))
            self.wasm_valtype_vec_new(ctypes.byref(vector), len(kinds), made)
            vectors.append(vector)
        return self.wasm_functype_new(ctypes.byref(vectors[0]), ctypes.byref(vectors[1]))


_lock = threading.Lock()
_library: Library | Unavailable | None = None


def library() -> Library:
    """The library, loaded when it is first needed.

    Raises:
        Unavailable: there is none that works.
    """
    global _library  # noqa: PLW0603 - one engine for the process, guarded by the lock
    if _library is None:
        with _lock:
            if _library is None:
                try:
                    _library = Library()
                except Unavailable as reason:
                    _library = reason
    if isinstance(_library, Unavailable):
        raise _library
    return _library


# --- instances --------------------------------------------------------------------------------------------------------


class Instance:
    """A kernel that can run: one store with its memory, used by one run at a time."""

    def __init__(self, lib: Library, module: Any) -> None:
        self.lib = lib
        self.run: Any = None
        self.error: BaseException | None = None
        self.interrupted = False
        self._handler: Any = None
        self.longest = STRIDE
        """The longest stride that the run allows its Python code."""
        self.store = lib.wasmtime_store_new(lib.engine, None, None)
        lib.wasmtime_store_limiter(self.store, MEMORY_LIMIT, -1, -1, -1, -1)
        self.context = lib.wasmtime_store_context(self.store)
        self.trap = POINTER()
        self.arguments = (ctypes.c_uint64 * 4)()
        self.callbacks: list[Any] = []
        imports = (_Extern * 4)()
        for at, (params, result, function) in enumerate(self._imports()):
            self._define(imports[at], params, result, function)
        instance = _Instance()
        lib.check(
            lib.wasmtime_instance_new(
                self.context, module, imports, len(imports), ctypes.byref(instance), ctypes.byref(self.trap)
            )
        )
        if self.trap.value:
            raise Unavailable("no instance")
        self.function = _Function.from_buffer_copy(self._export(instance, b"k").of.function)
        self.memory = _Memory.from_buffer_copy(self._export(instance, b"memory").of.memory)
        self.find_memory()

    def __del__(self) -> None:
        store, self.store = getattr(self, "store", None), None
        if store:
            self.lib.wasmtime_store_delete(store)

    def _imports(self) -> tuple[tuple[tuple[int, ...], int, Callable[[Any], None]], ...]:
        return (
            ((I64_TYPE,), I64_TYPE, self._poll),
            ((I64_TYPE,), I32_TYPE, self._asked(lambda run, args: run.check_array(args[0]))),
            ((I64_TYPE, I64_TYPE), I32_TYPE, self._asked(lambda run, args: run.price_pad(args[0], args[2]))),
            ((I64_TYPE,), I32_TYPE, self._asked(lambda run, args: run.pay_for_copy(args[0]))),
        )

    def _define(self, target: _Extern, params: tuple[int, ...], result: int, function: Callable[[Any], None]) -> None:
        def call(_data: Any, _caller: Any, args: Any, _count: int) -> int:
            function(args)
            return 0

        made = CALLBACK(call)
        self.callbacks.append(made)
        kind = self.lib.function_type(params, (result,))
        target.kind = FUNCTION_KIND
        self.lib.wasmtime_func_new_unchecked(self.context, kind, made, None, None, ctypes.byref(target.of.function))
        self.lib.wasm_functype_delete(kind)

    def _poll(self, args: Any) -> None:
        """The stride is used up: another one, or the limit as an error that waits for the way out."""
        try:
            self._hold_interrupts()
            budget = self.run.budget
            if budget.longest_stride < STRIDE:
                # Operations of kernels are short, however large the values are that Python code works on.
                self.longest = min(self.longest, budget.longest_stride)
                budget.longest_stride = STRIDE
            args[0] = budget.poll(args[0])
        except BaseException as error:  # noqa: BLE001 - it is raised again where no foreign code is in between
            self.error = error
            args[0] = -1

    def _hold_interrupts(self) -> None:
        """Ctrl-C must not be raised where foreign code calls us, which would drop it: it is noted, and raised here."""
        if self.interrupted:
            raise KeyboardInterrupt
        if self._handler is None and threading.current_thread() is threading.main_thread():
            import signal

            if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
                self._handler = signal.signal(signal.SIGINT, self._note_interrupt)

    def _note_interrupt(self, number: int, frame: Any) -> None:
        self.interrupted = True

    def _release_interrupts(self) -> None:
        if self._handler is not None:
            import signal

            signal.signal(signal.SIGINT, self._handler)
            self._handler = None
        if self.interrupted:
            self.interrupted = False
            if self.error is None:
                raise KeyboardInterrupt

    def _asked(self, check: Callable[[Any, Any], Any]) -> Callable[[Any], None]:
        """A check of the run as a function that answers 1 where it raised."""

        def ask(args: Any) -> None:
            try:
                check(self.run, args)
                args[0] = 0
            except BaseException as error:  # noqa: BLE001 - as above
                self.error = error
                args[0] = 1

        return ask

    def _export(self, instance: _Instance, name: bytes) -> _Extern:
        found = _Extern()
        if not self.lib.wasmtime_instance_export_get(
            self.context, ctypes.byref(instance), name, len(name), ctypes.byref(found)
        ):
            raise Unavailable("no export")
        return found

    def find_memory(self) -> None:
        """Look where the memory is, and how large; it may move when it grows."""
        self.base = self.lib.wasmtime_memory_data(self.context, ctypes.byref(self.memory))
        self.size = self.lib.wasmtime_memory_data_size(self.context, ctypes.byref(self.memory))
        self.page = (ctypes.c_char * PAGE).from_address(self.base)

    def need(self, size: int) -> None:
        """Have so many bytes of memory.

        Raises:
            Unavailable: the limit does not allow it.
        """
        if size > self.size:
            before = ctypes.c_uint64()
            pages = (size - self.size + PAGE - 1) // PAGE
            self.lib.check(
                self.lib.wasmtime_memory_grow(self.context, ctypes.byref(self.memory), pages, ctypes.byref(before))
            )
            self.find_memory()

    def call(self) -> int:
        """Run the kernel; returns its status, or -1 if it trapped."""
        try:
            error = self.lib.wasmtime_func_call_unchecked(
                self.context, ctypes.byref(self.function), self.arguments, 1, ctypes.byref(self.trap)
            )
        finally:
            self._release_interrupts()
        if error or self.trap.value:
            if error:
                self.lib.wasmtime_error_delete(error)
            if self.trap.value:
                self.lib.wasm_trap_delete(self.trap)
                self.trap = POINTER()
            return -1
        return self.arguments[0] & 0xFFFF_FFFF


# --- arrays -----------------------------------------------------------------------------------------------------------


class Arrays:
    """Arrays on their way into the memory of an instance and back."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.top = k.FIRST_FREE
        self.elements = 0

    def put(self, value: list[Any], kind: str) -> int:
        """Copy an array into the memory; returns the address of its header."""
        inner, count = kind[1], len(value)
        if inner == k.ARRAY:
            data: Any = array("i", [self.put(item, kind[1:]) for item in value])
        else:
            data = bytes(value) if inner == k.BOOL else array("q" if inner == k.INT else "d", value)
        header = self.top
        size = count * (1 if inner == k.BOOL else data.itemsize)
        self.top = (header + 16 + size + 7) & -8
        self.elements += count
        self.instance.need(self.top)
        base = self.instance.base + header
        ctypes.memmove(base, struct.pack("<4i", count, count, header + 16, 0), 16)
        source = data if inner == k.BOOL else data.buffer_info()[0]
        ctypes.memmove(base + 16, source, size)
        return header

    def get(self, header: int, kind: str) -> list[Any]:
        """The array whose header is at an address."""
        base = self.instance.base
        count, _, start = struct.unpack("<3i", ctypes.string_at(base + header, 12))
        inner = kind[1]
        self.elements += count
        if inner == k.BOOL:
            return list(struct.unpack(f"{count}?", ctypes.string_at(base + start, count)))
        items = array("i" if inner == k.ARRAY else "q" if inner == k.INT else "d")
        items.frombytes(ctypes.string_at(base + start, count * items.itemsize))
        if inner == k.ARRAY:
            return [self.get(item, kind[1:]) for item in items]
        return items.tolist()


# --- kernels of a program ---------------------------------------------------------------------------------------------

FORMATS: Final = {k.INT: "q", k.FLOAT: "d", k.BOOL: "?7x", k.ARRAY: "i4x"}
OPERATIONS: Final = struct.Struct("<q")
SETTINGS: Final = struct.Struct("<q32xi4x8xi4xi4xqi")
"""Operations, the greatest depth, the level, the first free address, the longest array that needs no check,
and whether a loop is in the middle of a turn."""


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
            with _lock:
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
