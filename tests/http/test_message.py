"""Requests and responses as values: what a target says however it is written, and headers as vendors spell them."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.http.message import Delivery, Pairs, Request, Response, normal_path, request_of

RESPONSE = Response(
    200, "OK", (("Content-Type", "application/json"), ("X-Reqid", "a"), ("Content-Length", "2")), b"{}", 250
)
encodable = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def asked(target: str) -> Request:
    """A GET of this target."""
    return request_of("GET", target, (), b"")


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/fmgr/status?persistentId=a", "/fmgr/status", (("persistentId", "a"),)),
        ("/", "/", ()),
        ("", "/", ()),
        ("/fmgr/status?", "/fmgr/status", ()),
        # Base addresses with a slash at the end make the double one; some SDKs add one behind.
        ("//fmgr/status", "/fmgr/status", ()),
        ("/fmgr//status///?persistentId=a", "/fmgr/status", (("persistentId", "a"),)),
        ("////", "/", ()),
        # Absolute form, as through a proxy.
        ("http://api.example.com/fmgr/status?persistentId=a", "/fmgr/status", (("persistentId", "a"),)),
        ("HTTPS://api.example.com:8443//fmgr/status/", "/fmgr/status", ()),
        ("http://user:secret@[::1]:80/fmgr/status", "/fmgr/status", ()),
        ("http://api.example.com", "/", ()),
        ("http://api.example.com?id=a", "/", (("id", "a"),)),
        ("http://api.example.com?id=a/b", "/", (("id", "a/b"),)),
        ("http://api.example.com/status?url=http://other/x", "/status", (("url", "http://other/x"),)),
        # What looks absolute is not, unless it begins so.
        ("/status?url=http://other/x", "/status", (("url", "http://other/x"),)),
        ("/http://other/x", "/http:/other/x", ()),
        ("status?url=http://other/x", "/status", (("url", "http://other/x"),)),
        # The other forms of a target.
        ("*", "/*", ()),
        ("api.example.com:443", "/api.example.com:443", ()),
        ("/status#part?id=a", "/status", ()),
        ("/status?id=a#part", "/status", (("id", "a"),)),
    ],
)
def test_a_target_is_understood_in_every_form(target: str, path: str, query: Pairs) -> None:
    request = asked(target)
    assert (request.path, request.query) == (path, query)
    assert request.target == target


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a%20b", "/a b"),
        ("/a%2Fb", "/a/b"),
        ("/a+b", "/a+b"),
        ("/%2541", "/%41"),
        ("/%E4%BB%BB%E5%8A%A1", "/任务"),
        ("/任务", "/任务"),
        ("/%FF%E4", "/��"),
        ("/100%", "/100%"),
        ("/%zz", "/%zz"),
        ("/a%3Fid=b", "/a?id=b"),
        ("/a%23b", "/a#b"),
        ("/a%00b", "/a\0b"),
    ],
)
def test_a_path_is_decoded_once(target: str, path: str) -> None:
    assert asked(target).path == path


@pytest.mark.parametrize(
    ("query", "pairs"),
    [
        ("id=a&id=b", (("id", "a"), ("id", "b"))),
        ("id=", (("id", ""),)),
        ("id", (("id", ""),)),
        ("=a", (("", "a"),)),
        ("&&id=a&", (("id", "a"),)),
        ("id=a=b", (("id", "a=b"),)),
        ("id=a;b", (("id", "a;b"),)),
        ("id=a+b%20c%2Bd", (("id", "a b c+d"),)),
        ("id=%2541", (("id", "%41"),)),
        ("id=%E4%BB%BB%E5%8A%A1&%E5%90%8D=1", (("id", "任务"), ("名", "1"))),
        ("id=任务", (("id", "任务"),)),
        ("id=%FF", (("id", "�"),)),
        ("id=a%26b%3Dc", (("id", "a&b=c"),)),
        ("id=a?b/c", (("id", "a?b/c"),)),
    ],
)
def test_a_query_is_decoded_once_and_keeps_its_order(query: str, pairs: Pairs) -> None:
    assert asked(f"/status?{query}").query == pairs
    assert request_of("POST", "/status", (), query.encode()).form() == pairs


def test_a_query_of_ten_kilobytes_arrives_whole() -> None:
    assert asked("/status?id=" + "x" * 10_240).query == (("id", "x" * 10_240),)


def test_fields_beyond_a_hundred_are_cut_off() -> None:
    names = [name for name, _ in asked("/status?" + "&".join(f"f{k}=1" for k in range(5_000))).query]
    assert names == [f"f{k}" for k in range(100)]


def test_a_hundred_fields_arrive_whole() -> None:
    assert len(asked("/status?" + "&".join(f"f{k}=1" for k in range(100))).query) == 100


@given(st.lists(st.tuples(encodable, encodable), max_size=20))
def test_whatever_a_client_encodes_is_what_we_read(pairs: list[tuple[str, str]]) -> None:
    assert asked("/status?" + urlencode(pairs)).query == tuple(pairs)


@given(st.lists(encodable.filter(lambda part: part and "/" not in part), max_size=5))
def test_any_path_that_a_client_encodes_is_what_we_read(parts: list[str]) -> None:
    assert asked("/" + "/".join(quote(part, safe="") for part in parts)).path == "/" + "/".join(parts)


@given(st.text())
def test_no_target_whatever_is_too_odd_to_read(target: str) -> None:
    request = asked(target)
    assert request.path.startswith("/")
    assert normal_path(request.path) == request.path


@given(st.binary())
def test_no_body_whatever_is_too_odd_to_read_as_a_form(body: bytes) -> None:
    assert all(isinstance(text, str) for pair in request_of("POST", "/", (), body).form() for text in pair)


def test_headers_are_found_in_any_case_and_no_value_of_a_request_s_is_passed_over() -> None:
    headers = (("x-Token", "a"), ("X-TOKEN", "b"))
    request = request_of("GET", "/", headers, b"")
    assert request.header("X-Token") == "a, b"
    assert RESPONSE._replace(headers=headers).header("X-Token") == "a"
    assert request.header("Token") is None
    assert request.headers == headers


@pytest.mark.parametrize(("method", "peeks"), [("HEAD", True), ("GET", False), ("POST", False), ("OPTIONS", False)])
def test_only_head_peeks(method: str, peeks: bool) -> None:
    assert request_of(method, "/", (), b"").peeks is peeks


@pytest.mark.parametrize(
    ("name", "value", "headers"),
    [
        ("x-reqid", "b", (("Content-Type", "application/json"), ("X-Reqid", "b"), ("Content-Length", "2"))),
        ("Retry-After", "3", (*RESPONSE.headers, ("Retry-After", "3"))),
        ("content-type", None, (("X-Reqid", "a"), ("Content-Length", "2"))),
        ("Retry-After", None, RESPONSE.headers),
    ],
)
def test_a_header_is_set_in_its_place_and_spelling(name: str, value: str | None, headers: Pairs) -> None:
    assert RESPONSE.with_header(name, value) == RESPONSE._replace(headers=headers)


@pytest.mark.parametrize(("value", "headers"), [("c", (("X-A", "c"), ("X-B", "2"))), (None, (("X-B", "2"),))])
def test_a_header_that_was_repeated_is_set_once(value: str | None, headers: Pairs) -> None:
    twice = RESPONSE._replace(headers=(("X-A", "a"), ("X-B", "2"), ("x-a", "b")))
    assert twice.with_header("x-A", value).headers == headers


def test_another_body_brings_its_length_and_changes_nothing_else() -> None:
    response = RESPONSE._replace(delivery=Delivery("dribble", 500)).with_body("任务".encode())
    assert response.headers == (("Content-Type", "application/json"), ("X-Reqid", "a"), ("Content-Length", "6"))
    assert response._replace(headers=RESPONSE.headers, body=b"{}", delivery=None) == RESPONSE


def test_a_response_without_a_length_gets_one_with_its_body() -> None:
    assert Response(200, "OK", (), b"").with_body(b"abc").headers == (("Content-Length", "3"),)


NAMES = st.sampled_from(["A", "a", "B", "C", "c", "D"])


@given(
    st.lists(st.tuples(NAMES, st.text("xy", max_size=2)), max_size=5),
    st.lists(
        st.tuples(NAMES, st.none() | st.text("z", max_size=2)), max_size=4, unique_by=lambda pair: pair[0].lower()
    ),
)
def test_many_headers_are_set_as_one_after_the_other_would_be(
    before: list[tuple[str, str]], changes: list[tuple[str, str | None]]
) -> None:
    response = Response(200, "OK", tuple(before), b"")
    expected = response
    for name, value in changes:
        expected = expected.with_header(name, value)
    assert response.with_headers(changes) == expected
