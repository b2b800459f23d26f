"""An exchange in other forms, to be copied: a command, a few lines of code, or an entry of a HAR file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from mock_server.api.exchange import Exchange, Header
from mock_server.http.message import fields_of

_LEFT_OUT = frozenset({"host", "content-length", "connection", "accept-encoding", "transfer-encoding", "expect"})
"""Headers that a client writes itself."""


class Snippet(NamedTuple):
    """One form: the key of its name in the words, and the text."""

    name: str
    text: str


def snippets(exchange: Exchange, base: str, address: str) -> tuple[Snippet, ...]:
    """The forms of an exchange; `base` is where the vendors' paths are, `address` that of its page."""
    request, url = exchange.request, _url(exchange, base)
    headers = _headers(exchange)
    return (
        Snippet("curl", repeated(exchange, base)),
        Snippet("python", _python(request.method, url, headers, request.text)),
        Snippet("node", _node(request.method, url, headers, request.text)),
        Snippet("go", _go(request.method, url, headers, request.text)),
        Snippet("har", _har(exchange, url)),
        Snippet("link", address),
    )


def repeated(exchange: Exchange, base: str) -> str:
    """A command for a shell that makes the request of an exchange again."""
    request = exchange.request
    return curl(request.method, _url(exchange, base), _headers(exchange), request.text)


def _url(exchange: Exchange, base: str) -> str:
    target = exchange.request.target
    return target if "://" in target else base + target


def _headers(exchange: Exchange) -> list[Header]:
    return [each for each in exchange.request.headers if each.name.lower() not in _LEFT_OUT]


def forms_of(method: str, url: str) -> tuple[Snippet, ...]:
    """How to make a request without headers or body: as a command and in a few languages."""
    return (
        Snippet("curl", curl(method, url)),
        Snippet("python", _python(method, url, (), "")),
        Snippet("node", _node(method, url, (), "")),
        Snippet("go", _go(method, url, (), "")),
    )


def curl(method: str, url: str, headers: Sequence[Header] = (), body: str = "") -> str:
    """A command for a shell."""
    words = ["curl", *(["-X", method] if method != ("POST" if body else "GET") else []), quoted(url)]
    for each in headers:
        words += ["-H", quoted(f"{each.name}: {each.value}")]
    return " ".join([*words, *(["--data-binary", quoted(body)] if body else [])])


def quoted(text: str) -> str:
    """A text as one word of a shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def _python(method: str, url: str, headers: Sequence[Header], body: str) -> str:
    given = {each.name: each.value for each in headers}
    more = (f", headers={given!r}" if given else "") + (f", data={body.encode()!r}" if body else "")
    call = f"requests.request({method!r}, {url!r}{more})"
    return f"import requests\n\nresponse = {call}\nprint(response.status_code, response.text)\n"


def _node(method: str, url: str, headers: Sequence[Header], body: str) -> str:
    options = {"method": method, "headers": {each.name: each.value for each in headers}}
    options |= {"body": body} if body else {}
    given = json.dumps(options)
    call = f"await fetch({json.dumps(url)}, {given})"
    return f"const response = {call};\nconsole.log(response.status, await response.text());\n"


def _go(method: str, url: str, headers: Sequence[Header], body: str) -> str:
    content = f"strings.NewReader({json.dumps(body)})" if body else "nil"
    lines = [f"request, _ := http.NewRequest({json.dumps(method)}, {json.dumps(url)}, {content})"]
    lines += [f"request.Header.Set({json.dumps(each.name)}, {json.dumps(each.value)})" for each in headers]
    return "\n".join([*lines, "response, err := http.DefaultClient.Do(request)", ""])


def _har(exchange: Exchange, url: str) -> str:
    """An entry of a HAR 1.2 file."""
    request, response = exchange.request, exchange.response
    posted = {"mimeType": request.header("Content-Type") or "", "text": request.text}
    entry = {
        "startedDateTime": exchange.real.isoformat(),
        "time": response.delay_ms,
        "request": {
            "method": request.method,
            "url": url,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(request.headers),
            "queryString": [{"name": name, "value": value} for name, value in fields_of(urlsplit(url).query)],
            "headersSize": -1,
            "bodySize": len(request.body),
            **({"postData": posted} if request.text else {}),
        },
        "response": {
            "status": 0 if exchange.unsent else response.status,
            "statusText": response.reason,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(response.headers),
            "content": {
                "size": len(response.body),
                "mimeType": response.header("Content-Type") or "",
                "text": response.text,
                **({"encoding": "base64"} if response.base64 else {}),
            },
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": len(response.body),
        },
        "cache": {},
        "timings": {"send": 0, "wait": response.delay_ms, "receive": 0},
    }
    return json.dumps(entry, ensure_ascii=False, indent=2)


def _pairs(headers: Sequence[Header]) -> list[dict[str, str]]:
    return [{"name": each.name, "value": each.value} for each in headers]
