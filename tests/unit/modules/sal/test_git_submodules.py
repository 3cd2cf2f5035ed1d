"""`git.clone` with submodules: real ones come along, and what a repository says of them is data."""

from pathlib import Path

import pytest

from horus_runtime.errors import HostFailure, PolicyError
from horus_runtime.modules.host import HostCall
from horus_runtime.modules.policy import Policy
from horus_runtime.modules.sal import sal_modules
from horus_runtime.modules.sal.git_submodules import Fetching, absolute_address
from tests.support.host_calls import Caller, FakeContext
from tests.support.repositories import IDENTITY, git, make_repository


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """`app` with the submodule `lib/one`, which has the submodule `deep`."""
    (tmp_path / "work").mkdir()
    make_repository(tmp_path / "deep", {"deep.txt": "deep\n"})
    one = make_repository(tmp_path / "one", {"one.txt": "one\n"})
    git(one, "submodule", "--quiet", "add", "../deep", "deep")
    git(one, "commit", "--quiet", "--message", "with deep")
    app = make_repository(tmp_path / "app", {"app.txt": "app\n"})
    git(app, "submodule", "--quiet", "add", str(one), "lib/one")
    git(app, "commit", "--quiet", "--message", "with one")
    (one / "one.txt").write_text("newer\n")
    git(one, "commit", "--quiet", "--all", "--message", "newer")
    return tmp_path


def caller(places: Path, *roots: str) -> Caller:
    read = roots or (str(places),)
    policy = Policy(read=read, write=(f"{places}/work",), git="remote")
    return Caller(sal_modules()["git"], FakeContext(policy, cwd=f"{places}/work", env=IDENTITY))


def failure(function, *args) -> dict:
    with pytest.raises(HostFailure) as caught:
        function(*args)
    return caught.value.value


def describe(places: Path, **changes: str) -> None:
    """Change what `app` says of its submodule."""
    app = places / "app"
    for what, value in changes.items():
        git(app, "config", "--file", ".gitmodules", f"submodule.lib/one.{what}", value)
    git(app, "commit", "--quiet", "--all", "--message", "other words")


def test_submodules_come_along_at_the_recorded_commit(places):
    api = caller(places)
    repo = api.clone(f"{places}/app", "app", {"recursive": True})
    work = places / "work" / "app"
    assert (work / "lib/one/one.txt").read_text() == "one\n"
    assert (work / "lib/one/deep/deep.txt").read_text() == "deep\n"
    assert git(work, "rev-parse", "HEAD:lib/one") == git(work / "lib/one", "rev-parse", "HEAD")
    assert git(work, "status", "--porcelain") == ""
    assert api.status(repo)["clean"] is True


def test_without_the_option_their_directories_stay_empty(places):
    caller(places).clone(f"{places}/app", "app")
    assert list((places / "work/app/lib/one").iterdir()) == []


def test_an_address_that_is_not_granted_leaves_nothing_behind(places):
    api = caller(places, f"{places}/app", f"{places}/work")
    with pytest.raises((HostFailure, PolicyError)) as caught:
        api.clone(f"{places}/app", "app", {"recursive": True})
    assert "PolicyDenied" in str(caught.value)
    assert list((places / "work").iterdir()) == []


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("ext::sh -c touch% mark", "InvalidArgument"),
        ("--upload-pack=touch mark", "InvalidArgument"),
        ("ftp://example.com/a/b", "InvalidArgument"),
        ("../../../../../../../../../../../../../../../a", "InvalidArgument"),
    ],
)
def test_addresses_are_data(places, url, kind):
    describe(places, url=url)
    assert failure(caller(places).clone, f"{places}/app", "app", {"recursive": True})["kind"] == kind
    assert list((places / "work").iterdir()) == []


def test_the_program_that_a_submodule_names_does_not_run(places):
    mark = places / "mark"
    describe(places, update=f"!touch {mark}")
    caller(places).clone(f"{places}/app", "app", {"recursive": True})
    assert (places / "work/app/lib/one/one.txt").exists()
    assert not mark.exists()


@pytest.mark.parametrize("path", ["../out", "lib/../../out", "/etc", ".git/hooks", "lib/.GIT", "-x"])
def test_a_path_that_no_commit_records_is_no_submodule(places, path):
    describe(places, path=path)
    caller(places).clone(f"{places}/app", "app", {"recursive": True})
    assert list((places / "work/app/lib/one").iterdir()) == []


def test_a_link_or_a_full_directory_in_place_of_the_submodule_is_refused(places):
    outside = places / "work" / "outside"
    outside.mkdir()
    (places / "work" / "link").symlink_to(outside)
    (places / "work" / "full").mkdir()
    (places / "work" / "full" / "file").touch()
    policy = Policy(read=(str(places),), write=(f"{places}/work",), git="remote")
    call = HostCall(FakeContext(policy, cwd=f"{places}/work", env=IDENTITY), "git", "clone")
    for name in ("link", "full", "missing"):
        found = failure(Fetching(call).clone, name, str(places / "deep"), "0" * 40)
        assert found["message"] == f"'{name}' is not the empty directory of a submodule"
    assert list(outside.iterdir()) == []


def test_a_repository_within_itself_ends(places):
    again = places / "again"
    make_repository(again)
    commit = git(again, "rev-parse", "HEAD")
    for _ in range(10):
        (again / ".gitmodules").write_text(f'[submodule "self"]\n\tpath = self\n\turl = {again}\n')
        git(again, "add", ".gitmodules")
        git(again, "update-index", "--add", "--cacheinfo", f"160000,{commit},self")
        git(again, "commit", "--quiet", "--message", "deeper")
        commit = git(again, "rev-parse", "HEAD")
    found = failure(caller(places).clone, str(again), "again", {"recursive": True})
    assert (found["kind"], "8 levels" in found["message"]) == ("LimitExceeded", True)
    assert list((places / "work").iterdir()) == []


@pytest.mark.parametrize(
    ("url", "parent", "expected"),
    [
        ("../lib.git", "https://example.com/acme/app.git", "https://example.com/acme/lib.git"),
        ("../../other/lib", "ssh://git@example.com:22/acme/app/", "ssh://git@example.com:22/other/lib"),
        ("./inner", "git@example.com:acme/app", "git@example.com:acme/app/inner"),
        ("../lib", "git@example.com:acme/app", "git@example.com:acme/lib"),
        ("../lib", "/srv/git/app", "/srv/git/lib"),
        ("https://example.org/x", "https://example.com/a/b", "https://example.org/x"),
    ],
)
def test_an_address_may_start_from_the_one_of_the_parent(url, parent, expected):
    assert absolute_address(HostCall(FakeContext(), "git", "clone"), url, parent) == expected
