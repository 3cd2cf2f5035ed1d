"""Loops and what they cost.

Where a loop may turn often, its turns are paid for in advance, in strips of as many as the current stride allows; what
it did not use is given back however it is left. So a turn costs next to nothing:

    _paid_1 = _turns(range(n), 26)          # pays 26 operations for each item that comes
    try:
        for i in _paid_1: ...
    finally:
        _ops += 26 * _paid_1.__length_hint__()
        _paid_1 = None

A `while` buys strips of turns (`_buy`) that count nothing but themselves. Without strips every turn counts down.
"""

from __future__ import annotations

import ast as pyast
from typing import Final

from horus_runtime.analysis import types as ty
from horus_runtime.analysis.scopes import Variable
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import children
from horus_runtime.codegen.chains import Chains
from horus_runtime.codegen.cost import LOOPS, loop_cost
from horus_runtime.codegen.emitter import STORE, place

RETURN: Final = "return"
MAX_BLOCKS: Final = 18
"""Loops and `try` blocks that CPython lets stand inside each other, with some to spare."""
STRIP_BLOCKS: Final = 3
"""What a loop with strips needs of these."""

Loop = nodes.While | nodes.Loop | nodes.Do | nodes.For


class Loops(Chains):
    """Compiles the loops of one function variant."""

    loops: list[str | None]
    blocks = 1
    """Python blocks around the current place."""

    def body_in_scope(self, body: tuple[nodes.Node, ...], dest: str | None) -> None:
        raise AssertionError

    def check_definition(self, variable: Variable) -> None:
        raise AssertionError

    def local(self, name: str) -> str:
        raise AssertionError

    # ---- the budget -------------------------------------------------------------------------------------------------

    def charge(self, cost: int) -> None:
        """Spend operations: count down, and ask for more when the stride is used up."""
        if not self.program.config.metered:
            return
        self.charges = True
        target = place(pyast.Name("_ops", STORE), self.loc)
        self.emit(pyast.AugAssign(target, pyast.Sub(), self.const(cost)))
        refill = place(pyast.Assign([target], self.service("_poll", self.name("_ops"))), self.loc)
        self.when(self.compare(self.name("_ops"), (pyast.Lt(), self.const(0))), [refill])

    charges = False

    def loop_dest(self, dest: str | None) -> str | None:
        """Where `break` puts its value; returning loops need a temporary."""
        return self.temp() if dest == RETURN else dest

    def finish_loop(self, target: str | None, dest: str | None) -> None:
        if dest == RETURN and target is not None:
            self.give_back(self.name(target))

    def has_strips(self, node: Loop) -> bool:
        """Are the turns of this loop paid for in advance? CPython bounds how deeply blocks may nest."""
        config = self.program.config
        return config.metered and config.strips and self.blocks + STRIP_BLOCKS + _height(node) <= MAX_BLOCKS

    def loop_body(self, node: Loop, dest: str | None, *, charged: bool, blocks: int) -> list[pyast.stmt]:
        """The body of a loop; `charged`: every turn counts down."""
        outer, self.out = self.out, []
        self.at(node.span)
        if charged:
            self.charge(loop_cost(node))
        self.loops.append(dest)
        self.blocks += blocks
        self.body_in_scope(node.body.body, None)
        self.blocks -= blocks
        self.loops.pop()
        inner, self.out = self.out, outer
        return inner

    def spend(self, operator: pyast.operator, cost: pyast.expr) -> pyast.stmt:
        """Count the counter up or down."""
        self.charges = True
        return place(pyast.AugAssign(place(pyast.Name("_ops", STORE), self.loc), operator, cost), self.loc)  # type: ignore[no-any-return]

    def giving_back(self, turns: str, cost: int, body: list[pyast.stmt]) -> pyast.stmt:
        """Give back what was paid for turns that did not come to pass."""
        left = place(pyast.Call(self.attribute(self.name(turns), "__length_hint__"), [], []), self.loc)
        refund = self.spend(pyast.Add(), self.binop(left, pyast.Mult(), self.const(cost)))
        forget = place(pyast.Assign([place(pyast.Name(turns, STORE), self.loc)], self.const(None)), self.loc)
        return place(pyast.Try(body, [], [], [refund, forget]), self.loc)  # type: ignore[no-any-return]

    def turns(self, cost: int) -> str:
        """A name for paid turns, which tells what they cost."""
        self.temps += 1
        return f"_paid_{cost}_{self.temps}"

    # ---- while, loop, do --------------------------------------------------------------------------------------------

    def stmt_While(self, node: nodes.While, dest: str | None) -> None:
        target = self.loop_dest(dest)
        self.at(node.span)
        if target is not None:
            self.assign(target, self.const(None))
        strips = self.has_strips(node)
        self.blocks += STRIP_BLOCKS if strips else 1
        outer, self.out = self.out, []
        test = self.condition(node.condition)
        self.at(node.span)
        refund = [self.spend(pyast.Add(), self.const(loop_cost(node)))] if strips else []
        always = isinstance(test, pyast.Constant) and test.value is True
        if not always and (strips or self.out):
            self.when(self.negate(test), [*refund, place(pyast.Break(), self.loc)])
            test = self.const(True)
        if strips:
            owed = self.compare(self.name("_turn"), (pyast.IsNot(), self.const(None)))
            settled = self.service("_poll", self.name("_ops"))
            self.when(owed, [place(pyast.Assign([place(pyast.Name("_ops", STORE), self.loc)], settled), self.loc)])
        prepare, self.out = self.out, outer
        self.blocks -= STRIP_BLOCKS if strips else 1
        body = self.loop_body(node, target, charged=not strips, blocks=STRIP_BLOCKS if strips else 1)
        self.endless(node, test, [*prepare, *body], strips)
        self.finish_loop(target, dest)

    def endless(self, node: Loop, test: pyast.expr, body: list[pyast.stmt], strips: bool) -> None:
        """A loop that leaves itself, with its turns bought in strips or one by one."""
        self.at(node.span)
        body = body or [self.nothing()]
        if not strips:
            self.emit(pyast.While(test, body, []))
            return
        cost = loop_cost(node)
        turns = self.turns(cost)
        helper = "_owe" if isinstance(node, nodes.While) else "_buy"
        buy = self.call(self.program.use_helper(helper), self.const(cost))
        self.assign(turns, buy)
        again = place(pyast.Assign([place(pyast.Name(turns, STORE), self.loc)], buy), self.loc)
        more = [again, place(pyast.Continue(), self.loc)]
        slot = place(pyast.Name("_turn", STORE), self.loc)
        strip = place(pyast.For(slot, self.name(turns), body, more), self.loc)
        whole = place(pyast.While(self.const(True), [strip, place(pyast.Break(), self.loc)], []), self.loc)
        self.out.append(self.giving_back(turns, cost, [whole]))

    def stmt_Loop(self, node: nodes.Loop, dest: str | None) -> None:
        target = self.loop_dest(dest)
        strips = self.has_strips(node)
        body = self.loop_body(node, target, charged=not strips, blocks=STRIP_BLOCKS if strips else 1)
        self.endless(node, self.const(True), body, strips)
        self.finish_loop(target, dest)

    def stmt_Do(self, node: nodes.Do, dest: str | None) -> None:
        target = self.loop_dest(dest)
        self.at(node.span)
        if target is not None:
            self.assign(target, self.const(None))
        strips = self.has_strips(node)
        body = self.loop_body(node, target, charged=not strips, blocks=STRIP_BLOCKS if strips else 1)
        outer, self.out = self.out, body
        test = self.condition(node.condition)
        if not node.until:
            test = self.negate(test)
        self.when(test, [place(pyast.Break(), self.loc)])
        self.out = outer
        self.endless(node, self.const(True), body, strips)
        self.finish_loop(target, dest)

    # ---- for --------------------------------------------------------------------------------------------------------

    def stmt_For(self, node: nodes.For, dest: str | None) -> None:
        target = self.loop_dest(dest)
        variable = self.program.info.bindings[id(node)]
        counter = self.program.info.second.get(id(node))
        strips = self.has_strips(node)
        sequence, text = self.iterable(node, strips)
        if self.program.config.checks_definitions:
            for declared, span in ((counter, node.counter_span), (variable, node.variable_span)):
                if declared is not None and span is not None:
                    self.at(span)
                    self.check_definition(declared)
        self.at(node.span)
        if target is not None:
            self.assign(target, self.const(None))
        turns = self.turns(loop_cost(node))
        if strips:
            self.assign(turns, sequence)
            sequence = self.name(turns)
        if text:
            sequence = self.call("_chars", sequence)
        slot = self.loop_slot(variable)
        if counter is not None:
            index = self.loop_slot(counter)
            slot = place(pyast.Tuple([index, slot], STORE), self.loc)
            sequence = self.call("enumerate", sequence)
        body = self.loop_body(node, target, charged=not strips, blocks=2 if strips else 1)
        if variable.mutated and not variable.is_cell:
            mine = self.own(self.name(variable.py), self.types.variable(variable))
            body.insert(0, place(pyast.Assign([place(pyast.Name(variable.py, STORE), self.loc)], mine), self.loc))
        self.at(node.span)
        loop = place(pyast.For(slot, sequence, body or [self.nothing()], []), self.loc)
        self.out.append(self.giving_back(turns, loop_cost(node), [loop]) if strips else loop)
        self.finish_loop(target, dest)

    def loop_slot(self, variable: Variable) -> pyast.expr:
        """Where the loop puts the current item; a captured loop variable is one cell for the whole loop."""
        variable.py = self.local(variable.name)
        if variable.is_cell:
            self.assign(variable.py, self.call("_Cell", self.const(None)))
            return place(pyast.Attribute(self.name(variable.py), "v", STORE), self.loc)  # type: ignore[no-any-return]
        return place(pyast.Name(variable.py, STORE), self.loc)  # type: ignore[no-any-return]

    def iterable(self, node: nodes.For, strips: bool) -> tuple[pyast.expr, bool]:
        """The Python iterable behind `for x in e`, paid for if the loop has strips; is it text still to be split?"""
        source = node.iterable
        cost = self.const(loop_cost(node))
        if isinstance(source, nodes.Binary) and source.op in ("..", "..=") and self.is_int_pair(source):
            span = self.int_range(source)
            self.at(node.span)
            return (self.call(self.program.use_helper("_turns"), span, cost) if strips else span), False
        expr = self.expr(source)
        t = self.type(source)
        self.at(self.operand_span(source))
        if not ty.is_only(t, ty.SCALAR) and not self.is_untouched(source):
            expr = self.own(expr, t)
        text = ty.is_only(t, ty.STR)
        if not (text or ty.is_only(t, ty.ARRAY)):
            if strips:
                return self.call(self.program.use_helper("_turns_of"), expr, cost), False
            return self.service("_iterate", expr), False
        self.at(node.span)
        return (self.call(self.program.use_helper("_turns"), expr, cost) if strips else expr), text

    def is_int_pair(self, node: nodes.Binary) -> bool:
        return ty.is_only(self.type(node.left), ty.INT) and ty.is_only(self.type(node.right), ty.INT)

    def int_range(self, source: nodes.Binary) -> pyast.expr:
        low, high = self.operands([source.left, source.right])
        self.at(source.op_span)
        if source.op == "..=":
            high = self.binop(high, pyast.Add(), self.const(1))
        if isinstance(low, pyast.Constant) and low.value == 0:
            return self.call("range", high)
        return self.call("range", low, high)

    def is_untouched(self, node: nodes.Node) -> bool:
        """Can nobody change the walked array during the loop? True for temporaries and never-changed variables."""
        if isinstance(node, (nodes.ArrayLit, nodes.Call, nodes.MethodCall, nodes.Binary)):
            return True
        if not isinstance(node, nodes.Variable):
            return False
        variable = self.program.info.bindings.get(id(node))
        return variable is not None and not (variable.mutated or variable.is_cell or variable.kind == "external")


def _height(node: nodes.Node) -> int:
    """How many loops and `try` blocks stand inside each other below the node."""
    deepest = 0
    for child in children(node):
        if not isinstance(child, nodes.Closure):
            deepest = max(deepest, _height(child) + isinstance(child, (*LOOPS, nodes.Try)))
    return deepest
