"""The script module `http`: requests over httpx, with every hop checked by the policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from horus_runtime.errors import HostFailure
from horus_runtime.modules.host import PURE, HostCall, HostModule, Options
from horus_runtime.modules.jsonable import NotJsonError, format_json, parse_json
from horus_runtime.modules.sal import files

if TYPE_CHECKING:  # heavy, and only needed for the first request
    from horus_runtime.modules.sal.http_client import Response

HTTP = HostModule("http", "HTTP requests and addresses.")


class RequestOptions(Options):
    """Options of every request."""

    headers: dict[str, Any] = {}  # noqa: RUF012 - options are read, never changed
    query: dict[str, Any] = {}  # noqa: RUF012 - the same
    json: Any = None
    form: dict[str, Any] | None = None
    body: str | bytearray | None = None
    timeout: float = 30.0
    max_bytes: int = 10 * 1024 * 1024
    redirects: int = 5
    verify: bool = True
    check: bool = False
    retries: int = 0
    auth: dict[str, Any] | None = None
    bearer: str = ""
    blob: bool = False


_PLAIN: Final = RequestOptions()


@HTTP.fn(capability="net")
def request(call: HostCall, method: str, url: str, opts: RequestOptions) -> dict[str, Any]:
    """Send a request. Gives a map with status, ok, headers, body, url, elapsed_ms and truncated."""
    return _request(call, method.upper(), url, opts).to_map(call, blob=opts.blob)


@HTTP.fn(capability="net")
def get(call: HostCall, url: str, opts: RequestOptions) -> dict[str, Any]:
    """Fetch an address."""
    return request(call, "GET", url, opts)


@HTTP.fn(capability="net")
def head(call: HostCall, url: str, opts: RequestOptions) -> dict[str, Any]:
    """Fetch only the headers of an address."""
    return request(call, "HEAD", url, opts)


@HTTP.fn(capability="net")
def delete(call: HostCall, url: str, opts: RequestOptions) -> dict[str, Any]:
    """Send a DELETE request."""
    return request(call, "DELETE", url, opts)


@HTTP.fn(capability="net")
def post(
    call: HostCall, url: str, body: str | bytearray | None = None, opts: RequestOptions = _PLAIN
) -> dict[str, Any]:
    """Send a POST request with a body; `#{json: ..}` and `#{form: ..}` are other ways to give one."""
    return _with_body(call, "POST", url, body, opts)


@HTTP.fn(capability="net")
def put(call: HostCall, url: str, body: str | bytearray | None = None, opts: RequestOptions = _PLAIN) -> dict[str, Any]:
    """Send a PUT request with a body."""
    return _with_body(call, "PUT", url, body, opts)


@HTTP.fn(capability="net")
def patch(
    call: HostCall, url: str, body: str | bytearray | None = None, opts: RequestOptions = _PLAIN
) -> dict[str, Any]:
    """Send a PATCH request with a body."""
    return _with_body(call, "PATCH", url, body, opts)


def _with_body(
    call: HostCall, method: str, url: str, body: str | bytearray | None, opts: RequestOptions
) -> dict[str, Any]:
    if body is None:
        return request(call, method, url, opts)
    changed = RequestOptions(**{**vars(opts), "body": body})
    return request(call, method, url, changed)


@HTTP.fn(capability="net")
def check(call: HostCall, url: str, opts: RequestOptions) -> bool:
    """True when the address answers with a status below 400."""
    try:
        return _request(call, "GET", url, opts).status < 400
    except HostFailure as failure:
        if failure.failure in {"NetworkError", "TlsError", "Timeout"}:
            return False
        raise


@HTTP.fn(capability="net")
def status(call: HostCall, url: str, opts: RequestOptions) -> int:
    """The status with which the address answers."""
    return _request(call, "GET", url, opts).status


@HTTP.fn(capability="net")
def get_json(call: HostCall, url: str, opts: RequestOptions) -> Any:
    """The value behind an address that answers with JSON; a status from 400 is an error."""
    return _json_of(call, _request(call, "GET", url, RequestOptions(**{**vars(opts), "check": True})))


@HTTP.fn(capability="net")
def post_json(call: HostCall, url: str, value: Any, opts: RequestOptions) -> Any:
    """Send a value as JSON and give back the JSON of the answer; a status from 400 is an error."""
    sent = RequestOptions(**{**vars(opts), "check": True, "json": value})
    return _json_of(call, _request(call, "POST", url, sent))


@HTTP.fn(capability=PURE, name="json")
def json_(call: HostCall, response: dict[str, Any]) -> Any:
    """The value of a response whose body is JSON: `http.json(http.get(url))`."""
    body = response.get("body")
    if response.get("simulated") is True and not body:
        return {}
    try:
        return parse_json(body if isinstance(body, str) else bytes(body or b"").decode())
    except (NotJsonError, UnicodeDecodeError, TypeError) as error:
        raise call.fail("InvalidArgument", f"the body of the response: {error}") from None


class DownloadOptions(RequestOptions):
    """Options of `http.download`."""

    max_bytes: int = 256 * 1024 * 1024
    timeout: float = 180.0
    retries: int = 3
    sha256: str = ""
    min_bytes: int = 0
    overwrite: bool = True


@HTTP.fn(capability="net")
def download(call: HostCall, url: str, path: str, opts: DownloadOptions) -> dict[str, Any]:
    """Fetch an address into a file, which is there whole or not at all; `sha256` and `min_bytes` check the content.

    Gives a map with path, bytes, sha256 and from_cache: with `sha256` a file that has it already is not fetched.
    """
    import hashlib

    wanted = opts.sha256.lower()
    if wanted and files.kind_at(call, path) == "file" and files.digest(call, path) == wanted:
        size = int(files.stat_map(call, path)["size"])
        return {"path": path, "bytes": size, "sha256": wanted, "from_cache": True}
    answer = _request(call, "GET", url, RequestOptions(**{**vars(opts), "check": True}))
    if answer.truncated:
        raise call.fail("LimitExceeded", f"'{answer.url}' has more than {opts.max_bytes} bytes")
    if answer.simulated:
        files.write_bytes(call, path, b"", overwrite=opts.overwrite)
        return {"path": path, "bytes": 0, "sha256": wanted, "from_cache": False, "simulated": True}
    found = hashlib.sha256(answer.body).hexdigest()
    if wanted and found != wanted:
        raise call.fail("ValidationFailed", f"'{answer.url}' has the hash {found}, not the one that is wanted")
    if len(answer.body) < opts.min_bytes:
        message = f"'{answer.url}' has {len(answer.body)} bytes, fewer than {opts.min_bytes}"
        raise call.fail("ValidationFailed", message)
    written = files.write_bytes(call, path, answer.body, overwrite=opts.overwrite)
    return {"path": path, "bytes": written, "sha256": found, "from_cache": False}


def _request(call: HostCall, method: str, url: str, opts: RequestOptions) -> Response:
    if not opts.verify:
        from horus_runtime.modules.policy import Decision

        allowed = Decision(call.policy.insecure_tls, "insecure_tls")
        call.require(allowed, "insecure_tls", url, flag="--allow-insecure-tls")
    if (
        not 0 < opts.timeout <= 3600
        or opts.max_bytes < 0
        or not 0 <= opts.redirects <= 20
        or not 0 <= opts.retries <= 10
    ):
        raise call.fail("InvalidArgument", f"{call.module}.{call.function}: a limit among the options is out of range")
    from horus_runtime.modules.sal.http_client import Request, fetch

    headers, body = _headers(call, opts), None
    if opts.json is not None:
        body = _json_body(call, opts.json)
        headers.setdefault("content-type", "application/json")
    elif opts.form is not None:
        body = urlencode({key: _word(call, value) for key, value in opts.form.items()}).encode()
        headers.setdefault("content-type", "application/x-www-form-urlencoded")
    elif opts.body is not None:
        body = opts.body.encode() if isinstance(opts.body, str) else bytes(opts.body)
        headers.setdefault("content-type", "text/plain; charset=utf-8" if isinstance(opts.body, str) else _BINARY)
    target = url + (("&" if urlsplit(url).query else "?") + _query(call, opts.query) if opts.query else "")
    sent = Request(method, target, headers, body, opts.timeout, opts.max_bytes, opts.redirects, opts.verify)
    answer = fetch(call, sent, opts.retries)
    if opts.check and answer.status >= 400:
        message = f"'{answer.url}' answered with status {answer.status}"
        raise call.fail("HttpStatus", message, status=answer.status, body=answer.text("replace")[:2000])
    return answer


_BINARY: Final = "application/octet-stream"


def _headers(call: HostCall, opts: RequestOptions) -> dict[str, str]:
    import base64

    headers = {name.lower(): _word(call, value) for name, value in opts.headers.items()}
    if opts.bearer:
        headers["authorization"] = f"Bearer {opts.bearer}"
    elif opts.auth is not None:
        pair = f"{opts.auth.get('user', '')}:{opts.auth.get('password', '')}"
        headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return headers


def _json_body(call: HostCall, value: Any) -> bytes:
    try:
        return format_json(value).encode()
    except NotJsonError as error:
        raise call.fail("InvalidArgument", f"{call.module}.{call.function}: {error}", argument="json") from None


def _json_of(call: HostCall, answer: Response) -> Any:
    if answer.simulated:
        return {}
    try:
        return parse_json(answer.text("strict"))
    except (NotJsonError, UnicodeDecodeError) as error:
        raise call.fail("InvalidArgument", f"the answer of '{answer.url}': {error}") from None


def _word(call: HostCall, value: Any) -> str:
    return value if isinstance(value, str) else call.context.to_display(value)


def _query(call: HostCall, query: dict[str, Any]) -> str:
    pairs = [(key, item) for key, value in query.items() for item in (value if isinstance(value, list) else [value])]
    return urlencode([(key, _word(call, value)) for key, value in pairs])


# --- addresses as texts ----------------------------------------------------------------------------------------------


@HTTP.fn(capability=PURE)
def url_encode(call: HostCall, text: str) -> str:
    """The text as one part of an address."""
    return quote(text, safe="")


@HTTP.fn(capability=PURE)
def url_decode(call: HostCall, text: str) -> str:
    """The text behind a part of an address."""
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise call.invalid("text", "is not UTF-8 once it is decoded") from None


@HTTP.fn(capability=PURE)
def build_query(call: HostCall, values: dict[str, Any]) -> str:
    """A map as the query of an address; an array gives its name several times."""
    return _query(call, values)


@HTTP.fn(capability=PURE)
def parse_url(call: HostCall, url: str) -> dict[str, Any]:
    """The parts of an address: scheme, host, port, path, query as a map, fragment."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise call.invalid("url", "is not an address") from None
    found: dict[str, Any] = {
        "scheme": parts.scheme,
        "host": parts.hostname or "",
        "path": parts.path,
        "query": dict(parse_qsl(parts.query, keep_blank_values=True)),
        "fragment": parts.fragment,
    }
    return {**found, "port": port} if port is not None else found
