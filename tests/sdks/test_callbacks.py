"""The SDKs' own checks of a callback, with the notifications that are sent: what they can verify, and what they cannot.

Wangsu's SDKs check none: its signature is computed anew in tests/vendors/test_notify.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from qiniu import Auth

from mock_server.vendors.notices import Post, Signed, target_and_host
from mock_server.vendors.qiniu.notify import Callback
from mock_server.vendors.qiniu.status import Qiniu
from tests.support.node import polled
from tests.support.notices import AK, SK, posted

TYPE = "application/json"
WITH_PORT, WITHOUT = "http://127.0.0.1:9000/done?job=7&x=%20", "http://example.com/done?job=7"


def authorization(post: Post) -> str:
    return dict(post.headers).get("Authorization", "")


@pytest.mark.parametrize("url", [WITH_PORT, WITHOUT])
@pytest.mark.parametrize("callback", ["qiniu", "qbox"])
@pytest.mark.parametrize(("word", "taken"), [("right", True), ("wrong", False), ("no", False)])
def test_python_verifies_both_schemes(url: str, callback: Callback, word: Signed, taken: bool) -> None:
    """It needs the method and the headers for `Qiniu`, and the type that came for `QBox`."""
    post = posted(Qiniu(callback=callback), url, word=word)
    given = (authorization(post), url, post.body.decode(), TYPE, "POST", dict(post.headers))
    assert Auth(AK, SK).verify_callback(*given) is taken
    assert not Auth(AK, "another").verify_callback(*given)


def test_python_does_not_verify_what_it_is_told_too_little_of() -> None:
    """Without method and headers it takes a GET without a type; without the type, a form, whose body `QBox` signs."""
    for callback in ("qiniu", "qbox"):
        post = posted(Qiniu(callback=callback), WITH_PORT)
        assert not Auth(AK, SK).verify_callback(authorization(post), WITH_PORT, post.body.decode())


@pytest.mark.xdist_group("sdk-node")
def test_node_verifies_qbox_without_a_body_and_qiniu_without_a_port(node_sdks: Path) -> None:
    """With `QBox` it signs any body that it is given, though JSON is no part of that; with `Qiniu`, a port twice."""
    cases: list[tuple[Callback, str, bool, bool]] = [
        ("qiniu", WITHOUT, True, True),
        ("qiniu", WITH_PORT, True, False),
        ("qiniu", WITHOUT, False, False),
        ("qbox", WITH_PORT, False, True),
        ("qbox", WITHOUT, False, True),
        ("qbox", WITH_PORT, True, False),
    ]
    expected, jobs = {}, []
    for callback, url, body, taken in cases:
        for word in ("right", "wrong"):
            post = posted(Qiniu(callback=callback), url, word=word)
            id = f"{callback} {target_and_host(url)[1]} body {body} {word}"
            expected[id] = taken and word == "right"
            job = {"id": id, "url": url, "authorization": authorization(post), "type": TYPE}
            jobs.append(job | ({"body": post.body.decode()} if body else {}))
    found = polled("callbacks.js", node_sdks, jobs)
    assert {each["id"]: each["taken"] for each in found} == expected
