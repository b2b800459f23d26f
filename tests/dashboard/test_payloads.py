"""Whatever clients, files and addresses say is text on the pages: no element, no dialog, no header of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser

from mock_server.dashboard.address import REQUESTS, SCENARIOS, SERVER, TASK
from mock_server.dashboard.templates import visible
from tests.support.admin_kit import HERE
from tests.support.browser import opened
from tests.support.live import LiveServer, serving_parts
from tests.support.pages import ADDRESSES, Visitor, visitor

pytestmark = pytest.mark.xdist_group("browser")

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "javascript:alert(1)",
    "{{7*7}}${7*7}#{7*7}",
    '<b hx-on:click="alert(1)">',
    '" hx-get="/__admin/reset',
    "<x data-act=drop>",
    "<details open ontoggle=alert(1)>",
    '<iframe srcdoc="<script>alert(1)</script>">',
    'x" style="position:fixed',
    "&lt;b&gt;",
    "--> ]]>",
    "a\u202eb",
    "a\r\nSet-Cookie: a=b",
    "\U0001f600" * 512,
)


PARAMETERS = (
    "id", "state", "vendor", "scenario", "before", "rows", "only", "saw", "status", "n", "tab", "open", "order", "aim",
    "span", "effect", "value", "times", "for", "name",
)  # fmt: skip
"""What addresses may have, but for what says how a page is read."""
ALONE = ("lang", "theme", "part", "from", "of", "find")
"""What changes the page as a whole, or leads to another one, so that it hides what the others do."""


class Elements(HTMLParser):
    """The elements of a page, each with the names of its attributes, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""

    def handle_data(self, data: str) -> None:
        """Adds to the text."""
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes an element."""
        self.found.append((tag, tuple(name for name, _ in attrs)))


def kinds(page: str) -> set[tuple[str, tuple[str, ...]]]:
    """Which elements with which attributes a page has."""
    parser = Elements()
    parser.feed(page)
    return set(parser.found)


def _text(someone: Visitor, path: str) -> str:
    """The text of a page as it is read: each gap is one space."""
    parser = Elements()
    parser.feed(someone.text(path))
    return " ".join(parser.text.split())


def hostile(someone: Visitor) -> None:
    """Puts every payload wherever a client, a file or a person can put it."""
    for number, payload in enumerate(PAYLOADS):
        header = re.sub(r"[^\x20-\x7e]", "?", payload)[:200]
        target = f"/status/get/prefop?id={quote('happy-path.' + payload[:300])}"
        given = {"Host": HERE, "User-Agent": header, "X-Odd": header}
        someone.world.send("GET", target, None, given)
        someone.world.send("GET", f"/status/get/prefop?id={quote(payload[:300])}", None, given)
        someone.world.send("GET", f"/{quote(payload[:300])}", None, given)
        someone.world.send("POST", "/pfop", payload.encode(), given)
        step, about = json.dumps(f"s {payload[:60]}"), json.dumps(payload)
        text = f"about: {about}\nsteps:\n  - {{name: {step}, state: failed, reason: {about}}}\n"
        someone.world.ask("PUT", f"/scenarios/hostile-{number}", text.encode())
        someone.world.poll(f"hostile-{number}.1")
        body = {
            "vendor": "qiniu",
            "scenario": "slow",
            "id": f"n{number}",
            "notify_url": f"http://127.0.0.1:1/{payload[:50]}",
        }
        someone.world.ask("POST", "/tasks", body)
        someone.world.ask("POST", "/faults", {"error": 599, "id": f"{payload[:100]}*"})
        someone.world.ask("POST", "/faults", {"body": payload, "id": f"hostile-{number}*", "times": 1})
        someone.world.poll(f"hostile-{number}.1")


@pytest.fixture(scope="module")
def someone() -> Visitor:
    """A visitor of a server in which everything is hostile."""
    found = visitor()
    hostile(found)
    return found


@pytest.fixture(scope="module")
def hostile_server(someone: Visitor) -> Iterator[LiveServer]:
    """The same server on a socket."""
    with serving_parts(someone.world.server) as server:
        yield server


@pytest.mark.parametrize("path", ADDRESSES)
def test_payloads_make_no_element_and_no_attribute(someone: Visitor, path: str) -> None:
    page = someone.text(f"{path}?rows=500")
    for tag, names in kinds(page):
        assert tag not in ("iframe", "img", "x", "object"), tag
        assert tag != "script" or names == ("src", "defer")
        assert not [name for name in names if name.startswith(("on", "hx-")) or name == "style"], (tag, names)
    assert "\u202e" not in re.sub(r'(?:value|data-copy|data-about)="[^"]*"', "", page)


def test_payloads_as_ids_and_names_are_shown_as_text(someone: Visitor) -> None:
    tasks, requests = (_text(someone, f"{path}?rows=500") for path in ("/__admin/", REQUESTS))
    for payload in PAYLOADS:
        shown = str(visible(f"happy-path.{payload[:300]}"))
        assert " ".join(shown.split()) in tasks, payload
        assert " ".join(str(visible(payload[:300])).split()) in requests, payload
        page = _text(someone, f"{TASK}?vendor=qiniu&id={quote('happy-path.' + payload[:300])}")
        assert " ".join(shown.split()) in page, payload


def test_payloads_as_names_of_files_are_shown_as_text(tmp_path: Path) -> None:
    names = [name for payload in PAYLOADS if "/" not in (name := payload[:60])]
    someone = visitor(scenarios=(tmp_path,))
    for name in names:
        (tmp_path / f"{name}.yaml").write_text("steps: [{state: failed}]\n", "utf-8")
    someone.world.server.catalogue.reload_if_changed()
    for path in (SCENARIOS, SERVER):
        page, text = someone.text(path), _text(someone, path)
        for name in names:
            shown = visible(name) if path == SCENARIOS or name.isprintable() else ascii(name)[1:-1]
            assert " ".join(str(shown).split()) in text, (path, name)
        for tag, attributes in kinds(page):
            assert tag not in ("iframe", "img", "x", "object")
            assert not [each for each in attributes if each.startswith(("on", "hx-")) or each == "style"]


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
@pytest.mark.parametrize("path", ADDRESSES)
def test_payloads_in_the_address_are_text_and_split_no_header(someone: Visitor, path: str, payload: str) -> None:
    short = quote(payload[:200])
    together = (name for name in PARAMETERS if name not in ALONE)
    for query in ("&".join(f"{name}={short}" for name in together), *(f"{name}={short}" for name in ALONE)):
        said = someone.get(f"{path}?{query}")
        assert said.status in (200, 404)
        assert "Set-Cookie" not in said.headers
        for tag, attributes in kinds(said.body.decode() if isinstance(said.body, bytes) else ""):
            assert tag not in ("iframe", "img", "x")
            assert not [name for name in attributes if name.startswith(("on", "hx-")) or name == "style"]


def test_in_a_browser_nothing_runs_and_the_policy_reports_nothing(browser: Browser, hostile_server: LiveServer) -> None:
    with opened(browser, hostile_server.url) as visit:
        for path in ADDRESSES:
            page = visit.go(path, rows="500")
            page.wait_for_timeout(50)
            assert visit.overflow() <= 0, path
        assert visit.complaints == []


def test_characters_that_nobody_sees_are_made_visible() -> None:
    assert visible("a\u202eb\x00\ud800") == "aU+202EbU+0000U+D800"
    assert visible("plain, 任务, \U0001f600\n") == "plain, 任务, \U0001f600\n"
    assert visible(7) == 7
