"""Operators, indexing and properties at run time: the slow paths of what generated code inlines."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from horus_runtime.errors import UNSET, EvalError, LimitError
from horus_runtime.runtime import faults, turns
from horus_runtime.runtime.calls import Calling
from horus_runtime.runtime.conversion import host_items
from horus_runtime.runtime.definitions import NOTHING
from horus_runtime.runtime.hooks import Hook
from horus_runtime.runtime.indexing import INDEXABLE, NO_INDEXER, WrongElementError, get_index, set_index
from horus_runtime.runtime.iteration import NO_ITERATOR, iterate
from horus_runtime.runtime.module import ANY
from horus_runtime.runtime.operators import ASSIGN, BINARY, NO_OPERATOR, UNARY, neg, not_, plus
from horus_runtime.runtime.operators import eq as builtin_eq
from horus_runtime.runtime.scope import MISSING
from horus_runtime.runtime.state import Linked
from horus_runtime.runtime.text import is_host_value
from horus_runtime.runtime.values import TAGGED, Char, Range, TaggedArray, retag, untagged
from horus_runtime.source import Position
from horus_runtime.typing_names import Any, Final

CONTAINERS: Final = frozenset({list, dict, bytearray})
COMPARING: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})


_TEXTS: Final = frozenset({str, Char, type(None)})
_BYTES: Final = frozenset({bytearray, Char})
"""Types that the built-in `+` puts together; for others it is a function of the library."""


class Accessing(Calling):
    """The data part of a run."""

    # ---- operators --------------------------------------------------------------------------------------------------

    def binary(self, op: str) -> Callable[[Any, Any], Any]:
        """The slow path of an infix operator: built-in first, then what the host registered."""
        builtin = BINARY.get(op)
        if builtin is None:
            return lambda a, b: self.operator(op, a, b)
        compares = op in ("==", "!=")
        if not compares and op != "+":

            def plain(a: Any, b: Any) -> Any:
                result = builtin(a, b)
                return self.operator(op, a, b) if result is NO_OPERATOR else result

            return plain

        def apply(a: Any, b: Any) -> Any:
            if compares and type(a) is type(b) and (type(a) is list or type(a) is dict):
                self.weigh(a)
            result = builtin(a, b)
            if result is NO_OPERATOR:
                return self.operator(op, a, b)
            return self.sized_sum(result, a, b) if op == "+" else result

        return apply

    def open_binary(self, op: str) -> Callable[[Any, Any], Any]:
        """An operator without the fast path: what the host registered wins, and arithmetic errors have a place."""
        apply = self.binary(op)

        def call(a: Any, b: Any) -> Any:
            fn = self.table.find(op, (a, b))
            if fn is not None:
                return fn.call(self, a, b) if fn.context else fn.call(a, b)
            try:
                return apply(a, b)
            except EvalError as error:
                error.position = UNSET
                raise

        return call

    def sized_sum(self, value: Any, *operands: Any) -> Any:
        """As `sized`, for `a + b`: of what its built-in operators make too long Rhai does not say where."""
        try:
            return self.priced(value)
        except LimitError as error:
            types = {type(operand) for operand in operands}
            if error.kind == "ErrorDataTooLarge" and (types <= _TEXTS or types <= _BYTES):
                error.position = None
            raise

    def sized_assigned(self, value: Any) -> Any:
        """As `sized`, for the outcome of a compound assignment."""
        return self.sized(value)

    def assign(self, op: str) -> Callable[[Any, Any], Any]:
        """The slow path of a compound assignment; `op` includes the `=`. Lists grow in place."""
        builtin = ASSIGN[op]
        plain = op[:-1]

        def apply(a: Any, b: Any) -> Any:
            if plain == "+" and type(a) is list and type(b) is list:
                self.check_array(len(a) + len(b), len(b))
            result = builtin(a, b)
            if result is NO_OPERATOR:
                if type(a) in TAGGED or type(b) in TAGGED:
                    return apply(untagged(a), untagged(b))
                fn = self.table.find(op, (a, b))
                if fn is not None:
                    fn.call(self, a, b) if fn.context else fn.call(a, b)
                    return a
                return self.operator(plain, a, b)
            return self.sized_assigned(result)

        return apply

    def not_op(self, value: Any) -> Any:
        """`!value`."""
        result = not_(value)
        return self.operator("!", value) if result is NO_OPERATOR else result

    def neg_op(self, value: Any) -> Any:
        """`-value`."""
        result = neg(value)
        return self.operator("-", value) if result is NO_OPERATOR else result

    def plus_op(self, value: Any) -> Any:
        """`+value`."""
        result = plus(value)
        return self.operator("+", value) if result is NO_OPERATOR else result

    def operator(self, op: str, *args: Any) -> Any:
        """An operator without built-in meaning for these operands."""
        if not TAGGED.keys().isdisjoint(map(type, args)):
            return self.untagged_operator(op, *map(untagged, args))
        fn = self.table.find(op, args)
        if fn is None:
            if op == "!=" and len(args) == 2 and self.table.find("==", args):
                return not self.operator("==", *args)
            if op in COMPARING and len(args) == 2 and self._differ_as_hosts(*args):
                return op == "!="
            raise faults.function_not_found_for(op, [self.type_name(arg) for arg in args])
        return fn.call(self, *args) if fn.context else fn.call(*args)

    def untagged_operator(self, op: str, *args: Any) -> Any:
        """An operator whose operands had tags."""
        builtin = UNARY.get(op) if len(args) == 1 else BINARY.get(op)
        result = NO_OPERATOR if builtin is None else builtin(*args)
        return self.operator(op, *args) if result is NO_OPERATOR else result

    def _differ_as_hosts(self, left: Any, right: Any) -> bool:
        """Are these of different types, one of them at least the host's? Comparing them has a default answer."""
        return (is_host_value(left) or is_host_value(right)) and self.type_name(left) != self.type_name(right)

    def equals(self, left: Any, right: Any) -> bool:
        if type(left) is list or type(left) is dict:
            self.weigh(left)
        result = builtin_eq(left, right)
        return bool(self.operator("==", left, right)) if result is NO_OPERATOR else bool(result)

    def contains(self, home: Linked, depth: int, container: Any, item: Any) -> Any:
        """`item in container`: `contains(container, item)`, which a script may define."""
        found = self.find_script("contains", 2, home)
        if found is not None:
            return self._invoke(found, MISSING, (container, item), depth)
        return self.native(depth, "contains", container, item)

    # ---- indexing and properties ------------------------------------------------------------------------------------

    def index(self, target: Any, index: Any, bracket: tuple[int, int]) -> Any:
        """`target[index]`, borrowed: the caller copies what it keeps."""
        if type(target) is dict and type(index) is str:
            return self.get_property(target, index) if self.settings.checks_properties else target.get(index)
        if self.settings.on_bad_index is not None and type(target) is list and type(index) is int:
            return self._watched_item(self.settings.on_bad_index, target, index)
        if type(index) in TAGGED:
            index = untagged(index)
        result = get_index(target, index)
        if result is NO_INDEXER:
            if type(target) in TAGGED:
                return self.index(untagged(target), index, bracket)
            fn = self.table.find("index$get$", (target, index))
            if fn is None:
                error = faults.indexer_unavailable(f"{self.type_name(target)} [{self.type_name(index)}]")
                error.position = Position(*bracket)
                raise error
            return fn.call(self, target, index) if fn.context else fn.call(target, index)
        return self.priced(result) if type(result) is str else result

    def _watched_item(self, hook: Hook, target: list[Any], index: int) -> Any:
        """An item of an array; the host may answer for one that is not there."""
        if not -len(target) <= index < len(target):
            answer = hook.value(self, target, index)
            if answer is not NOTHING:
                return answer
        return get_index(target, index)

    def store_index(
        self, target: Any, index: Any, value: Any, bracket: tuple[int, int], assignment: tuple[int, int]
    ) -> Any:
        """`target[index] = value`; returns what to store back as the target."""
        if type(target) is dict and type(index) is str and index not in target:
            self.check_map(len(target) + 1, 1)
        if type(index) in TAGGED:
            index = untagged(index)
        try:
            result = set_index(target, index, value)
            if result is NO_INDEXER and type(target) in TAGGED:
                result = retag(target, set_index(untagged(target), index, untagged(value)))
                if type(target) is TaggedArray:
                    target[index] = value
                    result = target
        except WrongElementError as error:
            if type(value) in TAGGED:
                return self.store_index(target, index, untagged(value), bracket, assignment)
            error.position = Position(*assignment)
            raise
        if result is NO_INDEXER:
            fn = self.table.find("index$set$", (target, index, value))
            if fn is None:
                signature = f"{self.type_name(target)} [{self.type_name(index)}] = {self.type_name(value)}"
                unavailable = faults.indexer_unavailable(signature)
                unavailable.position = Position(*bracket)
                raise unavailable
            fn.call(self, target, index, value) if fn.context else fn.call(target, index, value)
            return target
        return result

    def store_back(
        self, target: Any, index: Any, value: Any, bracket: tuple[int, int], assignment: tuple[int, int]
    ) -> Any:
        """As `store_index`, for a value of which a part was set: what a text, a number or a blob gave was a copy."""
        if isinstance(target, (str, int, bytearray)):
            return target
        return self.store_index(target, index, value, bracket, assignment)

    def get_property(self, target: Any, name: str) -> Any:
        """`target.name`: map key, getter, string indexer."""
        if type(target) is dict:
            if self.settings.checks_properties and name not in target:
                hook = self.settings.on_missing_property
                answer = NOTHING if hook is None else hook.value(self, target, name)
                if answer is not NOTHING:
                    return answer
                if not self.settings.fail_on_invalid_map_property:
                    return target.get(name)
                error = EvalError("ErrorPropertyNotFound", f"Property not found: {name}", fields={"variable": name})
                error.hint = partial(faults.suggestion, name, [*target])
                raise error
            return target.get(name)
        fn = self.table.find(f"get${name}", (target,))
        if fn is not None:
            return fn.call(self, target) if fn.context else fn.call(target)
        fn = self.table.find("index$get$", (target, name))
        if fn is not None:
            return fn.call(self, target, name) if fn.context else fn.call(target, name)
        error = faults.unknown_property(name, self.type_name(target))
        error.hint = partial(self._near_property, name, self.type_name(target))
        raise error

    def _near_property(self, name: str, owner: str) -> str | None:
        """A hint: the method of that name, or a property whose name is near."""
        methods = self.table.overloads(name, 1)
        if any(fn.params and fn.params[0] in {owner, ANY} for fn in methods):
            return f"'{name}' is a method: write '{name}()'"
        known = {
            key.removeprefix("get$")
            for layer in self.table.layers
            for (key, _), found in list(layer.functions.items())
            if key.startswith("get$") and any(fn.params and fn.params[0] == owner for fn in found)
        }
        return faults.suggestion(name, known, 0.6)

    def set_property(self, target: Any, name: str, value: Any) -> Any:
        """`target.name = value`; returns what to store back as the target."""
        if type(target) is dict:
            if name not in target:
                self.check_map(len(target) + 1, 1)
            target[name] = value
            return target
        fn = self.table.find(f"set${name}", (target, value))
        if fn is None:
            fn = self.table.find("index$set$", (target, name, value))
            if fn is None:
                raise faults.no_setter(name, self.type_name(target), self.type_name(value))
            fn.call(self, target, name, value) if fn.context else fn.call(target, name, value)
            return target
        result = fn.call(self, target, value) if fn.context else fn.call(target, value)
        return result[0] if fn.ref else target

    def feed_property(self, target: Any, name: str, value: Any) -> None:
        """A value that `target.name` gave was changed in place: where it was a copy, it goes back by the setter."""
        if type(target) is not dict and type(value) in CONTAINERS:
            fn = self.table.find(f"set${name}", (target, value))
            if fn is not None:
                fn.call(self, target, value) if fn.context else fn.call(target, value)
            else:
                self.feed_index(target, name, value)

    def feed_index(self, target: Any, index: Any, value: Any) -> None:
        """As `feed_property`, for `target[index]`; without an indexer for writing, the copy is dropped."""
        if type(value) in CONTAINERS and is_host_value(target):
            fn = self.table.find("index$set$", (target, index, value))
            if fn is not None:
                fn.call(self, target, index, value) if fn.context else fn.call(target, index, value)

    @staticmethod
    def touch(target: Any, key: Any) -> None:
        """A compound assignment first creates a map's missing property."""
        if type(target) is dict and type(key) is str and key not in target:
            target[key] = None

    def constant_slot(
        self, constant: str, target: Any, key: Any, value: Any, property_place: tuple[int, int] | None
    ) -> None:
        """Something is about to be stored into what a constant holds: that may be added to, but not replaced.

        Where nothing can be stored at all the store itself says so. `property_place` is where a property's name
        stands, and `None` for an index.
        """
        if type(target) is dict:
            if type(key) is str and key in target:
                raise faults.cannot_modify_constant(constant)
        elif property_place is not None:
            if self.table.find(f"set${key}", (target, value)) is not None:
                message = f"Cannot modify property '{key}' of constant"
                at = Position(*property_place)
                raise EvalError("ErrorNonPureMethodCallOnConstant", message, at, fields={"function": key})
        elif type(target) is list:
            if type(key) is int and -len(target) <= key < len(target):
                raise faults.cannot_modify_constant(constant)
        elif self.table.find("index$set$", (target, key, value)) is not None:
            message = "Cannot assign to indexer of constant"
            raise EvalError("ErrorNonPureMethodCallOnConstant", message, fields={"function": "index$set$"})

    def check_indexer(self, target: Any, index: Any, value: Any) -> None:
        """Before a compound assignment to `target[index]`: without an indexer it fails as the assignment would."""
        if type(target) in INDEXABLE or self.table.find("index$get$", (target, index)) is not None:
            return
        types = (self.type_name(target), self.type_name(index), self.type_name(value))
        raise faults.indexer_unavailable("{} [{}] = {}".format(*types))

    strips = staticmethod(turns.strips)

    def any_turns(self, pay: turns.Pay, walk: Callable[[Any, int], Any], value: Any, cost: int) -> Any:
        """The items of any value for a loop that pays in advance; `walk` is for sequences of known length."""
        cls = type(value)
        if cls is list:
            return walk(value, cost)
        if cls is Range:
            return walk(range(value.start, value.stop), cost)
        if cls is str:
            return turns.characters(pay, value, cost)
        return turns.one_by_one(pay, self.iterate(value), cost)

    def iterate(self, value: Any) -> Any:
        """An iterator for `for`."""
        if type(value) in TAGGED:
            value = untagged(value)
        result = iterate(value, owned=True)
        if result is NO_ITERATOR:
            make = self.table.iterator(value)
            if make is None:
                raise EvalError("ErrorFor", "For loop expects iterable type")
            return host_items(make, value, self)
        return result
