"""Which addresses may be told: what the text may be, what a name may resolve to, and what a setting allows."""

from __future__ import annotations

import re
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.admin.prefix import within
from mock_server.notify.guard import Guard, Refused, Target, never, resolved, target_of
from mock_server.notify.look_up import is_here
from mock_server.settings import Settings

TEXTS = [
    ("http://127.0.0.1:8000/cb?a=1&b=%20#part", "127.0.0.1", 8000, "/cb?a=1&b=%20", "127.0.0.1:8000"),
    ("http://orders", "orders", 80, "/", "orders"),
    ("HTTPS://Orders.Example.com.:443/", "orders.example.com", 443, "/", "Orders.Example.com."),
    ("https://orders:8443?x", "orders", 8443, "/?x", "orders:8443"),
    ("http://my_service:80/a//b", "my_service", 80, "/a//b", "my_service"),
    ("http://[::1]:9000/", "::1", 9000, "/", "[::1]:9000"),
    ("http://[::FFFF:127.0.0.1]/", "::ffff:7f00:1", 80, "/", "[::FFFF:127.0.0.1]"),
    ("http://a:/", "a", 80, "/", "a"),
]
BAD_TEXTS = [
    ("http://127.0.0.1/a b", "printable ASCII"),
    ("http://127.0.0.1\\@evil/", "printable ASCII"),
    ("http://127.0.0.1/\r\nX: y", "printable ASCII"),
    ("http://bücher/", "printable ASCII"),
    ("http://127.0.0.1/\x7f", "printable ASCII"),
    ("", "printable ASCII"),
    ("ftp://127.0.0.1/", "no http or https URL"),
    ("file:///etc/passwd", "no http or https URL"),
    ("//127.0.0.1/", "no http or https URL"),
    ("127.0.0.1:8000/cb", "no http or https URL"),
    ("http://user@127.0.0.1/", "user information"),
    ("http://127.0.0.1:80@evil/", "user information"),
    ("http://127.0.0.1:0/", "no port from 1 to 65535"),
    ("http://127.0.0.1:65536/", "no port from 1 to 65535"),
    ("http://127.0.0.1:-1/", "no host that can be read"),
    ("http://a:1:2/", "no host that can be read"),
    ("http:///path", "no host that can be read"),
    ("http://:80/", "no host that can be read"),
    ("http://[::1/", "no host that can be read"),
    ("http://::1/", "no host that can be read"),
    ("http://[fe80::1%25eth0]/", "zone"),
    ("http://127.0.0.1%00.example.com/", "zone or an escape"),
    ("http://2130706433/", "neither a name nor an address"),
    ("http://0x7f.1/", "neither a name nor an address"),
    ("http://127.1/", "neither a name nor an address"),
    ("http://0x7f000001/", "neither a name nor an address"),
    ("http://0177.0.0.1/", "neither a name nor an address"),
    ("http://127.0.0.1.:80/", "neither a name nor an address"),
    ("http://1.2.3.4.5/", "neither a name nor an address"),
    ("http://[127.0.0.1]x/", "no host that can be read"),
    ("http://[v1.a]/", "neither a name nor an address"),
    ("http://a..b/", "neither a name nor an address"),
    ("http://.a/", "neither a name nor an address"),
    (f"http://{'a' * 64}/", "neither a name nor an address"),
    (f"http://{'.'.join(['a' * 60] * 5)}/", "neither a name nor an address"),
    ("http://a,b/", "neither a name nor an address"),
]
NEVER = [
    ("169.254.169.254", "link-local"),
    ("fe80::1", "link-local"),
    ("224.0.0.1", "multicast"),
    ("ff02::1", "multicast"),
    ("0.0.0.0", "unspecified"),
    ("0.1.2.3", "unspecified"),
    ("::", "unspecified"),
    ("255.255.255.255", "broadcast"),
    ("240.0.0.1", "reserved"),
    ("::127.0.0.1", "reserved"),
    ("::ffff:0:7f00:1", "reserved"),
    ("4000::1", "reserved"),
    ("2002:7f00:1::", "6to4"),
    ("2001::1", "Teredo"),
    ("64:ff9b::7f00:1", "NAT64"),
    ("64:ff9b:1::7f00:1", "NAT64"),
    ("::ffff:169.254.169.254", "link-local"),
]
EVERYTHING = ("0.0.0.0/0", "::/0", "evil")


def guard(*allowed: str, off: bool = False) -> Guard:
    return Guard(Settings(notify_allow=allowed, no_notify=off))


def target(url: str) -> Target:
    found = target_of(url)
    assert isinstance(found, Target), found
    return found


def judged(url: str, *addresses: str, allowed: tuple[str, ...] = ()) -> str:
    """Why a URL is refused whose host resolves to these addresses; "" if it is not."""
    refused = guard(*allowed).judge(target(url), resolved(addresses))
    return "" if refused is None else refused.why


@pytest.mark.parametrize(("url", "host", "port", "path", "authority"), TEXTS)
def test_an_address_is_taken_apart_as_it_is_requested(
    url: str, host: str, port: int, path: str, authority: str
) -> None:
    found = target(url)
    assert (found.host, found.port, found.path, found.authority) == (host, port, path, authority)


@pytest.mark.parametrize(("url", "why"), BAD_TEXTS)
def test_a_text_that_readers_could_take_for_different_places_is_refused(url: str, why: str) -> None:
    found = guard("0.0.0.0/0", "::/0").begin(url)
    assert isinstance(found, Refused)
    assert why in found.why


def test_a_long_address_is_cut_in_the_message() -> None:
    found = target_of("ftp://" + "a" * 5_000)
    assert isinstance(found, Refused)
    assert len(found.why) < 300


@pytest.mark.parametrize("address", ["127.0.0.1", "127.200.0.9", "::1", "::ffff:127.0.0.1"])
def test_loopback_is_told_without_any_setting(address: str) -> None:
    assert not judged("http://localhost:8000/", address)


@pytest.mark.parametrize(("address", "kind"), NEVER)
def test_what_no_setting_allows(address: str, kind: str) -> None:
    why = judged("http://evil/", address, allowed=EVERYTHING)
    assert kind in why
    assert "never notified" in why
    assert "--notify-allow" not in why


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "192.168.1.1", "8.8.8.8", "fd00::1", "2606:4700::1111", "::ffff:10.0.0.1"]
)
def test_any_other_address_needs_a_setting_and_the_refusal_names_it(address: str) -> None:
    why = judged("http://Orders.:8000/", address)
    assert "orders (" in why
    assert "--notify-allow orders " in why
    assert "MOCK_SERVER_NOTIFY_ALLOW" in why


@pytest.mark.parametrize(
    ("word", "address", "fits"),
    [
        ("orders", "10.0.0.1", True),
        ("Orders.", "10.0.0.1", True),
        ("orders:8000", "10.0.0.1", True),
        ("orders:8001", "10.0.0.1", False),
        ("other", "10.0.0.1", False),
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1:8000", "10.0.0.1", True),
        ("10.0.0.1:80", "10.0.0.1", False),
        ("10.0.0.0/8", "10.255.0.1", True),
        ("10.0.0.0/8", "11.0.0.1", False),
        ("10.0.0.0/8", "fd00::1", False),
        ("fd00::/8", "fd00::1", True),
        ("fd00::1", "fd00::1", True),
        ("[fd00::1]:8000", "fd00::1", True),
        ("[fd00::1]", "fd00::2", False),
    ],
)
def test_a_word_of_the_setting_allows_what_it_names(word: str, address: str, fits: bool) -> None:
    assert (judged("http://orders:8000/", address, allowed=("unrelated", word)) == "") is fits


def test_every_address_of_a_name_is_judged() -> None:
    assert "10.0.0.1" in judged("http://evil/", "127.0.0.1", "10.0.0.1")
    assert "169.254.0.1" in judged("http://orders/", "10.0.0.1", "169.254.0.1", allowed=("orders",))


def test_a_server_that_notifies_nobody_says_by_which_setting() -> None:
    found = guard(off=True).begin("http://127.0.0.1/")
    assert isinstance(found, Refused)
    assert "--no-notify" in found.why


def test_what_a_web_page_submitted_is_told_to_nobody() -> None:
    found = guard().begin("http://127.0.0.1/", "https://evil.example")
    assert isinstance(found, Refused)
    assert "web page" in found.why
    assert "https://evil.example" in found.why


@pytest.mark.parametrize(
    ("url", "refused"),
    [
        ("http://127.0.0.1:8080/__admin/reset", True),
        ("http://localhost:8080//__admin/", True),
        ("http://[::1]:8080/%5f_admin?x", True),
        ("http://127.0.0.1:8081/__admin", False),
        ("http://127.0.0.1:8080/pfop", False),
        ("http://127.0.0.1:8080/__administration", False),
    ],
)
def test_the_admin_api_of_the_very_server_is_refused(url: str, refused: bool) -> None:
    made = guard()
    made.spare(8080, within)
    found = made.judge(target(url), [ip_address("127.0.0.1")])
    assert (found is not None) is refused


@given(st.integers(0, 2**32 - 1))
def test_an_address_in_ipv6_clothes_is_judged_no_milder(number: int) -> None:
    """Mapped it is the address itself; led by a translator it is never told."""
    plain = str(ip_address(number))
    assert (judged("http://a/", plain) == "") is (judged("http://a/", f"::ffff:{plain}") == "")
    for clothes in (f"64:ff9b::{plain}", f"64:ff9b:1::{plain}", f"::{plain}"):
        if clothes not in ("::0.0.0.1",):  # that is ::1 itself
            assert judged("http://a/", clothes, allowed=EVERYTHING)


@given(st.ip_addresses())
def test_loopback_is_never_among_what_is_never_told(address: object) -> None:
    found = ip_address(str(address).partition("%")[0])
    if found.is_loopback:
        assert never(found) is None


@given(st.text(max_size=40))
def test_whatever_the_text_is_it_is_judged_and_what_passes_is_plain(text: str) -> None:
    found = target_of(f"http://{text}")
    if isinstance(found, Target):
        assert re.fullmatch(r"[a-z0-9_.:-]+", found.host)
        assert found.url.isascii()


@pytest.mark.parametrize(
    ("url", "words", "allowed"),
    [
        ("http://127.0.0.1:70000/", "no port from 1 to 65535", ()),
        ("http://u:p@127.0.0.1/", "user information", ()),
        ("http://10.0.0.1/", "--notify-allow 10.0.0.1", ()),
        ("http://10.0.0.1/", "", ("10.0.0.0/8",)),
        ("http://169.254.169.254/", "link-local", ("0.0.0.0/0",)),
        ("http://127.0.0.1:8000/", "", ()),
        ("http://orders:8000/", "", ()),  # only a look-up tells
    ],
)
def test_what_no_look_up_can_change_is_known_at_once(url: str, words: str, allowed: tuple[str, ...]) -> None:
    found = guard(*allowed).refusal(url)
    assert words in found if words else found == ""
    assert guard(off=True).refusal(url).startswith("the server notifies nobody")


@pytest.mark.parametrize(
    ("address", "port", "path", "own"),
    [
        ("10.0.0.1", 8000, "/__admin/reset", True),
        ("::ffff:10.0.0.1", 8000, "/__admin/reset", True),
        ("127.0.0.1", 8000, "/__admin/reset", True),
        ("10.0.0.2", 8000, "/__admin/reset", False),
        ("10.0.0.1", 8001, "/__admin/reset", False),
        ("10.0.0.1", 8000, "/callback", False),
    ],
)
def test_the_own_admin_api_is_spared_at_every_address_of_this_machine(
    address: str, port: int, path: str, own: bool
) -> None:
    judge = Guard(Settings(notify_allow=("0.0.0.0/0",)), lambda at: str(at) == "10.0.0.1")
    judge.spare(8000, within)
    refused = judge.judge(target(f"http://orders:{port}{path}"), resolved([address]))
    assert (refused is not None and "the admin API of this very server" in refused.why) == own
    assert own or refused is None


@pytest.mark.parametrize(("address", "here"), [("127.0.0.1", True), ("192.0.2.1", False), ("2001:db8::1", False)])
def test_an_address_that_a_socket_can_be_bound_to_is_of_this_machine(address: str, here: bool) -> None:
    assert is_here(ip_address(address)) == here
