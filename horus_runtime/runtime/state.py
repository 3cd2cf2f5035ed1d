"""What one run knows: settings, budget, linked programs, limits."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterator
from functools import lru_cache, partial

from horus_runtime.errors import HorusError
from horus_runtime.limits import Limits
from horus_runtime.runtime import abi, faults
from horus_runtime.runtime.budget import Budget
from horus_runtime.runtime.definitions import Definition
from horus_runtime.runtime.dispatch import FunctionTable
from horus_runtime.runtime.hooks import Hook, VariableHook
from horus_runtime.runtime.module import Module
from horus_runtime.runtime.operators import ASSIGN, BINARY, UNARY
from horus_runtime.runtime.program import FunctionMeta, Program
from horus_runtime.runtime.scope import Scope
from horus_runtime.runtime.suspension import Wait, driver, pause, wait_for
from horus_runtime.runtime.tracing import explain
from horus_runtime.runtime.turns import prepaid
from horus_runtime.runtime.values import COPY_TERMS, Terms
from horus_runtime.typing_names import TYPE_CHECKING, Any, Final, Protocol, TypeVar

if TYPE_CHECKING:
    from horus_runtime.runtime.custom_syntax import SyntaxDefinition
    from horus_runtime.runtime.run import Run

Key = tuple[str, int]
T = TypeVar("T")

Found = tuple[Callable[..., Any], FunctionMeta]
"""A linked script function with what is known of it."""

CLOSURE_PREFIX: Final = "anon$"

PRICED: Final = 16_384
"""Values up to this size are worked on for free: generated code and natives pay for their steps only."""
SHORT_TEXT: Final = 4096
SHORT_ARRAY: Final = 256
"""Values up to these sizes are made without a word to the account of the run's data."""
SLOT_BYTES: Final = 8
ENTRY_BYTES: Final = 100
SMALLEST_ROOM: Final = 1 << 20
"""Elements that a copy may hold at least: small limits are checked exactly elsewhere."""
ITEMS_PER_OPERATION: Final = 4
TEXT_PER_OPERATION: Final = 256
"""Twenty thousand operations are about a millisecond, and so are copies of these sizes."""


MOST_LEVELS: Final = 250_000
"""Call levels that the native stack could never hold anyway."""


@lru_cache(maxsize=64)
def levels(most: int) -> tuple[int, ...]:
    """The next call level by call level; where the calls are too deep, there is none."""
    return tuple(range(1, min(most, MOST_LEVELS) + 1))


class Host(Protocol):
    """What a run needs from the engine that started it."""

    def compile_eval(self, text: str, shared: frozenset[str], names: frozenset[str]) -> Program:
        """Compile the text of an `eval` with these names visible."""

    def compile_in_scope(self, program: Program, key: Key, shared: frozenset[str], names: frozenset[str]) -> Program:
        """Compile the body of a script function to run with its caller's variables visible."""

    def import_module(self, run: Run, path: str, source: str | None, depth: int) -> Module:
        """Resolve and run a module."""


class RunSettings:
    """What stays the same for all runs of an engine."""

    def __init__(  # noqa: PLR0913 - a record
        self,
        table: FunctionTable,
        limits: Limits,
        *,
        modules: dict[str, Module] | None = None,
        services: dict[str, Any] | None = None,
        on_print: Callable[[str], None] | None = None,
        on_debug: Callable[[str, str | None, Any], None] | None = None,
        on_progress: Callable[[int], Any] | None = None,
        on_start: Callable[[Budget], None] | None = None,
        on_var: VariableHook | None = None,
        on_def_var: Callable[[bool, Definition], bool] | None = None,
        on_missing_function: Hook | None = None,
        on_missing_property: Hook | None = None,
        on_bad_index: Hook | None = None,
        allow_shadowing: bool = True,
        exact_sizes: bool = False,
        fail_on_invalid_map_property: bool = False,
        strict_identifiers: bool = False,
        host: Host | None = None,
        tag: Any = None,
        syntaxes: dict[str, SyntaxDefinition] | None = None,
        show_host_errors: bool = False,
        public_errors: tuple[type[Exception], ...] = (),
        debugger: Any = None,
    ) -> None:
        self.table = table
        self.limits = limits
        self.modules: dict[str, Module] = {} if modules is None else modules
        self.services: dict[str, Any] = {} if services is None else services
        self.on_print = on_print
        self.on_debug = on_debug
        self.on_progress = on_progress
        self.on_start = on_start
        self.on_var = on_var
        self.on_def_var = on_def_var
        self.on_missing_function = on_missing_function
        self.on_missing_property = on_missing_property
        self.on_bad_index = on_bad_index
        self.checks_properties = fail_on_invalid_map_property or on_missing_property is not None
        self.allow_shadowing = allow_shadowing
        self.exact_sizes = exact_sizes
        """The host set size limits itself."""
        self.fail_on_invalid_map_property = fail_on_invalid_map_property
        self.strict_identifiers = strict_identifiers
        self.host = host
        self.syntaxes: dict[str, SyntaxDefinition] = {} if syntaxes is None else syntaxes
        """Constructs that the host added to the language, by their first symbols."""
        self.tag = tag
        """The host's own value for a run."""
        self.debugger = debugger
        self.show_host_errors = show_host_errors
        """Scripts see what exceptions of host functions say."""
        self.public_errors = public_errors
        """Exceptions of host functions whose text scripts see in any case."""


class Linked:
    """A program made runnable: its functions as closures over this run's counter."""

    __slots__ = (
        "closures", "constants", "functions", "globals", "is_module", "main", "metas", "parent", "program", "typed",
    )  # fmt: skip

    def __init__(self, program: Program, parent: Linked | None = None) -> None:
        self.program = program
        self.parent = parent
        self.functions: dict[Key, Callable[..., Any]] = {}
        self.metas: dict[Key, FunctionMeta] = {}
        self.closures: dict[str, Found] = {}
        self.typed: dict[tuple[str, str, int], Found] = {}
        self.is_module = False
        """Belongs to an imported module: its functions are not those of the script."""
        self.constants: dict[str, Any] = {}
        """Constants declared at global level, for `global::NAME`."""
        self.globals: Linked | None = self
        """Keeps them; in what `eval` runs outside of blocks that is the script around."""
        self.main: Callable[..., Any] | None = None

    def find(self, name: str, count: int) -> Found | None:
        """A named function of this program."""
        key = (name, count)
        function = self.functions.get(key)
        return None if function is None else (function, self.metas[key])


class _LengthOnly:
    """An array of which only the length matters."""

    __slots__ = ("length",)

    def __init__(self, length: int) -> None:
        self.length = length

    def __len__(self) -> int:
        return self.length

    def extend(self, items: list[Any]) -> None:
        """Take elements and forget them."""
        self.length += len(items)


def _no_kernel(*_: Any) -> None:
    """A way into no kernel."""


class RunState:
    """State of one evaluation; the parts of `Run` add what can be done with it."""

    fixed: tuple[Any, ...] = ()
    """Arrays and maps of constants whose methods call back: `this` is a constant there, too."""

    def __init__(self, settings: RunSettings, budget: Budget | None = None) -> None:
        self.settings = settings
        self.limits, self.table = settings.limits, settings.table
        self.convert = settings.table.converter
        """Makes script values of what the host gives."""
        self.host_calls = 0
        """Calls of Python functions that the host registered."""
        self.calls: dict[Any, Any] = {}  # what functions of host modules keep for this run
        self.tag = settings.tag
        self.budget = budget or Budget(settings.limits, settings.on_progress)
        self.charge = self.budget.charge
        if self.budget.holdings is not None:
            self.budget.holdings.roots = self.roots
        self.follow_driver()
        self.debugging: Any = None if settings.debugger is None else settings.debugger.session(self)
        """The debugger's view of this run."""
        self.programs: dict[str, Program] = {}
        if settings.on_progress is None:
            self.budget.prepaid = self.prepaid
        self.handed_over = 0
        """Of these, what kernels got that carry on with such loops."""
        self.linked: dict[int, Linked] = {}
        limits = settings.limits
        self.depth, self.max_depth = 0, limits.max_call_levels
        self.deeper = levels(self.max_depth)
        self.string_limit, self.array_limit, self.map_limit = (
            limits.max_string_size, limits.max_array_size, limits.max_map_size,
        )  # fmt: skip
        # A string of so many characters cannot exceed the limit in UTF-8 bytes.
        self.safe_string = self.string_limit // 4 if self.string_limit else 1 << 62
        # Text that is built as a whole is also accounted for from a certain size on.
        self.short_string = min(self.safe_string, SHORT_TEXT)
        self.safe_array = self.array_limit or 1 << 62
        self.safe_map = self.map_limit or 1 << 62
        self.poll, self.stretch, self.shorten = self.budget.poll, self.budget.stretch, self.budget.shorten
        self.type_of = settings.table.type_name
        room = max(self.array_limit, SMALLEST_ROOM) if self.array_limit else 1 << 62
        self.terms = Terms(room, self.pay_for_copy, self.refuse_copy, self.budget.grew, self.making, self.writing)
        """On what terms values are copied and made for this run."""
        self.tokens: dict[int, object] = {}
        self.call_scope: Scope | None = None
        """Variables that a function called by the host may read."""
        self.imports: list[tuple[str, Module]] = []
        """The modules imported by the code that is running, latest last; blocks and functions drop theirs again."""
        self.namespaces: list[Module] = []
        """Modules whose functions a host lends to the code it calls, where nothing else has a function."""
        self.host_constants: dict[str, Any] = {}
        """Constants of the host's scope that the script was compiled with: known inside functions, too."""
        self.running: list[Linked] = []
        """The modules whose functions are running, the innermost last."""
        self.embedded: dict[str, Any] = {}
        """Modules that the script brings with it, by path."""
        self.modules_imported = 0
        self.modules_cache: dict[str, Module | None] = {}
        """Modules made in this run by path; `None` while a module is being made."""

    def follow_driver(self) -> None:
        """Let the other tasks of the event loop that drives this code run now and then, if one does."""
        waiting = driver()
        self.budget.breathe = None if waiting is None else partial(waiting.wait, Wait(None, self.budget))

    def link(self, program: Program, parent: Linked | None = None) -> Linked:
        """Make a program runnable in this run; linking twice gives the same object."""
        linked = self.linked.get(id(program))
        if linked is None:
            linked = Linked(program, parent)
            self.linked[id(program)] = linked
            self.programs[program.filename] = program
            if program.factory is None:
                space = dict(abi.EXPORTS)
                exec(program.code, space)  # noqa: S102 - the code object is our own compiler's
                program.factory = space["_program"]
            functions, linked.main, reader = program.factory(self, linked)
            self.budget.readers.append(reader)
            for meta, function in zip(program.functions, functions, strict=True):
                key = (meta.name, len(meta.params))
                if meta.name.startswith(CLOSURE_PREFIX):
                    linked.closures[meta.name] = (function, meta)
                elif meta.this_type is not None:
                    linked.typed[(meta.this_type, *key)] = (function, meta)
                else:
                    linked.functions[key] = function
                    linked.metas[key] = meta
        return linked

    def prepaid(self) -> int:
        """Operations that running loops have paid for turns still to come."""
        return prepaid(self.programs) - self.handed_over

    def start_kernels(
        self, linked: Linked, swap: Callable[[int], int], functions: tuple[tuple[int, Any, Any], ...]
    ) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
        """The ways into the kernels of a program, for its generated code; they lead nowhere where a host wants to see
        every operation, or where the script shares its thread with the tasks of an event loop.
        """
        kernels = linked.program.kernels
        if kernels is None or self.budget.on_progress is not None or self.budget.breathe is not None:
            return _no_kernel, _no_kernel, _no_kernel
        return kernels.start(self, linked.program, swap, functions)  # type: ignore[no-any-return]

    def kernel_failure(self, what: str, which: str, left: int, right: int) -> Any:
        """Raise what a kernel failed with: the operation is done again the slow way."""
        if what == "op":
            return BINARY[which](left, right)
        if what == "assign":
            return ASSIGN[which](left, right)
        if what == "unary":
            return UNARY[which](left)
        if what == "index":
            raise faults.array_bounds(right, left)
        if what == "method":
            function = self.table.find_types(which, ("i64",))
            assert function is not None
            return function.call(left)
        assert what == "depth"
        raise faults.stack_overflow(self.max_depth)

    def price_pad(self, length: int, wanted: int) -> None:
        """What padding an array costs and whether it may be so long: the library's function is asked."""
        function = self.table.find_types("pad", ("array", "i64", "i64"))
        assert function is not None
        function.call(self, _LengthOnly(length), wanted, 0)

    def exhausted(self, cost: int) -> bool:
        """Is less than `cost` left of the operations that this run may spend?"""
        budget = self.budget
        return bool(budget.limit and budget.granted + cost > budget.limit and budget.spent + cost > budget.limit)

    def overdraw(self, operations: int) -> None:
        """Hand out more than the limit allows, for what may not come to pass; the next look at the account tells."""
        self.budget.granted += operations

    def debug_step(self, linked: Linked, depth: int, spot: Any, see: Any, properties: tuple[str, ...]) -> None:
        """A statement of a script that is debugged is about to run."""
        if self.debugging is not None:
            self.debugging.step(linked, depth, spot, see, properties)

    def debug_watch(self, name: str, first: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """The decorator for functions of a script that is debugged."""
        decorate: Callable[[Callable[..., Any]], Callable[..., Any]] = self.debugging.watch(name, first)
        return decorate

    def explain(self, error: BaseException) -> HorusError:
        """The error a script or host sees, positions and call chain filled in."""
        return explain(error, self.programs)

    def arity_token(self, count: int) -> object:
        """Marks function pointers of this run that take `count` arguments: generated code calls those directly."""
        return self.tokens.setdefault(count, object())

    @property
    def services(self) -> dict[str, Any]:
        return self.settings.services

    def remaining_seconds(self) -> float | None:
        return self.budget.remaining_seconds()

    def pause(self, seconds: float) -> None:
        pause(seconds, self.budget)

    def wait_for(self, awaitable: Awaitable[Any], name: str) -> Any:
        return wait_for(awaitable, name, self.budget)

    def type_name(self, value: Any) -> str:
        return self.table.type_name(value)

    def roots(self) -> Iterator[Any]:
        """What the values of the run are reached from."""
        from horus_runtime.runtime.weighing import variables

        yield self.call_scope
        yield self.host_constants
        for linked in self.linked.values():
            yield linked.constants
        for module in (*self.modules_cache.values(), *(module for _, module in self.imports)):
            if module is not None:
                yield module.variables
        yield from variables(sys._getframe(1), self.programs)  # noqa: SLF001 - the frames are where the values are

    # What natives are about to make is checked against the limits, and paid for when it is large.

    def check_string(self, length: int, more: int | None = None) -> None:
        if length > SHORT_TEXT and more != 1:
            self.budget.grew(length)
        if self.string_limit and length > self.string_limit:
            raise faults.too_large(faults.STRING_SIZE, self.string_limit, length)
        if length > PRICED:
            self.budget.charge(length // TEXT_PER_OPERATION)

    def check_array(self, length: int, more: int | None = None) -> None:
        if length > SHORT_ARRAY and more != 1:
            self.budget.grew((length if more is None else more) * SLOT_BYTES)
        if self.array_limit and length > self.array_limit:
            raise faults.too_large(faults.ARRAY_SIZE, self.array_limit, length)
        if length > PRICED:
            self.budget.charge(length // ITEMS_PER_OPERATION)

    def check_map(self, length: int, more: int | None = None) -> None:
        if length > SHORT_ARRAY and more != 1:
            self.budget.grew((length if more is None else more) * ENTRY_BYTES)
        if self.map_limit and length > self.map_limit:
            raise faults.too_large(faults.MAP_SIZE, self.map_limit, length)
        if length > PRICED:
            self.budget.charge(length // ITEMS_PER_OPERATION)

    def take_thread(self) -> None:
        """What this thread copies and makes belongs from now on to this run."""
        COPY_TERMS.run = self.terms

    def on_account(self, work: Callable[..., T], *args: Any) -> T:
        """Do some work for the run outside of its code, such as converting values of the host: it may be stopped."""
        outer = COPY_TERMS.run
        COPY_TERMS.run = self.terms
        try:
            return work(*args)
        finally:
            COPY_TERMS.run = outer

    def pay_for_copy(self, elements: int, total: int = 0) -> None:
        """So many more elements of one copy were made, `total` so far."""
        self.budget.grew(elements * SLOT_BYTES)
        if total and self.budget.holdings is not None:
            self.budget.holdings.making(total * SLOT_BYTES, self.budget.granted)
        if elements > PRICED:
            self.budget.charge(elements // ITEMS_PER_OPERATION)

    def grew(self, size: int) -> None:
        self.budget.grew(size)

    def making(self, size: int) -> None:
        """So much of one value exists that nobody can reach yet."""
        self.budget.check()
        if self.budget.holdings is not None:
            self.budget.holdings.making(size, self.budget.granted)

    def writing(self, length: int) -> None:
        """A text that nobody can reach yet has so many characters."""
        if length > self.string_limit > 0:
            raise faults.too_large(faults.STRING_SIZE, self.string_limit, length)
        self.making(length)

    def refuse_copy(self) -> None:
        """A copy grew beyond what one value may hold."""
        raise faults.too_large(faults.ARRAY_SIZE, self.array_limit, self.array_limit + 1)

    def weigh(self, value: Any) -> None:
        """Pay for work on everything in an array or map, before it is done."""
        from horus_runtime.runtime.sizes import size_of

        size = size_of(value)
        items = size.elements + size.properties
        if items > PRICED:
            self.budget.charge(items)

    def check_sizes(self, value: Any) -> None:
        """Check a value against the size limits, everything nested in it counted."""
        from horus_runtime.runtime.sizes import size_of

        size = size_of(value)
        self.check_array(size.elements, 1)
        self.check_map(size.properties, 1)
        self.check_string(size.string_bytes, 1)

    def priced(self, value: Any) -> Any:
        """As `sized`, for a value that was built as a whole: a large one costs operations."""
        cls = type(value)
        if cls is str:
            if len(value) > SHORT_TEXT:
                self.budget.grew(len(value))
                if len(value) > PRICED:
                    self.budget.charge(len(value) // TEXT_PER_OPERATION)
        elif (cls is list or cls is dict or cls is bytearray) and len(value) > SHORT_ARRAY:
            self.budget.grew(len(value) * (1 if cls is bytearray else SLOT_BYTES))
            if len(value) > PRICED:
                self.budget.charge(len(value) // ITEMS_PER_OPERATION)
        return self.sized(value)

    def sized(self, value: Any) -> Any:
        """Check a freshly built string, array or map against the limits."""
        cls = type(value)
        if cls is str:
            if len(value) > self.safe_string:
                self.check_string(len(value.encode("utf-8", "surrogatepass")))
        elif cls is list or cls is bytearray:
            if len(value) > self.safe_array:
                self.check_array(len(value))
        elif cls is dict and len(value) > self.safe_map:
            self.check_map(len(value))
        return value
