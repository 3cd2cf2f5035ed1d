"""`--audit`, `--audit-only` and `--preset`."""

import json
import tomllib

from horus_runtime.modules.policy import Policy


def test_audit_only_prints_the_smallest_policy_of_a_whole_run(horus, work):
    (work / "a.txt").write_text("hello")
    (work / "x.rhai").write_text('print(os.read("a.txt")); os.write("b.txt", "x");')
    code, out, err = horus("run", "--allow-read", "--allow-write", "--audit-only", "x.rhai")
    assert (code, out) == (0, "hello\n")
    assert err == (
        f'# the run needs\nread = ["{work}/a.txt"]\nwrite = ["{work}/b.txt"]\n'
        f"# or on the command line: --allow-read={work}/a.txt --allow-write={work}/b.txt\n"
    )
    (work / "p.toml").write_text(err)
    assert horus("run", "--policy=p.toml", "x.rhai") == (0, "hello\n", "")


def test_audit_only_grants_nothing_and_says_where_it_stopped(horus, work):
    (work / "x.rhai").write_text('os.write("b.txt", "x"); os.read("b.txt");')
    code, out, err = horus("run", "--audit-only", "x.rhai")
    assert (code, out, (work / "b.txt").exists()) == (4, "", False)
    assert err.startswith(
        f'# up to where it stopped, the run needs\nwrite = ["{work}/b.txt"]\n'
        f"# or on the command line: --allow-write={work}/b.txt\n\nx.rhai:1:4\n"
    )


def test_audit_only_as_json_and_without_any_rights(horus, work):
    code, out, err = horus("run", "--audit-only", "--json", work / "none.rhai")
    assert code == 2
    (work / "x.rhai").write_text("print(1)")
    assert horus("run", "--audit-only", "x.rhai") == (0, "1\n", "# the run needs\n# no rights at all\n")
    code, out, err = horus("run", "--audit-only", "--json", "x.rhai")
    assert (code, json.loads(out)["output"], json.loads(err)) == (
        0, "1\n", {"complete": True, "policy": Policy().to_dict(), "flags": []},
    )  # fmt: skip
    assert tomllib.loads("") == {}


def test_the_audit_log_is_added_to(horus, work):
    (work / "x.rhai").write_text('os.write("b.txt", "x");')
    for _ in range(2):
        assert horus("run", "--allow-write=.", "--audit=log.jsonl", "x.rhai")[0] == 0
    lines = [json.loads(line) for line in (work / "log.jsonl").read_text().splitlines()]
    assert [(line["capability"], line["subject"], line["allowed"], line["line"], line["source"]) for line in lines] == [
        ("write", "b.txt", True, 1, "x.rhai")
    ] * 2
    assert horus("run", "--audit=none/log", "x.rhai") == (
        2, "", "cannot write the audit log 'none/log': no such file or directory\n",
    )  # fmt: skip


def test_presets_stand_for_a_whole_policy(horus, work):
    (work / "x.rhai").write_text('os.write("b.txt", "x"); print(os.read("b.txt"));')
    assert horus("run", "--preset=workspace", "x.rhai") == (0, "x\n", "")
    assert horus("run", "--preset=readonly", "x.rhai")[0] == 4
    assert horus("run", "--preset=full", "--deny-write=.", "x.rhai")[0] == 4
    assert horus("run", "--preset=readonly", "--allow-all", "x.rhai") == (
        2, "", "--preset stands for a whole policy: it cannot stand beside --policy or --allow-all\n",
    )  # fmt: skip
