"""The prelude of a compiled program: services of the run, operators, natives and constants that its code uses."""

from __future__ import annotations

import ast as pyast
from typing import Any, Final

from horus_runtime.codegen.emitter import LOAD, Emitter, place

OPERATOR_NAMES: Final = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "%": "mod", "**": "power", "<<": "shl", ">>": "shr",
    "&": "bit_and", "|": "bit_or", "^": "bit_xor", "==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt",
    ">=": "ge", "..": "range", "..=": "range_inclusive",
}  # fmt: skip

SERVICES: Final = {
    "_import": "import_module",
    "_caught": "caught_value",
    "_seen": "catch_value",
    "_step": "debug_step",
    "_watch": "debug_watch",
}
"""Services whose method has another name than the service without its underscore."""


class Prelude(Emitter):
    """What the functions of one program use, each thing bound once."""

    def __init__(self) -> None:
        super().__init__()
        self.prelude: dict[str, pyast.expr] = {}
        self.helpers: set[str] = set()
        self.fuels: set[int] = set()
        self.chars: dict[str, str] = {}

    def use(self, service: str) -> str:
        """Bind a service of the run in the prelude; returns the name it has in generated code."""
        if service not in self.prelude:
            attribute = SERVICES.get(service, service[1:])
            self.prelude[service] = place(pyast.Attribute(self.name("_rt"), attribute, LOAD), (1, 1))
        return service

    def use_site(self, kind: str, name: str, count: int) -> str:
        """What remembers the natives that the calls of a name lead to; `kind` is `method_site` or `native_site`."""
        shown = name if name.isidentifier() and name.isascii() else name.encode("utf-8", "surrogatepass").hex()
        site = f"_{'to' if kind == 'method_site' else 'of'}_{shown}_{count}"
        if site not in self.prelude:
            make = place(pyast.Attribute(self.name("_rt"), kind, LOAD), (1, 1))
            home = [self.name("_linked")] if kind == "method_site" else []
            self.prelude[site] = place(pyast.Call(make, [*home, self.const(name), self.const(count)], []), (1, 1))
        return site

    def use_helper(self, name: str) -> str:
        """A function that generated code needs at its own counter."""
        self.helpers.add(name)
        return name

    def use_fuel(self, cost: int) -> str:
        """The iterator that counts the calls of functions with this cost; what it has left is paid for."""
        self.fuels.add(cost)
        return f"_fuel_{cost}"

    def use_operator(self, op: str) -> str:
        """The slow path of an infix operator."""
        name = f"_{OPERATOR_NAMES.get(op, 'op_' + op.encode().hex())}"
        if name not in self.prelude:
            self.prelude[name] = self.rt_call("binary", op)
        return name

    def use_open_operator(self, op: str) -> str:
        """An operator that hosts may redefine for all types: looked up like a function."""
        name = f"_open_{OPERATOR_NAMES.get(op, op.encode().hex())}"
        if name not in self.prelude:
            self.prelude[name] = self.rt_call("open_binary", op)
        return name

    def use_assign(self, op: str) -> str:
        name = f"_assign_{OPERATOR_NAMES[op[:-1]]}"
        if name not in self.prelude:
            self.prelude[name] = self.rt_call("assign", op)
        return name

    def rt_call(self, method: str, *args: Any) -> pyast.expr:
        function = place(pyast.Attribute(self.name("_rt"), method, LOAD), (1, 1))
        return place(pyast.Call(function, [self.const(arg) for arg in args], []), (1, 1))  # type: ignore[no-any-return]

    def use_token(self, count: int) -> str:
        """The mark of function pointers that take `count` arguments."""
        name = f"_takes_{count}"
        if name not in self.prelude:
            self.prelude[name] = self.rt_call("arity_token", count)
        return name

    def use_native(self, name: str, types: tuple[str, ...]) -> str:
        """A standard function chosen at compile time."""
        base = "_" + "_".join((name, *("unit" if t == "()" else t for t in types)))
        if base not in self.prelude:
            method = place(pyast.Attribute(self.name("_rt"), "bind", LOAD), (1, 1))
            args = [self.const(name), self.tuple_of([self.const(t) for t in types])]
            self.prelude[base] = place(pyast.Call(method, args, []), (1, 1))
        return base

    def char(self, text: str) -> str:
        """A character literal is made once per run."""
        if text not in self.chars:
            name = f"_char_{len(self.chars) + 1}"
            self.chars[text] = name
            self.prelude[name] = place(pyast.Call(self.name("_Char"), [self.const(text)], []), (1, 1))
        return self.chars[text]
