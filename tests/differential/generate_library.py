# ruff: noqa: E501 - the tables are read by rows

"""The standard library as tables for the generators: every function with the kinds of its arguments, and values of every kind.

A kind is the name of a list in `VALUES`; `any` picks one of them.
"""

from __future__ import annotations

VALUES: dict[str, tuple[str, ...]] = {
    "int": ("0", "1", "2", "3", "-1", "-2", "5", "7", "10", "63", "64", "-64", "99", "-99", "255", "300", "9223372036854775807", "(-9223372036854775808)", "0x1f", "0b101", "0o17", "1_000"),
    "float": ("0.0", "-0.0", "1.0", "0.5", "-2.5", "2.5", "1e3", "1e13", "1e15", "1e16", "1e20", "1e-5", "1e-14", "0.1", "(0.1 + 0.2)", "(1.0 / 0)", "(-1.0 / 0)", "(0.0 / 0)", "3.0", "1.5e300"),
    "bool": ("true", "false"),
    "char": ("'a'", "'b'", "'Z'", "'ß'", "'é'", "'7'", "' '", "'\\n'", "'😀'", "','"),
    "string": ('""', '"a"', '"b"', '"abc"', '"a,b,,c"', '" x y "', '"héllo 😀"', '"ÀßZ"', '"12"', '"-7"', '"1.5"', '"1e5"', '"abcabc"', '"a\\n\\"b\\\\\\t"', '#"raw\\"#', "`t${1}`", '"len"', '"k"', "`a\nb`", '"\\u0001"', '"ff"', '"x\'y"'),
    "array": ("[]", "[1]", "[1, 2, 3]", "[3, 1, 2, 1]", '["b", "a", "b"]', "[1, 2.5, 'c', \"s\", (), true, [1]]", "[[1, 2], [3]]", "[1.5, 0.5]", "[true, false]", "['b', 'a']", "[#{a: 1}, #{a: 2}]", "[(), ()]", "[1, 1, 2, 2, 1]", "[0.0, -0.0]", "[blob(1, 65)]"),
    "map": ("#{}", "#{a: 1}", '#{b: 2, a: 1, "x y": [1]}', "#{a: #{b: #{c: 3}}}", '#{k: [1, 2], a: "s"}', "#{f: |x| x, a: 'c'}", '#{"": 0, "len": 9}', "#{f: || this.a, a: 1}"),
    "blob": ("blob()", "blob(3)", "blob(4, 171)", "blob(10, 65)", '"hello wörld".to_blob()', "blob(1, 300)"),
    "range": ("(0..5)", "(1..=4)", "(5..1)", "(5..=1)", "(-3..3)", "(0..0)", "(3..=3)", "(2..)", "(..3)", "(..)", "(-1..=-1)", "(1..99)"),
    "steps": ("range(0, 10, 3)", "range(5, 0, -2)", "range(0.0, 1.0, 0.25)", "range(0..6, 2)", '"abc".chars()', "(5).bits()", "range(0, 3)"),
    "unit": ("()",),
    "fn": ('Fn("f1")', 'Fn("abs")', "|x| x", "|| 1", "|x, y| x", "|x| x == 1", 'Fn("max").curry(1)', 'Fn("nope")', "|a, b| a > b", "|a, b| a - b", "f1", "|x| throw x", "|| this", "|x, i| i", "|a, b, c| c"),
    "pred": ("|x| x == 1", "|x, i| i > 0", "|| this == 1", "|x| true", "|x| false", "|x| 5", "|x| x > 1", "|x| x.len() > 1", 'Fn("f1")', 'Fn("is_odd")', "|x| throw x", "|x| 1 / 0", "|x, i, j| true", "|| true", "|x| { x += 1; x == 2 }", '|x| x in [1, "a"]', "|x, i| { if i == 1 { return true; } false }"),
    "mapper": ("|x| x + 1", "|x, i| [i, x]", "|| this + 1", "|x| ()", 'Fn("f1")', 'Fn("to_string")', "|x| x.nope", "|| { this = 0; 1 }", "|x| type_of(x)", "|x| `<${x}>`", "|x, y, z| 1", "|k, v| v", "|k| this", "|x| { x = 5; x }", "|i| this += i", "|| { this.push(1); this }"),
    "compare": ("|a, b| a - b", "|a, b| b - a", "|a, b| a < b", "|a, b| a > b", "|a, b| 0", "|a, b| ()", "|a, b| throw 1", "|a| 1", "|a, b| if a < b { -1 } else { 1 }", 'Fn("f2")', "|a, b| a == b", "|a, b| 1.5"),
    "fold": ("|s, v| s + v", "|s, v, i| s + i", "|s| this", "|s, v| v", "|s, v| [s, v]", '|s, v| if type_of(s) == "()" { v } else { s + v }', "|s| s", 'Fn("f2")', "|s, v| throw v", "|s, v| { s.push(v); s }"),
    "fname": ('"f1"', '"f0"', '"is_odd"', '"nope"', '"b"', '"to_string"', '"1abc"'),
    "numtext": ('"12"', '"-7"', '" 5 "', '"+3"', '"1.5"', '"ff"', '"FF"', '"0x1f"', '"1e5"', '"nan"', '"inf"', '".5"', '"5."', '""', '"abc"', '"99999999999999999999"', '"1_000"', '"z"', '"١"'),
    "json": ('"{}"', '`{"a":1}`', '`{"a":[1,2.5,"x",true,null],"b":{"c":{}}}`', '`{"a":"\\u0041"}`', '`{"x":-1}`'),
    "radix": ("2", "8", "10", "16", "36", "1", "37", "0", "-2"),
    "small": ("0", "1", "2", "3", "-1", "-2", "5", "99", "-99"),
    "size": ("0", "1", "3", "5", "8", "-1"),
    "name": ('"a"', '"b"', '"k"', '"len"', '"nope"', '""', '"x y"'),
    "item": ("1", "2", '"a"', "'c'", "()", "[1]", "1.0", "true", "#{a: 1}"),
}  # fmt: skip

BASIC = ("int", "float", "bool", "char", "string", "array", "map", "blob", "range", "unit", "fn")
WEIGHTS = (8, 4, 2, 3, 7, 7, 6, 3, 3, 1, 3)

_SPANS = ("small", "small small", "range")


def _row(text: str, *arguments: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(name, tuple(kinds.split())) for name in text.split() for kinds in arguments]


METHODS: dict[str, list[tuple[str, tuple[str, ...]]]] = {
    "any": _row("to_string to_debug type_of is_shared tag take print debug", "") + _row("set_tag", "int") + _row("call curry", "any", "", "fn any"),
    "int": _row("abs sign is_zero is_odd is_even to_int to_float to_hex to_octal to_binary bits start nope", "") + _row("max min", "int", "float")
    + _row("get_bit", "small") + _row("set_bit", "small bool") + _row("get_bits bits", *_SPANS) + _row("set_bits", "small small int", "range int")
    + _row("range", "small", "small small") + _row("exit", ""),
    "float": _row("abs sign is_zero floor ceiling round int fraction is_nan is_finite is_infinite to_int to_float sin cos tan sinh cosh tanh asin acos atan asinh acosh atanh sqrt exp ln log to_degrees to_radians", "")
    + _row("atan hypot log", "float", "int") + _row("max min", "float", "int") + _row("round", "small"),
    "bool": _row("is_zero len not", ""),
    "char": _row("to_upper to_lower make_upper make_lower to_int len", "") + _row("max min", "char", "string"),
    "string": _row("len bytes is_empty to_blob to_chars chars clear trim pop to_upper to_lower make_upper make_lower split parse_int parse_float parse_json to_int", "")
    + _row("get pop truncate split crop", "small") + _row("set", "small char", "small string") + _row("append", "any") + _row("remove contains starts_with ends_with index_of split split_rev", "string", "char")
    + _row("index_of", "string small", "char small") + _row("split split_rev", "string small", "char small") + _row("sub_string crop chars", *_SPANS)
    + _row("replace", "string string", "char char", "string char", "char string") + _row("pad", "size char", "size string") + _row("max min", "string", "char") + _row("parse_int", "radix"),
    "numtext": _row("parse_int parse_float", "") + _row("parse_int", "radix"),
    "json": _row("parse_json", ""),
    "array": _row("len is_empty pop shift clear reverse dedup sort sort_desc order order_desc nope", "") + _row("get truncate chop split remove", "small") + _row("set insert", "small item")
    + _row("push", "any") + _row("append", "array", "item") + _row("pad", "size item") + _row("splice", "small small array", "range array") + _row("extract drain retain", *_SPANS)
    + _row("contains", "item") + _row("index_of", "item", "item small", "pred", "fname", "pred small", "fname small") + _row("find find_map", "pred", "mapper", "pred small", "mapper small")
    + _row("some all filter drain retain", "pred", "fname", "mapper") + _row("map", "mapper", "fname") + _row("for_each", "mapper", "pred")
    + _row("reduce reduce_rev", "fold", "fold item", "fname") + _row("zip", "array compare", "array fold", "array mapper") + _row("dedup sort order sort_by order_by", "compare", "fname") + _row("sort", "int"),
    "map": _row("len is_empty clear keys values to_json", "") + _row("contains get remove", "name") + _row("set", "name item") + _row("mixin fill_with", "map") + _row("map filter drain retain", "mapper", "pred")
    + _row("f a k len", "", "small"),
    "blob": _row("len is_empty to_array as_string clear reverse pop shift", "") + _row("contains get push remove truncate chop split", "small") + _row("set insert pad", "small int") + _row("append", "int", "char", "string", "blob", "array")
    + _row("splice", "small small blob", "range blob") + _row("extract drain retain", *_SPANS) + _row("parse_le_int parse_be_int parse_le_float parse_be_float", "small small", "range")
    + _row("write_le write_be", "small small int", "range int", "small small float", "range float") + _row("write_utf8 write_ascii", "small small string", "range string"),
    "range": _row("start end is_inclusive is_exclusive is_empty", "") + _row("contains", "small", "float") + _row("range", "small"),
    "unit": _row("len a", ""),
    "fn": _row("name is_anonymous call", "") + _row("call curry", "small", "small small", "any"),
}  # fmt: skip

PROPERTIES = (
    "len", "is_empty", "bytes", "is_zero", "is_odd", "is_even", "floor", "ceiling", "round", "int", "fraction", "is_nan", "start", "end",
    "is_inclusive", "name", "is_anonymous", "chars", "bits", "tag", "a", "b", "k", "f", "nope", "x", "is_finite", "is_exclusive",
)  # fmt: skip

FREE: list[tuple[str, tuple[str, ...]]] = (
    _row("blob", "", "size", "size int") + _row("range", "small small", "small small small", "range small", "float float float") + _row("PI E", "") + _row("is_def_var Fn", "name", "fname")
    + _row("is_def_fn", "name small", "fname small", "name name small") + _row("max min", "int int", "float float", "int float", "string string", "any any") + _row("parse_int parse_float", "numtext")
    + _row("type_of to_string to_debug is_shared abs", "any") + _row("contains", "range int", "array item") + _row("call", "fn", "fn small", "fn any any", "any")
    + _row("f0", "") + _row("f1", "any") + _row("f2", "any any") + _row("rec", "size") + _row("thrower", "any") + _row("get_fn_metadata_list", "fname", "fname small")
)  # fmt: skip
