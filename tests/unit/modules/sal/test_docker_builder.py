"""Containers described step by step, and as handles, against a program that answers like an engine's command line."""

import json
from pathlib import Path

import pytest

from horus_runtime.engine import Engine
from horus_runtime.errors import EvalError, HostFailure
from horus_runtime.modules.policy import Policy

ANSWERS = """
case "$1 $2 $*" in
container*missing*) echo "Error: No such container: missing" >&2; exit 1;;
*Labels*) echo '{"horus.managed":"true"}';;
*Status*) cat state;;
"container inspect"*) echo '[{"Name": "/web"}]';;
run*) echo c0ffee;;
exec*) echo inside;;
logs*) echo line;;
esac
"""
HARDENED = "run --label horus.managed=true --security-opt no-new-privileges --pids-limit 512"


@pytest.fixture
def run(tmp_path: Path):
    """Runs a script; gives its value and what the engine was asked."""
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\ncd {tmp_path}\necho "$@" >> calls\n{ANSWERS}')
    program.chmod(0o755)
    (tmp_path / "state").write_text("running\n")

    def run(script, level="manage"):
        policy = Policy(docker=level, read=(str(tmp_path),), write=(str(tmp_path),))
        (tmp_path / "calls").write_text("")
        value = Engine.sal(policy, cwd=str(tmp_path), search_path=f"{tmp_path}/bin:/bin:/usr/bin").eval(script)
        return value, (tmp_path / "calls").read_text().splitlines()

    return run


def test_a_container_is_described_and_then_made_at_once(run, tmp_path):
    script = """
        let web = docker.container("web", "nginx:1")
            .with_port("8080:80").with_port("8443:443").with_volume("site:/srv:ro")
            .with_env("A", "1").with_env("B", "2")
            .with_network("front").with_network_alias("www")
            .with_cpu_limit(0.5).with_cpu_shares(512).with_memory_limit("256m").with_memory_swap_limit("512m")
            .with_restart_policy("on-failure:3").with_user("1000:1000").with_workdir("/srv")
            .with_health_check("curl -f http://localhost/", #{interval: 5, retries: 2})
            .with_command(["nginx", "-g", "daemon off;"]);
        let made = web.build();
        [made.name(), made.image()]
    """
    (tmp_path / "site").mkdir()
    value, calls = run(script)
    assert value == ["web", "nginx:1"]
    [call] = calls
    assert call == (
        f"{HARDENED} --memory 256m --cpus 0.5 --name web --detach --publish 8080:80 --publish 8443:443 --env A=1"
        f" --env B=2 --mount type=bind,source={tmp_path}/site,target=/srv,readonly --memory-swap 512m --cpu-shares 512"
        " --network front --network-alias www --restart on-failure:3 --user 1000:1000 --workdir /srv"
        " --health-cmd curl -f http://localhost/ --health-interval 5s --health-retries 2"
        " -- nginx:1 nginx -g daemon off;"
    )


def test_nothing_is_asked_before_it_is_built_and_a_reset_forgets(run):
    assert run('docker.container("web", "nginx").with_port("80:80").with_cpu_limit(2.0); 1') == (1, [])
    value, calls = run('docker.container("web", "nginx").with_port("80:80").reset().with_image("caddy").build().name()')
    assert (value, calls) == ("web", [f"{HARDENED} --memory 512m --cpus 1.0 --name web --detach -- caddy"])


def test_a_handle_works_with_the_container_of_its_name(run, tmp_path):
    script = 'let c = docker.container("web"); [c.exec(["ls"]).stdout, c.logs(), c.inspect().Name, c.stop(), c.image()]'
    value, calls = run(script)
    assert value == ["inside\n", "line\n", "/web", True, ""]
    assert [line for line in calls if line.startswith(("exec", "logs", "stop"))] == [
        "exec web ls", "logs --tail 1000 web", "stop web",
    ]  # fmt: skip
    assert run('docker.container("web").remove(#{force: true})')[1][-1] == "rm --force web"
    assert run('docker.container("web").restart()')[1][-1] == "restart web"


def test_start_starts_what_is_there_and_makes_what_was_only_described(run, tmp_path):
    assert not [line for line in run('docker.container("web").start(); 1')[1] if line.startswith("start")]
    (tmp_path / "state").write_text("exited\n")
    assert run('docker.container("web").start().name()')[1][-1] == "start web"
    assert run('docker.container("missing", "nginx").start(); 1')[1][-1].endswith("--name missing --detach -- nginx")
    with pytest.raises(HostFailure) as caught:
        run('docker.container("missing").start()')
    assert caught.value.failure == "NotFound"


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ('with_network("container:other")', "docker.build: 'network' 'container:other' is not the name of a network"),
        ('with_network("--privileged")', "docker.build: 'network' '--privileged' is not the name of a network"),
        ('with_restart_policy("often")', "'restart' is one of no, always, unless-stopped, on-failure, on-failure:N"),
        ('with_user("a b")', "'user' is a user, or user:group"),
        ('with_workdir("srv")', "'workdir' is an absolute path in the container"),
        ('with_port("-p")', "'ports' has the value '-p', which cannot be used"),
        ('with_health_check("-x")', "'health' has the value '-x', which cannot be used"),
        ('with_health_check("x", #{retries: 0})', "'health' has 'retries' that are not a number from 1"),
        ('with_health_check("x", #{interval: -1})', "'health' has a 'interval' that is not a number of seconds"),
        ('with_volume("/etc")', "'volumes' must be texts 'place:/target' or 'place:/target:ro'"),
        ('with_image("a b")', "'image' is not the name of an image"),
    ],
)
def test_what_is_described_passes_the_checks_of_run(run, step, message):
    with pytest.raises(HostFailure) as caught:
        run(f'docker.container("web", "nginx").{step}.build()')
    assert message in caught.value.message


def test_the_network_of_the_host_needs_everything(run):
    with pytest.raises(EvalError) as caught:
        run('docker.container("web", "nginx").with_network("host").build()')
    assert "--allow-docker=full" in str(caught.value)
    assert (
        "--network host" in run('docker.container("web", "nginx").with_network("host").build(); 1', level="full")[1][0]
    )


def test_describing_needs_the_right_to_make(run):
    with pytest.raises(EvalError) as caught:
        run('docker.container("web", "nginx")', level="inspect")
    assert "--allow-docker=manage" in str(caught.value)
    assert json.dumps(run('docker.container("web").inspect()', level="inspect")[0]) == '{"Name": "/web"}'
