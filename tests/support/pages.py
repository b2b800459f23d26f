"""Servers for tests of the pages, and the pages as a client without a browser gets them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from mock_server.assembly import Server
from mock_server.dashboard.address import SCENARIO
from mock_server.dashboard.pages import PAGES
from tests.support.admin_kit import HERE, AdminWorld, Said, admin_world
from tests.support.harness import Now, asking, started

FORM = "application/x-www-form-urlencoded"
ADDRESSES = tuple(f"{path}/flaky" if path == SCENARIO else path for path in PAGES if "login" not in path)


class Visitor(NamedTuple):
    """Somebody who reads the pages of a server without a script."""

    world: AdminWorld

    def get(self, path: str = "/__admin/", **headers: str) -> Said:
        """One page, with these headers; `_` in a header stands for `-`."""
        given = {"Host": HERE, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.world.send("GET", path, None, given)

    def text(self, path: str = "/__admin/", **headers: str) -> str:
        """The text of a page that is there."""
        said = self.get(path, **headers)
        assert said.status == 200, said
        return bytes(said.body).decode()

    def seal(self) -> str:
        """What our forms hold, hidden."""
        found = re.search(r'name="form" value="([0-9a-f]+)"', self.text("/__admin/ui/login"))
        assert found is not None
        return found[1]

    def do(self, verb: str, headers: Mapping[str, str] | None = None, **fields: Any) -> Said:
        """Sends a form, as the page's own unless the headers say otherwise."""
        given = {"Host": HERE, "Origin": f"http://{HERE}", "Content-Type": FORM, **(headers or {})}
        body = urlencode({"form": self.seal(), **fields}, doseq=True).encode("utf-8", "surrogatepass")
        return self.world.send("POST", f"/__admin/ui/do/{verb}", body, given)


def visitor(**settings: Any) -> Visitor:
    """A visitor of a fresh server, on a clock that stands still until a test moves it."""
    return Visitor(admin_world(**settings))


def busy_server(now: Now | None = None, **settings: Any) -> Server:
    """A server with something of everything that the pages show."""
    parts = started(now or Now(), **settings)
    fill(parts)
    return parts


def fill(parts: Server) -> None:
    """Polls tasks of every kind."""
    polls = (
        ("qiniu", "happy-path.order-1041", 3),
        ("wangsu", "notified.copy-7", 4),
        ("qiniu", "hapy-path.order-1042", 1),
        ("qiniu", "slow.nightly", 14),
        ("huawei", "one-by-one.album", 3),
        ("qiniu", "flaky.ci-3f2", 7),
        ("wangsu", "never-ends.poll-loop", 23),
        ("qiniu", "realistic.customer-88", 3),
        ("wangsu", "notify-failed.invoice", 4),
    )
    for vendor, id, times in polls:
        for _ in range(times):
            parts.emulator.answer(asking(vendor, id))
