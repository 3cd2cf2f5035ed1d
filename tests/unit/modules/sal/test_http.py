"""`http` and `net` against a server of this machine."""

import gzip
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from horus_runtime.errors import DeadlineError, HostFailure, PolicyError
from horus_runtime.modules.policy import Policy
from horus_runtime.modules.sal import sal_modules
from tests.support.host_calls import Caller, FakeContext

MODULES = sal_modules()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        return

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path == "/text":
            self.reply(200, "héllo".encode(), Content_Type="text/plain", X_One="1")
        elif path == "/echo":
            length = int(self.headers.get("Content-Length") or 0)
            seen = {name.lower(): value for name, value in self.headers.items()}
            body = {
                "method": self.command,
                "path": self.path,
                "headers": seen,
                "body": self.rfile.read(length).decode(),
            }
            self.reply(200, json.dumps(body).encode())
        elif path == "/loop":
            self.reply(302, Location="/loop")
        elif path.startswith("/to/"):
            self.reply(int(self.path.split("=")[1]) if "=" in self.path else 302, Location="/echo")
        elif path == "/away":
            self.reply(302, Location=self.path.partition("?")[2])
        elif path == "/bomb":
            self.reply(200, gzip.compress(b"\0" * 5_000_000), Content_Encoding="gzip")
        elif path == "/gzip":
            self.reply(200, gzip.compress(b"packed"), Content_Encoding="gzip")
        elif path == "/slow":
            self.server.slow.wait(5)
            self.reply(200)
        elif path == "/json":
            self.reply(200, b'{"a": 1}')
        else:
            self.reply(404, b"nothing here")

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET  # noqa: N815 - the base class wants these names


@pytest.fixture
def server():
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.slow = threading.Event()
    thread = threading.Thread(target=made.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.slow.set()
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture
def base(server) -> str:
    return f"http://127.0.0.1:{server.server_port}"


def api(net=("127.0.0.1", "localhost"), *, private: bool = True, module: str = "http", **services) -> Caller:
    return Caller(MODULES[module], FakeContext(Policy(net=net, private_net=private), **services))


def failure(function, *args) -> dict:
    with pytest.raises(HostFailure) as caught:
        function(*args)
    return caught.value.value


def test_get_gives_a_response_map(base):
    answer = api().get(f"{base}/text")
    assert {key: answer[key] for key in ("status", "ok", "body", "url", "truncated")} == {
        "status": 200, "ok": True, "body": "héllo", "url": f"{base}/text", "truncated": False,
    }  # fmt: skip
    assert answer["headers"]["x-one"] == "1"
    assert api().get(f"{base}/text", {"blob": True})["body"] == bytearray("héllo".encode())
    assert api().get(f"{base}/gzip")["body"] == "packed"
    assert api().head(f"{base}/text")["body"] == ""


def test_requests_carry_what_was_given(base):
    def echo(method, *args):
        return json.loads(getattr(api(), method)(f"{base}/echo", *args)["body"])

    seen = echo("get", {"query": {"q": "a b", "n": [1, 2]}, "headers": {"X-Mine": "1"}, "bearer": "t0k"})
    assert (seen["path"], seen["headers"]["x-mine"], seen["headers"]["authorization"]) == (
        "/echo?q=a+b&n=1&n=2", "1", "Bearer t0k",
    )  # fmt: skip
    assert seen["headers"]["host"] == base.removeprefix("http://")
    assert echo("post", "text")["body"] == "text"
    assert echo("post", None, {"form": {"a": "1", "b": "x y"}})["body"] == "a=1&b=x+y"
    assert echo("put", bytearray(b"raw"))["headers"]["content-type"] == "application/octet-stream"
    sent = echo("patch", None, {"json": {"k": [1]}})
    assert (sent["method"], sent["body"], sent["headers"]["content-type"]) == ("PATCH", '{"k":[1]}', "application/json")
    assert echo("delete")["method"] == "DELETE"
    assert echo("get", {"auth": {"user": "u", "password": "p"}})["headers"]["authorization"] == "Basic dTpw"


def test_json_and_status(base):
    assert api().get_json(f"{base}/json") == {"a": 1}
    assert api().post_json(f"{base}/echo", {"x": 1})["body"] == '{"x":1}'
    assert (api().status(f"{base}/none"), api().check(f"{base}/none"), api().check(f"{base}/text")) == (
        404,
        False,
        True,
    )
    found = failure(api().get, f"{base}/none", {"check": True})
    assert (found["kind"], found["status"], found["body"]) == ("HttpStatus", 404, "nothing here")
    assert failure(api().get_json, f"{base}/text")["kind"] == "InvalidArgument"


def test_redirects_are_followed_counted_and_checked(base, server):
    assert json.loads(api().get(f"{base}/to/x")["body"])["path"] == "/echo"
    assert json.loads(api().post(f"{base}/to/x?s=303", "b")["body"])["method"] == "GET"
    assert json.loads(api().post(f"{base}/to/x?s=307", "b")["body"])["body"] == "b"
    assert api().get(f"{base}/to/x", {"redirects": 0})["status"] == 302
    assert failure(api().get, f"{base}/loop")["message"] == f"'{base}/loop' redirects more than 5 times"
    assert failure(api().get, f"{base}/away?file:///etc/passwd")["kind"] == "InvalidArgument"
    policy = Policy(net=("*",), deny_net=("localhost",), private_net=True)
    with pytest.raises(PolicyError):
        Caller(MODULES["http"], FakeContext(policy)).get(f"{base}/away?http://localhost:{server.server_port}/echo")


def test_credentials_do_not_follow_to_another_host(base, server):
    target = f"http://localhost:{server.server_port}/echo"
    seen = json.loads(
        api().get(f"{base}/away?{target}", {"bearer": "t", "headers": {"cookie": "c", "x-a": "1"}})["body"]
    )
    assert {"authorization", "cookie"} & set(seen["headers"]) == set()
    assert seen["headers"]["x-a"] == "1"


def test_sizes_are_limited_after_unpacking(base):
    answer = api().get(f"{base}/bomb", {"max_bytes": 1000})
    assert (len(answer["body"]), answer["truncated"]) == (1000, True)


def test_times_are_limited(base):
    assert failure(api().get, f"{base}/slow", {"timeout": 0.1})["kind"] == "Timeout"
    with pytest.raises(DeadlineError):
        Caller(MODULES["http"], FakeContext(Policy(net=("*",), private_net=True), seconds=0.1)).get(f"{base}/slow")


def test_hosts_that_are_not_granted_are_not_even_looked_up(base, monkeypatch):
    def look_up(*_args, **_options):
        raise AssertionError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(PolicyError) as caught:
        api(("example.com",)).get("https://evil.example/x")
    assert caught.value.message == (
        "PolicyDenied: http.get on 'evil.example:443' is not allowed: the capability 'net' is missing, "
        "grant it with --allow-net=evil.example:443"
    )


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_private_addresses_are_refused_however_they_are_written(server, host):
    with pytest.raises(HostFailure) as caught:
        api(("*",), private=False).get(f"http://{host}:{server.server_port}/text")
    assert caught.value.failure in {"PolicyDenied", "NetworkError"}


@pytest.mark.parametrize(
    "text",
    ["10.0.0.1", "100.64.1.1", "169.254.1.1", "224.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::ffff:10.0.0.1",
     "fe80::1",
     "fc00::1", "0.0.0.0", "255.255.255.255"],
)  # fmt: skip
def test_the_list_of_private_addresses(text):
    from ipaddress import ip_address

    from horus_runtime.modules.addresses import is_private

    assert is_private(ip_address(text)) is True
    assert is_private(ip_address("93.184.216.34")) is False
    assert is_private(ip_address("2606:2800:220:1::1")) is False


def test_a_name_with_one_private_address_is_refused(monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)
    with pytest.raises(PolicyError) as caught:
        api(("*",), private=False).get("http://mixed.example/")
    assert caught.value.capability == "private_net"
    meta = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: meta)
    with pytest.raises(PolicyError):
        api(("*",)).get("http://metadata.example/")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "http://",
        "nonsense",
        "http://u:p@127.0.0.1/",
        "http://a b/",
        "http://[::1",
    ],
)
def test_wrong_addresses(url):
    assert failure(api().get, url)["kind"] == "InvalidArgument"


def test_headers_cannot_break_out(base):
    for headers in ({"X": "a\r\nY: b"}, {"X\r\n": "a"}, {"Host": "evil"}, {"Content-Length": "3"}):
        assert failure(api().get, f"{base}/echo", {"headers": headers})["kind"] == "InvalidArgument"


def test_proxies_of_the_environment_are_not_used(base, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert api().get(f"{base}/text")["status"] == 200


def test_nobody_listens(base):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        found = failure(api().get, f"http://127.0.0.1:{port}/", {"retries": 1})
    assert (found["kind"], found["message"]) == (
        "NetworkError", f"no connection to '127.0.0.1:{port}': connection refused",
    )  # fmt: skip
    assert api().check(f"http://127.0.0.1:{port}/") is False


def test_turning_certificates_off_is_its_own_grant(base):
    with pytest.raises(PolicyError) as caught:
        api().get("https://127.0.0.1/", {"verify": False})
    assert caught.value.capability == "insecure_tls"


def test_a_server_without_tls_is_a_tls_or_network_error(base):
    assert failure(api().get, base.replace("http", "https"))["kind"] in {"TlsError", "NetworkError"}


def test_download_writes_a_file(base, tmp_path):
    policy = Policy(net=("127.0.0.1",), private_net=True, write=(str(tmp_path),))
    http = Caller(MODULES["http"], FakeContext(policy, cwd=str(tmp_path)))
    assert http.download(f"{base}/text", "t.txt") == {
        "path": "t.txt", "bytes": 6, "sha256": "3c48591d8d098a4538f5e013dfcf406e948eac4d3277b10bf614e295d6068179",
        "from_cache": False,
    }  # fmt: skip
    with pytest.raises(PolicyError):
        http.download(f"{base}/text", "/etc/x")
    assert failure(http.download, f"{base}/bomb", "b", {"max_bytes": 10})["kind"] == "LimitExceeded"
    assert [path.name for path in tmp_path.iterdir()] == ["t.txt"]


def test_addresses_as_texts():
    http = api(())
    assert (http.url_encode("a b/ü"), http.url_decode("a%20b%2F%C3%BC")) == ("a%20b%2F%C3%BC", "a b/ü")
    assert http.build_query({"a": 1, "b": ["x", "y z"]}) == "a=1&b=x&b=y+z"
    assert http.parse_url("https://h.io:8/p?q=1#f") == {
        "scheme": "https", "host": "h.io", "port": 8, "path": "/p", "query": {"q": "1"}, "fragment": "f",
    }  # fmt: skip
    assert failure(http.parse_url, "http://[::1")["kind"] == "InvalidArgument"
    assert failure(http.url_decode, "%ff")["kind"] == "InvalidArgument"


def test_net_probes(server):
    net, port = api(module="net"), server.server_port
    assert net.tcp_check("127.0.0.1", port) is True
    assert net.wait_for("127.0.0.1", port, 2.0) is True
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = probe.getsockname()[1]
        assert net.tcp_check("127.0.0.1", closed) is False
        assert failure(net.wait_for, "127.0.0.1", closed, 0.1)["kind"] == "Timeout"
    assert net.resolve("127.0.0.1") == ["127.0.0.1"]
    assert failure(net.tcp_check, "127.0.0.1", 0)["kind"] == "InvalidArgument"
    assert failure(net.tcp_check, "bad host", 80)["kind"] == "InvalidArgument"
    with pytest.raises(PolicyError):
        api((), module="net").tcp_check("127.0.0.1", port)
    with pytest.raises(PolicyError):
        api(("*",), module="net", private=False).tcp_check("127.0.0.1", port)
    machine = Caller(MODULES["net"], FakeContext(Policy(sys=True)))
    assert (machine.is_port_free(port), machine.is_port_free(machine.free_port())) == (False, True)
