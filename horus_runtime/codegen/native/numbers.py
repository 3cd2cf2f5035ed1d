"""Expressions of kernels: numbers, bools, and what is read from arrays. Each leaves its value on the stack."""

from __future__ import annotations

from typing import Any, Final

from horus_runtime.analysis import types as ty
from horus_runtime.analysis.intervals import FULL, Interval
from horus_runtime.analysis.scopes import FunctionInfo, Variable
from horus_runtime.ast import nodes
from horus_runtime.codegen.native import kernels as k
from horus_runtime.codegen.native.kernels import Unqualified, kind_of
from horus_runtime.codegen.native.parts import DATA, LENGTH, Parts, element_size, value_type
from horus_runtime.codegen.native.wasm import F64, I32, I64, Code
from horus_runtime.runtime.abi import INT_MAX, INT_MIN

COMPARE: Final = {"==": "eq", "!=": "ne", "<": "lt_s", "<=": "le_s", ">": "gt_s", ">=": "ge_s"}
BITS: Final = {"&": "and", "|": "or", "^": "xor"}
FLOAT_OPERATORS: Final = {"+": "f64.add", "-": "f64.sub", "*": "f64.mul", "/": "f64.div"}
LOADS: Final = {k.INT: "i64.load", k.FLOAT: "f64.load", k.BOOL: "i32.load8_u", k.ARRAY: "i32.load"}
STORES: Final = {k.INT: "i64.store", k.FLOAT: "f64.store", k.BOOL: "i32.store8", k.ARRAY: "i32.store"}
HALF: Final = 1 << 31


class Numbers:
    """Expression part of the translation of one function."""

    parts: Parts
    code: Code
    program: Any
    types: Any
    intervals: Any
    fn: FunctionInfo
    py_name: str
    locals: dict[Variable, int]
    exit_label: int
    counter: int | None
    """The local that holds the operations left; without one they are in the global."""
    depth: int
    """The local that holds the call level."""

    # ---- helpers ----------------------------------------------------------------------------------------------------

    def kind(self, node: nodes.Node) -> str:
        return kind_of(self.types.of(node))

    def bounds(self, node: nodes.Node) -> Interval:
        found: Interval = self.intervals.of(node)
        return found

    def local_of(self, node: nodes.Variable) -> tuple[Variable, int]:
        variable = self.program.info.bindings.get(id(node))
        if variable is None or node.namespace or variable not in self.locals:
            raise Unqualified(f"the variable {node.name}")
        return variable, self.locals[variable]

    def hold(self, kind: str) -> int:
        """Take the value from the stack into a new local."""
        local = self.code.local(value_type(kind))
        self.code.set(local)
        return local

    def site(self, what: str, which: str, loc: tuple[int, int]) -> int:
        return self.parts.site(what, which, loc, self.py_name)

    def fail(self, site: int, left: int | None = None, right: int | None = None) -> None:
        """Leave with a failure whose operands are in these locals."""
        code = self.code
        code.i32(site)
        for operand in (left, right):
            if operand is None:
                code.i64(0)
            else:
                code.get(operand)
        code.call(self.parts.helper("fail"))
        code.branch(self.exit_label)

    def leave_if_failed(self) -> None:
        """After a helper that may have noted a failure."""
        self.code.get_global(self.parts.failed)
        self.code.branch_if(self.exit_label)

    # ---- dispatch ---------------------------------------------------------------------------------------------------

    def expr(self, node: nodes.Node) -> str:
        """Emit an expression; returns its kind."""
        method = getattr(self, "expr_" + type(node).__name__, None)
        if method is None:
            raise Unqualified(type(node).__name__)
        kind: str = method(node)
        return kind

    def number(self, node: nodes.Node, *, as_float: bool = False) -> str:
        """Emit a number, as a float where that is wanted."""
        kind = self.expr(node)
        if kind not in (k.INT, k.FLOAT):
            raise Unqualified("an operand that is no number")
        if as_float and kind == k.INT:
            self.code.op("f64.convert_i64_s")
        return k.FLOAT if as_float else kind

    def expect(self, node: nodes.Node, kind: str) -> None:
        if self.expr(node) != kind:
            raise Unqualified("a value of another kind")

    # ---- literals and names -----------------------------------------------------------------------------------------

    def expr_IntLit(self, node: nodes.IntLit) -> str:
        self.code.i64(node.value)
        return k.INT

    def expr_FloatLit(self, node: nodes.FloatLit) -> str:
        self.code.f64(node.value)
        return k.FLOAT

    def expr_BoolLit(self, node: nodes.BoolLit) -> str:
        self.code.i32(int(node.value))
        return k.BOOL

    def expr_Variable(self, node: nodes.Variable) -> str:
        variable, local = self.local_of(node)
        self.code.get(local)
        return kind_of(self.types.variable(variable))

    # ---- operators --------------------------------------------------------------------------------------------------

    def expr_Unary(self, node: nodes.Unary) -> str:
        code = self.code
        kind = self.expr(node.operand)
        if node.op == "!" and kind == k.BOOL:
            code.op("i32.eqz")
        elif node.op == "-" and kind == k.FLOAT:
            code.op("f64.neg")
        elif node.op == "-" and kind == k.INT:
            value = self.hold(k.INT)
            if self.bounds(node.operand)[0] <= INT_MIN:
                code.get(value)
                code.i64(INT_MIN)
                code.op("i64.eq")
                with code.when():
                    self.fail(self.site("unary", "-", node.span[:2]), value)
            code.i64(0)
            code.get(value)
            code.op("i64.sub")
        elif node.op != "+" or kind not in (k.INT, k.FLOAT):
            raise Unqualified(f"the operator {node.op}")
        return kind

    def expr_Binary(self, node: nodes.Binary) -> str:
        op = node.op
        if op in ("&&", "||"):
            return self.logical(node)
        left, right = self.kind(node.left), self.kind(node.right)
        if op in COMPARE:
            return self.comparison(node, left, right)
        if left == k.INT == right:
            self.expect(node.left, k.INT)
            first = self.hold(k.INT)
            self.expect(node.right, k.INT)
            pair = (self.bounds(node.left), self.bounds(node.right))
            return self.int_operation(op, first, pair, self.site_maker("op", op, node.op_span[:2]))
        if left == k.BOOL == right and op in BITS:
            self.expect(node.left, k.BOOL)
            self.expect(node.right, k.BOOL)
            self.code.op("i32." + BITS[op])
            return k.BOOL
        if {left, right} <= {k.INT, k.FLOAT} and op in FLOAT_OPERATORS:
            self.number(node.left, as_float=True)
            self.number(node.right, as_float=True)
            self.code.op(FLOAT_OPERATORS[op])
            return k.FLOAT
        raise Unqualified(f"the operator {op}")

    def site_maker(self, what: str, which: str, loc: tuple[int, int]) -> Any:
        return lambda: self.site(what, which, loc)

    def logical(self, node: nodes.Binary) -> str:
        self.expect(node.left, k.BOOL)
        with self.code.when(I32):
            if node.op == "&&":
                self.expect(node.right, k.BOOL)
                self.code.op("else")
                self.code.i32(0)
            else:
                self.code.i32(1)
                self.code.op("else")
                self.expect(node.right, k.BOOL)
        return k.BOOL

    def comparison(self, node: nodes.Binary, left: str, right: str) -> str:
        code, op = self.code, node.op
        if left == right and left in (k.INT, k.BOOL):
            self.expect(node.left, left)
            self.expect(node.right, right)
            code.op(("i64." if left == k.INT else "i32.") + COMPARE[op])
            return k.BOOL
        if not {left, right} <= {k.INT, k.FLOAT}:
            raise Unqualified(f"the operator {op}")
        if left == k.FLOAT and isinstance(node.right, (nodes.FloatLit, nodes.IntLit)):
            limit = self.program.threshold(op, float(node.right.value))
            if limit is not None:
                return self.float_threshold(node.left, op, limit)
        # `a > b` is `b < a`; which operand is evaluated first stays.
        self.number(node.left, as_float=True)
        if op in (">", ">="):
            first = self.hold(k.FLOAT)
            self.number(node.right, as_float=True)
            code.get(first)
        else:
            self.number(node.right, as_float=True)
        code.call(self.parts.helper({"<": "lt", ">": "lt", "<=": "le", ">=": "le", "==": "eq", "!=": "ne"}[op]))
        return k.BOOL

    def float_threshold(self, node: nodes.Node, op: str, limit: float) -> str:
        """Compare with a literal: the tolerance moved the limit to a neighbour; infinities compare as false."""
        code = self.code
        self.number(node, as_float=True)
        value = self.hold(k.FLOAT)
        rising = op in (">", ">=")
        code.get(value)
        code.f64(limit)
        code.op("f64.ge" if rising else "f64.le")
        code.get(value)
        code.f64(float("inf") if rising else float("-inf"))
        code.op("f64.lt" if rising else "f64.gt", "i32.and")
        return k.BOOL

    # ---- integers ---------------------------------------------------------------------------------------------------

    def int_operation(self, op: str, first: int, pair: tuple[Interval, Interval], site: Any) -> str:
        """`first op (stack)`, both INT: the result, or a failure with both operands."""
        code = self.code
        if op in BITS:
            second = self.hold(k.INT)
            code.get(first)
            code.get(second)
            code.op("i64." + BITS[op])
        elif op in ("+", "-"):
            self.sum(op, first, pair, site)
        elif op == "*":
            self.product(first, pair, site)
        elif op in ("/", "%"):
            self.quotient(op, first, pair, site)
        elif op == "**":
            second = self.hold(k.INT)
            code.get(first)
            code.get(second)
            code.i32(site())
            code.call(self.parts.helper("power"))
            self.leave_if_failed()
        elif op in ("<<", ">>"):
            self.shift(op, first, pair[1])
        else:
            raise Unqualified(f"the operator {op}")
        return k.INT

    def sum(self, op: str, first: int, pair: tuple[Interval, Interval], site: Any) -> None:
        code = self.code
        second = self.hold(k.INT)
        code.get(first)
        code.get(second)
        code.op("i64.add" if op == "+" else "i64.sub")
        (a, b), (c, d) = pair
        low, high = (a + c, b + d) if op == "+" else (a - d, b - c)
        if low >= INT_MIN and high <= INT_MAX:
            return
        result = code.local(I64)
        code.tee(result)
        # The sign is wrong where it differs from that of both summands (of the left operand and the negated right one).
        code.get(first)
        code.op("i64.xor")
        if op == "+":
            code.get(result)
        else:
            code.get(first)
        code.get(second)
        code.op("i64.xor", "i64.and")
        code.i64(0)
        code.op("i64.lt_s")
        with code.when():
            self.fail(site(), first, second)
        code.get(result)

    def product(self, first: int, pair: tuple[Interval, Interval], site: Any) -> None:
        code = self.code
        second = self.hold(k.INT)
        products = [x * y for x in pair[0] for y in pair[1]]
        if min(products) >= INT_MIN and max(products) <= INT_MAX:
            code.get(first)
            code.get(second)
            code.op("i64.mul")
            return
        # Factors of 32 bits cannot overflow.
        for at, factor in enumerate((first, second)):
            code.get(factor)
            code.i64(HALF)
            code.op("i64.add")
            if at:
                code.op("i64.or")
        code.i64(2 * HALF)
        code.op("i64.lt_u")
        with code.when(I64):
            code.get(first)
            code.get(second)
            code.op("i64.mul", "else")
            code.get(first)
            code.get(second)
            code.i32(site())
            code.call(self.parts.helper("mul"))
            self.leave_if_failed()

    def quotient(self, op: str, first: int, pair: tuple[Interval, Interval], site: Any) -> None:
        code = self.code
        second = self.hold(k.INT)
        low, high = pair[1]
        may_be_zero, may_be_minus_one = low <= 0 <= high, low <= -1 <= high and pair[0][0] <= INT_MIN
        if may_be_zero or may_be_minus_one:
            code.get(second)
            code.op("i64.eqz")
            if may_be_minus_one:
                code.get(first)
                code.i64(INT_MIN)
                code.op("i64.eq")
                code.get(second)
                code.i64(-1)
                code.op("i64.eq", "i32.and", "i32.or")
            with code.when():
                self.fail(site(), first, second)
        code.get(first)
        code.get(second)
        code.op("i64.div_s" if op == "/" else "i64.rem_s")

    def shift(self, op: str, first: int, count: Interval) -> None:
        code = self.code
        second = self.hold(k.INT)
        code.get(first)
        code.get(second)
        if count[0] >= 0 and count[1] < 64:
            code.op("i64.shl" if op == "<<" else "i64.shr_s")
        else:
            code.call(self.parts.helper("shl" if op == "<<" else "shr"))

    # ---- methods and functions of the library -----------------------------------------------------------------------

    def expr_Property(self, node: nodes.Property) -> str:
        if node.null_safe or self.program.overridden(node.name, 1):
            raise Unqualified(f"the property {node.name}")
        kind = self.kind(node.target)
        if kind == k.FLOAT and node.name == "round":
            raise Unqualified("the property round")
        return self.library(node.name, [node.target], node.name_span[:2], properties=True)

    def expr_MethodCall(self, node: nodes.MethodCall) -> str:
        count = len(node.args)
        if node.null_safe or self.program.overridden(node.name, count + 1):
            raise Unqualified(f"the method {node.name}")
        return self.library(node.name, [node.target, *node.args], node.name_span[:2])

    PROPERTIES: Final = {
        k.INT: frozenset({"is_odd", "is_even", "is_zero"}),
        k.FLOAT: frozenset({"floor", "ceiling", "int"}),
    }

    def library(self, name: str, args: list[nodes.Node], loc: tuple[int, int], *, properties: bool = False) -> str:
        """A function of the standard library that WebAssembly has, too, with the same result to the last bit."""
        kinds = [self.kind(arg) for arg in args]
        if name == "len" and len(args) == 1 and kinds[0][0] == k.ARRAY:
            self.expr(args[0])
            self.code.memory("i32.load", LENGTH)
            self.code.op("i64.extend_i32_u")
            return k.INT
        if properties and name not in self.PROPERTIES.get(kinds[0], ()):
            raise Unqualified(f"the property {name}")
        made = self.one_number(name, args[0], kinds[0], loc) if len(args) == 1 else None
        if len(args) == 2 and name in ("max", "min") and set(kinds) <= {k.INT, k.FLOAT}:
            made = self.larger(name, args, kinds)
        if made is None:
            raise Unqualified(f"the function {name}")
        return made

    def one_number(self, name: str, node: nodes.Node, kind: str, loc: tuple[int, int]) -> str | None:
        code = self.code
        floats = {"sqrt": "f64.sqrt", "floor": "f64.floor", "ceiling": "f64.ceil", "abs": "f64.abs", "int": "f64.trunc"}
        if kind == k.FLOAT and name in floats:
            self.expect(node, k.FLOAT)
            code.op(floats[name])
            return k.FLOAT
        if name == "to_float" and kind in (k.INT, k.FLOAT):
            self.number(node, as_float=True)
            return k.FLOAT
        if kind != k.INT or name not in ("is_odd", "is_even", "is_zero", "abs", "to_int"):
            return None
        self.expect(node, k.INT)
        if name == "abs":
            value = self.hold(k.INT)
            code.get(value)
            code.i64(INT_MIN)
            code.op("i64.eq")
            with code.when():
                self.fail(self.site("method", "abs", loc), value)
            code.i64(0)
            code.get(value)
            code.op("i64.sub")
            code.get(value)
            code.get(value)
            code.i64(0)
            code.op("i64.lt_s", "select")
            return k.INT
        if name == "to_int":
            return k.INT
        if name != "is_zero":
            code.i64(1)
            code.op("i64.and")
        code.op("i64.eqz")
        if name == "is_odd":
            code.op("i32.eqz")
        return k.BOOL

    def larger(self, name: str, args: list[nodes.Node], kinds: list[str]) -> str:
        """`max` and `min`: of floats the second one where the first is not a number."""
        code = self.code
        kind = k.INT if kinds == [k.INT, k.INT] else k.FLOAT
        self.number(args[0], as_float=kind == k.FLOAT)
        first = self.hold(kind)
        self.number(args[1], as_float=kind == k.FLOAT)
        second = self.hold(kind)
        code.get(first)
        code.get(second)
        code.get(first)
        code.get(second)
        test = "ge" if name == "max" else "le"
        code.op(f"i64.{test}_s" if kind == k.INT else f"f64.{test}", "select")
        return kind

    # ---- arrays -----------------------------------------------------------------------------------------------------

    def expr_Index(self, node: nodes.Index) -> str:
        kind = self.kind(node.target)
        if node.null_safe or kind[0] != k.ARRAY:
            raise Unqualified("an index into something that is no array")
        self.expr(node.target)
        array = self.hold(kind)
        self.expect(node.index, k.INT)
        self.element_address(array, kind, node)
        self.code.memory(LOADS[kind[1]])
        return kind[1:]

    def element_address(self, array: int, kind: str, node: nodes.Index) -> None:
        """From the index on the stack to the element's address, checked; negative indices count from the end."""
        code = self.code
        index = self.hold(k.INT)
        length = code.local(I64)
        span = node.index.op_span if isinstance(node.index, nodes.Binary) else node.index.span
        site = self.site("index", "", span[:2])
        code.get(index)
        code.get(array)
        code.memory("i32.load", LENGTH)
        code.op("i64.extend_i32_u")
        code.tee(length)
        code.op("i64.ge_u")
        with code.when():
            if self.bounds(node.index)[0] >= 0:
                self.fail(site, index, length)
            else:
                wanted = code.local(I64)
                code.get(index)
                code.set(wanted)
                code.get(index)
                code.get(length)
                code.op("i64.add")
                code.tee(index)
                code.get(length)
                code.op("i64.ge_u")
                code.get(wanted)
                code.i64(0)
                code.op("i64.ge_s", "i32.or")
                with code.when():
                    self.fail(site, wanted, length)
        code.get(array)
        code.memory("i32.load", DATA)
        code.get(index)
        code.op("i32.wrap_i64")
        size = element_size(kind)
        if size > 1:
            code.i32(size.bit_length() - 1)
            code.op("i32.shl")
        code.op("i32.add")

    def array_literal(self, node: nodes.ArrayLit, kind: str) -> None:
        """A new array of a known kind, as the variable or the result that it is for has it."""
        code = self.code
        size = element_size(kind)
        if self.program.config.exact_sizes:
            raise Unqualified("arrays under size limits")
        values = []
        for item in node.items:
            if self.owned(item, kind[1:]) != kind[1:]:
                raise Unqualified("elements of several kinds")
            values.append(self.hold(kind[1:]))
        code.i32(max(4, len(values)))
        code.call(self.parts.helper(f"new{size}"))
        array = self.hold(kind)
        for at, value in enumerate(values):
            code.get(array)
            code.memory("i32.load", DATA)
            code.get(value)
            code.memory(STORES[kind[1]], at * size)
        code.get(array)
        code.i32(len(values))
        code.memory("i32.store", LENGTH)
        code.get(array)

    def owned(self, node: nodes.Node, wanted: str) -> str:
        """A value that may be stored: an array that somebody else holds is copied."""
        if wanted[0] != k.ARRAY:
            return self.expr(node)
        if isinstance(node, nodes.ArrayLit):
            self.array_literal(node, wanted)
            return wanted
        kind = self.expr(node)
        if kind == wanted and isinstance(node, (nodes.Variable, nodes.Index)):
            self.copy_array(kind)
        elif not isinstance(node, nodes.Call):
            raise Unqualified("an array out of this expression")
        return kind

    def copy_array(self, kind: str) -> None:
        """Copy the array on the stack; a long one is paid for."""
        code = self.code
        if kind[1] == k.ARRAY:
            raise Unqualified("a copy of nested arrays")
        array = self.hold(kind)
        code.get(array)
        code.memory("i32.load", LENGTH)
        code.i32(LARGE_COPY)
        code.op("i32.gt_u")
        with code.when():
            self.length_of(array)
            self.ask_host(self.parts.pay, self.site("limit", "", self.last_loc))
        code.get(array)
        code.call(self.parts.helper(f"copy{element_size(kind)}"))

    last_loc: tuple[int, int]

    def length_of(self, array: int) -> None:
        """The length of the array in a local, as an INT."""
        self.code.get(array)
        self.code.memory("i32.load", LENGTH)
        self.code.op("i64.extend_i32_u")

    def ask_host(self, function: int, site: int) -> None:
        """Call a check of the host's with what is on the stack; where it raises, that is the failure."""
        self.code.call(function)
        with self.code.when():
            self.fail(site)

    def expr_Call(self, node: nodes.Call) -> str:
        """A call of a function; which ones there are, the class that lowers whole kernels knows."""
        raise NotImplementedError


LARGE_COPY: Final = 16_384
"""Copies of more elements cost operations."""

__all__ = ["F64", "FULL", "LARGE_COPY", "STORES", "Numbers", "ty"]
