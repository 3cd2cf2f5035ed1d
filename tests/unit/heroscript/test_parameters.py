"""Parameter text: every form of values, arguments and comments."""

import pytest

from horus_runtime.errors import ParseError
from horus_runtime.heroscript.actions import parse_action
from horus_runtime.source import SourceFile


def params(text: str):
    text = f"!!app.go {text}" if not text.startswith(("!", "\n", " ")) else text
    text = f"!!app.go{text}" if text.startswith("\n") else text
    return parse_action(SourceFile(text), 0, 0, 1, mixed=False)[0].params


def values(text: str) -> dict[str, str]:
    return params(text).to_dict()


CASES = [
    ("env:prod n: 3", {"env": "prod", "n": "3"}, []),
    ("Env:prod ENV:test", {"env": "test"}, []),
    ("a:1 b:2 a:3", {"b": "2", "a": "3"}, []),
    ("t:'Blue Green'", {"t": "Blue Green"}, []),
    ('t:"Blue Green"', {"t": "Blue Green"}, []),
    (r"t:'don\'t'", {"t": "don't"}, []),
    ("t:'say \"go\" now'", {"t": 'say "go" now'}, []),
    ('t:"it\'s"', {"t": "it's"}, []),
    (r't:"a \"b\""', {"t": 'a "b"'}, []),
    ("t:'l1<BR>l2'", {"t": "l1\nl2"}, []),
    ("t:'l1<<BR>>l2'", {"t": "l1\nl2"}, []),
    (r"t:'l1\nl2'", {"t": r"l1\nl2"}, []),
    (r"t:'l1\\nl2'", {"t": "l1\nl2"}, []),
    ("src:https://h.io/x", {"src": "https://h.io/x"}, []),
    ("at:10:30:00", {"at": "10:30:00"}, []),
    ("canary fast env:prod", {"env": "prod"}, ["canary", "fast"]),
    ("'two words'", {}, ["two words"]),
    ("--force", {}, ["--force"]),
    ("dry-run:1", {"dry_run": "1"}, []),
    ("tags: a , b c", {"tags": "a,b"}, ["c"]),
    ("tags:'a','b c'", {"tags": 'a,"b c"'}, []),
    ("tags:'b c','a'", {"tags": '"b c",a'}, []),
    ("ports:[80, 443]", {"ports": "[80,443]"}, []),
    ("tags:a,\n    b\n    k:v", {"tags": "a,b", "k": "v"}, []),
    ("env: tag:v1", {"env": "tag:v1"}, []),
    ("tag:v1 env:", {"tag": "v1", "env": ""}, []),
    ("\n  env:\n  tag:v1", {"env": "", "tag": "v1"}, []),
    ("env:'' tag:v1", {"env": "", "tag": "v1"}, []),
    ("id:7 env:prod", {"id": "7", "env": "prod"}, []),
    ("id:1 env:prod", {"env": "prod"}, []),
    ("\n\tenv:prod\n\n\ttag:v1", {"env": "prod", "tag": "v1"}, []),
    ("\n env:prod", {"env": "prod"}, []),
    ("\n  //don't\n  env:p", {"env": "p"}, []),
    ("\n  c:'\n      if x\n        y\n\n      fi\n      '\n  k:v", {"c": "if x\n  y\n\nfi", "k": "v"}, []),
    ("k:v c:'\n      y\n      '", {"k": "v", "c": "y"}, []),
    ("\n  c:'echo a\n      echo b'\n  k:v", {"c": "echo a echo b", "k": "v"}, []),
    ("\n  c:\n      '\n      a\n      b\n      '", {"c": "a\nb"}, []),
    ("\n  c:'\n      it's \"ok\"\n      '", {"c": "it's \"ok\""}, []),
    ("\n  m:'\n      !!not.action\n      '", {"m": "!!not.action"}, []),
    ("c:'''\na ' b\n'''", {"c": "a ' b"}, []),
    ("cfg:'{\"a\":1}'", {"cfg": '{"a":1}'}, []),
    ("w:+1d p:40% m:8GB e:A@b.io h:~/x", {"w": "+1d", "p": "40%", "m": "8GB", "e": "A@b.io", "h": "~/x"}, []),
    ("k.sub:1 k/p:2", {"k.sub": "1", "k/p": "2"}, []),
    ("a:x'y b:{z}", {"a": "x'y", "b": "{z}"}, []),
    ("tags:a,b, tail:1", {"tags": "a,b,tail:1"}, []),
    ("tags:a,", {"tags": "a"}, []),
    ("k: // note", {"k": ""}, []),
    ("k://server/share", {"k": "//server/share"}, []),
    ("Red red Red /a", {}, ["Red", "red", "Red", "/a"]),
    ("k:' padded '", {"k": "padded"}, []),
    ("c:'\n\n  a\n\n'", {"c": "a"}, []),
    ("q:'a\n\n   b'", {"q": "a b"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "named", "arguments"), CASES)
def test_forms(text, named, arguments):
    found = params(text)
    assert (found.to_dict(), list(found), found.arguments()) == (named, list(named), arguments)


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("t:'a','b c'", ["a", "b c"]),
        ("t:'b c','a'", ["b c", "a"]),
        ("t:[80, 443]", ["80", "443"]),
        ("t:['a', 'b']", ["a", "b"]),
        ("t:['a, b', \"c\"]", ["a, b", "c"]),
        ("t:[\n  a,\n  b,\n  ]", ["a", "b"]),
        ("t:[a, [b, c]]", ["a", "[b, c]"]),
        ("t:[]", []),
        ("t:a", ["a"]),
        ("t:''", []),
    ],
)
def test_lists_keep_their_items(text, items):
    assert params(text).get_list("t") == items


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("env : prod", 14, "a key and its ':' must stand together"),
        ("# note", 10, "'#' cannot stand here"),
        (r"p:'C:\bin\' k:v", 12, "the text that begins with ' does not end"),
        ("a:1 !!app.stop", 14, "'!' cannot stand here: an action begins on a line of its own"),
        ("t:'open", 12, "the text that begins with ' does not end"),
        ("t:'\n open\n", 12, "the block that begins with ' does not end"),
        ("t:[a, b", 12, "the list that begins with [ does not end"),
        ("käse:1", 11, "'ä' cannot stand in parameters"),
        (":x", 10, "a key is missing in front of ':'"),
        ("<!-- open", 10, "this comment does not end on its line"),
        (",", 10, None),
    ],
)
def test_errors_name_place_and_reason(text, column, message):
    if message is None:  # a comma alone is made of the signs that arguments may have
        assert params(text).arguments() == [","]
        return
    with pytest.raises(ParseError) as caught:
        params(text)
    assert (caught.value.position, caught.value.message) == ((1, column), message)


def comments(text: str):
    found = params(text)
    named = {key: value.comments for key, value in found.values.items() if value.comments}
    return named | {argument.text: argument.comments for argument in found.args if argument.comments}


def test_comments_belong_to_the_next_item_or_the_first_of_their_line():
    assert comments("src:'https://h.io/x' // mirror") == {"src": ["mirror"]}
    assert comments("env:prod //why tag:v1") == {"env": ["why tag:v1"]}
    assert comments("\n  //which\n  env:p\n  tag:v1 //rel") == {"env": ["which"], "tag": ["rel"]}
    assert comments("\n  //don't\n  env:p") == {"env": ["don't"]}
    assert comments("\n  //env: old\n  tag:v1") == {"tag": ["env: old"]}
    assert comments("a:1 b:2 // first") == {"a": ["first"]}
    assert comments("<!-- html --> a:1") == {"a": ["html"]}
    assert comments("x // for x") == {"x": ["for x"]}


def test_a_comment_without_item_belongs_to_the_action():
    action, _ = parse_action(SourceFile("!!app.go //note"), 0, 0, 1, mixed=False)
    assert action.comments == ["note"]


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("!!App.Roll-Back", "sal", "app.roll_back"),
        ("!!restart", "sal", "core.restart"),
        ("!db.put", "dal", "db.put"),
        ("!!!page.toc", "macro", "page.toc"),
        ("!!!!log.add", "wal", "log.add"),
        ("!!a.b__c", "sal", "a.b_c"),
    ],
)
def test_heads(text, kind, name):
    action, _ = parse_action(SourceFile(text), 0, 0, 1, mixed=False)
    assert (action.kind, action.full_name) == (kind, name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("!!!!!a.b", "an action begins with 1 to 4 '!', not 5"),
        ("!! git.list", "no blanks between '!' and the action's name"),
        ("!!", "an action needs a name: actor.name"),
        ("!!git.", "'git.' is not the name of an action: actor.name of letters, digits, '_' and '-'"),
        ("!!.x", "'.x' is not the name of an action: actor.name of letters, digits, '_' and '-'"),
        ("!!git.list;", "'git.list;' is not the name of an action: actor.name of letters, digits, '_' and '-'"),
        ("!!a.b.c", "'a.b.c' has too many parts: an action is actor.name"),
    ],
)
def test_wrong_heads(text, message):
    with pytest.raises(ParseError) as caught:
        parse_action(SourceFile(text), 0, 0, 1, mixed=False)
    assert caught.value.message == message
