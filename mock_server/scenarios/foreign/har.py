"""HTTP archives (HAR 1.2): what a browser or a proxy captured."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import parse_qsl

from mock_server.http.secrets import without_secrets
from mock_server.scenarios.foreign.headers import headers_of
from mock_server.scenarios.foreign.node import Node
from mock_server.scenarios.foreign.series import Asked, Captured, Series, asked
from mock_server.vendors.registry import Registry

_LOG = frozenset({"version", "creator", "browser", "pages", "comment", "entries"})
_ENTRY = frozenset(
    {"pageref", "startedDateTime", "time", "request", "response", "cache", "timings", "serverIPAddress", "connection"}
)
_RESPONSE = frozenset(
    {"status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize", "bodySize"}
)
_CONTENT = frozenset({"size", "mimeType", "text", "encoding", "compression"})


def series_of(root: Node, registry: Registry) -> list[Series]:
    """The series of an archive, by task, in the order of their first requests."""
    log = root.child("log")
    root.only(frozenset({"log"}))
    log.only(_LOG)
    found: dict[Asked, list[Captured]] = {}
    places: dict[Asked, str] = {}
    for entry in log.child("entries").elements():
        task = _task(entry, registry)
        if task is None:
            continue
        captured = _captured(entry)
        if captured is not None:
            places.setdefault(task, entry.place)
            found.setdefault(task, []).append(captured)
    if found:
        log.child("entries").note("how long responses took, and the time between them", "it is left out")
    return [Series(task.vendor, task.id, tuple(each), places[task]) for task, each in found.items()]


def _task(entry: Node, registry: Registry) -> Asked | None:
    request = entry.child("request")
    method, url = request.get("method", ""), request.get("url", "")
    post = request.child("postData")
    fields = dict(parse_qsl(post.get("text", ""), keep_blank_values=True))
    for field in post.child("params").elements():
        fields[field.get("name", "")] = field.get("value", "")
    task = asked(registry, method, url, fields)
    if task is None:
        # A query may hold a signature or a token.
        entry.note(f"{method} {url.partition('?')[0]} is no vendor's status request", "it is left out")
    return task


def _captured(entry: Node) -> Captured | None:
    response = entry.child("response")
    entry.only(_ENTRY)
    response.only(_RESPONSE)
    status = response.get("status", 0)
    if not 200 <= status <= 999:
        response.note(f"the status {status}: no response was captured", "it is left out; the next one takes its turn")
        return None
    pairs = [(each.get("name", ""), each.get("value", "")) for each in response.child("headers").elements()]
    headers = headers_of(pairs, response.child("headers"))
    content = response.child("content")
    content.only(_CONTENT)
    body = _body(content)
    secrets: dict[str, None] = {}
    for text in (body or "", *(value for _, value in headers.kept)):
        without_secrets(text, secrets)
    if secrets:
        response.note(
            f"there may be secrets: {', '.join(secrets)}", "they are kept; look before you share the scenario"
        )
    return Captured(entry.place, status, body, headers.type or content.get("mimeType", ""), headers.kept)


def _body(content: Node) -> str | None:
    text, encoding = content.get("text", ""), content.get("encoding", "")
    if encoding != "base64":
        if encoding:
            content.child("encoding").note(f"the encoding {encoding!r} is not understood", "the text is taken as it is")
        return text
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        content.note("the body is no text in UTF-8", "the response is left without a body")
        return ""
