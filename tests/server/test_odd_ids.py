"""Ids as odd as clients can make them: echoed whole, kept apart, and never a way around the routes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote_from_bytes, urlencode

import pytest
from flask import Flask
from hypothesis import assume, given
from hypothesis import strategies as st

from mock_server.server.app import create_app
from mock_server.settings import Settings
from tests.support.live import LiveServer, serving
from tests.support.poller import STATUS_PATHS, Poller
from tests.support.raw import Answer, answers, request_bytes, send

LONGEST = 512
ODD = {
    "slash": "a/b",
    "slashes": "//a//b//",
    "path": "/fmgr/status?persistentId=x",
    "dots": "../../etc/passwd",
    "escaped slash": "a%2Fb",
    "escaped percent": "a%25b",
    "escaped nul": "a%00b",
    "percent": "100%",
    "nul": "a\0b",
    "quotes": "\"a' or 1=1 --",
    "json": '","code":0,"x":"',
    "html": "<script>alert(1)</script>",
    "braces": "{id} {0} %s %(x)s ${x}",
    "format field": "{field}",
    "plus": "a+b",
    "blanks": "  a  b  ",
    "blank": " ",
    "lines": "a\r\nSet-Cookie: x=y\r\n\r\nb",
    "tab and controls": "\t\x01\x1b[31m\x7f\x85",
    "separators": "a&b=c;d#e",
    "star": "*",
    "dot": ".",
    "star after dot": "a.*",
    "cjk": "任务-测试",
    "emoji": "👩‍👩‍👧‍👦🇨🇳",
    "astral": "𝕏𠮷",
    "composed": "caf\u00e9",
    "combining": "cafe\u0301",
    "right to left": "\u202eאבג\u202c",
    "byte order mark": "\ufeffid",
    "line separator": "\u2028\u2029",
    "noncharacter": "\uffff\U0010ffff",
    "null word": "null",
    "number": "0123",
    "upper": "HAPPY-PATH",
    "long": "x" * LONGEST,
    "long and wide": "任" * LONGEST,
    "long and astral": "𠮷" * LONGEST,
}
TOO_LONG = {"over": "x" * (LONGEST + 1), "wide": "任" * (LONGEST + 1), "ten kilobytes": "y" * 10_240}
REPLACED = {
    "not utf-8": (b"\xff\xfe", "\ufffd\ufffd"),
    "cut short": (b"a\xe4\xbb", "a\ufffd"),
    "surrogate": (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
    "latin-1": (b"caf\xe9", "caf\ufffd"),
    "overlong": (b"\xc0\xaf.", "\ufffd\ufffd."),
}


@pytest.fixture(scope="module")
def any_id() -> Iterator[LiveServer]:
    """A server on which every id plays a scenario."""
    with serving(Settings(default_scenario="happy-path")) as live:
        yield live


def poll(server: LiveServer, vendor: str, id: bytes) -> Answer:
    """One poll on a socket of its own, every byte of the id escaped that may not stand plainly."""
    path, name = STATUS_PATHS[vendor]
    (answer,) = answers(send(server.port, request_bytes("GET", f"{path}?{name}={quote_from_bytes(id, safe='')}")))
    return answer


def steps(server: LiveServer, vendor: str, id: str) -> list[str | None]:
    """The steps that the journal says this task's polls saw."""
    return [entry.step for entry in server.requests(id) if entry.vendor == vendor]


@pytest.mark.parametrize("vendor", STATUS_PATHS)
@pytest.mark.parametrize("id", ODD.values(), ids=ODD)
def test_an_odd_id_is_a_task_of_its_own_that_is_echoed_whole(any_id: LiveServer, vendor: str, id: str) -> None:
    bodies = []
    for _ in range(3):
        answer = poll(any_id, vendor, id.encode())
        assert (answer.status, answer.header("set-cookie")) == (200, None)
        bodies.append(json.loads(answer.body))
    assert steps(any_id, vendor, id) == ["waiting", "processing", "succeeded"]
    assert [body.get("id", id) for body in bodies] == [id] * 3
    assert ("id" in bodies[0]) is (vendor != "huawei")


@pytest.mark.parametrize("vendor", STATUS_PATHS)
@pytest.mark.parametrize(("sent", "read"), REPLACED.values(), ids=REPLACED)
def test_bytes_that_are_not_utf8_are_replaced_and_the_task_is_found_again(
    any_id: LiveServer, vendor: str, sent: bytes, read: str
) -> None:
    for _ in range(2):
        answer = poll(any_id, vendor, sent)
        assert answer.status == 200
        assert json.loads(answer.body).get("id", read) == read
    assert steps(any_id, vendor, read) == ["waiting", "processing"]


@pytest.mark.parametrize("id", TOO_LONG.values(), ids=TOO_LONG)
@pytest.mark.parametrize(
    ("vendor", "error"),
    [
        ("qiniu", {"code": 400, "error": "invalid argument: id"}),
        ("wangsu", {"code": "400", "message": "Invalid parameter: persistentId"}),
    ],
)
def test_an_id_that_is_too_long_is_an_illegal_parameter(
    any_id: LiveServer, vendor: str, error: dict[str, object], id: str
) -> None:
    answer = poll(any_id, vendor, id.encode())
    assert (answer.status, json.loads(answer.body)) == (400, error)
    assert any_id.requests(id) == ()


@pytest.mark.parametrize("id", TOO_LONG.values(), ids=TOO_LONG)
def test_an_id_that_is_too_long_names_the_field_in_the_vendors_code(any_id: LiveServer, id: str) -> None:
    answer = poll(any_id, "huawei", id.encode())
    body = json.loads(answer.body)
    assert (answer.status, body["error_code"]) == (400, "VOD.10053")
    assert "task_id" in body["error_msg"]


@pytest.mark.parametrize("id", ODD.values(), ids=ODD)
def test_an_odd_id_in_a_form_is_the_same_task_as_in_a_query(any_id: LiveServer, id: str) -> None:
    id = f"{id[:500]} by form"
    assert poll(any_id, "qiniu", id.encode()).status == 200
    body = urlencode({"id": id}).encode()
    (answer,) = answers(send(any_id.port, request_bytes("POST", STATUS_PATHS["qiniu"][0], None, body)))
    assert json.loads(answer.body)["id"] == id
    assert steps(any_id, "qiniu", id) == ["waiting", "processing"]


@pytest.mark.parametrize(
    ("claimed", "step"),
    [("slow", "waiting"), ("slow.", "waiting"), ("slow.任/务?", "waiting"), ("instant. ", "succeeded")],
)
def test_what_stands_after_the_dot_may_be_anything(live: LiveServer, claimed: str, step: str) -> None:
    assert poll(live, "qiniu", claimed.encode()).status == 200
    assert steps(live, "qiniu", claimed)[0] == step


@pytest.mark.parametrize(
    "id", ["slow/x", "slow%2Ex", " slow", "slow\0", "Slow", "slow\uff0ex", "*", "slow*", "\r\nslow"]
)
@pytest.mark.parametrize("vendor", STATUS_PATHS)
def test_what_only_resembles_a_claim_is_unknown(live: LiveServer, vendor: str, id: str) -> None:
    answer = poll(live, vendor, id.encode())
    assert answer.status == 404
    note = answer.header("x-mock-server")
    assert note is not None
    assert note.isascii()
    assert note.isprintable()


class Counted(NamedTuple):
    """An app on which every id plays a scenario, and how often each was polled."""

    app: Flask
    polls: Counter[tuple[str, str]]


@pytest.fixture(scope="module")
def counted() -> Counted:
    """Shared by all examples, so that any two ids that were one task would show."""
    return Counted(create_app(Settings(default_scenario="happy-path")), Counter())


@given(
    vendor=st.sampled_from(list(STATUS_PATHS)),
    id=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=LONGEST),
)
def test_any_text_is_an_id_that_is_echoed_and_counted_by_itself(counted: Counted, vendor: str, id: str) -> None:
    parts = counted.app.extensions["mock_server"]
    assume(parts.catalogue.library.choose(vendor, id) is None)
    answer = Poller(vendor, "", app=counted.app, id=id).poll()
    counted.polls[vendor, id] += 1
    asked = counted.polls[vendor, id]
    entry = parts.store.entries()[0][-1]
    assert (answer.status, answer.body.get("id", id)) == (200, id)
    assert (entry.vendor, entry.id, entry.asked) == (vendor, id, asked)
    assert entry.step == ("waiting", "processing", "succeeded")[min(asked, 3) - 1]
