"""Texts: layout, names, patterns, templates, encodings."""

import pytest

from horus_runtime.errors import HostFailure, PolicyError
from horus_runtime.modules.policy import Policy
from horus_runtime.modules.sal import sal_modules
from tests.support.host_calls import Caller, FakeContext

TEXT = sal_modules()["text"]


@pytest.fixture
def text() -> Caller:
    return Caller(TEXT, FakeContext())


def failure(function, *args) -> dict:
    with pytest.raises(HostFailure) as caught:
        function(*args)
    return caught.value.value


def test_layout(text):
    assert text.dedent("  a\n    b\n\n  c") == "a\n  b\n\nc"
    assert text.dedent("\ta\n    b") == "a\nb"
    assert text.prefix("a\nb", "> ") == "> a\n> b"
    assert (text.indent("a\nb"), text.indent("a", 1)) == ("    a\n    b", " a")
    assert (text.lines("a\r\nb\n"), text.lines("")) == (["a", "b"], [])
    assert text.words(" a  b\n") == ["a", "b"]
    assert text.wrap("aa bb cc", 5) == "aa bb\ncc"
    assert [text.truncate("abcdef", n) for n in (6, 4, 0)] == ["abcdef", "abc…", ""]
    assert (text.pad_left("7", 3, "0"), text.pad_right("7", 3)) == ("007", "7  ")
    assert text.strip_ansi("\x1b[1;31mred\x1b[0m") == "red"
    assert text.table([{"a": "1", "b": "x"}, {"a": "22"}]) == "a   b\n1   x\n22"
    assert text.table([], {"columns": ["a", "b"]}) == "a  b"
    assert failure(text.pad_left, "x", 3, "ab")["kind"] == "InvalidArgument"
    assert failure(text.table, [1])["kind"] == "InvalidArgument"


def test_names(text):
    assert text.name_fix("File-Name.txt") == "file_name.txt"
    assert text.name_fix("User's File [Draft].txt") == "user_s_file_draft_.txt"
    assert text.name_fix("Café") == "caf"
    assert text.path_fix("/A B/C D.txt") == "/A B/c_d.txt"
    assert text.path_fix("/A B/") == "/A B/"
    assert (text.slug("Crème Brûlée: 50%!"), text.slug("../../etc"), text.slug("日本")) == (
        "creme-brulee-50",
        "etc",
        "",
    )
    words = "someHTTPServer name2"
    assert [text.snake(words), text.kebab(words), text.camel(words), text.pascal(words), text.title(words)] == [
        "some_http_server_name_2", "some-http-server-name-2", "someHttpServerName2", "SomeHttpServerName2",
        "Some Http Server Name 2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "second", "order"),
    [("1.2", "1.10", -1), ("v1.4.36", "1.4.36", 0), ("2", "1.9.9", 1), ("1.0.0", "1", 0), ("1.0-rc.1", "1.0", -1),
     ("1.0-rc.2", "1.0-rc.10", -1)],
)  # fmt: skip
def test_versions(text, first, second, order):
    assert (text.version_compare(first, second), text.version_compare(second, first)) == (order, -order)


def test_wrong_versions(text):
    assert failure(text.version_compare, "x", "1")["message"] == "text.version_compare: 'first' 'x' is not a version"


def test_patterns(text):
    assert text.replace("aXbX", "X", "") == "ab"
    assert (text.is_match("abc", "b"), text.is_match("abc", "^b")) == (True, False)
    assert text.regex_find("k=12", r"(?P<key>\w)=(\d+)") == {
        "text": "k=12", "start": 0, "end": 4, "groups": ["k", "12"], "named": {"key": "k"},
    }  # fmt: skip
    assert text.regex_find("x", "y") is None
    assert [found["text"] for found in text.regex_all("a1b22", r"\d+")] == ["1", "22"]
    assert text.regex_replace("a-b", r"(\w)-(?P<n>\w)", "${n}/$1$$") == "b/a$"
    assert failure(text.regex_replace, "a", "a", "$1")["message"] == (
        "text.regex_replace: 'new' names a group '1' that the pattern does not have"
    )
    assert failure(text.replace, "a", "", "b")["kind"] == "InvalidArgument"
    assert failure(text.is_match, "a", "(")["message"].startswith(
        "text.is_match: 'pattern' is not a regular expression: missing ), unterminated subpattern at position 0"
    )


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a*)*b", "(.*a){20,}", r"(\w+\s?)*$", "(a|ab)*c"])
def test_patterns_that_could_take_forever_are_refused(text, pattern):
    assert failure(text.is_match, "a" * 40 + "!", pattern)["message"] == (
        "text.is_match: 'pattern' repeats something that itself repeats, which could take forever"
    )


@pytest.mark.parametrize("pattern", ["a+b+", r"^\d{1,3}(\.\d{1,3}){3}$", "(foo|bar)*", "[a-z]+@[a-z]+", "(ab)+c"])
def test_ordinary_patterns_are_not_refused(text, pattern):
    text.is_match("x", pattern)


def test_templates(text, tmp_path):
    template = text.template("Hi {{ user.name | upper }}{% if n > 1 and not off %} x{{ n }}{% else %}!{% endif %}")
    assert text.render(template, {"user": {"name": "ann"}, "n": 2, "off": False}) == "Hi ANN x2"
    assert text.render(text.add_var(text.add_var(template, "n", 1), "user", {"name": "b"}), {"off": False}) == "Hi B!"
    loop = text.template(
        "{% for x in xs %}{{ loop.index }}{{ x }}{% if not loop.last %},{% endif %}{% else %}-{% endfor %}"
    )
    assert (text.render(loop, {"xs": ["a", "b"]}), text.render(loop, {"xs": []})) == ("1a,2b", "-")
    pairs = text.template("{% for p in m %}{{ p.key }}={{ p.value }};{% endfor %}{# note #}")
    assert text.render(pairs, {"m": {"a": 1, "b": None}}) == "a=1;b=;"
    allowed = Caller(TEXT, FakeContext(Policy(read=(str(tmp_path),), write=(str(tmp_path),)), cwd=str(tmp_path)))
    (tmp_path / "t").write_text("v={{ v }}")
    assert allowed.render_to_file(allowed.template_file("t"), "out", {"v": True}) == 6
    assert (tmp_path / "out").read_text() == "v=true"
    with pytest.raises(PolicyError):
        text.template_file("t")


@pytest.mark.parametrize(
    ("source", "variables", "result"),
    [
        ("{{ a | default('x') }}", {}, "x"),
        ("{{ a.b | default('x') }}", {"a": {}}, "x"),
        ("{{ xs | join(', ') }}", {"xs": [1, "b", None]}, "1, b, "),
        ("{{ xs | length }} {{ xs | first }} {{ xs | last }}", {"xs": [1, 2]}, "2 1 2"),
        ("{{ xs.1 }}", {"xs": ["a", "b"]}, "b"),
        ("{{ m }}", {"m": {"a": [1]}}, '{"a":[1]}'),
        ("{{ s | replace('a', 'b') | title }}", {"s": "aa"}, "Bb"),
        ("{{ f | round(1) }}", {"f": 1.25}, "1.2"),
        ("{{ s | escape }}", {"s": "<a>"}, "&lt;a&gt;"),
        ("{% if 'a' in xs or x == 1.5 %}y{% endif %}", {"xs": [], "x": 1.5}, "y"),
        ("{% if (a or b) and c != none %}y{% elif b %}z{% endif %}", {"a": 0, "b": "t", "c": None}, "z"),
        ("{{ 'it\\'s' }} {{ -3 }} {{ true }}", {}, "it's -3 true"),
        ("a { b } %}", {}, "a { b } %}"),
    ],
)
def test_template_language(text, source, variables, result):
    assert text.render(text.template(source), variables) == result


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("a\n{{ }}", "the template is wrong: a value is missing (line 2)"),
        ("{{ a b }}", "the template is wrong: 'b' cannot stand there (line 1)"),
        ("{{ a | nope }}", "the template is wrong: unknown filter 'nope'; known: default,"),
        ("{% if a %}", "the template is wrong: a block does not end: elif or else or endif is missing (line 1)"),
        ("{% while a %}", "the template is wrong: unknown tag 'while'; known: if, for (line 1)"),
        ("{% for a of b %}", "the template is wrong: 'for' is written: for NAME in VALUE (line 1)"),
        ("{{ a.__class__ }}", None),
        ("{{ (a }}", "the template is wrong: ')' is missing (line 1)"),
        ("{{ a; b }}", "the template is wrong: ';' cannot stand there (line 1)"),
    ],
)
def test_wrong_templates(text, source, message):
    if message is None:
        template = text.template(source)
        assert failure(text.render, template, {"a": "x"})["message"] == (
            "the template cannot be filled: 'a.__class__' has no '__class__' (line 1)"
        )
        return
    assert failure(text.template, source)["message"].startswith(message)


def test_templates_fail_by_name_and_line(text):
    template = text.template("ok\n{{ missing }}")
    assert failure(text.render, template)["message"] == (
        "the template cannot be filled: unknown variable 'missing' (line 2)"
    )
    assert failure(text.render, text.template("{% for x in 3 %}{% endfor %}"))["kind"] == "InvalidArgument"
    assert failure(text.render, text.template("{% if 'a' < 1 %}{% endif %}"))["kind"] == "InvalidArgument"
    deep = "{% if a %}" * 40 + "{% endif %}" * 40
    assert "nested deeper than 32" in failure(text.template, deep)["message"]


def test_encodings(text):
    assert text.split_quoted("a 'b c' \"d\"") == ["a", "b c", "d"]
    assert text.shell_quote("it's") == "'it'\"'\"'s'"
    assert text.base64_encode("hé") == "aMOp"
    assert text.base64_decode("aMOp") == bytearray("hé".encode())
    assert failure(text.base64_decode, "%%%")["kind"] == "InvalidArgument"
    assert text.hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert text.diff("a\nb", "a\nc").splitlines()[3:] == [" a", "-b", "+c"]
    assert text.diff("a", "a") == ""
    rows = text.csv_parse('a,b\n1,"x, y"\n')
    assert rows == [{"a": "1", "b": "x, y"}]
    assert text.csv_format([*rows, {"a": None, "c": 3}]) == 'a,b,c\n1,"x, y",\n,,3\n'
    assert text.csv_parse("") == []
    assert failure(text.csv_parse, "a,b\n1")["message"] == "text.csv_parse: 'text' has 1 values in row 2, and 2 names"


def test_json_crypto_and_log():
    modules, context = sal_modules(), FakeContext()
    printed: list[str] = []
    context.print = printed.append
    json, crypto, log = (Caller(modules[name], context) for name in ("json", "crypto", "log"))
    assert json.parse('{"a": [1, null]}') == {"a": [1, None]}
    assert (json.format({"b": 1, "a": 2}), json.format([], {"indent": 2})) == ('{"b":1,"a":2}', "[]")
    assert json.pretty({"b": 1, "a": [True]}) == '{\n  "a": [\n    true\n  ],\n  "b": 1\n}'
    assert (json.is_valid("{}"), json.is_valid("{"), json.is_valid("NaN")) == (True, False, False)
    assert failure(json.parse, "[1,]")["message"].startswith("json.parse: the value is not JSON: ")
    assert failure(json.parse, "[" * 100_000)["kind"] == "InvalidArgument"
    assert crypto.sha256("")[:8] == "e3b0c442"
    assert crypto.hmac_sha256("key", "The quick brown fox jumps over the lazy dog") == (
        "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
    )
    assert (len(crypto.random_hex(4)), len(crypto.uuid())) == (8, 36)
    assert (crypto.equal("a", "a"), crypto.equal("a", "b")) == (True, False)
    log.info("ready", {"port": 80})  # noqa: PLE1205 - a function of ours
    log.error("gone")
    assert printed == ["INFO ready port=80", "ERROR gone"]
