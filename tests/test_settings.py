"""Settings: what each flag and variable takes, which of them wins, and what is said of what will not do."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from mock_server.errors import InvalidInput
from mock_server.server.app import create_app
from mock_server.settings import (
    ABOUT,
    MOST_UNKNOWN,
    Settings,
    Words,
    flag,
    injected,
    settings_json,
    settings_of,
    variable,
)
from mock_server.vendors.registry import registry_of

GOOD: list[tuple[str, Words, Any]] = [
    ("host", "0.0.0.0", "0.0.0.0"),
    ("port", "0", 0),
    ("port", "65535", 65535),
    ("public_url", "http://127.0.0.1:9000/", "http://127.0.0.1:9000"),
    ("public_url", "https://[::1]:9000/a/b", "https://[::1]:9000/a/b"),
    ("server", "flask", "flask"),
    ("server", "wire", "wire"),
    ("tls_cert", "a b.pem", Path("a b.pem")),
    ("tls_key", "key.pem", Path("key.pem")),
    ("seed", "-5", -5),
    ("seed", str(2**63 - 1), 2**63 - 1),
    ("profile", "document", "document"),
    ("profile", "live", "live"),
    ("scenarios", "mine", (Path("mine"),)),
    ("scenarios", os.pathsep.join(("a", "", "b c")), (Path("a"), Path("b c"))),
    ("no_builtin", "true", True),
    ("no_builtin", "ON", True),
    ("no_builtin", "0", False),
    ("no_builtin", "No", False),
    ("default_scenario", "slow", "slow"),
    ("speed", "0.5", 0.5),
    ("speed", "1e6", 1_000_000.0),
    ("option", "huawei.casing=upper", (("huawei", "casing", "upper"),)),
    ("option", "a.b=c, d.e=f=g", (("a", "b", "c"), ("d", "e", "f=g"))),
    ("no_reload", "yes", True),
    ("max_tasks", "1", 1),
    ("journal_entries", "0", 0),
    ("journal_bytes", "0", 0),
    ("store", "redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
    ("store", "rediss+cluster://u:p@a,b", "rediss+cluster://u:p@a,b"),
    ("store_user", "mock", "mock"),
    ("store_password", "s3cret @/:", "s3cret @/:"),
    ("admin_token", "s3cret~!", "s3cret~!"),
    ("auth", "check", "check"),
    ("access_key", "ak:sk", (("ak", "sk"),)),
    ("access_key", "b:2=/x, a:1:", (("b", "2=/x"), ("a", "1:"))),
    ("auth_token", "t0k=en", "t0k=en"),
    ("notify_allow", "Orders, orders:8000,10.0.0.0/8", ("orders", "orders:8000", "10.0.0.0/8")),
    ("notify_allow", "[fd00::1]:80,fd00::1,127.0.0.1", ("[fd00::1]:80", "fd00::1", "127.0.0.1")),
    ("notify_timeout", "250ms", "250ms"),
    ("notify_timeout", "1m", "1m"),
    ("no_notify", "true", True),
    ("pace", "250ms", "250ms"),
    ("pace", "1d", "1d"),
    ("admin_host", "Mock.Example.com, ci_1", ("mock.example.com", "ci_1")),
    ("admin_port", "0", 0),
    ("admin_port", "9090", 9090),
    ("cors", "*", ("*",)),
    ("cors", "http://localhost:3000, https://app.example.com", ("http://localhost:3000", "https://app.example.com")),
    ("cors", "http://[::1]:8000", ("http://[::1]:8000",)),
    ("log_format", "json", "json"),
    ("log_level", "debug", "debug"),
    ("access_log", "on", True),
    ("no_fast_path", "1", True),
]
BAD: list[tuple[str, str, str]] = [
    ("port", "65536", "a whole number from 0 to 65535"),
    ("port", "-1", "a whole number from 0 to 65535"),
    ("port", "--5", "a whole number from 0 to 65535"),
    ("port", "8080 ", "a whole number from 0 to 65535"),
    ("port", "\uff18\uff10", "a whole number from 0 to 65535"),
    ("port", "9" * 5000, "a whole number from 0 to 65535"),
    ("port", "1e3", "a whole number from 0 to 65535"),
    ("public_url", "127.0.0.1:9000", "a URL such as http://127.0.0.1:9000"),
    ("public_url", "http://", "a URL such as http://127.0.0.1:9000"),
    ("public_url", "http://a b", "a URL such as http://127.0.0.1:9000"),
    ("server", "wier", "one of wire, flask"),
    ("profile", "SDK", "one of document, sdk, live"),
    ("speed", "0", "a number above 0"),
    ("speed", "nan", "a number above 0"),
    ("speed", "inf", "a number above 0"),
    ("speed", "fast", "a number above 0"),
    ("no_builtin", "maybe", "true or false"),
    ("option", "casing=upper", "VENDOR.OPTION=WORD"),
    ("option", "huawei.casing", "VENDOR.OPTION=WORD"),
    ("option", "huawei.casing=", "VENDOR.OPTION=WORD"),
    ("max_tasks", "0", "a whole number from 1"),
    ("journal_bytes", "1MiB", "a whole number from 0"),
    ("admin_host", "http://mock.example.com", "a name such as mock.example.com"),
    ("admin_host", "mock.example.com:80", "a name such as mock.example.com"),
    ("admin_port", "65536", "a whole number from 0 to 65535"),
    ("cors", "localhost:3000", "an origin such as http://localhost:3000"),
    ("cors", "http://localhost:3000/", "without path or default port"),
    ("cors", "http://Localhost:3000", "in lower case"),
    ("cors", "https://app.example.com:443", "without path or default port"),
    ("cors", "null", "an origin such as http://localhost:3000"),
    ("cors", "http://*.example.com", "an origin such as http://localhost:3000"),
    ("cors", "http://a http://b", "an origin such as http://localhost:3000"),
    ("auth", "on", "one of off, check"),
    *(
        ("notify_allow", word, "a name, name:port, an address such as 10.1.2.3")
        for word in ("http://orders", "orders:0", "orders:65536", "10.0.0.1/8", "10.0.0.300", "127.1", "*", "a,,b")
    ),
    ("notify_timeout", "61s", "a length of time such as 5s, at most 60s"),
    ("notify_timeout", "0s", "a length of time such as 5s, at most 60s"),
    ("notify_timeout", "5", "a length of time such as 5s, at most 60s"),
    ("no_notify", "never", "true or false"),
    ("pace", "25h", "a length of time such as 5s, at most 1d"),
    ("pace", "3", "a length of time such as 5s, at most 1d"),
    ("log_level", "loud", "one of debug, info, warning, error"),
]


def problems_of(flags: Mapping[str, Words], environ: Mapping[str, str]) -> list[str]:
    """What is said of settings that will not do."""
    with pytest.raises(InvalidInput) as caught:
        settings_of(flags, environ)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(("name", "words", "value"), GOOD)
def test_a_setting_reads_the_same_from_its_flag_and_its_variable(name: str, words: Words, value: Any) -> None:
    assert isinstance(words, str)
    by_flag, by_variable = settings_of({name: words}, {}), settings_of({}, {variable(name): words})
    assert getattr(by_flag, name) == value
    assert by_flag == by_variable


def test_a_store_that_will_not_do_is_refused_without_showing_what_may_be_a_secret() -> None:
    for words in ("http://mock:hunter2@127.0.0.1", "mock:hunter2@127.0.0.1:6379"):
        (problem,) = problems_of({}, {"MOCK_SERVER_STORE": words})
        assert problem == "MOCK_SERVER_STORE: its value will not do: it takes a URL such as redis://127.0.0.1:6379/0"
    secret = settings_of({"store": "redis://:hunter2@h", "store_user": "hunter3", "store_password": "hunter4"}, {})
    assert "hunter" not in repr(secret) + json.dumps(settings_json(secret))


def test_every_setting_is_tried_above() -> None:
    assert {name for name, _, _ in GOOD} == set(ABOUT) == {item.name for item in fields(Settings)}


@pytest.mark.parametrize(("name", "words", "expected"), BAD)
def test_what_a_setting_cannot_take_is_said_with_what_it_takes(name: str, words: str, expected: str) -> None:
    (by_flag,), (by_variable,) = problems_of({name: words}, {}), problems_of({}, {variable(name): words})
    shown = words if len(words) <= 100 else f"{words[:100]}…"
    assert by_flag.startswith(f"{flag(name)}: {shown!r} will not do: it takes ")
    assert by_variable.startswith(f"{variable(name)}: ")
    assert expected in by_flag
    assert expected in by_variable


@pytest.mark.parametrize("token", ["two words", "ключ", "a\nb"])
def test_a_token_that_will_not_do_is_not_shown(token: str) -> None:
    (told,) = problems_of({"admin_token": token}, {})
    assert told == "--admin-token: its value will not do: it takes printable ASCII without blanks"


@pytest.mark.parametrize("keys", ["secret1", "ak:", ":secret1", "ak:secret1,ak:secret2", "ak:secret1,", "ak:sec ret1"])
def test_access_keys_that_will_not_do_are_not_shown(keys: str) -> None:
    (problem,) = problems_of({}, {"MOCK_SERVER_ACCESS_KEY": keys})
    assert problem.startswith("MOCK_SERVER_ACCESS_KEY: its value will not do: it takes AK:SK, ")
    assert "sec" not in problem


def test_secrets_are_in_no_form_of_the_settings() -> None:
    settings = Settings(admin_token="made-up-1", auth_token="made-up-2", access_key=(("ak", "made-up-3"),))
    assert "made-up" not in repr(settings)
    assert "made-up" not in json.dumps(settings_json(settings))
    shown = settings_json(settings)
    assert (shown["access_key"], shown["auth_token"], settings_json(Settings())["auth_token"]) == (True, True, None)


def test_names_are_made_by_one_rule() -> None:
    assert flag("journal_entries") == "--journal-entries"
    assert variable("journal_entries") == "MOCK_SERVER_JOURNAL_ENTRIES"


def test_nothing_given_leaves_the_defaults() -> None:
    assert settings_of({}, {"PATH": "/bin", "MOCK": "x"}) == Settings()


def test_a_flag_wins_over_its_variable_even_if_that_one_is_bad() -> None:
    assert settings_of({"port": "1"}, {"MOCK_SERVER_PORT": "x", "MOCK_SERVER_SEED": "2"}) == Settings(port=1, seed=2)


def test_a_flag_that_is_given_again_wins_or_adds() -> None:
    settings = settings_of({"port": ["1", "2"], "scenarios": ["a:b", "c"], "option": ["a.b=1,2", "c.d=3"]}, {})
    assert settings.port == 2
    assert settings.scenarios == (Path("a:b"), Path("c"))
    assert settings.option == (("a", "b", "1,2"), ("c", "d", "3"))


@pytest.mark.parametrize("name", ABOUT)
def test_an_empty_variable_is_as_none(name: str) -> None:
    assert settings_of({}, {variable(name): ""}) == Settings()


def test_the_servers_url_that_exec_hands_down_is_no_setting() -> None:
    assert settings_of({}, {"MOCK_SERVER_URL": "http://127.0.0.1:1"}) == Settings()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("MOCK_SERVER_PROT", 'did you mean "MOCK_SERVER_PORT"?'),
        ("MOCK_SERVER_SCENARIO", 'did you mean "MOCK_SERVER_SCENARIOS"?'),
        ("MOCK_SERVER_port", 'did you mean "MOCK_SERVER_PORT"?'),
    ],
)
def test_a_variable_that_is_no_setting_is_an_error_with_the_nearest(name: str, hint: str) -> None:
    assert problems_of({}, {name: "1"}) == [f"{name}: no such setting ({hint})"]


def test_so_many_unknown_variables_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []

    def search(name: str, known: Iterable[str]) -> str:
        searched.append(name)
        return ""

    monkeypatch.setattr("mock_server.settings.did_you_mean", search)
    told = problems_of({}, {f"MOCK_SERVER_X{number}": "1" for number in range(20_000)})
    assert len(searched) == MOST_UNKNOWN
    assert told[-1] == f"and {20_000 - MOST_UNKNOWN} more variables that are no settings"
    assert len(told) == MOST_UNKNOWN + 1


def test_all_problems_are_told_at_once() -> None:
    told = problems_of(
        {"port": "x", "speed": "y"}, {"MOCK_SERVER_PROT": "1", "MOCK_SERVER_PROFILE": "z", "MOCK_SERVER_SEED": "1"}
    )
    assert [problem.partition(":")[0] for problem in told] == [
        "MOCK_SERVER_PROT",
        "--port",
        "MOCK_SERVER_PROFILE",
        "--speed",
    ]


def test_the_admin_api_cannot_have_the_port_of_everything_else() -> None:
    (told,) = problems_of({"port": "8080"}, {"MOCK_SERVER_ADMIN_PORT": "8080"})
    assert told.startswith("MOCK_SERVER_ADMIN_PORT: 8080 is the port of the vendors' paths too (choose another")
    assert settings_of({"port": "0", "admin_port": "0"}, {}).admin_port == 0


def test_options_reach_the_vendors_and_the_last_of_one_wins() -> None:
    settings = settings_of({"option": ["huawei.casing=lower", "wangsu.separate=1", "huawei.casing=upper"]}, {})
    assert settings.options() == {"profile": "sdk", "huawei": {"casing": "upper"}, "wangsu": {"separate": "1"}}
    registry = registry_of(settings)
    assert getattr(registry.dialect("huawei"), "casing") == "upper"  # noqa: B009 - a knob of this vendor alone
    assert registry.dialect("qiniu").profile == "sdk"


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("hauwei.casing=upper", "--option.hauwei: no vendor 'hauwei' (did you mean \"huawei\"?)"),
        ("huawei.case=upper", "--option.huawei.case: huawei has no option 'case' (did you mean \"casing\"?)"),
        ("huawei.casing=uper", "--option.huawei.casing: 'uper' is not a word of it (did you mean \"upper\"?)"),
        ("qiniu.x=1", "--option.qiniu.x: qiniu has no option 'x' (known: callback)"),
    ],
)
def test_an_option_that_no_vendor_has_is_an_error_at_the_start(option: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        create_app(settings_of({"option": [option]}, {}))
    assert str(caught.value) == said


def test_every_setting_says_what_it_is_for() -> None:
    assert all(about.help.endswith(".") and (about.metavar or about.switch) for about in ABOUT.values())


KUBERNETES = {
    "MOCK_SERVER_PORT": "tcp://10.0.0.1:8080",
    "MOCK_SERVER_SERVICE_HOST": "10.0.0.1",
    "MOCK_SERVER_SERVICE_PORT": "8080",
    "MOCK_SERVER_SERVICE_PORT_HTTP": "8080",
    "MOCK_SERVER_SERVICE_PORT_ADMIN_API": "9090",
    "MOCK_SERVER_PORT_8080_TCP": "tcp://10.0.0.1:8080",
    "MOCK_SERVER_PORT_8080_TCP_PROTO": "tcp",
    "MOCK_SERVER_PORT_8080_TCP_PORT": "8080",
    "MOCK_SERVER_PORT_8080_TCP_ADDR": "10.0.0.1",
    "MOCK_SERVER_PORT_53_UDP": "udp://10.0.0.1:53",
    "MOCK_SERVER_PORT_53_UDP_ADDR": "10.0.0.1",
    "MOCK_SERVER_PORT_99_SCTP_PROTO": "sctp",
}
"""What a pod finds where a Service is named `mock-server`."""
ADMIN_SERVICE = {
    "MOCK_SERVER_ADMIN_PORT": "tcp://[fd00::1]:9090",
    "MOCK_SERVER_ADMIN_SERVICE_HOST": "fd00::1",
    "MOCK_SERVER_ADMIN_SERVICE_PORT": "9090",
    "MOCK_SERVER_ADMIN_PORT_9090_TCP": "tcp://[fd00::1]:9090",
    "MOCK_SERVER_ADMIN_PORT_9090_TCP_ADDR": "fd00::1",
}
"""The same for a Service named `mock-server-admin`: one of its variables is the name of a setting too."""
LINKS = {
    "MOCK_SERVER_NAME": "/tests/mock-server",
    "MOCK_SERVER_PORT": "tcp://172.17.0.2:8080",
    "MOCK_SERVER_PORT_8080_TCP_START": "tcp://172.17.0.2:8080",
    "MOCK_SERVER_PORT_8080_TCP_PORT_END": "8081",
    "MOCK_SERVER_ENV_MOCK_SERVER_SEED": "7",
    "MOCK_SERVER_ENV_http_proxy": "http://proxy:3128",
    "MOCK_SERVER_1_NAME": "/tests/mock-server_1",
    "MOCK_SERVER_1_PORT": "tcp://172.17.0.3:8080",
    "MOCK_SERVER_1_PORT_8080_TCP": "tcp://172.17.0.3:8080",
    "MOCK_SERVER_1_ENV_PATH": "/bin",
}
"""What docker links, and with them a GitLab runner's services, add for an alias `mock-server`."""


@pytest.mark.parametrize("environ", [KUBERNETES, ADMIN_SERVICE, LINKS])
def test_what_platforms_inject_is_passed_over(environ: Mapping[str, str]) -> None:
    assert settings_of({}, environ) == Settings()
    assert set(injected(environ)) == set(environ)


@pytest.mark.parametrize("name", [*KUBERNETES, *ADMIN_SERVICE, *LINKS])
def test_each_injected_variable_is_known_alone(name: str) -> None:
    environ = {**KUBERNETES, **ADMIN_SERVICE, **LINKS}
    assert settings_of({}, {name: environ[name]}) == Settings()


def test_what_a_deployment_sets_itself_wins_over_what_its_cluster_injects() -> None:
    assert settings_of({}, {**KUBERNETES, "MOCK_SERVER_PORT": "9000"}) == Settings(port=9000)


def test_settings_and_addresses_are_not_taken_for_injected() -> None:
    ours = {**{variable(name): "1" for name in ABOUT}, "MOCK_SERVER_URL": "http://a", "PATH": "/bin"}
    assert injected(ours) == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MOCK_SERVER_PROT", "8080"),
        ("MOCK_SERVER_PROT", "tcp://10.0.0.1:8080/path"),
        ("MOCK_SERVER_NAME", "mine"),
        ("MOCK_SERVER_SERVICE", "1"),
        ("MOCK_SERVER_SERVICE_HOSTS", "10.0.0.1"),
        ("MOCK_SERVER_SERVICE_PORTS", "8080"),
        ("MOCK_SERVER_PORT_TCP", "8080"),
        ("MOCK_SERVER_PORT_8080", "8080"),
        ("MOCK_SERVER_PORT_8080_TCP_ADDRESS", "10.0.0.1"),
        ("MOCK_SERVER_ENV", "prod"),
        ("MOCK_SERVER_ENV_", "prod"),
    ],
)
def test_a_misspelling_is_not_taken_for_injected(name: str, value: str) -> None:
    (problem,) = problems_of({}, {name: value})
    assert problem.startswith(f"{name}: no such setting")


@pytest.mark.parametrize("value", ["tcp://", "tcp:8080", "http://10.0.0.1:8080", "tcp://10.0.0.1", "10.0.0.1:8080"])
def test_a_port_that_is_no_injected_address_is_refused(value: str) -> None:
    (problem,) = problems_of({}, {"MOCK_SERVER_PORT": value})
    assert problem.startswith(f"MOCK_SERVER_PORT: {value!r} will not do")
