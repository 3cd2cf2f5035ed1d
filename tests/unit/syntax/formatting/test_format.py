"""One layout for scripts: nothing is lost, the meaning stays, and formatting twice changes nothing."""

from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horus_runtime.errors import HorusError, ParseError
from horus_runtime.syntax.formatting import format_script
from horus_runtime.syntax.rhai import parse_script, strip_shebang
from tests.differential.corpus import read_cases
from tests.differential.generate import KINDS, generate
from tests.differential.test_corpus import FILES

HERE = Path(__file__).parent
ROOT = Path(__file__).parents[4]


def bare(node):
    """The tree without places."""
    if is_dataclass(node):
        return type(node).__name__, *(bare(getattr(node, f.name)) for f in fields(node) if "span" not in f.name)
    return tuple(map(bare, node)) if isinstance(node, tuple) else node


def check(text):
    formatted = format_script(text)
    assert bare(parse_script(strip_shebang(formatted))) == bare(parse_script(strip_shebang(text)))
    assert format_script(formatted) == formatted


def test_a_script_of_everything():
    before = (HERE / "before.rhai").read_text(encoding="utf-8")
    assert format_script(before) == (HERE / "after.rhai").read_text(encoding="utf-8")
    check(before)


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("", ""),
        ("\n\n1", "1\n"),
        ("let a=1;;", "let a = 1;;\n"),
        ("a;\n\n\n\nb", "a;\n\nb\n"),
        ("- 5", "- 5\n"),
        ("-5", "-5\n"),
        ("a - -b", "a - -b\n"),
        ("f( )", "f()\n"),
        ("f ! ( 1 )", "f!(1)\n"),
        ("switch a { 1.. => 2, _ => 3 }", "switch a { 1.. => 2, _ => 3 }\n"),
        ("let x = [ // why\n1,\n2 ];", "let x = [ // why\n    1,\n    2\n];\n"),
        ("if a { 1 } // one\nelse { 2 }", "if a {\n    1\n} // one\nelse {\n    2\n}\n"),
        ("/* a */ f(/* b */ 1 /* c */);", "/* a */\nf(/* b */ 1 /* c */);\n"),
        ("#!/usr/bin/env horus\nf ( )", "#!/usr/bin/env horus\nf()\n"),
        ("let s = `a\n  ${ b }\n`;", "let s = `a\n  ${ b }\n`;\n"),
        ("|a|a|b", "|a| a | b\n"),
        ("|| a||b", "|| a || b\n"),
        ("x = if a{1}else{2};", "x = if a { 1 } else { 2 };\n"),
    ],
)
def test_small_texts(text, formatted):
    assert format_script(text) == formatted
    check(text)


def test_a_wrong_script_is_refused_with_its_place():
    with pytest.raises(ParseError) as caught:
        format_script("let a = ;", name="a.rhai")
    assert (caught.value.message, caught.value.position) == ("Unexpected ';'", (1, 9))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_scripts_of_the_corpus_keep_their_meaning(path):
    for case in read_cases(path)[::60]:
        try:
            parse_script(case.script)
        except HorusError:
            continue
        check(case.script)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), kind=st.sampled_from(KINDS))
def test_generated_scripts_keep_their_meaning(seed, kind):
    text = generate(seed, kind)
    try:
        parse_script(text)
    except HorusError:
        return
    check(text)


def test_the_library_is_formatted_without_loss():
    for path in sorted((ROOT / "stdlib").glob("*.rhai")):
        check(path.read_text(encoding="utf-8"))
