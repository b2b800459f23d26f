"""Where credentials are checked: which requests need some, what a refusal leaves behind, and that none is passed by."""

from __future__ import annotations

import json

import pytest

from mock_server.assembly import Server
from mock_server.control.server import controls_of
from mock_server.http.message import Request, Response, request_of
from mock_server.journal.journal import Entry
from mock_server.server.servers import servers_of
from tests.support import signed
from tests.support.harness import Now, asking, started
from tests.support.signed import PAIR, PREHEATING, Pair

KEYS = ((PAIR.ak, PAIR.sk), ("ak-2", "made-up-secret-2"))
TOKEN = "made-up-token"


def checking(now: Now | None = None) -> Server:
    return started(now or Now(), auth="check", access_key=KEYS, auth_token=TOKEN, port=8080)


def last(server: Server) -> Entry:
    return server.store.entries()[0][-1]


def answered(server: Server, request: Request) -> Response:
    return server.emulator.answer(request)


UNSIGNED = [
    request_of("POST", "/pfop", (), signed.QINIU_BODY),
    request_of("POST", "/pfop", (), b"bucket="),
    request_of("POST", "/fmgr/delete", (), signed.WANGSU_BODY),
    request_of("POST", "/fmgr/fetch", (), b""),
    request_of("POST", PREHEATING, (), signed.HUAWEI_BODY),
    request_of("POST", PREHEATING, (), b"{"),
    request_of("GET", f"{PREHEATING}?task_id=happy-path.1", (), b""),
    request_of("GET", PREHEATING, (), b""),
    request_of("GET", "/v1.0/{project_id}/asset/preheating?task_id=happy-path.1", (), b""),
    request_of("GET", "/v3/projects", (), b""),
    request_of("GET", "/v3/auth/domains", (), b""),
]


@pytest.mark.parametrize("request_", UNSIGNED)
def test_a_request_that_needs_credentials_is_refused_without_before_anything_else(request_: Request) -> None:
    server = checking()
    response = answered(server, request_)
    note = response.header("X-Mock-Server-Error") or ""
    assert (response.status, note.startswith("auth; the request has n")) == (401, True)
    assert not list(server.store.scan())
    entry = last(server)
    assert (entry.note, entry.poll, entry.submits, entry.verdict) == (note, False, False, "fits")
    assert server.store.control().unmatched == 1
    assert len(controls_of(server).requests.unmatched()) == 1


def test_statuses_of_qiniu_and_wangsu_need_none_and_none_is_looked_at() -> None:
    server = checking()
    for vendor in ("qiniu", "wangsu"):
        request = asking(vendor, "happy-path.1")
        assert answered(server, request).status == 200
        assert answered(server, request._replace(headers=(("Authorization", "QBox x:y"),))).status == 200


@pytest.mark.parametrize(
    "request_", [signed.qbox_request(), signed.qiniu_request(), signed.wangsu_request(), signed.huawei_request()]
)
def test_a_signed_submit_makes_a_task(request_: Request) -> None:
    server = checking()
    assert answered(server, request_).status in (200, 202)
    assert len(list(server.store.scan())) == 1


def test_parameters_are_judged_after_credentials() -> None:
    server = checking()
    assert answered(server, signed.qbox_request(body=b"bucket=b")).status == 400
    assert answered(server, signed.huawei_request("GET", PREHEATING, b"")).status == 400
    template = signed.huawei_request("GET", "/v1.0/{project_id}/asset/preheating?task_id=a", b"")
    assert answered(server, template).status == 400
    assert answered(server, request_of("PUT", PREHEATING, (), b"")).status == 405
    assert answered(server, request_of("GET", "/v1.0/nowhere", (), b"")).status == 404


def test_none_are_checked_unless_that_is_asked_for() -> None:
    server = started(Now())
    for request in UNSIGNED:
        assert answered(server, request).status != 401
        assert answered(server, request._replace(headers=(("Authorization", "x"),))).status != 401


def test_dates_are_judged_by_the_machines_clock_and_not_by_the_servers() -> None:
    now = Now()
    server = checking(now)
    server.store.control(lambda control: control._replace(clock=control.clock.advance(now(), 86_400_000)))
    assert answered(server, signed.huawei_request()).status == 202
    now.ms += 16 * 60_000
    response = answered(server, signed.huawei_request())
    assert response.status == 401
    assert "signature expired" in json.loads(response.body)["error_msg"]


def test_the_fast_path_passes_no_request_by_that_needs_credentials() -> None:
    now = Now()
    server = checking(now)
    good = signed.huawei_request("GET", f"{PREHEATING}?task_id=happy-path.1", b"")
    memo = server.emulator.fast_path.memo(good)
    for _ in range(3):
        assert answered(server, good).status == 200
        assert server.emulator.fast_path.poll(memo, "") is None
    now.ms += 16 * 60_000
    assert answered(server, good).status == 401
    assert server.emulator.fast_path.memo(asking("qiniu", "happy-path.1")).key is not None
    assert started(Now()).emulator.fast_path.memo(good).key is not None


def test_a_token_stands_for_a_signature_and_is_not_recorded() -> None:
    server = checking()
    response = answered(server, asking("huawei", "happy-path.1")._replace(headers=(("x-auth-token", TOKEN),)))
    assert response.status == 200
    assert last(server).request.headers == (("x-auth-token", "***"),)
    wrong = asking("huawei", "happy-path.1")._replace(headers=(("X-Auth-Token", "other"),))
    assert "decrypt token fail" in answered(server, wrong).body.decode()


def test_a_secret_that_is_sent_by_mistake_is_in_no_response_and_no_record() -> None:
    server = checking()
    for request in (
        signed.huawei_request(pair=Pair(PAIR.sk, "x")),
        signed.wangsu_request(header=f"{PAIR.sk}:x"),
        signed.wangsu_request(header=f"ak-1:{PAIR.sk}"),
        signed.qbox_request(pair=Pair(PAIR.sk, "x")),
        signed.huawei_request(more=(("X-Auth-Token", TOKEN + "x"),), names="x-auth-token;x-sdk-date", text=b"x"),
    ):
        response = answered(server, request)
        assert response.status == 401
        shown = f"{response} {last(server)}"
        assert PAIR.sk not in shown
        assert TOKEN not in shown


def test_a_port_that_a_client_signs_and_does_not_send_is_the_one_listened_at() -> None:
    server = started(Now(), auth="check", access_key=KEYS, port=0)
    opened = servers_of(server)
    opened.close()
    opened.run()
    text = signed.qiniu_text(host=f"127.0.0.1:{opened.port}") + signed.QINIU_BODY
    assert answered(server, signed.qiniu_request(text, host="127.0.0.1")).status == 200
    public = started(Now(), auth="check", access_key=KEYS, public_url="http://127.0.0.1:9000")
    text = signed.qiniu_text(host="127.0.0.1:9000") + signed.QINIU_BODY
    assert answered(public, signed.qiniu_request(text, host="127.0.0.1")).status == 200
