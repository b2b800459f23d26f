"""The URL of a shared store: what each says, what is wrong with others, and that no secret is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from mock_server.errors import InvalidInput
from mock_server.store.redis.url import Node, StoreUrl, store_url

SECRET = "s3cr3t@/:#"


def problems_of(text: str, **others: str) -> list[str]:
    """The problems of a URL, as they are shown."""
    with pytest.raises(InvalidInput) as refused:
        store_url(text, "--store", **others)
    return [str(each) for each in refused.value.problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("redis://localhost", StoreUrl("single", (Node("localhost", 6379),))),
        ("redis://10.0.0.7:7000/3", StoreUrl("single", (Node("10.0.0.7", 7000),), db=3)),
        ("REDIS://[::1]:7000/", StoreUrl("single", (Node("::1", 7000),))),
        (
            "rediss://u:p%40x@r.example:6380?ca=/etc/ca.pem&timeout=500ms&namespace=team-a",
            StoreUrl(
                "single",
                (Node("r.example", 6380),),
                tls=True,
                user="u",
                password="p@x",
                namespace="team-a",
                timeout=500,
                ca=Path("/etc/ca.pem"),
            ),
        ),
        ("redis://:pw@h", StoreUrl("single", (Node("h", 6379),), password="pw")),
        (
            "redis+sentinel://a,b:7001/mymaster/2",
            StoreUrl("sentinel", (Node("a", 26379), Node("b", 7001)), service="mymaster", db=2),
        ),
        ("rediss+sentinel://a/m", StoreUrl("sentinel", (Node("a", 26379),), tls=True, service="m")),
        ("redis+cluster://a:1,[::1]:2", StoreUrl("cluster", (Node("a", 1), Node("::1", 2)))),
        ("redis+cluster://a/0", StoreUrl("cluster", (Node("a", 6379),))),
    ],
)
def test_a_url_says_where_the_store_is_and_how_it_is_reached(text: str, expected: StoreUrl) -> None:
    assert store_url(text, "--store") == expected


def test_user_and_password_may_stand_elsewhere() -> None:
    found = store_url("redis://h", "--store", "u", SECRET)
    assert (found.user, found.password) == ("u", SECRET)
    assert store_url("redis://u:pw@h", "--store", None, "pw") == store_url("redis://u:pw@h", "--store")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("redis", "no URL of a store: expected one such as redis://127.0.0.1:6379/0"),
        ("http://h", "known: redis, redis+cluster"),
        ("reddis://h", 'did you mean "redis"?'),
        ("redis://", "a host is missing or cannot be read"),
        ("redis://h:0", "a host is missing or cannot be read"),
        ("redis://h:99999", "expected host or host:port, as in redis://127.0.0.1:6379/0"),
        ("redis://a,b", "2 hosts, and one Redis has one (for sentinels or a cluster: redis+sentinel://"),
        ("redis://h/x", "the path is no number of a database"),
        ("redis://h/1/2", "the path is no number of a database"),
        ("redis+sentinel://a", "the name of the service is missing (expected as in redis+sentinel://"),
        ("redis+cluster://a/1", "a cluster has database 0 alone (leave the path out"),
        ("redis://h?namespce=x", "no option 'namespce' (did you mean \"namespace\"?)"),
        ("redis://h?namespace={x}", "namespace takes 1 to 64 of"),
        ("redis://h?namespace=a&namespace=b", "namespace stands twice"),
        ("redis://h?timeout=0s", "timeout takes a length of time, at most 60s"),
        ("redis://h?timeout=61s", "timeout takes a length of time, at most 60s"),
        ("redis://h?ca=/x", "ca is for TLS alone (write rediss://, or leave ca out)"),
        ("rediss://h?ca=", "ca takes a PEM file"),
        ("redis://h#x", "a URL of a store has no fragment (write # in a password as %23)"),
        ("redis://u@h", "a user without a password"),
    ],
)
def test_what_is_wrong_with_a_url_is_said_with_what_was_expected(text: str, expected: str) -> None:
    (problem,) = problems_of(text)
    assert problem.startswith("--store: ")
    assert expected in problem


def test_all_problems_of_a_url_are_said_at_once() -> None:
    assert len(problems_of("redis://a,b/x?timeout=no&namespace=&ca=/x")) == 5


@pytest.mark.parametrize("scheme", ["redis", "redis+cluster", "nonsense"])
def test_no_problem_shows_a_secret(scheme: str) -> None:
    said = problems_of(f"{scheme}://user:hunter2@h:x/y?timeout=no", password="hunter3", user="user")
    assert "hunter" not in "".join(said)


def test_as_text_a_url_has_neither_user_nor_password() -> None:
    for text in ("rediss://u:hunter2@h:1/2", "redis+sentinel://u:hunter2@a,b/m", "redis+cluster://u:hunter2@a"):
        found = store_url(text, "--store")
        assert "hunter2" not in str(found) + repr(found)
        assert store_url(str(found), "--store") == store_url(text.replace("u:hunter2@", ""), "--store")
