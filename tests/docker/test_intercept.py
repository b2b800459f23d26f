"""The profile `intercept`: clients that are told of no server reach it under the vendors' own names."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mock_server.vendors.registry import Registry
from tests.docker.conftest import WANGSU_HOST
from tests.docker.engine import CLIENT, Project, call, docker

FIXED = [host for dialect in Registry().dialects() for host in dialect.hosts]

PROBE = """
import sys, requests
for url in sys.argv[1:]:
    try:
        print(requests.get(url, timeout=20).json()["code"])
    except requests.exceptions.SSLError as error:
        print("not trusted:", error)
    except requests.exceptions.ConnectionError as error:
        print("no connection:", error)
"""
FAULTS = """
import sys, requests
try:
    response = requests.get(sys.argv[1], timeout=2)
    print(response.status_code, response.text)
except requests.exceptions.RequestException as error:
    print(type(error).__name__, error)
"""


def probe(project: Project, *urls: str, **environ: str) -> list[str]:
    """What a client that trusts the CA sees at each URL, a line each."""
    return project.run("intercept-example", "python", "-c", PROBE, *urls, profile="intercept", **environ).splitlines()


@pytest.mark.parametrize("https", ["", "1"], ids=["wangsu over http", "wangsu over https"])
def test_sdks_with_no_endpoint_set_poll_to_the_end(shared: Project, https: str) -> None:
    said = shared.run("intercept-example", profile="intercept", WANGSU_HTTPS=https)
    assert said.count(" succeeded") == 3, said


@pytest.mark.parametrize("region", ["cn-east-2", "ap-southeast-3"])
def test_huaweis_sdk_is_met_in_other_regions_too(shared: Project, region: str) -> None:
    words = ("env", f"HUAWEI_REGION={region}", "python", "wait.py", "huawei")
    said = shared.run("intercept-example", *words, profile="intercept")
    assert " succeeded" in said


def test_every_name_is_answered_over_http_and_https(shared: Project) -> None:
    hosts = [f"{scheme}://{host}" for host in (*FIXED, WANGSU_HOST) for scheme in ("http", "https")]
    urls = [f"{host}/status/get/prefop?id=slow.name-{n}" for n, host in enumerate(hosts)]
    assert probe(shared, *urls) == ["1"] * len(urls)


def test_what_comes_under_a_vendors_name_is_the_server_that_the_host_sees(shared: Project) -> None:
    probe(shared, "https://api.qiniu.com/status/get/prefop?id=happy-path.one-state")
    tasks = shared.ask("/__admin/tasks?id=happy-path.one-state").body["tasks"]
    assert [task["id"] for task in tasks] == ["happy-path.one-state"]


def test_an_unknown_host_name_still_fails(shared: Project) -> None:
    (said,) = probe(shared, "https://no-such-host.example/")
    assert said.startswith("no connection:")
    assert "resolve" in said


def test_a_client_that_does_not_trust_the_ca_refuses(shared: Project) -> None:
    words = ("env", "--unset=REQUESTS_CA_BUNDLE", "python", "-c", PROBE, "https://api.qiniu.com/")
    said = shared.run("intercept-example", *words, profile="intercept")
    assert said.startswith("not trusted:")


def test_without_the_profile_nothing_takes_a_vendors_name(project: Callable[..., Project]) -> None:
    one = project()
    one.up()
    said = one.run("example", "python", "-c", PROBE, "http://vod.cn-north-4.myhuaweicloud.com/")
    assert said.startswith("no connection:")


def test_clients_get_the_certificate_and_not_the_key(shared: Project) -> None:
    volume = ("--volume", f"{shared.name}_ca:/ca:ro")
    look = "import os; print(os.listdir('/ca/private'))"
    ended = call("docker", "run", "--rm", *volume, CLIENT, "python", "-c", look, check=False)
    assert "Permission denied: '/ca/private'" in ended.stderr
    assert docker("run", "--rm", "--user", "0", *volume, CLIENT, "python", "-c", look) == "[]"


def test_the_ca_is_the_same_after_a_restart_and_after_down(project: Callable[..., Project]) -> None:
    one = project()
    one.up("intercept")
    read = ("exec", "-T", "intercept", "cat", "/ca/ca.pem")
    first = one.compose("--profile", "intercept", *read).stdout
    one.compose("--profile", "intercept", "restart", "--timeout", "2", "intercept")
    one.healthy("intercept")
    assert one.compose("--profile", "intercept", *read).stdout == first
    one.down()
    one.up("intercept")
    assert one.compose("--profile", "intercept", *read).stdout == first


@pytest.mark.parametrize("base", ["http://mock-server:8080", "http://api.qiniuapi.com", "https://api.qiniuapi.com"])
@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        # Under TLS some Pythons take a reset for a plain end.
        ("reset", ("Connection reset by peer", "RemoteDisconnected")),
        ("truncate", ("IncompleteRead",)),
        ("hang", ("ReadTimeout",)),
    ],
)
def test_a_client_inside_the_network_feels_the_faults_of_the_connection(
    shared: Project, base: str, fault: str, seen: tuple[str, ...]
) -> None:
    id = f"happy-path.{fault}-{base.replace('/', '').replace(':', '')}"
    assert shared.ask("/__admin/faults", "POST", {"fault": fault, "id": id}).status == 201
    words = ("python", "-c", FAULTS, f"{base}/status/get/prefop?id={id}")
    said = shared.run("intercept-example", *words, profile="intercept")
    expected = seen if base.startswith("https") else seen[:1]
    assert any(word in said for word in expected), said
