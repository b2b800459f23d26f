"""A submit makes a task: which scenario it plays and why, its id, its items, and that it is no poll."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mock_server.control import bundle
from mock_server.control.refused import Refused
from mock_server.control.task_view import Wanted
from mock_server.emulator.submit import DIFFERENT, Ids
from mock_server.engine.task import Key, unpack
from mock_server.http.message import Response, request_of
from mock_server.journal.filter import Filter
from mock_server.vendors.registry import Registry
from tests.support import controls
from tests.support.emulators import World, scenario, shipped

NAMES = ("happy-path", "fails-late", "partial-failure", "unlisted-code")
PREHEATING = "/v1.0/0123456789abcdef/asset/preheating"


def world(*names: str, **settings: Any) -> World:
    return World(*map(shipped, names or NAMES), **settings)


def submit(made: World, key: str = "a.mp4", fops: str = "avthumb/mp4", more: str = "") -> Response:
    return made.ask("/pfop", "POST", f"bucket=b&key={key}&fops={fops}{more}".encode())


def id_of(response: Response) -> str:
    return str(json.loads(response.body)["persistentId"])


def seen(made: World, id: str, polls: int) -> list[Any]:
    return [json.loads(made.poll(id).body) for _ in range(polls)]


def test_a_submitted_task_is_polled_to_its_end_with_what_was_submitted() -> None:
    made = world()
    id = id_of(submit(made, fops="avthumb/mp4;vframe/jpg|saveas/YjpvdXQuanBn"))
    first, *_, last = seen(made, id, 4)
    assert [item["cmd"] for item in first["items"]] == ["avthumb/mp4", "vframe/jpg|saveas/YjpvdXQuanBn"]
    assert (first["code"], last["code"], last["items"][1]["key"]) == (1, 0, "out.jpg")


def test_the_live_body_shows_what_was_said_of_the_job() -> None:
    made = World(scenario("about: Live.\noptions: {profile: live}\nsteps: [{state: succeeded}]\n", "happy-path"))
    (body,) = seen(made, id_of(submit(made, "k", more="&pipeline=p1&type=1")), 1)
    assert (body["pipeline"], body["inputBucket"], body["inputKey"], body["type"]) == ("p1", "b", "k", 1)
    response = made.ask("/pfop", "POST", b"bucket=b&key=k&workflowTemplateID=w")
    assert seen(made, id_of(response), 1)[0]["taskFrom"] == "workflow:w"


def test_wangsus_separate_is_the_submits() -> None:
    made = world()
    for word in ("0", "1"):
        response = made.ask("/fmgr/delete", "POST", f"fops=bucket/Yg==/key/aw==&separate={word}".encode())
        body = json.loads(made.poll(id_of(response), "wangsu").body)
        assert body["separate"] == word


@pytest.mark.parametrize(
    ("key", "default", "plays", "why"),
    [
        ("in/fails-late/7.mp4", None, "fails-late", 'named by "fails-late"'),
        ("fails-late.test-12.mp4", None, "fails-late", 'named by "fails-late"'),
        # The last segment is looked at first.
        ("partial-failure/fails-late.mp4", None, "fails-late", 'named by "fails-late"'),
        ("fails-late/partial-failure.mp4", None, "partial-failure", 'named by "partial-failure"'),
        ("unlisted-code.1", None, "happy-path", 'by default; "unlisted-code" does not serve qiniu, only wangsu'),
        ("in/partal-failure.mp4", None, "happy-path", 'by default; did you mean "partial-failure"'),
        ("fails_late-7/video.mp4", None, "happy-path", 'by default; did you mean "fails-late"'),
        ("fails_late.mp4", "partial-failure", "partial-failure", 'by default; did you mean "fails-late"'),
        ("holiday/2026-11-28.mp4", None, "happy-path", "by default"),
        ("other", "fails-late", "fails-late", "by default"),
        ("other", "unlisted-code", "happy-path", "by default"),
        ("other", None, "happy-path", "by default"),
    ],
)
def test_a_submit_plays_what_it_names_else_the_default_else_the_happy_path(
    key: str, default: str | None, plays: str, why: str
) -> None:
    made = world(default=default)
    response = submit(made, key)
    note = response.header("X-Mock-Server") or ""
    more = "; 2 items of 1; the last one is made up, as the scenario has 2"
    assert note.removesuffix(more) == f"plays {plays}; {why}"
    assert made.task(id_of(response)).scenario.startswith(f"{plays}@")


def test_too_many_urls_are_refused_with_a_code_of_their_own() -> None:
    made = world()
    response = made.ask(PREHEATING, "POST", json.dumps({"urls": ["http://a.test/1"] * 11}).encode())
    assert (response.status, json.loads(response.body)["error_code"]) == (400, "VOD.10109")


def test_without_anything_to_play_the_submit_is_refused_out_loud() -> None:
    made = world("fails-late")
    response = submit(made, "x")
    assert (response.status, response.header("X-Mock-Server-Error")) == (501, "scenario")
    assert "--default-scenario" in json.loads(response.body)["message"]
    assert not list(made.store.scan())


def test_the_scenarios_items_say_how_many_there_are_and_the_submitted_ones_fill_them() -> None:
    text = "about: Two.\nvendors: [qiniu]\nitems: [{cmd: mine}, {}]\nsteps: [{state: succeeded}]\n"
    made = World(scenario(text, "happy-path"))
    response = submit(made, fops="a;b;c")
    assert response.header("X-Mock-Server") == (
        "plays happy-path; by default; 2 items of 3; the last one of the submit is left out, as the scenario has 2"
    )
    assert [item["cmd"] for item in seen(made, id_of(response), 1)[0]["items"]] == ["mine", "b"]


def test_a_submit_is_no_poll() -> None:
    made = world()
    id = id_of(submit(made, more="&notifyURL=http://h.test/n"))
    entry = made.last()
    assert (entry.id, entry.poll, entry.asked, entry.submits) == (id, False, 0, True)
    assert (made.counters().polls, made.task(id).asked, made.task(id).notify) == (0, 0, "http://h.test/n")
    made.poll(id)
    assert (made.last().asked, made.last().submits) == (1, False)


def test_ids_follow_from_what_is_submitted_and_not_from_what_else_goes_on() -> None:
    one, other = world(), world()
    alone = [id_of(submit(one)) for _ in range(3)]
    mixed = []
    for k in range(3):
        submit(other, f"noise{k}")
        mixed.append(id_of(submit(other)))
    assert alone == mixed
    assert len(set(alone)) == 3
    assert id_of(submit(world(seed=1))) not in alone


def test_parallel_submits_get_ids_of_their_own_and_the_same_ones_on_every_run() -> None:
    def run() -> list[str]:
        made = world()
        with ThreadPoolExecutor(16) as pool:
            return sorted(pool.map(lambda k: id_of(submit(made, f"k{k % 3}")), range(120)))

    first = run()
    assert len(set(first)) == 120
    assert first == run()


def test_an_id_that_is_taken_is_passed_over_and_a_reset_begins_anew() -> None:
    plain = [id_of(submit(made)) for made in [world()] for _ in range(2)]
    made = world()
    made.do.tasks.create("qiniu", "happy-path", plain[0])
    assert id_of(submit(made)) == plain[1]
    made.do.reset.reset(["tasks"])
    assert id_of(submit(made)) == plain[0]


def test_a_full_server_refuses_a_submit_as_it_refuses_a_birth() -> None:
    made = world(room=1)
    assert submit(made).status == 200
    response = submit(made)
    assert (response.status, response.header("X-Mock-Server-Error")) == (503, "full")


def test_repetitions_are_counted_for_so_many_different_submits_only() -> None:
    ids, dialect = Ids(0), Registry().dialect("qiniu")

    def next_id(body: str) -> str:
        return ids.next(dialect, request_of("POST", "/pfop", (), body.encode()))

    first = next_id("a")
    assert next_id("a") != first
    for k in range(DIFFERENT.value):
        next_id(str(k))
    assert next_id("a") == first


def test_filters_and_the_journal_know_a_submit() -> None:
    made = world()
    id = id_of(submit(made))
    made.poll(id)
    (entry,) = made.do.requests.query(Filter(submit=True)).entries
    assert entry.id == id
    assert not made.do.requests.unmatched()


def test_a_look_up_touches_no_task() -> None:
    made = world()
    response = made.ask("/v3/projects?name=cn-east-2")
    assert (response.status, made.last().vendor, made.last().submits) == (200, "huawei", False)
    assert not list(made.store.scan())


def test_a_submitted_task_goes_on_in_another_server() -> None:
    one, other = controls.bench("[{state: waiting, polls: 2}, {state: succeeded}]"), controls.bench("[{state: failed}]")
    body = b"bucket=b&key=made-up.mp4&fops=a&pipeline=p"
    id = id_of(one.server.emulator.answer(request_of("POST", "/pfop", (), body)))
    one.poll(id)
    bundle.load(other.server, one.dump())
    record = other.server.store.read(Key("qiniu", id))
    assert record
    assert (unpack(record).facts(), unpack(record).asked) == ({"bucket": "b", "key": "made-up.mp4", "pipeline": "p"}, 1)
    assert other.server.store.entries()[0][0].submits
    assert other.poll(id).body == one.poll(id).body


def test_after_a_load_alike_submits_get_the_ids_that_they_would_have_got_where_the_bundle_was_made() -> None:
    def submit_to(made: Any) -> str:
        request = request_of("POST", "/pfop", (), b"bucket=b&key=made-up.mp4&fops=a")
        return id_of(made.server.emulator.answer(request))

    one, other = controls.bench("[{state: succeeded}]"), controls.bench("[{state: succeeded}]")
    empty = one.dump()
    first = submit_to(one)
    one.do.tasks.drop(Wanted(id=first))
    saved = one.dump()
    second = submit_to(one)
    bundle.load(other.server, saved)
    assert submit_to(other) == second
    bundle.load(other.server, empty)
    assert submit_to(other) == first


def test_a_bundle_may_hold_only_what_the_vendors_submits_say() -> None:
    world = controls.bench("[{state: succeeded}]")
    world.server.emulator.answer(request_of("POST", "/pfop", (), b"bucket=b&key=made-up.mp4&fops=a"))
    saved = world.dump()
    saved["tasks"][0]["given"]["facts"]["pipelin"] = "p"
    with pytest.raises(Refused) as refused:
        bundle.load(controls.bench("[{state: succeeded}]").server, saved)
    assert [str(problem) for problem in refused.value.problems] == [
        '$.tasks[0].given.facts.pipelin: qiniu has no such fact (did you mean "pipeline"?)'
    ]


NOTIFY = "&notifyURL=http%3A%2F%2F127.0.0.1%3A8000%2Fcb"


@pytest.mark.parametrize(
    ("headers", "page"),
    [
        ((), ""),
        ((("Sec-Fetch-Site", "none"),), ""),
        ((("Origin", "https://evil.example"),), "Origin: https://evil.example"),
        ((("origin", "null"),), "Origin: null"),
        ((("Origin", ""),), "Origin: "),
        ((("Origin", "\u2603" * 500),), "Origin: " + "?" * 192),
        ((("Sec-Fetch-Site", "same-origin"),), "Sec-Fetch-Site: same-origin"),
        ((("sec-fetch-site", "Cross-Site"),), "Sec-Fetch-Site: cross-site"),
    ],
)
def test_a_submit_of_a_web_page_makes_a_task_that_notifies_nobody(headers: Any, page: str) -> None:
    made = world()
    body = f"bucket=b&key=k&fops=a{NOTIFY}".encode()
    response = made.emulator.answer(request_of("POST", "/pfop", headers, body))
    record = made.store.read(Key("qiniu", id_of(response)))
    assert record
    assert (unpack(record).page(), unpack(record).notify) == (page, "http://127.0.0.1:8000/cb")
    assert ("a web page submitted it" in (response.header("X-Mock-Server") or "")) is bool(page)


def test_the_page_of_a_submit_that_has_no_address_is_of_no_interest() -> None:
    made = world()
    request = request_of("POST", "/pfop", (("Origin", "https://a.example"),), b"bucket=b&key=k&fops=a")
    record = made.store.read(Key("qiniu", id_of(made.emulator.answer(request))))
    assert record
    assert not unpack(record).page()


def test_the_page_that_submitted_a_task_is_known_in_another_server() -> None:
    one, other = controls.bench("[{state: succeeded}]"), controls.bench("[{state: succeeded}]")
    body = f"bucket=b&key=made-up.mp4&fops=a{NOTIFY}".encode()
    id = id_of(one.server.emulator.answer(request_of("POST", "/pfop", (("Origin", "https://a.example"),), body)))
    bundle.load(other.server, one.dump())
    record = other.server.store.read(Key("qiniu", id))
    assert record
    assert unpack(record).page() == "Origin: https://a.example"


PAIRS = (("ak", "made-up-secret"), ("ak-2", "made-up-secret-2"))


def signed_by(made: controls.Bench, header: str, vendor: str = "qiniu", notify: str = NOTIFY) -> str:
    """The access key that a task keeps of a submit with this Authorization, right or wrong."""
    bodies = {
        "qiniu": ("/pfop", f"bucket=b&key=made-up.mp4&fops=a{notify}"),
        "wangsu": ("/fmgr/delete", "fops=bucket/Yg==/key/bWFkZS11cA==&notifyURL=aHR0cDovLzEyNy4wLjAuMTo4MDAwL2Ni"),
    }
    target, body = bodies[vendor]
    request = request_of("POST", target, (("Authorization", header),), body.encode())
    record = made.server.store.read(Key(vendor, id_of(made.server.emulator.answer(request))))
    assert record
    assert "made-up-secret" not in str(record)
    return unpack(record).signer()


@pytest.mark.parametrize(
    ("vendor", "header", "signer"),
    [
        ("qiniu", "QBox ak-2:c2lnbmF0dXJl", "ak-2"),
        ("qiniu", "Qiniu ak:c2lnbmF0dXJl", "ak"),
        ("qiniu", "Qiniu ak-3:c2lnbmF0dXJl", ""),
        ("qiniu", "Qiniu made-up-secret-2:c2lnbmF0dXJl", ""),
        ("qiniu", "ak-2:c2lnbmF0dXJl", ""),
        ("qiniu", "", ""),
        ("wangsu", "ak-2:c2lnbmF0dXJl", "ak-2"),
        ("wangsu", "ak-3:c2lnbmF0dXJl", ""),
        ("wangsu", "made-up-secret-2:c2lnbmF0dXJl", ""),
        ("wangsu", "", ""),
    ],
)
def test_a_task_keeps_which_of_the_servers_keys_its_submit_names(vendor: str, header: str, signer: str) -> None:
    made = controls.bench("[{state: succeeded}]", access_key=PAIRS)
    assert signed_by(made, header, vendor) == signer


def test_the_key_of_a_submit_that_has_no_address_is_of_no_interest() -> None:
    assert not signed_by(controls.bench("[{state: succeeded}]", access_key=PAIRS), "QBox ak-2:YQ==", notify="")


def test_the_key_that_signed_a_submit_is_known_in_another_server_and_shown_in_no_body() -> None:
    one, other = (controls.bench("[{state: succeeded}]", access_key=PAIRS, profile="live") for _ in range(2))
    assert signed_by(one, "QBox ak-2:YQ==") == "ak-2"
    bundle.load(other.server, one.dump())
    ((key, record),) = other.server.store.scan()
    assert unpack(record).signer() == "ak-2"
    assert b"ak-2" not in other.poll(key.id).body
    assert "signer" not in unpack(record).facts()


def test_a_task_of_a_bundle_that_knows_no_signer_has_none() -> None:
    one, other = controls.bench("[{state: succeeded}]"), controls.bench("[{state: succeeded}]")
    signed_by(one, "QBox ak:YQ==")
    saved = one.dump()
    assert saved["tasks"][0]["given"].pop("signer") == "ak"
    bundle.load(other.server, saved)
    ((_, record),) = other.server.store.scan()
    assert (unpack(record).signer(), unpack(record).facts()["bucket"]) == ("", "b")


QINIU = {
    "bucket": "", "key": "bucket=b", "fops": "bucket=b&key=k", "notifyURL": "bucket=b&key=k&fops=a&notifyURL=x",
    "force": "bucket=b&key=k&fops=a&force=2", "type": "bucket=b&key=k&fops=a&type=2",
    "pipeline": "bucket=b&key=k&fops=a&pipeline=%0A", "workflowTemplateID": "bucket=b&key=k&workflowTemplateID=%0A",
}  # fmt: skip
HUAWEI = {"body": "", "urls": '{"urls": ["ftp://a"]}', "asset_id": '{"asset_id": ""}'}
WANGSU = {
    ("delete", "fops"): "fops=x", ("delete", "bucket"): "fops=key/YQ==", ("delete", "key"): "fops=bucket/Yg==",
    ("delete", "notifyURL"): "fops=bucket/Yg==/key/YQ==&notifyURL=http://x/",
    ("delete", "force"): "fops=bucket/Yg==/key/YQ==&force=2",
    ("delete", "separate"): "fops=bucket/Yg==/key/YQ==&separate=2",
    ("fetch", "fetchURL"): "fops=fetchURL/YQ==/bucket/Yg==",
    ("fetch", "md5"): "fops=md5//fetchURL/YQ==", ("fetch", "fetchTS"): "fops=fetchTS//bucket/Yg==",
    ("fetch", "decompression"): "fops=decompression//bucket/Yg==",
    ("copy", "resource"): "fops=resource/YQ==/bucket/Yg==",
    ("deletePrefix", "prefix"): "fops=bucket/Yg==",
    ("deletePrefix", "output"): "fops=bucket/Yg==/prefix/YQ==/output/YQ==",
    ("deletem3u8", "deletets"): "fops=bucket/Yg==/key/YQ==/deletets/", ("compress", "saveas"): "fops=bucket/Yg==",
    ("compress", "keys"): "fops=bucket/Yg==/saveas/YTpi", ("compress", "keyList"): "fops=keyList/!!",
    ("setdeadline", "deadline"): "fops=bucket/Yg==",
    ("setdeadline", "deleteAfterDays"): "fops=deleteAfterDays//bucket/Yg==",
}  # fmt: skip


def test_each_refusal_says_in_a_header_which_field_is_at_fault_and_what_is_expected_of_it() -> None:
    made = world()
    cases = [
        *(("qiniu", "/pfop", field, body) for field, body in QINIU.items()),
        *(("huawei", PREHEATING, field, body) for field, body in HUAWEI.items()),
        ("huawei", "/v1.0/%7Bproject_id%7D/asset/preheating", "project_id", "{}"),
        *(("wangsu", f"/fmgr/{operation}", field, body) for (operation, field), body in WANGSU.items()),
    ]
    registry = Registry()
    for vendor, path, field, body in cases:
        response = made.ask(path, "POST", body.encode())
        expected = registry.dialect(vendor).submit_fields[field]
        assert response.status == 400, body
        assert response.header("X-Mock-Server") == f"refused; the field {field}: expected {expected}", body
    seen = {(vendor, field) for vendor, _, field, _ in cases}
    assert seen == {(dialect.name, field) for dialect in registry.dialects() for field in dialect.submit_fields}
    assert [entry.note for entry in made.store.entries()[0]] == [""] * len(cases)
