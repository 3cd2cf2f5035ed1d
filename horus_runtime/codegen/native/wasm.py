"""A small encoder of WebAssembly's binary format: just what kernels need.

`Code` is the body of one function: instructions by name, blocks as context managers whose depth it keeps, locals made
as they are needed. `Module` puts functions, imports and exports together.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

I32: Final = 0x7F
I64: Final = 0x7E
F64: Final = 0x7C
NOTHING: Final = 0x40

INSTRUCTIONS: Final = {
    "unreachable": 0x00, "return": 0x0F, "drop": 0x1A, "select": 0x1B, "else": 0x05,
    "i32.eqz": 0x45, "i32.eq": 0x46, "i32.ne": 0x47, "i32.lt_s": 0x48, "i32.lt_u": 0x49, "i32.gt_s": 0x4A,
    "i32.gt_u": 0x4B, "i32.le_s": 0x4C, "i32.le_u": 0x4D, "i32.ge_s": 0x4E, "i32.ge_u": 0x4F,
    "i64.eqz": 0x50, "i64.eq": 0x51, "i64.ne": 0x52, "i64.lt_s": 0x53, "i64.lt_u": 0x54, "i64.gt_s": 0x55,
    "i64.gt_u": 0x56, "i64.le_s": 0x57, "i64.le_u": 0x58, "i64.ge_s": 0x59, "i64.ge_u": 0x5A,
    "f64.eq": 0x61, "f64.ne": 0x62, "f64.lt": 0x63, "f64.gt": 0x64, "f64.le": 0x65, "f64.ge": 0x66,
    "i32.add": 0x6A, "i32.sub": 0x6B, "i32.mul": 0x6C, "i32.and": 0x71, "i32.or": 0x72, "i32.xor": 0x73,
    "i32.shl": 0x74, "i32.shr_u": 0x76,
    "i64.add": 0x7C, "i64.sub": 0x7D, "i64.mul": 0x7E, "i64.div_s": 0x7F, "i64.rem_s": 0x81, "i64.rem_u": 0x82,
    "i64.and": 0x83, "i64.or": 0x84, "i64.xor": 0x85, "i64.shl": 0x86, "i64.shr_s": 0x87, "i64.shr_u": 0x88,
    "f64.abs": 0x99, "f64.neg": 0x9A, "f64.ceil": 0x9B, "f64.floor": 0x9C, "f64.trunc": 0x9D, "f64.sqrt": 0x9F,
    "f64.add": 0xA0, "f64.sub": 0xA1, "f64.mul": 0xA2, "f64.div": 0xA3, "f64.max": 0xA5,
    "i32.wrap_i64": 0xA7, "i64.extend_i32_s": 0xAC, "i64.extend_i32_u": 0xAD, "i64.trunc_f64_s": 0xB0,
    "f64.convert_i64_s": 0xB9,
}  # fmt: skip
MEMORY: Final = {
    "i32.load": (0x28, 2), "i64.load": (0x29, 3), "f64.load": (0x2B, 3), "i32.load8_u": (0x2D, 0),
    "i32.store": (0x36, 2), "i64.store": (0x37, 3), "f64.store": (0x39, 3), "i32.store8": (0x3A, 0),
}  # fmt: skip
_BYTES: Final = {name: bytes([code]) for name, code in INSTRUCTIONS.items()}


def unsigned(value: int) -> bytes:
    """LEB128 of a number that is not negative."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value: int) -> bytes:
    """LEB128 of any number of at most 64 bits."""
    out = bytearray()
    while not -64 <= value < 64:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)


def vector(items: list[bytes]) -> bytes:
    return unsigned(len(items)) + b"".join(items)


def named(text: str) -> bytes:
    data = text.encode()
    return unsigned(len(data)) + data


class Code:
    """The body of one function, with its locals; a label is the depth of its block."""

    def __init__(self, params: tuple[int, ...], result: int | None = None) -> None:
        self.params = params
        self.result = result
        self.locals: list[int] = []
        self.body = bytearray()
        self.depth = 0

    def local(self, kind: int) -> int:
        """A new local of a value type; starts as zero."""
        self.locals.append(kind)
        return len(self.params) + len(self.locals) - 1

    def op(self, *names: str) -> None:
        """Instructions without operands."""
        for name in names:
            self.body += _BYTES[name]

    def memory(self, name: str, offset: int = 0) -> None:
        """A load or store at the address on the stack plus `offset`."""
        code, align = MEMORY[name]
        self.body += bytes([code, align]) + unsigned(offset)

    def i32(self, value: int) -> None:
        self.body += b"\x41" + signed(value)

    def i64(self, value: int) -> None:
        self.body += b"\x42" + signed(value)

    def f64(self, value: float) -> None:
        self.body += b"\x44" + struct.pack("<d", value)

    def get(self, local: int) -> None:
        self.body += b"\x20" + unsigned(local)

    def set(self, local: int) -> None:
        self.body += b"\x21" + unsigned(local)

    def tee(self, local: int) -> None:
        self.body += b"\x22" + unsigned(local)

    def get_global(self, index: int) -> None:
        self.body += b"\x23" + unsigned(index)

    def set_global(self, index: int) -> None:
        self.body += b"\x24" + unsigned(index)

    def call(self, function: int) -> None:
        self.body += b"\x10" + unsigned(function)

    def branch(self, label: int) -> None:
        self.body += b"\x0c" + unsigned(self.depth - label)

    def branch_if(self, label: int) -> None:
        self.body += b"\x0d" + unsigned(self.depth - label)

    def copy_memory(self) -> None:
        """Move bytes: target, source and length are on the stack."""
        self.body += b"\xfc\x0a\x00\x00"

    def fill_memory(self) -> None:
        """Set bytes: address, byte and length are on the stack."""
        self.body += b"\xfc\x0b\x00"

    def grow_to(self, end: int) -> None:
        """Have memory up to the address in a local; trap where the host refuses."""
        pages = self.local(I32)
        self.get(end)
        self.i32(0xFFFF)
        self.op("i32.add")
        self.i32(16)
        self.op("i32.shr_u")
        self.body += b"\x3f\x00"
        self.op("i32.sub")
        self.tee(pages)
        self.i32(0)
        self.op("i32.gt_s")
        with self.when():
            self.get(pages)
            self.body += b"\x40\x00"
            self.i32(-1)
            self.op("i32.eq")
            with self.when():
                self.op("unreachable")

    @contextmanager
    def block(self) -> Iterator[int]:
        """A block that jumps leave; gives its label."""
        yield self._open(b"\x02", NOTHING)
        self._close()

    @contextmanager
    def loop(self) -> Iterator[int]:
        """A block that jumps repeat; gives its label."""
        yield self._open(b"\x03", NOTHING)
        self._close()

    @contextmanager
    def when(self, result: int = NOTHING) -> Iterator[int]:
        """What is done if the i32 on the stack is not zero; `op("else")` inside begins the alternative."""
        yield self._open(b"\x04", result)
        self._close()

    def _open(self, code: bytes, result: int) -> int:
        self.body += code + bytes([result])
        self.depth += 1
        return self.depth

    def _close(self) -> None:
        self.body += b"\x0b"
        self.depth -= 1

    def encoded(self) -> bytes:
        declared = vector([b"\x01" + bytes([kind]) for kind in self.locals])
        body = declared + bytes(self.body) + b"\x0b"
        return unsigned(len(body)) + body


class Module:
    """Functions, numbered in the order in which they are added: imports first."""

    def __init__(self, memory_pages: int) -> None:
        self.memory_pages = memory_pages
        self.types: list[bytes] = []
        self.imports: list[bytes] = []
        self.functions: list[Code | None] = []
        self.exports: list[bytes] = []
        self.globals: list[bytes] = []

    def type_of(self, params: tuple[int, ...], result: int | None) -> int:
        results = [] if result is None else [bytes([result])]
        made = b"\x60" + vector([bytes([kind]) for kind in params]) + vector(results)
        if made not in self.types:
            self.types.append(made)
        return self.types.index(made)

    def add_import(self, name: str, params: tuple[int, ...], result: int | None) -> int:
        self.imports.append(named("h") + named(name) + b"\x00" + unsigned(self.type_of(params, result)))
        return len(self.imports) - 1

    def add_global(self, kind: int) -> int:
        """A variable of the instance, zero at first."""
        zero = b"\x41\x00" if kind == I32 else b"\x42\x00"
        self.globals.append(bytes([kind, 1]) + zero + b"\x0b")
        return len(self.globals) - 1

    def reserve(self) -> int:
        """The number of a function whose body comes later."""
        self.functions.append(None)
        return len(self.imports) + len(self.functions) - 1

    def define(self, function: int, code: Code) -> None:
        self.functions[function - len(self.imports)] = code

    def export(self, name: str, function: int) -> None:
        self.exports.append(named(name) + b"\x00" + unsigned(function))

    def encoded(self) -> bytes:
        bodies = [code for code in self.functions if code is not None]
        declared = [unsigned(self.type_of(code.params, code.result)) for code in bodies]
        sections = (
            (1, vector(self.types)),
            (2, vector(self.imports)),
            (3, vector(declared)),
            (5, vector([b"\x00" + unsigned(self.memory_pages)])),
            (6, vector(self.globals)),
            (7, vector([*self.exports, named("memory") + b"\x02\x00"])),
            (10, vector([code.encoded() for code in bodies])),
        )
        return b"\x00asm\x01\x00\x00\x00" + b"".join(
            bytes([number]) + unsigned(len(content)) + content for number, content in sections
        )
