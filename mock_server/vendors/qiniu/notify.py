"""Qiniu: how a job's end is told to its `notifyURL`.

Sources: answers of the vendor's staff, segmentfault.com/q/1010000004609933 (any answer but 200 and 4xx is tried again,
13 times, after 1, 2, 4, 8 … seconds) and 1010000005809636 (4: the work succeeded, telling of it did not). That a job
shows 4 as long as the retries go on, and 0 after one was taken, was seen in production, and so were signatures: none
in 2016, `QBox` later, `Qiniu` without a date in 2024.
"""

from __future__ import annotations

from typing import Literal

from mock_server.engine.scenario import State
from mock_server.http.message import request_of
from mock_server.vendors.dialect import RequestId
from mock_server.vendors.notices import Notice, Post, Progress, Signer, Terms, target_and_host
from mock_server.vendors.qiniu import signing

Callback = Literal["qiniu", "qbox", "none"]
"""By which scheme a notification is signed."""

TERMS = Terms(tuple(1000 << k for k in range(13)), ends_on_4xx=True)


def post(notice: Notice, signer: Signer | None, callback: Callback, request_id: RequestId) -> Post:
    """A notification as it is sent: the status document as it is, under a request id of its own."""
    target, host = target_and_host(notice.url)
    id = notice.draws.text(request_id.alphabet, request_id.length, "notice", notice.name)
    headers = (("Host", host), ("Content-Type", "application/json"), (request_id.header, id))
    if signer is None or callback == "none":
        return Post(notice.url, headers, notice.body)
    request = request_of("POST", target, headers, notice.body)
    text = signing.qbox_text(request) if callback == "qbox" else signing.qiniu_text(request, host)
    scheme = "QBox" if callback == "qbox" else "Qiniu"
    signature = signing.sign(signer.signs_with, text).decode()
    signed = (*headers, ("Authorization", f"{scheme} {signer.key}:{signature}"))
    return Post(notice.url, signed, notice.body, signer.key)


def overlaid(state: State, progress: Progress) -> State:
    """What a job shows whose work ended in `state`, while its notification is so far."""
    ended = state in (State.SUCCEEDED, State.FAILED)
    return State.NOTIFY_FAILED if ended and progress in ("trying", "failed") else state
