"""The picture of a tree."""

from horus_runtime.ast.printer import dump
from horus_runtime.syntax.rhai import parse_script


def test_every_node_has_a_line_with_its_field_values_and_place():
    script = parse_script("let x = 1 + f(y);\nprivate fn g(a) { a.b }")
    assert dump(script).splitlines() == [
        "Script @1:1",
        "  body[0]: Let name='x' constant=False @1:1",
        "    value: Binary op='+' @1:9",
        "      left: IntLit value=1 @1:9",
        "      right: Call name='f' @1:13",
        "        args[0]: Variable name='y' @1:15",
        "  functions[0]: FnDef name='g' params=('a',) private=True @2:1",
        "    body: Block @2:17",
        "      body[0]: ExprStmt @2:19",
        "        expr: Property name='b' @2:19",
        "          target: Variable name='a' @2:19",
    ]


def test_the_same_script_gives_the_same_picture():
    text = "for (v, i) in 0..3 { print(`${v} ${i}`); }"
    assert dump(parse_script(text)) == dump(parse_script(text))
