"""What a host adds to the language or takes from it: keywords and symbols, operators, constructs of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from horus_runtime.typing_names import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from horus_runtime.runtime.custom_syntax import EvalContext, SyntaxDefinition, SyntaxInput
    from horus_runtime.syntax.dynamic import ParseFunction

StateSyntaxFunction = TypeVar(
    "StateSyntaxFunction", bound="Callable[[EvalContext, list[SyntaxInput], dict[str, Any]], Any]"
)
SyntaxFunction = TypeVar("SyntaxFunction", bound="Callable[[EvalContext, list[SyntaxInput]], Any]")


class LanguageSettings:
    """Part of `EngineSettings` that changes the language itself."""

    def __init__(self) -> None:
        self._disabled: frozenset[str] = frozenset()
        self._operators: dict[str, int] = {}
        self._syntaxes: dict[str, SyntaxDefinition] = {}
        self._parse_functions: dict[str, ParseFunction] = {}
        self._parse_generation = 0
        """Counts their registrations."""

    def _reread(self) -> None:
        """The parser's settings changed."""
        raise NotImplementedError("EngineSettings keeps what the parser was told")

    def disable_symbol(self, symbol: str) -> Any:
        """Forbid a keyword or operator in scripts compiled from now on."""
        self._disabled |= {symbol}
        self._reread()
        return self

    def register_custom_syntax(
        self, symbols: Sequence[str], changes_scope: bool, function: Callable[[EvalContext, list[SyntaxInput]], Any]
    ) -> Any:
        """Add a construct to the language; one that begins with the same symbol is replaced.

        Args:
            symbols: words, symbols and markers. The first tells the construct from everything else: a word or symbol
                that the language does not use, or that was disabled before. Markers stand for an input each: `$ident$`
                a name, `$symbol$` an operator or other symbol, `$token$` any token, `$expr$` an expression or block,
                `$block$` a block, `$func$` a closure or a block that becomes one, `$string$`, `$int$`, `$float$` and
                `$bool$` literals. Blank symbols are left out; without any symbol nothing happens.
            changes_scope: the function adds variables to the scope; without it they are forgotten again.
            function: called with an `EvalContext` and a list of `SyntaxInput`; its result is the construct's value.

        Raises:
            ValueError: a symbol stands where it cannot, or the construct could be taken for something else.
        """
        from horus_runtime.syntax.custom import check_operator, checked_symbols

        checked = checked_symbols(tuple(symbols), self._disabled)
        for operator in self._operators:
            check_operator(operator, (checked,))
        if checked:
            self._parse_functions.pop(checked[0], None)
            self._define_syntax(checked, function, changes_scope=changes_scope)
        return self

    def _define_syntax(self, symbols: tuple[str, ...], function: Callable[..., Any], *, changes_scope: bool) -> None:
        from horus_runtime.runtime.custom_syntax import SyntaxDefinition

        self._syntaxes[symbols[0]] = SyntaxDefinition(symbols, function, changes_scope=changes_scope)
        self._reread()

    def register_custom_syntax_with_state(
        self,
        key: str,
        parse: Callable[..., str | None],
        changes_scope: bool,
        function: Callable[[EvalContext, list[SyntaxInput], dict[str, Any]], Any],
        *,
        look_ahead: bool = True,
    ) -> Any:
        """Add a construct to the language whose symbols a function decides on, one by one, while a script is read.

        Args:
            key: the first symbol, as for `register_custom_syntax`.
            parse: called with the symbols so far (texts, and the markers of expressions and blocks; the key first),
                the text of the next token (`"{EOF}"` at the end) and a dictionary, the construct's own, to take notes
                in. It answers with the next word, symbol or marker, with `None` where the construct ends, or with
                `$$name` where it ends and this text is to be one more input, to tell variants apart. Besides the
                markers of `register_custom_syntax` there is `$inner$`: the statements behind a `{` that was a symbol
                before, up to their `}`. What it raises is a `ParseError` at the next token.
            changes_scope: the function adds variables to the scope; without it they are forgotten again.
            function: called with an `EvalContext`, a list of `SyntaxInput` and a copy of the notes, which may hold
                `None`, bool, int, float, str, list and dict; its result is the construct's value.
            look_ahead: without it `parse` is not told the next token, and may ask for `$raw$`: one character of the
                script's text, which becomes one more of the symbols, but no input.

        Raises:
            ValueError: the key is no word or symbol that can begin a construct.
        """
        from horus_runtime.syntax.custom import STATE, checked_symbols
        from horus_runtime.syntax.dynamic import ParseFunction

        checked = checked_symbols((key,), self._disabled)
        if not checked:
            raise ValueError("custom syntax with state begins with a word or symbol, not with a blank")
        self._parse_functions[checked[0]] = ParseFunction(checked[0], parse, look_ahead)
        self._parse_generation += 1
        self._define_syntax((checked[0], STATE), function, changes_scope=changes_scope)
        return self

    def syntax_with_state(
        self, key: str, parse: Callable[..., str | None], *, changes_scope: bool = False, look_ahead: bool = True
    ) -> Callable[[StateSyntaxFunction], StateSyntaxFunction]:
        """Decorator: as `register_custom_syntax_with_state`."""

        def register(function: StateSyntaxFunction) -> StateSyntaxFunction:
            self.register_custom_syntax_with_state(key, parse, changes_scope, function, look_ahead=look_ahead)
            return function

        return register

    def syntax(self, *symbols: str, changes_scope: bool = False) -> Callable[[SyntaxFunction], SyntaxFunction]:
        """Decorator: as `register_custom_syntax`."""

        def register(function: SyntaxFunction) -> SyntaxFunction:
            self.register_custom_syntax(symbols, changes_scope, function)
            return function

        return register

    def _custom_symbols(self) -> tuple[tuple[str, ...], ...]:
        return tuple(self._syntaxes[key].symbols for key in sorted(self._syntaxes))

    def register_custom_operator(self, symbol: str, precedence: int) -> Any:
        """Make a word or symbol a binary operator; it calls the function of that name.

        Args:
            symbol: an identifier, a reserved symbol, or something that was disabled before.
            precedence: 1 to 255; `+` has 150, `*` has 180. Equal ones group from the left.

        Raises:
            ValueError: the symbol has a meaning in the language or in a construct of the host's where it would be taken
                for the operator, or the precedence is out of range.
        """
        from horus_runtime.syntax.custom import check_operator, reserved_as

        reason = None if symbol in self._disabled else reserved_as(symbol)
        if reason is not None:
            raise ValueError(f"'{symbol}' is a reserved {reason}")
        if not 1 <= precedence <= 255:
            raise ValueError("precedence cannot be zero" if precedence == 0 else "precedence must be 1 to 255")
        check_operator(symbol, self._custom_symbols())
        self._operators[symbol] = precedence
        self._reread()
        return self
