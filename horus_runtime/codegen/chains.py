"""Access chains: properties, indices, methods; reading them and writing through them."""

from __future__ import annotations

import ast as pyast
from typing import Final

from horus_runtime.analysis import types as ty
from horus_runtime.ast import nodes
from horus_runtime.codegen.calls import Calls
from horus_runtime.codegen.expressions import LITERALS, has_effects
from horus_runtime.runtime.abi import Fault
from horus_runtime.source import Span

INT_OPERATORS: Final = frozenset({"+", "-", "*", "&", "|", "^", "<<", ">>", "..", "..="})

Link = nodes.Property | nodes.Index | nodes.MethodCall


class Chains(Calls):
    """Compiles access chains of one function variant."""

    py_name: str

    # ---- null-conditional links -------------------------------------------------------------------------------------

    def null_safe_chain(self, node: Link) -> pyast.expr | None:
        """A chain with `?.` or `?[` somewhere: once a value is `()`, the rest of the chain is skipped.

        Also used where the order of evaluation shows: Rhai evaluates the arguments of all links first, from left to
        right, then the object that the chain starts from.
        """
        if id(node) in self.split:
            return None
        if type(node) is not nodes.Index and type(node.target) is nodes.Variable and not node.null_safe:
            return None  # in the most frequent chains nothing comes between the object and its use
        links = links_of(node)
        safe = [_is_safe(links, at) for at in range(len(links))]
        if not any(link.null_safe for link in links) and not self.order_shows(links):
            return None
        for link in links:
            self.split.add(id(link))
            self.prepare(link)
        result = self.walk_chain(node, links, safe)
        for link in links:
            self.split.discard(id(link))
            self.prepared.pop(id(link), None)
            self.known.pop(id(link.target), None)
        return result

    def order_shows(self, links: list[Link]) -> bool:
        """Could somebody tell that arguments are evaluated before the object of the chain?"""
        if len(links) == 1 and isinstance(links[0].target, nodes.Variable):
            if isinstance(links[0], nodes.MethodCall):
                return False
            if self.is_sure(links[0].target):
                return any(map(has_effects, _arguments(links[0])))
            return any(not self.is_sure(arg) for arg in _arguments(links[0]))
        return any(
            has_effects(arg) or not self.is_sure(arg) or (type(arg) is nodes.Closure and type(link) is nodes.Index)
            for link in links
            for arg in _arguments(link)
        )  # a closure shares what it captures

    def is_sure(self, node: nodes.Node) -> bool:
        """Can nothing but arithmetic go wrong when the node is evaluated?"""
        if isinstance(node, nodes.Closure):
            captured = self.program.info.closures[id(node)].capture_sources
            return not self.dynamic and all(source.kind not in ("external", "missing") for source in captured)
        if isinstance(node, LITERALS):
            return True
        if isinstance(node, nodes.Variable):
            variable = self.program.info.bindings.get(id(node))
            return variable is not None and variable.kind != "external" and not self.dynamic
        if isinstance(node, nodes.Binary):
            kinds = ty.INT if node.op in INT_OPERATORS else ty.NONE
            known = ty.is_only(self.type(node.left), kinds) and ty.is_only(self.type(node.right), kinds)
            return known and self.is_sure(node.left) and self.is_sure(node.right)
        return False

    def prepare(self, link: Link) -> None:
        """Evaluate the arguments or the index of a link now."""
        if isinstance(link, nodes.MethodCall):
            owned = self.program.keeps_arguments(link.name, len(link.args) + 1)
            self.prepared[id(link)] = [self.spill_unless_stable(a) for a in self.operands(link.args, owned)]
        elif isinstance(link, nodes.Index):
            self.prepared[id(link)] = [self.spill_unless_stable(self.expr(link.index))]

    def spill_unless_stable(self, expr: pyast.expr) -> pyast.expr:
        return expr if self.is_stable(expr) else self.spill(expr)

    def spill_if_complex(self, expr: pyast.expr) -> pyast.expr:
        return expr if isinstance(expr, (pyast.Name, pyast.Constant)) else self.spill(expr)

    def walk_chain(self, node: Link, links: list[Link], safe: list[bool]) -> pyast.expr:
        """The links one after the other, each null-safe one under a test."""
        if not any(safe):
            return self.expr(node)
        name = self.temp()
        self.assign(name, self.const(None))
        outer, self.out = self.out, []
        stack: list[list[pyast.stmt]] = []
        tests: list[pyast.expr] = []
        for link, is_safe in zip(links, safe, strict=True):
            if is_safe:
                value = self.spill(self.expr(link.target))
                self.known[id(link.target)] = value
                self.at(link.span)
                tests.append(self.compare(value, (pyast.IsNot(), self.const(None))))
                stack.append(self.out)
                self.out = []
        self.assign(name, self.expr(node))
        while stack:
            inner, self.out = self.out, stack.pop()
            self.when(tests.pop(), inner)
        inner, self.out = self.out, outer
        self.out.extend(inner)
        return self.name(name)

    prepared: dict[int, list[pyast.expr]]
    """Arguments and indices that were evaluated ahead of their chain."""

    def args_of(self, node: nodes.MethodCall, owned: bool = False) -> list[pyast.expr]:
        """The arguments of a method call."""
        ready = self.prepared.get(id(node))
        return ready if ready is not None else self.operands(node.args, owned)

    split: set[int]
    known: dict[int, pyast.expr]

    def target(self, node: nodes.Node) -> pyast.expr:
        """The object before a dot or bracket, borrowed."""
        return self.known.get(id(node)) or self.expr(node)

    # ---- reading ----------------------------------------------------------------------------------------------------

    def expr_Property(self, node: nodes.Property, owned: bool) -> pyast.expr:
        chain = self.null_safe_chain(node)
        if chain is not None:
            return self.own(chain, ty.ANY) if owned else chain
        module = self.module_path(node)
        if module is not None:
            self.at(node.name_span)
            return self.service("_module_variable", self.home(), self.path(module), self.const(node.name))
        target = self.target(node.target)
        value = self.get_property(target, node)
        return self.own(value, self.type(node)) if owned else value

    def get_property(self, target: pyast.expr, node: nodes.Property) -> pyast.expr:
        t = self.type(node.target)
        self.at(node.name_span)
        key = self.const(node.name)
        if (
            node.name == "len"
            and ty.is_only(t, ty.ARRAY | ty.STR | ty.BLOB)
            and not self.program.overridden("len", 1, t)
        ):
            return self.call("len", target)
        if not t & ty.MAP or self.program.config.fail_on_invalid_map_property:
            return self.service("_get_property", target, key)
        if id(node) in self.present:
            return self.subscript(target, key)
        if ty.is_only(t, ty.MAP):
            return self.call("_dict_get", target, key)
        if ty.is_only(t, ty.MAP | ty.UNIT):
            first, again = self.atom(target)
            self.refuses("property", again, key)
            return self.call("_dict_get", first, key)
        first, again = self.atom(target)
        fast = self.call("_dict_get", again, key)
        return self.choose(self.type_is(first, "dict"), fast, self.service("_get_property", again, key))

    def expr_Index(self, node: nodes.Index, owned: bool) -> pyast.expr:
        chain = self.null_safe_chain(node)
        if chain is not None:
            return self.own(chain, ty.ANY) if owned else chain
        ready = self.prepared.get(id(node))
        if ready is not None:
            target, index = self.target(node.target), ready[0]
        elif id(node.target) in self.known:
            target, index = self.known[id(node.target)], self.expr(node.index)
        else:
            target, index = self.operands([node.target, node.index])
        value = self.get_index(target, index, node)
        return self.own(value, self.type(node)) if owned else value

    def get_index(self, target: pyast.expr, index: pyast.expr, node: nodes.Index) -> pyast.expr:
        t, i = self.type(node.target), self.type(node.index)
        error_span = self.operand_span(node.index)
        if self.program.config.watches_indexes:
            return self.slow_index(target, index, node, error_span)
        if ty.is_only(t, ty.ARRAY) and ty.is_only(i, ty.INT):
            return self.fast_subscript(target, index, error_span)
        strict = self.program.config.fail_on_invalid_map_property
        if t & ty.MAP and ty.is_only(t, ty.MAP | ty.UNIT) and ty.is_only(i, ty.STR) and not strict:
            first, again = self.atom(target)
            number, number_again = self.atom(index)
            self.at(error_span)
            if t & ty.UNIT:
                self.refuses("index", again, number_again, self.bracket(node))
            return self.call("_dict_get", first, number)
        if t & ty.ARRAY and ty.is_only(t, ty.ARRAY | ty.UNIT) and ty.is_only(i, ty.INT):
            first, again = self.atom(target)
            number, number_again = self.atom(index)
            self.at(error_span)
            self.refuses("index", again, number_again, self.bracket(node))
            return self.fast_subscript(first, number, error_span)
        if t & ty.ARRAY and i & ty.INT and ty.mask(t) != ty.STR and not isinstance(target, pyast.Constant):
            first, again = self.names(target)
            number, number_again = self.names(index)
            self.at(error_span)
            test = self.type_is(first, "list")
            if not ty.is_only(i, ty.INT):
                test = self.both(test, self.type_is(number, "int"))
            fast = self.fast_subscript(again, number_again, error_span)
            slow = self.slow_index(again, number_again, node, error_span)
            return self.choose(test, fast, slow)
        if t & ty.MAP and i & ty.STR and (ty.is_only(t, ty.MAP) or ty.is_only(i, ty.STR)) and not strict:
            return self.guarded_property(target, index, node, error_span)
        return self.slow_index(target, index, node, error_span)

    def guarded_property(
        self, target: pyast.expr, index: pyast.expr, node: nodes.Index, error_span: Span
    ) -> pyast.expr:
        """`target[index]` that is probably a property of a map."""
        target, index = self.names(target)[0], self.names(index)[0]
        self.at(error_span)
        tests = [] if ty.is_only(self.type(node.target), ty.MAP) else [self.type_is(target, "dict")]
        if not ty.is_only(self.type(node.index), ty.STR):
            tests.append(self.type_is(index, "str"))
        slow = self.slow_index(target, index, node, error_span)
        return self.choose(self.both(*tests), self.call("_dict_get", target, index), slow)

    def slow_index(self, target: pyast.expr, index: pyast.expr, node: nodes.Index, error_span: Span) -> pyast.expr:
        self.at(error_span)
        return self.service("_index", target, index, self.bracket(node))

    def bracket(self, node: nodes.Index) -> pyast.expr:
        """The place of an index's bracket, where some of its errors stand."""
        return self.const((node.bracket_span.line, node.bracket_span.column))

    def names(self, expr: pyast.expr) -> tuple[pyast.expr, pyast.expr]:
        """An operand as a name or constant, for tests and for tables that find operands again by name."""
        if isinstance(expr, (pyast.Name, pyast.Constant)):
            return expr, expr
        name = self.spill(expr)
        return name, name

    def fast_subscript(self, target: pyast.expr, index: pyast.expr, error_span: Span) -> pyast.expr:
        """Python's own subscript; when it fails, the fault table tells how to find out Rhai's error."""
        self.at(error_span)
        target_first, target_again = self.atom(target)
        index_first, index_again = self.atom(index)
        earlier = self.program.faults.get((self.py_name, *self.loc))
        if earlier is not None:  # a null-safe method reads its object twice
            self.program.faults[(f"{self.py_name}?", *self.loc)] = earlier
        self.program.faults[(self.py_name, *self.loc)] = Fault(
            "index", (fault_operand(target_again), fault_operand(index_again))
        )
        return self.subscript(target_first, index_first)

    def module_path(self, node: nodes.Property | nodes.MethodCall) -> tuple[str, ...] | None:
        """`os` in `os.list_dir(..)`: an undeclared name that is a static module is that module."""
        target = node.target
        if isinstance(target, nodes.Variable) and not target.namespace and not node.null_safe:
            variable = self.program.info.bindings.get(id(target))
            free = variable is None or (variable.kind == "external" and not self.program.in_host_scope(target.name))
            if free and self.program.config.has_module(target.name):
                return (target.name,)
        return None


def fault_operand(expr: pyast.expr) -> object:
    """An operand as the fault table keeps it: a local's name, or a constant in a tuple."""
    if isinstance(expr, pyast.Name):
        return expr.id
    assert isinstance(expr, pyast.Constant)
    return (expr.value,)


def links_of(node: nodes.Node) -> list[Link]:
    """The links of a chain, from its start."""
    links: list[Link] = []
    while isinstance(node, (nodes.Property, nodes.Index, nodes.MethodCall)):
        links.append(node)
        node = node.target
    return links[::-1]


def _is_safe(links: list[Link], at: int) -> bool:
    """Does the link skip the rest when its object is `()`?

    Rhai keeps the mark of an index with the rest of its chain: for `?[` it is the next index's mark that counts, and
    none where a dot follows.
    """
    link = links[at]
    if not isinstance(link, nodes.Index) or at + 1 == len(links):
        return link.null_safe
    following = links[at + 1]
    return isinstance(following, nodes.Index) and following.null_safe


def _arguments(link: Link) -> tuple[nodes.Node, ...]:
    if isinstance(link, nodes.MethodCall):
        return link.args
    return (link.index,) if isinstance(link, nodes.Index) else ()
