"""One HTTP exchange after another until there is an answer: redirects, sizes, times and compression under control.

httpx and httpcore speak the protocol, over connections that we make: `_Network` is the only way out, and it connects
to addresses that `addressing` checked, also after a redirect. Proxies and `.netrc` of the environment are not looked
at. The body is unpacked here, since httpx unpacks a block whole, however large it becomes.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx

from horus_runtime.errors import HorusError, HostFailure
from horus_runtime.modules.host import HostCall
from horus_runtime.modules.sal.addressing import connect, gate_unasked, resolve

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SECRET_HEADERS: Final = frozenset({"authorization", "cookie", "proxy-authorization"})
_PORTS: Final = {"http": 80, "https": 443}
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OWN_HEADERS: Final = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_MAX_HEADER: Final = 64 * 1024
_BLOCK: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Request:
    """What to send."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    timeout: float
    max_bytes: int
    redirects: int
    verify: bool


@dataclass(frozen=True, slots=True)
class Response:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    truncated: bool
    seconds: float
    simulated: bool = False
    """Nothing was sent: this run only plans."""

    def text(self, errors: str) -> str:
        """The body as UTF-8 text."""
        return self.body.decode("utf-8", errors)

    def to_map(self, call: HostCall, *, blob: bool) -> dict[str, Any]:
        """The answer as scripts see it."""
        call.context.check_string(len(self.body))
        return {
            "status": self.status,
            "ok": 200 <= self.status < 300,
            "headers": dict(self.headers),
            "body": bytearray(self.body) if blob else self.text("replace"),
            "url": self.url,
            "elapsed_ms": int(self.seconds * 1000),
            "truncated": self.truncated,
            **({"simulated": True} if self.simulated else {}),
        }


def fetch(call: HostCall, request: Request, retries: int) -> Response:
    """The answer to a request; connections that fail are tried again so many times, for methods that allow it."""
    if request.method not in _METHODS:
        raise call.invalid("method", f"is one of {', '.join(sorted(_METHODS))}")
    _check_headers(call, request.headers)
    left = retries if request.method in {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"} else 0
    while True:
        try:
            return _follow(call, request)
        except HostFailure as failure:
            if left <= 0 or failure.failure not in {"NetworkError", "Timeout"}:
                raise
            left -= 1
            call.context.charge(1)


def _check_headers(call: HostCall, headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            raise call.invalid("headers", f"has a name '{name[:40]}' that cannot be used")
        if name in _OWN_HEADERS:
            raise call.invalid("headers", f"must not set '{name}'")
        if any(sign in value for sign in "\r\n\0"):
            raise call.invalid("headers", f"has line ends in '{name}'")


def _follow(call: HostCall, request: Request) -> Response:
    started = time.monotonic()
    method, url, headers, body = request.method, request.url, dict(request.headers), request.body
    for _ in range(request.redirects + 1):
        answer = _planned(call, method, url, body) or _faked(call, method, url, body)
        answer = answer or _Exchange(call, request, started).run(method, url, headers, body)
        location = answer.headers.get("location") if answer.status in _REDIRECTS else None
        if location is None or request.redirects == 0:
            return answer
        target = urljoin(url, location)
        if origin(call, target) != origin(call, url):
            headers = {name: value for name, value in headers.items() if name not in _SECRET_HEADERS}
        if answer.status == 303 or (answer.status in {301, 302} and method == "POST"):
            method, body = "GET" if method != "HEAD" else "HEAD", None
            headers.pop("content-type", None)
        url = target
    raise call.fail("NetworkError", f"'{request.url}' redirects more than {request.redirects} times")


def _planned(call: HostCall, method: str, url: str, body: bytes | None) -> Response | None:
    """What stands for the answer to a request that is only planned: success, and an empty body."""
    if "effects" not in call.services:
        return None
    host, port = origin(call, url)[1:]
    gate_unasked(call, host, port)
    if not call.postponed(
        "http", call.masked(f"{method} {url}"), method=method, url=url, host=host, size=len(body or b"")
    ):
        return None
    return Response(200, {}, b"", url, False, 0.0, simulated=True)


def _faked(call: HostCall, method: str, url: str, body: bytes | None) -> Response | None:
    """What a test says that the server answers; nothing is sent."""
    fakes = call.context.services.get("fake_servers")
    if fakes is None:
        return None
    host, port = origin(call, url)[1:]
    call.require(call.policy.host(host, port), "net", f"{host}:{port}")
    status, headers, content = fakes(method, url, body or b"")
    return Response(status, headers, content, url, False, 0.0)


def origin(call: HostCall, url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address; anything but http and https is refused."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise call.invalid("url", f"'{url[:200]}' is not an address") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise call.invalid("url", f"'{url[:200]}' is not an http or https address")
    if parts.username is not None or parts.password is not None:
        raise call.invalid("url", "must not contain a user or password; use the option 'auth'")
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme]


class _Exchange:
    """One request and its answer, until the request's time is over."""

    def __init__(self, call: HostCall, request: Request, started: float) -> None:
        self.call = call
        self.request = request
        self.started = started
        self.end = started + request.timeout

    def left(self) -> float:
        """The seconds that are left; none at all is an error."""
        self.call.context.charge(1)
        seconds = self.call.seconds(self.end - time.monotonic())
        if seconds is None or seconds <= 0:
            self.call.context.charge(1)
            raise httpcore.ReadTimeout("the time is over")
        return seconds

    def run(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Response:
        origin(self.call, url)
        self.call.count("network requests")
        sent = {"accept": "*/*", "accept-encoding": "gzip, deflate", "user-agent": "horus", **headers}
        with (
            self._failures(url),
            httpcore.ConnectionPool(
                ssl_context=_tls(self.call, verify=self.request.verify),
                max_connections=1,
                max_keepalive_connections=0,
                http2=False,
                network_backend=_Network(self),
            ) as pool,
        ):
            # httpx puts the address into its normal form and works out the headers of the protocol itself.
            plain = httpx.Request(method, url, headers={**sent, "connection": "close"}, content=body)
            asked = httpcore.Request(
                plain.method,
                httpcore.URL(
                    scheme=plain.url.raw_scheme, host=plain.url.raw_host, port=plain.url.port, target=plain.url.raw_path
                ),
                headers=plain.headers.raw,
                content=plain.content,
            )
            answer = pool.handle_request(asked)
            try:
                return self._response(answer, method, url)
            finally:
                answer.close()

    def _response(self, answer: httpcore.Response, method: str, url: str) -> Response:
        headers: dict[str, str] = {}
        for raw_name, raw_value in answer.headers:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("utf-8", "replace")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        if sum(len(name) + len(value) for name, value in headers.items()) > _MAX_HEADER:
            raise self.call.fail("LimitExceeded", f"the headers of '{url}' have more than {_MAX_HEADER} bytes")
        body, truncated = (b"", False) if method == "HEAD" else self._body(answer, headers)
        seconds = time.monotonic() - self.started
        return Response(answer.status, dict(sorted(headers.items())), body, url, truncated, seconds)

    def _body(self, answer: httpcore.Response, headers: Mapping[str, str]) -> tuple[bytes, bool]:
        """The body, unpacked, at most `max_bytes` of it: a small packed body may be a very large one."""
        encoding = headers.get("content-encoding", "identity").strip().lower()
        unpack = None
        if encoding in {"gzip", "x-gzip", "deflate"}:
            unpack = zlib.decompressobj(zlib.MAX_WBITS | 32 if encoding != "deflate" else zlib.MAX_WBITS)
        kept, limit = bytearray(), self.request.max_bytes
        for block in answer.iter_stream():
            self.left()
            self.call.count("bytes received", len(block))
            kept += unpack.decompress(block, limit + 1 - len(kept)) if unpack is not None else block
            if len(kept) > limit:
                return bytes(kept[:limit]), True
        return bytes(kept), False

    @contextmanager
    def _failures(self, url: str) -> Iterator[None]:
        """What the libraries raise, as the errors that scripts know."""
        call = self.call
        try:
            yield
        except HorusError:
            raise
        except (httpcore.TimeoutException, TimeoutError):
            call.context.charge(1)
            raise call.fail("Timeout", f"'{url}' did not answer within {self.request.timeout:g} s") from None
        except ssl.SSLError as error:
            raise call.fail("TlsError", f"'{url}': {error.reason or error}") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpx.InvalidURL, OSError, ValueError) as error:
            raise call.fail("NetworkError", f"'{url}': {str(error) or type(error).__name__}") from None
        except zlib.error as error:
            raise call.fail("NetworkError", f"the body of '{url}' cannot be unpacked: {error}") from None


class _Network(httpcore.NetworkBackend):
    """Makes the connections: a checked address, and no read or write beyond the request's time."""

    def __init__(self, exchange: _Exchange) -> None:
        self.exchange = exchange

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        call = self.exchange.call
        # SAFETY: the name is looked up once and every address is checked; the connection goes to a checked one.
        endpoint = resolve(call, host, port)
        return _Stream(self.exchange, connect(call, endpoint, min(self.exchange.left(), 30.0)))

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        raise httpcore.UnsupportedProtocol("sockets of the file system are not used")

    def sleep(self, seconds: float) -> None:
        self.exchange.call.context.pause(seconds)


class _Stream(httpcore.NetworkStream):
    """A connected socket, perhaps under TLS."""

    def __init__(self, exchange: _Exchange, sock: socket.socket) -> None:
        self.exchange = exchange
        self.sock = sock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.sock.settimeout(self.exchange.left())
        return self.sock.recv(min(max_bytes, _BLOCK))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        view = memoryview(buffer)
        while view:
            self.sock.settimeout(self.exchange.left())
            view = view[self.sock.send(view[:_BLOCK]) :]

    def close(self) -> None:
        self.sock.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        self.sock.settimeout(self.exchange.left())
        try:
            secured = ssl_context.wrap_socket(self.sock, server_hostname=server_hostname)
        except ssl.SSLCertVerificationError as error:
            self.sock.close()
            message = f"the certificate of '{server_hostname}' is not good: {error.verify_message}"
            raise self.exchange.call.fail("TlsError", message) from None
        except BaseException:
            self.sock.close()
            raise
        return _Stream(self.exchange, secured)

    def get_extra_info(self, info: str) -> Any:
        return self.sock if info == "socket" else None


def _tls(call: HostCall, *, verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=call.context.services.get("ca_file"))
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
