"""The second part of `docker`, against a program that answers like an engine's command line."""

import json
from pathlib import Path

import pytest

from horus_runtime.errors import HostFailure
from horus_runtime.modules.policy import Policy
from horus_runtime.modules.sal import sal_modules
from tests.support.host_calls import Caller, FakeContext

OURS = json.dumps({"horus.managed": "true"})


@pytest.fixture
def engine(tmp_path: Path):
    """`engine(script, level)`: the functions over a fake engine; its calls are in the file `calls`."""

    def make(body: str, level: str = "full") -> Caller:
        program = tmp_path / "bin" / "docker"
        program.parent.mkdir(exist_ok=True)
        program.write_text(
            f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\ncase "$*" in *Labels*) echo \'{OURS}\'; exit;; esac\n{body}\n'
        )
        program.chmod(0o755)
        policy = Policy(docker=level, read=(str(tmp_path),), write=(str(tmp_path),))
        return Caller(
            sal_modules()["docker"], FakeContext(policy, cwd=str(tmp_path), search_path=f"{tmp_path}/bin:/bin")
        )

    return make


def calls(tmp_path: Path) -> list[str]:
    return (tmp_path / "calls").read_text().splitlines()


def test_images_are_fetched_named_made_and_removed(engine, tmp_path):
    api = engine("echo sha256:abc")
    (tmp_path / "ctx").mkdir()
    assert api.pull("nginx:1") == "sha256:abc"
    assert api.tag("nginx:1", "mine:2") == "mine:2"
    assert (api.push("mine:2"), api.remove_image("mine:2"), api.commit("web", "mine:3")) == (True, True, "sha256:abc")
    assert api.build("ctx", {"tag": "mine:4"}) == "sha256:abc"
    assert calls(tmp_path) == [
        "pull --quiet nginx:1", "image inspect --format {{.Id}} nginx:1", "tag nginx:1 mine:2", "push --quiet mine:2",
        "image rm mine:2", "commit web mine:3", f"build --quiet --tag mine:4 -- {tmp_path}/ctx",
    ]  # fmt: skip


def test_what_is_not_there_is_said(engine):
    api = engine("echo 'Error: No such image: x' >&2; exit 1")
    assert api.remove_image("x") is False
    with pytest.raises(HostFailure) as caught:
        api.pull("x")
    assert (caught.value.failure, caught.value.value["message"]) == ("NotFound", "Error: No such image: x")


def test_copies_stay_inside_the_roots_and_absolute_in_the_container(engine, tmp_path):
    api = engine("true", "manage")
    (tmp_path / "f").write_text("x")
    assert api.copy_to("web", "f", "/srv/f") is True
    assert api.copy_from("web", "/srv/f", ".") is True
    assert [line for line in calls(tmp_path) if line.startswith("cp")] == [
        f"cp -- {tmp_path}/f web:/srv/f", f"cp -- web:/srv/f {tmp_path}",
    ]  # fmt: skip
    for call in (lambda: api.copy_to("web", "/etc/passwd", "/x"), lambda: api.copy_from("web", "/x", "/etc"),
                 lambda: api.copy_to("web", "f", "relative")):  # fmt: skip
        with pytest.raises(HostFailure) as caught:
            call()
        assert caught.value.failure in {"PolicyDenied", "InvalidArgument"}


def test_waiting_measuring_and_listing(engine):
    assert engine("echo 3", "inspect").wait("web") == 3
    row = '{"CPUPerc":"1%","MemUsage":"5MiB / 1GiB","NetIO":"1B","BlockIO":"2B","PIDs":"7","Name":"web"}'
    assert engine(f"echo '{row}'", "inspect").stats("web") == {
        "cpu": "1%", "memory": "5MiB / 1GiB", "network": "1B", "blocks": "2B", "pids": "7",
    }  # fmt: skip
    assert engine("printf 'b\\na\\n'", "inspect").networks() == ["a", "b"]
    assert engine("printf 'v2\\nv1\\n'", "inspect").volumes() == ["v1", "v2"]
    with pytest.raises(HostFailure) as caught:
        engine("sleep 5", "inspect").wait("web", 0.1)
    assert caught.value.failure == "Timeout"
