"""The frame of a kernel's module: imports, globals, and helper functions, which are added when something needs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from horus_runtime.codegen.native import kernels as k
from horus_runtime.codegen.native.wasm import F64, I32, I64, Code, Module
from horus_runtime.runtime.abi import INT_MIN

EPSILON: Final = 2.220446049250313e-16
"""The tolerance that Rhai compares floats with."""
SIZES: Final = {k.INT: 8, k.FLOAT: 8, k.BOOL: 1, k.ARRAY: 4}
"""Bytes of an array's element, by the first letter of its kind."""
LENGTH: Final = 0
CAPACITY: Final = 4
DATA: Final = 8
HEADER: Final = 16
"""Where an array's header has its length, its capacity and the address of its elements; and how long a header is."""


def value_type(kind: str) -> int:
    """The WebAssembly type of values of a kind."""
    return {k.INT: I64, k.FLOAT: F64}.get(kind, I32)


def element_size(kind: str) -> int:
    """Bytes of one element of an array of this kind."""
    return SIZES[kind[1]]


class Parts:
    """The module under construction and what all its functions share."""

    def __init__(self) -> None:
        self.module = Module(memory_pages=2)
        self.poll = self.module.add_import("poll", (I64,), I64)
        self.check_array = self.module.add_import("check_array", (I64,), I32)
        self.pad = self.module.add_import("pad", (I64, I64), I32)
        self.pay = self.module.add_import("pay", (I64,), I32)
        self.ops = self.module.add_global(I64)
        self.failed = self.module.add_global(I32)
        self.max_depth = self.module.add_global(I32)
        self.heap = self.module.add_global(I32)
        self.longest = self.module.add_global(I64)
        self.sites: list[tuple[str, str, int, int, str]] = []
        self.helpers: dict[str, int] = {}

    def site(self, what: str, which: str, loc: tuple[int, int], name: str) -> int:
        self.sites.append((what, which, *loc, name))
        return len(self.sites) - 1

    def helper(self, name: str) -> int:
        """The number of a helper function, which is made when it is first asked for."""
        if name not in self.helpers:
            number = self.helpers[name] = self.module.reserve()
            makers: dict[str, Callable[[], Code]] = {
                "fail": self._fail, "trace": self._trace, "mul": self._mul, "power": self._power,
                "lt": self._lt, "le": self._le, "eq": self._eq, "ne": self._ne, "scale": self._scale,
                "alloc": self._alloc, "shl": self._shl, "shr": self._shr,
            }  # fmt: skip
            maker = makers.get(name)
            code = maker() if maker is not None else self._sized(name)
            self.module.define(number, code)
        return self.helpers[name]

    # ---- failures ---------------------------------------------------------------------------------------------------

    def _fail(self) -> Code:
        """Note the place and the operands of a failure."""
        code = Code((I32, I64, I64))
        for address, local, store in (
            (k.SITE, 0, "i32.store"),
            (k.LEFT, 1, "i64.store"),
            (k.RIGHT, 2, "i64.store"),
        ):
            code.i32(address)
            code.get(local)
            code.memory(store)
        code.i32(k.TRACE_LENGTH)
        code.i32(0)
        code.memory("i32.store")
        code.i32(1)
        code.set_global(self.failed)
        return code

    def _trace(self) -> Code:
        """Note a call that a failure passes through."""
        code = Code((I32,))
        length = code.local(I32)
        code.i32(k.TRACE_LENGTH)
        code.memory("i32.load")
        code.tee(length)
        code.i32(2)
        code.op("i32.shl")
        code.get(0)
        code.memory("i32.store", k.TRACE)
        code.i32(k.TRACE_LENGTH)
        code.get(length)
        code.i32(1)
        code.op("i32.add")
        code.memory("i32.store")
        return code

    # ---- integers ---------------------------------------------------------------------------------------------------

    def _overflows(self, code: Code, left: int, right: int, product: int) -> None:
        """Is the product of two locals not what 64 bits hold? Leaves an i32; `left` is not zero."""
        # -1 * MIN is the one overflow that a division cannot show.
        code.get(left)
        code.i64(-1)
        code.op("i64.eq")
        with code.when(I32):
            code.get(right)
            code.i64(INT_MIN)
            code.op("i64.eq", "else")
            code.get(product)
            code.get(left)
            code.op("i64.div_s")
            code.get(right)
            code.op("i64.ne")

    def _mul(self) -> Code:
        """Multiplication of any two integers; the third parameter is the place of a failure."""
        code = Code((I64, I64, I32), I64)
        product = code.local(I64)
        code.get(0)
        code.get(1)
        code.op("i64.mul")
        code.set(product)
        code.get(0)
        code.op("i64.eqz", "i32.eqz")
        with code.when():
            self._overflows(code, 0, 1, product)
            with code.when():
                self._give_up(code)
        code.get(product)
        return code

    def _power(self) -> Code:
        """`base ** exponent` of integers; the third parameter is the place of a failure."""
        code = Code((I64, I64, I32), I64)
        result, left, wide = code.local(I64), code.local(I64), code.local(I64)
        self._power_turns(code, left)
        code.i64(1)
        code.set(result)
        with code.block() as done, code.loop() as again:
            code.get(left)
            code.op("i64.eqz")
            code.branch_if(done)
            code.get(result)
            code.get(0)
            code.op("i64.mul")
            code.set(wide)
            code.get(0)
            code.op("i64.eqz", "i32.eqz")
            with code.when():
                self._overflows(code, 0, result, wide)
                with code.when():
                    self._give_up(code)
            code.get(wide)
            code.set(result)
            code.get(left)
            code.i64(1)
            code.op("i64.sub")
            code.set(left)
            code.branch(again)
        code.get(result)
        return code

    def _power_turns(self, code: Code, left: int) -> None:
        """How many multiplications a power needs. Only -1, 0 and 1 have large powers, and of these the parity of the
        exponent tells all.
        """
        code.get(1)
        code.i64(0)
        code.op("i64.lt_s")
        with code.when():
            self._give_up(code)
        code.get(1)
        code.set(left)
        code.get(1)
        code.i64(64)
        code.op("i64.gt_s")
        with code.when():
            code.get(0)
            code.i64(1)
            code.op("i64.add")
            code.i64(2)
            code.op("i64.gt_u")
            code.get(1)
            code.i64(0xFFFF_FFFF)
            code.op("i64.gt_s", "i32.or")
            with code.when():
                self._give_up(code)
            code.i64(2)
            code.get(1)
            code.i64(1)
            code.op("i64.and", "i64.sub")
            code.set(left)

    def _give_up(self, code: Code) -> None:
        code.get(2)
        code.get(0)
        code.get(1)
        code.call(self.helper("fail"))
        code.i64(0)
        code.op("return")

    def _shl(self) -> Code:
        return self._shift(1)

    def _shr(self) -> Code:
        return self._shift(-1)

    def _shift(self, sign: int) -> Code:
        """Shifts by any count: a negative one goes the other way, a large one leaves zero or the sign."""
        code = Code((I64, I64), I64)
        count = code.local(I64)
        code.get(1)
        code.set(count)
        code.get(count)
        code.i64(0)
        code.op("i64.lt_s" if sign > 0 else "i64.ge_s")
        with code.when():
            # To the right, by at most 63; the count may be the smallest integer.
            code.get(0)
            if sign > 0:
                code.i64(0)
                code.get(count)
                code.op("i64.sub")
            else:
                code.get(count)
            code.set(count)
            code.get(count)
            code.i64(63)
            code.get(count)
            code.i64(63)
            code.op("i64.le_u", "select", "i64.shr_s", "return")
        code.get(0)
        if sign > 0:
            code.get(count)
        else:
            code.i64(0)
            code.get(count)
            code.op("i64.sub")
        code.tee(count)
        code.op("i64.shl")
        code.i64(0)
        code.get(count)
        code.i64(63)
        code.op("i64.le_u", "select")
        return code

    # ---- floats -----------------------------------------------------------------------------------------------------

    def _scale(self) -> Code:
        """What the difference of two floats is measured by."""
        code = Code((F64, F64), F64)
        code.get(0)
        code.get(1)
        code.op("f64.mul")
        code.f64(0.0)
        code.op("f64.eq")
        with code.when():
            code.f64(1.0)
            code.op("return")
        for one, other in ((0, 1), (1, 0)):
            code.get(one)
            code.get(one)
            code.op("f64.ne")
            with code.when():
                code.get(other)
                code.op("f64.abs", "return")
        code.get(0)
        code.op("f64.abs")
        code.get(1)
        code.op("f64.abs", "f64.max")
        return code

    def _lt(self) -> Code:
        code = Code((F64, F64), I32)
        difference = code.local(F64)
        code.get(1)
        code.get(0)
        code.op("f64.sub")
        code.tee(difference)
        code.f64(0.0)
        code.op("f64.gt")
        with code.when():
            code.get(difference)
            self._scaled(code)
            code.f64(EPSILON)
            code.op("f64.gt", "return")
        code.i32(0)
        return code

    def _scaled(self, code: Code) -> None:
        """Divide what is on the stack by the scale of the parameters."""
        code.get(0)
        code.get(1)
        code.call(self.helper("scale"))
        code.op("f64.div")

    def _le(self) -> Code:
        return self._within((1, 0), -EPSILON, "f64.gt", absolute=False, at_zero=1)

    def _eq(self) -> Code:
        return self._within((0, 1), EPSILON, "f64.le", absolute=True, at_zero=1)

    def _ne(self) -> Code:
        return self._within((0, 1), EPSILON, "f64.gt", absolute=True, at_zero=0)

    def _within(self, order: tuple[int, int], limit: float, test: str, *, absolute: bool, at_zero: int) -> Code:
        """Hold the scaled difference of the parameters against a limit."""
        code = Code((F64, F64), I32)
        scale = code.local(F64)
        code.get(0)
        code.get(1)
        code.call(self.helper("scale"))
        code.tee(scale)
        code.f64(0.0)
        code.op("f64.eq")
        with code.when():
            code.i32(at_zero)
            code.op("return")
        for parameter in order:
            code.get(parameter)
        code.op("f64.sub", *(["f64.abs"] if absolute else []))
        code.get(scale)
        code.op("f64.div")
        code.f64(limit)
        code.op(test)
        return code

    # ---- arrays -----------------------------------------------------------------------------------------------------

    def _alloc(self) -> Code:
        """So many bytes of memory; the kernel is given up where there are none left."""
        code = Code((I32,), I32)
        start, end = code.local(I32), code.local(I32)
        code.get_global(self.heap)
        code.tee(start)
        code.get(0)
        code.i32(7)
        code.op("i32.add")
        code.i32(-8)
        code.op("i32.and", "i32.add")
        code.tee(end)
        code.get(start)
        code.op("i32.lt_u")
        with code.when():
            code.op("unreachable")
        code.get(end)
        code.set_global(self.heap)
        code.grow_to(end)
        code.get(start)
        return code

    def _sized(self, name: str) -> Code:
        """Helpers that depend on the size of elements: `new8`, `reserve8`, `copy8`, ..."""
        what, size = name.rstrip("0123456789"), int(name.lstrip("abcdefghijklmnopqrstuvwxyz"))
        return {"new": self._new, "reserve": self._reserve, "copy": self._copy}[what](size)

    def _new(self, size: int) -> Code:
        """A new array with room for so many elements, and none in it."""
        code = Code((I32,), I32)
        made = code.local(I32)
        code.get(0)
        code.i32(size)
        code.op("i32.mul")
        code.i32(HEADER)
        code.op("i32.add")
        code.call(self.helper("alloc"))
        code.tee(made)
        code.i32(0)
        code.memory("i32.store", LENGTH)
        code.get(made)
        code.get(0)
        code.memory("i32.store", CAPACITY)
        code.get(made)
        code.get(made)
        code.i32(HEADER)
        code.op("i32.add")
        code.memory("i32.store", DATA)
        code.get(made)
        return code

    def _reserve(self, size: int) -> Code:
        """Room for so many elements in an array: its elements move where that is needed."""
        code = Code((I32, I32))
        data = code.local(I32)
        code.get(0)
        code.memory("i32.load", CAPACITY)
        code.get(1)
        code.op("i32.lt_u")
        with code.when():
            # Twice the room, so that pushing stays linear.
            code.get(1)
            code.i32(1)
            code.op("i32.shl")
            code.i32(8)
            code.op("i32.add")
            code.set(1)
            code.get(1)
            code.i32(1 << 28)
            code.op("i32.gt_u")
            with code.when():
                code.op("unreachable")
            code.get(1)
            code.i32(size)
            code.op("i32.mul")
            code.call(self.helper("alloc"))
            code.tee(data)
            code.get(0)
            code.memory("i32.load", DATA)
            code.get(0)
            code.memory("i32.load", LENGTH)
            code.i32(size)
            code.op("i32.mul")
            code.copy_memory()
            code.get(0)
            code.get(data)
            code.memory("i32.store", DATA)
            code.get(0)
            code.get(1)
            code.memory("i32.store", CAPACITY)
        return code

    def _copy(self, size: int) -> Code:
        """Another array with the same elements."""
        code = Code((I32,), I32)
        made, length = code.local(I32), code.local(I32)
        code.get(0)
        code.memory("i32.load", LENGTH)
        code.tee(length)
        code.call(self.helper(f"new{size}"))
        code.tee(made)
        code.get(length)
        code.memory("i32.store", LENGTH)
        code.get(made)
        code.memory("i32.load", DATA)
        code.get(0)
        code.memory("i32.load", DATA)
        code.get(length)
        code.i32(size)
        code.op("i32.mul")
        code.copy_memory()
        code.get(made)
        return code
