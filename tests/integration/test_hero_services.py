"""Actions over containers and HTTP, against a fake engine and a real server of this machine."""

import json
from pathlib import Path
from typing import Any

import pytest

from horus_runtime.engine import Engine
from horus_runtime.errors import HostFailure
from horus_runtime.heroscript import run_payload
from horus_runtime.modules.policy import Policy
from tests.support.web import Handler, serving

ROWS = {
    "ps": '{"ID":"1","Names":"web","Image":"nginx","Status":"Up","Ports":"80/tcp","State":"running"}',
    "images": '{"ID":"2","Repository":"nginx","Tag":"1","Size":"9MB"}',
    "run": "c0ffee", "exec": "inside", "logs": "line 1\\nline 2", "container": '{"horus.managed":"true"}',
}  # fmt: skip


class Echo(Handler):
    def do_GET(self):
        kind = self.headers.get("Content-Type")
        seen = f"{self.command} {self.path} {kind} {self.body().decode()}".strip().encode()
        self.reply(500 if "/bad" in self.path else 200, seen)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the base class wants these names


@pytest.fixture
def base():
    with serving(Echo) as place:
        yield f"http://{place}"


@pytest.fixture
def run(tmp_path: Path):
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    cases = "\n".join(f"{verb}) printf '%b\\n' '{text}';;" for verb, text in ROWS.items())
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\ncase "$1" in\n{cases}\nesac\n')
    program.chmod(0o755)
    policy = Policy(
        docker="manage", net=("127.0.0.1",), private_net=True, read=(str(tmp_path),), write=(str(tmp_path),)
    )

    def run(text: str) -> tuple[Any, list[str]]:
        printed: list[str] = []
        engine = Engine.sal(policy, cwd=str(tmp_path), search_path=f"{tmp_path}/bin:/bin:/usr/bin")
        engine.on_print(printed.append)
        return run_payload(text, engine), printed

    return run


def test_containers_are_listed_made_used_and_removed(run, tmp_path):
    assert run("!!docker.ps")[1] == ["NAME  IMAGE  STATUS  PORTS", "web   nginx  Up      80/tcp"]
    assert run("!!docker.images")[1] == ["REPOSITORY  TAG  SIZE", "nginx       1    9MB"]
    value, printed = run(
        "!!docker.run image:nginx name:web env:'A=1, B=2' forwarded_ports:'80:80' command:sh,-c,'echo x'"
    )
    assert (value, printed) == ("c0ffee", ["c0ffee"])
    assert run("!!docker.exec name:web cmd:\"sh -c 'echo x'\"")[1] == ["inside"]
    assert run("!!docker.logs name:web tail:2")[1] == ["line 1\nline 2"]
    run("!!docker.restart name:web\n!!docker.rm name:web force:")
    lines = (tmp_path / "calls").read_text().splitlines()
    assert lines[2].endswith("--name web --detach --publish 80:80 --env A=1 --env B=2 -- nginx sh -c echo x")
    assert [line for line in lines if line.startswith(("exec", "restart", "rm"))] == [
        "exec web sh -c echo x", "restart web", "rm --force web",
    ]  # fmt: skip


def test_requests_send_what_was_given_and_print_the_answer(run, base, tmp_path):
    assert run(f"!!http.get url:{base}/a query:'x:1 2, y:3'")[1] == ["GET /a?x=1+2&y=3 None"]
    assert run(f"!!http.post url:{base}/p json:'{{\"a\": [1]}}'")[1] == ['POST /p application/json {"a":[1]}']
    assert run(f"!!http.post url:{base}/p form:'a:1, b:2'")[1] == ["POST /p application/x-www-form-urlencoded a=1&b=2"]
    assert run(f"!!http.put url:{base}/p body:'two words'")[1] == ["PUT /p text/plain; charset=utf-8 two words"]
    assert run(f"!!http.delete url:{base}/d")[1] == ["DELETE /d None"]
    value, printed = run(f"!!http.get url:{base}/a save:out.txt")
    assert (printed, (tmp_path / "out.txt").read_text()) == ([f"200 {base}/a: 11 bytes in out.txt"], "GET /a None")
    assert json.dumps(sorted(value)) == ('["body", "elapsed_ms", "headers", "ok", "status", "truncated", "url"]')


def test_bad_answers_are_errors_unless_they_may_be(run, base):
    with pytest.raises(HostFailure) as caught:
        run(f"!!http.get url:{base}/bad")
    assert (caught.value.failure, caught.value.value["status"]) == ("HttpStatus", 500)
    assert run(f"!!http.get url:{base}/bad check:false")[0]["status"] == 500
    assert run(f"!!http.check url:{base}/bad") == (False, [f"{base}/bad: no good answer"])
    with pytest.raises(HostFailure):
        run(f"!!http.check url:{base}/bad raise_error:")
    with pytest.raises(HostFailure) as refused:
        run("!!http.get url:http://example.org/")
    assert refused.value.failure == "PolicyDenied"
