"""The editor: a scenario as text, judged by the loader itself, and drawn as soon as it has no problem."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

from mock_server.admin.admin import Admin
from mock_server.api.scenarios import Checked
from mock_server.control.scenario_view import checked_of
from mock_server.dashboard.links import scenario_page
from mock_server.dashboard.look.drawings import Drawn, diagrams
from mock_server.dashboard.look.quote import Quoted, quoted
from mock_server.dashboard.verbs import Form
from mock_server.dashboard.visit import Visit
from mock_server.engine.task import Key
from mock_server.errors import InvalidInput, Problem, unknown_vendor
from mock_server.scenarios.catalogue.catalogue import Catalogue
from mock_server.scenarios.timeline.strip import Strip, strip

NAME = "my-job"
TEXT = """about: What this is for, in one sentence.
steps:
  - {state: waiting, polls: 2}
  - {state: processing, polls: 3}
  - {state: succeeded}
"""
_MOST_PROBLEMS = 20
_RUNS = 12


class Polls(NamedTuple):
    """What polls of one vendor would see."""

    vendor: str
    strip: Strip


class EditLook(NamedTuple):
    """What the page shows. `lost` is what could not be told of a task; `ask`: whose place it would take, to be
    said. `began`: the scenario that the editor began with."""

    name: str
    text: str
    lost: tuple[str, ...] = ()
    problems: tuple[Quoted, ...] = ()
    more: int = 0
    checked: Checked | None = None
    level: Drawn = Drawn()
    upright: Drawn = Drawn()
    polls: tuple[Polls, ...] = ()
    ask: str = ""
    began: str = ""


def look(visit: Visit) -> EditLook:
    """The page with the text of `from`, a scenario, of `of`, a task (`vendor/id`), or of a beginning.

    InvalidInput: there is no such scenario or task.
    """
    scenario, task = visit.get("from"), visit.get("of")
    name = visit.get("name") or scenario or _free(visit)
    lost: tuple[str, ...] = ()
    if scenario is not None:
        text = visit.controls.scenarios.read(scenario).text
    elif task is not None:
        text, lost = _recorded(visit, task)
    else:
        text = TEXT
    return _judged(visit, EditLook(name, text, lost, began=scenario or ""))


def _free(visit: Visit) -> str:
    """A name that no scenario has yet."""
    known = visit.controls.server.catalogue.library.scenarios
    return next(name for k in count(1) if (name := NAME if k == 1 else f"{NAME}-{k}") not in known)


def _recorded(visit: Visit, task: str) -> tuple[str, tuple[str, ...]]:
    """The scenario of what a task showed, and what could not be told."""
    registry = visit.controls.server.registry
    vendor, _, id = task.partition("/")
    if vendor not in registry:
        raise InvalidInput([unknown_vendor("of", vendor, registry.names)])
    return visit.controls.wholes.recorded(Key(vendor, id))


def judged(visit: Visit, form: Form) -> EditLook:
    """The page with a text that was sent."""
    page = EditLook(form.get("name"), form.get("text").replace("\r\n", "\n"), began=form.get("began"))
    found = _judged(visit, page)
    catalogue = visit.controls.server.catalogue
    if form.get("put") and not form.get("sure") and found.checked is not None and _is_taken(catalogue, form):
        return found._replace(ask=catalogue.library.scenarios[page.name].source)
    return found


def put(admin: Admin, form: Form) -> str | None:
    """Puts a text in force; the page of the scenario.

    None: it has problems, or it would take the place of a file's scenario and nobody said yet that it may.
    """
    name, text = form.get("name"), form.get("text").replace("\r\n", "\n")
    if not form.get("sure") and _is_taken(admin.controls.server.catalogue, form):
        return None
    try:
        admin.perform("uploadScenario", segment=name, raw=text.encode("utf-8", "replace"))
    except InvalidInput:
        return None
    return scenario_page(name)


def _is_taken(catalogue: Catalogue, form: Form) -> bool:
    """Whether a name is that of another scenario than the upload that the editor began with."""
    name = form.get("name")
    return name in catalogue.library.scenarios and not (name in catalogue.uploads and name == form.get("began"))


def _judged(visit: Visit, page: EditLook) -> EditLook:
    """With what the loader says of the text."""
    server = visit.controls.server
    try:
        loaded = visit.controls.scenarios.check(page.name, page.text)
    except InvalidInput as error:
        return _with_problems(page, error.problems)
    checked = checked_of(server, loaded)
    level, upright = diagrams(visit.words, checked.timeline)
    polls = tuple(Polls(each.vendor, strip(each.runs[:_RUNS], _RUNS)) for each in checked.polls)
    return page._replace(checked=checked, level=level, upright=upright, polls=polls)


def _with_problems(page: EditLook, problems: Sequence[Problem]) -> EditLook:
    return page._replace(
        problems=tuple(quoted(each, page.text) for each in problems[:_MOST_PROBLEMS]),
        more=max(0, len(problems) - _MOST_PROBLEMS),
    )
