"""The operations payloads in `examples/operations/` run in a throw-away root, against real files, git and HTTP.

Each runs through the command line with the rights that its heading names, and its output is compared whole.
"""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from horus_runtime.cli.main import main
from tests.support.repositories import IDENTITY, git, make_repository
from tests.support.web import Handler, serving

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "operations"
TICKETS = [{"id": 1, "age": 3}, {"id": 2, "age": 31}, {"id": 3, "age": 90}, {"id": 4, "age": 45}]


def archive() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as packed:
        for name, text in {"VERSION": "1.0\n", "bin/app": "#!/bin/sh\n"}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            packed.addfile(entry, io.BytesIO(text.encode()))
    return out.getvalue()


ARCHIVE = archive()


class Api(Handler):
    def do_GET(self):
        if self.path == "/tickets?state=open":
            self.reply(200, json.dumps(TICKETS).encode())
        elif self.path == "/app.tar.gz":
            self.reply(200, ARCHIVE)
        else:
            self.reply(200 if self.path == "/health" else 503, b"")

    def do_POST(self):
        number = int(self.path.split("/")[2])
        sent = json.loads(self.body())
        assert sent == {"reason": "stale"}
        self.reply(409 if number == 3 else 200, json.dumps({"id": number}).encode())


@pytest.fixture
def server():
    with serving(Api) as place:
        yield place


@pytest.fixture
def run(root, capfd):
    def run(name, *flags):
        capfd.readouterr()
        code = main(["run", *flags, str(EXAMPLES / name)])
        return (code, *capfd.readouterr())

    return run


def tree(top: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def content(top: Path) -> dict[str, str]:
    return {str(path.relative_to(top)): path.read_text() for path in sorted(top.rglob("*")) if path.is_file()}


FILES = ("--allow-read=.", "--allow-write=.")


def test_every_payload_is_tested_here():
    tests = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    names = {path.stem for path in EXAMPLES.iterdir()}
    assert len(names) >= 12
    assert names <= tests


def test_deploy_site(run, root):
    tree(root, {
        "site.json": '{"title": "Acme", "pages": ["a", "b"]}',
        "pages/index.html": '<h1>{{ title }}</h1>{% for p in pages %}<a href="/{{ p }}.html">{{ p }}</a>{% endfor %}\n',
        "pages/a.html": '<a href="/">home</a>', "pages/b.html": "b", "assets/x.css": "p {}",
        "www/old.html": "gone", "www/b.html": "b",
    })  # fmt: skip
    assert run("deploy_site.hero", *FILES) == (0, "# deploy\n3 copied, 1 deleted, 1 unchanged\n", "")
    assert content(root / "www") == {
        "a.html": '<a href="/">home</a>', "assets/x.css": "p {}", "b.html": "b",
        "index.html": '<h1>Acme</h1><a href="/a.html">a</a><a href="/b.html">b</a>\n',
    }  # fmt: skip
    (root / "pages" / "b.html").write_text('<a href="/none.html">')
    code, out, err = run("deploy_site.hero", *FILES)
    assert (code, out) == (1, "# deploy\n")
    assert '["build/b.html -> /none.html"]' in err
    assert (root / "www" / "b.html").read_text() == "b"


def test_rotate_logs(run, root):
    tree(root, {
        "logs/app.log": "x" * 200, "logs/app.log.1": "one", "logs/app.log.2": "two", "logs/app.log.3": "three",
        "logs/db/small.log": "y",
    })  # fmt: skip
    flags = ("--allow-read=logs", "--allow-write=logs")
    assert run("rotate_logs.rhai", *flags) == (0, 'rotated: ["logs/app.log"]\n', "")
    assert content(root / "logs") == {
        "app.log": "", "app.log.1": "x" * 200, "app.log.2": "one", "app.log.3": "two", "db/small.log": "y",
    }  # fmt: skip
    assert run("rotate_logs.rhai", *flags) == (0, "nothing to rotate\n", "")


def test_repository_status(run, root):
    clean = make_repository(root / "code" / "github" / "acme" / "lib")
    dirty = make_repository(root / "code" / "github" / "acme" / "app")
    tree(dirty, {"README.md": "changed", "new.txt": "x"})
    width = len(str(clean))
    assert run("repository_status.hero", "--code-root=code", *FILES) == (
        0,
        (
            f"{'REPOSITORY'.ljust(width)}  BRANCH  STATE\n{dirty}  [main]  COMMIT\n{clean}  [main]  OK\n"
            "name  branch  changed  untracked  last\napp   main    1        1          first\n"
        ),
        "",
    )
    assert json.loads((root / "status.json").read_text()) == [
        {"branch": "main", "changed": 1, "last": "first", "name": "app", "untracked": 1}
    ]


def test_backup_folder(run, root):
    tree(root, {"data/a.txt": "1", "data/d/b.txt": "2"})
    flags = ("--allow-read=.,/tmp", "--allow-write=.,/tmp")
    for number in range(1, 5):
        first = max(1, number - 2)
        kept = ", ".join(f'"data-{kept:04}.tar.gz"' for kept in range(first, number + 1))
        assert run("backup_folder.rhai", *flags) == (
            0, f"wrote backups/data-{number:04}.tar.gz: 2 files, kept [{kept}]\n", "",
        )  # fmt: skip
    names = sorted(path.name for path in (root / "backups").iterdir())
    assert names == ["data-0002.tar.gz", "data-0003.tar.gz", "data-0004.tar.gz"]
    with tarfile.open(root / "backups" / "data-0004.tar.gz") as packed:
        assert sorted(packed.getnames()) == ["a.txt", "d", "d/b.txt"]


def test_disk_summary(run, root):
    tree(root, {"storage/a/x": "1" * 10, "storage/b/y": "2" * 300, "storage/b/z/w": "3" * 5})
    assert run("disk_summary.rhai", "--allow-read=storage") == (
        0,
        "folder  files  bytes\nb       2      305\na       1      10\nlargest: storage/b/y (300 bytes)\n",
        "",
    )


def test_call_api(run, server, monkeypatch):
    monkeypatch.setenv("BASE", f"http://{server}")
    flags = (f"--allow-net={server}", "--allow-private-net", "--allow-env=BASE")
    assert run("call_api.rhai", *flags) == (0, 'closed [2, 4], failed ["3: HttpStatus 409"]\n', "")
    code, _, err = run("call_api.rhai", "--allow-env=BASE")
    assert (code, f"--allow-net={server}" in err) == (4, True)


def test_render_templates(run, root):
    tree(root, {
        "defaults.yaml": "port: 80\nroot: /srv\n", "hosts.csv": "name,root\na,/www/a\nb,/www/b\n",
        "nginx.tpl": "listen {{ port }}; server_name {{ name }}; root {{ root }};\n",
    })  # fmt: skip
    flags = ("--allow-read=.", "--allow-write=conf")
    assert run("render_templates.rhai", *flags) == (0, 'written: ["conf/a.conf", "conf/b.conf"]\n', "")
    assert content(root / "conf") == {
        "a.conf": "listen 80; server_name a; root /www/a;\n", "b.conf": "listen 80; server_name b; root /www/b;\n",
    }  # fmt: skip
    (root / "hosts.csv").write_text("name,root\na,/www/a\nb,/new\n")
    assert run("render_templates.rhai", *flags) == (
        0,
        (
            "--- first\n+++ second\n@@ -1 +1 @@\n-listen 80; server_name b; root /www/b;\n"
            '+listen 80; server_name b; root /new;\nwritten: ["conf/b.conf"]\n'
        ),
        "",
    )


def test_check_services(run, root, server):
    host, _, port = server.partition(":")
    services = [
        {"name": "api", "kind": "http", "url": f"http://{server}/health", "required": True},
        {"name": "broken", "kind": "http", "url": f"http://{server}/none"},
        {"name": "port", "kind": "tcp", "host": host, "port": int(port), "required": True},
        {"name": "closed", "kind": "tcp", "host": host, "port": 1},
    ]
    (root / "services.yaml").write_text(json.dumps(services))
    flags = (*FILES, "--allow-net=127.0.0.1", "--allow-private-net")
    table = "service  up\napi      true\nbroken   false\nport     true\nclosed   false\n"
    assert run("check_services.hero", *flags) == (0, "# services of production\n" + table, "")
    assert json.loads((root / "report.json").read_text())[1] == {"service": "broken", "up": False}
    services[3]["required"] = True
    (root / "services.yaml").write_text(json.dumps(services))
    code, _, err = run("check_services.hero", *flags)
    assert (code, 'down: [\\"closed\\"]' in err) == (1, True)


def test_clean_up(run, root, monkeypatch):
    tree(root, {
        "projects/a/x.py": "", "projects/a/__pycache__/x.pyc": "", "projects/b/t.tmp": "", "projects/b/k~": "",
        "projects/b/target/deep/o.tmp": "",
    })  # fmt: skip
    flags = ("--allow-read=projects", "--allow-write=projects", "--allow-env=CONFIRM")
    doomed = ["projects/a/__pycache__", "projects/b/k~", "projects/b/t.tmp", "projects/b/target"]
    assert run("clean_up.rhai", *flags) == (0, "".join(f"would remove {item}\n" for item in doomed), "")
    monkeypatch.setenv("CONFIRM", "yes")
    assert run("clean_up.rhai", *flags) == (0, "".join(f"removed {item}\n" for item in doomed), "")
    assert content(root / "projects") == {"a/x.py": ""}
    assert run("clean_up.rhai", *flags) == (0, "", "")


def test_release(run, root, monkeypatch):
    app = make_repository(root / "code" / "github" / "acme" / "app")
    monkeypatch.setenv("HOME", str(root))
    (root / ".gitconfig").write_text("[user]\nname = Ann\nemail = ann@example.com\n")
    flags = ("--code-root=code", "--allow-read=code", "--allow-write=code", "--allow-git=local")
    for number, changes in ((1, 1), (2, 2)):
        code, out, err = run("release.hero", *flags)
        assert (code, err) == (0, "")
        first, second, last = out.splitlines()
        assert first.startswith(f"{app}: commit ")
        assert (second, last) == (f"{app}: tag_create done", f"v0.{number}: {changes} changes, clean: true")
    assert (app / "CHANGELOG.md").read_text() == "# v0.2\n\n- Release v0.1\n- first\n"
    assert git(app, "tag", "--list") == "v0.1\nv0.2"
    assert IDENTITY


def test_rotate_secrets(run, root, monkeypatch):
    monkeypatch.setenv("MASTER", "correct horse")
    (root / "services.toml").write_text('services = ["db", "mail"]\n')
    flags = (*FILES, "--allow-env=MASTER")
    assert run("rotate_secrets.rhai", *flags) == (0, 'new secrets for ["db", "mail"]\n', "")
    before = (root / "secrets.vault").read_bytes()
    (root / "services.toml").write_text('services = ["db"]\n')
    assert run("rotate_secrets.rhai", *flags) == (0, 'dropped mail\nnew secrets for ["db"]\n', "")
    assert (root / "secrets.vault").read_bytes() != before
    monkeypatch.setenv("MASTER", "wrong horse")
    code, _, err = run("rotate_secrets.rhai", *flags)
    assert (code, "the password is another one, or the file was changed" in err) == (1, True)


def test_import_inventory(run, root):
    tree(root, {
        "machines.csv": "name,site,cores\na,ams,4\nb,ams,8\nc,gnt,2\n",
        "more.toml": '[[machine]]\nname = "d"\nsite = "gnt"\ncores = 16\n',
    })  # fmt: skip
    for _ in range(2):  # a second run changes nothing
        assert run("import_inventory.hero", "--db=inventory.db", "--allow-read=.") == (
            0, "machines: 4\nmachines: 2\nsite  cores\nams   12\ngnt   18\n", "",
        )  # fmt: skip


def test_fetch_and_unpack(run, root, server, monkeypatch):
    monkeypatch.setenv("BASE", f"http://{server}")
    monkeypatch.setenv("SHA256", hashlib.sha256(ARCHIVE).hexdigest())
    flags = (*FILES, f"--allow-net={server}", "--allow-private-net", "--allow-env=BASE,SHA256")
    expected = f"http://{server}/app.tar.gz: {len(ARCHIVE)} bytes in app.tar.gz\n"
    expected += "unpacked 2 files, current says 1.0\n"
    assert run("fetch_and_unpack.hero", *flags) == (0, expected, "")
    assert run("fetch_and_unpack.hero", *flags) == (0, expected, "")
    (root / "app.tar.gz").unlink()
    monkeypatch.setenv("SHA256", "0" * 64)
    code, out, err = run("fetch_and_unpack.hero", *flags)
    assert (code, out, "not the one that is wanted" in err) == (1, "", True)
    assert not (root / "app.tar.gz").exists()
