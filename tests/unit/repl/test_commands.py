"""The prompt's own commands: what they show, and what they say when they cannot."""

import json

import pytest

import horus_runtime as hr
from horus_runtime.repl.commands import COMMANDS


def test_help_lists_every_command_with_what_it_does(prompt):
    shown = prompt(":help")
    assert [line.split()[0] for line in shown.splitlines()[1:-1]] == [f":{name}" for name in COMMANDS]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(prompt, name):
    heading, *explanation = prompt(f":help {name}").splitlines()
    assert heading == f":{COMMANDS[name].usage}"
    assert len(" ".join(explanation)) > 20


def test_a_command_may_be_shortened_while_it_is_clear(prompt):
    assert prompt("let a = 1;", ":va") == "NAME  TYPE  VALUE\na     i64   1\n"
    assert prompt(":re") == ":re may mean :reload, :reset\n"


def test_an_unknown_command_names_the_nearest(prompt):
    assert prompt(":vras") == "there is no command :vras; did you mean :vars?\n"
    assert prompt(":xyzzy") == "there is no command :xyzzy; :help lists them\n"


def test_vars_shows_each_variable_once(prompt):
    assert prompt(":vars") == "no variables yet\n"
    assert prompt('let a = 1; let a = "two"; const B = [1];', "42", ":vars") == (
        'NAME     TYPE                    VALUE\na        string of 3 characters  "two"\n'
        "const B  array of 1 element      [1]\n"
    )
    assert prompt(":vars nope") == "there is no variable nope\n"


def test_fns_lists_functions(prompt):
    assert prompt(":fns") == "no functions yet\n"
    assert prompt("fn f(a, b) { a }", 'fn string.shout() { this + "!" }', ":fns") == "f(a, b)\nstring.shout()\n"
    assert "os::list_dir(path: string) -> array\n" in prompt(":fns list_dir") or "os::list_dir" in prompt(
        ":fns list_dir"
    )
    assert prompt(":fns zzzz") == "no function is called like 'zzzz'\n"


def test_type_does_not_run_twice_and_leaves_no_variable(prompt):
    assert prompt(":type [1, 2]") == "array of 2 elements\n"
    assert prompt(":type let q = 1; q") == "i64\n"
    assert prompt(":type") == "usage: :type EXPRESSION\n"
    assert prompt(":type 1 +").splitlines()[-1] == "      ^ Script is incomplete"


def test_doc_shows_signatures_and_documentation(prompt):
    assert prompt("/// Doubles a number.\nfn double(x) { x * 2 }", ":doc double") == (
        "double(x)\n    Doubles a number.\n"
    )
    assert prompt(":doc is_def_var") == ("is_def_var(name: string) -> bool\n    Is there a variable of that name?\n")
    assert prompt(":doc pritn") == "nothing is known about 'pritn'; did you mean print?\n"


def test_ast_and_py_show_what_the_compiler_makes(prompt):
    assert prompt(":ast 1 + 2").startswith("Script ")
    assert "def main(_scope, _d):" in prompt("fn f(x) { x }", ":py f(1)")


def test_time_and_profile_measure(prompt):
    prompt("fn work(n) { let s = 0; for i in 0..n { s += i } s }")
    assert prompt(":time work(10)").startswith("median ")
    lines = prompt(":profile work(100)").splitlines()
    assert lines[0].split() == ["FUNCTION", "CALLS", "OWN", "TIME", "WITH", "CALLEES"]
    assert any(line.startswith("work ") and line.split()[1] == "1" for line in lines)


def test_load_and_reload_run_files(prompt, tmp_path):
    file = tmp_path / "lib.rhai"
    file.write_text("fn answer() { 41 }\nlet loaded = 1;")
    assert prompt(":load lib.rhai", "answer()") == "41\n"
    file.write_text("fn answer() { 42 }")
    assert prompt(":reload", "answer() + loaded") == "43\n"
    assert prompt(":load nope.rhai") == "cannot read 'nope.rhai': no such file or directory\n"


def test_reload_before_load_says_what_to_do(prompt):
    assert prompt(":reload") == "no file was loaded yet: use :load FILE\n"


def test_save_writes_a_payload_that_runs(prompt, tmp_path):
    prompt("20 + 1", "_ * 2", "nope", "fn f(x) { x + 1 }", "let r = f(_);", 'print("r is " + r)')
    assert prompt(":save out.rhai") == "wrote out.rhai: 5 lines\n"
    text = (tmp_path / "out.rhai").read_text()
    assert text == (
        'let last_1 = 20 + 1;\nlet last_2 = last_1 * 2;\nfn f(x) { x + 1 }\nlet r = f(last_2);\nprint("r is " + r);\n'
    )
    printed = []
    engine = hr.Engine()
    engine.on_print(printed.append)
    engine.run(text)
    assert printed == ["r is 43"]


def test_save_test_writes_a_test_that_passes(prompt, tmp_path):
    prompt("fn f(x) { x + 1 }", "f(1)", "_ + 1", '#{a: ["x", 1.5]}', "|x| x")
    prompt(":save --test out_test.rhai")
    text = (tmp_path / "out_test.rhai").read_text()
    assert text == (
        "fn f(x) { x + 1 }\n\n"
        "fn test_session() {\n"
        '    import "std/testing" as t;\n'
        "    let last_2 = f(1);\n"
        "    t::assert_eq(last_2, 2);\n"
        "    t::assert_eq(last_2 + 1, 3);\n"
        '    t::assert_eq(#{a: ["x", 1.5]}, #{"a": ["x", 1.5]});\n'
        "    |x| x;\n"
        "}\n"
    )
    hr.Engine().run(f"{text}test_session();")


def test_save_says_when_there_is_nothing(prompt):
    assert prompt(":save out.rhai") == "there is nothing to save yet\n"
    assert prompt("1", ":save") == "usage: :save [--test] FILE\n"
    assert prompt(":save missing/out.rhai") == "cannot write 'missing/out.rhai': no such file or directory\n"


def test_export_keeps_inputs_output_values_and_errors(prompt, tmp_path):
    prompt('print("hi"); 1 + 1', "nope", ":export out.md", ":export out.json")
    assert (tmp_path / "out.md").read_text() == (
        '```rhai\nprint("hi"); 1 + 1\n```\n\n```text\nhi\n2\n```\n\n'
        "```rhai\nnope\n```\n\n```text\n[2]:1:1\n1: nope\n   ^ Variable not found: nope\n```\n"
    )
    cells = json.loads((tmp_path / "out.json").read_text())
    assert [(c["input"], c["output"], c["value"], c["error"] and c["error"]["kind"]) for c in cells] == [
        ('print("hi"); 1 + 1', "hi\n", "2", None),
        ("nope", "", None, "ErrorVariableNotFound"),
    ]
    assert prompt(":export out.txt") == "the name must end in .md or .json\n"


def test_edit_runs_what_the_editor_leaves(prompt, tmp_path, monkeypatch):
    editor = tmp_path / "editor.sh"
    editor.write_text('#!/bin/sh\nsed -i s/1/5/ "$1"\n')
    editor.chmod(0o755)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", str(editor))
    assert prompt("1 + 2", ":edit") == "5 + 2\n7\n"
    assert prompt(":edit 9") == "there is no input 9; there are 2\n"
    monkeypatch.setenv("EDITOR", "/no/such/editor")
    assert prompt(":edit") == "cannot start the editor '/no/such/editor': no such file or directory\n"
    monkeypatch.setenv("EDITOR", "false")
    assert prompt(":edit") == "the editor 'false' ended with 1; nothing was run\n"


def test_history_lists_and_repeats(prompt):
    assert prompt("let a = 1;", "fn f() {\n  2\n}", "nope", ":history") == (
        "[1] let a = 1;\n[2] fn f() {\n      2\n    }\n[3]!nope\n"
    )
    assert prompt("40 + 2", ":history 4") == "42\n"
    assert prompt(":history 99") == "there is no input 99; there are 5\n"


def test_limits_are_shown_and_set(prompt):
    assert prompt(":limits max_operations=1000", "loop {}") == (
        "[1]:1:6\n1: loop {}\n        ^ Too many operations\nhint: max_operations is 1000\n"
    )
    assert "max_operations           1,000\n" in prompt(":limits")
    assert prompt(":limits max_operations=many") == "'max_operations=many' is no NAME=NUMBER\n"
    assert prompt(":limits nope=1").startswith("unknown limit 'nope'; limits are max_operations, ")


def test_allow_grants_what_a_refusal_names(prompt, tmp_path):
    (tmp_path / "note.txt").write_text("remember")
    assert prompt(":policy") == "nothing is granted; :allow read=DIR grants reading a folder\n"
    refused = prompt(f'os.read("{tmp_path}/note.txt")')
    assert refused.splitlines()[-1] == f"hint: :allow read={tmp_path}/note.txt"
    assert prompt(f":allow read={tmp_path}") == f"CAPABILITY  GRANTED\nread        {tmp_path}\n"
    assert prompt(f'os.read("{tmp_path}/note.txt")') == '"remember"\n'
    assert prompt(":allow flying").startswith("'flying' cannot be granted; capabilities are read, write, run, ")
    assert prompt(":allow git=everything").startswith("wrong grant: ")


def test_policy_takes_a_file(prompt, tmp_path):
    (tmp_path / "policy.toml").write_text('read = ["/srv"]\n')
    assert prompt(":policy policy.toml") == "CAPABILITY  GRANTED\nread        /srv\n"
    assert prompt(":policy nope.toml") == "cannot read the policy 'nope.toml': no such file or directory\n"


def test_reset_forgets_variables(prompt):
    assert prompt("let a = 1;", ":reset", ":vars") == "no variables yet\n"


def test_a_session_becomes_a_signed_job_that_runs(prompt, tmp_path):
    assert prompt(":job new") == "there is nothing to make a job of yet\n"
    assert prompt(":job sign") == "there is no job yet: use :job new\n"
    made = prompt('print("from the job")', ":job new 30")
    assert made.endswith(": runner sal, 1 line, 30 s, not signed\n")
    key_line, signed_line = prompt(":job sign").splitlines()
    assert key_line == f"made a signing key: {tmp_path}/keys/default.key"
    assert signed_line.startswith("signed by ed25519:")
    assert prompt(":job save job.json") == "wrote job.json; horus job run job.json runs it\n"
    job = hr.Job.model_validate(json.loads((tmp_path / "job.json").read_text()))
    assert (job.payload, job.timeout, job.verify()) == ('print("from the job");\n', 30, True)
    assert prompt(":job run") == 'from the job\n{"status": "Completed", "exit_code": 0}\n'
    assert prompt(":job fly") == "usage: :job new [RUNNER] [SECONDS] | show | sign [KEY] | save FILE | run\n"


def test_tests_are_run_from_the_prompt(prompt, tmp_path):
    prompt("20 + 1", ":save --test sum_test.rhai")
    assert prompt(":test").startswith("1 passed in ")
    (tmp_path / "bad_test.rhai").write_text('fn test_bad() { throw "no"; }')
    assert prompt(":test bad_test.rhai").splitlines()[:4] == [
        "=== bad_test.rhai:1: test_bad ===",
        "bad_test.rhai:1:17",
        '1: fn test_bad() { throw "no"; }',
        "                   ^ Runtime error: no",
    ]
    assert prompt(":test nope") == "there is no test file 'nope'\n"


def test_a_plan_shows_what_an_input_would_do_and_does_nothing(prompt, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    prompt(":allow write=. read=.")
    prompt('let words = ["a"]; fn line(words) { words.len() + " words\\n" }')
    said = prompt(':plan words.push("b"); os.write("out.txt", line(words))')
    assert said.splitlines() == [
        "+ out.txt (mode 0644) (line 2)",
        "    @@ -0,0 +1 @@",
        "    +2 words",
        "plan: 1 created",
    ]
    assert prompt("words").splitlines() == ['["a"]']
    assert not (tmp_path / "out.txt").exists()


def test_a_plan_of_a_file_or_of_the_session(prompt, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert prompt(":plan session") == "there is nothing to plan yet\n"
    prompt(":allow write=. read=.")
    (tmp_path / "deploy.rhai").write_text('os.write("site.html", "<p>\\n");')
    assert prompt(":plan deploy.rhai").splitlines()[::2] == ["+ site.html (mode 0644) (line 1)", "    +<p>"]
    prompt('let name = "x"')
    assert prompt(":plan session") == "plan: nothing would change\n"


def test_a_plan_that_fails_shows_how_far_it_came(prompt, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    prompt(":allow write=. read=.")
    said = prompt(':plan os.write("a.txt", "b"); throw "enough"').splitlines()
    assert said[0].startswith("+ a.txt")
    assert said[-1].endswith("^ Runtime error: enough")
    assert prompt(":plan missing.rhai") == "cannot read 'missing.rhai': no such file or directory\n"


def test_osiris_needs_a_store(prompt):
    assert prompt(":osiris") == "there is no model store: start the prompt with --db FILE\n"


def test_quit_leaves(prompt):
    prompt("1")
    assert prompt.goes_on is True
    prompt(":quit")
    assert prompt.goes_on is False
