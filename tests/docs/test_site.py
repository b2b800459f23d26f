"""The site that `make site` builds, in a real browser: it is whole, it is searched, and no other host is asked."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from docs import website
from docs.site_links import broken
from tests.support.browser import Look, Opened, chromium, opened
from tests.support.documents import LONGEST, ROOT

# One worker builds the site for all of these.
pytestmark = pytest.mark.xdist_group("site")

RESULTS = ".md-search-result__item"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make site` builds it: a warning of mkdocs or a broken link fails it."""
    folder = tmp_path_factory.mktemp("site") / "site"
    command = (sys.executable, str(ROOT / "docs" / "website.py"), str(folder))
    ended = subprocess.run(command, capture_output=True, text=True, timeout=2 * LONGEST, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return folder


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    """The address of a plain file server for the site."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with chromium() as browser:
        yield browser


def watched(visitor: Opened) -> list[str]:
    """All that a visitor's pages will request."""
    urls: list[str] = []
    visitor.context.on("request", lambda request: urls.append(request.url))
    return urls


def search(visitor: Opened, text: str) -> list[str]:
    """Where the results of a search lead, best first."""
    field = visitor.page.locator(".md-search__input")
    field.click()
    field.fill(text)
    field.press("End")  # the search looks when a key is released
    visitor.page.locator(RESULTS).first.wait_for()
    links = visitor.page.locator(f"{RESULTS} > a").evaluate_all("each => each.map(one => one.href)")
    return [urlsplit(link).path.rpartition("/")[2] for link in links]


@pytest.mark.parametrize("how", ["http", "file"])
def test_a_reader_searches_and_changes_the_language_without_a_network(
    site: Path, served: str, browser: Browser, how: str
) -> None:
    base = served if how == "http" else site.as_uri()
    with opened(browser, base, Look(width=1400)) as visitor:
        requests = watched(visitor)
        page = visitor.go("/index.html")
        assert search(visitor, "599")[0] in ("catalogue.html", "recipes.html")
        assert "recipes.html" in search(visitor, "gateway-page")
        page.keyboard.press("Escape")

        visitor.go("/start-ci.html")
        page.locator("[data-language]").click()
        page.wait_for_url(f"{base}/zh/start-ci.html")
        assert page.locator("html").get_attribute("lang") == "zh"
        found = search(visitor, "重置连接")
        assert found[0] in ("catalogue.html", "recipes.html")
        assert {"catalogue.html", "recipes.html"} <= set(found)
        assert "catalogue.html" in search(visitor, "599")
        page.keyboard.press("Escape")
        page.locator("[data-language]").click()
        page.wait_for_url(f"{base}/start-ci.html")

        visitor.go("/faq.html")
        page.locator("[data-language]").click()
        page.wait_for_url(f"{base}/zh/index.html")
        assert visitor.complaints == []
    assert {url for url in requests if not url.startswith((base, "data:", "blob:"))} == set()
    assert len(requests) > 10


@pytest.mark.parametrize("language", website.LANGUAGES, ids=lambda each: each.name)
def test_a_page_that_nobody_placed_is_in_the_navigation_all_the_same(
    language: website.Language, tmp_path: Path
) -> None:
    folder = tmp_path / "docs" / language.top
    folder.mkdir(parents=True)
    for name in ("faq.md", "catalogue.md", "new.md"):
        (folder / name).touch()
    found = website.navigation(tmp_path, language)
    ((title, pages),) = found[-1].items()
    assert (found[:-1], [title]) == (language.nav[:-1], list(language.nav[-1]))
    assert "new.md" in pages
    assert "catalogue.md" not in pages


def test_a_link_to_nowhere_and_an_anchor_that_is_not_there_are_found(tmp_path: Path) -> None:
    (tmp_path / "zh").mkdir()
    (tmp_path / "a.html").write_text(
        '<h2 id="one">1</h2><a href="zh/b.html#two">b</a><a href="https://c.example">c</a>'
    )
    (tmp_path / "zh" / "b.html").write_text('<a href="../a.html#one">a</a><img src="../gone.png"><a href="#here">b</a>')
    assert broken(tmp_path) == [
        "a.html: zh/b.html#two has no such anchor",
        "zh/b.html: ../gone.png leads nowhere",
        "zh/b.html: #here has no such anchor",
    ]
