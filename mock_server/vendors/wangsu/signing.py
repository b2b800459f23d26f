"""Wangsu: the signature of a request to its file management.

Sources: the vendor's SDKs, and for the errors its media API,
documents.cdnetworks.com/document/media-live-vod/ma-vod-transcoding-response.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Sequence

from mock_server.http.message import Request
from mock_server.vendors.credentials import (
    Denied,
    Keys,
    Slip,
    is_signed,
    raw,
    target_of,
    unknown_key,
    what_differs,
    with_other_end,
    without_query,
)


def judge(request: Request, keys: Keys) -> Denied | None:
    """Why a request's credentials are refused; None: they are right. The time does not matter: nothing is dated."""
    return judge_header(request, [text_of(request)], keys, lambda secret: _slips(request, secret))


def judge_header(
    request: Request, texts: Sequence[bytes], keys: Keys, slips: Callable[[bytes], Iterator[Slip]]
) -> Denied | None:
    """As `judge`, where any of these texts may be signed; `slips` are those with a secret."""
    header, text = request.header("Authorization"), texts[0]
    if not header:
        return Denied("unauthorized", "the request has no Authorization", text)
    key, given = parts_of(header)
    if not (key and given):
        return Denied("bad_format", "Authorization is not AK:SIGNATURE", text)
    secret = keys.secrets.get(key)
    if secret is None:
        differs, shown = unknown_key(keys, key)
        return Denied("unknown_key", differs, text, shown)
    if is_signed(given, [sign(secret, each) for each in texts]):
        return None
    return Denied("bad_signature", what_differs(given, slips(secret)), text)


def parts_of(header: str) -> tuple[str, str]:
    """The access key and the signature of a header; "" for what it lacks."""
    key, _, given = header.partition(":")
    return key, given


def sign(secret: bytes, text: bytes) -> bytes:
    """The signature: base64 of the digest's 40 hexadecimal digits."""
    return urlsafe_b64encode(hmac.digest(secret, text, "sha1").hex().encode())


def text_of(request: Request, *, target: str | None = None, body: bool = True) -> bytes:
    """What is signed. `target` and `body` are what a client may have taken in place of the right ones."""
    return raw(target or target_of(request)) + b"\n" + (request.body if body else b"")


def _slips(request: Request, secret: bytes) -> Iterator[Slip]:
    """The typical mistakes of a client. Each changes one thing."""
    target = target_of(request)
    yield from slips_of_digest(text_of(request), secret)
    if request.body:
        yield "the body was left out", [sign(secret, text_of(request, body=False))]
    lost = "without" if without_query(target).endswith("/") else "with"
    yield (
        f"the path was signed {lost} a slash at its end",
        [sign(secret, text_of(request, target=with_other_end(target)))],
    )
    if without_query(target) != target:
        yield "the query was left out", [sign(secret, text_of(request, target=without_query(target)))]


def slips_of_digest(text: bytes, secret: bytes) -> Iterator[Slip]:
    """The mistakes that are made with the digest of the right text."""
    digest = hmac.digest(secret, text, "sha1")
    yield "it is made of the raw digest in place of its hexadecimal text", [urlsafe_b64encode(digest)]
    yield "the hexadecimal text of the digest is not in base64", [digest.hex().encode()]
