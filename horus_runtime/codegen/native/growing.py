"""Arrays of kernels that get longer: `push` and `pad`, under the limits of the engine."""

from __future__ import annotations

from horus_runtime.ast import nodes
from horus_runtime.codegen.native import kernels as k
from horus_runtime.codegen.native.kernels import Unqualified
from horus_runtime.codegen.native.loops import Loops
from horus_runtime.codegen.native.numbers import STORES
from horus_runtime.codegen.native.parts import DATA, LENGTH, element_size
from horus_runtime.codegen.native.wasm import I32


class Growing(Loops):
    """Adds the methods that make arrays longer."""

    def expr_MethodCall(self, node: nodes.MethodCall) -> str:
        if node.name in ("push", "pad") and not node.null_safe:
            return self.growing(node)
        return super().expr_MethodCall(node)

    def growing(self, node: nodes.MethodCall) -> str:
        """`array.push(x)` and `array.pad(n, x)`."""
        count = len(node.args)
        kind = self.kind(node.target)
        overridden = self.program.overridden(node.name, count + 1) or self.program.config.exact_sizes
        if kind[0] != k.ARRAY or overridden or not isinstance(node.target, nodes.Variable):
            raise Unqualified(f"the method {node.name}")
        if count != (1 if node.name == "push" else 2):
            raise Unqualified(f"the method {node.name}")
        self.writable(node.target)
        self.last_loc = node.name_span[:2]
        _, array = self.local_of(node.target)
        if node.name == "push":
            self.push(node, kind, array)
        else:
            self.pad(node, kind, array)
        return k.UNIT

    def push(self, node: nodes.MethodCall, kind: str, array: int) -> None:
        code = self.code
        size = element_size(kind)
        self.into(node.args[0], kind[1:])
        value = self.hold(kind[1:])
        length = code.local(I32)
        code.get(array)
        code.memory("i32.load", LENGTH)
        code.tee(length)
        code.get(array)
        code.memory("i32.load", 4)
        code.op("i32.eq")
        with code.when():
            code.get(array)
            code.get(length)
            code.i32(1)
            code.op("i32.add")
            code.call(self.parts.helper(f"reserve{size}"))
        self.slot_address(array, length, kind)
        code.get(value)
        code.memory(STORES[kind[1]])
        code.get(array)
        code.get(length)
        code.i32(1)
        code.op("i32.add")
        code.tee(length)
        code.memory("i32.store", LENGTH)
        code.get(length)
        code.op("i64.extend_i32_u")
        code.get_global(self.parts.longest)
        code.op("i64.gt_s")
        with code.when():
            self.length_of(array)
            self.ask_host(self.parts.check_array, self.site("limit", "", node.name_span[:2]))

    def pad(self, node: nodes.MethodCall, kind: str, array: int) -> None:
        code = self.code
        size = element_size(kind)
        if kind[1] == k.ARRAY:
            raise Unqualified("copies of arrays")
        self.expect(node.args[0], k.INT)
        wanted = self.hold(k.INT)
        self.expect(node.args[1], kind[1:])
        value = self.hold(kind[1:])
        length, end = code.local(I32), code.local(I32)
        code.get(array)
        code.memory("i32.load", LENGTH)
        code.tee(length)
        code.op("i64.extend_i32_u")
        code.get(wanted)
        code.op("i64.lt_s")
        with code.when():
            self.length_of(array)
            code.get(wanted)
            self.ask_host(self.parts.pad, self.site("limit", "", node.name_span[:2]))
            code.get(array)
            code.get(wanted)
            code.op("i32.wrap_i64")
            code.tee(end)
            code.call(self.parts.helper(f"reserve{size}"))
            code.get(array)
            code.get(end)
            code.memory("i32.store", LENGTH)
            self.fill(array, kind, value, length, end)

    def fill(self, array: int, kind: str, value: int, at: int, end: int) -> None:
        """Set elements from one index to another; `at` is used up."""
        code, size = self.code, element_size(kind)
        if size == 1:
            code.get(array)
            code.memory("i32.load", DATA)
            code.get(at)
            code.op("i32.add")
            code.get(value)
            code.get(end)
            code.get(at)
            code.op("i32.sub")
            code.fill_memory()
            return
        with code.loop() as again:
            self.slot_address(array, at, kind)
            code.get(value)
            code.memory(STORES[kind[1]])
            code.get(at)
            code.i32(1)
            code.op("i32.add")
            code.tee(at)
            code.get(end)
            code.op("i32.lt_u")
            code.branch_if(again)


__all__ = ["Growing"]
