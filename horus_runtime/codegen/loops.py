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
from contextlib import AbstractContextManager
from typing import Any, Final

from horus_runtime.analysis import types as ty
from horus_runtime.analysis.scopes import Variable
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import READERS, children, walk
from horus_runtime.codegen.ahead import Ahead, Prepaying
from horus_runtime.codegen.characters import compared_literals
from horus_runtime.codegen.cost import LOOPS, loop_cost, turn_span
from horus_runtime.codegen.emitter import STORE, place
from horus_runtime.codegen.expressions import LIGHT
from horus_runtime.codegen.native.selection import LoopEntry, loop_kernel

RETURN: Final = "return"
MAX_BLOCKS: Final = 18
"""Loops and `try` blocks that CPython lets stand inside each other, with some to spare."""
STRIP_BLOCKS: Final = 3
"""What a loop with strips needs of these."""

Loop = nodes.While | nodes.Loop | nodes.Do | nodes.For


class Loops(Prepaying):
    """Compiles the loops of one function variant."""

    loops: list[str | None]
    nest_depth = 0
    """Loops around the current place that can be kernels."""
    bell_name: str | None = None
    is_whole_kernel = False
    """The function can be a kernel as a whole."""

    def body_in_scope(self, body: tuple[nodes.Node, ...], dest: str | None) -> None:
        raise NotImplementedError

    def dynamic_block(self) -> AbstractContextManager[None]:
        raise AssertionError

    def hiding(self, variable: Variable) -> pyast.stmt:
        raise AssertionError

    def check_definition(self, variable: Variable) -> None:
        raise NotImplementedError

    def local(self, name: str) -> str:
        raise NotImplementedError

    # ---- the budget -------------------------------------------------------------------------------------------------

    def charge(self, cost: int, then: list[pyast.stmt] | None = None) -> None:
        """Spend operations: count down, and ask for more when the stride is used up; `then` is done in that case."""
        if not self.program.config.metered:
            return
        self.counters.add("_ops")
        target = self.slot("_ops")
        self.emit(pyast.AugAssign(target, pyast.Sub(), self.const(cost)))
        refill = place(pyast.Assign([target], self.service("_poll", self.name("_ops"))), self.loc)
        self.when(self.compare(self.name("_ops"), (pyast.Lt(), self.const(0))), [refill, *(then or [])])

    def charge_call(self, cost: int) -> None:
        """Spend what a call costs: calls are paid for in advance, too, and an iterator counts them."""
        config = self.program.config
        if not (config.metered and config.strips):
            self.charge(cost)
            return
        if self.host is not None and self.pay_ahead(cost):
            return
        fuel = self.program.use_fuel(cost)
        self.counters.add(fuel)
        slot = self.slot("_turn" if self.host is None else "_call")
        more = self.call(self.program.use_helper("_refuel"), self.const(cost))
        empty = self.assignment(fuel, more)
        self.emit(pyast.For(slot, self.name(fuel), [place(pyast.Break(), self.loc)], [empty]))

    counters: set[str]
    """Counters of the program that this function changes."""

    def loop_dest(self, dest: str | None) -> str | None:
        """Where `break` puts its value; returning loops need a temporary."""
        return self.temp() if dest == RETURN else dest

    def finish_loop(self, target: str | None, dest: str | None) -> None:
        if dest == RETURN and target is not None:
            self.give_back(self.name(target))

    def loop_cost(self, node: Loop) -> int:
        """Operations of one turn of a loop, found once for all variants of the function around it."""
        costs = self.program.loop_costs
        found = costs.get(id(node))
        if found is None:
            found = costs[id(node)] = loop_cost(node)
        return found

    def has_strips(self, node: Loop) -> bool:
        """Are the turns of this loop paid for in advance? CPython bounds how deeply blocks may nest."""
        config = self.program.config
        if not (config.metered and config.strips):
            return False
        room = MAX_BLOCKS - self.blocks - STRIP_BLOCKS
        return self.fn.loops <= room or _height(node) <= room

    # ---- kernels ----------------------------------------------------------------------------------------------------

    def kernel_of(self, node: Loop, strips: bool) -> LoopEntry | None:
        """How the loop can go on as a kernel. The best kernel is the outermost loop; innermost ones may be needed when
        a single turn of that takes long.
        """
        if not (strips and self.program.has_kernels):
            return None
        if self.nest_depth and (self.is_whole_kernel or self.is_busy(node)):
            return None
        return loop_kernel(self, node)  # type: ignore[arg-type]

    def is_busy(self, node: Loop) -> bool:
        """Does a turn of the loop hold other loops or calls of the script's functions?"""
        return any(
            isinstance(part, LOOPS) or (isinstance(part, nodes.Call) and self.program.has_function(part.name))
            for part in walk(node)
            if part is not node
        )

    def bell(self) -> str:
        """The bell of this function: true when a stride has ended since it was last looked at.

        Strides end in the loops inside, and in functions called there; the bell tells the outermost loop to look
        whether it can be a kernel.
        """
        if self.bell_name is None:
            self.program.bells += 1
            self.bell_name = f"_bell_{self.program.bells}"
        self.counters.add(self.bell_name)
        return self.bell_name

    def when_rung(self, then: list[pyast.stmt]) -> None:
        """What is done after the end of a stride."""
        bell = self.bell()
        silent = self.assignment(bell, self.const(False))
        self.when(self.name(bell), [silent, *then])

    def offer_kernel(self, number: int, cost: int, *, loops: bool) -> None:
        """The charge of a function whose calls can go to a kernel from some time on."""
        offer = place(pyast.Expr(self.call("_offer", self.const(number))), self.loc)
        self.charge(cost, [offer])
        if loops:
            self.when_rung([offer])

    def enter_kernel(
        self,
        entry: LoopEntry,
        values: list[pyast.expr],
        refund: pyast.expr | None,
        turns: str,
        otherwise: list[pyast.stmt],
    ) -> list[pyast.stmt]:
        """Go on with the loop as a kernel: hand the variables over, take the changed ones back.

        `refund` is what was paid for turns to come, where the current turn has begun; nothing in between turns.
        What follows a loop that was left is `break`; `otherwise` is done where that was not possible.
        """
        outer, self.out = self.out, []
        done, ended = self.temp(), self.temp()
        values = [*values, *(self.name(variable.py) for variable in entry.inputs)]
        level = self.level() if not self.is_main else self.const(0)
        paid = [self.const(False), self.const(0)] if refund is None else [self.const(True), refund]
        self.assign(done, self.call("_enter", self.const(entry.number), level, *paid, self.tuple_of(values)))
        targets: list[pyast.expr] = [self.slot(name) for name in (ended, *(v.py for v in entry.outputs))]
        taken: list[pyast.stmt] = [
            self.assignment(turns, self.name("_DONE")),
            place(pyast.Assign([place(pyast.Tuple(targets, STORE), self.loc)], self.name(done)), self.loc),
        ]
        result = place(pyast.Return(self.call_of(self.name(ended))), self.loc)
        taken.append(
            place(pyast.If(self.compare(self.name(ended), (pyast.IsNot(), self.const(None))), [result], []), self.loc)
        )
        taken.append(place(pyast.Break(), self.loc))
        self.when(self.compare(self.name(done), (pyast.IsNot(), self.const(None))), taken, otherwise)
        made, self.out = self.out, outer
        return made

    def look_at_bell(self, entry: LoopEntry, values: list[pyast.expr], turns: str, cost: int) -> list[pyast.stmt]:
        """At the beginning of a turn that is paid for: after the end of a stride the loop may go on as a kernel."""
        left = self.call_of(self.attribute(self.name(turns), "__length_hint__"))
        refund = self.binop(left, pyast.Mult(), self.const(cost))
        outer, self.out = self.out, []
        ready = self.call("_ready", self.const(entry.number))
        self.when_rung([place(pyast.If(ready, self.enter_kernel(entry, values, refund, turns, []), []), self.loc)])
        made, self.out = self.out, outer
        return made

    def loop_body(
        self,
        node: Loop,
        dest: str | None,
        *,
        charged: bool,
        blocks: int,
        entry: LoopEntry | None = None,
        ahead: Ahead | None = None,
    ) -> list[pyast.stmt]:
        """The body of a loop; `charged`: every turn counts down."""
        outer, self.out = self.out, []
        if ahead is not None:
            ahead.out = self.out
        around, self.ahead = self.ahead, ahead
        self.at(turn_span(node))
        if charged:
            self.charge(self.loop_cost(node))
        self.loops.append(dest)
        self.blocks += blocks
        self.nest_depth += entry is not None
        self.intervals.enter_loop(node)
        with self.intervals.branch():
            if isinstance(node, nodes.While):
                self.intervals.assume(node.condition, True)
            self.body_in_scope(node.body.body, None)
        self.nest_depth -= entry is not None
        self.blocks -= blocks
        self.loops.pop()
        self.ahead = around
        inner, self.out = self.out, outer
        return inner

    def spend(self, operator: pyast.operator, cost: pyast.expr) -> pyast.stmt:
        """Count the counter up or down."""
        self.counters.add("_ops")
        return place(pyast.AugAssign(self.slot("_ops"), operator, cost), self.loc)  # type: ignore[no-any-return]

    def giving_back(
        self, turns: str, cost: int, body: list[pyast.stmt], *, light: bool = False, due: str = ""
    ) -> pyast.stmt:
        """Give back what was paid for turns that did not come to pass, and for bodies that the last one did not."""
        left = self.call_of(self.attribute(self.name(turns), "__length_hint__"))
        unused = self.binop(left, pyast.Mult(), self.const(cost))
        refund = self.spend(pyast.Add(), self.binop(unused, pyast.Add(), self.name(due)) if due else unused)
        forget = self.assignment(turns, self.const(None))
        after = [refund, forget, self.assignment(due, self.const(0))] if due else [refund, forget]
        if light:
            trim = place(pyast.Expr(self.call(self.program.use_helper("_trim"))), self.loc)
            after.append(place(pyast.If(self.name("_long"), [trim], []), self.loc))
        return place(pyast.Try(body, [], [], after), self.loc)  # type: ignore[no-any-return]

    def turns(self, cost: int) -> str:
        """A name for paid turns, which tells what they cost."""
        self.temps += 1
        return f"_paid_{cost}_{self.temps}"

    # ---- while, loop, do --------------------------------------------------------------------------------------------

    def stmt_While(self, node: nodes.While, dest: str | None) -> None:
        target = self.loop_dest(dest)
        self.at(turn_span(node))
        if target is not None:
            self.assign(target, self.const(None))
        strips = self.has_strips(node)
        self.blocks += STRIP_BLOCKS if strips else 1
        outer, self.out = self.out, []
        self.intervals.enter_loop(node)
        # A turn is paid for before its condition is looked at, with strips and without: both agree where that fails.
        counted = self.program.config.metered and not strips and not _is_true(node.condition)
        if counted:
            self.out.append(self.spend(pyast.Sub(), self.const(self.loop_cost(node))))
        test = self.condition(node.condition)
        self.at(turn_span(node))
        refund = [self.spend(pyast.Add(), self.const(self.loop_cost(node)))] if strips or counted else []
        always = isinstance(test, pyast.Constant) and test.value is True
        if not always and (strips or self.out):
            self.when(self.negate(test), [*refund, place(pyast.Break(), self.loc)])
            test = self.const(True)
        if strips:
            owed = self.compare(self.name("_turn"), (pyast.IsNot(), self.const(None)))
            settled = self.service("_poll", self.name("_ops"))
            self.when(owed, [self.assignment("_ops", settled)])
        elif counted:
            used_up = self.compare(self.name("_ops"), (pyast.Lt(), self.const(0)))
            refill = self.service("_poll", self.name("_ops"))
            self.when(used_up, [self.assignment("_ops", refill)])
        prepare, self.out = self.out, outer
        self.blocks -= STRIP_BLOCKS if strips else 1
        entry = self.kernel_of(node, strips)
        charged = not (strips or counted)
        body = self.loop_body(node, target, charged=charged, blocks=STRIP_BLOCKS if strips else 1, entry=entry)
        self.endless(node, test, prepare, body, strips, entry)
        self.finish_loop(target, dest)

    def endless(
        self,
        node: Loop,
        test: pyast.expr,
        prepare: list[pyast.stmt],
        body: list[pyast.stmt],
        strips: bool,
        entry: LoopEntry | None,
    ) -> None:
        """A loop that leaves itself, with its turns bought in strips or one by one; `prepare` decides on a turn."""
        self.at(turn_span(node))
        if not strips:
            self.emit(pyast.While(test, [*prepare, *body] or [self.nothing()], []))
            return
        cost = self.loop_cost(node)
        turns = self.turns(cost)
        busy = entry is not None and self.is_busy(node)
        helper = "_owe" if isinstance(node, nodes.While) else "_buy"
        light = helper == "_owe" and _is_light([*prepare, *body])
        if entry is not None and busy:
            prepare = [*prepare, *self.look_at_bell(entry, [], turns, cost)]
        body = [*prepare, *body] or [self.nothing()]
        if light:
            helper = "_owe_light"
        buy = self.call(self.program.use_helper(helper), self.const(cost))
        self.assign(turns, buy)
        again = self.assignment(turns, buy)
        more = [again, place(pyast.Continue(), self.loc)]
        if entry is not None and not busy:
            ready = self.call("_ready", self.const(entry.number))
            more.insert(0, place(pyast.If(ready, self.enter_kernel(entry, [], None, turns, []), []), self.loc))
        slot = self.slot("_turn")
        strip = place(pyast.For(slot, self.name(turns), body, more), self.loc)
        whole = place(pyast.While(self.const(True), [strip, place(pyast.Break(), self.loc)], []), self.loc)
        self.out.append(self.giving_back(turns, cost, [whole], light=light))

    def stmt_Loop(self, node: nodes.Loop, dest: str | None) -> None:
        target = self.loop_dest(dest)
        strips = self.has_strips(node)
        entry = self.kernel_of(node, strips)
        body = self.loop_body(node, target, charged=not strips, blocks=STRIP_BLOCKS if strips else 1, entry=entry)
        self.endless(node, self.const(True), [], body, strips, entry)
        self.finish_loop(target, dest)

    def stmt_Do(self, node: nodes.Do, dest: str | None) -> None:
        target = self.loop_dest(dest)
        self.at(node.span)
        if target is not None:
            self.assign(target, self.const(None))
        strips = self.has_strips(node)
        entry = self.kernel_of(node, strips)
        body = self.loop_body(node, target, charged=not strips, blocks=STRIP_BLOCKS if strips else 1, entry=entry)
        outer, self.out = self.out, body
        test = self.condition(node.condition)
        if not node.until:
            test = self.negate(test)
        self.when(test, [place(pyast.Break(), self.loc)])
        self.out = outer
        self.endless(node, self.const(True), [], body, strips, entry)
        self.finish_loop(target, dest)

    # ---- for --------------------------------------------------------------------------------------------------------

    def stmt_For(self, node: nodes.For, dest: str | None) -> None:
        target = self.loop_dest(dest)
        variable = self.program.info.bindings[id(node)]
        counter = self.program.info.second.get(id(node))
        strips = self.has_strips(node)
        entry = self.kernel_of(node, strips)
        if entry is not None:
            self.for_kernel(node, target, entry)
            self.finish_loop(target, dest)
            return
        plain = self.walks_plainly(node, variable, counter)
        sequence, text = self.iterable(node, strips, plain=plain)
        # Rhai asks once for both names; where no variable at all is allowed, it lets two of them pass.
        if self.program.config.checks_definitions and (counter is None or self.program.config.max_variables != 0):
            self.at(node.variable_span)
            self.check_definition(variable)
        self.at(node.span)
        if target is not None:
            self.assign(target, self.const(None))
        turns = self.turns(self.loop_cost(node))
        if not strips and isinstance(sequence, pyast.Call) and self.type(node.iterable) & ty.LOW & ~LIGHT:
            name = self.temp()
            self.waiting.append(name)
            sequence = self.walrus(name, sequence)
        paid = sequence
        if strips:
            self.assign(turns, sequence)
            sequence = self.name(turns)
        elif self.dynamic:
            sequence = self.spill(sequence)
        if text and not plain:
            sequence = self.call("_chars", sequence)
        if not self.dynamic:
            self.walk_items(node, sequence, paid, turns if strips else None, target)
        else:
            with self.dynamic_block():
                self.walk_items(node, sequence, paid, turns if strips else None, target)
        self.finish_loop(target, dest)

    def walks_plainly(self, node: nodes.For, variable: Variable, counter: Variable | None) -> bool:
        """Can a loop over text walk Python's own characters?"""
        if self.dynamic or counter is not None or not ty.is_only(self.type(node.iterable), ty.STR | ty.UNIT):
            return False
        literals = compared_literals(self.program, node, variable, self.type)
        if literals is None:
            return False
        self.plain_literals.update(map(id, literals))
        return True

    def walk_items(
        self, node: nodes.For, sequence: pyast.expr, paid: pyast.expr, turns: str | None, target: str | None
    ) -> None:
        """The loop over a Python iterable, whose turns may be paid for in advance."""
        strips = turns is not None
        variable = self.program.info.bindings[id(node)]
        counter = self.program.info.second.get(id(node))
        slot = self.loop_slot(variable)
        if counter is not None:
            index = self.loop_slot(counter)
            slot = place(pyast.Tuple([index, slot], STORE), self.loc)
            sequence = self.call("enumerate", sequence)
        known = strips and _is_call_of(paid, "_turns")
        ahead = Ahead(node, turns) if turns is not None and known and self.program.inliner.enabled else None
        body = self.loop_body(node, target, charged=not strips, blocks=2 if strips else 1, ahead=ahead)
        if variable.mutated and not variable.lent and not variable.is_cell:
            mine = self.own(self.name(variable.py), self.types.variable(variable))
            body.insert(0, self.assignment(variable.py, mine))
        if self.dynamic:
            body[:0] = [self.hiding(declared) for declared in (counter, variable) if declared is not None]
        self.at(node.span)
        loop = place(pyast.For(slot, sequence, body or [self.nothing()], []), self.loc)
        more = 0 if ahead is None else ahead.settle()
        light = known and not more and _is_light(body)
        if ahead is not None and more:
            self.out.append(self.paying_ahead(node, ahead, more, paid, loop))
            return
        if known:
            # The call stands in the code already; which of the two it is depends on the body.
            helper = self.program.use_helper("_turns_light" if light else "_turns")
            paid.func = self.name(helper)  # type: ignore[attr-defined]
        if turns is not None:
            loop = self.giving_back(turns, self.loop_cost(node), [loop], light=light)
        self.out.append(loop)

    def paying_ahead(self, node: nodes.For, ahead: Ahead, more: int, paid: Any, loop: pyast.For) -> pyast.stmt:
        """The loop, whose turns pay for bodies in it."""
        cost = self.loop_cost(node) + more
        paid.func = self.name(self.program.use_helper("_turns_due"))
        paid.args[1:] = [self.const(cost), self.const(more)]
        loop.body.insert(0, self.assignment(ahead.due, self.const(more)))
        self.assign(ahead.more, self.const(more))
        self.assign(ahead.due, self.const(0))
        return self.giving_back(ahead.turns, cost, [loop], due=ahead.due)

    def for_kernel(self, node: nodes.For, target: str | None, entry: LoopEntry) -> None:
        """A loop over a range that may go on as a kernel: where a turn begins, or, without other loops and calls in it,
        between two strips.
        """
        variable = self.program.info.bindings[id(node)]
        source = node.iterable
        assert isinstance(source, nodes.Binary)
        span, cost = self.temp(), self.loop_cost(node)
        self.assign(span, self.int_range(source))
        self.at(node.span)
        if target is not None:
            self.assign(target, self.const(None))
        turns = self.turns(cost)
        slot = self.loop_slot(variable)
        end = self.attribute(self.name(span), "stop")
        busy = self.is_busy(node)
        body = self.loop_body(node, target, charged=False, blocks=2 if busy else STRIP_BLOCKS, entry=entry)
        self.at(node.span)
        light = "_light" if _is_light(body) else ""
        if busy:
            body = [*self.look_at_bell(entry, [self.name(variable.py), end], turns, cost), *body]
            self.assign(turns, self.call(self.program.use_helper(f"_turns{light}"), self.name(span), self.const(cost)))
            loop = place(pyast.For(slot, self.name(turns), body or [self.nothing()], []), self.loc)
            self.out.append(self.giving_back(turns, cost, [loop], light=bool(light)))
            return
        number = self.temp()
        self.assign(number, self.const(entry.number))
        outer, self.out = self.out, []
        args = [self.name(span), self.const(cost), self.name(number)]
        self.assign(turns, self.call(self.program.use_helper(f"_turns_to{light}"), *args))
        rest = self.attribute(self.name(turns), "rest")
        again = self.call("range", rest, end)
        repeat = [
            self.assignment(span, again),
            self.assignment(number, self.const(-1)),
            place(pyast.Continue(), self.loc),
        ]
        stopped = self.both(
            self.type_is(self.name(turns), "_Turns"), self.compare(rest, (pyast.IsNot(), self.const(None)))
        )
        enter = self.enter_kernel(entry, [rest, end], None, turns, repeat)
        loop = place(
            pyast.For(
                slot, self.name(turns), body or [self.nothing()], [place(pyast.If(stopped, enter, []), self.loc)]
            ),
            self.loc,
        )
        self.out.append(self.giving_back(turns, cost, [loop], light=bool(light)))
        self.out.append(place(pyast.Break(), self.loc))
        whole, self.out = self.out, outer
        self.emit(pyast.While(self.const(True), whole, []))

    is_main = False

    def loop_slot(self, variable: Variable) -> pyast.expr:
        """Where the loop puts the current item; a captured loop variable is one cell for the whole loop."""
        variable.py = self.local(variable.name)
        if variable.is_cell:
            self.assign(variable.py, self.call("_Cell", self.const(None)))
            return place(pyast.Attribute(self.name(variable.py), "v", STORE), self.loc)  # type: ignore[no-any-return]
        return self.slot(variable.py)

    def iterable(self, node: nodes.For, strips: bool, *, plain: bool = False) -> tuple[pyast.expr, bool]:
        """The Python iterable behind `for x in e`, and is it text still to be split?

        With strips it is paid for, by a call of `_turns` that the caller makes sure of.
        """
        source = node.iterable
        cost = self.const(self.loop_cost(node))
        if isinstance(source, nodes.Binary) and source.op in ("..", "..=") and self.is_int_pair(source):
            span = self.int_range(source)
            self.at(node.span)
            return (self.call("_turns", span, cost) if strips else span), False
        expr = self.expr(source)
        t = self.type(source)
        self.at(self.operand_span(source))
        if not ty.is_only(t, ty.SCALAR) and not self.is_untouched(node):
            expr = self.own(expr, t)
        text = ty.is_only(t, ty.STR)
        if plain and strips and not text:
            first, again = self.atom(expr)
            whole = self.call(self.program.use_helper("_turns"), again, cost)
            other = self.call(self.program.use_helper("_turns_of"), again, cost)
            return self.choose(self.type_is(first, "str"), whole, other), False
        if not (text or ty.is_only(t, ty.ARRAY)):
            if strips:
                return self.call(self.program.use_helper("_turns_of"), expr, cost), False
            return self.service("_iterate", expr), False
        self.at(node.span)
        return (self.call("_turns", expr, cost) if strips else expr), text

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

    def is_untouched(self, node: nodes.For) -> bool:
        """Can nobody change the walked array during the loop?"""
        return not self.is_borrowed(node.iterable) or self.program.lends(node)


def _is_true(node: nodes.Node) -> bool:
    return isinstance(node, nodes.BoolLit) and node.value


SHORT_CALLS: Final = frozenset({
    "_overflow", "_overflow_at", "_int_mod", "_int_div", "_poll", "_owe", "_turns", "_owe_light", "_turns_light",
    "_turns_to", "_turns_to_light", "_trim", "_ready", "_enter", "len", "range",
})  # fmt: skip
"""What light loops may call: it takes no time to speak of, whatever the values, or looks at the clock itself."""
SHORT_METHODS: Final = frozenset({"__length_hint__", "bit_length"})
"""Those that are called on something."""
HEAVY: Final = frozenset({
    pyast.JoinedStr, pyast.List, pyast.Dict, pyast.Slice, pyast.In, pyast.NotIn, pyast.Delete, pyast.Starred,
})  # fmt: skip
_LEAVES: Final = frozenset({pyast.Name, pyast.Constant, pyast.Load, pyast.Store})


def _is_light(body: list[pyast.stmt]) -> bool:
    """Does this generated code only compute with numbers and items of arrays?"""
    pending: list[Any] = list(body)
    while pending:
        node = pending.pop()
        kind = type(node)
        if kind in _LEAVES:
            continue
        if kind in HEAVY:
            return False
        if kind is pyast.Call and not _is_short(node.func):
            return False
        for part in vars(node).values():
            if type(part) is list:
                pending += part
            elif isinstance(part, pyast.AST):
                pending.append(part)
    return True


def _is_short(function: pyast.expr) -> bool:
    if isinstance(function, pyast.Attribute):
        return function.attr in SHORT_METHODS
    # Temporaries that are called say how a kernel ended.
    return isinstance(function, pyast.Name) and (function.id in SHORT_CALLS or _is_temp(function.id))


def _is_temp(name: str) -> bool:
    return name[0] == "_" and name[1:].isdigit()


def _is_call_of(expr: pyast.expr, name: str) -> bool:
    return isinstance(expr, pyast.Call) and isinstance(expr.func, pyast.Name) and expr.func.id == name


_BLOCKS: Final = frozenset((*LOOPS, nodes.Try))


def _height(node: nodes.Node) -> int:
    """How many loops and `try` blocks stand inside each other below the node."""
    deepest = 0
    pending = [(child, 0) for child in children(node)]
    while pending:
        current, height = pending.pop()
        kind = type(current)
        if kind in _BLOCKS:
            height += 1
            deepest = max(deepest, height)
        if kind is not nodes.Closure:
            pending.extend((child, height) for child in READERS[kind](current))
    return deepest
