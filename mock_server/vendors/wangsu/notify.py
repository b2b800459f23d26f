"""Wangsu: how a task's end is told to its `notifyURL`.

Sources: the vendor's page on notifications, documents.cdnetworks.com/document/16033/26239, and the second list in
row `code` of its page "Querying the execution status of Fmgr tasks".
"""

from __future__ import annotations

import binascii
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum

from mock_server.engine.scenario import RANK, State
from mock_server.http.message import Request
from mock_server.types import Json
from mock_server.vendors.credentials import Denied, Keys, Slip, raw, target_of, without_port, without_query
from mock_server.vendors.notices import Notice, Post, Progress, Signer, Terms, json_of, target_and_host
from mock_server.vendors.wangsu import signing

_MINUTE = 60_000
TERMS = Terms((0, 0, 0, *(_MINUTE,) * 5))
"""Three attempts more at once, then five a minute apart."""

_WORDS: Mapping[Progress, State] = {
    "owed": State.NOTIFYING,
    "trying": State.NOTIFYING,
    "delivered": State.NOTIFIED,
    "failed": State.NOTIFY_FAILED,
}
_WORDS_OF_FAILURE: Mapping[Progress, State] = {
    "owed": State.FAILURE_NOTIFYING,
    "trying": State.FAILURE_NOTIFYING,
    "delivered": State.FAILURE_NOTIFIED,
    "failed": State.FAILURE_NOTIFY_FAILED,
}


class Code(IntEnum):
    """The page's row `code` of the task, list 2 (a notification): each operation is told by itself (1, 2), or not (3).

    1: one of them is not over; 2: one of them failed. 3 is also that all of them succeeded, which is ours.
    """

    UNFINISHED = 1
    FAILED = 2
    NOTIFIED = 3


TEXTS: Mapping[Code, str] = {
    Code.UNFINISHED: "fileOperateProcessing",
    Code.FAILED: "fileOperateFailed",
    Code.NOTIFIED: "fileOperateSucceed",
}
"""The page has that of 3, in its sample; the others are ours, in its style."""

_HEADERS = (
    ("Content-Type", "text/plain; charset=UTF-8"),
    ("User-Agent", "Apache-HttpClient/4.5.12 (Java/1.8.0_242)"),
)
"""As in the page's sample."""
_PLAIN = bytes.maketrans(b"-_", b"+/")
"""From the url-safe letters of base64 to the others."""


def code_of(items: tuple[State, ...], *, by_item: bool) -> tuple[int, str]:
    """The code and the text of a notification; `by_item`: each operation is told by itself."""
    code = Code.NOTIFIED
    if by_item and any(RANK[state] < RANK[State.SUCCEEDED] for state in items):
        code = Code.UNFINISHED
    elif by_item and State.FAILED in items:
        code = Code.FAILED
    return code.value, TEXTS[code]


def post(notice: Notice, signer: Signer | None) -> Post:
    """A notification as it is sent: the status document in url-safe base64, which is what is signed."""
    _, host = target_and_host(notice.url)
    headers, body = (("Host", host), *_HEADERS), urlsafe_b64encode(notice.body)
    if signer is None:
        return Post(notice.url, headers, body)
    signature = signing.sign(signer.signs_with, text_of(notice.url, body)).decode()
    return Post(notice.url, (*headers, ("Authorization", f"{signer.key}:{signature}")), body, signer.key)


def text_of(url: str, body: bytes) -> bytes:
    """What is signed: the address as it was submitted, and the body as it is sent."""
    return raw(url) + b"\n" + body


def read(request: Request) -> Json | None:
    """The status document that a notification has; None: the request is none of this vendor's."""
    document = _decoded(request.body)
    return None if document is None else json_of(document)


def _decoded(body: bytes) -> bytes | None:
    try:
        return b64decode(body.translate(_PLAIN), validate=True)
    except binascii.Error:
        return None


def judge(request: Request, keys: Keys) -> Denied | None:
    """Why the signature of a notification is wrong; None: it is right.

    The request does not have the address as it was submitted: the spellings that lead to such a request are right, but
    for one with a fragment, which nobody sends.
    """
    host, target = request.header("Host") or "", target_of(request)
    hosts = [("http", host), ("https", host)]
    if host == without_port(host):
        hosts += [("http", f"{host}:80"), ("https", f"{host}:443")]
    urls = [f"{scheme}://{each}{target}" for scheme, each in hosts]
    if target == "/":
        urls += [url.removesuffix("/") for url in urls]
    if "?" not in target:
        urls += [f"{url}?" for url in urls]
    texts = [text_of(url, request.body) for url in urls]
    return signing.judge_header(request, texts, keys, lambda secret: _slips(request, urls, secret))


def _slips(request: Request, urls: Sequence[str], secret: bytes) -> Iterator[Slip]:
    """The typical mistakes of whoever signs a notification. Each changes one thing."""
    yield from signing.slips_of_digest(text_of(urls[0], request.body), secret)
    plain = _decoded(request.body) or b""
    by_what = {
        "the document was signed in place of its base64": [text_of(url, plain) for url in urls],
        "the body was left out": [text_of(url, b"") for url in urls],
        "the query was left out": [text_of(without_query(url), request.body) for url in urls],
        "the path was signed in place of the whole address": [text_of(target_of(request), request.body)],
    }
    for what, texts in by_what.items():
        yield what, [signing.sign(secret, text) for text in texts]


def overlaid(state: State, progress: Progress) -> State:
    """What a task shows whose work ended, while its notification is so far; of a failed one too."""
    return _WORDS[progress] if state in (State.SUCCEEDED, State.FAILED) else state


def overlaid_item(state: State, progress: Progress) -> State:
    """What an operation shows that ended in `state`, while the notification is so far."""
    if state is State.FAILED:
        return _WORDS_OF_FAILURE[progress]
    return _WORDS[progress] if state is State.SUCCEEDED else state
