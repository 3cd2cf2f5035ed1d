"""`AST`: a compiled script as hosts hold it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from horus_runtime.source import SourceFile
from horus_runtime.typing_names import TYPE_CHECKING, Any, Final, overload

if TYPE_CHECKING:
    from horus_runtime.ast import nodes
    from horus_runtime.engine.engine import Engine
    from horus_runtime.engine.parts import FunctionFilter, FunctionInfo, Part
    from horus_runtime.engine.session import Pool
    from horus_runtime.runtime.module import Module
    from horus_runtime.runtime.program import Program
    from horus_runtime.runtime.scope import Scope
    from horus_runtime.syntax.options import ParseOptions

    Parse = Callable[[], nodes.Script]


class AST:
    """A parsed script with its compiled forms.

    It may be evaluated any number of times, by several engines and threads: each engine compiles it once for its own
    settings. A script whose code comes from the cache is parsed only when somebody asks for its tree.

    `pickle` and `to_bytes` keep the texts it was made of and nothing else: what is loaded parses them again.

    Args:
        script: the tree, or what parses the text.
        options: how the text is parsed.
        parts: the texts that the tree is made of; by default, the whole text of the source.
    """

    __slots__ = (
        "_options", "_parts", "_pools", "_programs", "_script", "expression_only", "is_text", "module_scope", "modules",
        "source_file",
    )  # fmt: skip

    def __init__(
        self,
        script: nodes.Script | Parse,
        source_file: SourceFile,
        *,
        expression_only: bool = False,
        options: ParseOptions | Callable[[], ParseOptions] | None = None,
        parts: tuple[Part, ...] | None = None,
    ) -> None:
        self._script = script
        self.source_file = source_file
        self.expression_only = expression_only
        self._options = options
        self.is_text = callable(script) and parts is None
        """Is the tree that of the text, and of nothing else?"""
        self.modules: dict[str, AST | Module] = {}
        """The modules embedded by `compile(self_contained=True)`, by the path that imports them."""
        self.module_scope: Scope | None = None
        """Variables that the script finds when it is run as a module; each run gets copies."""
        self._parts = parts
        self._programs: dict[Any, Program] = {}
        self._pools: dict[int, Pool] = {}

    # ---- what it is -------------------------------------------------------------------------------------------------

    @property
    def script(self) -> nodes.Script:
        """The syntax tree.

        Raises:
            ParseError: the text was not parsed before, and it is wrong.
        """
        script = self._script
        if callable(script):
            script = self._script = script()
        return script

    @property
    def source(self) -> str | None:
        """The source name, shown in errors of nested calls and in `debug` lines; may be set."""
        return self.source_file.name

    @source.setter
    def source(self, name: str | None) -> None:
        self._change(self._script, SourceFile(self.source_file.text, name))

    def clear_source(self) -> None:
        """Take the source name away."""
        self.source = None

    @property
    def text(self) -> str:
        """The script's text; empty for a tree put together from several."""
        return self.source_file.text

    @property
    def doc(self) -> str:
        """The script's own documentation: its `//!` comments, without the signs."""
        lines = [line.strip() for part in self.parts if "//!" in part.text for line in part.text.splitlines()]
        return "\n".join(line[3:].removeprefix(" ") for line in lines if line.startswith("//!"))

    @property
    def options(self) -> ParseOptions | None:
        """How the text is parsed; `None` for the language as it is."""
        return self._options() if callable(self._options) else self._options

    @property
    def parts(self) -> tuple[Part, ...]:
        """The texts that the tree is made of."""
        from horus_runtime.engine.parts import Part

        return self._parts or (Part(self.text, self.source, self.expression_only),)

    def origins(self) -> dict[str, SourceFile]:
        """Of a tree put together from several: the text that each function stands in, by name.

        The main part, `""`, and functions of one name count where a single text has all of it.
        """
        found: dict[str, set[Part]] = {}
        for part in self.parts:
            names = [name for _, name, _ in part.functions or ()]
            for name in names + [""] * part.statements:
                found.setdefault(name, set()).add(part)
        return {
            name: SourceFile(part.text, part.name or self.source)
            for name, parts in found.items()
            if len(parts) == 1
            for part in parts
        }

    # ---- programs (for the engine) ----------------------------------------------------------------------------------

    def program(self, key: Any, build: Callable[[], Program]) -> Program:
        """The program compiled under `key`, built when it is first asked for."""
        program = self._programs.get(key)
        if program is None:
            program = self._programs[key] = build()
        return program

    def known_program(self, key: Any) -> Program | None:
        """The program compiled under `key`, if there is one."""
        return self._programs.get(key)

    def keep(self, key: Any, program: Program) -> None:
        """Add a program that was compiled before."""
        self._programs[key] = program

    def pool(self, engine: Engine) -> Pool:
        """The runs of this script on an engine that wait for calls."""
        found = self._pools.get(id(engine))
        if found is None or found.engine is not engine:
            from horus_runtime.engine.session import Pool

            found = self._pools[id(engine)] = Pool(engine, self)
        return found

    # ---- looking ----------------------------------------------------------------------------------------------------

    def functions(self) -> list[FunctionInfo]:
        """The script's functions, in source order."""
        from horus_runtime.engine.parts import info_of

        return [info_of(function) for function in self.script.functions]

    def has_functions(self) -> bool:
        """Does the script define functions?"""
        return bool(self.script.functions)

    def literals(self, *, constants: bool = True, variables: bool = True) -> dict[str, Any]:
        """The global variables that are declared with a literal value, by name; the last declaration counts.

        Args:
            constants: tell those declared by `const`.
            variables: tell those declared by `let`.
        """
        from horus_runtime.ast import nodes

        found = {}
        for statement in self.script.body:
            declared = statement.declaration if isinstance(statement, nodes.Export) else statement
            if isinstance(declared, nodes.Let) and (constants if declared.constant else variables):
                value = _literal(declared.value)
                if value is not _NO_LITERAL:
                    found[declared.name] = value
        return found

    @overload
    def walk(self) -> Iterator[nodes.Node]: ...
    @overload
    def walk(self, callback: Callable[[tuple[nodes.Node, ...]], bool | None]) -> bool: ...
    def walk(
        self, callback: Callable[[tuple[nodes.Node, ...]], bool | None] | None = None
    ) -> Iterator[nodes.Node] | bool:
        """Every node, parents first.

        Args:
            callback: called with the path to each node, the node itself last; `False` ends the walk. Without one, an
                iterator over the nodes is returned.

        Returns:
            With a callback: was the walk finished?
        """
        from horus_runtime.ast.visitor import walk

        if callback is None:
            return walk(self.script)
        return _walk_paths(self.script, callback)

    def __iter__(self) -> Iterator[nodes.Node]:
        iterator: Iterator[nodes.Node] = self.walk()
        return iterator

    # ---- deriving ---------------------------------------------------------------------------------------------------

    def clone(self) -> AST:
        """A tree of its own: what changes one does not change the other."""
        copy = AST(self._script, self.source_file, expression_only=self.expression_only, options=self._options)
        copy._parts = self._parts
        copy.is_text = self.is_text
        copy.modules = dict(self.modules)
        return copy

    def clone_functions_only(self, keep: FunctionFilter = lambda _f: True) -> AST:
        """A copy with the functions that `keep` accepts and no statements."""
        return self.clone().retain_functions(keep).clear_statements()

    without_statements = clone_functions_only

    def clone_statements_only(self) -> AST:
        """A copy with the statements and no functions."""
        return self.clone().clear_functions()

    without_functions = clone_statements_only

    def retain_functions(self, keep: FunctionFilter) -> AST:
        """Drop the functions that `keep` does not accept, here."""
        self._restrict(keep, statements=True)
        return self

    def clear_functions(self) -> AST:
        """Drop all functions, here."""
        return self.retain_functions(lambda _f: False)

    def clear_statements(self) -> AST:
        """Drop all statements, here."""
        self._restrict(lambda _f: True, statements=False)
        return self

    def merge(self, other: AST, keep: FunctionFilter = lambda _f: True) -> AST:
        """Both scripts in sequence, as a new tree.

        Functions of `other` that `keep` accepts replace those of the same name and parameter count. Positions in errors
        remain those in the text that a part came from.
        """
        return self.clone().combine(other, keep)

    __add__ = merge

    def combine(self, other: AST, keep: FunctionFilter = lambda _f: True) -> AST:
        """As `merge`, in this tree."""
        from horus_runtime.ast import nodes
        from horus_runtime.engine.parts import info_of, restricted

        added = tuple(f for f in other.script.functions if keep(info_of(f)))
        replaced = {info_of(f).key for f in added}
        kept = tuple(f for f in self.script.functions if info_of(f).key not in replaced)
        script = nodes.Script(self.script.span, self.script.body + other.script.body, kept + added)
        parts = (
            *restricted(self.parts, {info_of(f).key for f in kept}, statements=bool(self.script.body)),
            *restricted(other.parts, replaced, statements=bool(other.script.body)),
        )
        source = self.source_file
        if other.text != self.text:
            source = SourceFile(other.text if not (self.script.body or kept) else "", self.source or other.source)
        self.modules.update(other.modules)
        self._change(script, source, parts)
        return self

    __iadd__ = combine

    def _restrict(self, keep: FunctionFilter, *, statements: bool) -> None:
        from horus_runtime.ast import nodes
        from horus_runtime.engine.parts import info_of, restricted

        script = self.script
        kept = tuple(f for f in script.functions if keep(info_of(f)))
        parts = restricted(self.parts, {info_of(f).key for f in kept}, statements=statements)
        self._change(nodes.Script(script.span, script.body if statements else (), kept), self.source_file, parts)

    def _change(self, script: nodes.Script | Parse, source: SourceFile, parts: tuple[Part, ...] | None = None) -> None:
        """Replace what the tree is; code that was compiled for it is dropped."""
        self._script = script
        self.source_file = source
        if parts is not None:
            self._parts = parts
            self.is_text = False
        self._programs = {}
        self._pools = {}

    def as_module(self, engine: Engine) -> Module:
        """The functions as a module, for `engine.register_static_module` or a resolver."""
        return engine.eval_module(self.clone_functions_only())

    @classmethod
    def from_module(cls, module: Module) -> AST:
        """A tree with the functions of a module that was made from a script.

        Raises:
            ValueError: the module was made otherwise.
        """
        tree = module.tree
        if not isinstance(tree, AST):
            raise ValueError(f"the module '{module.name}' was not made from a script")  # noqa: TRY004 - a wrong value
        return tree.clone_functions_only()

    # ---- elsewhere --------------------------------------------------------------------------------------------------

    def to_bytes(self) -> bytes:
        """The texts and parsing options as JSON, for `AST.from_bytes`."""
        import json

        return json.dumps(self.to_data(), ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> AST:
        """A tree from what `to_bytes` gave. Nothing of the data is executed; the texts are parsed when they are needed.

        Raises:
            ValueError: the data is no such tree.
        """
        import json

        try:
            return _rebuild(json.loads(data))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a script as AST.to_bytes writes it: {error}") from None

    def to_data(self) -> dict[str, Any]:
        """What `to_bytes` writes, as plain data."""
        from dataclasses import asdict

        parts = [
            {
                "text": part.text,
                "name": part.name,
                "expression": part.expression_only,
                "statements": part.statements,
                "functions": None if part.functions is None else sorted(map(list, part.functions), key=repr),
            }
            for part in self.parts
        ]
        if self.options is not None and self.options.on_token is not None:
            raise ValueError(
                "a script that was parsed with on_parse_token cannot be kept: its text means something else"
            )
        options = None if self.options is None else {k: _plain(v) for k, v in asdict(self.options).items()}
        modules = {path: module.to_data() for path, module in self.modules.items() if isinstance(module, AST)}
        return {"parts": parts, "name": self.source, "options": options, "modules": modules}

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.to_data(),)

    def __repr__(self) -> str:
        if callable(self._script):
            return "AST(not yet parsed)"
        return f"AST({len(self.script.body)} statements, {len(self.script.functions)} functions)"


# --- Parts ------------------------------------------------------------------------------------------------------------


def _rebuild(data: Mapping[str, Any]) -> AST:
    """A tree from its texts."""
    from horus_runtime.engine.parts import Part, parse_parts

    options = _options(data["options"])
    parts = tuple(
        Part(
            _checked(part["text"]),
            part["name"],
            bool(part["expression"]),
            bool(part["statements"]),
            None if part["functions"] is None else frozenset(map(tuple, part["functions"])),
        )
        for part in data["parts"]
    )
    [first, *others] = parts
    whole = not others and first.statements and first.functions is None
    tree = AST(
        lambda: parse_parts(parts, options),
        SourceFile("" if others else first.text, data["name"]),
        expression_only=first.expression_only and not others,
        options=options,
        parts=None if whole else parts,
    )
    tree.modules = {path: _rebuild(module) for path, module in data["modules"].items()}
    return tree


def _checked(text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError("a script's text must be a string")
    return text


def parse_text(text: str, name: str | None, options: ParseOptions | None, *, expression: bool = False) -> nodes.Script:
    """Parse a script, or a single expression as a script.

    Raises:
        ParseError: the text is wrong.
    """
    from horus_runtime.ast import nodes
    from horus_runtime.syntax.options import DEFAULT
    from horus_runtime.syntax.rhai import parse_expression, parse_script

    if not expression:
        return parse_script(text, options or DEFAULT, name=name)
    node = parse_expression(text, options or DEFAULT, name=name)
    return nodes.Script(node.span, (nodes.ExprStmt(node.span, node),), ())


def _options(data: Mapping[str, Any] | None) -> ParseOptions | None:
    if data is None:
        return None
    from horus_runtime.syntax.options import ParseOptions

    values = {key: _frozen(value) for key, value in data.items()}
    values["disabled_symbols"] = frozenset(values["disabled_symbols"])
    return ParseOptions(**values)


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else value


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


# --- Nodes ------------------------------------------------------------------------------------------------------------


_NO_LITERAL: Final = object()


def _literal(node: nodes.Node | None) -> Any:
    """The value of a literal; arrays and maps are literals when all in them are."""
    from horus_runtime.ast import nodes
    from horus_runtime.runtime.values import Char

    if node is None or isinstance(node, nodes.UnitLit):
        return None
    if isinstance(node, nodes.CharLit):
        return Char(node.value)
    if isinstance(node, (nodes.IntLit, nodes.FloatLit, nodes.BoolLit, nodes.StringLit)):
        return node.value
    if isinstance(node, nodes.Unary) and node.op == "-" and isinstance(node.operand, (nodes.IntLit, nodes.FloatLit)):
        return -node.operand.value
    if isinstance(node, nodes.ArrayLit):
        items = [_literal(item) for item in node.items]
        return _NO_LITERAL if _NO_LITERAL in items else items
    if isinstance(node, nodes.MapLit):
        pairs = {entry.key: _literal(entry.value) for entry in node.entries}
        return _NO_LITERAL if _NO_LITERAL in pairs.values() else pairs
    return _NO_LITERAL


def _walk_paths(root: nodes.Node, callback: Callable[[tuple[nodes.Node, ...]], bool | None]) -> bool:
    from horus_runtime.ast.visitor import children

    pending: list[tuple[nodes.Node, ...]] = [(root,)]
    while pending:
        path = pending.pop()
        if callback(path) is False:
            return False
        pending.extend((*path, child) for child in reversed(children(path[-1])))
    return True
