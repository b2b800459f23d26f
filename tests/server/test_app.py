"""The Flask app: however it is called, the response is the emulator's and nobody else's."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

import pytest
from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, EnvironBuilder

import mock_server
from mock_server.assembly import Server, assemble
from mock_server.engine.scenario import Effect, Span
from mock_server.errors import InvalidInput
from mock_server.faults.armed import Armed, ArmedFaults
from mock_server.faults.kinds import FAULTS
from mock_server.server.app import MAX_BODY, app_of, create_app
from mock_server.settings import Settings
from tests.support.live import LiveServer, serving_app
from tests.support.poller import STATUS_PATHS, Now, Poller
from tests.support.raw import Answer, answers, own, request_bytes, send

QINIU, WANGSU, HUAWEI = STATUS_PATHS["qiniu"][0], STATUS_PATHS["wangsu"][0], STATUS_PATHS["huawei"][0]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ARMED = (
    Armed(1, Effect(fault="no_content_type"), id="happy-path.no-type"),
    Armed(2, Effect(fault="charset"), id="happy-path.charset"),
    Armed(3, Effect(fault="html"), id="happy-path.html"),
    Armed(4, Effect(fault="empty_body"), id="happy-path.empty"),
    Armed(5, Effect(fault="hang"), id="happy-path.hang"),
    Armed(6, Effect(headers=(("X-Reqid", None), ("Content-Language", "zh"))), id="happy-path.headers"),
)


class Case(NamedTuple):
    """A request and the status it gets."""

    status: int
    method: str
    target: str
    headers: dict[str, str] | None = None
    body: bytes = b""


CASES = {
    # What SDKs send.
    "qiniu": Case(200, "GET", f"{QINIU}?id=happy-path.1"),
    "wangsu": Case(200, "GET", f"{WANGSU}?persistentId=happy-path.1"),
    "huawei": Case(200, "GET", f"{HUAWEI}?task_id=happy-path.1"),
    "form": Case(200, "POST", QINIU, FORM, b"id=happy-path.2"),
    "form without type": Case(200, "POST", QINIU, None, b"id=happy-path.3"),
    "form as text": Case(200, "POST", QINIU, {"Content-Type": "text/plain"}, b"id=happy-path.4"),
    "form in the query": Case(200, "POST", f"{QINIU}?id=happy-path.5"),
    "form twice": Case(400, "POST", f"{QINIU}?id=happy-path.5", FORM, b"id=happy-path.5"),
    "multipart": Case(400, "POST", QINIU, {"Content-Type": "multipart/form-data; boundary=x"}, b"--x--\r\n"),
    "get with body": Case(200, "GET", f"{HUAWEI}?task_id=happy-path.2", {"Content-Type": "application/json"}, b"null"),
    "json type": Case(200, "GET", f"{WANGSU}?persistentId=happy-path.2", {"Content-Type": "application/json"}),
    "foreign host": Case(200, "GET", f"{QINIU}?id=happy-path.6", {"Host": "api.qiniu.com"}),
    "odd host": Case(200, "GET", f"{QINIU}?id=happy-path.7", {"Host": "a_b:x"}),
    "token": Case(200, "GET", f"{QINIU}?id=happy-path.8", {"Authorization": "QBox a:b"}),
    # Methods.
    "head": Case(200, "HEAD", f"{WANGSU}?persistentId=happy-path.3"),
    "head of nothing": Case(404, "HEAD", f"{WANGSU}?persistentId=nobody"),
    "options qiniu": Case(405, "OPTIONS", f"{QINIU}?id=happy-path.9"),
    "options wangsu": Case(405, "OPTIONS", f"{WANGSU}?persistentId=happy-path.9"),
    "options huawei": Case(405, "OPTIONS", f"{HUAWEI}?task_id=happy-path.9"),
    "options nowhere": Case(404, "OPTIONS", "/nowhere"),
    "delete": Case(405, "DELETE", f"{HUAWEI}?task_id=happy-path.3"),
    "post where get is": Case(405, "POST", WANGSU, FORM, b"persistentId=happy-path.4"),
    "brew": Case(405, "BREW", f"{WANGSU}?persistentId=happy-path.5"),
    # Paths.
    "trailing slash": Case(200, "GET", f"{QINIU}/?id=happy-path.10"),
    "double slash": Case(200, "GET", "//status/get/prefop?id=happy-path.11"),
    "slashes": Case(200, "GET", "/fmgr///status//?persistentId=happy-path.6"),
    "post to slashes": Case(200, "POST", "//status//get/prefop/", FORM, b"id=happy-path.12"),
    "absolute": Case(200, "GET", f"http://api.example.com{QINIU}?id=happy-path.13"),
    "absolute with slashes": Case(200, "GET", f"http://api.example.com/{QINIU}?id=happy-path.14"),
    "escaped letter": Case(200, "GET", "/status/get/%70refop?id=happy-path.15"),
    "escaped slash": Case(200, "GET", "/status%2Fget%2Fprefop?id=happy-path.16"),
    "escaped escape": Case(404, "GET", "/status/get/%2570refop?id=happy-path.17"),
    "escaped question": Case(404, "GET", "/status/get/prefop%3Fid=happy-path.18"),
    "escaped nul": Case(404, "GET", "/status%00/get/prefop?id=happy-path.18"),
    "other case": Case(404, "GET", "/Status/Get/Prefop?id=happy-path.18"),
    "dots": Case(404, "GET", "/status/../status/get/prefop?id=happy-path.18"),
    "literal project": Case(400, "GET", "/v1.0/%7Bproject_id%7D/asset/preheating?task_id=happy-path.4"),
    "no project": Case(404, "GET", "/v1.0//asset/preheating?task_id=happy-path.4"),
    # Parameters.
    "missing": Case(400, "GET", QINIU),
    "empty": Case(400, "GET", f"{WANGSU}?persistentId="),
    "repeated": Case(400, "GET", f"{HUAWEI}?task_id=happy-path.5&task_id=happy-path.5"),
    "over-long": Case(400, "GET", f"{QINIU}?id={'x' * 513}"),
    "other name": Case(400, "GET", f"{WANGSU}?id=happy-path.7"),
    "question mark alone": Case(400, "GET", f"{QINIU}?"),
    "unknown": Case(404, "GET", f"{HUAWEI}?task_id=hapy-path"),
    # Paths that nobody serves.
    "qiniu nowhere": Case(404, "GET", "/status/get/prefob"),
    "qiniu submit": Case(200, "POST", "/pfop/", FORM, b"bucket=b&key=fails-late.9&fops=avthumb%2Fmp4"),
    "qiniu submit of nothing": Case(400, "POST", "/pfop/"),
    "qiniu nowhere either": Case(404, "POST", "/pfops/"),
    "wangsu nowhere": Case(404, "GET", "/fmgr"),
    "huawei nowhere": Case(404, "GET", "/v1.0/p/asset"),
    "huawei nowhere either": Case(404, "GET", "/v3/auth/tokens"),
    "nowhere": Case(404, "GET", "/robots.txt"),
    "home": Case(200, "GET", "/"),
    "home posted to": Case(404, "POST", "/"),
    "health": Case(200, "GET", "/__admin/health"),
    # Errors that a scenario scripts, and faults.
    "599": Case(599, "GET", f"{QINIU}?id=outage.1"),
    "599 to head": Case(599, "HEAD", f"{QINIU}?id=outage.2"),
    "401": Case(401, "GET", f"{HUAWEI}?task_id=unauthorized.1"),
    "no type": Case(200, "GET", f"{QINIU}?id=happy-path.no-type"),
    "charset": Case(200, "GET", f"{WANGSU}?persistentId=happy-path.charset"),
    "html": Case(502, "GET", f"{WANGSU}?persistentId=happy-path.html"),
    "empty body": Case(200, "GET", f"{HUAWEI}?task_id=happy-path.empty"),
    "headers": Case(200, "GET", f"{QINIU}?id=happy-path.headers"),
    "wire": Case(501, "GET", f"{QINIU}?id=happy-path.hang"),
    # Bodies.
    "too large": Case(413, "POST", QINIU, FORM, b"id=" + b"x" * MAX_BODY),
    "just not too large": Case(400, "POST", QINIU, FORM, b"id=" + b"x" * (MAX_BODY - 3)),
}


class Copies(NamedTuple):
    """Three copies of one server, so that each sees the same requests: on a socket, and as an app."""

    socket: LiveServer
    app: Flask
    bare: Flask


@pytest.fixture(scope="module")
def servers() -> Iterator[Copies]:
    """The servers, all at the same moment for ever."""
    with serving_app(create_app(Settings(), real_clock=Now()), flask=True) as live:
        live.parts.store.control(lambda control: control._replace(armed=ArmedFaults(ARMED)))
        app, bare = (create_app(Settings(), real_clock=Now(), armed=ARMED) for _ in range(2))
        yield Copies(live, app, bare)


def through_socket(server: LiveServer, case: Case) -> Answer:
    """The response on a real connection."""
    raw = send(server.port, request_bytes(case.method, case.target, case.headers, case.body))
    (answer,) = answers(raw, bodiless=case.method == "HEAD")
    return answer


def through_wsgi(app: Any, case: Case, *, raw: bool = True, under: str = "") -> Answer:
    """The response to a WSGI call, as a server makes it that tells the raw target, or (not `raw`) one that does not."""
    path, _, query = case.target.partition("?")
    if path.startswith("http://"):
        path = "/" + path.split("/", 3)[3]
    builder = EnvironBuilder(method=case.method, headers=Headers(case.headers or {}), data=case.body or None)
    environ = builder.get_environ()
    environ["PATH_INFO"] = under + unquote_to_bytes(path).decode("latin-1")
    environ["QUERY_STRING"] = query
    for name in ("REQUEST_URI", "RAW_URI"):
        environ.pop(name)
        if raw:
            environ[name] = under + case.target
    answer = Client(app).run_wsgi_app(environ)
    status, _, reason = answer[1].partition(" ")
    pairs = [(name.lower(), value) for name, value in answer[2].items()]
    return Answer(int(status), reason, own(pairs), b"".join(answer[0]))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_request_gets_the_same_response_however_it_comes(servers: Copies, case: Case) -> None:
    answer = through_socket(servers.socket, case)
    assert answer.status == case.status
    assert answer == through_wsgi(servers.app, case)
    # Without the raw target, the request id of a refusal is drawn from what can be told of it.
    assert without_ids(answer) == without_ids(through_wsgi(servers.bare, case, raw=False))


@pytest.mark.parametrize("path", ["/__admin/health", f"{QINIU}?id=happy-path.1", "/"])
def test_several_worker_processes_are_refused_with_the_reason(path: str, caplog: pytest.LogCaptureFixture) -> None:
    """As gunicorn, uWSGI and mod_wsgi say it (PEP 3333): each process would keep tasks of its own."""
    client = create_app(Settings(no_reload=True), real_clock=Now()).test_client()
    for _ in range(2):
        refused = client.get(path, environ_overrides={"wsgi.multiprocess": True})
        assert (refused.status_code, refused.headers["X-Mock-Server-Error"]) == (501, "workers")
        assert "several worker processes" in refused.get_data(as_text=True)
        assert "or let them share a store (MOCK_SERVER_STORE)" in refused.get_data(as_text=True)
    assert [record.levelname for record in caplog.records if "worker" in record.getMessage()] == ["ERROR"]
    assert client.get(path, environ_overrides={"wsgi.multithread": True}).status_code == 200


@pytest.mark.parametrize("hosts", [("localhost", "evil.example"), ("evil.example", "localhost"), ("x", "x")])
def test_two_hosts_through_flask_do_not_get_into_the_admin_api(servers: Copies, hosts: tuple[str, ...]) -> None:
    """Our own socket refuses them; another WSGI server may join them into one value."""
    lines = "".join(f"Host: {host}\r\n" for host in hosts)
    raw = send(servers.socket.port, f"GET /__admin/health HTTP/1.1\r\n{lines}Connection: close\r\n\r\n".encode())
    (answer,) = answers(raw)
    assert (answer.status, answer.header("x-mock-server-error")) == (400, "host")
    answer = through_wsgi(servers.app, Case(0, "GET", "/__admin/health", {"Host": ", ".join(hosts)}))
    assert (answer.status, answer.header("x-mock-server-error")) == (403, "host")


def without_ids(answer: Answer) -> Answer:
    """The response but for its request id."""
    ids = ("x-reqid", "x-request-id")
    return answer._replace(headers=tuple(pair for pair in answer.headers if pair[0] not in ids))


@pytest.mark.parametrize(
    "target", [f"{QINIU}/?id=happy-path", "//fmgr//status?persistentId=happy-path", "/status/", "//"]
)
def test_nobody_is_ever_redirected(target: str) -> None:
    answer = through_wsgi(create_app(Settings()), Case(0, "GET", target))
    assert answer.status in (200, 404)
    assert answer.header("location") is None


@pytest.mark.parametrize(
    ("path", "allowed"), [(QINIU, "GET, HEAD, POST"), (WANGSU, "GET, HEAD"), (HUAWEI, "GET, HEAD, POST")]
)
@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "BREW"])
def test_another_method_is_refused_with_those_that_are_allowed(method: str, path: str, allowed: str) -> None:
    answer = through_wsgi(create_app(Settings()), Case(0, method, path))
    assert (answer.status, answer.header("allow")) == (405, allowed)
    assert answer.header("content-type") == "application/json"


@pytest.mark.parametrize("vendor", STATUS_PATHS)
def test_head_shows_what_the_next_poll_will_get_and_counts_nothing(vendor: str) -> None:
    app = create_app(Settings(), real_clock=Now())
    path, name = STATUS_PATHS[vendor]
    head = Case(200, "HEAD", f"{path}?{name}=happy-path.t")
    looks = {through_wsgi(app, head) for _ in range(3)}
    poll = through_wsgi(app, head._replace(method="GET"))
    assert looks == {poll._replace(body=b"")}
    assert poll.header("content-length") == str(len(poll.body))


@pytest.mark.parametrize(
    ("id", "line"), [("outage.x", "599 Server Operation Failed"), ("unauthorized.x", "401 Unauthorized")]
)
def test_the_status_line_carries_the_vendors_number_and_reason(live: LiveServer, id: str, line: str) -> None:
    raw = send(live.port, request_bytes("GET", f"{QINIU}?id={id}"))
    assert raw.startswith(f"HTTP/1.1 {line}\r\n".encode())


def test_a_throttled_poll_gets_a_status_that_no_standard_knows() -> None:
    app = create_app(Settings(), armed=[Armed(1, Effect(error="throttled", headers=(("Retry-After", "3"),)))])
    answer = through_wsgi(app, Case(573, "GET", f"{QINIU}?id=happy-path"))
    assert (answer.status, answer.reason, answer.header("retry-after")) == (573, "Too Many Requests", "3")


@pytest.mark.parametrize("status", [300, 304, 418, 999])
def test_any_status_a_fault_may_have_reaches_the_client(live: LiveServer, status: int) -> None:
    armed = Armed(status, Effect(error=status), id=f"slow.{status}", times=1)
    live.parts.store.control(lambda control: control._replace(armed=control.armed.plus(armed)))
    raw = send(live.port, request_bytes("GET", f"{QINIU}?id=slow.{status}"))
    assert raw.startswith(f"HTTP/1.1 {status} ".encode())


@pytest.mark.parametrize("sizes", [[1, 2, 3, 9], [15]])
def test_a_chunked_body_is_read_as_any_other(live: LiveServer, sizes: list[int]) -> None:
    body, id = b"", f"id=happy-path.{len(sizes)}".encode()
    for size in sizes:
        chunk, id = id[:size], id[size:]
        body += f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n"
    raw = send(live.port, request_bytes("POST", QINIU, {"Transfer-Encoding": "chunked"}, body + b"0\r\n\r\n"))
    (answer,) = answers(raw)
    assert json.loads(answer.body)["id"] == f"happy-path.{len(sizes)}"


def test_a_body_that_is_too_large_is_refused_in_our_voice(live: LiveServer) -> None:
    (answer,) = answers(send(live.port, request_bytes("POST", QINIU, FORM, b"x" * (MAX_BODY + 1))))
    assert (answer.status, answer.header("x-mock-server-error")) == (413, "body")
    assert json.loads(answer.body)["message"] == "a request body is at most 1048576 bytes"


def test_bytes_of_a_target_that_are_not_escaped_are_read_as_utf8() -> None:
    answer = through_wsgi(create_app(Settings(default_scenario="slow")), Case(200, "GET", _wsgi(f"{QINIU}?id=任务")))
    assert json.loads(answer.body)["id"] == "任务"


def _wsgi(text: str) -> str:
    return text.encode().decode("latin-1")


def test_two_apps_in_one_process_share_nothing() -> None:
    one, two = (create_app(Settings(seed=seed), real_clock=Now()) for seed in (0, 1))
    first = Poller("qiniu", "happy-path", app=one)
    codes = [first.poll().body["code"] for _ in range(3)]
    assert codes == [1, 2, 0]
    assert Poller("qiniu", "happy-path", app=two).poll().body["code"] == 1
    assert parts(two).store.entries()[1].exchanges == 1


def test_flask_lists_every_vendors_path(root: Path) -> None:
    words = [sys.executable, "-m", "flask", "--app", "mock_server", "routes"]
    listed = subprocess.run(words, cwd=root, capture_output=True, text=True, check=True).stdout
    lines = {line.split()[0]: line for line in listed.splitlines() if line.strip()}
    for endpoint, path in (("qiniu.status", QINIU), ("wangsu.status", WANGSU), ("huawei.status", "/asset/preheating")):
        assert path in lines[endpoint]
        assert "OPTIONS" not in lines[endpoint]


def test_the_app_takes_its_settings_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK_SERVER_PROFILE", "document")
    monkeypatch.setenv("MOCK_SERVER_DEFAULT_SCENARIO", "instant")
    body = Poller("qiniu", "", app=mock_server.create_app(), id="anything").poll().body
    assert (body["code"], "creationDate" in body) == (0, False)


def test_an_app_with_bad_settings_says_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK_SERVER_DEFAULT_SCENARIO", "hapy-path")
    with pytest.raises(InvalidInput, match=r"no scenario is named 'hapy-path'.*happy-path"):
        create_app()


def test_the_package_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="no attribute 'create_ap'"):
        mock_server.create_ap  # noqa: B018 - looked up to see it fail


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize("target", [f"{QINIU}?id=happy-path.a", "//fmgr//status/?persistentId=happy-path.a"])
def test_the_app_works_below_another_path(target: str, raw: bool) -> None:
    mounted = DispatcherMiddleware(Flask("around"), {"/mock": create_app(Settings(), real_clock=Now())})
    case = Case(200, "GET", target)
    answer = through_wsgi(mounted, case, raw=raw, under="/mock")
    assert answer == through_wsgi(create_app(Settings(), real_clock=Now()), case)
    assert answer.status == 200


def test_a_defect_is_told_in_the_log_and_not_to_the_client(caplog: pytest.LogCaptureFixture) -> None:
    now = iter([1_700_000_000_000])
    app = create_app(Settings(), real_clock=lambda: next(now))
    app.testing = True
    with caplog.at_level(logging.ERROR, "mock_server"):
        answer = through_wsgi(app, Case(500, "GET", f"{QINIU}?id=happy-path.a"))
    assert (answer.status, answer.header("x-mock-server-error")) == (500, "internal")
    assert json.loads(answer.body)["message"] == "a defect of mock-server; the log has the details"
    assert "StopIteration" in caplog.text


def parts(app: Flask) -> Server:
    """The server behind an app."""
    server: Server = app.extensions["mock_server"]
    return server


class Waits(threading.Event):
    """Notes how long it is waited for, and does not keep anybody waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        """At once."""
        self.seconds.append(timeout)
        return False


def test_a_scripted_delay_is_waited_for_in_real_time() -> None:
    waits = Waits()
    armed = (Armed(1, Effect(delay=Span(2500, 2500)), id="happy-path.late"),)
    app = app_of(assemble(Settings(speed=1000), real_clock=Now(), armed=armed)._replace(stopping=waits))
    statuses = [Poller("qiniu", "", app=app, id=f"happy-path.{word}").poll().status for word in ("late", "other")]
    assert statuses == [200, 200]
    assert waits.seconds == [2.5]


def test_a_delayed_response_leaves_at_once_when_the_server_ends() -> None:
    app = create_app(Settings(), armed=[Armed(1, Effect(delay=Span(3_600_000, 3_600_000)))])
    parts(app).stopping.set()
    assert Poller("wangsu", "happy-path", app=app).poll().body["code"] == 0


@pytest.mark.parametrize("fault", [name for name, kind in FAULTS.items() if kind.deliver is not None])
def test_a_fault_that_needs_the_socket_is_refused_with_the_server_that_has_one(fault: str) -> None:
    app = create_app(Settings(), armed=[Armed(1, Effect(fault=fault))])
    answer = Poller("huawei", "happy-path", app=app).poll()
    assert (answer.status, answer.headers["X-Mock-Server-Error"]) == (501, "delivery")
    assert answer.body["fault"] == fault
    assert "--server wire" in answer.body["message"]


@pytest.mark.parametrize(
    ("name", "value"), [("Connection", "close"), ("Transfer-Encoding", "x"), ("Content-Length", "x")]
)
def test_a_scripted_header_that_needs_the_socket_is_refused_as_such_a_fault_is(name: str, value: str) -> None:
    app = create_app(Settings(), armed=[Armed(1, Effect(headers=((name, value),)))])
    answer = Poller("huawei", "happy-path", app=app).poll()
    assert (answer.status, answer.headers["X-Mock-Server-Error"]) == (501, "delivery")
    assert answer.body == {
        "error": "delivery",
        "message": f"the header {name} needs the socket: serve with --server wire",
        "header": name,
    }


@pytest.mark.parametrize(("fault", "type"), [("no_content_type", None), ("charset", "application/json; charset=utf-8")])
def test_flask_adds_no_content_type_to_what_a_fault_left(fault: str, type: str | None) -> None:
    answer = Poller("qiniu", "happy-path", app=create_app(Settings(), armed=[Armed(1, Effect(fault=fault))])).poll()
    assert answer.headers.get("Content-Type") == type
    assert answer.body["id"] == "happy-path.t"


def test_headers_keep_the_vendors_order_and_spelling() -> None:
    answer = Poller("qiniu", "happy-path", app=create_app(Settings())).poll()
    assert [name for name, _ in answer.headers] == ["Content-Type", "X-Reqid", "Content-Length"]


@pytest.mark.parametrize("vendor", STATUS_PATHS)
def test_a_404_that_may_be_a_typo_says_what_was_meant_and_a_scripted_one_does_not(vendor: str) -> None:
    app = create_app(Settings())
    typo, scripted = (Poller(vendor, "", app=app, id=id).poll() for id in ("hapy-path", "not-found"))
    assert (typo.status, scripted.status) == (404, 404)
    assert typo.headers["X-Mock-Server"] == 'unmatched; did you mean "happy-path"'
    assert "X-Mock-Server" not in scripted.headers


def test_the_first_page_names_the_paths_and_the_scenarios() -> None:
    page = create_app(Settings()).test_client().get("/").get_data(as_text=True)
    assert all(word in page for word in (QINIU, WANGSU, "/v1.0/&lt;project_id&gt;/asset/preheating", "happy-path"))
    assert "<script" not in page
