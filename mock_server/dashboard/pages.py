"""The table of pages: at which address, what it shows, and in which template."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from mock_server.admin.prefix import PREFIX
from mock_server.dashboard.address import EDIT, FAULTS, LOGIN, REQUESTS, SCENARIO, SCENARIOS, SERVER, TASK
from mock_server.dashboard.look import edit, faults, login, requests, scenario, scenarios, server, tasks
from mock_server.dashboard.look.task import page as task
from mock_server.dashboard.visit import Visit


class Page(NamedTuple):
    """One page. `look` makes its value and changes nothing; `tab` is which of the tabs at the top it belongs to.

    `parts` are the templates in `templates/parts/` that the page is made of and that are sent alone. Those in `light`
    too; they show nothing but the frame, so that no value is made for them. `version` is another value whenever what
    the parts show has changed, but for the passing of time until the `due` of the page's value; None: nobody can tell.
    """

    look: Callable[[Visit], Any]
    template: str
    tab: str
    parts: tuple[str, ...] = ()
    light: tuple[str, ...] = ()
    version: Callable[[Visit], Hashable | None] = lambda visit: None


PAGES: Mapping[str, Page] = MappingProxyType(
    {
        PREFIX: Page(tasks.look, "tasks.html", "tasks", ("tasks-list",), ("tasks-title",)),
        REQUESTS: Page(
            requests.look,
            "requests.html",
            "requests",
            ("requests-list", "requests-exchange"),
            ("requests-title",),
        ),
        SCENARIOS: Page(scenarios.look, "scenarios.html", "scenarios", ("scenarios-list",)),
        SCENARIO: Page(scenario.look, "scenario.html", "scenarios", ("scenario-parts",)),
        EDIT: Page(edit.look, "editor.html", "scenarios", ("edit-verdict",)),
        SERVER: Page(server.look, "server.html", "server", ("server-figures", "server-answers", "server-actions")),
        FAULTS: Page(faults.look, "faults.html", "server", ("faults-targets", "faults-list")),
        TASK: Page(task.look, "task.html", "tasks", task.PARTS, (), task.version),
        LOGIN: Page(login.look, "login.html", ""),
    }
)
"""By path, as requests have it. That of a scenario goes on with a slash and its name."""
TABS: Mapping[str, str] = MappingProxyType(
    {"tasks": f"{PREFIX}/", "requests": REQUESTS, "scenarios": SCENARIOS, "server": SERVER}
)
"""The tabs at the top, and where each leads."""


def page_at(path: str) -> Page | None:
    """The page at a path; None if there is none."""
    above, _, name = path.rpartition("/")
    return PAGES[SCENARIO] if name and above == SCENARIO else PAGES.get(path)
