"""An HTTP exchange as two values, for either server: `Request`, made by `request_of` alone, and `Response`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

Pairs = tuple[tuple[str, str], ...]

_MOST_FIELDS = 100
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_SCHEME_AND_HOST = re.compile(r"\A[A-Za-z][A-Za-z0-9+.-]*://[^/?]*")


def _is_there() -> bool:
    """Stands for `Request.gone` where nobody knows."""
    return False


class Request(NamedTuple):
    """A request as every stage reads it.

    `target` is the request target, which signatures cover, its bytes beyond ASCII percent-encoded. `path` is
    percent-decoded once, its runs of slashes
    collapsed and a trailing one dropped. `headers` keep their order and spelling. Bytes that are not UTF-8 become
    U+FFFD. `old`: it is HTTP/1.0. `gone` tells, to what waits on behalf of the client, whether it has left meanwhile.
    """

    method: str
    target: str
    path: str
    query: Pairs
    headers: Pairs
    body: bytes
    old: bool = False
    gone: Callable[[], bool] = _is_there

    def header(self, name: str) -> str | None:
        """A header, case-insensitively. A repeated one is its values joined by commas (RFC 9110, section 5.3)."""
        wanted = name.lower()
        values = [value for key, value in self.headers if key.lower() == wanted]
        return ", ".join(values) if values else None

    def form(self) -> Pairs:
        """The body as a form, whatever its Content-Type: some SDKs send none, or `text/plain`."""
        return fields_of(self.body.decode("utf-8", "replace"))

    @property
    def peeks(self) -> bool:
        """Whether this is a HEAD, which shows what a poll would see and changes nothing."""
        return self.method == "HEAD"


class Delivery(NamedTuple):
    """A fault of the connection, by name, with which a response is sent, and its milliseconds if it takes time."""

    kind: str
    over: int | None = None


class Response(NamedTuple):
    """A response: `headers` in the vendor's order and spelling, `delay` in real milliseconds.

    The response to a HEAD has no body and the Content-Length of the body it stands for.
    """

    status: int
    reason: str
    headers: Pairs
    body: bytes
    delay: int = 0
    delivery: Delivery | None = None

    def header(self, name: str) -> str | None:
        """The first header of this name, case-insensitively."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def with_header(self, name: str, value: str | None) -> Response:
        """This response with a header set in its place, added last or, with None, removed. Repeated ones become one."""
        wanted = name.lower()
        found = [k for k, (key, _) in enumerate(self.headers) if key.lower() == wanted]
        others = [pair for k, pair in enumerate(self.headers) if k not in found]
        if value is not None:
            place, spelling = (found[0], self.headers[found[0]][0]) if found else (len(others), name)
            others.insert(place, (spelling, value))
        return self._replace(headers=tuple(others))

    def with_headers(self, changes: Sequence[tuple[str, str | None]]) -> Response:
        """As `with_header` for each of these in turn, in one go: however many they are, it takes time for each once."""
        wanted = {name.lower(): (name, value) for name, value in changes}
        found = dict.fromkeys(wanted, False)
        headers = []
        for pair in self.headers:
            low = pair[0].lower()
            value = wanted[low][1] if low in wanted else pair[1]
            if value is not None and not found.get(low):
                headers.append((pair[0], value))
            if low in found:
                found[low] = True
        headers.extend((name, value) for low, (name, value) in wanted.items() if value is not None and not found[low])
        return self._replace(headers=tuple(headers))

    def with_body(self, body: bytes) -> Response:
        """This response with another body and the Content-Length that goes with it."""
        return self._replace(body=body).with_header("Content-Length", str(len(body)))


def request_of(method: str, target: str, headers: Pairs, body: bytes, *, old: bool = False) -> Request:
    """The only maker of requests, for both servers.

    `target` is that of the request line (RFC 9112, section 3.2): origin form (`/status?id=x`), absolute form, or `*`.
    It is percent-decoded once (RFC 3986, section 2.4).
    """
    if target[:1] != "/" or "#" in target:
        path, _, query = origin_form(target).partition("?")
    else:  # as nearly all are, for which a call less is made here and below
        path, _, query = target.partition("?")
    if "%" in path:
        path = unquote(path, errors="replace")
    if "//" in path or path[:1] != "/" or path[-1] == "/":
        path = normal_path(path)
    return tuple.__new__(Request, (method, target, path, fields_of(query), headers, body, old, _is_there))


def ascii_target(target: bytes) -> bytes:
    """A request target or line with its bytes beyond ASCII percent-encoded.

    RFC 3986 has no such bytes, but SDKs in PHP and Go send ids so, and the front servers of the vendors take them.
    """
    return target if target.isascii() else _BEYOND_ASCII.sub(lambda found: b"%%%02X" % ord(found[0]), target)


def origin_form(target: str) -> str:
    """The path and query of a request target, without an absolute one's scheme and host, and without a fragment."""
    if target.startswith("/") and "#" not in target:
        return target
    return _SCHEME_AND_HOST.sub("", target.partition("#")[0])


def normal_path(path: str) -> str:
    """A path with runs of slashes collapsed and a trailing one dropped: `/fmgr/status` for `//fmgr/status/`."""
    if path.startswith("/") and "//" not in path and not path.endswith("/"):
        return path
    return "/" + "/".join([segment for segment in path.split("/") if segment])


def fields_of(text: str) -> Pairs:
    """`a=1&b=` as pairs, decoded once. Fields beyond the most that any client sends are ignored, not refused."""
    if text.count("&") >= _MOST_FIELDS:
        text = "&".join(text.split("&", _MOST_FIELDS)[:_MOST_FIELDS])
    if "%" not in text and "+" not in text:  # nothing is encoded: the same result in a third of the time
        return tuple([(name, value) for name, _, value in [field.partition("=") for field in text.split("&") if field]])
    return tuple(parse_qsl(text, keep_blank_values=True, errors="replace"))
