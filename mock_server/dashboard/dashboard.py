"""The way of a request through the dashboard: guard, session, then a static file, a page, a fragment, or an act."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from mock_server.admin.admin import Admin
from mock_server.admin.errors import error_of
from mock_server.admin.guard import Denial
from mock_server.admin.prefix import PREFIX, PULSE, UI
from mock_server.assembly import Server
from mock_server.control.server import changes_between
from mock_server.dashboard.address import DO, EDIT, HOME, LOGIN, RUN, STATIC, way_back
from mock_server.dashboard.fragments import Fragment, Fragments, Pace, Question
from mock_server.dashboard.look import edit
from mock_server.dashboard.look.frame import frame_of
from mock_server.dashboard.pages import TABS, Page, page_at
from mock_server.dashboard.seal import Seals, cookie, cookies, session_name
from mock_server.dashboard.static_files import StaticFiles
from mock_server.dashboard.templates import environment
from mock_server.dashboard.verbs import VERBS, Form
from mock_server.dashboard.visit import Visit, home_or, link
from mock_server.dashboard.words import LANGUAGES, language_of, words_of
from mock_server.engine.timestamps import moment_text
from mock_server.errors import InvalidInput
from mock_server.http.errors import OwnError
from mock_server.http.message import Pairs, Request, Response
from mock_server.http.responses import reason_of, response, server_response
from mock_server.settings import flag
from mock_server.store.store import Away

# With `no-referrer` a browser would send `Origin: null` with each form, and the guard could not tell whose form it is.
# Other sites learn nothing of the address either way.
SAFETY: Pairs = (
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
THEMES = ("light", "dark")
_HTML, _TEXT = "text/html; charset=utf-8", "text/plain; charset=utf-8"
_NO_STORE = ("Cache-Control", "no-store")
_YEAR = 365 * 86_400
_SAID = "mock-server-said"
_LONGEST_SAID = 1_000
"""Characters of what is said after an act."""
_WRONG_TOKEN = 1_000
"""Milliseconds for which the answer to a wrong token waits."""


class Dashboard:
    """The dashboard of one server. Safe to call from any number of threads."""

    def __init__(self, server: Server, admin: Admin) -> None:
        self._server = server
        self._admin = admin
        self._seals = Seals(server.settings.admin_token)
        self._files = StaticFiles()
        self._templates = environment()
        self._fragments = Fragments()
        self._pace = Pace()

    def answer(self, request: Request, *, here: bool = True) -> Response:
        """The response to a request for which `is_page` holds. `here` False: it is served at another port."""
        try:
            found = self._answer(request, here)
        except Away as error:
            self._server.outage.missed(error)
            found = server_response(OwnError.STORE, "the store cannot be reached; load the page again later")
        for name, value in SAFETY:
            found = found.with_header(name, value)
        if found.header("Cache-Control") is None:
            found = found.with_header(*_NO_STORE)
        return found._replace(body=b"") if request.peeks else found

    def is_idle(self, request: Request) -> bool:
        """Whether a pulse will be answered without a page being made."""
        return dict(request.query).get("mark") == self._admin.controls.pulse().mark

    def _answer(self, request: Request, here: bool) -> Response:
        if not here:
            return server_response(OwnError.PATH, f"the pages are at the port that {flag('admin_port')} names")
        denial = self._admin.guard.site(_named(request), linked=page_at(request.path) is not None)
        if denial is not None:
            return _denied(denial)
        if request.path.startswith(STATIC):
            return self._files.answer(request) or server_response(OwnError.PATH, "no such file")
        visit = self._visit(request)
        if request.path.startswith(DO):
            return self._act(visit, request.path.removeprefix(DO))
        if request.path == EDIT and request.method == "POST":
            return self._edited(visit)
        if request.method not in ("GET", "HEAD"):
            return server_response(OwnError.METHOD, "pages are only read").with_header("Allow", "GET, HEAD")
        if not self._seals.admits(request) and request.path != LOGIN:
            if request.path == PULSE or visit.parts:
                return server_response(OwnError.TOKEN, "log in again")
            return _see(link(LOGIN, back=visit.here()))
        self._server.catalogue.synchronise()
        if request.path == PULSE:
            return self._pulse(visit)
        return self._run(request) if request.path == RUN else self._page(visit)

    def _run(self, request: Request) -> Response:
        """The whole run as a file: what the API gives to whoever has the token, as a visitor has who got here."""
        token = self._server.settings.admin_token or ""
        headers = (pair for pair in request.headers if pair[0].lower() != "authorization")
        known = (*headers, ("Authorization", f"Bearer {token}"))
        asked = request._replace(path=f"{PREFIX}/bundle", query=(), headers=known)
        return self._admin.answer(asked).with_header("Content-Disposition", "attachment; filename=mock-server-run.json")

    def _visit(self, request: Request) -> Visit:
        query = {name: value for name, value in request.query if value}
        kept = cookies(request)
        language = language_of(query.get("lang"), kept.get("lang"), request.header("Accept-Language") or "")
        theme = next((each for each in (query.get("theme"), kept.get("theme")) if each in THEMES), "")
        return Visit(self._admin.controls, request, home_or(request.path), query, words_of(language), theme)

    def _page(self, visit: Visit) -> Response:
        page = page_at(visit.request.path)
        if page is None:
            missing = self._rendered("missing.html", visit, None, "").encode("utf-8", "replace")
            return _kept(visit, response(404, missing, type=_HTML))
        if visit.parts:
            return self._parts(visit, page)
        try:
            body = self._rendered(page.template, visit, page.look(visit), page.tab)
        except InvalidInput as error:
            body = self._rendered("refused.html", visit, error.problems, page.tab)
            return _kept(visit, response(404, body.encode("utf-8", "replace"), type=_HTML))
        return _kept(visit, response(200, body.encode("utf-8", "replace"), type=_HTML))

    def _parts(self, visit: Visit, page: Page) -> Response:
        """Parts of a page; 304 if whoever asks has them as they are. They are made once while nothing of them changes,
        and once a second where nobody can tell what they depend on.
        """
        names = set(visit.parts)
        if len(names) < len(visit.parts) or not names <= {*page.parts, *page.light}:
            return server_response(OwnError.PATH, "the page has no such part")
        before = time.thread_time()
        pulse = self._admin.controls.pulse()
        now = pulse.clock.now
        version = page.version(visit)
        depends = (pulse.mark, now // 1_000) if version is None else version
        asked = (visit.request.target, visit.base, visit.words.language, depends)
        found = self._fragments.find(asked, now)
        if found is None:
            try:
                found = self._made(visit, page, asked)
            except InvalidInput as error:
                return server_response(OwnError.NOT_FOUND, str(error.problems[0]))
        self._pace.note(page.template, ",".join(visit.parts), time.thread_time() - before)
        tag = ("ETag", found.tag)
        if visit.request.header("If-None-Match") == found.tag:
            return Response(304, reason_of(304), (tag,), b"")
        return _kept(visit, response(200, found.body, type=_HTML, headers=(tag,)))

    def _made(self, visit: Visit, page: Page, asked: Question) -> Fragment:
        value = None if set(visit.parts) <= set(page.light) else page.look(visit)
        texts = [self._rendered(f"parts/{part}.html", visit, value, page.tab) for part in visit.parts]
        due: int | None = getattr(value, "due", None)
        return self._fragments.keep(asked, "".join(texts).encode("utf-8", "replace"), due)

    def _pulse(self, visit: Visit) -> Response:
        """204 while nothing has changed; else the frame, and in a header what did."""
        mark, now = visit.get("mark") or "", self._admin.controls.pulse().mark
        if mark == now:
            return Response(204, reason_of(204), (), b"")
        before = time.thread_time()
        visit = visit.seen_from(way_back(visit.get("at") or ""))
        body = self._rendered("parts/frame.html", visit, None, "")
        page = page_at(visit.path.rstrip("/"))
        if page is not None:
            self._pace.note(page.template, "", time.thread_time() - before)
        changed = ("HX-Trigger", ", ".join(changes_between(mark, now)))
        return response(200, body.encode("utf-8", "replace"), type=_HTML, headers=(changed,))

    def _rendered(self, template: str, visit: Visit, value: Any, tab: str) -> str:
        page = page_at(visit.path.rstrip("/"))
        said = unquote(cookies(visit.request).get(_SAID, ""))
        context = {
            "t": visit.words,
            "visit": visit,
            "page": value,
            "tab": tab,
            "tabs": TABS,
            "frame": frame_of(visit, self._pace.every("" if page is None else page.template)),
            "seal": self._seals.form,
            "file": self._files.address,
            "link": link,
            "moment": moment_text,
            "said": said[2:],
            "is_problem": said.startswith("!"),
            "languages": LANGUAGES,
            "ui": UI,
            "home": HOME,
        }
        return self._templates.get_template(template).render(context)

    def _act(self, visit: Visit, name: str) -> Response:
        """Does what one of our forms asks for, and says where to look then."""
        request = visit.request
        if request.method != "POST":
            return server_response(OwnError.METHOD, "acts are posted").with_header("Allow", "POST")
        form = Form(request.form())
        if not (_is_own(request) and self._seals.fits(form.get("form"))):
            return server_response(OwnError.ORIGIN, "this is no form of the server as it runs now: load the page again")
        back = way_back(form.get("back"))
        if name == "login":
            return self._login(visit, form, back)
        verb = VERBS.get(name)
        if verb is None or not self._seals.admits(request):
            return server_response(OwnError.PATH if verb is None else OwnError.TOKEN, f"no such act: {name[:50]}")
        try:
            done = verb(self._admin, form)
        except InvalidInput as error:
            return self._said(visit, "; ".join(map(str, error.problems)), back, is_problem=True)
        said = visit.words(done.said, **done.values) if done.said else ""
        return self._said(visit, said, done.then or back)

    def _edited(self, visit: Visit) -> Response:
        """The editor with the text that was sent, which was checked or put in force; with `part` what it comes to."""
        form = Form(visit.request.form())
        if not (_is_own(visit.request) and self._seals.fits(form.get("form"))):
            return server_response(OwnError.ORIGIN, "this is no form of the server as it runs now: load the page again")
        if not self._seals.admits(visit.request):
            return server_response(OwnError.TOKEN, "log in again")
        if form.get("put"):
            there = edit.put(self._admin, form)
            if there is not None:
                return _see(there)
        template = "parts/edit-verdict.html" if visit.parts else "editor.html"
        body = self._rendered(template, visit, edit.judged(visit, form), "scenarios").encode("utf-8", "replace")
        return response(200, body, type=_HTML)

    def _said(self, visit: Visit, text: str, back: str, *, is_problem: bool = False) -> Response:
        """What comes of an act: for the script the text itself, else the way back with a cookie that has it."""
        text = text if len(text) <= _LONGEST_SAID else f"{text[:_LONGEST_SAID]}…"
        if visit.request.header("X-Stay") is not None:
            headers = (("X-Then", back),)
            return response(422 if is_problem else 200, text.encode("utf-8", "replace"), type=_TEXT, headers=headers)
        found = _see(back)
        if not text:
            return found
        value = quote(f"{'!' if is_problem else '.'} {text}", safe="", errors="replace")
        return _with_cookies(found, [cookie(_SAID, value, lasts=30)])

    def _login(self, visit: Visit, form: Form, back: str) -> Response:
        if not self._seals.opens(form.get("token")):
            wrong = self._said(visit, visit.words("login.wrong"), link(LOGIN, back=back), is_problem=True)
            return wrong._replace(delay=_WRONG_TOKEN)
        secure = self._server.settings.tls_cert is not None
        return _with_cookies(_see(back), [cookie(session_name(visit.request), self._seals.session, secure=secure)])


def _named(request: Request) -> Request:
    """The request without an Origin that names nobody, if the browser itself says that the page is ours."""
    if request.header("Origin") != "null" or not _is_own(request):
        return request
    return request._replace(headers=tuple(pair for pair in request.headers if pair[0].lower() != "origin"))


def _is_own(request: Request) -> bool:
    """Whether a page of ours made the request: the guard has already refused an Origin that is another's."""
    return request.header("Origin") not in (None, "null") or request.header("Sec-Fetch-Site") == "same-origin"


def _denied(denial: Denial) -> Response:
    return error_of(*denial)


def _see(address: str) -> Response:
    return Response(303, reason_of(303), (("Location", address), ("Content-Length", "0")), b"")


def _with_cookies(found: Response, values: list[str]) -> Response:
    return found._replace(headers=(*found.headers, *(("Set-Cookie", value) for value in values)))


def _kept(visit: Visit, found: Response) -> Response:
    """The response, with the language and theme that the address chose kept, and what was said forgotten."""
    chosen: Mapping[str, str] = {"lang": visit.words.language, "theme": visit.theme}
    values = [
        cookie(name, value, lasts=_YEAR, hidden=False)
        for name, value in chosen.items()
        if value and visit.get(name) == value
    ]
    if _SAID in cookies(visit.request) and not visit.parts:
        values.append(cookie(_SAID, "", lasts=0))
    return _with_cookies(found, values)
