"""Commits of a user who may not do everything, and over several file systems."""

import codecs
import os
import shutil
import traceback
from pathlib import Path

import pytest

import horus_runtime as hr
from horus_runtime.planning.atomic import run_atomic
from tests.support.snapshots import snapshot

NOBODY = 65534
SHARED = Path("/dev/shm")


def engine_for(*roots):
    places = tuple(map(str, roots))
    return hr.Engine.sal(hr.Policy(read=places, write=places))


def failure_of(script, root, state):
    try:
        run_atomic(engine_for(root), lambda engine: engine.run(script), state)
    except hr.HorusError as error:
        return error.message
    return None


def as_nobody(work):
    """What a piece of work gives when a user without rights does it; a text or `None`."""
    if os.geteuid() != 0:
        return work()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            said = work()
        except BaseException:  # noqa: BLE001 - told to the test
            said = traceback.format_exc()
        os.write(writer, (said or "nothing").encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        said = stream.read().decode()
    os.waitpid(child, 0)
    return None if said == "nothing" else said


@pytest.fixture(scope="module", autouse=True)
def everything_loaded(tmp_path_factory):
    """The user without rights may not be able to read the package: what is needed is imported before."""
    top = tmp_path_factory.mktemp("warm")
    (top / "d").mkdir()
    script = f"""
        os.write("{top}/a", "a"); os.chmod("{top}/d", 0o700); os.delete("{top}/d", #{{recursive: true}});
        os.mkdir("{top}/e"); try {{ os.read("{top}/none"); }} catch {{ }} os.read("{top}/none");
    """
    assert failure_of(script, top, top / "state").startswith("NotFound")
    assert failure_of(script.split("try", maxsplit=1)[0], top, top / "state") is None
    codecs.lookup("ascii")


@pytest.fixture
def root(tmp_path):
    """A directory of a user without rights, below directories that everybody may enter."""
    top = tmp_path / "root"
    top.mkdir()
    for place in (tmp_path, *tmp_path.parents):
        if place.stat().st_uid == os.geteuid() and place != Path("/"):
            place.chmod(place.stat().st_mode | 0o111)
    (top / "a.txt").write_text("a")
    (top / "closed").mkdir()
    (top / "closed" / "b.txt").write_text("b")
    (top / "state").mkdir()
    if os.geteuid() == 0:
        for path in (top, *top.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    yield top
    for path in top.rglob("*"):
        if path.is_dir():
            path.chmod(0o700)


def test_the_overlay_refuses_what_the_system_would(root):
    (root / "closed").chmod(0o500)
    said = as_nobody(lambda: failure_of(f'os.write("{root}/closed/c.txt", "c");', root, root / "state"))
    assert said == f"PermissionDenied: the operating system does not permit access to '{root}/closed/c.txt'"
    said = as_nobody(lambda: failure_of(f'os.delete("{root}/closed/b.txt");', root, root / "state"))
    assert said == f"PermissionDenied: the operating system does not permit access to '{root}/closed/b.txt'"


def test_a_right_that_is_lost_half_way_undoes_everything(root):
    before = snapshot(root, times=False)

    def work():
        def crash(name):
            if name == f"place {root}/closed/c.txt":
                (root / "closed").chmod(0o500)

        script = f'os.write("{root}/a.txt", "A"); os.write("{root}/closed/c.txt", "c");'
        try:
            run_atomic(engine_for(root), lambda engine: engine.run(script), root / "state", crash=crash)
        except hr.HorusError as error:
            return error.message
        return None

    said = as_nobody(work)
    assert said.startswith("PermissionDenied: '")
    assert said.endswith("permission denied; nothing was changed")
    (root / "closed").chmod(0o755)
    after = {name: facts for name, facts in snapshot(root, times=False).items() if not name.startswith("state/")}
    assert after == before


def test_directories_that_nobody_may_write_to_are_made_moved_and_deleted(root):
    script = f"""
        os.mkdir("{root}/made"); os.write("{root}/made/x", "x"); os.chmod("{root}/made", 0o500);
        os.mkdir("{root}/empty"); os.chmod("{root}/empty", 0o555);
        os.delete("{root}/closed", #{{recursive: true}});
    """
    assert as_nobody(lambda: failure_of(script, root, root / "state")) is None
    assert sorted(path.name for path in root.iterdir()) == ["a.txt", "empty", "made", "state"]
    assert ((root / "made").stat().st_mode & 0o777, (root / "made" / "x").read_text()) == (0o500, "x")
    (root / "empty").chmod(0o555)
    assert as_nobody(lambda: failure_of(f'os.delete("{root}/empty");', root, root / "state")) is None
    assert not (root / "empty").exists()


def test_a_directory_keeps_its_mode_when_it_moves(root):
    (root / "closed").chmod(0o555)
    said = failure_of(f'os.move("{root}/closed", "{root}/moved");', root, root / "state")
    if os.geteuid() == 0:
        assert (said, (root / "moved").stat().st_mode & 0o777) == (None, 0o555)
    else:
        assert said.startswith("PermissionDenied")


def test_a_root_that_cannot_hold_the_stage_hands_it_down(root):
    root.chmod(0o555)
    (root / "state").chmod(0o700)
    script = f'os.write("{root}/closed/b.txt", "B"); os.write("{root}/closed/c.txt", "c");'
    assert as_nobody(lambda: failure_of(script, root, root / "state")) is None
    root.chmod(0o755)
    assert [path.read_text() for path in sorted((root / "closed").iterdir())] == ["B", "c"]


@pytest.fixture
def elsewhere(tmp_path):
    """A directory on another file system."""
    if not SHARED.is_dir() or SHARED.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system")
    place = SHARED / f"horus-{os.getpid()}-{tmp_path.name}"
    place.mkdir()
    yield place
    for path in sorted(place.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    place.rmdir()


SCRIPT = """
    os.move("{one}/dir", "{two}/dir"); os.write("{two}/dir/new", "n"); os.write("{one}/a", "A");
    os.copy("{two}/b", "{one}/b"); os.delete("{two}/b");
"""


def two_roots(tmp_path, elsewhere):
    one = tmp_path / "one"
    (one / "dir" / "deep").mkdir(parents=True)
    (one / "dir" / "deep" / "x").write_text("x")
    (one / "a").write_text("a")
    (elsewhere / "b").write_text("b")
    return one, SCRIPT.replace("{one}", str(one)).replace("{two}", str(elsewhere))


def test_roots_on_two_file_systems(tmp_path, elsewhere):
    one, script = two_roots(tmp_path, elsewhere)
    run_atomic(engine_for(one, elsewhere), lambda engine: engine.run(script), tmp_path / "state")
    assert {path.name: path.read_text() for path in one.iterdir()} == {"a": "A", "b": "b"}
    found = {str(path.relative_to(elsewhere)): path.read_text() for path in elsewhere.rglob("*") if path.is_file()}
    assert found == {"dir/deep/x": "x", "dir/new": "n"}


def test_an_error_on_one_of_them_undoes_both(tmp_path, elsewhere):
    one, script = two_roots(tmp_path, elsewhere)
    names = []
    engine = engine_for(one, elsewhere)
    before = snapshot(one, times=False), snapshot(elsewhere, times=False)
    number = 0
    while True:
        names.clear()

        def crash(name, number=number):
            names.append(name)
            if len(names) == number + 1 and not name.startswith("link"):  # those fall back to two steps
                raise OSError(28, "No space left on device")

        try:
            run_atomic(engine, lambda engine: engine.run(script), tmp_path / "state", crash=crash)
        except hr.HostFailure:
            assert (snapshot(one, times=False), snapshot(elsewhere, times=False)) == before
            number += 1
            continue
        if len(names) <= number or not names[number].startswith("link"):
            break
        shutil.rmtree(one)
        for path in elsewhere.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        two_roots(tmp_path, elsewhere)
        number += 1
    assert number >= 20
