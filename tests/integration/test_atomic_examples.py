"""Every operations payload does the same under `--atomic`, or says why it cannot."""

import pytest

from horus_runtime.cli.main import main
from tests.integration import test_operations_examples as examples

server = examples.server
for _name, _test in vars(examples).items():
    if _name.startswith("test_") and _name not in {"test_release", "test_call_api"}:
        globals()[_name] = _test


@pytest.fixture
def run(root, capfd):
    def run(name, *flags):
        capfd.readouterr()
        code = main(["run", "--atomic", *flags, str(examples.EXAMPLES / name)])
        assert list(root.rglob(".horus-journal*")) == []
        return (code, *capfd.readouterr())

    return run


def test_release(run, root, monkeypatch):
    """Git would commit without the changelog, which is only pending: that is refused, and nothing is changed."""
    app = examples.make_repository(root / "code" / "github" / "acme" / "app")
    monkeypatch.setenv("HOME", str(root))
    (root / ".gitconfig").write_text("[user]\nname = Ann\nemail = ann@example.com\n")
    flags = ("--code-root=code", "--allow-read=code", "--allow-write=code", "--allow-git=local")
    code, _, err = run("release.hero", *flags)
    assert (code, f"git would not see what this run changed in '{app}'" in err) == (1, True)
    assert not (app / "CHANGELOG.md").exists()
    assert (examples.git(app, "tag", "--list"), "cannot be undone" in err) == ("", False)


def test_call_api(run, server, monkeypatch):
    """What is sent is sent: it is told as a warning."""
    monkeypatch.setenv("BASE", f"http://{server}")
    code, out, err = run("call_api.rhai", f"--allow-net={server}", "--allow-private-net", "--allow-env=BASE")
    assert (code, out) == (0, 'closed [2, 4], failed ["3: HttpStatus 409"]\n')
    assert err == "warning: this was done at once and cannot be undone:\n" + "".join(
        f"  http.post_json: POST http://{server}/tickets/{number}/close (line 10)\n" for number in (2, 3, 4)
    )
