"""Type inference: the classes of every expression of a function variant, by iteration to a fixpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from operator import or_
from typing import Any, Final

from horus_runtime.analysis import results
from horus_runtime.analysis.scopes import FunctionInfo, MethodPredicate, ProgramInfo, Variable
from horus_runtime.analysis.types import (
    ANY,
    ANY_ARRAY,
    ARITHMETIC,
    ARRAY,
    BLOB,
    BOOL,
    CHAR,
    COMPARISONS,
    DEEP_ANY,
    FLOAT,
    FN,
    INT,
    LEVELS,
    LOW,
    MAP,
    NONE,
    NUMBER,
    OTHER,
    RANGE,
    SCALAR,
    STR,
    TAKE,
    TESTABLE,
    UNIT,
    WIDTH,
    Fields,
    array_of,
    element,
    is_only,
    map_of,
    method_result,
)
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import methods_by_class


class Inference:
    """Infers variable types of one function variant by iterating to a fixpoint.

    `call_type` answers for calls of script functions: it gets the call node and the argument types. `method_type` does
    so for methods; it gets the receiver's type as well and answers with the result's and what the receiver becomes.
    """

    def __init__(
        self,
        program: ProgramInfo,
        fn: FunctionInfo,
        overridden: Callable[[str, int, int], bool],
        call_type: Callable[[nodes.Call, list[int]], int],
        method_type: Callable[[nodes.MethodCall, int, list[int]], tuple[int, int] | None],
    ) -> None:
        self.program = program
        self.fn = fn
        self.overridden = overridden
        self.call_type = call_type
        self.method_type = method_type
        self.types: dict[Variable, int] = {}
        self.narrowed: dict[Variable, int] = {}
        """What conditions say of variables at the place that is being looked at."""
        self.found: dict[int, int] = {}
        """Types of expressions and loops where no condition says more; they hold when nothing grows any longer."""
        self.read: set[Variable | None] = set()
        """Variables whose types the statement in hand has used; `None` stands for `this`."""
        self.grown: list[Variable | None] = []
        """Variables whose types have grown in this statement."""
        self.outdated = False
        """Has one of them grown after the statement had used it?"""
        self.returned = NONE
        self.breaks: list[int] = []

    # ---- variables --------------------------------------------------------------------------------------------------

    is_pure: MethodPredicate
    """Says of a call, by name and argument count, that it leaves its first argument as it is."""
    opaque = False
    """A variable may have any value: the host answers for names."""
    open_operators = False
    """An operator may have any result: the host redefines them."""

    def type_of_variable(self, variable: Variable) -> int:
        if self.opaque or variable.kind == "external" or variable.is_cell:
            return ANY
        self.read.add(variable)
        t = self.types.get(variable, NONE)
        if not self.narrowed:
            return t
        classes = self.narrowed.get(variable)
        return t if classes is None else (t & ~LOW) | (t & classes)

    def widen(self, variable: Variable | None, t: int) -> None:
        if variable is None:
            return
        old = self.types.get(variable, NONE)
        if t & ~old:
            self.types[variable] = old | t
            self._grow(variable)

    this = ANY
    """The type of `this`; more precise in variants made for one class of receiver."""

    def widen_this(self, t: int) -> None:
        if t & ~self.this:
            self.this |= t
            self._grow(None)

    def _grow(self, variable: Variable | None) -> None:
        self.grown.append(variable)
        self.outdated = self.outdated or variable in self.read

    def run(self, params: tuple[int, ...]) -> int:
        """Iterate to the fixpoint for these parameter types; returns the result type."""
        for variable, t in zip(self.fn.params, params, strict=True):
            self.types[variable] = t
        for variable in self.fn.literals:
            self.types[variable] = self.expr(variable.literal)
        node = self.fn.node
        if isinstance(node, nodes.Closure):
            return self.fixpoint((node.body,))
        return self.fixpoint(node.body.body if isinstance(node, nodes.FnDef) else node.body)

    def fixpoint(self, body: tuple[nodes.Node, ...]) -> int:
        """Look at the statements until no type grows that one of them has used; only those are looked at again."""
        values, returned = [UNIT] * len(body), [NONE] * len(body)
        readers: dict[Variable | None, set[int]] = {}
        waiting: Iterable[int] = range(len(body))
        while waiting:
            again: set[int] = set()
            for at in waiting:
                self.read, self.grown, self.outdated, self.returned = set(), [], False, NONE
                values[at] = self.stmt(body[at])
                returned[at] = self.returned
                for variable in self.grown:
                    again |= readers.get(variable, frozenset())
                for variable in self.read:
                    readers.setdefault(variable, set()).add(at)
                if self.outdated:
                    again.add(at)
                else:
                    again.discard(at)
            waiting = sorted(again)
        self.returned = reduce(or_, returned, values[-1] if values else UNIT)
        return self.returned

    # ---- statements: each returns the type of its value as the last one of a block ----------------------------------

    def body(self, body: tuple[nodes.Node, ...]) -> int:
        result = UNIT
        for node in body:
            result = self.stmt(node)
        return result

    def stmt(self, node: nodes.Node | None) -> int:
        return _STATEMENTS[type(node)](self, node)

    def stmt_ExprStmt(self, node: nodes.ExprStmt) -> int:
        return self.expr(node.expr)

    def stmt_Block(self, node: nodes.Block) -> int:
        return self.body(node.body)

    def stmt_If(self, node: nodes.If) -> int:
        self.expr(node.condition)
        variable = self.narrow(node.condition)
        then = self.stmt(node.then)
        self.end_narrow(variable)
        return then | self.stmt(node.orelse)

    def narrow(self, condition: nodes.Node) -> Variable | None:
        """What the condition tells of a variable's type holds from here on; the variable, to `end_narrow` it."""
        variable, classes = self.type_test(condition)
        if variable is None or variable.assigned or variable.mutated or variable in self.narrowed:
            return None
        self.narrowed[variable] = classes
        return variable

    def end_narrow(self, variable: Variable | None) -> None:
        """The code ends for which `narrow` gave this variable."""
        if variable is not None:
            del self.narrowed[variable]

    def type_test(self, node: nodes.Node) -> tuple[Variable | None, int]:
        """The variable whose type `type_of(x) == "name"` asks for, and that type; `None` for other conditions."""
        if isinstance(node, nodes.Binary) and node.op == "==" and isinstance(node.right, nodes.StringLit):
            call = node.left
            if isinstance(call, nodes.Call) and call.name == "type_of" and len(call.args) == 1 and not call.namespace:
                classes = TESTABLE.get(node.right.value, 0)
                if classes and not self.open_operators and not self.overridden("type_of", 1, ANY):
                    return self.program.bindings.get(id(call.args[0])), classes
        return None, 0

    def stmt_Switch(self, node: nodes.Switch) -> int:
        self.expr(node.value)
        result = NONE if node.arms and not node.arms[-1].patterns else UNIT
        for arm in node.arms:
            if arm.guard is not None:
                self.expr(arm.guard)
            result |= self.stmt(arm.body)
        return result

    def loop_value(self, node: nodes.While | nodes.Loop | nodes.Do | nodes.For, natural: int) -> int:
        self.breaks.append(natural)
        self.stmt(node.body)
        return self.keep(node, self.breaks.pop())

    def keep(self, node: nodes.Node, t: int) -> int:
        """Note a type that was found."""
        if not self.narrowed:
            self.found[id(node)] = t
        return t

    def stmt_While(self, node: nodes.While) -> int:
        self.expr(node.condition)
        return self.loop_value(node, UNIT)

    def stmt_Loop(self, node: nodes.Loop) -> int:
        return self.loop_value(node, NONE)

    def stmt_Do(self, node: nodes.Do) -> int:
        result = self.loop_value(node, UNIT)
        self.expr(node.condition)
        return result

    def stmt_For(self, node: nodes.For) -> int:
        over = self.expr(node.iterable)
        self.widen(self.program.bindings.get(id(node)), self.item(over))
        self.widen(self.program.second.get(id(node)), INT)
        return self.loop_value(node, UNIT)

    @staticmethod
    def item(over: int) -> int:
        """The type of the loop variable when walking a value of type `over`."""
        low, result = over & LOW, NONE
        if low & RANGE:
            result |= INT
        if low & STR:
            result |= CHAR
        if low & ARRAY:
            result |= element(over)
        if low & (OTHER | BLOB):
            return ANY
        if low == RANGE | STR | BLOB | OTHER:
            return ANY
        return result

    def stmt_Let(self, node: nodes.Let) -> int:
        t = UNIT if node.value is None else self.expr(node.value)
        self.widen(self.program.bindings.get(id(node)), t)
        return UNIT

    def stmt_Assign(self, node: nodes.Assign) -> int:
        value = self.expr(node.value)
        target = node.target
        if isinstance(target, nodes.Variable):
            variable = self.program.bindings.get(id(target))
            if variable is not None:
                old = self.type_of_variable(variable)
                self.widen(variable, value if node.op == "=" else self.assign_type(node.op[:-1], old, value))
        elif isinstance(target, (nodes.Index, nodes.Property)):
            self.store_element(target, node.op, value)
        return UNIT

    def store_element(self, target: nodes.Index | nodes.Property, op: str, value: int) -> None:
        """Account for a write through an access chain: widen the root's element type."""
        stored = value if op == "=" else self.assign_type(op[:-1], self.expr(target), value)
        depth = 0
        node: nodes.Node = target
        while isinstance(node, (nodes.Index, nodes.Property)):
            if isinstance(node, nodes.Index):
                self.expr(node.index)
            self.widen_field(node, (stored << (WIDTH * depth)) & ANY)
            node = node.target
            depth += 1
        if isinstance(node, nodes.Variable):
            variable = self.program.bindings.get(id(node))
            if variable is not None:
                shifted = (stored << (WIDTH * depth)) & ANY if depth < LEVELS else 0
                root = self.type_of_variable(variable) & LOW
                # A string or bit-field root changes its own value but not its class.
                self.widen(variable, shifted if root & (ARRAY | MAP) else 0)
        elif isinstance(node, nodes.This):
            self.widen_this((stored << (WIDTH * depth)) & ANY if depth < LEVELS else 0)

    def stmt_Return(self, node: nodes.Return) -> int:
        self.returned |= UNIT if node.value is None else self.expr(node.value)
        return NONE

    def stmt_Throw(self, node: nodes.Throw) -> int:
        if node.value is not None:
            self.expr(node.value)
        return NONE

    def stmt_Break(self, node: nodes.Break) -> int:
        t = UNIT if node.value is None else self.expr(node.value)
        if self.breaks:
            self.breaks[-1] |= t
        return NONE

    def stmt_Continue(self, _node: nodes.Continue) -> int:
        return NONE

    def stmt_Try(self, node: nodes.Try) -> int:
        result = self.stmt(node.body)
        self.widen(self.program.bindings.get(id(node)), ANY)
        self.stmt(node.handler)
        return result | UNIT

    def stmt_Import(self, node: nodes.Import) -> int:
        self.expr(node.path)
        return UNIT

    def stmt_Export(self, node: nodes.Export) -> int:
        if node.declaration is not None:
            self.stmt(node.declaration)
        return UNIT

    # ---- expressions ------------------------------------------------------------------------------------------------

    def expr(self, node: nodes.Node | None) -> int:
        t = _EXPRESSIONS[type(node)](self, node)
        if not self.narrowed:
            self.found[id(node)] = t
        return t

    def expr_IntLit(self, _node: nodes.IntLit) -> int:
        return INT

    def expr_FloatLit(self, _node: nodes.FloatLit) -> int:
        return FLOAT

    def expr_BoolLit(self, _node: nodes.BoolLit) -> int:
        return BOOL

    def expr_CharLit(self, _node: nodes.CharLit) -> int:
        return CHAR

    def expr_StringLit(self, _node: nodes.StringLit) -> int:
        return STR

    def expr_UnitLit(self, _node: nodes.UnitLit) -> int:
        return UNIT

    def expr_Template(self, node: nodes.Template) -> int:
        for part in node.parts:
            self.expr(part)
        return STR

    def expr_ArrayLit(self, node: nodes.ArrayLit) -> int:
        inner = NONE
        for item in node.items:
            inner |= self.expr(item)
        return array_of(inner)

    def expr_MapLit(self, node: nodes.MapLit) -> int:
        inner = NONE
        for entry in node.entries:
            t = self.expr(entry.value)
            self.fields.widen(entry.key, t)
            inner |= t
        return map_of(inner)

    def expr_Variable(self, node: nodes.Variable) -> int:
        variable = self.program.bindings.get(id(node))
        return ANY if variable is None or node.namespace else self.type_of_variable(variable)

    def expr_This(self, _node: nodes.This) -> int:
        self.read.add(None)
        return self.this

    def expr_Property(self, node: nodes.Property) -> int:
        t = self.expr(node.target)
        if t & LOW == NONE or (t & LOW == UNIT and not node.null_safe and not self.overridden(node.name, 1, t)):
            return NONE
        if is_only(t, MAP | UNIT) and not node.null_safe:
            return self.fields.read(node.name, element(t))
        if t & LOW in results.PROPERTIES and not node.null_safe and not self.overridden(node.name, 1, t):
            return results.PROPERTIES.get(t & LOW, {}).get(node.name, ANY)
        return ANY

    def expr_Index(self, node: nodes.Index) -> int:
        t = self.expr(node.target)
        i = self.expr(node.index)
        if t & LOW == NONE or (t & LOW == UNIT and not node.null_safe and not self.overridden("index$get$", 2, t)):
            return NONE
        if node.null_safe:
            return ANY
        if is_only(t, ARRAY | UNIT) and t & ARRAY:
            return element(t)
        if i & LOW == NONE:
            return NONE
        if is_only(t, MAP | UNIT) and t & MAP and (is_only(i, STR) or self.is_key(t, i)):
            name = node.index.value if isinstance(node.index, nodes.StringLit) else None
            return self.fields.read(name, element(t))
        if is_only(t, BLOB):
            return INT
        if is_only(t, STR) and is_only(i, INT):
            return CHAR
        if is_only(t, INT) and is_only(i, INT):
            return BOOL
        return ANY

    def is_key(self, t: int, i: int) -> bool:
        """Are these strings, or else plain values, which maps refuse?"""
        return bool(i & STR) and not i & LOW & ~SCALAR and not self.overridden("index$get$", 2, t)

    def expr_Unary(self, node: nodes.Unary) -> int:
        t = self.expr(node.operand)
        if node.op == "!":
            return BOOL if is_only(t, BOOL) else (NONE if t & LOW == NONE else ANY)
        return t & NUMBER if t & LOW & ~(NUMBER | UNIT) == 0 and not self.overridden(node.op, 1, t) else ANY

    def expr_Binary(self, node: nodes.Binary) -> int:
        left, right = self.expr(node.left), self.expr(node.right)
        return self.binary_type(node.op, left, right)

    def binary_type(self, op: str, left: int, right: int) -> int:
        """The result type of an infix operator."""
        if op in ("&&", "||"):
            return BOOL
        if op == "??":
            return (left & ~UNIT) | right
        if self.open_operators:
            return ANY
        low_left, low_right = left & LOW, right & LOW
        if not (low_left and low_right):
            return NONE
        known = low_left & OTHER == 0 and low_right & OTHER == 0
        if op in COMPARISONS or op in ("in", "!in"):
            return BOOL if known or op in ("in", "!in") else ANY
        if op in ("..", "..="):
            # Of an INT and anything else there is no range, unless the host makes one.
            one_is_int = INT in (low_left, low_right) and not self.overridden(op, 2, left)
            return RANGE if known or one_is_int else ANY
        both = low_left | low_right
        if op in ARITHMETIC and both & ~NUMBER == UNIT and not self.overridden(op, 2, left):
            # Arithmetic with `()` fails: what comes out is a number.
            return self.binary_type(op, left & ~UNIT, right & ~UNIT)
        if op in ARITHMETIC and both & ~NUMBER == 0:
            result = NONE
            if low_left & INT and low_right & INT:
                result |= INT
            if both & FLOAT:
                result |= FLOAT
            return result
        if op in ("<<", ">>"):
            return INT if both == INT else ANY
        if op in ("&", "|", "^"):
            return both if both in (INT, BOOL) else ANY
        return self.sum_type(left, right) if op == "+" and known else ANY

    @staticmethod
    def sum_type(left: int, right: int) -> int:
        """The type of `left + right` where not both are numbers."""
        low_left, low_right = left & LOW, right & LOW
        if STR in (low_left, low_right) or (low_left | low_right) & ~(STR | CHAR) == 0:
            return STR
        if low_left == low_right == ARRAY:
            return left | right
        return MAP | DEEP_ANY if low_left == low_right == MAP else ANY

    def assign_type(self, op: str, left: int, right: int) -> int:
        """The type a variable has after `left op= right`."""
        if left & LOW == ARRAY and op == "+":
            low_right = right & LOW
            if low_right == ARRAY:
                return left | (right & DEEP_ANY)
            if low_right & ARRAY == 0:
                return left | array_of(right)
            return ANY_ARRAY
        return self.binary_type(op, left, right)

    def expr_Call(self, node: nodes.Call) -> int:
        types = [self.expr(arg) for arg in node.args]
        if node.captures_scope or node.namespace:
            return ANY
        if not self.is_pure(node.name, len(node.args)):
            self.forget_elements(node.args[0] if node.args else None, node.name)
        if node.name == TAKE and node.args:
            self.widen_root(node.args[0], UNIT)
        return self.call_type(node, types)

    def expr_MethodCall(self, node: nodes.MethodCall) -> int:
        receiver = self.expr(node.target)
        if (returned := self.callback_type(node, receiver)) is not None:
            types = [FN, *(self.expr(arg) for arg in node.args[1:])]
            if not self.leaves_receiver(node):
                self.forget_elements(node.target, node.name)
            return self.calling_result(node.name, receiver, returned, types)
        types = [self.expr(arg) for arg in node.args]
        name = node.name
        if name == TAKE:
            self.widen_root(node.target, UNIT)
        if name == "call" and self.calls_pointer(receiver, types):
            return ANY if receiver & LOW else NONE
        if receiver & MAP and element(receiver) & FN:
            # A property may hold a function, which is then called with the map as `this`.
            self.forget_elements(node.target, "")
            return ANY
        if not node.null_safe and (found := self.method_type(node, receiver, types)) is not None:
            result, changed = found
            self.widen_root(node.target, changed)
            return result
        if self.overridden(name, len(types) + 1, receiver) or node.null_safe:
            self.forget_elements(node.target, "")
            return ANY
        if is_only(receiver, ARRAY) and (name, len(types)) in self.ADDING:
            self.add_element(node.target, types[-1])
            return UNIT
        if receiver & LOW & ~SCALAR and not self.leaves_receiver(node):
            # A method on a scalar inside a container may replace it, by a value of the same class.
            self.forget_elements(node.target, name)
        if receiver & LOW == NONE:
            return NONE
        return method_result(receiver, name)

    def calls_pointer(self, receiver: int, types: list[int]) -> bool:
        """Can `x.call(y)` only be the call of the pointer `x`? Then `x` stays what it is.

        Where `y` may be a pointer, that could be called with `x` as `this`.
        """
        if receiver & LOW & ~(FN | SCALAR) or (types and types[0] & FN):
            return False
        return not self.overridden("call", len(types) + 1, receiver)

    def callback_type(self, node: nodes.MethodCall, receiver: int) -> int | None:
        """What a closure returns that is written into a call of a standard method of arrays, which alone calls it."""
        first = node.args[0] if node.args else None
        if not isinstance(first, nodes.Closure) or not is_only(receiver, ARRAY) or node.null_safe:
            return None
        info = self.program.closures.get(id(first))
        if info is None or info.uses_this or info.dynamic or self.overridden(node.name, len(node.args) + 1, receiver):
            return None
        item, count = element(receiver), len(info.params)
        if node.name in self.COMPARING and count == 2:
            return self.closure_type(first, (item, item))
        if node.name in ("reduce", "reduce_rev") and count in (2, 3):
            start = self.expr(node.args[1]) if len(node.args) > 1 else UNIT
            known = self.closure_type(first, (start, item, INT)[:count])
            return self.closure_type(first, (start | known, item, INT)[:count])
        if node.name in self.CALLING and count in (1, 2):
            return self.closure_type(first, (item, INT)[:count])
        return None

    def calling_result(self, name: str, receiver: int, returned: int, types: list[int]) -> int:
        """What a standard method gives whose closure returns `returned`."""
        if name == "map":
            return array_of(returned)
        if name in ("reduce", "reduce_rev"):
            return returned | (types[1] if len(types) > 1 else UNIT)
        return returned | UNIT if name == "find_map" else method_result(receiver, name)

    fields: Fields
    """What is known of properties; shared by all functions of a script."""
    closure_type: Callable[[nodes.Closure, tuple[int, ...]], int]
    """Says what a closure returns that is called with such arguments, here among other places."""
    escape: Callable[[nodes.Closure], None]
    """Is told of closures that could be called from anywhere."""
    COMPARING: Final = frozenset({"sort", "sort_by", "order", "order_by"})

    def leaves_receiver(self, node: nodes.MethodCall) -> bool:
        """Does a standard method change neither its receiver nor what that holds?"""
        if self.is_pure(node.name, len(node.args) + 1):
            return True
        if node.name not in self.CALLING:
            return False
        closures = [self.program.closures.get(id(arg)) for arg in node.args if isinstance(arg, nodes.Closure)]
        return len(closures) == 1 and closures[0] is not None and not closures[0].uses_this

    CALLING: Final = frozenset(
        {"map", "filter", "reduce", "reduce_rev", "some", "all", "find", "find_map", "index_of", "order", "order_by"}
    )
    """Methods of arrays that call a function, which can change the elements through `this` only."""
    ADDING: Final = frozenset({("push", 1), ("pad", 2), ("insert", 2), ("set", 2)})
    """Methods that put their last argument into an array."""
    READ_ONLY: Final = frozenset({"len", "is_empty", "contains", "get", "to_string", "to_debug", "index_of", "extract"})
    SHRINKING: Final = frozenset(
        {"pop", "shift", "remove", "clear", "truncate", "chop", "reverse", "sort", "sort_desc", "dedup"}
    )

    def forget_elements(self, target: nodes.Node | None, name: str) -> None:
        """After a call that may change its receiver, nothing is known of the root's elements."""
        if name in self.READ_ONLY or name in self.SHRINKING:
            return
        while isinstance(target, (nodes.Index, nodes.Property)):
            target = target.target
        if isinstance(target, nodes.This):
            self.widen_this(ANY)
        if isinstance(target, nodes.Variable):
            variable = self.program.bindings.get(id(target))
            if variable is not None:
                t = self.type_of_variable(variable)
                if name and not variable.mutated:
                    return
                if t & LOW & (ARRAY | MAP):
                    self.widen(variable, DEEP_ANY)
                if not name or t & LOW & ~(ARRAY | MAP):
                    # A script method may assign `this`; a native one may change a string, never a class of number.
                    self.widen(variable, ANY if not name else NONE)

    def add_element(self, target: nodes.Node, t: int) -> None:
        """The array or map at `target` gets an element of type `t`."""
        self.widen_root(target, (t << WIDTH) & ANY)

    def widen_field(self, place: nodes.Index | nodes.Property, t: int) -> None:
        """What stands at the place may be of type `t`, if it is a property."""
        if isinstance(place, nodes.Property):
            self.fields.widen(place.name, t)
        elif isinstance(place.index, nodes.StringLit):
            self.fields.widen(place.index.value, t)
        elif not is_only(self.expr(place.index), INT):
            self.fields.widen(None, t)

    def widen_root(self, target: nodes.Node, t: int) -> None:
        """What stands at `target` may be of type `t`, too."""
        depth = 0
        while isinstance(target, (nodes.Index, nodes.Property)):
            self.widen_field(target, (t << (WIDTH * depth)) & ANY)
            target = target.target
            depth += 1
        shifted = (t << (WIDTH * depth)) & ANY if depth < LEVELS else NONE
        if isinstance(target, nodes.Variable):
            self.widen(self.program.bindings.get(id(target)), shifted)
        elif isinstance(target, nodes.This):
            self.widen_this(shifted)

    def expr_Closure(self, node: nodes.Closure) -> int:
        self.escape(node)
        return FN

    def expr_CustomSyntax(self, _node: nodes.CustomSyntax) -> int:
        return ANY


_Methods = dict[type, Callable[[Inference, Any], int]]
_NOTHING: Final[_Methods] = {type(None): lambda _self, _node: UNIT}
"""What is not there is `()`."""
_STATEMENTS: Final[_Methods] = _NOTHING | methods_by_class(Inference, "expr_") | methods_by_class(Inference, "stmt_")
_EXPRESSIONS: Final[_Methods] = _NOTHING | methods_by_class(Inference, "stmt_") | methods_by_class(Inference, "expr_")
