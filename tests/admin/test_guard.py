"""Who may use the admin API: whatever a foreign page, a rebound name or a guessed token tries, nothing changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mock_server.admin.guard import Guard
from mock_server.http.errors import OwnError
from mock_server.http.message import request_of
from mock_server.server.app import MAX_BODY, admin_only
from mock_server.settings import Settings
from tests.support.admin_kit import HERE, JSON_TYPE, AdminWorld, admin_world
from tests.support.poller import STATUS_PATHS

TOKEN = "correct-horse-battery"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PLAIN = {"Content-Type": "text/plain"}
PAGE = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
LURE = b'{"vendor": "qiniu", "scenario": "slow"}'


@pytest.fixture(scope="module")
def world() -> AdminWorld:
    """A server that is tried again and again, which must do it no harm."""
    return dirtied()


@pytest.fixture(scope="module")
def locked() -> AdminWorld:
    """The same, with a token."""
    return dirtied(admin_token=TOKEN)


def dirtied(**settings: Any) -> AdminWorld:
    """A server with something of everything that an intruder could change."""
    world = admin_world(**settings)
    opened = {"Authorization": f"Bearer {settings['admin_token']}"} if "admin_token" in settings else {}
    made = [
        world.ask("POST", "/tasks", {"vendor": "qiniu", "scenario": "slow", "id": "mine"}, **opened),
        world.ask("POST", "/faults", {"error": 599, "times": 3}, **opened),
        world.ask("POST", "/clock", {"freeze": True}, **opened),
        world.ask("PUT", "/scenarios/mine", b"steps: [{state: failed}]", **opened),
    ]
    assert [said.status for said in made] == [201, 201, 200, 200]
    world.poll("mine")
    return world


DRIVE_BY: Mapping[str, tuple[int, str, str, bytes | None, Mapping[str, str]]] = {
    "a form from a page": (403, "POST", "/__admin/reset", b"a=b", {"Host": HERE, **FORM, **PAGE}),
    "a form without an origin": (415, "POST", "/__admin/reset", b"a=b", {"Host": HERE, **FORM}),
    "JSON in a plain form": (415, "POST", "/__admin/tasks", LURE, {"Host": HERE, **PLAIN}),
    "JSON without a type": (415, "POST", "/__admin/tasks", LURE, {"Host": HERE}),
    "JSON in a multipart form": (
        415, "POST", "/__admin/tasks", LURE, {"Host": HERE, "Content-Type": "multipart/form-data; boundary=x"},
    ),
    "a type that begins as JSON's": (
        415, "POST", "/__admin/tasks", LURE, {"Host": HERE, "Content-Type": "application/jsonp"},
    ),
    "a post of nothing": (415, "POST", "/__admin/reset", None, {"Host": HERE}),
    "a fetch from a page": (403, "POST", "/__admin/tasks", LURE, {"Host": HERE, **JSON_TYPE, **PAGE}),
    "a fetch from a sandbox": (403, "POST", "/__admin/tasks", LURE, {"Host": HERE, **JSON_TYPE, "Origin": "null"}),
    "a fetch from another port": (
        403, "POST", "/__admin/reset", b"{}", {"Host": f"{HERE}:8080", **JSON_TYPE, "Origin": f"http://{HERE}:3000"},
    ),
    "an origin that begins as ours": (
        403, "POST", "/__admin/reset", b"{}", {"Host": HERE, **JSON_TYPE, "Origin": f"http://{HERE}.evil.example"},
    ),
    "an origin with ours as its user": (
        403, "POST", "/__admin/reset", b"{}", {"Host": HERE, **JSON_TYPE, "Origin": f"http://{HERE}@evil.example"},
    ),
    "an image": (403, "GET", "/__admin/tasks", None, {"Host": HERE, "Sec-Fetch-Site": "cross-site"}),
    "a neighbour port's script": (403, "GET", "/__admin/tasks", None, {"Host": HERE, "Sec-Fetch-Site": "same-site"}),
    "a delete from a page": (403, "DELETE", "/__admin/tasks", None, {"Host": HERE, **PAGE}),
    "an upload from a page": (
        403, "PUT", "/__admin/scenarios/mine", b"steps: [{state: succeeded}]", {"Host": HERE, **JSON_TYPE, **PAGE},
    ),
    "a preflight": (
        403, "OPTIONS", "/__admin/tasks", None, {"Host": HERE, **PAGE, "Access-Control-Request-Method": "DELETE"},
    ),
    "a preflight from here": (405, "OPTIONS", "/__admin/tasks", None, {"Host": HERE, "Origin": f"http://{HERE}"}),
    "a rebound name": (403, "POST", "/__admin/reset", b"{}", {"Host": "evil.example", **JSON_TYPE}),
    "a rebound name and its own page": (
        403, "POST", "/__admin/reset", b"{}", {"Host": "evil.example", "Origin": "http://evil.example", **JSON_TYPE},
    ),
    "a rebound name with a port": (403, "DELETE", "/__admin/tasks", None, {"Host": "evil.example:8080"}),
    "a name that begins as an address": (403, "DELETE", "/__admin/tasks", None, {"Host": "127.0.0.1.evil.example"}),
    "a name that begins as localhost": (403, "DELETE", "/__admin/tasks", None, {"Host": "localhost.evil.example"}),
    "a name with a user": (403, "DELETE", "/__admin/tasks", None, {"Host": "localhost@evil.example"}),
    "a name with a final dot": (403, "DELETE", "/__admin/tasks", None, {"Host": "localhost."}),
    "two names in one": (403, "DELETE", "/__admin/tasks", None, {"Host": "localhost, evil.example"}),
    "a name with two ports": (403, "DELETE", "/__admin/tasks", None, {"Host": "localhost:80:80"}),
    "half an address": (403, "DELETE", "/__admin/tasks", None, {"Host": "[::1"}),
    "an empty name": (403, "DELETE", "/__admin/tasks", None, {"Host": ""}),
    "a path with an escape": (404, "DELETE", "/__admin/%2574asks", None, {"Host": HERE}),
    "a path with dots": (404, "DELETE", "/__admin/scenarios/../tasks", None, {"Host": HERE}),
    "a path with escaped dots": (404, "DELETE", "/__admin/scenarios/%2e%2e/tasks", None, {"Host": HERE}),
    "a path that climbs": (404, "GET", "/__admin/scenarios/..%2f..%2fsetup.cfg", None, {"Host": HERE}),
    "a name that climbs": (404, "DELETE", "/__admin/scenarios/..", None, {"Host": HERE}),
    "an upload that climbs": (
        422, "PUT", "/__admin/scenarios/..", b"steps: [{state: failed}]", {"Host": HERE, **JSON_TYPE},
    ),
    "a path in capitals": (404, "DELETE", "/__ADMIN/tasks", None, {"Host": HERE}),
    "a path with a NUL": (404, "DELETE", "/__admin/tasks%00", None, {"Host": HERE}),
    "double slashes from a page": (403, "DELETE", "/__admin//tasks", None, {"Host": HERE, **PAGE}),
    "a body where none belongs": (422, "DELETE", "/__admin/tasks", b"{}", {"Host": HERE, **JSON_TYPE}),
    "a body too large": (413, "POST", "/__admin/tasks", b" " * MAX_BODY + LURE, {"Host": HERE, **JSON_TYPE}),
    "another method in a header": (
        422, "GET", "/__admin/tasks?_method=DELETE", None, {"Host": HERE, "X-HTTP-Method-Override": "DELETE"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("status", "method", "target", "body", "headers"), DRIVE_BY.values(), ids=DRIVE_BY)
def test_what_a_foreign_page_tries_is_refused_and_changes_nothing(
    world: AdminWorld, status: int, method: str, target: str, body: bytes | None, headers: Mapping[str, str]
) -> None:
    before = world.dump()
    said = world.send(method, target, body, headers)
    assert said.status == status
    if "__admin" in target:
        assert {"error", "message", "problems"} == said.body.keys()
        assert world.dump() == before


def test_no_response_ever_allows_another_site(world: AdminWorld) -> None:
    for method, headers in (("GET", {}), ("GET", PAGE), ("OPTIONS", PAGE)):
        said = world.send(method, "/__admin/tasks", None, {"Host": HERE, **headers})
        assert not [name for name in said.headers if name.lower().startswith("access-control-")]
        assert said.headers["X-Content-Type-Options"] == "nosniff"
        assert said.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:65535", "10.1.2.3:80", "[::1]", "[::1]:8080", "[fe80::1]",
     "[1:2:3:4:5:6:7:8]:80", "mock-server", "mock_server:8080", "ci1"],
)  # fmt: skip
def test_addresses_localhost_and_names_without_dots_are_let_in(world: AdminWorld, host: str) -> None:
    assert world.ask("GET", "/tasks", Host=host).status == 200


@pytest.mark.parametrize("host", ["mock.example.com", "MOCK.example.COM:8080", "ci_1.lan"])
def test_a_name_that_was_allowed_is_let_in(host: str) -> None:
    world = admin_world(admin_host=("mock.example.com", "ci_1.lan"))
    assert world.ask("GET", "/tasks", Host=host).status == 200


def test_a_refused_name_is_told_with_the_flag_that_allows_it() -> None:
    said = admin_world(admin_host=("mock.example.com",)).ask("GET", "/tasks", Host="sub.mock.example.com")
    assert (said.status, said.body["error"]) == (403, "host")
    assert said.problems == [
        (
            "Host",
            "the admin API is not served as 'sub.mock.example.com' "
            "if the name is yours, name it: --admin-host, or MOCK_SERVER_ADMIN_HOST",
        )
    ]


def test_a_name_in_the_target_counts_more_than_the_header() -> None:
    world = admin_world()
    environ = {"REQUEST_URI": "http://evil.example/__admin/tasks"}
    answer = world.app.test_client().get("/__admin/tasks", headers={"Host": HERE}, environ_overrides=environ)
    assert answer.status_code == 403


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:8080", "mock-server"])
def test_the_servers_own_pages_may_ask(world: AdminWorld, host: str) -> None:
    headers = {"Host": host, "Origin": f"http://{host}", "Sec_Fetch_Site": "same-origin"}
    said = world.ask("POST", "/clock", {"freeze": True}, **headers)
    assert said.status == 200


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("LOCALHOST", "http://localhost"),
        ("localhost", "http://LOCALHOST"),
        ("Mock-Server:8080", "http://mock-server:8080"),
        ("localhost", "HTTPS://localhost"),
    ],
)
@pytest.mark.parametrize("site", ["same-origin", "Same-Origin", "NONE"])
def test_neither_a_host_nor_a_site_depends_on_its_case(world: AdminWorld, host: str, origin: str, site: str) -> None:
    headers = {"Host": host, "Origin": origin, "Sec_Fetch_Site": site}
    assert world.ask("POST", "/clock", {"freeze": True}, **headers).status == 200


@pytest.mark.parametrize("site", ["CROSS-SITE", "Same-Site", "same-origin, none", "", "same_origin"])
def test_another_site_is_refused_however_it_is_written(world: AdminWorld, site: str) -> None:
    barred = site != ""  # an empty header is as none
    said = world.ask("GET", "/tasks", Sec_Fetch_Site=site)
    assert said.status == (403 if barred else 200)
    if barred:
        what = "the admin API takes no requests that another site's page makes"
        assert said.body["error"] == "origin"
        assert said.problems == [("Sec-Fetch-Site", f"{what} type the address in the browser, or ask without one")]


@pytest.mark.parametrize(
    "origin",
    [
        f"http://{HERE}/",
        f"http://{HERE}/page",
        f"http://{HERE}:80",
        f"ftp://{HERE}",
        f"//{HERE}",
        HERE,
        "null",
        "",
        f"http://user@{HERE}",
        f"http://{HERE} http://{HERE}",
        "http://[::1",
    ],
)
def test_an_origin_that_no_browser_writes_for_us_is_refused(world: AdminWorld, origin: str) -> None:
    said = world.ask("GET", "/tasks", Origin=origin)
    what = f"the admin API takes no requests from the pages of {origin!r}"
    assert (said.status, said.body["error"]) == (403, "origin")
    assert said.problems == [("Origin", f"{what} ask from the server's own pages, or without a browser")]


@pytest.mark.parametrize("hosts", [(), (HERE, HERE), (HERE, "evil.example"), ("evil.example", HERE)])
def test_a_request_with_no_host_or_several_is_refused(hosts: tuple[str, ...]) -> None:
    request = request_of("GET", "/__admin/tasks", tuple(("Host", host) for host in hosts), b"")
    barred = Guard(Settings()).site(request)
    assert barred is not None
    assert (barred.error, barred.problem.where) == (OwnError.HOST, "Host")
    if "evil.example" not in hosts:
        assert barred.problem.what == f"expected one Host header, found {len(hosts)}"


@pytest.mark.parametrize(
    "target", ["http://evil.example/__admin/tasks", "HTTP://EVIL.example", "a+b-c.1://evil.example/"]
)
def test_the_host_of_a_target_in_absolute_form_is_judged_whatever_its_scheme(target: str) -> None:
    barred = Guard(Settings()).site(request_of("GET", target, (("Host", HERE),), b""))
    assert barred is not None
    assert barred.error is OwnError.HOST


@pytest.mark.parametrize(
    ("target", "headers", "denied"),
    [
        ("/__admin/health", {}, None),
        ("/__admin/health", {"Host": HERE}, None),
        ("/__admin/health", {"Sec-Fetch-Site": "none"}, None),
        ("http://localhost/__admin/health", {}, None),
        ("/__admin/health", {"Host": "evil.example"}, OwnError.HOST),
        ("http://evil.example/__admin/health", {}, OwnError.HOST),
        ("/__admin/health", {"Origin": f"http://{HERE}"}, OwnError.ORIGIN),
        ("/__admin/health", {"Sec-Fetch-Site": "cross-site"}, OwnError.ORIGIN),
    ],
)
def test_a_probe_in_http_1_0_needs_no_host(target: str, headers: dict[str, str], denied: OwnError | None) -> None:
    barred = Guard(Settings()).site(request_of("GET", target, tuple(headers.items()), b"", old=True))
    assert (barred and barred.error) == denied


def test_two_hosts_are_too_many_in_http_1_0_too() -> None:
    request = request_of("GET", "/__admin/health", (("Host", HERE), ("Host", HERE)), b"", old=True)
    barred = Guard(Settings()).site(request)
    assert barred is not None
    assert barred.error is OwnError.HOST


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        ((), "a token is needed"),
        ((f"Bearer {TOKEN}", f"Bearer {TOKEN}"), "the token is wrong"),
        ((f"Bearer {TOKEN}", "Bearer x"), "the token is wrong"),
        (("Bearer x", f"Bearer {TOKEN}"), "the token is wrong"),
        (("Bearer \ud800",), "the token is wrong"),
        ((f"Bearer {TOKEN}",), None),
        ((f"BEARER   {TOKEN} ",), None),
    ],
)
@pytest.mark.parametrize("name", ["Authorization", "authorization"])
def test_a_token_is_sent_once(name: str, sent: tuple[str, ...], problem: str | None) -> None:
    headers = (("Host", HERE), *((name, value) for value in sent))
    barred = Guard(Settings(admin_token=TOKEN)).token(request_of("GET", "/__admin/tasks", headers, b""))
    assert (barred and barred.problem.what) == problem
    if barred is not None:
        assert (barred.error, barred.problem.where) == (OwnError.TOKEN, "Authorization")
        assert barred.problem.hint == "send `Authorization: Bearer TOKEN` with the token of --admin-token"


@pytest.mark.parametrize("path", ["/health", "/version"])
def test_health_and_version_obey_the_rules_on_names_too(path: str) -> None:
    assert admin_world().ask("GET", path, Host="evil.example").status == 403


@pytest.mark.parametrize("vendor", STATUS_PATHS)
def test_vendors_paths_know_no_guard(vendor: str) -> None:
    world = admin_world(admin_token=TOKEN)
    path, name = STATUS_PATHS[vendor]
    said = world.send("GET", f"{path}?{name}=happy-path.1", None, {"Host": "api.example.com", **PAGE})
    assert said.status == 200


# -- the token


NEARLY = {
    "none": None,
    "empty": "",
    "the scheme alone": "Bearer",
    "an empty token": "Bearer ",
    "another scheme": f"Basic {TOKEN}",
    "no scheme": TOKEN,
    "one letter less": f"Bearer {TOKEN[:-1]}",
    "one letter more": f"Bearer {TOKEN}x",
    "another case": f"Bearer {TOKEN.upper()}",
    "the right one first": f"Bearer {TOKEN}, {TOKEN}",
    "letters beyond ASCII": f"Bearer {TOKEN}\xe9",
}


@pytest.mark.parametrize("sent", NEARLY.values(), ids=NEARLY)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("GET", "/tasks", None), ("POST", "/reset", {}), ("DELETE", "/tasks", None), ("GET", "/nowhere", None),
     ("PATCH", "/tasks", None), ("GET", "/openapi.json", None)],
)  # fmt: skip
def test_without_the_very_token_nothing_is_answered_and_nothing_changes(
    locked: AdminWorld, sent: str | None, method: str, path: str, body: Any
) -> None:
    before = locked.dump()
    said = locked.ask(method, path, body, **({} if sent is None else {"Authorization": sent}))
    assert (said.status, said.body["error"], said.headers["WWW-Authenticate"]) == (401, "token", "Bearer")
    assert TOKEN not in str(said.body)
    assert locked.dump() == before


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_the_token_opens_the_admin_api(scheme: str) -> None:
    assert admin_world(admin_token=TOKEN).ask("GET", "/tasks", Authorization=f"{scheme} {TOKEN}").status == 200


@pytest.mark.parametrize("path", ["/health", "/version"])
def test_health_and_version_need_no_token(path: str) -> None:
    said = admin_world(admin_token=TOKEN).ask("GET", path)
    assert said.status == 200
    assert TOKEN not in str(said.body)


def test_a_token_that_nobody_asks_for_does_no_harm() -> None:
    assert admin_world().ask("GET", "/tasks", Authorization="Bearer x").status == 200


def test_the_version_tells_of_the_token_only_that_there_is_one() -> None:
    told = [admin_world(admin_token=token).ask("GET", "/version").body["settings"] for token in (TOKEN, None)]
    assert [settings["admin_token"] for settings in told] == [True, None]


# -- a port of its own


def test_with_a_port_of_its_own_the_admin_api_is_not_served_at_the_other() -> None:
    world = admin_world(admin_port=9090)
    for path in ("/health", "/tasks", "", "/nowhere"):
        said = world.ask("GET", path)
        assert (said.status, said.body["error"]) == (404, "path")
        assert "--admin-port" in said.problems[0][1]
    assert world.poll("happy-path.1").status == 200


def test_the_admin_port_serves_the_admin_api_and_nothing_else() -> None:
    world = admin_world(admin_port=9090)
    world.app.wsgi_app = admin_only(world.app.wsgi_app)  # type: ignore[method-assign]  # as Flask tells to wrap
    assert world.ask("GET", "/health").status == 200
    for target in ("/", "/status/get/prefop?id=happy-path.1", "/nowhere"):
        assert world.send("GET", target, None, {"Host": HERE}).status == 404
    assert world.server.store.entries()[1].exchanges == 0


@pytest.mark.parametrize("name", ["mock_server.admin_only", "mock-server.admin-only", "Mock-Server-Admin-HttpServer"])
def test_no_header_makes_a_request_come_to_the_admin_port(name: str) -> None:
    world = admin_world(admin_port=9090)
    assert world.send("GET", "/__admin/tasks", None, {"Host": HERE, name: "1"}).status == 404
