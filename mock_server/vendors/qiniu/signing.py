"""Qiniu: the signatures `QBox` and `Qiniu` of a request.

Sources: "管理凭证", developer.qiniu.com/kodo/1201/access-token, and the SDKs, all of which send one of the two. That a
date may be 15 minutes off is ours.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Sequence

from mock_server.http.message import Request
from mock_server.vendors.credentials import (
    Denied,
    Keys,
    Slip,
    date_differs,
    hosts_of,
    is_signed,
    raw,
    target_of,
    unknown_key,
    what_differs,
    with_other_end,
    without_port,
    without_query,
)

FORM = "application/x-www-form-urlencoded"
DATE = "X-Qiniu-Date"
_BYTES = "application/octet-stream"
_SENT = re.compile(r"(QBox|Qiniu) ([^\s:,]+):(\S+)")
_OWN = "X-Qiniu-"


def judge(request: Request, keys: Keys, real: int) -> Denied | None:
    """Why a request's credentials are refused at this time of the machine, in milliseconds; None: they are right."""
    header = request.header("Authorization")
    sent = _SENT.fullmatch(header or "")
    scheme = sent[1] if sent else "Qiniu"
    texts = right_texts(scheme, request, keys)
    if sent is None:
        differs = "the request has no Authorization" if header is None else "Authorization is not <scheme> AK:SIGNATURE"
        return Denied("unauthorized", f"{differs}, with the scheme QBox or Qiniu", texts[0])
    secret = keys.secrets.get(sent[2])
    if secret is None:
        return Denied("unauthorized", unknown_key(keys, sent[2])[0], texts[0])
    date = request.header(DATE)
    if date is not None and (off := date_differs(DATE, date, real)):
        return Denied("unauthorized", off, texts[0])
    if is_signed(sent[3], [sign(secret, text) for text in texts]):
        return None
    slips = _slips(scheme, request, keys, secret)
    return Denied("unauthorized", what_differs(sent[3], slips), texts[0])


def access_key(request: Request) -> str:
    """The access key that Authorization names; "" if it names none."""
    sent = _SENT.fullmatch(request.header("Authorization") or "")
    return sent[2] if sent else ""


def sign(secret: bytes, text: bytes) -> bytes:
    """The signature as both schemes have it."""
    return urlsafe_b64encode(hmac.digest(secret, text, "sha1"))


def right_texts(scheme: str, request: Request, keys: Keys) -> Sequence[bytes]:
    """The texts that may be signed: one for each form of the host."""
    if scheme == "QBox":
        return (qbox_text(request),)
    return [qiniu_text(request, host) for host in hosts_of(request, keys)]


def qbox_text(request: Request, *, target: str | None = None, body: bool | None = None) -> bytes:
    """What `QBox` signs. `target` and `body` are what a client may have taken in place of the right ones."""
    signed = request.header("Content-Type") == FORM if body is None else body
    return raw(target or target_of(request)) + b"\n" + (request.body if signed else b"")


def qiniu_text(
    request: Request, host: str, *, target: str | None = None, type: str | None = None, body: bool | None = None
) -> bytes:
    """What `Qiniu` signs. `target`, `type` ("" for none) and `body` are as for `qbox_text`."""
    kind = (request.header("Content-Type") or "") if type is None else type
    signed = kind not in ("", _BYTES) if body is None else body
    lines = [f"{request.method} {target or target_of(request)}", f"Host: {host}"]
    lines += [f"Content-Type: {kind}"] if kind else []
    lines += [f"{name}: {value}" for name, value in sorted(_own_headers(request))]
    return raw("\n".join([*lines, "", ""])) + (request.body if signed else b"")


def _own_headers(request: Request) -> Iterator[tuple[str, str]]:
    for name, value in request.headers:
        canonical = "-".join([part.capitalize() for part in name.split("-")])
        if canonical.startswith(_OWN) and canonical != _OWN:
            yield canonical, value


def _slips(scheme: str, request: Request, keys: Keys, secret: bytes) -> Iterator[Slip]:
    """The typical mistakes of a client. Each changes one thing."""
    texts = [*_common(scheme, request, keys), *(() if scheme == "QBox" else _of_host_and_type(request, keys))]
    for what, signed in texts:
        yield what, [sign(secret, text) for text in signed]


def _common(scheme: str, request: Request, keys: Keys) -> Iterator[tuple[str, Sequence[bytes]]]:
    target, hosts, qbox = target_of(request), hosts_of(request, keys), scheme == "QBox"

    def texts(target: str | None = None, body: bool | None = None) -> Sequence[bytes]:
        if qbox:
            return [qbox_text(request, target=target, body=body)]
        return [qiniu_text(request, host, target=target, body=body) for host in hosts]

    right = texts()
    if texts(body=False) != right:
        yield "the body was left out", texts(body=False)
    if texts(body=True) != right:
        yield "the body was signed, which is not part of the text under this Content-Type", texts(body=True)
    lost = "without" if without_query(target).endswith("/") else "with"
    yield f"the path was signed {lost} a slash at its end", texts(with_other_end(target))
    if without_query(target) != target:
        yield "the query was left out", texts(without_query(target))
    other = "Qiniu" if qbox else "QBox"
    yield f"the text is that of the scheme {other}", right_texts(other, request, keys)


def _of_host_and_type(request: Request, keys: Keys) -> Iterator[tuple[str, Sequence[bytes]]]:
    host, kind = request.header("Host") or "", request.header("Content-Type")
    if host != without_port(host):
        twice = host + host[len(without_port(host)) :]
        yield "the port was signed twice, as generateAccessTokenV2 of the Node SDK does", [qiniu_text(request, twice)]
    hosts = hosts_of(request, keys)
    if kind:
        both = [qiniu_text(request, each, type="", body=body) for each in hosts for body in (True, False)]
        yield "the Content-Type was left out", both
    else:
        yield "a Content-Type was signed that was not sent", [qiniu_text(request, each, type=FORM) for each in hosts]
