"""The C library of wasmtime: functions, instances of compiled modules, arrays on their way in and out.

The library is used through its C interface alone. Importing the Python package around it takes 45 ms, loading the
library 1 ms; a call takes 2 microseconds instead of 30.
"""

from __future__ import annotations

import ctypes
import struct
import threading
from array import array
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from horus_runtime.codegen.native import kernels as k

POINTER: Final = ctypes.c_void_p
SUPPORTED: Final = range(40, 51)
"""Major versions of wasmtime whose C interface is the one that is used here."""
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
