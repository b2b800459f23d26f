"""One HTTP exchange as two values, whatever carried it: `Request`, made only by `request_of`, and `Response`."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

Pairs = tuple[tuple[str, str], ...]

_MOST_FIELDS = 100
_SCHEME_AND_HOST = re.compile(r"\A[A-Za-z][A-Za-z0-9+.-]*://[^/?]*")


class Request(NamedTuple):
    """A request as every room reads it.

    `target` is the raw request target (signatures cover it). `path` is decoded once, its slashes collapsed and a
    trailing one dropped. `headers` keep their order and spelling. Bytes that are not UTF-8 become U+FFFD. `size` counts
    the characters and bytes of target, headers and body.
    """

    method: str
    target: str
    path: str
    query: Pairs
    headers: Pairs
    body: bytes
    size: int

    def header(self, name: str) -> str | None:
        """A header, without regard to case. One that is repeated is all its values, commas between, as HTTP has it."""
        wanted = name.lower()
        values = [value for key, value in self.headers if key.lower() == wanted]
        return ", ".join(values) if values else None

    def form(self) -> Pairs:
        """The body read as a form, whatever its Content-Type: some SDKs send none, or `text/plain`."""
        return fields_of(self.body.decode("utf-8", "replace"))

    @property
    def peeks(self) -> bool:
        """Whether this request only looks: HEAD shows what a poll would see and moves nothing."""
        return self.method == "HEAD"


class Delivery(NamedTuple):
    """How a response leaves when it does not simply leave: a fault's name, and its milliseconds if it takes any."""

    kind: str
    over: int | None = None


class Response(NamedTuple):
    """A response as a value: `headers` in order and with the vendor's spelling, `delay` in real milliseconds.

    The response to a HEAD has no body and the Content-Length of the body it stands for.
    """

    status: int
    reason: str
    headers: Pairs
    body: bytes
    delay: int = 0
    delivery: Delivery | None = None

    def header(self, name: str) -> str | None:
        """The first header of this name, without regard to case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def with_header(self, name: str, value: str | None) -> Response:
        """This response with one header set in its place, added last, or (None) removed; repeated ones become one."""
        wanted = name.lower()
        found = [k for k, (key, _) in enumerate(self.headers) if key.lower() == wanted]
        others = [pair for k, pair in enumerate(self.headers) if k not in found]
        if value is not None:
            place, spelling = (found[0], self.headers[found[0]][0]) if found else (len(others), name)
            others.insert(place, (spelling, value))
        return self._replace(headers=tuple(others))

    def with_body(self, body: bytes) -> Response:
        """This response with another body and the Content-Length that goes with it."""
        return self._replace(body=body).with_header("Content-Length", str(len(body)))


def request_of(method: str, target: str, headers: Pairs, body: bytes) -> Request:
    """The only maker of requests, shared by both servers.

    `target` is what the request line says: origin form (`/status?id=x`), absolute form, or `*`.
    """
    path, _, query = origin_form(target).partition("?")
    size = len(target) + len(body) + sum([len(name) + len(value) for name, value in headers])
    return Request(method, target, normal_path(unquote(path, errors="replace")), fields_of(query), headers, body, size)


def origin_form(target: str) -> str:
    """The path and query of a request target: an absolute one loses its scheme and host, any its fragment."""
    if target.startswith("/") and "#" not in target:
        return target
    return _SCHEME_AND_HOST.sub("", target.partition("#")[0])


def normal_path(path: str) -> str:
    """Runs of slashes collapsed and a trailing one dropped: `//fmgr/status/` is `/fmgr/status`, and nothing is `/`."""
    if path.startswith("/") and "//" not in path and not path.endswith("/"):
        return path
    return "/" + "/".join([segment for segment in path.split("/") if segment])


def fields_of(text: str) -> Pairs:
    """`a=1&b=` as pairs, decoded once. More fields than any client sends are cut off, not refused."""
    if text.count("&") >= _MOST_FIELDS:
        text = "&".join(text.split("&", _MOST_FIELDS)[:_MOST_FIELDS])
    if "%" not in text and "+" not in text:  # nothing is encoded: the same result in a third of the time
        return tuple([(name, value) for name, _, value in [field.partition("=") for field in text.split("&") if field]])
    return tuple(parse_qsl(text, keep_blank_values=True, errors="replace"))
