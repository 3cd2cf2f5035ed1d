"""Call sites: what remembers, for one place in a script, which native the classes of the arguments mean.

The first call with some classes goes the general way, which knows every case; from then on the native is called at
once. Only calls where nothing but the classes decides are remembered: no map (it may have a function of that name as a
property), no range (two types share a class), no cell of a constant or of a captured variable. A registration makes a
site forget.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import FunctionType, MethodType

from horus_runtime.runtime.scope import MISSING
from horus_runtime.runtime.values import TAGGED, Cell, ItemCell, LockedCell, Range, Stream, Temporary
from horus_runtime.typing_names import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from horus_runtime.runtime.calls import Calling
    from horus_runtime.runtime.state import Linked

UNDECIDED: Final = frozenset({Cell, ItemCell, LockedCell, Temporary, Range, Stream, *TAGGED})
PLAIN: Final = 0
NOTES: Final = 1
REPLACES: Final = 2
Entry = tuple[Callable[..., Any], int]
"""A native with its context bound, and what it asks for: one that may call back gets the level of the call; one that
may replace its receiver answers with that and the result.
"""


def with_context(function: Callable[..., Any], run: Calling) -> Callable[..., Any]:
    """The function with its first argument bound. Python enters a bound method without a detour, unlike a `partial`."""
    return MethodType(function, run) if type(function) is FunctionType else partial(function, run)


class Site:
    """A place in a script that calls a native.

    Args:
        run: the run that the place belongs to.
        name: of the function.
        general: finds and calls it in any case: a function of depth and arguments.
        never: classes of a first argument for which something else than the classes decides.
    """

    __slots__ = ("general", "generation", "known", "name", "never", "run", "table")

    def __init__(
        self, run: Calling, name: str, general: Callable[..., Any], never: frozenset[type] = UNDECIDED
    ) -> None:
        self.run = run
        self.table = run.table
        self.name = name
        self.general = general
        self.never = never
        self.known: dict[Any, Entry | None] = {}
        self.generation = self.table.generation

    def learn(self, key: Any, depth: int, args: tuple[Any, ...], first: Any = MISSING) -> Any:
        """Call the general way, and remember where that leads for these classes.

        Args:
            first: what the cell holds that the first argument is in.
        """
        if self.generation != self.table.generation:
            self.known.clear()
            self.generation = self.table.generation
        if key not in self.known:
            self.known[key] = self._entry(args if first is MISSING else (first, *args[1:]))
        return self.general(depth, *args)

    def _entry(self, args: tuple[Any, ...]) -> Entry | None:
        if type(args[0]) in self.never or not UNDECIDED.isdisjoint(map(type, args)):
            return None
        fn = self.table.find(self.name, args)
        if fn is None or (fn.ref and fn.callbacks):
            return None
        native = with_context(fn.call, self.run) if fn.context else fn.call
        if fn.ref:
            return native, REPLACES
        return (self._noting(native), NOTES) if fn.callbacks else (native, PLAIN)

    def _noting(self, native: Callable[..., Any]) -> Callable[..., Any]:
        """A native that calls back needs to know the level of the call."""
        run = self.run

        def call(depth: int, *args: Any) -> Any:
            outer, run.depth = run.depth, depth + 1
            try:
                return native(*args)
            finally:
                run.depth = outer

        return call


# Python calls functions faster whose arguments it can count.


def native_site(run: Calling, name: str, count: int) -> Callable[..., Any]:
    """What a place calls that means a native by its name: a function of depth and arguments."""
    site = Site(run, name, lambda depth, *args: run.native(depth, name, *args))
    known, table, learn = site.known, site.table, site.learn

    def one(depth: int, first: Any) -> Any:
        entry = known.get(type(first))
        if entry is None or site.generation != table.generation:
            return learn(type(first), depth, (first,))
        native, asks = entry
        if asks == PLAIN:
            return native(first)
        return native(depth, first) if asks == NOTES else native(first)[1]

    def two(depth: int, first: Any, second: Any) -> Any:
        key = (type(first), type(second))
        entry = known.get(key)
        if entry is None or site.generation != table.generation:
            return learn(key, depth, (first, second))
        native, asks = entry
        if asks == PLAIN:
            return native(first, second)
        return native(depth, first, second) if asks == NOTES else native(first, second)[1]

    def more(depth: int, *args: Any) -> Any:
        key = tuple(map(type, args))
        entry = known.get(key)
        if entry is None or site.generation != table.generation:
            return learn(key, depth, args)
        native, asks = entry
        if asks == PLAIN:
            return native(*args)
        return native(depth, *args) if asks == NOTES else native(*args)[1]

    return one if count == 1 else two if count == 2 else more


def method_site(run: Calling, home: Linked, name: str, count: int) -> Callable[..., Any]:
    """What a place calls that means a method: a function of depth, receiver and arguments.

    A receiver comes in a cell where it could be replaced. Cells of constants and of captured variables go the general
    way: whether a native may have those is more than a matter of classes.
    """

    def general(depth: int, receiver: Any, *args: Any) -> Any:
        return run.method(home, depth, name, receiver, *args)

    site = Site(run, name, general, UNDECIDED | {dict})
    known, table, learn = site.known, site.table, site.learn

    def alone(depth: int, given: Any) -> Any:
        this = given.v if type(given) is Cell and not (given.shared or given.constant) else given
        entry = known.get(type(this))
        if entry is None or site.generation != table.generation:
            return learn(type(this), depth, (given,), this)
        native, asks = entry
        if asks == PLAIN:
            return native(this)
        return native(depth, this) if asks == NOTES else replaced(given, native(this))

    def with_one(depth: int, given: Any, first: Any) -> Any:
        this = given.v if type(given) is Cell and not (given.shared or given.constant) else given
        key = (type(this), type(first))
        entry = known.get(key)
        if entry is None or site.generation != table.generation:
            return learn(key, depth, (given, first), this)
        native, asks = entry
        if asks == PLAIN:
            return native(this, first)
        return native(depth, this, first) if asks == NOTES else replaced(given, native(this, first))

    def with_two(depth: int, given: Any, first: Any, second: Any) -> Any:
        this = given.v if type(given) is Cell and not (given.shared or given.constant) else given
        key = (type(this), type(first), type(second))
        entry = known.get(key)
        if entry is None or site.generation != table.generation:
            return learn(key, depth, (given, first, second), this)
        native, asks = entry
        if asks == PLAIN:
            return native(this, first, second)
        return native(depth, this, first, second) if asks == NOTES else replaced(given, native(this, first, second))

    def with_more(depth: int, given: Any, *args: Any) -> Any:
        this = given.v if type(given) is Cell and not (given.shared or given.constant) else given
        key = (type(this), *map(type, args))
        entry = known.get(key)
        if entry is None or site.generation != table.generation:
            return learn(key, depth, (given, *args), this)
        native, asks = entry
        if asks == PLAIN:
            return native(this, *args)
        return native(depth, this, *args) if asks == NOTES else replaced(given, native(this, *args))

    return (alone, with_one, with_two)[count] if count <= 2 else with_more


def replaced(given: Any, answer: tuple[Any, Any]) -> Any:
    """The result of a native that answers with its new receiver, too, which goes into the cell that it came in."""
    new, result = answer
    if type(given) is Cell:
        given.v = new
    return result
