"""npm `qiniu`: what `OperationManager.prefop` hands to its callback, and how often it asks."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.live import LiveServer
from tests.support.node import polled
from tests.support.sdk_faults import SPOILED, serving_spoiled
from tests.support.sdk_waits import MOST_POLLS

# The process is the module's: one worker runs all of it.
pytestmark = pytest.mark.xdist_group("sdk-node")


class Handed(NamedTuple):
    """What one callback got: the error's name, the body, and of `info` the status and the `X-Reqid`."""

    err: str | None
    body: Any
    status: int
    reqid: str | None


class Seen(NamedTuple):
    """The same, as a caller looks at it. `codes`: of the whole and of each item."""

    status: int
    codes: tuple[int, ...]
    error: str | None = None


def whole(*codes: int) -> Seen:
    """A status body: the code of the whole, then the items'."""
    return Seen(200, codes)


def refused(status: int, error: str) -> Seen:
    """An error body: no error to the callback, but `code` and `error` in what should be the task."""
    return Seen(status, (status,), error)


ILLEGAL = refused(400, "invalid argument: id")
UNKNOWN = refused(404, "not such id in prefop")
DOWN = refused(599, "server operation failed")

SCENARIOS = {
    "happy-path": [whole(1, 1), whole(2, 2), whole(0, 0)],
    "fails-late": [whole(1, 1), whole(2, 2), whole(2, 2), whole(3, 3)],
    "partial-failure": [whole(1, 1, 1), whole(2, 0, 2), whole(3, 0, 3)],
    "success-hides-failure": [whole(1, 1, 1), whole(2, 2, 2), whole(0, 0, 3)],
    "not-found": [UNKNOWN],
    "bad-request": [ILLEGAL],
    "outage-then-recovery": [whole(1, 1), DOWN, DOWN, whole(0, 0)],
}


def id_of(scenario: str) -> str:
    """The id under which the process polls a scenario."""
    return f"{scenario}.qiniu-node"


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with serving_spoiled(tmp_path_factory.mktemp("spoiled")) as server:
        yield server


@pytest.fixture(scope="module")
def handed(live: LiveServer, spoiled: LiveServer, node_sdks: Path) -> Mapping[str, Sequence[Handed]]:
    """Everything that the callbacks got, by id, in order."""
    jobs = [{"host": live.host, "id": id_of(scenario), "most": MOST_POLLS} for scenario in SCENARIOS]
    jobs += [{"host": spoiled.host, "id": id_of(name), "most": 1} for name in SPOILED]
    jobs.append({"host": live.host, "id": "", "most": 1})
    found = defaultdict(list)
    for told in polled("qiniu_prefop.js", node_sdks, jobs):
        found[told["id"]].append(Handed(told["err"], told["body"], told["status"], told.get("reqid")))
    return dict(found)


def seen_of(handed: Handed) -> Seen:
    """A callback that got no error and a body, as its caller sees it."""
    assert handed.err is None
    codes = tuple(part["code"] for part in [handed.body, *handed.body.get("items", ())])
    return Seen(handed.status, codes, handed.body.get("error"))


@pytest.mark.parametrize(("scenario", "expected"), SCENARIOS.items(), ids=SCENARIOS)
def test_a_caller_that_polls_to_the_end_sees_the_scenario_one_request_a_call(
    live: LiveServer, handed: Mapping[str, Sequence[Handed]], scenario: str, expected: Sequence[Seen]
) -> None:
    assert [seen_of(one) for one in handed[id_of(scenario)]] == expected
    assert len(live.requests(id_of(scenario))) == len(expected)


def test_the_request_is_a_post_of_a_form_without_authorization(
    live: LiveServer, handed: Mapping[str, Sequence[Handed]]
) -> None:
    assert handed[id_of("not-found")]
    (entry,) = live.requests(id_of("not-found"))
    assert (entry.request.method, entry.request.target) == ("POST", "/status/get/prefop")
    assert entry.request.header("Content-Type") == "application/x-www-form-urlencoded"
    assert entry.request.body == b"id=not-found.qiniu-node"
    assert entry.request.header("Authorization") is None


def test_the_caller_gets_the_document_and_the_reqid_as_they_were_sent(
    live: LiveServer, handed: Mapping[str, Sequence[Handed]]
) -> None:
    sent = [
        (json.loads(entry.response.body), entry.response.header("X-Reqid"))
        for entry in live.requests(id_of("partial-failure"))
    ]
    assert [(one.body, one.reqid) for one in handed[id_of("partial-failure")]] == sent
    assert all(reqid for _, reqid in sent)


def test_an_empty_id_is_refused_naming_the_parameter(handed: Mapping[str, Sequence[Handed]]) -> None:
    assert [seen_of(one) for one in handed[""]] == [ILLEGAL]


@pytest.mark.parametrize(
    ("fault", "status"), [("malformed", 200), ("malformed-404", 404), ("html", 502), ("html-404", 404)]
)
def test_what_is_not_json_is_an_error_with_the_raw_text_as_body(
    spoiled: LiveServer, handed: Mapping[str, Sequence[Handed]], fault: str, status: int
) -> None:
    (one,) = handed[id_of(fault)]
    (entry,) = spoiled.requests(id_of(fault))
    assert (one.err, one.status, one.body) == ("JSONResponseFormatError", status, entry.response.body.decode())


def test_an_empty_body_is_no_error_and_nothing_else(handed: Mapping[str, Sequence[Handed]]) -> None:
    (one,) = handed[id_of("empty-body")]
    assert (one.err, one.status, one.body) == (None, 200, None)


@pytest.mark.parametrize("fault", ["no-content-type", "charset", "plain-text", "no-reqid"])
def test_neither_content_type_nor_reqid_matters(handed: Mapping[str, Sequence[Handed]], fault: str) -> None:
    (one,) = handed[id_of(fault)]
    assert seen_of(one) == whole(0, 0)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("error-500", 500),
        ("error-502", 502),
        ("error-599", 599),
        ("throttled", 573),
        ("error-579", 579),
        ("error-612", 612),
    ],
)
def test_no_status_is_an_error_or_is_tried_again(
    spoiled: LiveServer, handed: Mapping[str, Sequence[Handed]], fault: str, status: int
) -> None:
    (one,) = handed[id_of(fault)]
    assert (one.err, one.status, one.body["code"]) == (None, status, status)
    assert len(spoiled.requests(id_of(fault))) == 1
