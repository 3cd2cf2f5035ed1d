"""Programs, network, containers, language: the remaining ideas of the security model's checklist."""

import json
import os
import socket
import threading
import time
from pathlib import Path

import pytest

from horus_runtime.engine import Engine
from horus_runtime.errors import DeadlineError, EvalError, HostFailure, LimitError, PolicyError
from horus_runtime.limits import Limits
from horus_runtime.modules.policy import Policy
from horus_runtime.modules.sal import commands, sal_modules
from tests.support.host_calls import Caller, FakeContext

MODULES = sal_modules()


def use(name: str, policy: Policy, **services) -> Caller:
    seconds = services.pop("seconds", None)
    return Caller(MODULES[name], FakeContext(policy, seconds, **services))


def kind(call, *args) -> str:
    with pytest.raises(HostFailure) as caught:
        call(*args)
    return caught.value.failure


# --- processes -------------------------------------------------------------------------------------------------------


def test_a_link_to_an_interpreter_in_a_writable_root_does_not_run(tmp_path):
    (tmp_path / "tool").symlink_to("/bin/sh")
    policy = Policy(run=("tool",), read=(str(tmp_path),), write=(str(tmp_path),))
    process = use("process", policy, search_path=f"{tmp_path}:/bin", cwd=str(tmp_path))
    # The link may be changed by the script, but what would be started lies elsewhere and is not named by the grant.
    script = tmp_path / "copy"
    script.write_text("#!/bin/sh\necho ran\n")
    script.chmod(0o755)
    assert kind(use("process", Policy(run=("copy",), write=(str(tmp_path),)), search_path=str(tmp_path)).run,
                ["copy"]) == "PolicyDenied"  # fmt: skip
    assert kind(process.run, ["tool", "-c", "echo ran"]) == "PolicyDenied"


def test_a_program_that_ignores_the_polite_signal_is_ended_at_the_deadline(monkeypatch):
    monkeypatch.setattr(commands, "GRACE", 0.1)
    process = use("process", Policy(run=("sh",)))
    done = process.try_run(["sh", "-c", "trap '' TERM; while :; do :; done"], {"timeout": 0.2})
    assert (done["timed_out"], done["code"], done["success"]) == (True, -1, False)


def test_the_jobs_deadline_ends_a_program_and_no_try_sees_it(tmp_path):
    engine = Engine.sal(Policy(run=("sleep",)), limits=Limits(max_duration=0.3))
    with pytest.raises(DeadlineError):
        engine.eval('try { process.run(["sleep", "60"]); } catch { print("caught"); }')


def test_endless_output_is_cut_and_the_program_ended():
    process = use("process", Policy(run=("yes",)))
    done = process.try_run(["yes"], {"timeout": 0.3, "max_output": 1000})
    assert (len(done["stdout"]), done["truncated"], done["timed_out"]) == (1000, True, True)


def test_no_descriptor_and_no_child_is_left_behind():
    process = use("process", Policy(run=("sh", "none", "false")))
    before = list(Path("/proc/self/fd").iterdir())
    for argv in (["sh", "-c", "exit 3"], ["false"], ["none"]):
        with pytest.raises(HostFailure):
            process.run(argv)
    assert len(list(Path("/proc/self/fd").iterdir())) == len(before)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@pytest.mark.parametrize(
    ("call", "failure"),
    [
        (lambda p: p.run([]), "InvalidArgument"),
        (lambda p: p.run(""), "InvalidArgument"),
        (lambda p: p.run(["true", 1]), "InvalidArgument"),
        (lambda p: p.run(["true\0"]), "InvalidArgument"),
        (lambda p: p.run("true 'open"), "InvalidArgument"),
        (lambda p: p.run("true | true"), "InvalidArgument"),
        (lambda p: p.run(1), "TypeMismatch"),
        (lambda p: p.run(["true"], {"tiemout": 1}), "InvalidArgument"),
        (lambda p: p.run(["true"], {"timeout": 0}), "InvalidArgument"),
        (lambda p: p.run(["true"], {"timeout": "1"}), "TypeMismatch"),
        (lambda p: p.run(["true"], {"cwd": "/etc"}), "PolicyDenied"),
        (lambda p: p.run(["true"], {"env": {"LD_PRELOAD": "x"}}), "InvalidArgument"),
        (lambda p: p.run(["true"], {"env": {"A": 1}}), "InvalidArgument"),
        (lambda p: p.run(["./true"]), "PolicyDenied"),
        (lambda p: p.run(["missing"]), "CommandNotFound"),
        (lambda p: p.pipe([]), "InvalidArgument"),
        (lambda p: p.pipe([1]), "InvalidArgument"),
        (lambda p: p.start(["missing"]), "CommandNotFound"),
        (lambda p: p.info(2**40), "NotFound"),
        (lambda p: p.info(-1), "NotFound"),
        (lambda p: p.kill(1), "InvalidArgument"),
        (lambda p: p.kill(2**22, {"signal": "stop"}), "InvalidArgument"),
    ],
)
def test_bad_calls_have_kinds(call, failure):
    process = use("process", Policy(run=("true", "missing"), sys=True, kill_user=True), cwd="/")
    assert kind(call, process) == failure


# --- network ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def raw_server():
    """`raw_server(answer)`: the port of a server that sends these bytes, or what a function makes of the socket."""
    stop = threading.Event()
    servers = []

    def serve(answer):
        listening = socket.create_server(("127.0.0.1", 0))
        listening.settimeout(0.02)

        def work():
            while not stop.is_set():
                try:
                    made, _ = listening.accept()
                except TimeoutError:
                    continue
                with made:
                    made.settimeout(5)
                    made.recv(65536)
                    try:
                        answer(made, stop) if callable(answer) else made.sendall(answer)
                    except OSError:
                        continue

        thread = threading.Thread(target=work)
        thread.start()
        servers.append((listening, thread))
        return listening.getsockname()[1]

    yield serve
    stop.set()
    for listening, thread in servers:
        thread.join()
        listening.close()


LOCAL = Policy(net=("127.0.0.1", "rebind.example", "one.example"), private_net=True)


def dialled(port: int) -> socket.socket:
    """A connection to a port of this machine, without any look-up."""
    made = socket.socket()
    made.connect(("127.0.0.1", port))
    return made


def redirect(target: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("target", "failure"),
    [
        ("file:///etc/passwd", "InvalidArgument"),
        ("ftp://127.0.0.1/", "InvalidArgument"),
        ("http://user:pw@127.0.0.1/", "InvalidArgument"),
        ("http://10.0.0.1/", "PolicyDenied"),
        ("http://other.example/", "PolicyDenied"),
        ("http://169.254.169.254/latest", "PolicyDenied"),
    ],
)
def test_a_redirect_is_checked_like_a_first_address(raw_server, target, failure):
    port = raw_server(redirect(target))
    assert kind(use("http", LOCAL).get, f"http://127.0.0.1:{port}/") == failure


def test_a_redirect_from_a_public_host_into_the_private_net_is_refused(raw_server, monkeypatch):
    port = raw_server(redirect("http://10.0.0.7/"))
    public = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda name, *_a, **_k: public if name == "one.example" else
                        [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (name, 80))])  # fmt: skip
    monkeypatch.setattr(socket, "create_connection", lambda *_: dialled(port))
    http = use("http", Policy(net=("one.example", "10.0.0.7")))
    with pytest.raises(PolicyError) as caught:
        http.get(f"http://one.example:{port}/")
    assert caught.value.capability == "private_net"


def test_a_name_that_changes_its_answer_is_connected_to_what_was_checked(raw_server, monkeypatch):
    port = raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    answers = iter(["127.0.0.1", "10.9.9.9"])
    monkeypatch.setattr(
        socket, "getaddrinfo",
        lambda *_a, **_k: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))],
    )  # fmt: skip
    connected = []
    monkeypatch.setattr(socket, "create_connection", lambda place, _: (connected.append(place), dialled(port))[1])
    assert use("http", LOCAL).get(f"http://rebind.example:{port}/")["body"] == "ok"
    assert connected == [("127.0.0.1", port)]


def drip(made: socket.socket, stop: threading.Event) -> None:
    made.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while not stop.wait(0.01):
        made.sendall(b"x")


def header_drip(made: socket.socket, stop: threading.Event) -> None:
    made.sendall(b"HTTP/1.1 200 OK\r\n")
    while not stop.wait(0.01):
        made.sendall(b"x")


@pytest.mark.parametrize("answer", [drip, header_drip, lambda _made, stop: stop.wait()])
def test_a_slow_answer_is_given_up_at_the_time_limit(raw_server, answer):
    port = raw_server(answer)
    started = time.monotonic()
    assert kind(use("http", LOCAL).get, f"http://127.0.0.1:{port}/", {"timeout": 0.3}) == "Timeout"
    assert time.monotonic() - started < 3


def test_the_deadline_ends_a_slow_answer(raw_server):
    port = raw_server(drip)
    with pytest.raises(DeadlineError):
        use("http", LOCAL, seconds=0.3).get(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (b"", "NetworkError"),
        (b"nonsense\r\n\r\n", "NetworkError"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", "NetworkError"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nxyz", "NetworkError"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n", "NetworkError"),
        (b"HTTP/1.1 200 OK\r\n" + b"".join(b"X%d: %s\r\n" % (n, b"y" * 900) for n in range(90)) + b"\r\n",
         "LimitExceeded"),
        (redirect("/again"), "NetworkError"),
    ],
    ids=["empty", "nonsense", "short", "not gzip", "endless header", "large headers", "loop"],
)  # fmt: skip
def test_bad_answers_have_kinds(raw_server, answer, failure):
    port = raw_server(answer)
    assert kind(use("http", LOCAL).get, f"http://127.0.0.1:{port}/") == failure


def test_a_bad_certificate_is_a_tls_error(raw_server):
    port = raw_server(b"not tls at all")
    assert kind(use("http", LOCAL).get, f"https://127.0.0.1:{port}/") in {"TlsError", "NetworkError"}


def test_a_look_up_that_never_ends_is_given_up(monkeypatch):
    stop = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: stop.wait(10) and [])
    with pytest.raises(DeadlineError):
        use("http", LOCAL, seconds=0.2).get("http://one.example/")
    stop.set()


def test_probes_pass_the_same_gate():
    net = use("net", Policy(net=("127.0.0.1",)))
    for call in (lambda: net.tcp_check("127.0.0.1", 22), lambda: net.ping("10.0.0.1"),
                 lambda: net.resolve("localhost"), lambda: net.wait_for("example.org", 80)):  # fmt: skip
        with pytest.raises(PolicyError):
            call()
    assert kind(net.tcp_check, "127.0.0.1", 0) == "InvalidArgument"
    assert kind(net.tcp_check, "a b", 80) == "InvalidArgument"
    assert kind(net.tcp_check, "127.0.0.1", "80") == "TypeMismatch"


# --- containers ------------------------------------------------------------------------------------------------------


@pytest.fixture
def docker(tmp_path):
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\necho 1\n')
    program.chmod(0o755)
    (tmp_path / "data").mkdir()
    made = socket.socket(socket.AF_UNIX)
    made.bind(str(tmp_path / "data" / "docker.sock"))
    made.close()
    policy = Policy(docker="manage", read=(str(tmp_path / "data"),), write=(str(tmp_path / "data"),))
    return use("docker", policy, search_path=f"{tmp_path}/bin:/bin:/usr/bin", cwd=str(tmp_path / "data"))


@pytest.mark.parametrize(
    ("options", "failure"),
    [
        ({"volumes": ["/etc:/x"]}, "PolicyDenied"),
        ({"volumes": ["/:/x:ro"]}, "PolicyDenied"),
        ({"volumes": ["docker.sock:/x"]}, "InvalidArgument"),
        ({"volumes": [".:relative"]}, "InvalidArgument"),
        ({"privileged": True}, "InvalidArgument"),
        ({"network": "host"}, "PolicyDenied"),
        ({"network": "container:other"}, "InvalidArgument"),
        ({"pid": "host"}, "InvalidArgument"),
        ({"name": "-x"}, "InvalidArgument"),
        ({"memory": "-1"}, "InvalidArgument"),
        ({"ports": ["-p"]}, "InvalidArgument"),
        ({"env": {"-e": "1"}}, "InvalidArgument"),
    ],
)
def test_containers_cannot_be_made_to_reach_the_host(docker, tmp_path, options, failure):
    assert kind(docker.run, "nginx", options) == failure
    assert not (tmp_path / "calls").exists()


@pytest.mark.parametrize("image", ["-v", "--privileged", "a b", "", "x;y", "a" * 300])
def test_images_match_their_grammar(docker, tmp_path, image):
    assert kind(docker.run, image) == "InvalidArgument"
    assert not (tmp_path / "calls").exists()


def test_what_changes_images_needs_the_full_level(docker):
    for call in (lambda: docker.push("x"), lambda: docker.tag("x", "y"), lambda: docker.remove_image("x"),
                 lambda: docker.build("."), lambda: docker.commit("c", "x")):  # fmt: skip
        with pytest.raises(PolicyError) as caught:
            call()
        assert "--allow-docker=full" in caught.value.message


# --- git -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url", ["ext::sh -c id", "fd::17", "-oProxyCommand=id", "--upload-pack=id", "git://h/a/b", "ssh://-oProxy=id/a/b"]
)
def test_addresses_that_could_run_something_are_refused(tmp_path, url):
    policy = Policy(git="remote", read=(str(tmp_path),), write=(str(tmp_path),), net=("*",))
    assert kind(use("git", policy, cwd=str(tmp_path)).clone, url, "x") in {"InvalidArgument", "PolicyDenied"}
    assert list(tmp_path.iterdir()) == []


def test_credentials_in_an_address_reach_no_message_and_no_audit(tmp_path):
    records: list[dict] = []
    policy = Policy(git="remote", read=(str(tmp_path),), write=(str(tmp_path),))
    git = use("git", policy, cwd=str(tmp_path), audit=records.append)
    with pytest.raises(PolicyError) as caught:
        git.clone("https://user:hunter2@host.example/a/b")
    assert "hunter2" not in caught.value.message + json.dumps(records)


# --- policy and language ---------------------------------------------------------------------------------------------


def test_a_global_denial_meets_a_global_grant():
    everything = Policy.allow_all().grant(
        deny_read=("/",), deny_write=("/",), deny_run=("*",), deny_net=("*",), deny_env=("*",)
    )
    for module, call in (
        ("os", lambda m: m.read("/etc/hostname")), ("os", lambda m: m.write("/tmp/x", "")),
        ("process", lambda m: m.run(["true"])), ("http", lambda m: m.get("http://127.0.0.1/")),
        ("env", lambda m: m.get("HOME")),
    ):  # fmt: skip
        with pytest.raises(PolicyError) as caught:
            call(use(module, everything))
        assert "no grant of" in caught.value.message, module


def test_limits_pass_through_try():
    engine = Engine.sal(Policy(), limits=Limits(max_operations=2000))
    with pytest.raises(LimitError):
        engine.eval("try { loop {} } catch { 1 }")


def test_a_host_call_cannot_build_what_the_script_may_not_have(tmp_path: Path):
    (tmp_path / "big").write_text("x" * 5000)
    engine = Engine.sal(Policy(read=(str(tmp_path),)), cwd=str(tmp_path), limits=Limits(max_string_size=1000))
    for script in ('os.read("big")', 'text.pad_left("", 5000)', 'text.replace("aaaa", "a", text.pad_left("", 900))'):
        with pytest.raises(LimitError):
            engine.eval(f"try {{ {script} }} catch {{ 1 }}")


def test_namespaces_work_both_ways_inside_functions_and_may_be_shadowed(tmp_path: Path):
    (tmp_path / "a").write_text("")
    engine = Engine.sal(Policy(read=(str(tmp_path),)), cwd=str(tmp_path))
    assert engine.eval('fn f() { [os.list_dir("."), os::list_dir(".")] } f()') == [["a"], ["a"]]
    assert engine.eval('let f = || os.exists("a"); f.call()') is True
    assert engine.eval("let os = #{exists: 7}; os.exists") == 7
    with pytest.raises(EvalError):
        engine.eval('let os = 1; os.exists("a")')


def test_programs_have_limits_of_the_system():
    # The program waits for its input, which comes after the limits are set.
    process = use("process", Policy(run=("sh",)))
    done = process.run(["sh", "-c", "read x; ulimit -c; ulimit -n"], {"stdin": "go\n", "timeout": 60.0})
    core, files = done["stdout"].split()
    assert core == "0"
    assert int(files) <= 4096
