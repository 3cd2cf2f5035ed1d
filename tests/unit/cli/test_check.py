"""`horus check`: errors, warnings, what fails the check, and fixes."""

import json

TEXT = 'import "std/json" as j;\nlet a = 1;\na + 1;\nprint(a);\n'


def test_warnings_are_shown_and_do_not_fail_the_check(horus, work):
    (work / "a.rhai").write_text(TEXT)
    shown = (
        "a.rhai:1:22\n"
        '1: import "std/json" as j;\n'
        "                        ^ warning: the module 'j' is imported and never used [unused-import]\n"
        "a.rhai:3:1\n"
        "3: a + 1;\n"
        "   ^ warning: this value is not used [unused-result]\n"
        "a.rhai: 2 warnings\n"
    )
    assert horus("check", "a.rhai") == (0, shown, "")
    assert horus("check", "--strict", "a.rhai").code == 1
    assert horus("check", "--ignore=unused-import,unused-result", "a.rhai") == (0, "a.rhai: no errors\n", "")


def test_what_is_certain_to_fail_fails_the_check(horus, work):
    (work / "a.rhai").write_text("let a = 1 - true;\n")
    shown = (
        "a.rhai:1:11\n"
        "1: let a = 1 - true;\n"
        "             ^ error: '-' is not defined for i64 and bool [type-error]\n"
        "a.rhai: 1 error\n"
    )
    assert horus("check", "a.rhai") == (1, shown, "")


def test_several_files_are_checked_in_one_go(horus, work):
    (work / "a.rhai").write_text("let a = ;")
    (work / "b.rhai").write_text("1")
    assert horus("check", "a.rhai", "b.rhai") == (
        1,
        "b.rhai: no errors\n",
        "a.rhai:1:9\n1: let a = ;\n           ^ Unexpected ';'\n",
    )


def test_safe_changes_are_made(horus, work):
    (work / "a.rhai").write_text(TEXT)
    assert horus("check", "--fix", "a.rhai").code == 0
    assert (work / "a.rhai").read_text() == "let a = 1;\na + 1;\nprint(a);\n"


def test_a_policy_is_looked_at(horus, work):
    (work / "policy.toml").write_text('read = ["/srv"]\n')
    (work / "a.rhai").write_text('os.write("a", "b");\n')
    assert horus("check", "--policy=policy.toml", "a.rhai").out.splitlines()[2:] == [
        "   ^ warning: os.write needs the capability 'write', which the policy does not grant [capability-not-granted]",
        "hint: --allow-write grants it",
        "a.rhai: 1 warning",
    ]


def test_programs_get_json(horus, work):
    (work / "a.rhai").write_text("let a = 1;\na + 1;\na")
    done = horus("check", "--json", "a.rhai")
    assert json.loads(done.out) == {
        "ok": True,
        "errors": [],
        "findings": [
            {
                "file": "a.rhai",
                "code": "unused-result",
                "severity": "warning",
                "message": "this value is not used",
                "line": 2,
                "column": 1,
                "end_line": 2,
                "end_column": 6,
                "hint": None,
            }
        ],
    }


def test_codes_are_listed_and_unknown_ones_refused(horus, work):
    (work / "a.rhai").write_text("1")
    assert "unused-variable         A variable is declared and never read.\n" in horus("check", "--codes").out
    assert horus("check", "--ignore=nope", "a.rhai") == (2, "", "there is no warning 'nope'; --codes lists them\n")
    assert horus("check") == (2, "", "name a file to check, or - for standard input\n")


def test_the_script_lines_of_a_payload_are_looked_at_too(horus, work):
    (work / "a.hero").write_text(
        "let names = 1;\n!!session.env_set\n    key:N val:{names}\nfn f(n) { n - true }\nf(1);\n"
    )
    shown = (
        "a.hero:4:13\n"
        "4: fn f(n) { n - true }\n"
        "               ^ error: '-' is not defined for i64 and bool [type-error]\n"
        "a.hero: 1 error\n"
    )
    assert horus("check", "a.hero") == (1, shown, "")
