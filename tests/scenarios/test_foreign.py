"""Files of other tools become scenarios that send what was captured, and all that is not understood is listed."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.emulator.playback import Playback, polls
from mock_server.engine.scenario import Lognormal, Scenario, Span
from mock_server.engine.task import Key
from mock_server.errors import InvalidInput, Problem
from mock_server.http.message import Response
from mock_server.scenarios.foreign import imported, scenario_text
from mock_server.scenarios.foreign.series import FILE, SERIES, Imported, Series
from mock_server.scenarios.language.faults import MOST_BODY
from mock_server.schema.parts import MOST
from mock_server.vendors.registry import Registry
from tests.support.controls import bench

QINIU = "https://api.qiniu.com/status/get/prefop?id="
HUAWEI = "/v1.0/p1/asset/preheating"
START = 1_700_000_000_123
WORLD = bench()


def read(value: Any) -> Imported:
    return imported(value if isinstance(value, bytes) else json.dumps(value).encode(), "file", Registry())


def whats(found: Imported) -> list[str]:
    return [f"{each.where.removeprefix('file: ')}: {each.what}" for each in found.left]


def scenario_of(series: Series) -> Scenario:
    """The scenario of a series, checked as every file is."""
    text, left = scenario_text(series, "some file", WORLD.server.registry.dialect(series.vendor))
    assert left == []
    return WORLD.do.scenarios.check("made", text).scenario


def played(series: Series, count: int) -> list[Response]:
    """What so many polls of the scenario of a series get."""
    scenario = scenario_of(series)
    task = Playback(WORLD.server.renderer, scenario, Key(series.vendor, series.id or "made.1"), 0, START)
    return [polled.entry.response for polled in islice(polls(task, 1_000, count), count)]


def refusals(value: Any) -> tuple[Problem, ...]:
    with pytest.raises(InvalidInput) as refused:
        read(value)
    return tuple(refused.value.problems)


# -- archives


def har(*entries: Any, **more: Any) -> Any:
    return {"log": {"version": "1.2", "creator": {"name": "a browser"}, "entries": list(entries), **more}}


def entry(id: str = "z0.abc", status: int = 200, text: str = "{}", **response: Any) -> Any:
    content = {"mimeType": "application/json", "text": text}
    return {
        "request": {"method": "GET", "url": f"{QINIU}{id}"},
        "response": {"status": status, "content": content, **response},
    }


RESPONSES = st.tuples(
    st.sampled_from([200, 203, 302, 404, 502, 599, 612]),
    st.one_of(st.text(max_size=30), st.sampled_from(['{"code":1}', "{}", "", "[]"])),
)


@given(st.lists(RESPONSES, min_size=1, max_size=12))
@settings(max_examples=40)
def test_what_was_captured_is_played_in_order_and_the_last_goes_on(captured: list[tuple[int, str]]) -> None:
    (series,) = read(har(*(entry(status=status, text=text) for status, text in captured))).series
    responses = played(series, len(captured) + 2)
    expected = [*captured, captured[-1], captured[-1]]
    assert [(each.status, each.body) for each in responses] == [
        (status, text.encode("utf-8", "replace")) for status, text in expected
    ]


def test_each_task_of_an_archive_is_a_series_that_claims_its_id() -> None:
    form = {
        "request": {"method": "POST", "url": QINIU.partition("?")[0], "postData": {"text": "id=z0.b"}},
        "response": {"status": 200, "content": {}},
    }
    huawei = {
        "request": {"method": "GET", "url": f"http://vod{HUAWEI}?task_id=T*"},
        "response": {"status": 204, "content": {}},
    }
    found = read(har(entry(), form, huawei, entry()))
    assert [(each.vendor, each.id, len(each.responses)) for each in found.series] == [
        ("qiniu", "z0.abc", 2), ("qiniu", "z0.b", 1), ("huawei", "T*", 1),
    ]  # fmt: skip
    assert [scenario_of(each).claims for each in found.series] == [("z0.abc",), ("z0.b",), ("T\\*",)]


def test_headers_are_kept_but_for_those_that_are_secret_made_or_new_in_each_response() -> None:
    secret = {"Set-Cookie": "s", "X-Auth-Token": "t"}
    names = {"Retry-After": "3", "X-Log": "a", **secret, "X-Reqid": "r", "Date": "d", "Connection": "close"}
    found = read(har(entry(headers=[{"name": name, "value": value} for name, value in names.items()])))
    (response,) = played(found.series[0], 1)
    assert (response.header("Retry-After"), response.header("X-Log")) == ("3", "a")
    assert response.header("Set-Cookie") is None
    place = "log.entries[0].response.headers"
    assert whats(found)[:3] == [
        f"{place}: the header Set-Cookie may hold a secret",
        f"{place}: the header X-Auth-Token may hold a secret",
        f"{place}: the header X-Reqid is another one in every response",
    ]


def test_secrets_that_a_capture_may_hold_are_listed_and_kept() -> None:
    body = '{"url": "https://cdn.example.com/a.mp4?e=17&token=ab:cd=", "accessToken": "x"}'
    found = read(har(entry(text=body, headers=[{"name": "Location", "value": "https://c.cn/?sign=1"}])))
    assert whats(found)[0] == (
        "log.entries[0].response: there may be secrets: query parameter e, query parameter token, field accessToken, "
        "query parameter sign"
    )
    assert found.series[0].responses[0].body == body


def test_an_encoding_that_is_not_understood_is_listed_and_the_text_taken() -> None:
    captured = entry()
    captured["response"]["content"] |= {"text": "abc", "encoding": "gzip"}
    found = read(har(captured))
    assert whats(found)[0] == "log.entries[0].response.content.encoding: the encoding 'gzip' is not understood"
    assert found.series[0].responses[0].body == "abc"


def test_what_an_archive_has_besides_is_listed_by_name_and_place() -> None:
    other = {"request": {"method": "GET", "url": "https://x/logo.png?token=secret"}, "response": {}}
    binary = entry()
    binary["response"]["content"] = {"text": "//8=", "encoding": "base64"}
    found = read(har(entry(_fromCache="disk"), other, binary, entry(status=0), _odd=1))
    assert whats(found) == [
        "log._odd: `_odd` is not understood",
        "log.entries[0].response._fromCache: `_fromCache` is not understood",
        "log.entries[1]: GET https://x/logo.png is no vendor's status request",
        "log.entries[2].response.content: the body is no text in UTF-8",
        "log.entries[3].response: the status 0: no response was captured",
        "log.entries: how long responses took, and the time between them",
    ]


# -- WireMock


def stub(needs: str | None = None, leads: str | None = None, id: str = "z0.a", **response: Any) -> Any:
    states = {"scenarioName": "job", "requiredScenarioState": needs, "newScenarioState": leads}
    return {
        "request": {"method": "GET", "urlPath": "/status/get/prefop", "queryParameters": {"id": {"equalTo": id}}},
        "response": response,
        **{key: value for key, value in states.items() if value is not None},
    }


def test_the_mappings_of_a_scenario_are_played_in_the_order_of_its_states() -> None:
    found = read({"mappings": [
        stub("done", status=200, jsonBody={"code": 0}),
        stub("Started", "works", status=404, body="not yet", headers={"Content-Type": "text/plain"}),
        stub("works", "done", fault="CONNECTION_RESET_BY_PEER"),
    ]})  # fmt: skip
    (series,) = found.series
    first, second, *rest = played(series, 4)
    assert (first.status, first.body, first.header("Content-Type")) == (404, b"not yet", "text/plain")
    assert second.delivery is not None
    assert second.delivery.kind == "reset"
    assert [each.body for each in rest] == [b'{"code":0}'] * 2
    assert (series.id, found.left) == ("z0.a", ())


def test_one_mapping_alone_is_played_for_every_poll() -> None:
    (series,) = read(stub(body="a")).series
    assert [each.body for each in played(series, 2)] == [b"a", b"a"]


def test_delays_are_those_of_the_mapping() -> None:
    uniform = {"type": "uniform", "lower": 100, "upper": 300}
    lognormal = {"type": "lognormal", "median": 100, "sigma": 0.5}
    delays = [
        read(stub(**response)).series[0].responses[0].delay
        for response in (
            {"fixedDelayMilliseconds": 250},
            {"delayDistribution": uniform},
            {"delayDistribution": lognormal},
        )
    ]
    assert delays == [Span(250, 250), Span(100, 300), Lognormal(100, 320)]
    (dribbled,) = read(stub(body="abc", chunkedDribbleDelay={"numberOfChunks": 3, "totalDuration": 900})).series
    delivery = played(dribbled, 1)[0].delivery
    assert delivery is not None
    assert (delivery.kind, delivery.over) == ("dribble", 900)


def test_what_a_mapping_has_besides_is_listed_by_name_and_place() -> None:
    odd = stub("Started", "Started", body="a", transformers=["response-template"], bodyFileName="b.json", fault="WEIRD")
    odd["request"]["headers"] = {"Accept": {"contains": "json"}}
    odd["request"]["queryParameters"]["page"] = {"matches": "1.*"}
    odd["priority"] = 3
    lost, twice = stub("nowhere", body="b"), stub("Started", body="c")
    other = {"request": {"method": "GET", "urlPattern": "/.*"}, "response": {}}
    assert whats(read({"mappings": [odd, lost, twice, other]})) == [
        "mappings[0].request.queryParameters.page: `matches` is not understood".replace("page: ", "page.matches: "),
        "mappings[0].priority: `priority` is not understood",
        "mappings[0].request.headers: `headers` is not understood",
        "mappings[0].response.transformers: `transformers` is not understood",
        "mappings[0].response.bodyFileName: `bodyFileName` is not understood",
        "mappings[0].response.fault: the fault 'WEIRD' is not known",
        "mappings[3]: GET without a plain url is no vendor's status request",
        "mappings[2]: a second mapping for the state 'Started'",
        "mappings[0]: the state goes back to 'Started'",
        "mappings[1]: nothing leads to the state 'nowhere'",
    ]


@pytest.mark.parametrize(
    ("response", "left"),
    [
        (
            {"chunkedDribbleDelay": {"numberOfChunks": 3, "totalDuration": 900}},
            "response.chunkedDribbleDelay.numberOfChunks: a scenario has no number of chunks",
        ),
        (
            {"fault": "EMPTY_RESPONSE", "chunkedDribbleDelay": {"totalDuration": 900}},
            "response.chunkedDribbleDelay: a response with the fault 'EMPTY_RESPONSE' has no other",
        ),
        (
            {"fixedDelayMilliseconds": 20, "delayDistribution": {"type": "uniform", "lower": 1, "upper": 2}},
            "response.delayDistribution: a second delay",
        ),
        (
            {"delayDistribution": {"type": "lognormal", "median": 80, "sigma": 0.4, "maxValue": 90}},
            "response.delayDistribution.maxValue: `maxValue` is not understood",
        ),
        ({"headers": {"X-A": ["1", "2"]}}, "response.headers.X-A: expected str, found list"),
        ({"status": 204, "body": "odd"}, "response: a response with the status 204 has no body"),
    ],
)
def test_what_only_one_of_two_can_be_said_of_is_listed_too(response: Any, left: str) -> None:
    found = read(stub(**response))
    (series,) = found.series
    text, more = scenario_text(series, "some file", WORLD.server.registry.dialect(series.vendor))
    assert [*whats(found), *(f"{each.where}: {each.what}" for each in more)] == [left]
    assert "X-A" not in text


# -- Mockoon


def route(*responses: Any, endpoint: str = "v1.0/:project/asset/preheating", **more: Any) -> Any:
    return {"type": "http", "method": "get", "endpoint": endpoint, "responses": list(responses), **more}


def test_an_environment_as_the_program_saves_it_leaves_nothing_to_list() -> None:
    """The parts of it that are switched off, and empty ones, say nothing; its headers are those of every response."""
    off = {
        "proxyMode": False,
        "proxyHost": "",
        "tlsOptions": {"enabled": False, "type": "CERT", "pfxPath": ""},
        "proxyReqHeaders": [{"key": "", "value": ""}],
        "headers": [{"key": "Content-Type", "value": "text/plain"}, {"key": "X-A", "value": "all"}],
        "data": [],
    }
    plain = {"statusCode": 200, "body": "a", "headers": [{"key": "x-a", "value": "own"}], "rules": [], "default": True}
    found = read({"name": "n", **off, "routes": [route(plain, streamingMode=None, streamingInterval=0)]})
    assert found.left == ()
    (response,) = played(found.series[0], 1)
    assert (response.header("Content-Type"), response.header("X-A")) == ("text/plain", "own")
    on = {**off, "tlsOptions": {"enabled": True}, "proxyReqHeaders": [{"key": "A", "value": "b"}]}
    assert whats(read({"name": "n", **on, "routes": [route(plain, streamingInterval=5)]})) == [
        "tlsOptions: `tlsOptions` is not understood",
        "proxyReqHeaders: `proxyReqHeaders` is not understood",
        "routes[0].streamingInterval: `streamingInterval` is not understood",
    ]


def test_the_responses_of_a_sequential_route_are_played_in_turn() -> None:
    responses = [
        {"statusCode": 429, "body": "a", "headers": [{"key": "Retry-After", "value": "1"}]},
        {"statusCode": 200, "body": "b", "latency": 50},
    ]
    found = read({"name": "vod", "latency": 25, "routes": [route(*responses, responseMode="SEQUENTIAL")]})
    (series,) = found.series
    assert (series.vendor, series.id) == ("huawei", None)
    assert [(each.status, each.body, each.delay) for each in played(series, 3)] == [
        (429, b"a", 25), (200, b"b", 75), (200, b"b", 75),
    ]  # fmt: skip
    assert whats(found) == ["routes[0]: the responses begin again after the last"]


def test_of_a_plain_route_the_default_response_is_played_and_the_rest_listed() -> None:
    rules = [{"target": "query", "modifier": "id", "value": "1"}]
    responses = [
        {"statusCode": 500, "body": "a", "rules": rules},
        {"statusCode": 200, "body": "{{now}}", "default": True},
        {"statusCode": 404, "bodyType": "FILE", "filePath": "x"},
    ]
    prefixed = route(*responses, endpoint="get/prefop", responseMode="RANDOM", enabled=True)
    found = read({"endpointPrefix": "status", "routes": [prefixed, route(endpoint="other")], "proxyMode": True})
    (series,) = found.series
    assert [(each.status, each.body) for each in played(series, 1)] == [(200, b"{{now}}")]
    assert whats(found) == [
        "proxyMode: `proxyMode` is not understood",
        "routes[0].enabled: `enabled` is not understood",
        "routes[0].responseMode: the mode 'RANDOM' is not understood",
        "routes[0].responses[0]: a response that is not the default one",
        "routes[0].responses[2]: a response that is not the default one",
        "routes[0].responses[1].body: the body is a template",
        "routes[1]: GET /status/other is no vendor's status request",
    ]


# -- bad files, and bounds


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"{", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[]", "is not an HTTP archive"),
        (b'{"a": 1}', "is not an HTTP archive"),
        (b'{"log": 7}', "has no status request of a vendor"),
        (b'{"mappings": [1, null, {"request": "x"}]}', "has no status request of a vendor"),
        (b'{"routes": {"a": 1}}', "has no status request of a vendor"),
        (b"[" * 100_000, "is not JSON"),
        (
            b'{"log":{"entries":[{"request":{"method":"GET","url":"http://[::1"}}]}}',
            "has no status request of a vendor",
        ),
        (b'{"request":{"method":"GET","url":"http://[::1"}}', "has no status request of a vendor"),
    ],
)
def test_a_bad_file_is_refused_with_its_reason(text: bytes, what: str) -> None:
    assert refusals(text)[0].what.startswith(what)


KEYS = st.sampled_from(
    ["log", "entries", "request", "response", "mappings", "routes", "url", "method", "status", "headers", "content",
     "text", "body", "responses", "endpoint", "queryParameters", "delayDistribution", "urlPath", "postData", "x"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 999) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=30,
)


@given(st.dictionaries(KEYS, JSON, max_size=6))
def test_whatever_a_file_holds_it_is_read_or_refused(value: Any) -> None:
    with suppress(InvalidInput):
        read(value)


def test_a_file_that_is_too_large_is_refused() -> None:
    assert refusals(b" " * (FILE.value + 1))[0].what == f"is larger than {FILE.value} bytes"


def test_of_too_many_tasks_the_first_are_imported_and_the_others_listed() -> None:
    found = read(har(*(entry(f"z0.{n}") for n in range(SERIES.value + 2))))
    assert len(found.series) == SERIES.value
    assert [each.what for each in found.left[-2:]] == [f"more than {SERIES.value} tasks"] * 2


def test_of_too_many_different_responses_the_first_are_taken_and_a_long_body_is_cut() -> None:
    (series,) = read(har(*(entry(text=str(n)) for n in range(MOST + 1)))).series
    text, left = scenario_text(series, "file", WORLD.server.registry.dialect(series.vendor))
    assert [each.what for each in left] == [f"a scenario has at most {MOST} faults"]
    assert text.count("when:") == MOST
    (long,) = read(har(entry(text="x" * (MOST_BODY + 1)))).series
    assert "characters" in scenario_text(long, "file", WORLD.server.registry.dialect(long.vendor))[1][0].what
