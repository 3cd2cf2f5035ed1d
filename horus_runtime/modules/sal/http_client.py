"""One HTTP exchange after another until there is an answer: redirects, sizes, times and compression under control.

The standard library's client speaks the protocol. Connections are made by `addressing`, so that the address that was
checked is the one that is used, also after a redirect; proxies from the environment are not looked at.
"""

from __future__ import annotations

import http.client
import ssl
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from horus_runtime.errors import HostFailure
from horus_runtime.modules.host import HostCall
from horus_runtime.modules.sal.addressing import Endpoint, connect, resolve

_BLOCK: Final = 1 << 16
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SECRET_HEADERS: Final = frozenset({"authorization", "cookie", "proxy-authorization"})
_PORTS: Final = {"http": 80, "https": 443}
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OWN_HEADERS: Final = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})
_MAX_HEADER: Final = 64 * 1024


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
        if not name or not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
            raise call.invalid("headers", f"has a name '{name[:40]}' that cannot be used")
        if name in _OWN_HEADERS:
            raise call.invalid("headers", f"must not set '{name}'")
        if any(sign in value for sign in "\r\n\0"):
            raise call.invalid("headers", f"has line ends in '{name}'")


def _follow(call: HostCall, request: Request) -> Response:
    started = time.monotonic()
    method, url, headers, body = request.method, request.url, dict(request.headers), request.body
    for _ in range(request.redirects + 1):
        left = request.timeout - (time.monotonic() - started)
        answer, location = _exchange(call, request, method, url, headers, body, max(left, 0.001), started)
        if location is None or request.redirects == 0:
            return answer
        target = urljoin(url, location)
        if _origin(call, target) != _origin(call, url):
            headers = {name: value for name, value in headers.items() if name not in _SECRET_HEADERS}
        if answer.status == 303 or (answer.status in {301, 302} and method == "POST"):
            method, body = "GET" if method != "HEAD" else "HEAD", None
            headers.pop("content-type", None)
        url = target
    raise call.fail("NetworkError", f"'{request.url}' redirects more than {request.redirects} times")


def _origin(call: HostCall, url: str) -> tuple[str, str, int]:
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


class _Connection(http.client.HTTPConnection):
    """A connection of the standard client over a socket that we made."""

    def __init__(self, endpoint: Endpoint, made: Any, timeout: float) -> None:
        super().__init__(endpoint.host, endpoint.port, timeout=timeout)
        self.sock = made

    def connect(self) -> None:
        raise http.client.NotConnected("the connection is used once")


def _exchange(
    call: HostCall,
    request: Request,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    seconds: float,
    started: float,
) -> tuple[Response, str | None]:
    """One request and its answer; the address to go on to when it is a redirect."""
    scheme, host, port = _origin(call, url)
    endpoint = resolve(call, host, port)
    sock = connect(call, endpoint, min(seconds, 30.0))
    try:
        if scheme == "https":
            sock = _secured(call, sock, endpoint, verify=request.verify)
        sock.settimeout(call.seconds(seconds))
        connection = _Connection(endpoint, sock, seconds)
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        shown = f"[{host}]" if ":" in host else host
        sent = {"host": shown if port == _PORTS[scheme] else f"{shown}:{port}", "accept-encoding": "gzip, deflate"}
        sent |= {"user-agent": "horus", "accept": "*/*", "connection": "close", **headers}
        connection.putrequest(method, _quoted(path), skip_host=True, skip_accept_encoding=True)
        for name, value in sent.items():
            connection.putheader(name, value.encode("utf-8"))
        if body is not None:
            connection.putheader("content-length", str(len(body)))
        connection.endheaders(body)
        return _answer(call, request, connection.getresponse(), method, url, started)
    except TimeoutError:
        call.context.charge(1)
        raise call.fail("Timeout", f"'{url}' did not answer within {request.timeout:g} s") from None
    except ssl.SSLError as error:
        raise call.fail("TlsError", f"'{url}': {error.reason or error}") from None
    except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
        raise call.fail("NetworkError", f"'{url}': {str(error) or type(error).__name__}") from None
    finally:
        sock.close()


def _quoted(path: str) -> str:
    from urllib.parse import quote

    return quote(path, safe="%/:=&?~#+!$,;'@()*[]")


def _secured(call: HostCall, sock: Any, endpoint: Endpoint, *, verify: bool) -> Any:
    context = ssl.create_default_context(cafile=call.context.services.get("ca_file"))
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    try:
        return context.wrap_socket(sock, server_hostname=endpoint.host)
    except ssl.SSLCertVerificationError as error:
        sock.close()
        message = f"the certificate of '{endpoint.host}' is not good: {error.verify_message}"
        raise call.fail("TlsError", message) from None


def _answer(
    call: HostCall, request: Request, answer: http.client.HTTPResponse, method: str, url: str, started: float
) -> tuple[Response, str | None]:
    headers: dict[str, str] = {}
    for name, value in answer.getheaders():
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    if sum(len(name) + len(value) for name, value in headers.items()) > _MAX_HEADER:
        raise call.fail("LimitExceeded", f"the headers of '{url}' have more than {_MAX_HEADER} bytes")
    location = headers.get("location") if answer.status in _REDIRECTS else None
    body, truncated = (b"", False) if method == "HEAD" else _body(call, request, answer, headers, started)
    response = Response(answer.status, dict(sorted(headers.items())), body, url, truncated, time.monotonic() - started)
    return response, location


def _body(
    call: HostCall, request: Request, answer: http.client.HTTPResponse, headers: Mapping[str, str], started: float
) -> tuple[bytes, bool]:
    """The body, unpacked, at most `max_bytes` of it: a small packed body may be a very large one."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    unpack = None
    if encoding in {"gzip", "x-gzip", "deflate"}:
        unpack = zlib.decompressobj(zlib.MAX_WBITS | 32 if encoding != "deflate" else zlib.MAX_WBITS)
    kept = bytearray()
    while True:
        call.context.charge(1)
        if time.monotonic() - started > request.timeout:
            raise TimeoutError
        block = answer.read1(_BLOCK)
        if not block:
            break
        kept += unpack.decompress(block, request.max_bytes + 1 - len(kept)) if unpack is not None else block
        if len(kept) > request.max_bytes:
            return bytes(kept[: request.max_bytes]), True
    return bytes(kept), False
