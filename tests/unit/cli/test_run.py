"""`horus run`, `horus eval` and `horus check`."""

import io
import json
import sys

import pytest


@pytest.fixture
def script(work):
    def write(text, name="script.rhai"):
        (work / name).write_text(text)
        return name

    return write


def test_a_script_prints_and_its_value_is_not_shown(horus, script):
    assert horus("run", script('print("hi"); debug(1); 7')) == (0, "hi\nscript.rhai @ 1:14 | 1\n", "")


def test_an_expression_is_evaluated_and_shown_as_print_shows_it(horus):
    assert horus("eval", "40 + 2") == (0, "42\n", "")
    assert horus("eval", '"text"') == (0, "text\n", "")
    assert horus("eval", 'let a = [1, "b"]; a.push(2.0); a') == (0, '[1, "b", 2.0]\n', "")


def test_no_value_is_not_shown(horus):
    assert horus("eval", "()") == (0, "", "")
    assert horus("eval", "") == (0, "", "")


@pytest.mark.parametrize("words", [("eval",), ("eval", "--"), ("eval", "--max-operations=100", "--")])
def test_an_expression_may_begin_with_a_sign(horus, words):
    assert horus(*words, "-1 - 1") == (0, "-2\n", "")


def test_standard_input_is_run(horus, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"print(1 + 1);")))
    assert horus("run", "-") == (0, "2\n", "")


def test_the_way_with_options_runs_the_same(horus, script):
    assert horus("run", "--max-operations=1000", script("print(1);")) == (0, "1\n", "")


def test_a_run_time_error_is_shown_with_place_line_and_caret(horus, script):
    assert horus("run", script("let y = 1;\nlet x = y / 0;")) == (
        1,
        "",
        "script.rhai:2:11\n2: let x = y / 0;\n             ^ Division by zero: 1 / 0\n",
    )


def test_a_syntax_error_is_shown_with_place_line_and_caret(horus, script):
    assert horus("run", script("let x = 1;\nlet = 3;")) == (
        1,
        "",
        "script.rhai:2:5\n2: let = 3;\n       ^ Expecting name of a variable\n",
    )
    assert horus("eval", "1 +") == (1, "", "<eval>:1:4\n1: 1 +\n      ^ Script is incomplete\n")


def test_output_before_an_error_is_kept(horus, script):
    code, out, err = horus("run", script("print(1);\nthrow 5;"))
    assert (code, out) == (1, "1\n")
    assert err == "script.rhai:2:1\n2: throw 5;\n   ^ Runtime error: 5\n"


def test_limits_end_a_script(horus, script):
    name = script("while true {}")
    assert horus("run", "--max-operations", 1000, name) == (
        3,
        "",
        "script.rhai:1:12\n1: while true {}\n              ^ Too many operations\nhint: max_operations is 1000\n",
    )
    assert horus("run", "--timeout", "0.05", name) == (
        124,
        "",
        (
            "script.rhai:1:12\n1: while true {}\n              ^ Script terminated: the time limit is over\n"
            "hint: max_duration is 0.05 s\n"
        ),
    )
    assert horus("eval", "--max-array-size=3", "let a = [1, 2]; a += 3; a.len()") == (0, "3\n", "")
    code, _, err = horus("eval", "--max-array-size=3", "let a = [1, 2]; a += 3; a += 4; a")
    assert (code, err.splitlines()[2].strip()) == (3, "^ Size of array/BLOB too large")


def test_nothing_outside_is_touched_without_a_grant(horus, script, work):
    name = script('os.write("new.txt", "x");')
    code, out, err = horus("run", name)
    assert (code, out) == (4, "")
    assert err == (
        'script.rhai:1:4\n1: os.write("new.txt", "x");\n'
        "      ^ PolicyDenied: os.write on 'new.txt' is not allowed: the capability 'write' is missing, "
        "grant it with --allow-write=new.txt\n"
        "hint: run with --allow-write=new.txt\n"
    )
    assert [entry.name for entry in work.iterdir()] == [name]


def test_the_grant_that_the_message_names_is_enough(horus, script, work):
    name = script('os.write("new.txt", "x");')
    assert horus("run", "--allow-write=new.txt", name) == (0, "", "")
    assert (work / "new.txt").read_text() == "x"


def test_a_bare_grant_grants_everything_and_takes_no_value(horus, script, work):
    assert horus("eval", "--allow-read", f'os.exists("{work}")') == (0, "true\n", "")
    code, _, err = horus("eval", "--allow-read", work, f'os.exists("{work}")')
    assert code == 2
    assert err.startswith("Usage: horus eval ")


def test_a_denial_wins_over_a_grant(horus, work):
    (work / "secret").mkdir()
    words = ("eval", "--allow-read", f"--deny-read={work}/secret")
    assert horus(*words, f'os.list_dir("{work}")') == (0, '["secret"]\n', "")
    assert horus(*words, f'os.list_dir("{work}/secret")').code == 4


def test_a_policy_file_grants_what_it_says(horus, work):
    (work / "policy.toml").write_text(f'read = ["{work}"]\n')
    assert horus("eval", "--policy", "policy.toml", f'os.list_dir("{work}")') == (0, '["policy.toml"]\n', "")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x", "the policy 'policy.toml' is wrong: Expected '=' after a key in a key/value pair (at end of document)"),
        ('read = "x"', "the policy 'policy.toml' is wrong: policy field 'read' is a list of texts, not 'x'"),
        (
            'git = "all"',
            "the policy 'policy.toml' is wrong: policy field 'git' is one of off, read, local, remote, not 'all'",
        ),
    ],
)
def test_a_wrong_policy_file_is_a_usage_error(horus, work, content, message):
    (work / "policy.toml").write_text(content)
    assert horus("eval", "--policy", "policy.toml", "1") == (2, "", f"{message}\n")


def test_wrong_places_are_usage_errors(horus):
    assert horus("eval", "--policy", "none", "1") == (
        2,
        "",
        "cannot read the policy 'none': no such file or directory\n",
    )
    assert horus("eval", "--code-root", "none", "1") == (2, "", "the code root 'none' is not a directory\n")
    assert horus("eval", "--allow-git=all", "1") == (
        2,
        "",
        "wrong grant: policy field 'git' is one of off, read, local, remote, not 'all'\n",
    )


def test_everything_comes_in_one_json_document(horus):
    code, out, err = horus("eval", "--json", 'print("a"); #{b: [1, 2.5, "c", (), true, 0.0 / 0.0], r: 1..3}')
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert found.pop("duration") >= 0
    assert found == {
        "value": {"b": [1, 2.5, "c", None, True, "NaN"], "r": "1..3"},
        "output": "a\n",
        "error": None,
        "exit_code": 0,
    }


def test_an_error_is_part_of_the_json_document(horus, script):
    code, out, err = horus("run", "--json", script("print(1);\nthrow 5;"))
    found = json.loads(out)
    del found["duration"]
    assert (code, err) == (1, "")
    assert found == {
        "value": None,
        "output": "1\n",
        "error": {
            "kind": "ErrorRuntime",
            "message": "Runtime error: 5",
            "line": 2,
            "column": 1,
            "source": "script.rhai",
        },
        "exit_code": 1,
    }


def test_the_cause_of_a_failing_call_is_in_the_json_document(horus, script):
    code, out, _ = horus("run", "--json", script('fn f() { os.delete("x") } f();'))
    error = json.loads(out)["error"]
    assert (code, error["kind"], error["cause"]["kind"]) == (4, "ErrorInFunctionCall", "ErrorRuntime")


def test_what_cannot_be_run_is_a_usage_error(horus, work):
    assert horus("run", ".") == (2, "", "'.' is a directory, not a script\n")
    assert horus("run", "none.rhai") == (2, "", "cannot read 'none.rhai': no such file or directory\n")
    code, out, err = horus("run")
    assert (code, out) == (2, "")
    assert err == (
        "Usage: horus run [OPTIONS] FILE\nTry 'horus run --help' for help.\n\nError: Missing argument 'FILE'.\n"
    )
    assert horus("rum")[:2] == (2, "")
    assert horus("rum").err.endswith("Error: No such command 'rum'. Did you mean 'run'?\n")


def test_help_is_shown_for_every_command(horus):
    assert horus()[0] == 2
    assert "Evaluate an expression and print its value.\n" in horus("--help").out
    for words in (
        ("run",),
        ("eval",),
        ("check",),
        ("job",),
        ("keys",),
        ("job", "new"),
        ("job", "run"),
        ("keys", "new"),
    ):
        code, out, err = horus(*words, "--help")
        assert (code, err) == (0, "")
        assert out.startswith(f"Usage: horus {' '.join(words)} ")


def test_a_sound_script_has_no_errors_and_is_not_run(horus, script):
    assert horus("check", script("print(1);")) == (0, "script.rhai: no errors\n", "")
    assert json.loads(horus("check", "--json", "script.rhai").out) == {"ok": True, "errors": [], "findings": []}


def test_errors_are_found_without_running(horus, script):
    script("print(1); let = 3;")
    assert horus("check", "script.rhai") == (
        1,
        "",
        "script.rhai:1:15\n1: print(1); let = 3;\n                 ^ Expecting name of a variable\n",
    )
    code, out, _ = horus("check", "--json", "script.rhai")
    assert code == 1
    assert json.loads(out) == {
        "ok": False,
        "errors": [
            {
                "kind": "VariableExpected",
                "message": "Expecting name of a variable",
                "line": 1,
                "column": 15,
                "source": "script.rhai",
            }
        ],
        "findings": [],
    }


def test_tokens_are_shown_with_their_places(horus, script):
    assert horus("check", "--emit=tokens", script('let x = "é"\n+ 1;')) == (
        0,
        "1:1 LET 'let'\n1:5 NAME 'x'\n1:7 ASSIGN '='\n1:9 STRING 'é'\n2:1 PLUS '+'\n2:3 INT 1\n2:4 SEMICOLON ';'\n",
        "",
    )


def test_the_tree_is_shown(horus, script):
    assert horus("check", "--emit=ast", script("-x")) == (
        0,
        "Script @1:1\n  body[0]: ExprStmt @1:1\n    expr: Unary op='-' @1:1\n      operand: Variable name='x' @1:2\n",
        "",
    )


def test_emitted_python_is_shown(horus, script):
    code, out, err = horus("check", "--emit=py", script("40 + 2"))
    assert (code, err) == (0, "")
    assert out.startswith("def _program(_rt, _linked):\n")
    compile(out, "emitted", "exec")


def test_emit_and_json_exclude_each_other(horus, script):
    code, out, err = horus("check", "--emit=py", "--json", script("1"))
    assert (code, err) == (2, "")
    assert json.loads(out) == {
        "error": {"kind": "usage", "message": "--emit is text for people; it cannot stand beside --json"},
        "exit_code": 2,
    }
