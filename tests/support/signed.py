"""Signatures of requests, written from the vendors' descriptions and not from the code that checks them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import NamedTuple
from urllib.parse import quote, unquote

from mock_server.http.message import Pairs, Request, request_of

FORM = "application/x-www-form-urlencoded"
PROJECT = "0123456789abcdef0123456789abcdef"
PREHEATING = f"/v1.0/{PROJECT}/asset/preheating"
QINIU_BODY = b"bucket=b&key=in%2Fa.mp4&fops=avthumb%2Fmp4"
HUAWEI_BODY = b'{"urls": ["http://media.example.com/a.mp4"]}'
WANGSU_BODY = b"fops=bucket/Yg==/key/aw=="
NOW = 1_700_000_000_000
STAMP = "20231114T221320Z"
"""The time of `harness.Now`, as milliseconds and as signatures have it."""
HOST = "127.0.0.1:8080"


class Pair(NamedTuple):
    """An access key and its secret key."""

    ak: str = "ak-1"
    sk: str = "made-up-secret-1"


PAIR = Pair()


def hmac_sha1(sk: str, text: bytes) -> bytes:
    """The raw digest."""
    return hmac.new(sk.encode(), text, hashlib.sha1).digest()


def urlsafe(digest: bytes) -> str:
    """Base64 as the vendors' headers have it."""
    return base64.urlsafe_b64encode(digest).decode()


def qbox(text: bytes, pair: Pair = PAIR) -> str:
    """The header of the scheme QBox."""
    return f"QBox {pair.ak}:{urlsafe(hmac_sha1(pair.sk, text))}"


def qiniu(text: bytes, pair: Pair = PAIR) -> str:
    """The header of the scheme Qiniu."""
    return f"Qiniu {pair.ak}:{urlsafe(hmac_sha1(pair.sk, text))}"


def wangsu(text: bytes, pair: Pair = PAIR) -> str:
    """Wangsu's header."""
    return f"{pair.ak}:{urlsafe(hmac_sha1(pair.sk, text).hex().encode())}"


def huawei(canonical: bytes, names: str, pair: Pair = PAIR, stamp: str = STAMP) -> str:
    """Huawei's header."""
    text = f"SDK-HMAC-SHA256\n{stamp}\n{hashlib.sha256(canonical).hexdigest()}".encode()
    signature = hmac.new(pair.sk.encode(), text, hashlib.sha256).hexdigest()
    return f"SDK-HMAC-SHA256 Access={pair.ak}, SignedHeaders={names}, Signature={signature}"


def canonical(method: str, target: str, headers: Pairs, names: str, body: bytes, payload: str = "") -> bytes:
    """Huawei's canonical request."""
    path, _, query = target.partition("?")
    path = "/".join(quote(unquote(part), safe="~") for part in path.split("/"))
    by_name = {name.lower(): value for name, value in headers}
    lines = "".join(f"{name}:{by_name[name]}\n" for name in names.split(";"))
    hashed = payload or hashlib.sha256(body).hexdigest()
    return "\n".join([method, f"{path}/", "&".join(sorted(query.split("&"))), lines, names, hashed]).encode()


def qbox_request(target: str = "/pfop", body: bytes = QINIU_BODY, pair: Pair = PAIR) -> Request:
    """A submit to Qiniu, signed with QBox."""
    headers = (("Host", HOST), ("Content-Type", FORM), ("Authorization", qbox(f"{target}\n".encode() + body, pair)))
    return request_of("POST", target, headers, body)


def qiniu_text(
    target: str = "/pfop", host: str = HOST, type: str = FORM, more: str = f"X-Qiniu-Date: {STAMP}\n"
) -> bytes:
    """What the scheme Qiniu signs of a POST, but for the body."""
    kind = f"Content-Type: {type}\n" if type else ""
    return f"POST {target}\nHost: {host}\n{kind}{more}\n".encode()


def qiniu_request(text: bytes = b"", target: str = "/pfop", host: str = HOST, stamp: str = STAMP) -> Request:
    """A submit to Qiniu, signed with Qiniu: this text, by default the right one."""
    right = qiniu_text(target, more=f"X-Qiniu-Date: {stamp}\n") + QINIU_BODY
    headers = (
        ("Host", host),
        ("Content-Type", FORM),
        ("x-qiniu-date", stamp),
        ("Authorization", qiniu(text or right)),
    )
    return request_of("POST", target, headers, QINIU_BODY)


def huawei_request(
    method: str = "POST",
    target: str = PREHEATING,
    body: bytes = HUAWEI_BODY,
    names: str = "content-type;host;x-sdk-date",
    *,
    more: Pairs = (),
    payload: str = "",
    text: bytes = b"",
    pair: Pair = PAIR,
    stamp: str = STAMP,
) -> Request:
    """A request to Huawei, signed."""
    headers = (("Host", HOST), ("Content-Type", "application/json"), ("X-Sdk-Date", stamp), *more)
    signed = text or canonical(method, target, headers, names, body, payload)
    return request_of(method, target, (*headers, ("Authorization", huawei(signed, names, pair, stamp))), body)


def wangsu_request(
    target: str = "/fmgr/delete", body: bytes = WANGSU_BODY, *, header: str = "", pair: Pair = PAIR
) -> Request:
    """A submit to Wangsu, signed."""
    authorization = header or wangsu(f"{target}\n".encode() + body, pair)
    return request_of("POST", target, (("Host", HOST), ("Authorization", authorization)), body)
