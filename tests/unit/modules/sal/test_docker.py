"""The module `docker` against a program that answers like an engine's command line."""

import json
from pathlib import Path

import pytest

from horus_runtime.errors import DeadlineError, HostFailure, PolicyError
from horus_runtime.modules.policy import Policy
from horus_runtime.modules.sal import sal_modules
from tests.support.host_calls import Caller, FakeContext

DOCKER = sal_modules()["docker"]
ROW = {
    "ID": "f00", "Names": "web", "Image": "nginx:1", "Command": '"nginx -g"', "State": "running",
    "Status": "Up 2 hours", "CreatedAt": "2024-01-02 03:04:05 +0000 UTC", "Ports": "80/tcp, 0.0.0.0:8080->80/tcp",
    "Labels": "b=2,a=1", "Networks": "bridge", "Mounts": "",
}  # fmt: skip


@pytest.fixture
def engine(tmp_path: Path):
    """`engine(script, level)`: the module's functions over a fake `docker` with this shell script as its body."""

    def make(body: str, level: str = "inspect", name: str = "docker", **extra) -> Caller:
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n{body}\n')
        program.chmod(0o755)
        policy = extra.pop("policy", Policy(docker=level))
        return Caller(DOCKER, FakeContext(policy, search_path=f"{tmp_path}:/bin:/usr/bin", **extra))

    return make


def failure(function, *args) -> dict:
    with pytest.raises(HostFailure) as caught:
        function(*args)
    return caught.value.value


def test_ps_reads_the_engine_and_sorts_by_name(engine, tmp_path):
    second = {**ROW, "ID": "b0b", "Names": "app", "Ports": ""}
    api = engine(f"cat <<'END'\n{json.dumps(ROW)}\n{json.dumps(second)}\nEND")
    web = {
        "id": "f00", "name": "web", "image": "nginx:1", "command": "nginx -g", "state": "running",
        "status": "Up 2 hours", "created": "2024-01-02 03:04:05 +0000 UTC",
        "ports": ["80/tcp", "0.0.0.0:8080->80/tcp"], "labels": {"a": "1", "b": "2"}, "networks": ["bridge"],
        "mounts": [],
    }  # fmt: skip
    assert api.ps() == [{**web, "id": "b0b", "name": "app", "ports": []}, web]
    assert api.list({"filter": "we", "all": True}) == [web]
    assert (tmp_path / "calls").read_text().splitlines()[-1] == "ps --no-trunc --format {{json .}} --all"


def test_podman_answers_with_one_array(engine):
    row = {"Id": "1", "Names": ["pod"], "Image": "i", "Command": ["a", "b"], "State": "exited", "Labels": None}
    api = engine(f"echo '{json.dumps([row])}'", name="podman", container_engines=("podman",))
    assert [(c["id"], c["name"], c["command"], c["state"]) for c in api.ps()] == [("1", "pod", "a,b", "exited")]


def test_a_missing_program_is_unavailable(tmp_path):
    api = Caller(DOCKER, FakeContext(Policy(docker="inspect"), search_path=str(tmp_path)))
    assert failure(api.ps) == {
        "kind": "Unavailable",
        "message": "no container engine is installed: none of docker, podman, nerdctl was found",
        "module": "docker",
        "function": "ps",
        "hint": "install one of them, or let the payload go on without: --allow-unavailable docker",
    }
    assert api.is_available() is False


def test_an_engine_that_does_not_answer_is_unavailable(engine):
    said = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
    api = engine(f"echo '{said}' >&2; exit 1")
    assert failure(api.ps)["kind"] == "Unavailable"
    assert failure(api.ps)["message"] == f"the container engine does not answer: {said}"
    assert api.is_available() is False


def test_an_engine_that_hangs_is_a_timeout_and_the_deadline_beats_it(engine):
    api = engine("sleep 60")
    assert failure(api.ps, {"timeout": 0.2})["message"] == "the container engine did not answer within 0.2 s"
    with pytest.raises(DeadlineError):
        engine("sleep 60", seconds=0.2).ps()


def test_nonsense_from_the_engine_is_a_failure(engine):
    assert failure(engine("echo hello").ps)["message"] == "the container engine's answer cannot be read"
    assert failure(engine("echo 'Error: No such container: x' >&2; exit 1").logs, "x")["kind"] == "NotFound"
    assert failure(engine("exit 3").ps) == {
        "kind": "CommandFailed", "message": "exit code 3", "module": "docker", "function": "ps", "code": 3,
        "command": "docker ps",
    }  # fmt: skip


def test_names_that_could_be_options_are_refused(engine):
    api = engine("echo", level="full")
    for name in ("--all", "-v", "", "a b", "x;y"):
        assert failure(api.inspect, name)["kind"] == "InvalidArgument"
        assert failure(api.stop, name)["kind"] == "InvalidArgument"
    assert failure(api.run, "--privileged")["kind"] == "InvalidArgument"
    assert failure(api.run, "alpine", {"volumes": ["/etc"]})["kind"] == "InvalidArgument"


def test_changing_containers_needs_manage_and_our_label(engine):
    labels = "case \"$*\" in *Labels*) echo '{}';; *Status*) echo running;; esac"
    with pytest.raises(PolicyError) as caught:
        engine(labels).stop("web")
    assert caught.value.message.endswith("grant it with --allow-docker=manage")
    with pytest.raises(PolicyError) as caught:
        engine(labels, level="manage").stop("web")
    assert caught.value.message.endswith("grant it with --allow-docker=full")
    assert engine(labels, level="full").stop("web") is True
    ours = labels.replace("'{}'", '\'{"horus.managed":"true"}\'')
    assert engine(ours, level="manage").stop("web") is True
    assert engine(ours, level="manage").start("web") is False


def test_run_is_hardened_and_mounts_only_granted_places(engine, tmp_path):
    (tmp_path / "data").mkdir()
    policy = Policy(docker="manage", read=(str(tmp_path),))
    api = engine("echo abc123", policy=policy)
    assert api.run("alpine:3", {"name": "job", "command": ["ls", "-l"], "volumes": [f"{tmp_path}/data:/data:ro"]}) == (
        "abc123"
    )
    assert (tmp_path / "calls").read_text().strip() == (
        "run --label horus.managed=true --security-opt no-new-privileges --pids-limit 512 --memory 512m --cpus 1.0 "
        f"--name job --detach --mount type=bind,source={tmp_path}/data,target=/data,readonly -- alpine:3 ls -l"
    )
    for volume in (f"{tmp_path}/data:/data", "/var/run:/x:ro"):
        with pytest.raises(PolicyError):
            api.run("alpine", {"volumes": [volume]})
