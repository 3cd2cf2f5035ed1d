"""Ideas for leaving the granted roots; each has to end in a refusal, by every way to walk."""

import threading
from pathlib import Path

import pytest

from horus_runtime.errors import HostFailure, PolicyError
from horus_runtime.modules import host
from horus_runtime.modules.policy import Policy
from horus_runtime.modules.sal import paths, sal_modules
from tests.support.host_calls import Caller, FakeContext


@pytest.fixture(params=["openat2", "walk", "overlay"])
def way(request, monkeypatch):
    if request.param == "overlay":
        monkeypatch.setattr(host, "REAL", request.getfixturevalue("overlay"))
    elif request.param == "walk":
        monkeypatch.setattr(paths, "kernel_walk", lambda: None)
    elif paths.kernel_walk() is None:
        pytest.skip("this kernel has no openat2")
    return request.param


@pytest.fixture
def world(tmp_path: Path):
    """A root with a file, a secret outside, and a sibling whose name begins like the root's."""
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "file").write_text("inside")
    (root / "sub" / "file").write_text("deep")
    (tmp_path / "root-evil").mkdir()
    (tmp_path / "root-evil" / "secret").write_text("secret")
    (tmp_path / "secret").write_text("secret")
    return root


@pytest.fixture
def fs(world, way):
    policy = Policy(read=(str(world),), write=(str(world),))
    return Caller(sal_modules()["os"], FakeContext(policy, cwd=str(world)))


def test_plain_paths_inside_work(fs, world):
    assert fs.read("file") == "inside"
    assert fs.read(f"{world}/sub/../file") == "inside"
    assert fs.read(f"{world}//sub/./file") == "deep"
    assert fs.list_dir(str(world)) == ["file", "sub"]
    assert fs.list_dir(f"{world}/") == ["file", "sub"]


@pytest.mark.parametrize(
    "path",
    [
        "../secret",
        "sub/../../secret",
        "../root/file",
        "../root-evil/secret",
        "/etc/passwd",
        "/",
        "..",
        "sub/../..",
        "~/file",
    ],
)
def test_dots_absolute_names_and_similar_siblings_do_not_get_out(fs, path):
    with pytest.raises(HostFailure) as caught:
        fs.read(path)
    assert caught.value.failure == ("NotFound" if path.startswith("~") else "PolicyDenied")


def test_even_a_step_outside_that_comes_back_is_refused(fs, world):
    with pytest.raises(PolicyError):
        fs.read(f"{world}/../root/file")


def test_links_that_leave_are_refused_and_links_that_stay_work(fs, world, tmp_path):
    (world / "out").symlink_to("../secret")
    (world / "abs").symlink_to(tmp_path / "secret")
    (world / "outdir").symlink_to(tmp_path)
    (world / "stay").symlink_to("sub/file")
    (world / "abs_in").symlink_to(world / "sub")
    (world / "dangling_out").symlink_to("/nowhere/at/all")
    for path in ("out", "abs", "outdir/secret", "dangling_out"):
        with pytest.raises(PolicyError):
            fs.read(path)
        with pytest.raises(PolicyError):
            fs.exists(path)
        with pytest.raises(PolicyError):
            fs.write(path, "x")
    assert fs.read("stay") == "deep"
    assert fs.read("abs_in/file") == "deep"
    assert (tmp_path / "secret").read_text() == "secret"


def test_a_link_may_lead_from_one_root_into_another(way, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    (two / "f").write_text("2")
    (one / "l").symlink_to(two / "f")
    fs = Caller(sal_modules()["os"], FakeContext(Policy(read=(str(one), str(two)))))
    assert fs.read(f"{one}/l") == "2"


def test_existence_outside_is_not_told(fs, tmp_path):
    for path in (f"{tmp_path}/secret", f"{tmp_path}/no-such-file"):
        for function in (fs.exists, fs.is_file, fs.is_link, fs.stat):
            with pytest.raises(PolicyError):
                function(path)


def test_write_does_not_imply_read_nor_read_write(world, way):
    fs = Caller(sal_modules()["os"], FakeContext(Policy(write=(str(world),))))
    fs.write(f"{world}/new", "x")
    with pytest.raises(PolicyError):
        fs.read(f"{world}/new")
    fs = Caller(sal_modules()["os"], FakeContext(Policy(read=(str(world),))))
    for change in (
        lambda: fs.write(f"{world}/file", "x"),
        lambda: fs.append(f"{world}/file", "x"),
        lambda: fs.delete(f"{world}/file"),
        lambda: fs.chmod(f"{world}/file", 0o777),
        lambda: fs.move(f"{world}/file", f"{world}/other"),
        lambda: fs.mkdir(f"{world}/made"),
    ):
        with pytest.raises(PolicyError):
            change()
    assert (world / "file").read_text() == "inside"


def test_deny_beats_allow_also_when_everything_is_allowed(world, way):
    policy = Policy.allow_all().grant(deny_read=[str(world / "sub")], deny_write=["/"])
    fs = Caller(sal_modules()["os"], FakeContext(policy))
    assert fs.read(f"{world}/file") == "inside"
    with pytest.raises(PolicyError) as caught:
        fs.read(f"{world}/sub/file")
    assert caught.value.message == (
        f"PolicyDenied: os.read on '{world}/sub/file' is denied: a rule of the policy forbids it, "
        "and no grant of 'read' overrules it"
    )
    (world / "way").symlink_to("sub")
    with pytest.raises(PolicyError):
        fs.read(f"{world}/way/file")
    with pytest.raises(PolicyError):
        fs.write(f"{world}/file", "x")


@pytest.mark.parametrize("path", [".git/config", "repo/.git/hooks/post-commit", ".ssh/id_ed25519", "x/.netrc"])
def test_credentials_and_hooks_are_denied_inside_a_root(fs, world, path):
    (world / path).parent.mkdir(parents=True, exist_ok=True)
    (world / path).write_text("secret")
    with pytest.raises(PolicyError):
        fs.read(path)
    with pytest.raises(PolicyError):
        fs.write(path, "x")
    top = path.split("/")[0]
    with pytest.raises(PolicyError):
        fs.delete(top, {"recursive": True})
    assert (world / path).read_text() == "secret"


def test_tree_work_does_not_follow_links_out(fs, world, tmp_path):
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "precious").write_text("p")
    (world / "tree").mkdir()
    (world / "tree" / "out").symlink_to(tmp_path / "away")
    assert fs.find_files("tree", "*") == []
    with pytest.raises(HostFailure) as caught:
        fs.copy("tree", "copy")
    assert caught.value.failure == "InvalidArgument"
    assert fs.delete("tree", {"recursive": True}) is True
    assert (tmp_path / "away" / "precious").read_text() == "p"


def test_a_granted_single_file_grants_nothing_beside_it(world, way):
    fs = Caller(sal_modules()["os"], FakeContext(Policy(read=(str(world / "file"),), write=(str(world / "new"),))))
    assert fs.read(f"{world}/file") == "inside"
    fs.write(f"{world}/new", "x")
    for path in (f"{world}/sub/file", f"{world}", f"{world}/file/../sub/file"):
        with pytest.raises(HostFailure):
            fs.read(path)
    with pytest.raises(PolicyError):
        fs.write(f"{world}/other", "x")


def test_a_root_that_is_a_link_can_be_named_either_way(world, way, tmp_path):
    alias = tmp_path / "alias"
    alias.symlink_to(world)
    fs = Caller(sal_modules()["os"], FakeContext(Policy(read=(str(alias),))))
    assert fs.read(f"{alias}/file") == fs.read(f"{world}/file") == "inside"


def test_magic_links_of_proc_do_not_open_other_files(way, world):
    with (world / "file").open() as handle:
        fs = Caller(sal_modules()["os"], FakeContext(Policy(read=("/proc/self/fd",))))
        with pytest.raises(HostFailure):
            fs.read(f"/proc/self/fd/{handle.fileno()}")


def test_a_link_swapped_during_the_check_never_shows_the_outside(fs, world, tmp_path):
    """The name is a directory, then a link to the outside, as fast as can be, while a script reads below it."""
    inside, outside, name = world / "real", tmp_path / "outside", world / "swap"
    inside.mkdir()
    outside.mkdir()
    (inside / "f").write_text("inside")
    (outside / "f").write_text("secret")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            for target in (inside, outside):
                (tmp_path / "next").symlink_to(target)
                (tmp_path / "next").rename(name)

    name.symlink_to(inside)
    thread = threading.Thread(target=swap)
    thread.start()
    seen = set()
    try:
        for _ in range(400):
            try:
                seen.add(fs.read("swap/f"))
            except HostFailure as failure:
                seen.add(failure.failure)
    finally:
        stop.set()
        thread.join()
    assert "secret" not in seen
