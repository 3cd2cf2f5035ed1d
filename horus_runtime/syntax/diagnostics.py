"""What to say when a token does not fit: Rhai's error for the construct that is open and the token that came.

By the time of the call the parser has completed everything before the token that could be completed, so that the
state's unfinished rules say what was expected. `_HANDLERS` maps such a place to the message; every other place expects
an operand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from horus_runtime.ast.nodes import ExprStmt, Variable
from horus_runtime.errors import ParseError
from horus_runtime.source import Position
from horus_runtime.syntax.builder import Builder
from horus_runtime.syntax.custom import LABEL, MARKERS
from horus_runtime.syntax.grammar import Place
from horus_runtime.syntax.levels import Opener
from horus_runtime.syntax.tokens import (
    END,
    ERROR,
    KEYWORDS,
    NO_BODY,
    RESERVED_SYMBOL,
    RESERVED_WORD,
    RawToken,
)

Handler = Callable[[Builder, RawToken], ParseError]

_TEMPLATE_STARTS: Final = frozenset(("TEMPLATE_START", "EXPRESSION_TEMPLATE_START"))
_TEMPLATE_ENDS: Final = frozenset(("TEMPLATE_MIDDLE", "TEMPLATE_END", "EXPRESSION_TEMPLATE_MIDDLE"))
_ENDS: Final = frozenset((END, NO_BODY))
_CLOSURES: Final = frozenset(("closure", "empty_closure"))
_CALLABLE_WORDS: Final = frozenset(("FUNCTION_WORD", "METHOD_WORD"))
_RESERVED_WORDS: Final = _CALLABLE_WORDS | {RESERVED_WORD, "THIS"}


def fault(kind: str, message: str, token: RawToken, lexical: str = "") -> ParseError:
    """The parse error at a token."""
    return ParseError(kind, message, _position(token), fields={"lexical": lexical} if lexical else None)


def lexical_fault(token: RawToken) -> ParseError:
    """The error for text that is no token at all."""
    failure = token[1]
    if failure.lexical == "StringTooLong":
        return ParseError("LiteralTooLarge", failure.message, _position(token), exceeded=failure.exceeded)
    error = fault("BadInput", failure.message, token, failure.lexical)
    if failure.lexical == "MalformedChar" and len(failure.detail) > 1:
        error.hint = "single quotes hold one character; texts stand in double quotes"
    return error


def _position(token: RawToken) -> Position | None:
    return Position(token[2], token[3]) if token[2] else None


def _missing(text: str, purpose: str, token: RawToken) -> ParseError:
    return fault("MissingToken", f"Expecting '{text}' {purpose}", token)


def _improper(message: str, token: RawToken) -> ParseError:
    return fault("BadInput", message, token, "ImproperSymbol")


# ---- before completion ----------------------------------------------------------------------------------------------


def early_fault(builder: Builder, token: RawToken) -> ParseError | None:
    """A fault that is seen before the construct before the token is taken as complete."""
    table, state = builder.table, builder.states[-1]
    if token[0] == "ASSIGN" and table.roles[state] == "tested":
        builder.check_bool(builder.values[-1])
        return _improper("Possibly a typo of '=='?", token)
    number = table.complete[state]
    label = table.rules[number].label if number >= 0 else ""
    if token[0] == "PATH" and label == "property":
        return _improper("Invalid symbol encountered: '::'", token)
    if token[0] == RESERVED_SYMBOL and ("operator" in table.gotos[state] or label in _CLOSURES):
        return fault("UnknownOperator", f"Unknown operator: '{token[1]}'", token)
    if label == "add_arm":
        if token[0] == END:
            return _missing(")", "to end this switch block", token)
        if token[0] == ERROR:
            return lexical_fault(token)
    return None


def unexpected(builder: Builder, token: RawToken) -> ParseError:
    """The error for a token at the current state."""
    places = builder.table.places[builder.states[-1]]
    if not places:
        # Behind the only expression; Rhai even quotes the message of a lexical error.
        text = token[1].message if token[0] == ERROR else text_of(token)
        return fault("BadInput", f"Unexpected '{text}'", token, "UnexpectedInput")
    custom = next((place for place in places if place.label.startswith(LABEL)), None)
    if custom is not None:
        return _custom(builder, token, custom)
    handler = _HANDLERS.get(f"{places[0].label}:{places[0].read}", operand)
    return handler(builder, token)


def in_case(builder: Builder, error: ParseError) -> ParseError:
    """Rhai reports any fault inside an alternative of a `switch` case as a missing literal."""
    if not builder.in_case:
        return error
    builder.in_case = False
    try:
        builder.check_default()
    except ParseError as default:
        return default
    return ParseError("ExprExpected", "Expecting literal expression", error.position)


# ---- operands -------------------------------------------------------------------------------------------------------


def operand(builder: Builder, token: RawToken) -> ParseError:
    """The token stands where an operand should start."""
    kind = token[0]
    if kind in _ENDS:
        return fault("UnexpectedEOF", "Script is incomplete", token)
    if kind == ERROR:
        return lexical_fault(token)
    if kind in _CALLABLE_WORDS or kind in {RESERVED_WORD, RESERVED_SYMBOL}:
        return reserved(token)
    return fault("BadInput", f"Unexpected '{text_of(token)}'", token, "UnexpectedInput")


def reserved(token: RawToken) -> ParseError:
    """The error for a reserved word or symbol."""
    what = "symbol" if token[0] == RESERVED_SYMBOL else "keyword"
    error = fault("Reserved", f"'{token[1]}' is a reserved {what}", token)
    instead = _RESERVED_HINTS.get(str(token[1]))
    if instead is not None:
        error.hint = f"did you mean '{instead}'?"
    return error


def text_of(token: RawToken) -> str:
    """How Rhai shows a token in a message."""
    kind, value = token[:2]
    if kind in _TEMPLATE_ENDS:
        return "}"
    if kind in {"FN", "PRIVATE"}:
        return str(kind).lower()
    if kind == "STRING":
        return f'"{value}"'
    if kind == "FLOAT":
        from horus_runtime.runtime.text import float_display

        return float_display(value)
    return "string" if kind in _TEMPLATE_STARTS else str(value)


def _name(kind: str, message: str, *, symbols: bool = False, checked: bool = True) -> Handler:
    """Expects a name; reserved words have an error of their own.

    `symbols`: reserved symbols, too. `checked`: text that is no token is reported as such.
    """

    def handler(builder: Builder, token: RawToken) -> ParseError:
        if token[0] == ERROR and checked:
            return lexical_fault(token)
        if token[0] in _RESERVED_WORDS or (token[0] == RESERVED_SYMBOL and symbols):
            return reserved(token)
        return fault(kind, message, token)

    return handler


def _token(text: str, purpose: str, *, checked: bool = True) -> Handler:
    """Expects one certain token."""

    def handler(builder: Builder, token: RawToken) -> ParseError:
        if token[0] == ERROR and checked:
            return lexical_fault(token)
        return _missing(text, purpose, token)

    return handler


def _statement_end(builder: Builder, token: RawToken) -> ParseError:
    """Expects `;`. A lone name before other words is likely to be a misspelt keyword."""
    error = _end_statement(builder, token)
    before = builder.values[-1] if builder.values else None
    node = before.expr if type(before) is ExprStmt else before
    if type(node) is Variable and not node.namespace and error.kind == "MissingToken":
        error.hint = _keyword_hint(node.name)
    return error


def _keyword_hint(name: str) -> str | None:
    from difflib import get_close_matches

    near = get_close_matches(name, [*_STATEMENT_WORDS, *_FOREIGN_WORDS], n=1, cutoff=0.74)
    return f"did you mean '{_FOREIGN_WORDS.get(near[0], near[0])}'?" if near else None


_STATEMENT_WORDS: Final = sorted(set(KEYWORDS) - {"this", "in", "true", "false"})
_FOREIGN_WORDS: Final = {
    "def": "fn",
    "elif": "else if",
    "elseif": "else if",
    "except": "catch",
    "foreach": "for",
    "func": "fn",
    "function": "fn",
    "raise": "throw",
    "repeat": "loop",
    "val": "let",
}
"""What other languages say."""
_RESERVED_HINTS: Final = {"var": "let", "null": "()", "nil": "()", "match": "switch", "default": "_"}


# ---- constructs -----------------------------------------------------------------------------------------------------


def _in_block(builder: Builder, token: RawToken) -> ParseError:
    if token[0] in _ENDS:
        return _missing("}", "to terminate this block", token)
    return operand(builder, token)


def _body(builder: Builder, token: RawToken) -> ParseError:
    label, read = builder.table.bodies[builder.states[-1]] or ("", 0)
    if label in {"if_", "while_"} and read == 2:
        builder.check_bool(builder.values[-1])
    elif label in {"for_", "for_counted"}:
        builder.check_iterable(builder.values[-1])
    return _block(builder, token)


def _callable_word(builder: Builder, token: RawToken) -> ParseError:
    return reserved(builder.values[-1])


def _call_open(builder: Builder, token: RawToken) -> ParseError:
    callee, bang = builder.values[-2:]
    if type(callee) is list or (isinstance(callee, Variable) and callee.namespace):
        return _improper("'!' cannot be used to call module functions", bang)
    return _missing("(", "to start arguments list of function call", token)


def _first_argument(builder: Builder, token: RawToken) -> ParseError:
    return _arguments(builder, token) if token[0] == END else operand(builder, token)


def _arguments(builder: Builder, token: RawToken) -> ParseError:
    if token[0] == ERROR:
        return lexical_fault(token)
    values = builder.values
    at = len(values) - 1
    while type(values[at]) is not Opener:
        at -= 1
    callee = values[at - 1]
    if type(callee) is tuple and callee[0] == "BANG":
        callee = values[at - 2]
    name = _callee(callee)
    if token[0] == END:
        return _missing(")", f"to close the arguments list of this function call '{name}'", token)
    return _missing(",", f"to separate the arguments to function call '{name}'", token)


def _callee(callee: Any) -> str:
    if type(callee) is list:
        callee = callee[-1]
    name: str = callee[1] if type(callee) is tuple else callee.name
    return name


def _item(builder: Builder, token: RawToken) -> ParseError:
    return _array(builder, token) if token[0] == END else operand(builder, token)


def _array(builder: Builder, token: RawToken) -> ParseError:
    if token[0] == ERROR:
        return lexical_fault(token)
    if token[0] == END:
        return _missing("]", "to end this array literal", token)
    return _missing(",", "to separate the items of this array literal", token)


def _map(builder: Builder, token: RawToken) -> ParseError:
    if token[0] == ERROR:
        return lexical_fault(token)
    if token[0] == "NAME":
        return _missing(",", "to separate the items of this object map literal", token)
    return _missing("}", "to end this object map literal", token)


def _key(builder: Builder, token: RawToken) -> ParseError:
    first = type(builder.values[-1]) is Opener
    if token[0] in _TEMPLATE_STARTS or (token[0] not in _ENDS and not first):
        return _name("PropertyExpected", "Expecting name of a property")(builder, token)
    return _name("MissingToken", "Expecting '}' to end this object map literal")(builder, token)


def _colon(builder: Builder, token: RawToken) -> ParseError:
    name = builder.values[-1][1]
    return _token(":", f"to follow the property '{name}' in this object map literal")(builder, token)


def _index(builder: Builder, token: RawToken) -> ParseError:
    builder.check_index(builder.values[-3], builder.values[-1])
    return _token("]", "for a matching [ in this index expression")(builder, token)


def _method_word(builder: Builder, token: RawToken) -> ParseError:
    return reserved(builder.values[-1])


def _function_parameters(builder: Builder, token: RawToken) -> ParseError:
    name = builder.values[-1][4][1]
    return fault("FnMissingParams", f"Expecting parameters for function {name}", token)


def _function_body(builder: Builder, token: RawToken) -> ParseError:
    name = builder.values[-2][4][1]
    return fault("FnMissingBody", f"Expecting body statement block for function {name}", token)


def _parameter(builder: Builder, token: RawToken) -> ParseError:
    start = next(value for value in reversed(builder.values) if type(value) is tuple and len(value) == 5)
    return _parameter_name(f"Expecting ')' to close the parameters list of function '{start[4][1]}'")(builder, token)


def _next_parameter(builder: Builder, token: RawToken) -> ParseError:
    name = builder.values[-3][4][1]
    return _token(",", f"to separate the parameters of function '{name}'")(builder, token)


def _parameter_name(message: str) -> Handler:
    """Expects a parameter or the end of the list: words of the language count as wrong names."""

    def handler(builder: Builder, token: RawToken) -> ParseError:
        if token[0] in _WORD_KINDS:
            return fault("VariableExpected", "Expecting name of a variable", token)
        return _name("MissingToken", message, symbols=True)(builder, token)

    return handler


def _arms(builder: Builder, token: RawToken) -> ParseError:
    if token[0] == END:
        builder.in_case = False
        return _missing("}", "to end this switch block", token)
    if type(builder.values[-1]) is tuple and not builder.in_case:
        # Behind the brace: the arms on the stack are those of a `switch` around this one.
        return ParseError("ExprExpected", "Expecting literal expression", operand(builder, token).position)
    builder.in_case = True  # turns any error into the one for a missing literal
    return operand(builder, token)


def _arrow(builder: Builder, token: RawToken) -> ParseError:
    _start, patterns, _guard = builder.values[-1]
    if token[0] == "IF" and not patterns:
        return fault("WrongSwitchCaseCondition", "This switch case cannot have a condition", token)
    return _token("=>", "in this switch case")(builder, token)


def _arm_body(builder: Builder, token: RawToken) -> ParseError:
    if token[0] == END:
        return _missing(")", "to end this switch block", token)
    return operand(builder, token)


def _next_arm(builder: Builder, token: RawToken) -> ParseError:
    if token[0] == ERROR:
        return lexical_fault(token)
    if token[0] == END:
        return _missing(")", "to end this switch block", token)
    return _missing(",", "to separate the items in this switch block", token)


def _custom(builder: Builder, token: RawToken, place: Place) -> ParseError:
    """A construct of the host's expects its next symbol."""
    symbols = builder.options.custom_syntaxes[int(place.label[len(LABEL) :])]
    return construct_fault(builder, token, symbols[0], symbols[place.read])


def construct_fault(builder: Builder, token: RawToken, key: str, wanted: str) -> ParseError:
    """The error for a token where the construct that begins with `key` wants another symbol or marker."""
    if token[0] == ERROR and wanted != "$expr$":
        return lexical_fault(token)
    if wanted == "$func$":
        return fault("MissingSymbol", "Expecting '{' or '|'", token)
    if wanted in _MARKER_FAULTS:
        kind, message = _MARKER_FAULTS[wanted]
        return _name(kind, message)(builder, token) if kind == "VariableExpected" else fault(kind, message, token)
    if wanted == "$block$":
        return _block(builder, token)
    if wanted in MARKERS:
        return operand(builder, token)
    return _missing(wanted, f"for '{key}' expression", token)


_MARKER_FAULTS: Final = {
    "$ident$": ("VariableExpected", "Expecting name of a variable"),
    "$symbol$": ("MissingSymbol", "Expecting a symbol"),
    "$string$": ("MissingSymbol", "Expecting a string"),
    "$int$": ("MissingSymbol", "Expecting an integer number"),
    "$float$": ("MissingSymbol", "Expecting a floating-point number"),
    "$bool$": ("MissingSymbol", "Expecting 'true' or 'false'"),
}
_WORD_KINDS: Final = frozenset((*KEYWORDS.values(), "RETURN_BARE", "THROW_BARE", "BREAK_BARE")) - {"THIS", "SWITCH"}
_variable: Final = _name("VariableExpected", "Expecting name of a variable")
_property: Final = _name("PropertyExpected", "Expecting name of a property", symbols=True, checked=False)
_function_name: Final = _name(
    "FnMissingName", "Expecting function name in function declaration", symbols=True, checked=False
)
_close_closure: Final = "Expecting '|' to close the parameters list of anonymous function or closure"
_block: Final = _token("{", "to start a statement block")
_end_statement: Final = _token(";", "to terminate this statement")

_HANDLERS: Final[dict[str, Handler]] = {
    "block:1": _in_block,
    "empty_statement:1": _in_block,
    "template:1": _in_block,
    "expression_block:2": _block,
    "expression_template:2": _block,
    "add_statement:2": _statement_end,
    "script:2": _statement_end,
    "if_:2": _body,
    "if_:4": _block,
    "while_:2": _body,
    "loop:1": _block,
    "do:1": _block,
    "do:2": _token("while", "for the do statement", checked=False),
    "for_:1": _variable,
    "for_:2": _token("in", "after the iteration variable"),
    "for_:4": _body,
    "for_pair:1": _variable,
    "for_pair:2": _token(",", "after the iteration variable name", checked=False),
    "for_pair:3": _variable,
    "for_counted:2": _token(")", "to close the iteration variable", checked=False),
    "for_counted:3": _token("in", "after the iteration variable"),
    "for_counted:5": _body,
    "try_:1": _block,
    "try_:2": _token("catch", "for the 'try' statement", checked=False),
    "try_:3": _block,
    "try_:4": _variable,
    "try_:5": _token(")", "to enclose the catch variable", checked=False),
    "try_:6": _block,
    "function_word:1": _token("fn", "following 'private'", checked=False),
    "function_start:1": _function_name,
    "method_start:2": _token(".", "after the type name for 'this'", checked=False),
    "method_start:3": _function_name,
    "function:1": _function_parameters,
    "function:2": _function_body,
    "no_parameters:1": _parameter,
    "parameters:2": _next_parameter,
    "parameters:3": _parameter,
    "closure_start:1": _parameter_name(_close_closure),
    "next_name:1": _token(",", "to separate the parameters of anonymous function"),
    "next_name:2": _parameter_name(_close_closure),
    "declaration:1": _variable,
    "import_:3": _variable,
    "export:1": _variable,
    "export_declaration:1": _variable,
    "export:3": _variable,
    "path:2": _variable,
    "property:2": _property,
    "method_call:3": _method_word,
    "method_capture:3": _method_word,
    "method_capture:4": _call_open,
    "call:1": _callable_word,
    "capturing_call:2": _call_open,
    "module_capture:2": _call_open,
    "no_arguments:1": _first_argument,
    "arguments:2": _arguments,
    "parenthesised:2": _token(")", "for a matching ( in this expression"),
    "index:3": _index,
    "array:1": _item,
    "array:2": _array,
    "array:3": _item,
    "map:1": _key,
    "map:2": _map,
    "map:3": _key,
    "entry:1": _colon,
    "switch:2": _token("{", "to start a switch block"),
    "switch:3": _arms,
    "switch:4": _arms,
    "switch:5": _next_arm,
    "arm:1": _arrow,
    "arm:2": _arm_body,
}
"""What a place expects, by the label of its first unfinished rule and the number of symbols read."""
