"""Heroscript goes round: what is exported or formatted reads back as the same."""

from hypothesis import given, settings
from hypothesis import strategies as st

from horus_runtime.errors import ParseError
from horus_runtime.heroscript.actions import KINDS, Action
from horus_runtime.heroscript.export import ExportError
from horus_runtime.heroscript.format import format_text
from horus_runtime.heroscript.params import Argument, Params, Value
from horus_runtime.heroscript.playbook import Playbook, parse_playbook
from horus_runtime.heroscript.segments import split_payload
from horus_runtime.heroscript.texts import TRIM

NAME = st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True)
KEY = st.from_regex(r"[a-z0-9.,/+][a-z0-9.,/+]{0,5}", fullmatch=True).filter(lambda key: not key.startswith("//"))
PIECES = st.sampled_from(
    ["a", "B7", " ", "  ", "\n", "\n\n", "\t", "'", '"', "\\", "\\n", "\\\\n", "<BR>", "//", ",", "[", "]", ":",
     "!!x.y", "é", "#", "=", "(", "'''", '"""', "<!--", "-->", "{n}", "\r", "~/x", "\u00a0", "\u2028"]
)  # fmt: skip
TEXT = st.lists(PIECES, max_size=8).map(lambda parts: "".join(parts).replace("\r\n", "\n").strip(TRIM))
COMMENT = st.from_regex(r"[A-Za-z' :,-]{0,12}", fullmatch=True).map(lambda text: text.strip(TRIM))
COMMENTS = st.lists(COMMENT, max_size=2)
VALUE = st.one_of(TEXT, st.lists(TEXT.filter(bool), min_size=2, max_size=3))


@st.composite
def actions(draw):
    action = Action(draw(st.sampled_from(KINDS)), draw(NAME), draw(NAME), comments=draw(COMMENTS))
    params = Params(draw(st.dictionaries(KEY, VALUE, max_size=4)))
    for value in params.values.values():
        value.comments = draw(COMMENTS)
    params.args = [Argument(text, draw(COMMENTS)) for text in draw(st.lists(TEXT, max_size=3))]
    action.params = params
    return action


def comments_of(action: Action) -> list:
    named: list[Value | Argument] = [action.params.values[key] for key in sorted(action.params.values)]
    return [action.comments, *(item.comments for item in [*named, *action.params.args])]


@settings(max_examples=300, deadline=None)
@given(st.lists(actions(), max_size=3))
def test_parsing_an_export_gives_the_same_actions(made):
    book = Playbook()
    for action in made:
        book.append(action)
    try:
        text = book.export()
    except ExportError:
        return  # all four delimiters stand in one value
    again = parse_playbook(text)
    assert again.actions == book.actions
    assert [comments_of(action) for action in again.actions] == [comments_of(action) for action in book.actions]
    assert (again.other_text, again.hash(), again.export()) == ([], book.hash(), text)


SNIPPETS = st.sampled_from([
    "!!git.list\n", "!!Git.List   name:a  b:'x y' // tail\n", "!!a.b\n  x:1\n\n  y: two // c\n", "print(1)\n", "\n",
    "// note\n", "fn f() {\n  !!a.b\n}\n", "!!a.b c:'\n  foo\n    bar\n  '\n", "!!x.y t:a, b\n    ,c\n",
    "!!x.y [a, 'b c']:1\n",
    "!!a.b --force 'two words' k:[1, 2]\n", "let s = `a\n  b`;\n", "!!x.y\n  // only\n", "!!!m.n p:\"it's\"\n",
])  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(SNIPPETS, max_size=6).map("".join))
def test_formatting_keeps_the_actions_and_is_stable(text):
    try:
        before = split_payload(text)
    except ParseError:
        return
    formatted = format_text(text)
    after = split_payload(formatted)
    assert after.actions == before.actions
    assert [comments_of(action) for action in after.actions] == [comments_of(action) for action in before.actions]
    assert format_text(formatted) == formatted
