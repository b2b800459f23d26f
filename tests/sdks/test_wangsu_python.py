"""PyPI `wcs-python3-sdk`: the tuple that `Client.fmgr_status` hands to its caller, and how often it asks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import pytest
from wcs.commons.config import Config
from wcs.services.client import Client

from tests.support.live import LiveServer
from tests.support.sdk_faults import serving_spoiled
from tests.support.sdk_waits import wait

Connect = Callable[[str], Any]


class Seen(NamedTuple):
    """What a caller has in hand after one call: the code, and what the body says of the task, or against it.

    `codes`: of the whole, a number, and of each item, as text.
    """

    code: int
    codes: tuple[int | str, ...] | None = None
    message: str | None = None


def whole(code: int, *items: str) -> Seen:
    """A status body: the code of the whole, then the items'."""
    return Seen(200, (code, *items))


def refused(status: int, message: str) -> Seen:
    """An error body whose `code` is the status as text."""
    return Seen(status, (str(status),), message)


ILLEGAL = refused(400, "Invalid parameter: persistentId")
UNKNOWN = refused(404, "persistentId Not Found")
DOWN = refused(599, "Server Operation Failed")

SCENARIOS = {
    "happy-path": [whole(0, "0"), whole(1, "1"), whole(3, "3")],
    "fails-late": [whole(0, "0"), whole(1, "1"), whole(1, "1"), whole(3, "2")],
    "partial-failure": [whole(0, "0", "0"), whole(1, "3", "1"), whole(3, "3", "2")],
    "success-hides-failure": [whole(0, "0", "0"), whole(1, "1", "1"), whole(3, "3", "2")],
    "not-found": [UNKNOWN],
    "bad-request": [ILLEGAL],
    "outage-then-recovery": [whole(0, "0"), DOWN, DOWN, whole(3, "3")],
}


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Makes clients; where they ask is part of the SDK's only configuration, which is given back as it was."""

    def client(mgr_url: str) -> Any:
        settings = Config()
        for name, value in (("access_key", "ak"), ("secret_key", "sk"), ("mgr_url", mgr_url)):
            monkeypatch.setattr(settings, name, value)
        return Client(settings)

    return client


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with serving_spoiled(tmp_path_factory.mktemp("spoiled")) as server:
        yield server


def ask(client: Any, id: str) -> Seen:
    """One call, as its caller sees it."""
    code, body, _ = client.fmgr_status(id)
    parts = [body, *body.get("items", ())]
    return Seen(code, tuple(part["code"] for part in parts) if "code" in body else None, body.get("message"))


def ends(seen: Seen) -> bool:
    """A caller goes on while the task is not done, and while the service is down."""
    return seen.code < 500 and (seen.codes is None or seen.codes[0] not in (0, 1, 4))


@pytest.mark.parametrize(("scenario", "expected"), SCENARIOS.items(), ids=SCENARIOS)
def test_a_caller_that_polls_to_the_end_sees_the_scenario_one_request_a_call(
    live: LiveServer, connect: Connect, scenario: str, expected: Sequence[Seen]
) -> None:
    id, client = f"{scenario}.wangsu-python", connect(live.host)
    assert wait(lambda: ask(client, id), ends) == expected
    assert len(live.requests(id)) == len(expected)


def test_the_request_is_a_get_without_authorization(live: LiveServer, connect: Connect) -> None:
    connect(live.host).fmgr_status("instant.wangsu-python-request")
    (entry,) = live.requests("instant.wangsu-python-request")
    assert (entry.request.method, entry.request.target) == (
        "GET",
        "/fmgr/status?persistentId=instant.wangsu-python-request",
    )
    assert entry.request.header("Authorization") is None


def test_a_base_url_with_its_scheme_works_too(live: LiveServer, connect: Connect) -> None:
    assert ask(connect(live.url), "instant.wangsu-python-scheme") == whole(3, "3")


def test_the_caller_gets_the_document_and_the_reqid_as_they_were_sent(live: LiveServer, connect: Connect) -> None:
    _, body, headers = connect(live.host).fmgr_status("partial-failure.wangsu-python-document")
    (entry,) = live.requests("partial-failure.wangsu-python-document")
    assert body == json.loads(entry.response.body)
    assert list(body) == ["id", "code", "desc", "separate", "items"]
    assert headers == {"x-reqid": entry.response.header("X-Reqid")}


def test_a_refusal_carries_its_reqid_too(live: LiveServer, connect: Connect) -> None:
    _, _, headers = connect(live.host).fmgr_status("not-found.wangsu-python-reqid")
    (entry,) = live.requests("not-found.wangsu-python-reqid")
    assert headers == {"x-reqid": entry.response.header("X-Reqid")}


def test_a_failed_item_tells_its_reason_and_has_no_output(live: LiveServer, connect: Connect) -> None:
    _, body, _ = connect(live.host).fmgr_status("fails-at-once.wangsu-python-reason")
    (item,) = body["items"]
    assert item["error"]
    assert (item["hash"], item["key"], item["url"], item["fsize"]) == ("", "", "", 0)


def test_an_empty_id_is_refused_naming_the_parameter(live: LiveServer, connect: Connect) -> None:
    assert ask(connect(live.host), "") == ILLEGAL


@pytest.mark.parametrize("fault", ["malformed", "malformed-404", "html", "html-404"])
def test_what_is_not_json_loses_its_status(spoiled: LiveServer, connect: Connect, fault: str) -> None:
    code, body, headers = connect(spoiled.host).fmgr_status(f"{fault}.wangsu-python")
    assert (code, body) == (-2, {"message": "Some abnormal error occurred on the server."})
    assert headers == {"x-reqid": "None"}
    assert len(spoiled.requests(f"{fault}.wangsu-python")) == 1


def test_an_empty_body_is_an_error_with_every_header(spoiled: LiveServer, connect: Connect) -> None:
    code, body, headers = connect(spoiled.host).fmgr_status("empty-body.wangsu-python")
    (entry,) = spoiled.requests("empty-body.wangsu-python")
    assert (code, body) == (-2, {"message": "Message Body is None. Please check your URL."})
    assert (headers["Content-Length"], headers["X-Reqid"]) == ("0", entry.response.header("X-Reqid"))


@pytest.mark.parametrize("fault", ["no-content-type", "charset", "plain-text"])
def test_the_content_type_does_not_matter(spoiled: LiveServer, connect: Connect, fault: str) -> None:
    assert ask(connect(spoiled.host), f"{fault}.wangsu-python") == whole(3, "3")


def test_without_a_reqid_the_caller_is_told_so_in_a_word(spoiled: LiveServer, connect: Connect) -> None:
    code, _, headers = connect(spoiled.host).fmgr_status("no-reqid.wangsu-python")
    assert (code, headers) == (200, {"x-reqid": "None"})


@pytest.mark.parametrize(
    ("fault", "status"), [("error-500", 500), ("error-502", 502), ("error-599", 599), ("throttled", 429)]
)
def test_the_sdk_tries_no_status_again(spoiled: LiveServer, connect: Connect, fault: str, status: int) -> None:
    seen = ask(connect(spoiled.host), f"{fault}.wangsu-python")
    assert (seen.code, seen.codes) == (status, (str(status),))
    assert len(spoiled.requests(f"{fault}.wangsu-python")) == 1
