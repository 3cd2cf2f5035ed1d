"""The table of concrete results of the reference, row by row: what the recommended profile makes of each input."""

import pytest

from horus_runtime.errors import ParseError
from horus_runtime.heroscript.playbook import parse_playbook

A = "!!app.go"
ROWS = {
    1: ("!!App.Roll-Back", "app.roll_back"),
    2: ("!!restart", "core.restart"),
    3: ("!db.put k:1\n!!!page.toc d:2\n!!!!log.add m:3", "dal db.put k=1; macro page.toc d=2; wal log.add m=3"),
    4: ("    !!app.go tag:v1", "app.go tag=v1"),
    5: (f"{A} env:prod n: 3", "app.go env=prod n=3"),
    6: (f"{A} Env:prod ENV:test", "app.go env=test"),
    7: (f"{A} a:1 b:2 a:3", "app.go b=2 a=3"),
    8: (f"{A} t:'Blue Green'", "app.go t=Blue Green"),
    9: (f'{A} t:"Blue Green"', "app.go t=Blue Green"),
    10: (f"{A} t:'don\\'t'", "app.go t=don't"),
    11: (f"{A} t:'say \"go\" now'", 'app.go t=say "go" now'),
    12: (f'{A} t:"it\'s"', "app.go t=it's"),
    13: (f"{A} t:'l1<BR>l2'", "app.go t=l1\nl2"),
    14: (f"{A} t:'l1\\nl2'", "app.go t=l1\\nl2"),
    15: (f"{A} src:https://h.io/x", "app.go src=https://h.io/x"),
    16: (f"{A} src:'https://h.io/x' // mirror", "app.go src=https://h.io/x c(mirror)"),
    17: (f"{A} at:10:30:00", "app.go at=10:30:00"),
    18: (f"{A} canary fast env:prod", "app.go env=prod args[canary,fast]"),
    19: (f"{A} 'two words'", "app.go args[two words]"),
    20: (f"{A} --force", "app.go args[--force]"),
    21: (f"{A} dry-run:1", "app.go dry_run=1"),
    22: (f"{A} tags: a , b c", "app.go tags=a,b items(a|b) args[c]"),
    23: (f"{A} tags:'a','b c'", 'app.go tags=a,"b c" items(a|b c)'),
    24: (f"{A} tags:'b c','a'", 'app.go tags="b c",a items(b c|a)'),
    25: (f"{A} tags:'a','b c' own:'Ann Lee'", 'app.go tags=a,"b c" items(a|b c) own=Ann Lee'),
    26: (f"{A} ports:[80, 443]", "app.go ports=[80,443] items(80|443)"),
    27: (f"{A} hosts:['a', 'b']", "app.go hosts=['a','b'] items(a|b)"),
    28: (f"{A} tags:a,\n    b\n    k:v", "app.go tags=a,b items(a|b) k=v"),
    29: (f"{A} env: tag:v1", "app.go env=tag:v1"),
    30: (f"{A} tag:v1 env:", "app.go tag=v1 env="),
    31: (f"{A}\n  env:\n  tag:v1", "app.go env= tag=v1"),
    32: (f"{A} env:'' tag:v1", "app.go env= tag=v1"),
    33: (f"{A} env : prod", "error 1:14 a key and its ':' must stand together"),
    34: (f"{A} id:7 env:prod", "app.go id=7 env=prod"),
    35: (f"{A}\n\tenv:prod\n\n\ttag:v1", "app.go env=prod tag=v1"),
    36: (f"{A}\n env:prod", "app.go env=prod"),
    37: (f"{A}\n  env:prod\nfree text\n  tag:v1", "app.go env=prod; text free text; text tag:v1"),
    38: (f"{A}\n  env:prod\n// next\n!!app.stop", "app.go env=prod; app.stop #(next)"),
    39: ("// lost\nplain\n!!app.go", "app.go; text lost; text plain"),
    40: (f"{A} env:prod //why tag:v1", "app.go env=prod c(why tag:v1)"),
    41: (f"{A}\n  //which\n  env:p\n  tag:v1 //rel", "app.go env=p c(which) tag=v1 c(rel)"),
    42: (f"{A}\n  //don't\n  env:p", "app.go env=p c(don't)"),
    43: (f"{A}\n  //env: old\n  tag:v1", "app.go tag=v1 c(env: old)"),
    44: (f"{A} # note", "error 1:10 '#' cannot stand here"),
    45: (f"{A}\n  c:'\n      if x\n        y\n\n      fi\n      '\n  k:v", "app.go c=if x\n  y\n\nfi k=v"),
    46: (f"{A} k:v c:'\n      y\n      '", "app.go k=v c=y"),
    47: (f"{A}\n  c:'echo a\n      echo b'\n  k:v", "app.go c=echo a echo b k=v"),
    48: (f"{A}\n  c:\n      '\n      a\n      b\n      '", "app.go c=a\nb"),
    49: (f"{A}\n  c:'\n      it's \"ok\"\n      '", 'app.go c=it\'s "ok"'),
    50: (f"{A}\n  m:'\n      !!not.action\n      '", "app.go m=!!not.action"),
    51: (f"{A} cfg:'{{\"a\":1}}'", 'app.go cfg={"a":1}'),
    52: (f"{A} p:'C:\\bin\\' k:v", "error 1:12 the text that begins with ' does not end"),
    53: (f"{A} a:1 !!app.stop", "error 1:14 '!' cannot stand here: an action begins on a line of its own"),
    54: (f"{A} //note", "app.go #(note)"),
    55: (f"{A} w:+1d p:40% m:8GB e:A@b.io h:~/x", "app.go w=+1d p=40% m=8GB e=A@b.io h=~/x"),
    56: (f"{A} t:'open", "error 1:12 the text that begins with ' does not end"),
    57: (f"{A} k.sub:1 k/p:2", "app.go k.sub=1 k/p=2"),
}


def shown(text: str) -> str:
    try:
        book = parse_playbook(text)
    except ParseError as error:
        return f"error {error.position.line}:{error.position.column} {error.message}"
    actions = [described(action) for action in book.actions]
    return "; ".join([*actions, *(f"text {line.text}" for line in book.other_text)])


def described(action) -> str:
    parts = [action.full_name if action.kind == "sal" else f"{action.kind} {action.full_name}"]
    for key, value in action.params.values.items():
        items = "" if value.items is None else f" items({'|'.join(value.items)})"
        parts.append(f"{key}={value.text}{items}" + "".join(f" c({comment})" for comment in value.comments))
    if action.params.args:
        parts.append(f"args[{','.join(action.params.arguments())}]")
    return " ".join([*parts, *(f"#({comment})" for comment in action.comments)])


@pytest.mark.parametrize("number", range(1, 58))
def test_row(number):
    text, expected = ROWS[number]
    assert shown(text) == expected


def test_both_keys_of_row_57_can_be_fetched():
    params = parse_playbook(ROWS[57][0]).actions[0].params
    assert (params.get("k.sub"), params.get("k/p")) == ("1", "2")


def test_the_orphan_of_row_37_is_warned_about():
    book = parse_playbook(ROWS[37][0])
    assert [tuple(note) for note in book.warnings] == [
        ((4, 1), "this line is indented, but no action is above it to which it could belong")
    ]
