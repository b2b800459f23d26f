"""Who may open pages, and whose forms are obeyed: whatever a foreign page tries, nothing changes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mock_server.dashboard.address import HOME, way_back
from tests.support.admin_kit import HERE
from tests.support.pages import FORM, Visitor, visitor

LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
TOKEN = "correct-horse-battery"


@pytest.fixture
def someone() -> Visitor:
    """A visitor of a fresh server."""
    return visitor()


def test_a_link_of_another_site_opens_a_page_and_nothing_else(someone: Visitor) -> None:
    given = {name.replace("-", "_"): value for name, value in LINK.items()}
    assert someone.get("/__admin/", **given).status == 200
    for path in ("/__admin/tasks", "/__admin/ui/pulse", "/__admin/bundle"):
        assert someone.get(path, **given).status == 403
    assert someone.get("/__admin/", **{**given, "Sec_Fetch_Dest": "iframe"}).status == 403
    assert someone.get("/__admin/", **{**given, "Sec_Fetch_Mode": "no-cors"}).status == 403
    assert someone.get("/__admin/", Host="evil.example").status == 403
    assert someone.get("/__admin/", Host="evil.example", **given).status == 403


STRANGERS: Mapping[str, Mapping[str, str]] = {
    "no origin": {},
    "another origin": {"Origin": "http://evil.example"},
    "another port": {"Origin": f"http://{HERE}:3000"},
    "an origin that names nobody": {"Origin": "null"},
    "a link": LINK,
    "another site": {"Origin": f"http://{HERE}", "Sec-Fetch-Site": "cross-site"},
    "a sibling": {"Sec-Fetch-Site": "same-site"},
}


@pytest.mark.parametrize("name", STRANGERS)
def test_a_form_of_a_stranger_is_refused_even_if_it_knows_the_seal(someone: Visitor, name: str) -> None:
    body = f"form={someone.seal()}&freeze=1".encode()
    said = someone.world.send(
        "POST", "/__admin/ui/do/clock", body, {"Host": HERE, "Content-Type": FORM, **STRANGERS[name]}
    )
    assert said.status == 403
    assert not someone.world.server.store.control().clock.frozen


@pytest.mark.parametrize("form", ["", "0" * 64, "ÿ"])
def test_a_form_without_the_seal_is_refused(someone: Visitor, form: str) -> None:
    assert someone.do("clock", form=form, freeze=1).status == 403
    assert not someone.world.server.store.control().clock.frozen


@pytest.mark.parametrize("headers", [{}, {"Origin": "null", "Sec-Fetch-Site": "same-origin"}])
def test_a_form_of_ours_is_obeyed_and_leads_back(someone: Visitor, headers: dict[str, str]) -> None:
    said = someone.do("clock", headers, freeze=1, back="/__admin/?state=failed")
    assert (said.status, said.headers["Location"]) == (303, "/__admin/?state=failed")
    assert someone.world.server.store.control().clock.frozen


@pytest.mark.parametrize(
    "back",
    [
        "//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/__admin//evil.example",
        "", "/__admin/ui/../../x", "/", "/__admin/reset", "/__admin/ui/x\r\nSet-Cookie: a=b", "/__admin/ui/é",
    ],
)  # fmt: skip
def test_the_way_back_is_always_one_of_ours(someone: Visitor, back: str) -> None:
    assert way_back(back) == HOME
    assert someone.do("clock", freeze=1, back=back).headers["Location"] == HOME


def test_nothing_is_done_by_looking(someone: Visitor) -> None:
    assert someone.get("/__admin/ui/do/clock?freeze=1").status == 405
    assert not someone.world.server.store.control().clock.frozen


def test_with_a_token_pages_ask_for_it_once() -> None:
    someone = visitor(admin_token=TOKEN)
    said = someone.get("/__admin/?state=failed")
    assert (said.status, said.headers["Location"]) == (303, "/__admin/ui/login?back=%2F__admin%2F%3Fstate%3Dfailed")
    assert someone.get("/__admin/?part=tasks-list").status == 401
    assert someone.get("/__admin/ui/pulse").status == 401
    login = someone.text("/__admin/ui/login?back=/__admin/%3Fstate%3Dfailed")
    seal = login.partition('name="form" value="')[2].partition('"')[0]
    given = {"Host": HERE, "Origin": f"http://{HERE}", "Content-Type": FORM}
    back = "back=/__admin/?state=failed"
    wrong = someone.world.send("POST", "/__admin/ui/do/login", f"form={seal}&token=no&{back}".encode(), given)
    assert wrong.headers["Location"].startswith("/__admin/ui/login?back=")
    assert wrong.headers["Set-Cookie"].startswith("mock-server-said=")
    right = someone.world.send("POST", "/__admin/ui/do/login", f"form={seal}&token={TOKEN}&{back}".encode(), given)
    assert (right.status, right.headers["Location"]) == (303, "/__admin/?state=failed")
    cookie = right.headers["Set-Cookie"]
    assert "; Path=/__admin; SameSite=Lax; HttpOnly" in cookie
    assert TOKEN not in cookie
    held = cookie.partition(";")[0]
    assert someone.get(Cookie=held).status == 200
    assert someone.get("/__admin/tasks", Cookie=held).status == 401, "the API takes no cookie"
    assert someone.get(Cookie=held[:-1] + "x").status == 303
    body = f"form={seal}&freeze=1".encode()
    assert someone.world.send("POST", "/__admin/ui/do/clock", body, given).status == 401
    assert someone.world.send("POST", "/__admin/ui/do/clock", body, {**given, "Cookie": held}).status == 303


def test_a_wrong_token_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    someone = visitor(admin_token=TOKEN)
    waited: list[float] = []
    monkeypatch.setattr("mock_server.server.app._delay", lambda seconds, *_: waited.append(seconds))
    seal = someone.text("/__admin/ui/login").partition('name="form" value="')[2].partition('"')[0]
    given = {"Host": HERE, "Origin": f"http://{HERE}", "Content-Type": FORM}
    someone.world.send("POST", "/__admin/ui/do/login", f"form={seal}&token=no".encode(), given)
    assert waited == [1.0]
