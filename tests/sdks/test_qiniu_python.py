"""PyPI `qiniu`: what `PersistentFop.get_status` hands to its caller, and how often it asks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from qiniu import Auth, PersistentFop, config, set_default

from tests.support.live import LiveServer
from tests.support.sdk_faults import serving_spoiled
from tests.support.sdk_waits import wait


class Seen(NamedTuple):
    """What a caller has in hand after one call.

    `codes`: of the whole and of each item; None where there is no `ret`, empty where it is `{}`. `error` is None where
    `info` has no such attribute, `retry` what `info.need_retry()` says.
    """

    status: int
    codes: tuple[int, ...] | None
    error: str | None = None
    retry: bool = False


def whole(*codes: int) -> Seen:
    """A status body: the code of the whole, then the items'."""
    return Seen(200, codes)


ILLEGAL = Seen(400, None, '{"code":400,"error":"invalid argument: id"}')
UNKNOWN = Seen(404, None, '{"code":404,"error":"not such id in prefop"}')
DOWN = Seen(599, None, '{"code":599,"error":"server operation failed"}', retry=True)

SCENARIOS = {
    "happy-path": [whole(1, 1), whole(2, 2), whole(0, 0)],
    "fails-late": [whole(1, 1), whole(2, 2), whole(2, 2), whole(3, 3)],
    "partial-failure": [whole(1, 1, 1), whole(2, 0, 2), whole(3, 0, 3)],
    "success-hides-failure": [whole(1, 1, 1), whole(2, 2, 2), whole(0, 0, 3)],
    "not-found": [UNKNOWN],
    "bad-request": [ILLEGAL],
    "outage-then-recovery": [whole(1, 1), DOWN, DOWN, whole(0, 0)],
}


@contextmanager
def pointed_at(url: str) -> Iterator[None]:
    """The SDK's process-wide host for data processing, for as long as the block lasts."""
    before = config.get_default("default_api_host")
    set_default(default_api_host=url)
    try:
        yield
    finally:
        set_default(default_api_host=before)


@pytest.fixture
def pointed(live: LiveServer) -> Iterator[LiveServer]:
    with pointed_at(live.url):
        yield live


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with serving_spoiled(tmp_path_factory.mktemp("spoiled")) as server:
        yield server


@pytest.fixture
def pointed_at_spoiled(spoiled: LiveServer) -> Iterator[LiveServer]:
    with pointed_at(spoiled.url):
        yield spoiled


def get_status(id: str) -> tuple[Any, Any]:
    """The call as its users write it."""
    ret, info = PersistentFop(Auth("ak", "sk"), "bucket").get_status(id)
    return ret, info


def ask(id: str) -> Seen:
    """One call, as its caller sees it."""
    ret, info = get_status(id)
    codes = ret if ret is None else tuple(part["code"] for part in ([ret, *ret["items"]] if ret else []))
    return Seen(info.status_code, codes, getattr(info, "error", None), info.need_retry())


def ends(seen: Seen) -> bool:
    """A caller goes on while the job is not done, and where the SDK says that another try may help."""
    return not seen.retry and (not seen.codes or seen.codes[0] in (0, 3, 4))


@pytest.mark.parametrize(("scenario", "expected"), SCENARIOS.items(), ids=SCENARIOS)
def test_a_caller_that_polls_to_the_end_sees_the_scenario_one_request_a_call(
    pointed: LiveServer, scenario: str, expected: Sequence[Seen]
) -> None:
    id = f"{scenario}.qiniu-python"
    assert wait(lambda: ask(id), ends) == expected
    assert len(pointed.requests(id)) == len(expected)


def test_the_request_is_a_signed_get(pointed: LiveServer) -> None:
    get_status("instant.qiniu-python-request")
    (entry,) = pointed.requests("instant.qiniu-python-request")
    assert (entry.request.method, entry.request.target) == (
        "GET",
        "/status/get/prefop?id=instant.qiniu-python-request",
    )
    assert (entry.request.header("Authorization") or "").startswith("QBox ak:")


def test_the_caller_gets_the_document_and_the_reqid_as_they_were_sent(pointed: LiveServer) -> None:
    ret, info = get_status("partial-failure.qiniu-python-document")
    (entry,) = pointed.requests("partial-failure.qiniu-python-document")
    assert ret == json.loads(entry.response.body)
    assert list(ret) == ["id", "code", "desc", "items", "creationDate"]
    assert ret["id"] == "partial-failure.qiniu-python-document"
    assert info.ok()
    assert info.req_id == entry.response.header("X-Reqid")


def test_a_failed_item_tells_its_reason_and_has_no_output(pointed: LiveServer) -> None:
    ret, _ = get_status("fails-at-once.qiniu-python-reason")
    (item,) = ret["items"]
    assert item["error"]
    assert (item["hash"], item["key"]) == ("", "")


def test_a_base_url_with_a_trailing_slash_works(live: LiveServer) -> None:
    with pointed_at(live.url + "/"):
        assert ask("instant.qiniu-python-slash") == whole(0, 0)
    (entry,) = live.requests("instant.qiniu-python-slash")
    assert entry.request.target.startswith("//status/get/prefop")


@pytest.mark.usefixtures("pointed")
def test_an_empty_id_is_refused_naming_the_parameter() -> None:
    assert ask("") == ILLEGAL


@pytest.mark.parametrize("fault", ["malformed", "empty-body"])
def test_a_success_that_is_not_json_is_an_empty_result_without_error(
    pointed_at_spoiled: LiveServer, fault: str
) -> None:
    assert ask(f"{fault}.qiniu-python") == Seen(200, ())
    assert len(pointed_at_spoiled.requests(f"{fault}.qiniu-python")) == 1


@pytest.mark.parametrize("fault", ["no-content-type", "charset", "plain-text"])
@pytest.mark.usefixtures("pointed_at_spoiled")
def test_the_content_type_does_not_matter(fault: str) -> None:
    assert ask(f"{fault}.qiniu-python") == whole(0, 0)


@pytest.mark.usefixtures("pointed_at_spoiled")
def test_without_a_reqid_a_success_is_lost_though_the_sdk_calls_it_ok() -> None:
    ret, info = get_status("no-reqid.qiniu-python")
    assert (ret, info.error) == (None, "server is not qiniu")
    assert info.ok()


@pytest.mark.parametrize(
    ("fault", "status", "retry"), [("malformed-404", 404, False), ("html-404", 404, False), ("html", 502, True)]
)
def test_an_error_that_is_not_json_is_handed_on_as_raw_text(
    pointed_at_spoiled: LiveServer, fault: str, status: int, retry: bool
) -> None:
    seen = ask(f"{fault}.qiniu-python")
    (entry,) = pointed_at_spoiled.requests(f"{fault}.qiniu-python")
    assert seen == Seen(status, None, entry.response.body.decode(), retry)


@pytest.mark.parametrize(
    ("fault", "status", "retry"),
    [
        ("error-500", 500, True),
        ("error-502", 502, True),
        ("error-599", 599, True),
        ("throttled", 573, False),
        ("error-579", 579, False),
        ("error-612", 612, False),
    ],
)
def test_the_sdk_tries_no_status_again_but_says_where_it_may_help(
    pointed_at_spoiled: LiveServer, fault: str, status: int, retry: bool
) -> None:
    seen = ask(f"{fault}.qiniu-python")
    assert (seen.status, seen.codes, seen.retry) == (status, None, retry)
    assert len(pointed_at_spoiled.requests(f"{fault}.qiniu-python")) == 1
