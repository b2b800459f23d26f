"""What a receiver makes of a request: whose notification it is, what it tells, and whether its signature is right."""

from __future__ import annotations

import pytest

from mock_server.http.message import Request, request_of
from mock_server.vendors.credentials import Keys
from mock_server.vendors.dialect import Dialect
from mock_server.vendors.notices import Post, target_and_host
from mock_server.vendors.qiniu.status import Qiniu
from mock_server.vendors.received import Received, received
from mock_server.vendors.registry import Registry
from mock_server.vendors.wangsu.status import Wangsu
from tests.support.notices import AK, KEYS, SK, posted

DIALECTS = Registry().dialects()


def request(post: Post) -> Request:
    return request_of("POST", target_and_host(post.url)[0], post.headers, post.body)


def seen(post: Post, keys: Keys = KEYS) -> Received:
    found = received(DIALECTS, request(post), keys, 0)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("dialect", "found"),
    [
        (
            Qiniu(),
            Received("qiniu", "happy-path", "0 [0]", "The fop was completed successfully", AK, None),
        ),
        (Wangsu(), Received("wangsu", "happy-path", '3 ["3"]', "fileOperateSucceed", AK, None)),
    ],
    ids=["qiniu", "wangsu"],
)
def test_a_notification_is_recognised_and_read(dialect: Dialect, found: Received) -> None:
    assert seen(posted(dialect)) == found


@pytest.mark.parametrize("dialect", [Qiniu(), Wangsu()], ids=["qiniu", "wangsu"])
def test_a_key_that_is_not_known_is_shown_unless_it_is_a_secret(dialect: Dialect) -> None:
    for key, shown in (("stranger", "stranger"), (SK, "***")):
        found = seen(posted(dialect, key=key, keys=Keys({key: b"x"})))
        assert (found.key, found.denied is None) == (shown, False)
    found = seen(posted(dialect, word="no"))
    assert (found.key, found.denied is None) == ("", False)


@pytest.mark.parametrize(
    "body", [b"", b"a=1", b"{}", b"[]", b'{"id": 1}', b'{"items": []}', b"e30=", b"!", b"\xff", b"[" * 100_000]
)
def test_what_is_no_notification_is_none(body: bytes) -> None:
    assert received(DIALECTS, request_of("POST", "/", (("Host", "h"),), body), KEYS, 0) is None


@pytest.mark.parametrize("body", [b'{"id": null, "items": 3}', b'{"id": {}, "items": [[]], "desc": 7, "code": []}'])
def test_a_document_of_any_shape_is_no_defect(body: bytes) -> None:
    found = received(DIALECTS, request_of("POST", "/", (("Host", "h"),), body), KEYS, 0)
    assert found is not None
    assert found.vendor == "qiniu"
