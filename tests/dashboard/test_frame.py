"""The frame of every page: headers, languages, static files, the pulse; and what each server does with them."""

from __future__ import annotations

import gzip
import hashlib
import re
import threading
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest

from mock_server.dashboard import static_files
from mock_server.dashboard.dashboard import SAFETY
from mock_server.server.servers import servers_of
from tests.support.admin_kit import HERE
from tests.support.harness import Now, started
from tests.support.pages import ADDRESSES, visitor

PULSE = "/__admin/ui/pulse"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def mark_of(page: str) -> str:
    found = re.search(r'data-mark="([^"]+)"', page)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("path", [*ADDRESSES, "/__admin/ui/login", "/__admin/ui/none", f"{PULSE}?mark=0", "/__admin/"])
def test_every_page_keeps_foreign_pages_and_scripts_out(path: str) -> None:
    said = visitor().get(path)
    assert said.headers["Content-Security-Policy"] == POLICY
    for name, value in SAFETY:
        assert said.headers[name] == value
    assert said.headers["X-Content-Type-Options"] == "nosniff"
    assert said.headers["Cross-Origin-Opener-Policy"] == said.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert said.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_page_has_no_inline_script_or_style_and_one_heading(path: str) -> None:
    page = visitor().text(path)
    assert not re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?! src=)", page)
    assert page.count("<h1") == 1


def test_static_files_are_kept_by_browsers_and_sent_packed_where_that_is_understood() -> None:
    someone = visitor()
    found = re.findall(r'(?:href|src)="(/__admin/ui/static/[^"]+)"', someone.text())
    assert len(found) == 7
    for address in found:
        plain, packed = someone.get(address), someone.get(address, Accept_Encoding="gzip")
        assert "immutable" in plain.headers["Cache-Control"]
        assert gzip.decompress(packed.body) == plain.body
        assert hashlib.sha256(plain.body).hexdigest()[:12] in address
    assert someone.get("/__admin/ui/static/app.000000000000.js").status == 404
    assert someone.get("/__admin/ui/static/../words/en.toml").status == 404


def test_the_first_view_is_small() -> None:
    someone = visitor()
    page = someone.text()
    files = re.findall(r'(?:href|src)="(/__admin/ui/static/[^"]+)"', page)
    whole = sum(len(someone.get(each, Accept_Encoding="gzip").body) for each in files) + len(
        gzip.compress(page.encode())
    )
    assert whole < 60_000


def test_what_others_wrote_is_listed_with_version_licence_and_hash() -> None:
    listed = tomllib.loads((static_files.FOLDER / "vendored.toml").read_text("utf-8"))
    pages = {"edit.js", "new-task.js", "scenarios.css", "task.css", "task.js"}
    own = {"app.css", "app.js", "mark.svg", "tokens.css", "vendored.toml", *pages}
    licences = {each["licence_file"] for each in listed.values()}
    assert {path.name for path in static_files.FOLDER.iterdir()} == own | listed.keys() | licences
    for name, each in listed.items():
        assert each["version"]
        assert each["licence"] == "0BSD"
        assert hashlib.sha256((static_files.FOLDER / name).read_bytes()).hexdigest() == each["sha256"]


def test_the_own_script_stays_short() -> None:
    assert len((static_files.FOLDER / "app.js").read_text("utf-8").splitlines()) < 250
    assert len((static_files.FOLDER / "task.js").read_text("utf-8").splitlines()) < 60


@pytest.mark.parametrize(
    ("path", "headers", "language"),
    [
        ("/__admin/", {}, "en"),
        ("/__admin/", {"Accept_Language": "zh-CN,zh;q=0.9,en;q=0.8"}, "zh-CN"),
        ("/__admin/", {"Accept_Language": "fr, en;q=0.3, zh;q=0.7"}, "zh-CN"),
        ("/__admin/", {"Accept_Language": "zh;q=0, en;q=0.1"}, "en"),
        ("/__admin/", {"Accept_Language": "zh", "Cookie": "lang=en"}, "en"),
        ("/__admin/?lang=zh", {"Cookie": "lang=en"}, "zh-CN"),
        ("/__admin/?lang=xx", {}, "en"),
    ],
)
def test_the_language_is_that_of_the_address_the_cookie_or_the_browser(
    path: str, headers: dict[str, str], language: str
) -> None:
    assert f'<html lang="{language}"' in visitor().text(path, **headers)


def test_a_chosen_language_and_theme_are_kept() -> None:
    someone = visitor()
    assert someone.get("/__admin/?lang=zh").headers["Set-Cookie"].startswith("lang=zh; Path=/__admin; SameSite=Lax")
    assert someone.get("/__admin/?theme=dark").headers["Set-Cookie"].startswith("theme=dark; ")
    assert 'data-theme="dark"' in someone.text(Cookie="theme=dark")
    assert "Set-Cookie" not in someone.get("/__admin/?lang=%3Cb%3E&theme=x").headers


def test_the_pulse_says_nothing_until_something_changed_and_then_what() -> None:
    someone = visitor()
    mark = mark_of(someone.text())
    assert someone.get(f"{PULSE}?mark={mark}").status == 204
    someone.world.poll("happy-path.1")
    said = someone.get(f"{PULSE}?mark={mark}")
    assert (said.status, said.headers["HX-Trigger"]) == (200, "journal, tasks")
    mark = mark_of(said.body.decode())
    someone.world.ask("POST", "/clock", {"freeze": True})
    said = someone.get(f"{PULSE}?mark={mark}")
    assert said.headers["HX-Trigger"] == "control, hands"
    assert "Time stands still" in said.body.decode()
    assert "journal" in someone.get(f"{PULSE}?mark=nonsense").headers["HX-Trigger"]


def test_what_is_true_of_the_whole_server_stands_on_every_page(tmp_path: Path) -> None:
    someone = visitor()
    assert 'class="banner f' not in someone.text()
    someone.world.ask("POST", "/faults", {"error": 599, "vendor": "qiniu", "for": "10m"})
    someone.world.ask("POST", "/faults", {"fault": "reset", "id": "flaky.*", "times": 3})
    page = re.sub(r"</?time[^>]*>", "", someone.text())
    assert "<b>error 599</b> → Qiniu, for another 10 min" in page
    assert "<b>reset</b> → <code>flaky.*</code>, 3 more polls" in page


def test_a_page_that_does_not_exist_says_so_in_the_frame() -> None:
    said = visitor().get("/__admin/ui/none")
    assert said.status == 404
    assert b"There is no such page" in said.body


def test_pages_are_only_read() -> None:
    someone = visitor()
    for path in ("/__admin/", PULSE):
        said = someone.world.send("POST", path, b"", {"Host": HERE, "Sec-Fetch-Site": "same-origin"})
        assert (said.status, said.headers["Allow"]) == (405, "GET, HEAD")
    said = someone.world.send("HEAD", "/__admin/", None, {"Host": HERE})
    assert (said.status, said.body) == (200, b"")


def test_pages_are_served_at_the_port_of_the_admin_api_alone() -> None:
    assert visitor(admin_port=9999).get().status == 404


@pytest.mark.parametrize("kind", ["wire", "flask"])
def test_with_a_port_of_its_own_the_pages_are_there_and_nowhere_else(kind: Literal["wire", "flask"]) -> None:
    with socket_servers(server=kind, admin_port=0) as (main, admin):
        assert "No task yet" in fetched(f"{admin}/__admin/")
        assert fetched(f"{admin}/__admin/ui/requests")
        with pytest.raises(urllib.error.HTTPError, match="404"):
            fetched(f"{main}/__admin/")


def fetched(url: str) -> str:
    """The text at an address."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


@contextmanager
def socket_servers(**settings: Any) -> Iterator[tuple[str, str]]:
    """The addresses of the vendors' paths and of the pages, which have a port of their own."""
    servers = servers_of(started(Now(), port=0, **settings))
    thread = threading.Thread(target=servers.run, daemon=True)
    thread.start()
    try:
        yield servers.url, servers.admin_url
    finally:
        servers.close()
        thread.join(timeout=20)


def test_the_index_leads_to_the_pages_where_they_are() -> None:
    assert b'<a href="/__admin/">' in visitor().get("/").body
    assert b'<a href="/__admin/">' not in visitor(admin_port=9999).get("/").body
