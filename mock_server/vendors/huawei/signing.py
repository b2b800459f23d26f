"""Huawei Cloud: the signature `SDK-HMAC-SHA256` of a request, or a token in its place.

Sources: "AK/SK authentication" of the vendor's API documents, its SDKs, and the error codes of the gateway.
The gateway's text for a request without either is ours.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

from mock_server.http.message import Request
from mock_server.vendors.credentials import (
    Denied,
    Keys,
    Slip,
    date_differs,
    headers_of,
    is_signed,
    raw,
    target_of,
    unknown_key,
    what_differs,
    without_port,
)

SCHEME = "SDK-HMAC-SHA256"
DATE = "X-Sdk-Date"
TOKEN = "X-Auth-Token"
_HASH = "x-sdk-content-sha256"
_UNSIGNED = "UNSIGNED-PAYLOAD"
_SHOWN = 60
_NOTHING = sha256(b"").hexdigest()
_SENT = re.compile(rf"{SCHEME} Access=([^\s,]+), SignedHeaders=([^\s,]+), Signature=(\S+)")
_USUAL = ("host", "x-sdk-date")
"""The headers of the text that is shown where a request names none."""


class _Parts(NamedTuple):
    """The parts of a canonical request, in its order but for the method."""

    path: str
    query: str
    names: Sequence[str]
    headers: Mapping[str, str]
    payload: str


def judge(request: Request, keys: Keys, real: int) -> Denied | None:
    """Why a request's credentials are refused at this time of the machine, in milliseconds; None: they are right."""
    token, header = request.header(TOKEN), request.header("Authorization")
    if token is not None and _is_token(token, keys):
        return None
    sent = _SENT.fullmatch(header or "")
    names = tuple(sent[2].split(";")) if sent else _USUAL
    parts = parts_of(request, names)
    text = canonical(request, parts)
    if header is None:
        if token is not None:
            expected = "is not the one of --auth-token" if keys.token else "is sent, and no --auth-token is set"
            return Denied("bad_token", f"{TOKEN} {expected}", text)
        return Denied("unsigned", f"the request has neither Authorization nor {TOKEN}", text)
    if sent is None or len(set(names)) < len(names):
        expected = f"{SCHEME} Access=AK, SignedHeaders=NAME;NAME, Signature=HEX"
        return Denied("unauthorized", f"Authorization is not {expected}", text)
    secret = keys.secrets.get(sent[1])
    if secret is None:
        differs, shown = unknown_key(keys, sent[1])
        return Denied("unknown_key", differs, text, shown)
    date = request.header(DATE)
    if off := date_differs(DATE, date, real):
        return Denied("expired", off, text)
    stamp = date or ""
    if is_signed(sent[3], [sign(secret, stamp, canonical(request, each)) for each in _right(request, parts)]):
        return None
    missing = [name for name in names if name not in parts.headers]
    if missing:
        return Denied("unauthorized", f"the signed header {missing[0][:_SHOWN]} is not in the request", text)
    return Denied("unauthorized", what_differs(sent[3], _slips(request, parts, secret, stamp)), text)


def _is_token(token: str, keys: Keys) -> bool:
    return keys.token is not None and is_signed(token, [keys.token.encode()])


def sign(secret: bytes, date: str, canonical_request: bytes) -> bytes:
    """The signature of a canonical request."""
    text = f"{SCHEME}\n{date}\n{sha256(canonical_request).hexdigest()}"
    return hmac.digest(secret, text.encode(), "sha256").hex().encode()


def parts_of(request: Request, names: Sequence[str]) -> _Parts:
    """What a canonical request is made of; `names` are the signed headers."""
    path, _, query = target_of(request).partition("?")
    headers = dict(headers_of(request))
    payload = sha256(request.body).hexdigest()
    if headers.get(_HASH) == _UNSIGNED:
        payload = _UNSIGNED
    return _Parts(canonical_path(path), canonical_query(query), names, headers, payload)


def canonical(request: Request, parts: _Parts) -> bytes:
    """The canonical request."""
    path, query, names, headers, payload = parts
    signed = "".join([f"{name}:{headers.get(name, '').strip()}\n" for name in names])
    return raw("\n".join([request.method, path, query, signed, ";".join(names), payload]))


def canonical_path(path: str) -> str:
    """A path, each segment encoded anew, with a slash at its end."""
    encoded = "/".join([_encoded(segment) for segment in unquote_to_bytes(path).split(b"/")])
    return encoded if encoded.endswith("/") else encoded + "/"


def canonical_query(query: str, *, ordered: bool = True, blank: bytes = b"+") -> str:
    """A query, sorted and encoded anew; `blank` is what a `+` stands for."""
    pairs = _pairs(query, blank)
    return "&".join([f"{_encoded(name)}={_encoded(value)}" for name, value in (sorted(pairs) if ordered else pairs)])


def _queries(query: str) -> Sequence[str]:
    """The forms of a query that may be signed: SDKs differ in what a `+` means, and sort before or after encoding."""
    plain = [canonical_query(query, blank=blank) for blank in (b"+", b" ")]
    return tuple(dict.fromkeys([*plain, *["&".join(sorted(each.split("&"))) for each in plain]]))


def _pairs(query: str, blank: bytes) -> list[tuple[bytes, bytes]]:
    parts = [each.partition("=") for each in query.split("&") if each]
    return [(_decoded(name, blank), _decoded(value, blank)) for name, _, value in parts]


def _decoded(text: str, blank: bytes) -> bytes:
    return unquote_to_bytes(raw(text).replace(b"+", b"%20" if blank == b" " else b"%2B"))


def _encoded(text: bytes) -> str:
    return quote(text, safe="~")


def _right(request: Request, parts: _Parts) -> Sequence[_Parts]:
    """The parts that may be signed. SDKs differ in the hash of no body at all too."""
    payloads = [parts.payload] if request.body else [_NOTHING, parts.payload]
    queries = _queries(target_of(request).partition("?")[2])
    return [parts._replace(payload=payload, query=query) for payload in payloads for query in queries]


def _slips(request: Request, parts: _Parts, secret: bytes, date: str) -> Iterator[Slip]:
    """The typical mistakes of a client. Each changes one thing."""
    for what, changed in _changed(request, parts):
        right = _right(request, changed) if changed.payload == parts.payload and changed.query == parts.query else ()
        yield what, [sign(secret, date, canonical(request, each)) for each in (changed, *right)]


def _changed(request: Request, parts: _Parts) -> Iterator[tuple[str, _Parts]]:
    path, headers = parts.path, parts.headers
    query = target_of(request).partition("?")[2]
    yield "the path was signed without a slash at its end", parts._replace(path=path[:-1])
    yield "the query was not sorted", parts._replace(query=canonical_query(query, ordered=False))
    yield "the query was not encoded", parts._replace(query=query)
    if query:
        yield "the query was left out", parts._replace(query="")
    if request.body:
        yield "the body was left out", parts._replace(payload=_NOTHING)
    if headers.get(_HASH, parts.payload) != parts.payload:
        yield "the hash is that of another body, in X-Sdk-Content-Sha256", parts._replace(payload=headers[_HASH])
    hashed = sha256(request.body).hexdigest()
    if parts.payload != hashed:
        yield f"the body was hashed, though X-Sdk-Content-Sha256 is {_UNSIGNED}", parts._replace(payload=hashed)
    else:
        yield (
            f"the body was not hashed, and no X-Sdk-Content-Sha256 says {_UNSIGNED}",
            parts._replace(payload=_UNSIGNED),
        )
    yield "the hash is that of another body, {}", parts._replace(payload=sha256(b"{}").hexdigest())
    host = headers.get("host", "")
    if host != without_port(host):
        bare = {**headers, "host": without_port(host)}
        twice = {**headers, "host": host + host[len(without_port(host)) :]}
        yield "the host was signed without its port", parts._replace(headers=bare)
        yield "the port was signed twice", parts._replace(headers=twice)
