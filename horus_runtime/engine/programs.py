"""Compiled scripts by what they depend on: in memory for all engines of the process, and on disk for the next one.

A program holds nothing of the engine that compiled it, so whoever asks under the same key may have it. The key covers
the text, the settings, what the host registered (names and types, not behaviour), and the code of this package.
"""

from __future__ import annotations

import marshal
import sys

from horus_runtime.cache import DiskCache, code_stamp, digest
from horus_runtime.runtime.program import Fault, FunctionMeta, InlinedCall, Program
from horus_runtime.source import Position, SourceFile
from horus_runtime.typing_names import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from horus_runtime.runtime.scope import Scope

KEPT: Final = 256
"""Programs that stay in memory."""
SHORT: Final = 240
"""Characters of a text that hosts may well make up by the thousand."""
SHORT_STORED: Final = 64
"""How many such texts one process puts on disk."""


class ProgramStore:
    """Programs by key, the oldest of which make room."""

    def __init__(self) -> None:
        self._programs: dict[bytes, Program] = {}
        self._short = 0

    def get(self, key: bytes, source: SourceFile, disk: DiskCache | None) -> Program | None:
        """The program of a key, if it was compiled before."""
        program = self._programs.get(key)
        if program is not None:
            return program
        data = disk.get(key) if disk is not None else None
        program = decode(data, source) if data is not None else None
        if program is not None:
            self._keep(key, program)
        return program

    def put(self, key: bytes, program: Program, disk: DiskCache | None) -> None:
        """Keep a program; short texts go to disk only as long as there are few of them."""
        self._keep(key, program)
        if disk is None:
            return
        if len(program.source.text) < SHORT:
            self._short += 1
            if self._short > SHORT_STORED:
                return
        data = encode(program)
        if data is not None:
            disk.put(key, data)

    def clear(self) -> None:
        """Forget what is in memory."""
        self._programs.clear()

    def _keep(self, key: bytes, program: Program) -> None:
        while len(self._programs) >= KEPT:
            try:
                del self._programs[next(iter(self._programs))]
            except (KeyError, RuntimeError, StopIteration):
                continue  # another thread was quicker
        self._programs[key] = program


STORE: Final = ProgramStore()
"""Shared by all engines: programs are immutable, and their keys tell what they are good for."""


def program_key(*parts: Any) -> bytes:
    """The key for these texts, numbers and nested tuples of them."""
    return digest(code_stamp(), repr(parts).encode("utf-8", "surrogatepass"))


def encode(program: Program) -> bytes | None:
    """The program as bytes, or `None` if it holds something that no other process could know."""
    try:
        return marshal.dumps(
            (
                program.code,
                program.filename,
                [meta.values() for meta in program.functions],
                program.frames,
                [(key, fault.helper, fault.operands, fault.at) for key, fault in program.faults.items()],
                [(key, tuple(position)) for key, position in program.places.items()],
                tuple(sorted(program.externals)),
                program.has_statements,
                program.kernels.data() if program.kernels is not None else None,
                [tuple(call) for call in program.inlined],
            )
        )
    except ValueError:
        return None


def decode(data: bytes, source: SourceFile) -> Program | None:
    """The program that `encode` made bytes of."""
    try:
        code, filename, metas, frames, faults, places, externals, has_statements, kernels, inlined = marshal.loads(data)  # noqa: S302 - the cache vouches for it
    except (ValueError, EOFError, TypeError):
        return None
    linecache = sys.modules.get("linecache")
    if linecache is not None:
        text = source.text
        linecache.cache.setdefault(filename, (len(text), None, text.splitlines(keepends=True), filename))
    if kernels is not None:
        from horus_runtime.codegen.native.bridge import Kernels

        kernels = Kernels.from_data(kernels)
    program = Program(
        code,
        filename,
        source,
        tuple(FunctionMeta(*fields) for fields in metas),
        frames,
        {key: Fault(*fault) for key, *fault in faults},
        {key: Position(*position) for key, position in places},
        None,
        frozenset(externals),
        frozenset(),
        has_statements,
        kernels,
    )
    program.inlined = tuple(InlinedCall(*call) for call in inlined)
    return program


def scope_key(scope: Scope | None) -> tuple[str, ...]:
    """The names a scope holds, in a fixed order."""
    return () if scope is None else tuple(sorted({name for name, _, _ in scope}))
