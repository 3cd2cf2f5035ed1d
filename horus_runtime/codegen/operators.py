"""Operators: what types and intervals prove decides between Python's own operator and a call that checks."""

from __future__ import annotations

import ast as pyast
from typing import Final

from horus_runtime.analysis import types as ty
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import walk
from horus_runtime.codegen.emitter import place
from horus_runtime.codegen.expressions import JUMPS, is_plain, is_same
from horus_runtime.codegen.present import Present
from horus_runtime.runtime.abi import INT_MAX, INT_MIN, Fault

PY_OPS: Final[dict[str, type[pyast.operator]]] = {
    "+": pyast.Add,
    "-": pyast.Sub,
    "*": pyast.Mult,
    "&": pyast.BitAnd,
    "|": pyast.BitOr,
    "^": pyast.BitXor,
}
PY_COMPARE: Final[dict[str, type[pyast.cmpop]]] = {
    "==": pyast.Eq,
    "!=": pyast.NotEq,
    "<": pyast.Lt,
    "<=": pyast.LtE,
    ">": pyast.Gt,
    ">=": pyast.GtE,
}
CLASS_OF: Final = {
    ty.INT: "int",
    ty.FLOAT: "float",
    ty.BOOL: "bool",
    ty.STR: "str",
    ty.ARRAY: "list",
    ty.MAP: "dict",
}
TEXT: Final = ty.STR | ty.CHAR


class Operators(Present):
    """Compiles the operators of one function variant."""

    def expr_Unary(self, node: nodes.Unary, _owned: bool) -> pyast.expr:
        operand = self.expr(node.operand)
        t = self.type(node.operand)
        self.at(node.span)
        if node.op == "!":
            return self.negate(operand) if ty.is_only(t, ty.BOOL) else self.service("_not_op", operand)
        if node.op == "+":
            return operand if ty.is_only(t, ty.NUMBER) else self.service("_plus_op", operand)
        if ty.is_only(t, ty.FLOAT):
            return place(pyast.UnaryOp(pyast.USub(), operand), self.loc)  # type: ignore[no-any-return]
        if ty.is_only(t, ty.INT) and self.intervals.of(node.operand)[0] > INT_MIN:
            return place(pyast.UnaryOp(pyast.USub(), operand), self.loc)  # type: ignore[no-any-return]
        return self.service("_neg_op", operand)

    # ---- binary -----------------------------------------------------------------------------------------------------

    def expr_Binary(self, node: nodes.Binary, owned: bool) -> pyast.expr:
        op = node.op
        if op in ("&&", "||"):
            return self.logical(node)
        if op == "??":
            return self.coalesce(node, owned)
        if op in ("in", "!in"):
            found = self.membership(node)
            if op == "in":
                return found
            return self.negate(found) if isinstance(found, pyast.Compare) else self.service("_not_op", found)
        variable, classes = self.types.inference.type_test(node) if op == "==" else (None, 0)
        if variable is not None and self.is_local(node.left.args[0]) and not self.dynamic:  # type: ignore[attr-defined]
            return self.type_test(node.left.args[0], classes)  # type: ignore[attr-defined]
        self.expect_operands(node)
        left, right = self.operands([node.left, node.right])
        if id(node.left) in self.present or id(node.right) in self.present:
            self.note_absence(node, left, right)
        self.at(node.op_span)
        return self.infix(op, left, right, node.left, node.right)

    def type_test(self, item: nodes.Node, classes: int) -> pyast.expr:
        """`type_of(x) == "name"`: Python's own test."""
        value = self.expr(item)
        self.at(item.span)
        if classes == ty.UNIT:
            return self.is_none(value)
        return self.type_is(value, "_Char" if classes == ty.CHAR else CLASS_OF[classes])

    def is_sure(self, node: nodes.Node) -> bool:
        """Can nothing but arithmetic go wrong when the node is evaluated?"""
        raise NotImplementedError

    def membership(self, node: nodes.Binary) -> pyast.expr:
        """`item in container`, which is `contains(container, item)`: the container is evaluated first.

        A variable is evaluated last, but not for `!in`.

        Maps and strings are asked directly unless somebody redefines `contains`.
        """
        if isinstance(node.right, nodes.Binary) and node.right.op in ("..", "..=") and self.asks_range(node.right):
            return self.within(node, node.right)
        if (
            node.op == "in"
            and isinstance(node.right, nodes.Variable)
            and not (self.is_sure(node.right) and self.is_sure(node.left))
        ):
            item, container = self.operands([node.left, node.right])
            item = item if self.is_stable(item) else self.spill(item)
        elif node.op == "!in" and self.may_touch(node.left, node.right):
            container = self.spill(self.own(self.expr(node.right), self.type(node.right)))
            item = self.expr(node.left)
        else:
            container, item = self.operands([node.right, node.left])
        if not is_plain(item) and not is_plain(container):
            container = self.spill(container)
        self.at(node.op_span)
        general = self.service("_contains", self.home(), self.level(), container, item)
        t, i = self.type(node.right), self.type(node.left)
        if self.program.overridden("contains", 2, t):
            return general
        if ty.is_only(t, ty.MAP | ty.STR) and (
            ty.is_only(i, ty.STR) or (ty.is_only(t, ty.STR) and ty.is_only(i, TEXT))
        ):
            return self.compare(item, (pyast.In(), container))
        if ty.is_only(i, ty.STR) and t & ty.MAP and isinstance(container, pyast.Name):
            direct = self.compare(item, (pyast.In(), container))
            return self.choose(self.type_is(container, "dict"), direct, general)
        return general

    def asks_range(self, node: nodes.Binary) -> bool:
        """Is this a range of INT that nobody has another idea of?"""
        known = ty.is_only(self.type(node.left), ty.INT) and ty.is_only(self.type(node.right), ty.INT)
        return known and self.program.config.fast_operators and not self.program.overridden("contains", 2, ty.RANGE)

    def within(self, node: nodes.Binary, span: nodes.Binary) -> pyast.expr:
        """`item in low..high`: an INT is compared with the ends."""
        low, high = (self.stable(end) for end in self.operands([span.left, span.right]))
        item = self.expr(node.left)
        first, again = self.atom(item)
        self.at(span.op_span)
        made = self.call("_Range", low, high, self.const(span.op == "..="))
        self.at(node.op_span)
        upper: pyast.cmpop = pyast.LtE() if span.op == "..=" else pyast.Lt()
        if ty.is_only(self.type(node.left), ty.INT):
            return self.compare(low, (pyast.LtE(), first), (upper, high))
        general = self.service("_contains", self.home(), self.level(), made, again)
        direct = self.compare(low, (pyast.LtE(), again), (upper, high))
        return self.choose(self.type_is(first, "int"), direct, general)

    def may_touch(self, node: nodes.Node, place: nodes.Node) -> bool:
        """May evaluating the node change what a variable holds?"""
        variable = self.program.info.bindings.get(id(place))
        if not isinstance(place, nodes.Variable) or variable is None:
            return False
        if variable.is_cell:
            return not self.is_sure(node)
        return any(isinstance(part, nodes.Variable) and part.name == place.name for part in walk(node))

    def refuses(self, helper: str, *operands: pyast.expr) -> None:
        """Note what a `TypeError` at the current place means: an operand was `()`, which `helper` refuses."""
        known = tuple((o.value,) if isinstance(o, pyast.Constant) else o.id for o in operands if is_plain(o))  # type: ignore[attr-defined]
        self.program.faults[(f"{self.py_name}!", *self.loc)] = Fault(helper, known)

    py_name: str

    def infix(
        self, op: str, left: pyast.expr, right: pyast.expr, left_node: nodes.Node, right_node: nodes.Node
    ) -> pyast.expr:
        """An infix operator whose operands are compiled; the fastest form their types allow."""
        lt, rt = self.number_type(left_node), self.number_type(right_node)
        if not self.program.config.fast_operators:
            return self.slow(op, left, right)
        if op in PY_COMPARE:
            return self.comparison(op, left, right, lt, rt, right_node)
        if op in ("..", "..="):
            if ty.is_only(lt, ty.INT) and ty.is_only(rt, ty.INT):
                return self.call("_Range", left, right, self.const(op == "..="))
            # An end that is not written has no extent; with other types than INT Rhai takes it for `()`.
            open_end = isinstance(right_node, nodes.IntLit) and right_node.span[:2] == right_node.span[2:]
            return self.slow(op, left, self.const(None) if open_end else right)
        return self.arithmetic(op, left, right, lt, rt, (left_node, right_node))

    def slow(self, op: str, left: pyast.expr, right: pyast.expr) -> pyast.expr:
        """The general operator."""
        if not self.program.config.fast_operators:
            return self.call(self.program.use_open_operator(op), left, right)
        return self.call(self.program.use_operator(op), left, right)

    def arithmetic(
        self,
        op: str,
        left: pyast.expr,
        right: pyast.expr,
        lt: int,
        rt: int,
        pair: tuple[nodes.Node, nodes.Node],
        at: bool = False,
    ) -> pyast.expr:
        """`+ - * / % ** << >> & | ^`; `at` asks for errors with a position (compound assignment)."""
        if self.fails_on_unit(op, lt, rt):
            left, right = self.stable(left), self.stable(right)
            self.refuses(op, left, right)
            lt, rt = lt & ~ty.UNIT, rt & ~ty.UNIT
        if ty.is_only(lt, ty.INT) and ty.is_only(rt, ty.INT):
            return self.int_operation(op, left, right, pair, at)
        numbers = ty.is_only(lt, ty.NUMBER) and ty.is_only(rt, ty.NUMBER)
        if numbers and (ty.is_only(lt, ty.FLOAT) or ty.is_only(rt, ty.FLOAT)):
            return self.float_operation(op, left, right)
        if op == "+" and ty.is_only(lt, TEXT) and ty.is_only(rt, TEXT):
            return self.sized_text(self.binop(left, pyast.Add(), right), "_priced" if at else "_sized_sum")
        if op in ("&", "|", "^") and ty.is_only(lt, ty.BOOL) and ty.is_only(rt, ty.BOOL):
            return self.binop(left, PY_OPS[op](), right)
        general = self.use_assign(op + "=") if at else self.program.use_operator(op)
        if op in ("+", "-", "*") and (lt & rt & ty.INT):
            return self.guarded_int(op, left, right, lt, rt, general)
        if op in ("+", "-", "*") and (lt & rt & ty.FLOAT):
            return self.guarded_float_only(op, left, right, lt, rt, general)
        if op == "+" and lt & rt & ty.STR and ty.is_only(lt | rt, TEXT | ty.UNIT) and not self.program.tags:
            return self.guarded_text(left, right, lt, rt, general, at=at)
        if op in ("/", "%") and lt & ty.INT and isinstance(right, pyast.Constant) and type(right.value) is int:
            return self.guarded_division(op, left, right, general)
        if op == "/" and lt & rt & ty.FLOAT:
            return self.guarded_float_only(op, left, right, lt, rt, general)
        return self.call(general, left, self.kept(right))

    def guarded_text(
        self, left: pyast.expr, right: pyast.expr, lt: int, rt: int, general: str, *, at: bool
    ) -> pyast.expr:
        """Both operands are strings, as a rule: properties of maps that could be missing."""
        if not is_plain(right):
            left, right = self.spill_in_order(left, right)
        elif ty.is_only(lt, ty.STR) and not is_plain(left):
            left = self.spill(left)
        first, again = self.atom(left)
        tests = [] if ty.is_only(lt, ty.STR) else [self.type_is(first, "str")]
        if not ty.is_only(rt, ty.STR) and not is_same(again, right):
            tests.append(self.type_is(right, "str"))
        both = self.sized_text(self.binop(again, pyast.Add(), right), "_priced" if at else "_sized_sum")
        return self.choose(self.both(*tests), both, self.call(general, again, self.kept(right)))

    def fails_on_unit(self, op: str, lt: int, rt: int) -> bool:
        """Numbers that could be `()` instead, which Python's own operators refuse as Rhai's do."""
        if not (lt | rt) & ty.UNIT or op not in ty.ARITHMETIC or self.program.overridden(op, 2, lt):
            return False
        return ty.is_only(lt | rt, ty.NUMBER | ty.UNIT) and bool(lt & ty.NUMBER and rt & ty.NUMBER)

    def stable(self, expr: pyast.expr) -> pyast.expr:
        return expr if isinstance(expr, (pyast.Name, pyast.Constant)) else self.spill(expr)

    def guarded_division(self, op: str, left: pyast.expr, right: pyast.Constant, general: str) -> pyast.expr:
        """Division by a positive literal: Python's own, for an INT that is not negative."""
        if not isinstance(right.value, int) or right.value <= 0:
            return self.call(general, left, right)
        first, again = self.atom(left)
        positive = self.compare(again, (pyast.GtE(), self.const(0)))
        raw = self.binop(again, pyast.FloorDiv() if op == "/" else pyast.Mod(), right)
        return self.choose(self.both(self.type_is(first, "int"), positive), raw, self.call(general, again, right))

    def use_assign(self, op: str) -> str:
        return self.program.use_assign(op)

    def guarded_int(self, op: str, left: pyast.expr, right: pyast.expr, lt: int, rt: int, general: str) -> pyast.expr:
        """Both operands may be INT: test that inline, and hand everything else to the general operator."""
        if not is_plain(right):
            left, right = self.spill_in_order(left, right)
        elif ty.is_only(lt, ty.INT) and not is_plain(left):
            left = self.spill(left)
        left_first, left_again = self.atom(left)
        temp = self.temp()
        tests = []
        if not ty.is_only(lt, ty.INT):
            tests.append(self.type_is(left_first, "int"))
            left_first = left_again
        if not ty.is_only(rt, ty.INT) and not is_same(left_again, right):
            tests.append(self.type_is(right, "int"))
        raw = self.walrus(temp, self.binop(left_first, PY_OPS[op](), right))
        test = self.both(*tests, self.fits(raw))
        slow = self.call(general, left_again, self.kept(right))
        if lt & ty.FLOAT and rt & ty.FLOAT:
            slow = self.guarded_float(op, left_again, right, lt, rt, slow)
        return self.choose(test, self.name(temp), slow)

    def guarded_float_only(
        self, op: str, left: pyast.expr, right: pyast.expr, lt: int, rt: int, general: str
    ) -> pyast.expr:
        """Both operands may be FLOAT, and not both INT."""
        if not (is_plain(left) and is_plain(right)):
            left, right = self.spill_in_order(left, right)
        tests = [self.type_is(x, "float") for x, t in ((left, lt), (right, rt)) if not ty.is_only(t, ty.FLOAT)]
        slow = self.call(general, left, self.kept(right))
        if op == "/" and isinstance(right, pyast.Constant):
            if not right.value:
                return slow  # Python refuses to divide by zero
        elif op == "/":
            tests.append(right)
        operator = pyast.Div() if op == "/" else PY_OPS[op]()
        return self.choose(self.both(*tests), self.binop(left, operator, right), slow)

    def guarded_float(
        self, op: str, left: pyast.expr, right: pyast.expr, lt: int, rt: int, slow: pyast.expr
    ) -> pyast.expr:
        """Both operands may be FLOAT: Python's own arithmetic, behind a test."""
        operands = ((left, lt),) if is_same(left, right) else ((left, lt), (right, rt))
        tests = [self.type_is(x, "float") for x, t in operands if not ty.is_only(t, ty.FLOAT)]
        return self.choose(self.both(*tests), self.binop(left, PY_OPS[op](), right), slow) if tests else slow

    def spill_in_order(self, left: pyast.expr, right: pyast.expr) -> tuple[pyast.expr, pyast.expr]:
        """Both operands as names, evaluated left to right: by assignments before the current statement's expression.

        Inside a conditional operand this is still right, because such operands collect their statements apart.
        """
        return self.stable(left), self.stable(right)

    def int_operation(
        self,
        op: str,
        left: pyast.expr,
        right: pyast.expr,
        pair: tuple[nodes.Node, nodes.Node],
        at: bool,
    ) -> pyast.expr:
        """Both operands are INT."""
        a, b = self.intervals.of(pair[0]), self.intervals.of(pair[1])
        if op in ("&", "|", "^"):
            return self.binop(left, PY_OPS[op](), right)
        if op in ("+", "-", "*"):
            return self.checked(op, left, right, _bounds(op, a, b), at)
        if op in ("/", "%"):
            return self.int_division(op, left, right, a, b, at=at)
        general = self.use_assign(op + "=") if at else self.program.use_operator(op)
        if op == ">>" and b[0] >= 0 and b[1] < 64:
            return self.binop(left, pyast.RShift(), right)
        if op == "<<" and b[0] >= 0 and b[1] < 64 and max(abs(a[0]), abs(a[1])) << b[1] <= INT_MAX:
            return self.binop(left, pyast.LShift(), right)
        return self.call(general, left, right)

    def int_division(
        self, op: str, left: pyast.expr, right: pyast.expr, a: tuple[int, int], b: tuple[int, int], *, at: bool
    ) -> pyast.expr:
        """`/` or `%` of two INT: Python's own where the signs allow, as that rounds down and Rhai toward zero."""

        def raw(dividend: pyast.expr, divisor: pyast.expr) -> pyast.expr:
            return self.binop(dividend, pyast.FloorDiv() if op == "/" else pyast.Mod(), divisor)

        if at:
            general = self.use_assign(op + "=")
        else:
            general = "_int_div" if op == "/" else "_int_mod"
        if b[0] > 0:
            if a[0] >= 0:
                return raw(left, right)
            if isinstance(right, (pyast.Constant, pyast.Name)):
                first, again = self.atom(left)
                positive = self.compare(first, (pyast.GtE(), self.const(0)))
                return self.choose(positive, raw(again, right), self.minus(raw(self.minus(again), right)))
        if a[0] >= 0 and self.is_stable(left):
            first, again = self.atom(right)
            positive = first if b[0] >= 0 else self.compare(first, (pyast.Gt(), self.const(0)))
            return self.choose(positive, raw(left, again), self.call(general, left, again))
        if isinstance(right, pyast.Name):
            first, again = self.atom(left)
            positive = self.compare(first, (pyast.GtE(), self.const(0)), (pyast.Lt(), right))
            return self.choose(positive, raw(again, right), self.call(general, again, right))
        return self.call(general, left, right)

    def minus(self, value: pyast.expr) -> pyast.expr:
        return place(pyast.UnaryOp(pyast.USub(), value), self.loc)  # type: ignore[no-any-return]

    def checked(self, op: str, left: pyast.expr, right: pyast.expr, bounds: tuple[int, int], at: bool) -> pyast.expr:
        """An integer operation with the overflow check that its bounds still need."""
        low, high = bounds
        if low >= INT_MIN and high <= INT_MAX:
            return self.binop(left, PY_OPS[op](), right)
        left_first, left_again = self.atom(left)
        right_first, right_again = self.atom(right)
        temp = self.temp()
        raw = self.walrus(temp, self.binop(left_first, PY_OPS[op](), right_first))
        if low >= INT_MIN:
            fits = self.compare(raw, (pyast.LtE(), self.const(INT_MAX)))
        elif high <= INT_MAX:
            fits = self.compare(raw, (pyast.GtE(), self.const(INT_MIN)))
        else:
            fits = self.fits(raw)
        failed = self.call("_overflow_at" if at else "_overflow", self.const(op), left_again, right_again)
        return self.choose(fits, self.name(temp), failed)

    def fits(self, value: pyast.expr) -> pyast.expr:
        """Is the integer surely one of 64 bits? The only one that is and seems not to be is the lowest; asking for the
        number of bits takes half the time of two comparisons.
        """
        bits = self.call_of(self.attribute(value, "bit_length"))
        return self.compare(bits, (pyast.Lt(), self.const(64)))

    def float_operation(self, op: str, left: pyast.expr, right: pyast.expr) -> pyast.expr:
        """At least one operand is FLOAT, the other INT or FLOAT: Python's own arithmetic, which never raises here."""
        if op in ("+", "-", "*"):
            return self.binop(left, PY_OPS[op](), right)
        if op == "/" and isinstance(right, pyast.Constant):
            return self.binop(left, pyast.Div(), right) if right.value else self.slow(op, left, right)
        if op == "/":
            left = self.stable(left)
            first, again = self.atom(right)
            return self.choose(first, self.binop(left, pyast.Div(), again), self.slow(op, left, again))
        return self.slow(op, left, right)

    def comparison(
        self, op: str, left: pyast.expr, right: pyast.expr, lt: int, rt: int, right_node: nodes.Node
    ) -> pyast.expr:
        """`== != < <= > >=`: exact for INT, strings and bools; floats compare with tolerance."""
        py_op = PY_COMPARE[op]()
        if lt & ty.LOW == rt & ty.LOW and lt & ty.LOW in (ty.INT, ty.STR, ty.CHAR, ty.BOOL):
            if op in ("==", "!=") and isinstance(right, pyast.Constant) and right.value == 0:
                left = _without_sign(left)
            return self.compare(left, (py_op, right))
        if op in ("==", "!=") and ty.is_only(lt, TEXT) and ty.is_only(rt, TEXT):
            return self.compare(left, (py_op, right))
        for kind in (ty.INT, ty.STR, ty.BOOL):
            if lt & rt & kind and ty.is_only(lt | rt, kind | ty.UNIT):
                return self.compare_present(op, left, right, lt, rt)
        if ty.is_only(lt, ty.FLOAT) and isinstance(right_node, (nodes.FloatLit, nodes.IntLit)):
            inline = self.float_threshold(op, left, float(right_node.value))
            if inline is not None:
                return inline
        for kind in (ty.INT, ty.STR):
            literal = isinstance(right, pyast.Constant) and type(right.value) in (int, str)
            if literal and lt & kind and ty.is_only(rt, kind):
                first, again = self.atom(left)
                test = self.type_is(first, CLASS_OF[kind])
                return self.choose(test, self.compare(again, (py_op, right)), self.slow(op, again, right))
        if op in ("==", "!=") and ty.is_only(rt, ty.UNIT) and isinstance(right, pyast.Constant):
            return self.unit_test(op, left, lt)
        if lt & rt & ty.INT:
            if not (is_plain(left) and is_plain(right)):
                left, right = self.spill_in_order(left, right)
            tests = []
            if not ty.is_only(lt, ty.INT):
                tests.append(self.type_is(left, "int"))
            if not ty.is_only(rt, ty.INT):
                tests.append(self.type_is(right, "int"))
            return self.choose(self.both(*tests), self.compare(left, (py_op, right)), self.slow(op, left, right))
        return self.slow(op, left, right)

    def unit_test(self, op: str, left: pyast.expr, t: int) -> pyast.expr:
        """A value compared with `()`: of the language's own classes only that one equals it."""
        is_unit = pyast.Is() if op == "==" else pyast.IsNot()
        if not t & ty.OTHER:
            return self.compare(left, (is_unit, self.const(None)))
        left = self.stable(left)
        known = self.compare(self.call("type", left), (pyast.In(), self.name("_BUILT_IN")))
        return self.choose(
            known, self.compare(left, (is_unit, self.const(None))), self.slow(op, left, self.const(None))
        )

    def compare_present(self, op: str, left: pyast.expr, right: pyast.expr, lt: int, rt: int) -> pyast.expr:
        """Values of one class, any of which may be `()` instead: that equals only itself and has no order."""
        py_op = PY_COMPARE[op]()
        if op in ("==", "!="):
            return self.compare(left, (py_op, right))
        left, right = self.stable(left), self.stable(right)
        present = [
            self.compare(x, (pyast.IsNot(), self.const(None))) for x, t in ((left, lt), (right, rt)) if t & ty.UNIT
        ]
        return self.both(*present, self.compare(left, (py_op, right)))

    def float_threshold(self, op: str, left: pyast.expr, literal: float) -> pyast.expr | None:
        """Compare a FLOAT with a literal: the tolerance moves the limit to a neighbour known at compile time."""
        limit = self.program.threshold(op, literal)
        if limit is None:
            return None
        infinity = self.name("_INF")
        if op in ("<", "<="):
            lowest = self.call_negated_infinity()
            return self.compare(lowest, (pyast.Lt(), left), (pyast.LtE(), self.const(limit)))
        return self.compare(self.const(limit), (pyast.LtE(), left), (pyast.Lt(), infinity))

    def call_negated_infinity(self) -> pyast.expr:
        return self.name("_NINF")

    # ---- logic ------------------------------------------------------------------------------------------------------

    def logical(self, node: nodes.Binary) -> pyast.expr:
        """`&&` and `||`, short-circuit."""
        left = self.bool_operand(node.left)
        inner, right = self.captured_logic(node.right)
        self.at(node.op_span)
        build = self.both if node.op == "&&" else self.either
        if not inner:
            return build(left, right)
        name = self.temp()
        self.assign(name, left)
        inner.append(self.assignment(name, right))
        test = self.name(name) if node.op == "&&" else self.negate(self.name(name))
        self.when(test, inner)
        return self.name(name)

    def captured_logic(self, node: nodes.Node) -> tuple[list[pyast.stmt], pyast.expr]:
        outer, self.out = self.out, []
        with self.intervals.branch():
            expr = self.bool_operand(node)
        inner, self.out = self.out, outer
        return inner, expr

    def bool_operand(self, node: nodes.Node) -> pyast.expr:
        expr = self.expr(node)
        if ty.is_only(self.type(node), ty.BOOL):
            return expr
        self.at(self.error_span(node))
        cell = self.captured_cell(node)
        if cell is not None:
            return self.call("_shared_truth", cell)
        if cells := self.passed_cells(node):
            return self.call("_shared_truth_of", expr, *cells)
        return self.decided(expr) or self.call("_truth", expr)

    def coalesce(self, node: nodes.Binary, owned: bool) -> pyast.expr:
        """`a ?? b`."""
        left = self.expr(node.left, owned)
        inner, right = self.captured_block(node.right, owned)
        self.at(node.op_span)
        if not inner:
            first, again = self.atom(left)
            return self.choose(self.is_none(first), right, again)
        name = self.temp()
        self.assign(name, left)
        if not isinstance(node.right, JUMPS):
            inner.append(self.assignment(name, right))
        self.when(self.is_none(self.name(name)), inner)
        return self.name(name)


def _without_sign(expr: pyast.expr) -> pyast.expr:
    """A remainder that is only compared with zero: its sign does not matter."""
    if (
        isinstance(expr, pyast.IfExp)
        and isinstance(expr.orelse, pyast.UnaryOp)
        and isinstance(expr.test, pyast.Compare)
    ):
        remainder = expr.body
        if isinstance(remainder, pyast.BinOp) and isinstance(remainder.op, pyast.Mod):
            remainder.left = expr.test.left
            return remainder
    return expr


def _bounds(op: str, a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    """The exact bounds of an integer operation, before any check."""
    if op == "+":
        return a[0] + b[0], a[1] + b[1]
    if op == "-":
        return a[0] - b[1], a[1] - b[0]
    products = [x * y for x in a for y in b]
    return min(products), max(products)
