"""The index page at `/`: what this server is, which paths it answers, and where to look next."""

from __future__ import annotations

from html import escape

from mock_server.assembly import Server
from mock_server.http.message import Response
from mock_server.http.responses import response

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>mock-server</title>
<style>body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem }}</style>
<h1>mock-server</h1>
<p>A local stand-in for vendors' task-status APIs. The task id picks the scenario: an id is a scenario's name, or the
name, a dot and anything.</p>
<h2>Paths</h2>
<ul>{paths}</ul>
<h2>Scenarios</h2>
<ul>{scenarios}</ul>
<p>{links}<a href="/__admin/health">Health</a></p>
</html>
"""


def index_page(server: Server) -> Response:
    """The page. Everything in it is escaped, and no script runs."""
    paths = (
        f"<li><code>{escape(', '.join(r.methods))} {escape(r.path)}</code></li>" for _, r in server.emulator.routes
    )
    scenarios = sorted(server.catalogue.library.scenarios.values(), key=lambda scenario: scenario.name)
    listed = (f"<li><code>{escape(one.name)}</code> {escape(one.about)}</li>" for one in scenarios)
    links = '<a href="/__admin/">See every task move</a> · ' if server.settings.admin_port is None else ""
    body = _PAGE.format(paths="".join(paths), scenarios="".join(listed), links=links).encode()
    headers = (
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
        ("X-Content-Type-Options", "nosniff"),
    )
    return response(200, body, type="text/html; charset=utf-8", headers=headers)
