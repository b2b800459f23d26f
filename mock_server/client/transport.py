"""One call of the admin API: over HTTP, each on a connection of its own, or of a server in this process."""

from __future__ import annotations

import http.client
import json
import math
import re
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar
from urllib.parse import SplitResult, urlencode, urlsplit

from msgspec import MsgspecError

from mock_server.api.codec import decode
from mock_server.api.values import Error
from mock_server.client.errors import Unreachable, error_of
from mock_server.errors import InvalidInput, Problem
from mock_server.paths import why_no_file
from mock_server.settings import CA

__tracebackhide__ = True
"""pytest shows the test's own line and the message, and no frame of this module."""

T = TypeVar("T")

PREFIX = "/__admin"
JSON_TYPE = "application/json"
_TRIES = 60
_PAUSE = 0.5
"""How often, and after how many seconds, a server is asked again that is busy with other clients' long lists."""
_BUSY = b'"error":"busy"'
_START = 100
_LATER = 202
_SOON = 0.02
"""Seconds before a response is asked for again that is not made yet."""
_TOKEN = "X-Mock-Server-Response"
"""The header with which a response is fetched that is not made yet."""
_LARGE = 1 << 18
"""Bytes of a body that is sent packed: a server takes no more than 1 MiB, but unpacks more where it makes sense."""


WALK = 90.0
"""Seconds besides the timeout for a call that makes time pass: what it makes due is sent to receivers, and awaited."""


class Local(Protocol):
    """A server in this process, which is called in place of one at a URL."""

    def __call__(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes] | None:
        """The status and the body of its response. None: it declines, and the URL is asked."""


class Transport(NamedTuple):
    """Where the server is, its token, and the authorities trusted for its certificate (None: the machine's own)."""

    url: str
    token: str | None = None
    timeout: float = 30.0
    trust: ssl.SSLContext | None = None
    local: Local | None = None

    def call(
        self,
        method: str,
        path: str,
        type: type[T],
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        *,
        kind: str = JSON_TYPE,
        patience: float = 0.0,
    ) -> T:
        """The response, which is a value of `type`. `patience`: seconds that the server may take besides the timeout.

        AdminError (and its kinds): the server's error. Unreachable: nobody answered, or not as a mock server does.
        InvalidInput: a value that cannot be sent, such as half a surrogate pair or NaN.
        """
        target = f"{PREFIX}/{path}"
        _check_values(query or {}, "?")
        pairs = [(name, _word(value)) for name, value in (query or {}).items() if value is not None]
        if pairs:
            target += f"?{urlencode(pairs)}"
        for _ in range(_TRIES):
            status, text = self._exchange(method, target, _bytes(body), kind, patience)
            if status != 503 or _BUSY not in text[:_START]:
                break
            time.sleep(_PAUSE)  # the server is busy, and asks its clients to come again
        try:
            if status < 400:
                return decode(text, type)
            error = error_of(status, decode(text, Error))
        except (MsgspecError, ValueError):
            what = f"answered {status} to {method} {target}, and not as a mock server does"
            raise Unreachable(f"{self.url}: {what}") from None
        raise error

    def _exchange(self, method: str, target: str, body: bytes | None, kind: str, patience: float) -> tuple[int, bytes]:
        headers = {} if body is None else {"Content-Type": kind}
        if body is not None and len(body) > _LARGE:
            import gzip  # few bodies are so large, and every command for a running server imports this module

            headers["Content-Encoding"], body = "gzip", gzip.compress(body)
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        if self.local is not None:
            host = self.url.partition("//")[2].partition("/")[0]
            answer = self.local(method, target, {"Host": host, **headers}, body or b"")
            if answer is not None:
                return answer
        if method == "POST" and patience:
            headers["Prefer"] = "respond-async"  # a server of one thread answers receivers meanwhile
        parts = parts_of(self.url)
        target = parts.path.rstrip("/") + target
        until = time.monotonic() + self.timeout + patience
        try:
            while True:
                with closing(self._connection(parts, self.timeout + patience)) as connection:
                    connection.request(method, target, body, headers)
                    response = connection.getresponse()
                    status, text, token = response.status, response.read(), response.getheader(_TOKEN)
                if status != _LATER or token is None or time.monotonic() > until:
                    return status, text
                headers[_TOKEN] = token
                time.sleep(_SOON)  # the server is not done, and leaves its thread to others meanwhile
        except (OSError, http.client.HTTPException) as error:
            why, hint = _reason(error)
            raise Unreachable(f"{self.url}: no answer: {why} ({hint})") from None

    def _connection(self, parts: SplitResult, timeout: float) -> http.client.HTTPConnection:
        host = parts.hostname or ""
        if parts.scheme == "https":
            return http.client.HTTPSConnection(host, parts.port, timeout=timeout, context=self.trust)
        return http.client.HTTPConnection(host, parts.port, timeout=timeout)


def _reason(error: Exception) -> tuple[str, str]:
    """Why nobody answered, and what to do."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(error), f"name the file of its authority: `ca`, --ca, or {CA}"
    if isinstance(error, ssl.SSLError) and error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST"):
        return "it speaks no TLS", "try http:// in place of https://"
    if isinstance(error, http.client.BadStatusLine) and str(error).startswith("\x15\x03"):
        return "it speaks TLS", "try https:// in place of http://"
    hint = "is it running, and there? --url or MOCK_SERVER_URL name another place"
    said = (isinstance(error, OSError) and error.strerror) or str(error)  # without the number of the error
    return " ".join(said.split()) or type(error).__name__, hint


def trust_of(ca: str | Path) -> ssl.SSLContext:
    """Trust in the authorities of a PEM file and in no others. InvalidInput: no such file, or not PEM."""
    hint = "it takes the PEM file of a certificate authority"
    try:
        why = why_no_file(ca)
        if why is None:
            return ssl.create_default_context(cafile=ca)
    except ssl.SSLError:
        why = "it holds no certificate"
    except (OSError, ValueError) as error:
        why = error.strerror or str(error) if isinstance(error, OSError) else str(error)
    raise InvalidInput([Problem("CA", f"{str(ca)!r} will not do: {why}", hint)])


def check_token(token: str) -> None:
    """InvalidInput: the token cannot be sent in a header. It is not shown."""
    if not re.fullmatch(r"[!-~]+", token):
        raise InvalidInput([Problem("TOKEN", "its value will not do: it takes printable ASCII without blanks")])


def parts_of(url: str) -> SplitResult:
    """The parts of a server's URL. InvalidInput: it is not one."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        host.encode("idna")  # as a look-up of the name does
        good = parts.scheme in ("http", "https") and parts.port != 0 and bool(host) and not re.search(r"\s", host)
        good = good and re.fullmatch(r"[!-~]*", parts.path) is not None
    except ValueError:
        good = False
    if not good:
        raise InvalidInput([Problem("URL", f"{url!r} is none of a server", "for example http://127.0.0.1:8080")])
    return parts


def _bytes(body: Any) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    _check_values(body, "$.")
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except ValueError as error:
        raise InvalidInput([Problem("$", f"it cannot be sent as JSON: {error}")]) from None


def _check_values(fields: Any, root: str) -> None:
    """InvalidInput: names each field whose value cannot be sent: text of undecodable bytes, NaN, an infinity."""
    problems = [
        Problem(f"{root}{name}", why, hint)
        for name, value in (fields.items() if isinstance(fields, Mapping) else ())
        for why, hint in _unsendable(value)
    ]
    if problems:
        raise InvalidInput(problems)


def _unsendable(value: Any) -> Iterator[tuple[str, str]]:
    """What in a value cannot be sent, and what to do."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            yield f"{value!r} is no text that UTF-8 can encode", "write it in UTF-8"
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{value} is no number in JSON", ""
    elif isinstance(value, Mapping):
        for part in (*value, *value.values()):
            yield from _unsendable(part)
    elif isinstance(value, Sequence) and not isinstance(value, bytes):
        for part in value:
            yield from _unsendable(part)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
